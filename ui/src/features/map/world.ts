import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import worldUrl from 'world-atlas/countries-50m.json?url';
import { project } from '../../lib/mercator';

/** Land and borders as paths of the Mercator square. */
export interface World {
  readonly land: Path2D;
  readonly borders: Path2D;
}

type Ring = readonly (readonly number[])[];

let loading: Promise<World> | undefined;

/** Reads the world that comes with the app (Natural Earth, public domain). */
export function loadWorld(): Promise<World> {
  loading ??= read();
  return loading;
}

async function read(): Promise<World> {
  const topology = (await (await fetch(worldUrl)).json()) as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
  const land = new Path2D();
  for (const { geometry } of feature(topology, topology.objects.land).features) {
    if (geometry.type === 'Polygon') for (const ring of geometry.coordinates) draw(land, ring, true);
    if (geometry.type === 'MultiPolygon') for (const polygon of geometry.coordinates) for (const ring of polygon) draw(land, ring, true);
  }
  const borders = new Path2D();
  for (const line of mesh(topology, topology.objects.countries, (a, b) => a !== b).coordinates) draw(borders, line, false);
  return { land, borders };
}

function draw(path: Path2D, points: Ring, close: boolean): void {
  for (const [at, [longitude = 0, latitude = 0]] of points.entries()) {
    const { x, y } = project({ latitude, longitude });
    if (at === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  if (close) path.closePath();
}
