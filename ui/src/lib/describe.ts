import type { MomentView } from '../ipc/contract';
import { m } from '../paraglide/messages.js';
import { time } from './format';

/** What a moment is, in words: "Photo by Anna, 14:05". */
export function describe(moment: MomentView): string {
  const inputs = {
    name: moment.author_name || m.no_name(),
    time: time(moment.captured_at_ms),
  };
  const what = { photo: m.photo_by, clip: m.clip_by, live: m.live_by }[moment.kind](inputs);
  return moment.caption === '' ? what : `${what}: ${moment.caption}`;
}

/** Whether browsers show files of this type in an image. */
export const showsInPage = (mediaType: string): boolean => /^image\/(jpeg|png|webp|gif|avif|bmp)$/.test(mediaType);
