import { describe, expect, it } from 'vitest';
import { random } from '../src/ipc/mock/random';
import { estimateHeight, justify, rowsHeight, shownRatio, targetHeight } from '../src/lib/justify';

const measure = { width: 1000, target: 200, gap: 6 };

describe('justify', () => {
  it('fills every row but the last to the pixel, in order', () => {
    const draw = random(4);
    const ratios = Array.from({ length: 400 }, () => shownRatio(draw() * 4, 1));
    const rows = justify(ratios, measure);
    expect(rows.flatMap((row) => row.places.map((_, i) => row.first + i))).toEqual(ratios.map((_, i) => i));
    for (const row of rows.slice(0, -1)) {
      const last = row.places.at(-1);
      expect((last?.left ?? 0) + (last?.width ?? 0)).toBeCloseTo(measure.width, 6);
      expect(row.height).toBeGreaterThan(measure.target * 0.5);
      expect(row.height).toBeLessThan(measure.target * 1.7);
    }
  });

  it('puts rows below each other with the gap between them', () => {
    const rows = justify([1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5], measure);
    for (const [i, row] of rows.entries()) {
      const before = rows[i - 1];
      expect(row.top).toBeCloseTo(before ? before.top + before.height + measure.gap : 0, 6);
    }
    expect(rowsHeight(rows)).toBeCloseTo((rows.at(-1)?.top ?? 0) + (rows.at(-1)?.height ?? 0), 6);
  });

  it('leaves a short last row at the target height', () => {
    const [row] = justify([1.5], measure);
    expect(row?.height).toBe(measure.target);
    expect(row?.places[0]?.width).toBe(300);
  });

  it('stretches a last row that is nearly full', () => {
    const [row] = justify([1.5, 1.5, 1.2], measure);
    expect((row?.places.at(-1)?.left ?? 0) + (row?.places.at(-1)?.width ?? 0)).toBeCloseTo(1000, 6);
  });

  it('has no rows for no pictures', () => {
    expect(justify([], measure)).toEqual([]);
    expect(rowsHeight([])).toBe(0);
  });

  it('crops extremes and survives unknown sizes', () => {
    expect(shownRatio(10_000, 100)).toBe(3);
    expect(shownRatio(100, 10_000)).toBe(0.5);
    expect(shownRatio(0, 0)).toBe(1);
  });

  it('estimates near the height that real pictures take', () => {
    const draw = random(9);
    const ratios = Array.from({ length: 500 }, () => [4 / 3, 3 / 4, 3 / 2, 16 / 9][Math.floor(draw() * 4)] ?? 1);
    const ratio = estimateHeight(500, measure) / rowsHeight(justify(ratios, measure));
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
    expect(estimateHeight(0, measure)).toBe(0);
  });

  it('grows rows with the screen, within bounds', () => {
    expect(targetHeight(360)).toBeGreaterThanOrEqual(112);
    expect(targetHeight(3840)).toBe(300);
  });
});
