import { estimateHeight, justify, type Measure, type Row, rowsHeight, shownRatio } from './justify';

export const HOUR_MS = 3_600_000;
const FEW = 8;

/** What the layout needs of a picture. */
export interface Sized {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** The moments of one hour: how many there are, and as many as were fetched, newest first. */
export interface Hour<T extends Sized> {
  readonly start: number;
  readonly count: number;
  readonly items: readonly T[];
  readonly complete: boolean;
}

/** Neighbouring hours of one day that share a heading, because few pictures alone would make ragged rows. */
export interface Chunk<T extends Sized> {
  readonly key: string;
  readonly from: number;
  readonly until: number;
  readonly count: number;
  readonly items: readonly T[];
  readonly complete: boolean;
}

export interface PlacedChunk<T extends Sized> extends Chunk<T> {
  /** From the top of the whole album. */
  readonly top: number;
  readonly height: number;
  readonly rows: readonly Row[];
}

interface PlacedDay<T extends Sized> {
  readonly key: string;
  /** A time inside the day. */
  readonly at: number;
  readonly count: number;
  readonly top: number;
  readonly height: number;
  readonly chunks: readonly PlacedChunk<T>[];
}

export interface AlbumMeasure extends Measure {
  readonly dayHeading: number;
  readonly hourHeading: number;
  readonly chunkSpace: number;
  readonly daySpace: number;
}

export interface AlbumLayout<T extends Sized> {
  readonly days: readonly PlacedDay<T>[];
  readonly height: number;
}

/** The hour, in UTC, that a time lies in. */
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;

/** Groups hours, newest first, by the local day they start in, and joins sparse neighbours from the oldest on. */
export function chunksByDay<T extends Sized>(
  hours: readonly Hour<T>[],
  dayKey: (ms: number) => string,
): { key: string; chunks: Chunk<T>[] }[] {
  const days: { key: string; hours: Hour<T>[] }[] = [];
  for (const hour of hours) {
    const key = dayKey(hour.start);
    const day = days.at(-1);
    if (day?.key === key) day.hours.push(hour);
    else days.push({ key, hours: [hour] });
  }
  return days.map(({ key, hours: of }) => ({ key, chunks: joinSparse(of) }));
}

function joinSparse<T extends Sized>(hours: readonly Hour<T>[]): Chunk<T>[] {
  const chunks: Chunk<T>[] = [];
  let open: Hour<T>[] = [];
  let count = 0;
  for (const hour of [...hours].reverse()) {
    open.unshift(hour);
    count += hour.count;
    if (count < FEW) continue;
    chunks.unshift(joined(open));
    open = [];
    count = 0;
  }
  if (open.length > 0) chunks.unshift(joined(open));
  return chunks;
}

function joined<T extends Sized>(hours: readonly Hour<T>[]): Chunk<T> {
  const newest = hours[0]?.start ?? 0;
  const oldest = hours.at(-1)?.start ?? 0;
  const complete = hours.every((hour) => hour.complete);
  return {
    key: `${oldest}`,
    from: oldest,
    until: newest + HOUR_MS,
    count: hours.reduce((sum, hour) => sum + hour.count, 0),
    items: hours.length === 1 || complete ? hours.flatMap((hour) => [...hour.items]) : knownPrefix(hours),
    complete,
  };
}

/** Only what lies above the first hole has a place that will not change. */
function knownPrefix<T extends Sized>(hours: readonly Hour<T>[]): T[] {
  const known: T[] = [];
  for (const hour of hours) {
    known.push(...hour.items);
    if (!hour.complete) break;
  }
  return known;
}

/** Places all days and hours below each other. What is not fetched yet takes its estimated room. */
export function layOut<T extends Sized>(hours: readonly Hour<T>[], measure: AlbumMeasure, dayKey: (ms: number) => string): AlbumLayout<T> {
  const days: PlacedDay<T>[] = [];
  let top = 0;
  for (const { key, chunks } of chunksByDay(hours, dayKey)) {
    const start = top;
    top += measure.dayHeading;
    const placed = chunks.map((chunk) => {
      const rows = rowsOf(chunk.items, measure);
      const height = measure.hourHeading + contentHeight(chunk, rows, measure);
      const at = { ...chunk, rows, height, top };
      top += height + measure.chunkSpace;
      return at;
    });
    top += measure.daySpace - measure.chunkSpace;
    const count = chunks.reduce((sum, chunk) => sum + chunk.count, 0);
    days.push({
      key,
      at: chunks[0]?.from ?? 0,
      count,
      top: start,
      height: top - start,
      chunks: placed,
    });
  }
  return { days, height: top };
}

const kept = new WeakMap<readonly Sized[], { key: string; rows: Row[] }>();

/** Rows of a list that did not change are not computed again. */
function rowsOf(items: readonly Sized[], { width, target, gap }: Measure): Row[] {
  const key = `${width} ${target} ${gap}`;
  const before = kept.get(items);
  if (before?.key === key) return before.rows;
  const ratios = items.map((item) => shownRatio(item.width, item.height));
  const rows = justify(ratios, { width, target, gap });
  kept.set(items, { key, rows });
  return rows;
}

function contentHeight<T extends Sized>(chunk: Chunk<T>, rows: readonly Row[], measure: Measure): number {
  const rest = estimateHeight(chunk.count - chunk.items.length, measure);
  const known = rowsHeight(rows);
  return known + rest + (known > 0 && rest > 0 ? measure.gap : 0);
}

/** The stretch of a list, ordered by place, that meets a window from `top` to `bottom`. */
export function within<P extends { readonly top: number; readonly height: number }>(
  places: readonly P[],
  top: number,
  bottom: number,
): readonly P[] {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const place = places[middle];
    if (place !== undefined && place.top + place.height <= top) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < places.length && (places[end]?.top ?? 0) < bottom) end += 1;
  return places.slice(low, end);
}

/** Something on the screen that has to stay where it is: a moment, or a chunk that is not fetched yet. */
export interface Anchor {
  readonly chunk: string;
  readonly moment: string | null;
  /** From the top of the window. */
  readonly offset: number;
}

/** What one looks at: the first row that is fully below the window's top. */
export function anchorAt<T extends Sized>(layout: AlbumLayout<T>, scrollTop: number, measure: AlbumMeasure): Anchor | null {
  for (const day of within(layout.days, scrollTop, Number.POSITIVE_INFINITY)) {
    for (const chunk of within(day.chunks, scrollTop, Number.POSITIVE_INFINITY)) {
      const rowsTop = chunk.top + measure.hourHeading;
      const row = chunk.rows.find(({ top }) => rowsTop + top >= scrollTop) ?? null;
      const moment = row === null ? null : (chunk.items[row.first]?.id ?? null);
      const top = row === null ? chunk.top : rowsTop + row.top;
      return { chunk: chunk.key, moment, offset: top - scrollTop };
    }
  }
  return null;
}

/** Where to scroll so that the anchor stands where it stood; nothing when it is gone. */
export function scrollFor<T extends Sized>(layout: AlbumLayout<T>, anchor: Anchor, measure: AlbumMeasure): number | null {
  if (anchor.moment !== null) {
    const found = placeOf(layout, anchor.moment, measure);
    if (found !== null) return found.top - anchor.offset;
  }
  for (const day of layout.days) {
    const chunk = day.chunks.find(({ key }) => key === anchor.chunk);
    if (chunk !== undefined && anchor.moment === null) return chunk.top - anchor.offset;
  }
  return null;
}

export interface Found {
  readonly top: number;
  readonly height: number;
  readonly chunk: string;
  readonly index: number;
}

/** Where a moment stands in the album. */
export function placeOf<T extends Sized>(layout: AlbumLayout<T>, id: string, measure: AlbumMeasure): Found | null {
  for (const day of layout.days) {
    for (const chunk of day.chunks) {
      const index = chunk.items.findIndex((item) => item.id === id);
      if (index < 0) continue;
      const row = within(chunk.rows, 0, Number.POSITIVE_INFINITY).findLast(({ first }) => first <= index);
      if (row === undefined) continue;
      return {
        top: chunk.top + measure.hourHeading + row.top,
        height: row.height,
        chunk: chunk.key,
        index,
      };
    }
  }
  return null;
}
