import type { MomentView } from '../ipc/contract';
import { type AlbumLayout, type AlbumMeasure, EMPTY_ALBUM, joinShapes, type Place, placesOf, rowOf, tileAt } from '../lib/album';
import { LayoutDesk } from '../lib/layout';
import { averageColour } from '../lib/placeholder';
import type { Bucket } from './buckets';

/** A tile that has to stay where it is on the screen, whatever comes above it. */
interface Anchor {
  readonly start: number;
  readonly within: number;
  readonly id: string | undefined;
  /** From the top of the window. */
  readonly offset: number;
}

/** One tile as it is drawn. It stays the same thing as long as nothing of it changes, so that it is not drawn again. */
export interface Drawn {
  readonly key: string;
  readonly place: Place;
  readonly moment: MomentView | undefined;
}

interface Laid {
  readonly layout: AlbumLayout;
  readonly shapes: Uint8Array;
  readonly buckets: readonly Bucket[];
  /** The index of each bucket's first tile. */
  readonly firsts: readonly number[];
  readonly measure: AlbumMeasure | null;
}

const MOST_ROWS = 400;
const NOTHING: Laid = { layout: EMPTY_ALBUM, shapes: new Uint8Array(), buckets: [], firsts: [], measure: null };

/** The layout of a timeline as it is on the screen, and which moment stands where in it. */
export class Wall {
  laid = $state.raw<Laid>(NOTHING);
  readonly #desk = new LayoutDesk();
  #asked: { buckets: readonly Bucket[]; measure: AlbumMeasure } | null = null;
  #now = new Map<number, Bucket>();
  #pin: Anchor | null = null;
  /** Places of rows that were drawn: what did not move stays the same thing, and is not drawn again. */
  readonly #rows = new Map<number, { now: ReadonlyMap<number, Bucket>; tiles: readonly Drawn[] }>();

  /** Takes the timeline as it is now; `top` tells where one looks, and `moved` where that is in the new layout. */
  update(buckets: readonly Bucket[], measure: AlbumMeasure, top: () => number | null, moved: (top: number) => void): void {
    this.#now = new Map(buckets.map((bucket) => [bucket.start, bucket]));
    if (this.#asked !== null && this.#asked.measure === measure && sameShapes(this.#asked.buckets, buckets)) return;
    this.#asked = { buckets, measure };
    const shapes = joinShapes(buckets);
    const spans = buckets.map(({ start, until, count, shapes: { length: size } }) => ({ start, until, count, size }));
    this.#desk.ask(spans, shapes, measure, (layout) => {
      const at = top();
      const anchor = this.#pin ?? (at === null ? null : this.#anchorAt(at));
      this.#pin = null;
      this.#rows.clear();
      this.laid = { layout, shapes, buckets, firsts: firstsOf(buckets), measure };
      const to = anchor === null ? null : this.#topFor(anchor);
      if (to !== null && at !== to) moved(to);
    });
  }

  /** Keeps a tile where it is when the layout becomes another one. */
  pin(index: number, top: number): void {
    const row = rowOf(this.laid.layout, index);
    this.#pin = this.#anchor(index, (this.laid.layout.rowTop[row] ?? 0) - top);
  }

  /** The moment of a tile, if it is fetched. */
  momentAt(index: number): MomentView | undefined {
    const at = this.#bucketAt(index);
    const bucket = this.laid.buckets[at];
    if (bucket === undefined) return undefined;
    const now = this.#now.get(bucket.start);
    const items = now?.shapes === bucket.shapes ? now.items : bucket.items;
    return items[index - (this.laid.firsts[at] ?? 0)];
  }

  /** The tile of a moment, if it is fetched and laid out. */
  indexOf(id: string): number | null {
    for (const [at, bucket] of this.laid.buckets.entries()) {
      const now = this.#now.get(bucket.start);
      const items = now?.shapes === bucket.shapes ? now.items : bucket.items;
      const within = items.findIndex((item) => item.id === id);
      if (within >= 0) return (this.laid.firsts[at] ?? 0) + within;
    }
    return null;
  }

  /** The buckets that tiles from `first` to before `end` stand in. */
  bucketsOf(first: number, end: number): readonly Bucket[] {
    if (end <= first) return [];
    return this.laid.buckets.slice(this.#bucketAt(first), this.#bucketAt(end - 1) + 1);
  }

  tilesIn(row: number): readonly Drawn[] {
    const known = this.#rows.get(row);
    if (known?.now === this.#now) return known.tiles;
    const places = known?.tiles.map(({ place }) => place) ?? this.#placesIn(row);
    const tiles = places.map((place, at) => {
      const before = known?.tiles[at];
      const moment = this.momentAt(place.index);
      return before !== undefined && before.moment === moment ? before : { key: moment?.id ?? `#${place.index}`, place, moment };
    });
    if (this.#rows.size >= MOST_ROWS) this.#rows.clear();
    this.#rows.set(row, { now: this.#now, tiles });
    return tiles;
  }

  /** A whole row as one background: the colours of its tiles, with the gaps between them. */
  bandOf(row: number): string {
    const stops = this.#placesIn(row).map(({ index, left, width }) => {
      const colour = averageColour(this.momentAt(index)?.placeholder ?? '') ?? 'var(--tile)';
      return `#0000 0 ${left}px, ${colour} 0 ${left + width}px`;
    });
    return `linear-gradient(90deg, ${stops.join(', ')}, #0000 0)`;
  }

  #placesIn(row: number): readonly Place[] {
    const { layout, shapes, measure } = this.laid;
    return placesOf(layout, shapes, row, measure?.gap ?? 0);
  }

  placeOf(index: number) {
    const { layout, shapes, measure } = this.laid;
    if (measure === null || index < 0 || index >= layout.size) return undefined;
    return placesOf(layout, shapes, rowOf(layout, index), measure.gap).find((place) => place.index === index);
  }

  close(): void {
    this.#desk.close();
  }

  #bucketAt(index: number): number {
    const { firsts } = this.laid;
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const at = (low + high) >> 1;
      if ((firsts[at] ?? 0) <= index) low = at + 1;
      else high = at;
    }
    return low - 1;
  }

  #anchorAt(top: number): Anchor | null {
    const tile = tileAt(this.laid.layout, top);
    return tile === null ? null : this.#anchor(tile.index, tile.offset);
  }

  #anchor(index: number, offset: number): Anchor | null {
    const at = this.#bucketAt(index);
    const bucket = this.laid.buckets[at];
    if (bucket === undefined) return null;
    return { start: bucket.start, within: index - (this.laid.firsts[at] ?? 0), id: this.momentAt(index)?.id, offset };
  }

  #topFor({ start, within, id, offset }: Anchor): number | null {
    const at = this.laid.buckets.findIndex((bucket) => bucket.start === start);
    const bucket = this.laid.buckets[at];
    const known = id === undefined ? null : this.indexOf(id);
    const index = known ?? (bucket && (this.laid.firsts[at] ?? 0) + Math.min(within, bucket.shapes.length - 1));
    if (index === undefined) return null;
    return (this.laid.layout.rowTop[rowOf(this.laid.layout, index)] ?? 0) - offset;
  }
}

function firstsOf(buckets: readonly Bucket[]): number[] {
  let at = 0;
  return buckets.map(({ shapes }) => {
    const first = at;
    at += shapes.length;
    return first;
  });
}

const sameShapes = (a: readonly Bucket[], b: readonly Bucket[]) =>
  a.length === b.length && a.every((one, at) => one.shapes === b[at]?.shapes && one.start === b[at]?.start && one.count === b[at]?.count);
