import { type AlbumLayout, placesOf, rowOf } from '../../lib/album';

/** The tile that a key leads to; nothing for other keys and beyond the album's ends. */
export function step(layout: AlbumLayout, shapes: Uint8Array, gap: number, from: number, key: string, view: number): number | null {
  const row = rowOf(layout, from);
  switch (key) {
    case 'ArrowLeft':
      return from > 0 ? from - 1 : null;
    case 'ArrowRight':
      return from + 1 < layout.size ? from + 1 : null;
    case 'ArrowUp':
      return nearest(layout, shapes, gap, from, row - 1);
    case 'ArrowDown':
      return nearest(layout, shapes, gap, from, row + 1);
    case 'PageUp':
      return nearest(layout, shapes, gap, from, rowBeside(layout, row, -view));
    case 'PageDown':
      return nearest(layout, shapes, gap, from, rowBeside(layout, row, view));
    case 'Home':
      return layout.size > 0 ? 0 : null;
    case 'End':
      return layout.size > 0 ? layout.size - 1 : null;
    default:
      return null;
  }
}

/** The tile of a row whose middle is nearest to that of another tile. */
function nearest(layout: AlbumLayout, shapes: Uint8Array, gap: number, from: number, row: number): number | null {
  if (row < 0 || row >= layout.rowTop.length) return null;
  const here = placesOf(layout, shapes, rowOf(layout, from), gap).find(({ index }) => index === from);
  if (here === undefined) return null;
  const x = here.left + here.width / 2;
  const far = (place: { left: number; width: number }) => Math.abs(place.left + place.width / 2 - x);
  const places = placesOf(layout, shapes, row, gap);
  return places.reduce((best, place) => (far(place) < far(best) ? place : best)).index;
}

/** The row about a screen away, at least the next one. */
function rowBeside(layout: AlbumLayout, row: number, by: number): number {
  const towards = Math.sign(by);
  const goal = (layout.rowTop[row] ?? 0) + by;
  const last = layout.rowTop.length - 1;
  let at = row + towards;
  while (at + towards >= 0 && at + towards <= last && ((layout.rowTop[at + towards] ?? 0) - goal) * towards <= 0) at += towards;
  return at;
}
