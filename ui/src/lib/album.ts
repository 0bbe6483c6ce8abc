import { justify, type Measure } from './justify';
import { ratioOf } from './shape';

/** Fewer pictures than this share a heading with a neighbour, because they would make ragged rows alone. */
const FEW = 8;

/** A stretch of the timeline: how many moments, and the shape of each tile, newest first. */
export interface Stretch {
  readonly start: number;
  readonly until: number;
  /** Moments, those behind others in stacks as well. */
  readonly count: number;
  readonly shapes: Uint8Array;
}

/** Neighbouring stretches of one day under one heading. */
export interface Chunk {
  readonly from: number;
  readonly until: number;
  /** The index of its first tile in the whole album. */
  readonly first: number;
  readonly size: number;
  readonly top: number;
  readonly height: number;
  /** Its rows: from, and one beyond. */
  readonly rows: readonly [number, number];
}

export interface Day {
  readonly key: string;
  /** A time inside the day. */
  readonly at: number;
  readonly count: number;
  readonly top: number;
  readonly height: number;
  /** Its chunks: from, and one beyond. */
  readonly chunks: readonly [number, number];
}

export interface AlbumMeasure extends Measure {
  readonly dayHeading: number;
  readonly hourHeading: number;
  readonly chunkSpace: number;
  readonly daySpace: number;
}

/** Where everything stands. Rows are told by their top, height and first tile; what follows the last row ends them. */
export interface AlbumLayout {
  readonly days: readonly Day[];
  readonly chunks: readonly Chunk[];
  readonly rowTop: Float64Array;
  readonly rowHeight: Float32Array;
  readonly rowFirst: Uint32Array;
  readonly height: number;
  readonly size: number;
}

export const EMPTY_ALBUM: AlbumLayout = {
  days: [],
  chunks: [],
  rowTop: new Float64Array(),
  rowHeight: new Float32Array(),
  rowFirst: new Uint32Array(1),
  height: 0,
  size: 0,
};

/** All shapes of an album in one piece. */
export function joinShapes(stretches: readonly Stretch[]): Uint8Array {
  const joined = new Uint8Array(stretches.reduce((sum, { shapes }) => sum + shapes.length, 0));
  let at = 0;
  for (const { shapes } of stretches) {
    joined.set(shapes, at);
    at += shapes.length;
  }
  return joined;
}

/** What of a stretch the layout needs beside the shapes. */
export interface Span {
  readonly start: number;
  readonly until: number;
  readonly count: number;
  readonly size: number;
}

/** Places all days, hours and rows below each other. Nothing in it depends on what was fetched: it is exact from the start. */
export function layOut(spans: readonly Span[], shapes: Uint8Array, measure: AlbumMeasure, dayKey: (ms: number) => string): AlbumLayout {
  const days: Day[] = [];
  const chunks: Chunk[] = [];
  const tops: number[] = [];
  const heights: number[] = [];
  const firsts: number[] = [];
  let top = 0;
  let first = 0;
  for (const { key, spans: ofDay } of daysOf(spans, dayKey)) {
    const start = top;
    const firstChunk = chunks.length;
    top += measure.dayHeading;
    for (const joined of joinSparse(ofDay)) {
      const size = joined.reduce((sum, span) => sum + span.size, 0);
      const firstRow = tops.length;
      const chunkTop = top;
      top += measure.hourHeading;
      justify(shapes, first, first + size, measure, (from, _, height) => {
        tops.push(top);
        heights.push(height);
        firsts.push(from);
        top += height + measure.gap;
      });
      top -= size > 0 ? measure.gap : 0;
      chunks.push({
        from: joined.at(-1)?.start ?? 0,
        until: joined[0]?.until ?? 0,
        first,
        size,
        top: chunkTop,
        height: top - chunkTop,
        rows: [firstRow, tops.length],
      });
      first += size;
      top += measure.chunkSpace;
    }
    top += measure.daySpace - measure.chunkSpace;
    days.push({
      key,
      at: middle(ofDay[0]),
      count: ofDay.reduce((sum, { count }) => sum + count, 0),
      top: start,
      height: top - start,
      chunks: [firstChunk, chunks.length],
    });
  }
  firsts.push(first);
  return {
    days,
    chunks,
    rowTop: Float64Array.from(tops),
    rowHeight: Float32Array.from(heights),
    rowFirst: Uint32Array.from(firsts),
    height: top,
    size: first,
  };
}

const middle = (span: Span | undefined) => (span === undefined ? 0 : (span.start + span.until) / 2);

function daysOf(spans: readonly Span[], dayKey: (ms: number) => string): { key: string; spans: Span[] }[] {
  const days: { key: string; spans: Span[] }[] = [];
  for (const span of spans) {
    const key = dayKey(middle(span));
    const day = days.at(-1);
    if (day?.key === key) day.spans.push(span);
    else days.push({ key, spans: [span] });
  }
  return days;
}

/** From the oldest on, so that a new arrival touches only the newest chunks of its day. */
function joinSparse(spans: readonly Span[]): Span[][] {
  const chunks: Span[][] = [];
  let open: Span[] = [];
  let size = 0;
  for (const span of spans.toReversed()) {
    open.unshift(span);
    size += span.size;
    if (size < FEW) continue;
    chunks.unshift(open);
    open = [];
    size = 0;
  }
  // Too few to stand alone join what came before them.
  if (open.length > 0) chunks[0] = [...open, ...(chunks[0] ?? [])];
  return chunks;
}

/** The first place of a sorted list that ends beyond `top`. */
function firstBeyond(count: number, bottomOf: (at: number) => number, top: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const at = (low + high) >> 1;
    if (bottomOf(at) <= top) low = at + 1;
    else high = at;
  }
  return low;
}

/** The stretch of a list, ordered by place, that meets a window from `top` to `bottom`. */
export function within<P extends { readonly top: number; readonly height: number }>(
  places: readonly P[],
  top: number,
  bottom: number,
): readonly P[] {
  const start = firstBeyond(places.length, (at) => (places[at]?.top ?? 0) + (places[at]?.height ?? 0), top);
  let end = start;
  while (end < places.length && (places[end]?.top ?? 0) < bottom) end += 1;
  return places.slice(start, end);
}

/** The rows that meet a window: from, and one beyond. */
export function rowsWithin(layout: AlbumLayout, top: number, bottom: number): [number, number] {
  const { rowTop, rowHeight } = layout;
  const start = firstBeyond(rowTop.length, (at) => (rowTop[at] ?? 0) + (rowHeight[at] ?? 0), top);
  let end = start;
  while (end < rowTop.length && (rowTop[end] ?? 0) < bottom) end += 1;
  return [start, end];
}

/** One tile's place in the album. */
export interface Place {
  readonly index: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The places of a row's tiles. */
export function placesOf(layout: AlbumLayout, shapes: Uint8Array, row: number, gap: number): Place[] {
  const [top = 0, height = 0] = [layout.rowTop[row], layout.rowHeight[row]];
  const [first = 0, end = 0] = [layout.rowFirst[row], layout.rowFirst[row + 1]];
  let left = 0;
  return Array.from({ length: end - first }, (_, i) => {
    const width = ratioOf(shapes[first + i] ?? 0) * height;
    const place = { index: first + i, left, top, width, height };
    left += width + gap;
    return place;
  });
}

/** The row that holds a tile. */
export function rowOf(layout: AlbumLayout, index: number): number {
  return Math.max(
    0,
    firstBeyond(layout.rowTop.length, (at) => (layout.rowFirst[at + 1] ?? 0) - 1, index - 1),
  );
}

/** The chunk that holds a tile. */
export function chunkOf(layout: AlbumLayout, index: number): Chunk | undefined {
  return layout.chunks[
    firstBeyond(layout.chunks.length, (at) => (layout.chunks[at]?.first ?? 0) + (layout.chunks[at]?.size ?? 0) - 1, index - 1)
  ];
}

/** The tile that one looks at: the first of the first row that is wholly below the window's top. */
export function tileAt(layout: AlbumLayout, top: number): { index: number; offset: number } | null {
  const [start] = rowsWithin(layout, top, top);
  for (let row = start; row < layout.rowTop.length; row += 1) {
    const rowTop = layout.rowTop[row] ?? 0;
    if (rowTop >= top) return { index: layout.rowFirst[row] ?? 0, offset: rowTop - top };
  }
  return null;
}
