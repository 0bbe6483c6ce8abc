import { encodeShapes, shapeOf } from '../../lib/shape';
import type { BucketPage, MomentView, TimelineFilter, TimelinePage } from '../contract';
import { type Album, momentView, type Seed, sizeOf } from './world';

const HOUR_MS = 3_600_000;

/** A moment as it is now. */
export function viewOf(of: Album, seed: Seed): MomentView {
  const head = of.heads.get(seed.id);
  const members = of.stacks.get(head ?? '');
  return {
    ...momentView(of.view.id, seed, 0),
    ...(head !== undefined && members && members.length > 1 ? { stack: { head, count: members.length } } : {}),
    ...of.changes.get(seed.id),
  };
}

/** The moments of a filter, newest first. */
export function matching(of: Album, filter: TimelineFilter): readonly Seed[] {
  const { from_ms = Number.NEGATIVE_INFINITY, until_ms = Number.POSITIVE_INFINITY } = filter;
  // Newest first: what is asked for lies in one piece.
  const start = firstAt(of.seeds, until_ms);
  const inTime = of.seeds.slice(start, firstAt(of.seeds, from_ms));
  const isTile = ({ id }: Seed) => !filter.stacked || (of.heads.get(id) ?? id) === id;
  const asks = filter.author ?? filter.kind ?? filter.favourites ?? filter.received_after_ms ?? filter.text ?? filter.screens;
  if (asks === undefined) return inTime.filter(isTile);
  return inTime.filter((seed) => isTile(seed) && matches(viewOf(of, seed), filter));
}

export function pageOf(of: Album, cursor: string | undefined, limit: number, filter: TimelineFilter): TimelinePage {
  const found = matching(of, filter);
  const start = Number(cursor ?? 0);
  const moments = found.slice(start, start + limit).map((seed) => viewOf(of, seed));
  const end = start + moments.length;
  return {
    moments,
    total: found.length,
    ...(end < found.length ? { next: String(end) } : {}),
  };
}

export function bucketsOf(of: Album, filter: TimelineFilter, offsetMin: number): BucketPage {
  const buckets = new Map<number, { count: number; shapes: number[] }>();
  for (const seed of matching(of, filter)) {
    const offset = offsetMin * 60_000;
    const hour = Math.floor((seed.at + offset) / HOUR_MS) * HOUR_MS - offset;
    const bucket = buckets.get(hour) ?? { count: 0, shapes: [] };
    const change = of.changes.get(seed.id);
    const [width, height] = sizeOf(seed);
    bucket.count += (filter.stacked ? of.stacks.get(seed.id)?.length : undefined) ?? 1;
    bucket.shapes.push(shapeOf(change?.width ?? width, change?.height ?? height));
    buckets.set(hour, bucket);
  }
  return {
    buckets: [...buckets].map(([start_ms, { count, shapes }]) => ({
      start_ms,
      until_ms: start_ms + HOUR_MS,
      count,
      shapes: encodeShapes(Uint8Array.from(shapes)),
    })),
  };
}

/** The place of the first moment that is older than a time. */
function firstAt(seeds: readonly Seed[], ms: number): number {
  let low = 0;
  let high = seeds.length;
  while (low < high) {
    const at = (low + high) >> 1;
    if ((seeds[at]?.at ?? 0) >= ms) low = at + 1;
    else high = at;
  }
  return low;
}

const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

function matches(view: MomentView, { author, kind, favourites, received_after_ms: after, text, screens }: TimelineFilter): boolean {
  if (author !== undefined && view.author !== author) return false;
  if (kind !== undefined && (view.kind === 'clip') !== (kind === 'clip')) return false;
  if (favourites && !view.favourite) return false;
  if (screens && view.held_back !== undefined) return false;
  if (after !== undefined && (view.mine || view.received_at_ms <= after)) return false;
  const said = folded(`${view.caption} ${view.author_name}`).split(/\W+/);
  return folded(text ?? '')
    .split(/\W+/)
    .every((word) => said.some((one) => one.startsWith(word)));
}
