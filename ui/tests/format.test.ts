import { describe, expect, it } from 'vitest';
import { bytes, cameraTime, coordinates, duration, offsetName, relative } from '../src/lib/format';
import { contain, REST, settle, zoomTo } from '../src/lib/zoom';

describe('format', () => {
  it('spells sizes, lengths and distances', () => {
    expect([0, 999, 1_000, 3_400_000, 2_500_000_000].map(bytes)).toEqual(['0 bytes', '999 bytes', '1 kB', '3.4 MB', '2.5 GB']);
    expect([0, 8_000, 65_000, 3_725_000].map(duration)).toEqual(['0:00', '0:08', '1:05', '1:02:05']);
    expect(relative(0, 300_000)).toBe('5 minutes ago');
    expect(relative(86_400_000 * 400, 0)).toBe('next year');
  });

  it('says where on Earth a place is', () => {
    expect(coordinates({ latitude: 46.68634, longitude: 7.86321 })).toBe('46.6863° N, 7.8632° E');
    expect(coordinates({ latitude: -33.8568, longitude: -70.6 })).toBe('33.8568° S, 70.6000° W');
  });

  it('shows the time of the camera, not of the reader', () => {
    expect([0, 120, -210, 345].map(offsetName)).toEqual(['UTC', 'UTC+2', 'UTC−3:30', 'UTC+5:45']);
    expect(cameraTime(Date.UTC(2026, 10, 21, 23, 30), 120)).toMatch(/22 November 2026.*01:30:00.*UTC\+2/);
  });
});

describe('zoom', () => {
  const frame = { width: 1000, height: 800 };
  const fitted = contain({ width: 4000, height: 3000 }, frame);

  it('fits the whole picture', () => {
    expect(fitted).toEqual({ width: 1000, height: 750 });
    expect(contain({ width: 0, height: 0 }, frame)).toEqual(frame);
  });

  it('keeps the point under the finger where it is', () => {
    const point = { x: 120, y: -60 };
    const view = zoomTo(REST, 3, point, fitted, frame);
    expect((point.x - view.x) / view.scale).toBeCloseTo(point.x, 6);
    expect((point.y - view.y) / view.scale).toBeCloseTo(point.y, 6);
  });

  it('never goes below the whole picture nor beyond its edges', () => {
    expect(zoomTo({ scale: 2, x: 100, y: 0 }, 0.2, { x: 0, y: 0 }, fitted, frame)).toEqual({ scale: 1, x: 0, y: 0 });
    expect(settle({ scale: 2, x: 9_999, y: -9_999 }, fitted, frame)).toEqual({ scale: 2, x: 500, y: -350 });
  });
});
