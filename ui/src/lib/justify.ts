/** One picture's place inside its row. */
interface Place {
  readonly left: number;
  readonly width: number;
}

/** Pictures side by side, all of one height; `first` is the index of the leftmost. */
export interface Row {
  readonly top: number;
  readonly height: number;
  readonly first: number;
  readonly places: readonly Place[];
}

export interface Measure {
  /** Width to fill. */
  readonly width: number;
  /** Row height to come near to. */
  readonly target: number;
  readonly gap: number;
}

const NARROWEST = 0.5;
const WIDEST = 3;
const USUAL = 1.25;

/** Width over height as the grid shows it: extreme panoramas and towers are cropped. */
export function shownRatio(width: number, height: number): number {
  if (!(width > 0 && height > 0)) return 1;
  return Math.min(WIDEST, Math.max(NARROWEST, width / height));
}

/**
 * Lays pictures out in justified rows, in order. Every full row is exactly `width` wide; the last one keeps the target
 * height when it would have to grow by more than a third.
 */
export function justify(ratios: readonly number[], { width, target, gap }: Measure): Row[] {
  const rows: Row[] = [];
  let top = 0;
  let first = 0;
  while (first < ratios.length) {
    const { end, height } = nextRow(ratios, first, { width, target, gap });
    rows.push({
      top,
      height,
      first,
      places: placesOf(ratios, first, end, height, gap),
    });
    top += height + gap;
    first = end;
  }
  return rows;
}

/** Takes pictures until the row is no higher than the target, then decides whether the last one makes it better or worse. */
function nextRow(ratios: readonly number[], first: number, { width, target, gap }: Measure): { end: number; height: number } {
  let sum = 0;
  let before = Number.POSITIVE_INFINITY;
  for (let end = first; end < ratios.length; end += 1) {
    sum += ratios[end] ?? 1;
    const height = (width - gap * (end - first)) / sum;
    if (height <= target) {
      const betterWithout = end > first && before - target < target - height;
      return betterWithout ? { end, height: before } : { end: end + 1, height };
    }
    before = height;
  }
  return {
    end: ratios.length,
    height: before <= target * 1.34 ? before : target,
  };
}

function placesOf(ratios: readonly number[], first: number, end: number, height: number, gap: number): Place[] {
  let left = 0;
  return ratios.slice(first, end).map((ratio) => {
    const place = { left, width: ratio * height };
    left += place.width + gap;
    return place;
  });
}

/** The height of laid-out rows, without a gap below the last. */
export function rowsHeight(rows: readonly Row[]): number {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.top + last.height;
}

/** The height that `count` unknown pictures will have, about. */
export function estimateHeight(count: number, { width, target, gap }: Measure): number {
  if (count <= 0) return 0;
  const perRow = Math.max(1, (width + gap) / (target * USUAL + gap));
  const rows = Math.ceil(count / perRow);
  return rows * (target + gap) - gap;
}

/** The row height for a width: three or four pictures a row on a phone held upright, more on a wall. */
export function targetHeight(width: number): number {
  return Math.round(Math.min(300, Math.max(112, 84 + width * 0.094)));
}
