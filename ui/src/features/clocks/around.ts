import type { MomentView } from '../../ipc/contract';

export const HOUR_MS = 3_600_000;
const BESIDE = 2;

export interface Standing {
  readonly moment: MomentView;
  readonly at: number;
}

/** The moments that a sample would stand between, oldest first. Those of its own camera would move with it. */
export function around(near: readonly MomentView[], sample: MomentView, at: number): readonly Standing[] {
  const moves = (moment: MomentView) => moment.author === sample.author && moment.camera === sample.camera;
  const others = near
    .filter((moment) => !moves(moment))
    .map((moment) => ({ moment, at: moment.captured_at_ms }))
    .sort((a, b) => a.at - b.at);
  const before = others.filter((one) => one.at <= at).slice(-BESIDE);
  const after = others.filter((one) => one.at > at).slice(0, BESIDE);
  return [...before, { moment: sample, at }, ...after];
}
