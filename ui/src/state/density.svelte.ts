import { DENSITIES, USUAL_DENSITY } from '../lib/justify';

const KEY = 'afterglow-density';

/** How large the tiles are: a step of `DENSITIES`, kept on this device. */
class Density {
  step = $state(read());

  /** Makes tiles larger (+1) or smaller (-1); answers whether there was a step left. */
  move(by: number): boolean {
    const next = Math.min(DENSITIES.length - 1, Math.max(0, this.step + by));
    if (next === this.step) return false;
    this.step = next;
    globalThis.localStorage?.setItem(KEY, String(next));
    return true;
  }
}

function read(): number {
  const kept = Number.parseInt(globalThis.localStorage?.getItem(KEY) ?? '', 10);
  return kept >= 0 && kept < DENSITIES.length ? kept : USUAL_DENSITY;
}

export const density = new Density();
