import { describe, expect, it } from 'vitest';
import { random } from '../src/ipc/mock/random';
import { DENSITIES, justify, targetHeight } from '../src/lib/justify';
import { decodeShapes, encodeShapes, ratioOf, shapeOf } from '../src/lib/shape';

const drawn = (seed: number, count: number) => {
  const draw = random(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(draw() * 256));
};

describe('shape', () => {
  it('keeps a ratio to less than half a percent, and crops towers and panoramas', () => {
    for (const [width, height] of [
      [4032, 3024],
      [3024, 4032],
      [1920, 1080],
      [7, 5],
    ] as const)
      expect(ratioOf(shapeOf(width, height)) / (width / height)).toBeCloseTo(1, 2);
    expect([shapeOf(1, 100), shapeOf(100, 1), shapeOf(0, 5)]).toEqual([0, 255, shapeOf(1, 1)]);
  });

  it('crosses the contract and comes back', () => {
    const shapes = drawn(3, 20_000);
    expect(decodeShapes(encodeShapes(shapes))).toEqual(shapes);
  });
});

describe('justify', () => {
  it('fills every row but the last exactly, in order, near the target, whatever the pictures', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const draw = random(seed * 7);
      const measure = { width: 300 + draw() * 2_500, target: 90 + draw() * 220, gap: Math.floor(draw() * 8) };
      const shapes = drawn(seed, 1 + Math.floor(draw() * 300));
      let expected = 0;
      justify(shapes, 0, shapes.length, measure, (first, end, height) => {
        expect(first).toBe(expected);
        expect(end).toBeGreaterThan(first);
        expected = end;
        const sum = shapes.slice(first, end).reduce((total, shape) => total + ratioOf(shape), 0);
        const width = sum * height + (end - first - 1) * measure.gap;
        if (end < shapes.length) expect(width).toBeCloseTo(measure.width, 3);
        else expect(width).toBeLessThanOrEqual(measure.width + 0.001);
        expect(height).toBeLessThan(measure.target * 3.2);
      });
      expect(expected).toBe(shapes.length);
    }
  });

  it('shows more on larger screens and at smaller tiles, and at least one whole tile', () => {
    for (const width of [320, 640, 1_280, 3_840]) {
      const heights = DENSITIES.map((_, step) => targetHeight(width, step));
      expect(heights).toEqual(heights.toSorted((a, b) => a - b));
      expect(heights.at(-1)).toBeLessThanOrEqual(Math.max(300, width * 0.9) * 1.01);
    }
    expect(targetHeight(360)).toBeLessThan(targetHeight(1_600));
  });
});
