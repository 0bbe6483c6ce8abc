import { describe, expect, it } from 'vitest';
import { random } from '../src/ipc/mock/random';
import { type Camera, cameraFor, clusters, metresAPixel, onScreen, project, scaleBar, zoomAt } from '../src/lib/mercator';

const screen = { width: 800, height: 600 };
const bern = { latitude: 46.947, longitude: 7.447 };

describe('map', () => {
  it('places the world where Mercator does', () => {
    expect(project({ latitude: 0, longitude: 0 })).toEqual({ x: 0.5, y: 0.5 });
    expect(project({ latitude: 90, longitude: 180 }).y).toBeCloseTo(0, 6);
    const { x, y } = project(bern);
    expect([x, y]).toEqual([expect.closeTo(0.52069, 4), expect.closeTo(0.35189, 3)]);
    expect(metresAPixel({ x: 0.5, y: 0.5, scale: 40_075_016.686 })).toBeCloseTo(1, 6);
  });

  it('keeps what is under the pointer when it zooms', () => {
    const camera: Camera = { ...project(bern), scale: 200_000 };
    const at = { x: 620, y: 130 };
    const before = { x: camera.x + (at.x - 400) / camera.scale, y: camera.y + (at.y - 300) / camera.scale };
    const after = onScreen(before, zoomAt(camera, 3.7, at, screen), screen);
    expect(after.x).toBeCloseTo(at.x, 4);
    expect(after.y).toBeCloseTo(at.y, 4);
  });

  it('shows all points, also a single one and none', () => {
    const draw = random(2);
    const points = Array.from({ length: 50 }, () => project({ latitude: draw() * 100 - 50, longitude: draw() * 200 - 100 }));
    const camera = cameraFor(points, screen);
    for (const point of points) {
      const { x, y } = onScreen(point, camera, screen);
      expect(x >= 0 && x <= 800 && y >= 0 && y <= 600).toBe(true);
    }
    expect(cameraFor(points.slice(0, 1), screen).scale).toBeGreaterThan(1e6);
    expect(cameraFor([], screen).scale).toBeGreaterThanOrEqual(600);
  });

  it('gathers every point into one cluster, the same ones wherever one looks', () => {
    const draw = random(7);
    const points = Array.from({ length: 500 }, (_, id) => ({ id, x: 0.5 + draw() * 0.001, y: 0.3 + draw() * 0.001 }));
    const found = clusters(points, 300_000, 76);
    expect(found.flatMap((cluster) => cluster.points.map(({ id }) => id)).toSorted((a, b) => a - b)).toEqual(points.map(({ id }) => id));
    expect(clusters(points, 301_000, 76)).toEqual(found);
    expect(clusters(points, 3_000_000, 76).length).toBeGreaterThan(found.length);
  });

  it('has a bar of a round length that fits', () => {
    for (const scale of [800, 5e4, 3e6]) {
      const { metres, px } = scaleBar({ ...project(bern), scale }, 120);
      expect(px <= 120 && px > 20).toBe(true);
      expect(['1', '2', '5']).toContain(String(metres)[0]);
    }
  });
});
