import { describe, expect, it } from 'vitest';
import { step } from '../src/features/timeline/keys';
import { busyness, marksOf } from '../src/features/timeline/scrub';
import { random } from '../src/ipc/mock/random';
import { type AlbumMeasure, chunkOf, layOut, placesOf, rowOf, rowsWithin, type Span, tileAt, within } from '../src/lib/album';
import { boxFor, isAtEdge, MOST_PX } from '../src/lib/scroll';

const HOUR = 3_600_000;
const measure: AlbumMeasure = { width: 900, target: 180, gap: 4, dayHeading: 56, hourHeading: 30, chunkSpace: 22, daySpace: 28 };
const dayKey = (ms: number) => String(Math.floor(ms / (24 * HOUR)));

function drawn(seed: number, hours: number): { spans: Span[]; shapes: Uint8Array } {
  const draw = random(seed);
  const spans = Array.from({ length: hours }, (_, i) => {
    const start = (2_000 - i * Math.ceil(draw() * 3) - i * 3) * HOUR;
    const size = 1 + Math.floor(draw() ** 3 * 60);
    return { start, until: start + HOUR, count: size, size };
  });
  const total = spans.reduce((sum, { size }) => sum + size, 0);
  return { spans, shapes: Uint8Array.from({ length: total }, () => Math.floor(draw() * 256)) };
}

describe('album', () => {
  it('places every tile once, below the one before, without overlap, for any album', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const { spans, shapes } = drawn(seed, 1 + seed * 3);
      const layout = layOut(spans, shapes, measure, dayKey);
      expect(layout.size).toBe(shapes.length);
      expect(layout.chunks.reduce((sum, { size }) => sum + size, 0)).toBe(shapes.length);
      let bottom = 0;
      for (let row = 0; row < layout.rowTop.length; row += 1) {
        expect(layout.rowTop[row]).toBeGreaterThanOrEqual(bottom - 0.01);
        bottom = (layout.rowTop[row] ?? 0) + (layout.rowHeight[row] ?? 0);
        expect(layout.rowFirst[row + 1]).toBeGreaterThan(layout.rowFirst[row] ?? 0);
      }
      expect(bottom).toBeLessThanOrEqual(layout.height);
      for (const chunk of layout.chunks) {
        const last = chunk.rows[1] - 1;
        expect((layout.rowTop[last] ?? 0) + (layout.rowHeight[last] ?? 0)).toBeCloseTo(chunk.top + chunk.height, 2);
      }
    }
  });

  it('finds the row and the chunk of every tile, and what meets a window', () => {
    const { spans, shapes } = drawn(5, 40);
    const layout = layOut(spans, shapes, measure, dayKey);
    for (let index = 0; index < layout.size; index += 1) {
      const row = rowOf(layout, index);
      expect(placesOf(layout, shapes, row, measure.gap).map((place) => place.index)).toContain(index);
      const chunk = chunkOf(layout, index);
      expect(index >= (chunk?.first ?? 0) && index < (chunk?.first ?? 0) + (chunk?.size ?? 0)).toBe(true);
    }
    for (let top = 0; top < layout.height; top += 333) {
      const [first, end] = rowsWithin(layout, top, top + 500);
      for (let row = 0; row < layout.rowTop.length; row += 1) {
        const meets = (layout.rowTop[row] ?? 0) + (layout.rowHeight[row] ?? 0) > top && (layout.rowTop[row] ?? 0) < top + 500;
        expect(row >= first && row < end).toBe(meets);
      }
      const tile = tileAt(layout, top);
      if (tile) expect(layout.rowTop[rowOf(layout, tile.index)]).toBeCloseTo(top + tile.offset, 3);
    }
    expect(within(layout.days, 0, Number.POSITIVE_INFINITY)).toEqual(layout.days);
  });

  it('lays 100,000 out in one piece', () => {
    const shapes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 37) % 256);
    const spans = Array.from({ length: 500 }, (_, i) => ({ start: (9_000 - i) * HOUR, until: (9_001 - i) * HOUR, count: 200, size: 200 }));
    const layout = layOut(spans, shapes, measure, dayKey);
    expect(layout.size).toBe(100_000);
    expect(layout.chunks).toHaveLength(500);
  });

  it('gives neighbours with few pictures one heading, and none across a day', () => {
    const span = (hour: number, size: number) => ({ start: hour * HOUR, until: (hour + 1) * HOUR, count: size, size });
    const spans = [span(30, 1), span(29, 2), span(26, 9), span(23, 1)];
    const layout = layOut(spans, new Uint8Array(13), measure, dayKey);
    expect(layout.chunks.map(({ from, until, size }) => [from / HOUR, until / HOUR, size])).toEqual([
      [26, 31, 12],
      [23, 24, 1],
    ]);
    expect(layout.days.map(({ count }) => count)).toEqual([12, 1]);
  });
});

describe('keys', () => {
  const { spans, shapes } = drawn(9, 30);
  const layout = layOut(spans, shapes, measure, dayKey);
  const go = (from: number, key: string) => step(layout, shapes, measure.gap, from, key, 600);

  it('walk the whole album by arrows and come back', () => {
    let at = 0;
    let steps = 0;
    for (let next = go(at, 'ArrowRight'); next !== null; next = go(at, 'ArrowRight')) {
      at = next;
      steps += 1;
    }
    expect([at, steps]).toEqual([layout.size - 1, layout.size - 1]);
    expect([go(at, 'Home'), go(0, 'End')]).toEqual([0, layout.size - 1]);
  });

  it('go to the tile above or below that is nearest, and by the screen', () => {
    for (let from = 0; from < layout.size; from += 7) {
      const below = go(from, 'ArrowDown');
      if (below === null) expect(rowOf(layout, from)).toBe(layout.rowTop.length - 1);
      else expect(rowOf(layout, below)).toBe(rowOf(layout, from) + 1);
      const page = go(from, 'PageDown');
      if (page !== null) expect(rowOf(layout, page)).toBeGreaterThan(rowOf(layout, from));
    }
    expect([go(0, 'ArrowUp'), go(0, 'PageUp'), go(0, 'a')]).toEqual([null, null, null]);
  });
});

describe('scrubber', () => {
  it('labels days that do not crowd, and tells where it was busy', () => {
    const { spans, shapes } = drawn(4, 120);
    const layout = layOut(spans, shapes, measure, dayKey);
    const marks = marksOf(layout.days, layout.height, 700);
    expect(marks.length).toBeGreaterThan(3);
    for (const [i, mark] of marks.entries()) if (i > 0) expect(mark.y - (marks[i - 1]?.y ?? 0)).toBeGreaterThanOrEqual(26);
    const busy = busyness(50, (part) => layout.chunks[Math.floor(part * layout.chunks.length)]);
    expect(Math.max(...busy)).toBe(1);
    expect(busy.every((one) => one >= 0 && one <= 1)).toBe(true);
  });
});

describe('scroll box', () => {
  it('is the page itself as long as that fits', () => {
    expect(boxFor(12_000, 500, 800)).toEqual({ height: 12_000, base: 0 });
  });

  it('reaches both ends of a page of any height, and always leaves room to scroll on', () => {
    const view = 800;
    for (const page of [MOST_PX + 1, 40_000_000, 900_000_000]) {
      for (let part = 0; part <= 1; part += 1 / 64) {
        const top = Math.round(part * (page - view));
        const box = boxFor(page, top, view);
        const scrollTop = top - box.base;
        expect(scrollTop).toBeGreaterThanOrEqual(0);
        expect(scrollTop).toBeLessThanOrEqual(box.height - view);
        const moved = isAtEdge(box, page, scrollTop, view);
        if (moved) expect(part < 0.11 || part > 0.89).toBe(true);
      }
      expect(boxFor(page, 0, view).base).toBe(0);
      const end = boxFor(page, page - view, view);
      expect(end.base + end.height).toBe(page);
    }
  });
});
