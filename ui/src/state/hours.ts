import type { Bucket, MomentView } from '../ipc/contract';
import { type Hour, hourOf } from '../lib/album';

interface Kept extends Hour<MomentView> {
  /** Whether what is shown may be older than what is. */
  readonly stale: boolean;
}

/** Newest first; equal times by id, as the engine orders them. */
const newestFirst = (a: MomentView, b: MomentView) => b.captured_at_ms - a.captured_at_ms || (a.id < b.id ? 1 : -1);

/** The moments of a group by the hour: counts for all, moments for those that were looked at. No requests, no screen. */
export class Hours {
  readonly #hours = new Map<number, Kept>();
  readonly #at = new Map<string, number>();
  loaded = 0;

  /** Newest first. */
  list(): Hour<MomentView>[] {
    return [...this.#hours.values()].filter(({ count }) => count > 0).sort((a, b) => b.start - a.start);
  }

  get(id: string): MomentView | undefined {
    const hour = this.#hours.get(this.#at.get(id) ?? Number.NaN);
    return hour?.items.find((item) => item.id === id);
  }

  has = (id: string) => this.#at.has(id);
  hourOfMoment = (id: string) => this.#at.get(id);

  /** Takes fresh counts. Hours whose count is another than thought are stale, and all are when `all` is set. */
  recount(buckets: readonly Bucket[], all: boolean): void {
    const counts = new Map(buckets.map(({ start_ms, count }) => [start_ms, count]));
    for (const start of this.#hours.keys()) {
      if (!counts.has(start)) this.#set({ start, count: 0, items: [], complete: true, stale: false });
    }
    for (const [start, count] of counts) {
      const before = this.#hours.get(start);
      if (before === undefined) this.#set({ start, count, items: [], complete: false, stale: false });
      else if (all || before.count !== count)
        this.#set({
          ...before,
          count: before.complete ? before.items.length : count,
          stale: true,
        });
    }
  }

  /** Whether moments of these hours are still to be fetched. */
  incomplete(from: number, until: number): boolean {
    return this.#between(from, until).some(({ complete, stale, count }) => stale || (!complete && count > 0));
  }

  /** Takes what a query for a whole range of hours answered so far. */
  fill(from: number, until: number, moments: readonly MomentView[], done: boolean): void {
    const last = Math.max(from, ...this.#between(from, until).map(({ start }) => start));
    const byHour = new Map<number, MomentView[]>();
    for (const moment of moments) {
      const hour = Math.min(last, Math.max(from, hourOf(moment.captured_at_ms)));
      byHour.set(hour, [...(byHour.get(hour) ?? []), moment]);
    }
    for (const hour of this.#between(from, until)) {
      if (!done && (hour.complete || hour.stale)) continue;
      const items = byHour.get(hour.start) ?? [];
      this.#set({
        ...hour,
        items,
        count: done ? items.length : Math.max(hour.count, items.length),
        complete: done,
        stale: done ? false : hour.stale,
      });
      byHour.delete(hour.start);
    }
    if (!done) return;
    for (const [start, items] of byHour)
      this.#set({
        start,
        items,
        count: items.length,
        complete: true,
        stale: false,
      });
  }

  /** Adds a moment to its place; answers whether the moments of that hour are known. */
  insert(moment: MomentView): boolean {
    if (this.replace(moment)) return true;
    const start = hourOf(moment.captured_at_ms);
    const hour = this.#hours.get(start);
    if (hour === undefined || hour.count === 0)
      this.#set({
        start,
        count: 1,
        items: [moment],
        complete: true,
        stale: false,
      });
    else if (!hour.complete) this.#set({ ...hour, count: hour.count + 1 });
    else
      this.#set({
        ...hour,
        count: hour.count + 1,
        items: [...hour.items, moment].sort(newestFirst),
      });
    return hour?.complete ?? true;
  }

  /** Puts a newer view of a known moment in the old one's place. */
  replace(moment: MomentView): boolean {
    const hour = this.#hours.get(this.#at.get(moment.id) ?? Number.NaN);
    if (hour === undefined) return false;
    this.#set({
      ...hour,
      items: hour.items.map((item) => (item.id === moment.id ? moment : item)),
    });
    return true;
  }

  /** Takes a moment away; answers whether it was known. */
  remove(id: string): boolean {
    const hour = this.#hours.get(this.#at.get(id) ?? Number.NaN);
    if (hour === undefined) return false;
    this.#set({
      ...hour,
      count: hour.count - 1,
      items: hour.items.filter((item) => item.id !== id),
    });
    return true;
  }

  /** Lets go of the moments of an hour; its count stays. */
  forget(start: number): void {
    const hour = this.#hours.get(start);
    if (hour !== undefined) this.#set({ ...hour, items: [], complete: false, stale: false });
  }

  /** The hours that hold something within a range, newest first. */
  #between(from: number, until: number): Kept[] {
    return [...this.#hours.values()].filter(({ start }) => start >= from && start < until).sort((a, b) => b.start - a.start);
  }

  #set(hour: Kept): void {
    const before = this.#hours.get(hour.start);
    if (before !== undefined && before.items !== hour.items) {
      for (const { id } of before.items) this.#at.delete(id);
    }
    this.loaded += hour.items.length - (before?.items.length ?? 0);
    if (hour.count === 0) this.#hours.delete(hour.start);
    else this.#hours.set(hour.start, hour);
    for (const { id } of hour.items) this.#at.set(id, hour.start);
  }
}
