import type { Place } from '../ipc/contract';

/** A point of the Mercator square: 0 to 1 from west to east and from north to south. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What part of the square is on the screen: its middle, and how many pixels the whole square is wide. */
export interface Camera extends Point {
  readonly scale: number;
}

export interface Screen {
  readonly width: number;
  readonly height: number;
}

/** Mercator ends there: the square's upper and lower edge. */
const POLE = 85.051_128_78;
const NEAREST = 256 * 2 ** 15;

export function project({ latitude, longitude }: Place): Point {
  const y = Math.sin((Math.min(POLE, Math.max(-POLE, latitude)) * Math.PI) / 180);
  return { x: (longitude + 180) / 360, y: 0.5 - Math.log((1 + y) / (1 - y)) / (4 * Math.PI) };
}

/** Metres that a pixel measures in the middle of the screen. */
export function metresAPixel({ y, scale }: Camera): number {
  const latitude = Math.atan(Math.sinh(Math.PI * (1 - 2 * y)));
  return (40_075_016.686 * Math.cos(latitude)) / scale;
}

export const onScreen = (point: Point, camera: Camera, screen: Screen): Point => ({
  x: (point.x - camera.x) * camera.scale + screen.width / 2,
  y: (point.y - camera.y) * camera.scale + screen.height / 2,
});

/** Never farther than the whole world, never nearer than there is anything to see, never beside the world. */
export function settle(camera: Camera, screen: Screen): Camera {
  const scale = Math.min(NEAREST, Math.max(Math.min(screen.width, screen.height), camera.scale));
  const hold = (value: number, size: number) => {
    const half = Math.min(0.5, size / 2 / scale);
    return Math.min(1 - half, Math.max(half, value));
  };
  return { scale, x: hold(camera.x, screen.width), y: hold(camera.y, screen.height) };
}

/** Zooms by a factor; what is under the pointer stays there. */
export function zoomAt(camera: Camera, factor: number, at: Point, screen: Screen): Camera {
  const scale = Math.min(NEAREST, Math.max(Math.min(screen.width, screen.height), camera.scale * factor));
  const shift = 1 / camera.scale - 1 / scale;
  return settle({ scale, x: camera.x + (at.x - screen.width / 2) * shift, y: camera.y + (at.y - screen.height / 2) * shift }, screen);
}

/** Shows all points, with room around them. */
export function cameraFor(points: readonly Point[], screen: Screen): Camera {
  if (points.length === 0) return settle({ x: 0.5, y: 0.4, scale: 0 }, screen);
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right, above, below] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = 120;
  const scale = Math.min(
    Math.max(1, screen.width - room) / Math.max(right - left, 1e-9),
    Math.max(1, screen.height - room) / Math.max(below - above, 1e-9),
    NEAREST / 2,
  );
  return settle({ x: (left + right) / 2, y: (above + below) / 2, scale }, screen);
}

/** Points that lie together at this scale. */
export interface Cluster<T extends Point> {
  readonly key: string;
  /** The middle of most of its points. */
  readonly x: number;
  readonly y: number;
  /** In the order given. */
  readonly points: readonly T[];
}

/** Gathers points by cells of so many pixels. The cells belong to the world, so that panning changes no cluster. */
export function clusters<T extends Point>(points: readonly T[], scale: number, cell: number): Cluster<T>[] {
  // Scales in powers of two: zooming a little does not shuffle everything.
  const size = cell / 2 ** Math.floor(Math.log2(scale));
  const cells = new Map<string, T[]>();
  for (const point of points) {
    const key = `${Math.floor(point.x / size)}:${Math.floor(point.y / size)}`;
    const together = cells.get(key);
    if (together) together.push(point);
    else cells.set(key, [point]);
  }
  const made = [...cells].map(([key, together]) => ({ key, x: mean(together, 'x'), y: mean(together, 'y'), points: together }));
  return absorb(
    made.toSorted((a, b) => b.points.length - a.points.length),
    size,
  );
}

const mean = (points: readonly Point[], axis: 'x' | 'y') => points.reduce((sum, point) => sum + point[axis], 0) / points.length;

/** Smaller clusters that would lie over a larger one become part of it. */
function absorb<T extends Point>(largestFirst: readonly Cluster<T>[], size: number): Cluster<T>[] {
  const kept: { at: Cluster<T>; points: T[] }[] = [];
  for (const cluster of largestFirst) {
    const over = kept.find(({ at }) => Math.hypot(at.x - cluster.x, at.y - cluster.y) < size);
    if (over) over.points.push(...cluster.points);
    else kept.push({ at: cluster, points: [...cluster.points] });
  }
  return kept.map(({ at, points }) => ({ ...at, points }));
}

/** A round length for the scale bar, in metres, and how many pixels it takes. */
export function scaleBar(camera: Camera, most: number): { metres: number; px: number } {
  const metre = metresAPixel(camera);
  const room = metre * most;
  const power = 10 ** Math.floor(Math.log10(room));
  const metres = [5, 2, 1].map((step) => step * power).find((length) => length <= room) ?? power;
  return { metres, px: metres / metre };
}
