import { ratioOf } from './shape';

export interface Measure {
  /** Width to fill. */
  readonly width: number;
  /** Row height to come near to. */
  readonly target: number;
  readonly gap: number;
}

/** Takes each row as it is found: the index of its leftmost picture, one beyond its rightmost, its height. */
type TakeRow = (first: number, end: number, height: number) => void;

/**
 * Lays the pictures of `shapes` from `first` to `end` out in justified rows, in order. Every full row is exactly `width`
 * wide; the last one keeps the target height when it would have to grow by more than a third.
 */
export function justify(shapes: Uint8Array, first: number, end: number, measure: Measure, take: TakeRow): void {
  let at = first;
  while (at < end) {
    const row = nextRow(shapes, at, end, measure);
    take(at, row.end, row.height);
    at = row.end;
  }
}

/** Takes pictures until the row is no higher than the target, then decides whether the last one makes it better or worse. */
function nextRow(shapes: Uint8Array, first: number, end: number, { width, target, gap }: Measure): { end: number; height: number } {
  let sum = 0;
  let before = Number.POSITIVE_INFINITY;
  for (let at = first; at < end; at += 1) {
    sum += ratioOf(shapes[at] ?? 0);
    const height = (width - gap * (at - first)) / sum;
    if (height <= target) {
      const betterWithout = at > first && before - target < target - height;
      return betterWithout ? { end: at, height: before } : { end: at + 1, height };
    }
    before = height;
  }
  return { end, height: before <= target * 1.34 ? before : target };
}

/** The steps of density that one can choose; 2 is the usual one. */
export const DENSITIES = [0.5, 0.7, 1, 1.45, 2.1] as const;
export const USUAL_DENSITY = 2;

/** The row height for a width: three or four pictures a row on a phone held upright, more on a wall. `unit` is how large a pixel of the design is. */
export function targetHeight(width: number, density: number = USUAL_DENSITY, unit = 1): number {
  const usual = Math.min(300 * unit, Math.max(112, 84 + width * 0.094));
  const wanted = usual * (DENSITIES[density] ?? 1);
  return Math.round(Math.min(wanted, Math.max(usual, width * 0.9)));
}
