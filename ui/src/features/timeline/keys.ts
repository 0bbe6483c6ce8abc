import type { MomentView } from '../../ipc/contract';
import type { AlbumLayout } from '../../lib/album';

interface Cell {
  readonly id: string;
  readonly middle: number;
}

/** The moment that an arrow key leads to; nothing for other keys and at the edges of what is known. */
export function step(layout: AlbumLayout<MomentView>, from: string, key: string): string | null {
  const rows = layout.days.flatMap((day) => day.chunks.flatMap((chunk) => chunk.rows.map((row) => cells(row, chunk.items))));
  const at = rows.findIndex((row) => row.some(({ id }) => id === from));
  const row = rows[at];
  if (row === undefined) return null;
  const x = row.findIndex(({ id }) => id === from);
  switch (key) {
    case 'ArrowLeft':
      return (row[x - 1] ?? rows[at - 1]?.at(-1))?.id ?? null;
    case 'ArrowRight':
      return (row[x + 1] ?? rows[at + 1]?.[0])?.id ?? null;
    case 'ArrowUp':
      return nearest(rows[at - 1], row[x]);
    case 'ArrowDown':
      return nearest(rows[at + 1], row[x]);
    default:
      return null;
  }
}

type Rows = AlbumLayout<MomentView>['days'][number]['chunks'][number]['rows'];

function cells(row: Rows[number], items: readonly MomentView[]): Cell[] {
  return row.places.map(({ left, width }, i) => ({
    id: items[row.first + i]?.id ?? '',
    middle: left + width / 2,
  }));
}

function nearest(row: readonly Cell[] | undefined, to: Cell | undefined): string | null {
  if (row === undefined || to === undefined) return null;
  const far = (cell: Cell) => Math.abs(cell.middle - to.middle);
  return row.reduce((best, cell) => (far(cell) < far(best) ? cell : best)).id;
}
