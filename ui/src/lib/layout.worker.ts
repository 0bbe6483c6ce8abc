import { layOut } from './album';
import { dayKey } from './day';
import type { LayoutAnswer, LayoutQuestion } from './layout';

addEventListener('message', ({ data }: MessageEvent<LayoutQuestion>) => {
  const layout = layOut(data.spans, data.shapes, data.measure, dayKey);
  const answer: LayoutAnswer = { number: data.number, layout };
  postMessage(answer, { transfer: [layout.rowTop.buffer, layout.rowHeight.buffer, layout.rowFirst.buffer] });
});
