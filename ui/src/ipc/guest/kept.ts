import { encodeShapes, shapeOf } from '../../lib/shape';
import type { BucketPage, MomentView, TimelineBuckets, TimelineFilter, TimelinePage, TimelineQuery } from '../contract';

const HOUR_MS = 3_600_000;

/** The rows that were seen, answering the timeline's questions where no host does. */
export class Kept {
  readonly #rows = new Map<string, MomentView>();

  take(moments: readonly MomentView[]): void {
    for (const moment of moments) this.#rows.set(moment.id, moment);
  }

  drop(ids: readonly string[]): void {
    for (const id of ids) this.#rows.delete(id);
  }

  get(id: string): MomentView | undefined {
    return this.#rows.get(id);
  }

  page({ cursor, limit, filter }: Pick<TimelineQuery, 'cursor' | 'limit' | 'filter'>): TimelinePage {
    const found = this.#matching(filter);
    const from = cursor === undefined ? 0 : Number(cursor);
    const moments = found.slice(from, from + limit);
    return { moments, total: found.length, ...(from + limit < found.length ? { next: String(from + limit) } : {}) };
  }

  buckets({ filter, offset_min }: Pick<TimelineBuckets, 'filter' | 'offset_min'>): BucketPage {
    const offset = offset_min * 60_000;
    const hours = new Map<number, MomentView[]>();
    for (const moment of this.#matching(filter)) {
      const start = Math.floor((moment.captured_at_ms + offset) / HOUR_MS) * HOUR_MS - offset;
      const hour = hours.get(start);
      if (hour === undefined) hours.set(start, [moment]);
      else hour.push(moment);
    }
    const buckets = [...hours].map(([start_ms, moments]) => ({
      start_ms,
      until_ms: start_ms + HOUR_MS,
      count: moments.length,
      shapes: encodeShapes(Uint8Array.from(moments, ({ width, height }) => shapeOf(width, height))),
    }));
    return { buckets };
  }

  /** Newest first; equal times by id, as the engine orders them. */
  #matching(filter: TimelineFilter): MomentView[] {
    return [...this.#rows.values()]
      .filter((moment) => !moment.retracted && matches(moment, filter))
      .sort((a, b) => b.captured_at_ms - a.captured_at_ms || (a.id < b.id ? 1 : -1));
  }
}

function matches({ captured_at_ms: at, kind, stack, id }: MomentView, filter: TimelineFilter): boolean {
  if (filter.from_ms !== undefined && at < filter.from_ms) return false;
  if (filter.until_ms !== undefined && at >= filter.until_ms) return false;
  if (filter.kind !== undefined && (filter.kind === 'clip') !== (kind === 'clip')) return false;
  return !(filter.stacked && stack !== undefined && stack.head !== id);
}
