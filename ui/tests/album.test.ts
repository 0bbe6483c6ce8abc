import { describe, expect, it } from 'vitest';
import { anchorAt, chunksByDay, HOUR_MS, type Hour, layOut, placeOf, type Sized, scrollFor, within } from '../src/lib/album';

const measure = { width: 900, target: 180, gap: 6, dayHeading: 56, hourHeading: 30, chunkSpace: 22, daySpace: 28 };
const utcDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const NOON = Date.UTC(2026, 10, 21, 12);

function hour(start: number, count: number, loaded = count): Hour<Sized> {
  const items = Array.from({ length: loaded }, (_, i) => ({ id: `${start}-${i}`, width: 400, height: 300 }));
  return { start, count, items, complete: loaded === count };
}

describe('album layout', () => {
  it('groups hours by day and joins sparse neighbours from the oldest on', () => {
    const hours = [hour(NOON + HOUR_MS, 2), hour(NOON, 3), hour(NOON - HOUR_MS, 7), hour(NOON - 24 * HOUR_MS, 1)];
    const days = chunksByDay(hours, utcDay);
    expect(days.map(({ chunks }) => chunks.map(({ count }) => count))).toEqual([[2, 10], [1]]);
    expect(days[0]?.chunks[1]).toMatchObject({ from: NOON - HOUR_MS, until: NOON + HOUR_MS });
  });

  it('keeps the joins of older hours when a newer hour begins', () => {
    const before = chunksByDay([hour(NOON, 3), hour(NOON - HOUR_MS, 7)], utcDay);
    const after = chunksByDay([hour(NOON + HOUR_MS, 1), hour(NOON, 3), hour(NOON - HOUR_MS, 7)], utcDay);
    expect(after[0]?.chunks.at(-1)?.key).toBe(before[0]?.chunks.at(-1)?.key);
  });

  it('places days and chunks without overlap and sums up to the height', () => {
    const layout = layOut([hour(NOON, 20), hour(NOON - HOUR_MS, 9), hour(NOON - 30 * HOUR_MS, 40, 0)], measure, utcDay);
    let bottom = 0;
    for (const day of layout.days) {
      expect(day.top).toBe(bottom);
      for (const chunk of day.chunks) expect(chunk.top + chunk.height).toBeLessThanOrEqual(day.top + day.height);
      bottom = day.top + day.height;
    }
    expect(layout.height).toBe(bottom);
  });

  it('gives room to what is not fetched yet', () => {
    const layout = layOut([hour(NOON, 400, 0)], measure, utcDay);
    expect(layout.height).toBeGreaterThan(5_000);
    expect(layout.days[0]?.chunks[0]?.rows).toEqual([]);
  });

  it('finds what a window shows by halving', () => {
    const places = Array.from({ length: 1_000 }, (_, i) => ({ top: i * 10, height: 10 }));
    expect(within(places, 95, 121).map(({ top }) => top)).toEqual([90, 100, 110, 120]);
    expect(within(places, -50, 0)).toEqual([]);
    expect(within(places, 20_000, 30_000)).toEqual([]);
  });

  it('keeps what one looks at in its place when something above grows', () => {
    const before = layOut([hour(NOON, 12), hour(NOON - HOUR_MS, 60)], measure, utcDay);
    const anchor = anchorAt(before, 900, measure);
    expect(anchor?.moment).not.toBeNull();
    const after = layOut([hour(NOON + HOUR_MS, 30), hour(NOON, 12), hour(NOON - HOUR_MS, 60)], measure, utcDay);
    const to = anchor ? scrollFor(after, anchor, measure) : null;
    const old = placeOf(before, anchor?.moment ?? '', measure);
    const now = placeOf(after, anchor?.moment ?? '', measure);
    expect((now?.top ?? 0) - (to ?? 0)).toBeCloseTo((old?.top ?? 0) - 900, 6);
  });

  it('lays out a hundred thousand moments by their counts alone', () => {
    const hours = Array.from({ length: 720 }, (_, i) => hour(NOON - i * HOUR_MS, 139, 0));
    const layout = layOut(hours, measure, utcDay);
    expect(layout.days.length).toBeGreaterThanOrEqual(30);
    expect(layout.height).toBeLessThan(2 ** 24);
  });
});
