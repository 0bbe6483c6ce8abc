import type { Bucket as BucketView, MomentView } from '../ipc/contract';
import type { Stretch } from '../lib/album';
import { decodeShapes, shapeOf } from '../lib/shape';

export const HOUR_MS = 3_600_000;

/** A stretch of the timeline with as many of its tiles' moments as were fetched, newest first. */
export interface Bucket extends Stretch {
  readonly items: readonly MomentView[];
  readonly complete: boolean;
}

interface Kept extends Bucket {
  /** Whether what is shown may be older than what is. */
  readonly stale: boolean;
}

/** Newest first; equal times by id, as the engine orders them. */
const newestFirst = (a: MomentView, b: MomentView) => b.captured_at_ms - a.captured_at_ms || (a.id < b.id ? 1 : -1);

const shapesOf = (items: readonly MomentView[]) => Uint8Array.from(items, ({ width, height }) => shapeOf(width, height));
const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((shape, at) => shape === b[at]);

/** Whether a moment has a tile of its own, or stands behind another in a stack. */
export const hasTile = ({ id, stack }: MomentView) => stack === undefined || stack.head === id;

/** The moments of a group by buckets: shapes for all, moments for those that were looked at. No requests, no screen. */
export class Buckets {
  readonly #buckets = new Map<number, Kept>();
  readonly #at = new Map<string, number>();
  loaded = 0;

  /** Newest first. */
  list(): Bucket[] {
    return [...this.#buckets.values()].filter(({ shapes }) => shapes.length > 0).sort((a, b) => b.start - a.start);
  }

  get(id: string): MomentView | undefined {
    const bucket = this.#buckets.get(this.#at.get(id) ?? Number.NaN);
    return bucket?.items.find((item) => item.id === id);
  }

  has = (id: string) => this.#at.has(id);
  startOf = (id: string) => this.#at.get(id);

  /** The bucket that a time lies in. */
  around(ms: number): Bucket | undefined {
    return [...this.#buckets.values()].find(({ start, until }) => ms >= start && ms < until);
  }

  clear(): void {
    this.#buckets.clear();
    this.#at.clear();
    this.loaded = 0;
  }

  /** Takes fresh counts and shapes. Buckets that are different are stale, and all are when `all` is set. */
  recount(views: readonly BucketView[], all: boolean): void {
    const starts = new Set(views.map(({ start_ms }) => start_ms));
    for (const [start, bucket] of this.#buckets) if (!starts.has(start)) this.#set({ ...bucket, ...EMPTY });
    for (const view of views) this.#recountOne(view, all);
  }

  #recountOne({ start_ms: start, until_ms: until, count, shapes: text }: BucketView, all: boolean): void {
    const shapes = decodeShapes(text);
    const before = this.#buckets.get(start);
    if (before === undefined || before.until !== until)
      this.#set({ start, until, count, shapes, items: [], complete: false, stale: false });
    else if (!same(before.shapes, shapes)) {
      // What is on the screen stays until what replaces it is here.
      if (before.complete) this.#set({ ...before, count, stale: true });
      else this.#set({ ...before, count, shapes, items: [] });
    } else this.#set({ ...before, count, stale: before.stale || (all && before.items.length > 0) });
  }

  /** Whether moments of this stretch are still to be fetched. */
  incomplete(from: number, until: number): boolean {
    return this.#between(from, until).some(({ complete, stale, shapes }) => stale || (!complete && shapes.length > 0));
  }

  /** Takes what a query for a stretch answered so far. */
  fill(from: number, until: number, moments: readonly MomentView[], done: boolean): void {
    const between = this.#between(from, until);
    const byBucket = new Map<number, MomentView[]>(between.map(({ start }) => [start, []]));
    for (const moment of moments) {
      const bucket = between.find(({ start }) => moment.captured_at_ms >= start) ?? between.at(-1);
      byBucket.get(bucket?.start ?? Number.NaN)?.push(moment);
    }
    for (const bucket of between) {
      const items = byBucket.get(bucket.start) ?? [];
      if (done) this.#set({ ...bucket, items, shapes: this.#shapes(bucket, items), complete: true, stale: false });
      else if (!(bucket.complete || bucket.stale)) this.#set({ ...bucket, items: items.slice(0, bucket.shapes.length) });
    }
  }

  #shapes({ shapes }: Kept, items: readonly MomentView[]): Uint8Array {
    const now = shapesOf(items);
    return same(shapes, now) ? shapes : now;
  }

  /** Adds a moment to its place; answers whether its bucket could take it, or has to be asked for again. */
  insert(moment: MomentView): boolean {
    if (this.replace(moment)) return true;
    const bucket = this.around(moment.captured_at_ms);
    if (bucket === undefined) return this.#begin(moment);
    if (!hasTile(moment)) return true;
    if (!bucket.complete) return false;
    const items = [...bucket.items, moment].sort(newestFirst);
    this.#set({ ...bucket, count: bucket.count + 1, items, shapes: shapesOf(items), stale: false });
    return true;
  }

  /** Begins a new hour with its first moment, where none of the others reaches into it. */
  #begin(moment: MomentView): boolean {
    const start = hourOf(moment.captured_at_ms);
    const until = start + HOUR_MS;
    const isFree = [...this.#buckets.values()].every((other) => other.until <= start || other.start >= until);
    if (!(isFree && hasTile(moment))) return false;
    this.#set({ start, until, count: 1, items: [moment], shapes: shapesOf([moment]), complete: true, stale: false });
    return true;
  }

  /** Puts a newer view of a known moment in the old one's place; it goes when it stands behind another by now. */
  replace(moment: MomentView): boolean {
    const bucket = this.#buckets.get(this.#at.get(moment.id) ?? Number.NaN);
    if (bucket === undefined) return false;
    const items = hasTile(moment)
      ? bucket.items.map((item) => (item.id === moment.id ? moment : item))
      : bucket.items.filter(({ id }) => id !== moment.id);
    this.#set({ ...bucket, items, shapes: bucket.complete ? this.#shapes(bucket, items) : bucket.shapes });
    return true;
  }

  /** Takes a moment away; answers whether it was known. */
  remove(id: string): boolean {
    const bucket = this.#buckets.get(this.#at.get(id) ?? Number.NaN);
    if (bucket === undefined) return false;
    const at = bucket.items.findIndex((item) => item.id === id);
    const items = bucket.items.filter((item) => item.id !== id);
    const shapes = bucket.shapes.filter((_, place) => place !== at);
    this.#set({ ...bucket, count: bucket.count - 1, items, shapes });
    return true;
  }

  /** Marks the bucket around a time as older than what is. */
  doubt(ms: number): void {
    const bucket = this.around(ms);
    if (bucket !== undefined) this.#set({ ...bucket, stale: true });
  }

  /** Lets go of the moments of a bucket; its shapes stay. */
  forget(start: number): void {
    const bucket = this.#buckets.get(start);
    if (bucket !== undefined) this.#set({ ...bucket, items: [], complete: false, stale: false });
  }

  /** The buckets that meet a stretch, newest first. */
  #between(from: number, until: number): Kept[] {
    return [...this.#buckets.values()].filter((bucket) => bucket.until > from && bucket.start < until).sort((a, b) => b.start - a.start);
  }

  #set(bucket: Kept): void {
    const before = this.#buckets.get(bucket.start);
    if (before !== undefined && before.items !== bucket.items) {
      for (const { id } of before.items) this.#at.delete(id);
    }
    this.loaded += bucket.items.length - (before?.items.length ?? 0);
    if (bucket.shapes.length === 0) this.#buckets.delete(bucket.start);
    else this.#buckets.set(bucket.start, bucket);
    for (const { id } of bucket.items) this.#at.set(id, bucket.start);
  }
}

const EMPTY = { count: 0, shapes: new Uint8Array(), items: [], complete: true, stale: false };

/** The hour of this device's zone that a time lies in. */
export function hourOf(ms: number): number {
  const offset = zoneOffsetMin(ms) * 60_000;
  return Math.floor((ms + offset) / HOUR_MS) * HOUR_MS - offset;
}

/** How far this device's zone is ahead of UTC. */
export const zoneOffsetMin = (ms: number): number => -new Date(ms).getTimezoneOffset();
