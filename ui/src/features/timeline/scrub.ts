import type { Chunk, Day } from '../../lib/album';

const HOUR_MS = 3_600_000;
/** Labels nearer to each other than this would crowd. */
const APART = 26;

/** The days that get a label, with their place on the track. */
export function marksOf(days: readonly Day[], page: number, track: number): { key: string; at: number; y: number }[] {
  let last = Number.NEGATIVE_INFINITY;
  return days.flatMap((one) => {
    const y = (one.top / Math.max(1, page)) * track;
    if (y - last < APART || y > track) return [];
    last = y;
    return [{ key: one.key, at: one.at, y }];
  });
}

/** How busy each of `steps` equal pieces of the page was, 0 to 1: moments an hour, by their square root. */
export function busyness(steps: number, chunkAt: (part: number) => Chunk | undefined): number[] {
  const rates = Array.from({ length: steps }, (_, step) => {
    const chunk = chunkAt((step + 0.5) / steps);
    return chunk === undefined ? 0 : Math.sqrt(chunk.size / Math.max(0.25, (chunk.until - chunk.from) / HOUR_MS));
  });
  const most = Math.max(...rates, 0.1);
  return rates.map((rate) => rate / most);
}
