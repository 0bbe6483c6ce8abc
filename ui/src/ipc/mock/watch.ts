import type { WatchView } from '../contract';

const DELAY_MS = 10_000;
const OFF: WatchView = { state: 'off', waiting: [], waiting_count: 0, held: [], held_count: 0, existing: 0, posted: 0, failures: [] };

/** A watched folder of a seeded world: a file appears now and then, and goes out unless it is held back. */
export class Watched {
  #folder: string | undefined;
  #waiting: { readonly name: string; readonly due: number }[] = [];
  #held: string[] = [];
  #existing = 212;
  #posted = 0;

  view(now: number): WatchView {
    if (this.#folder === undefined) return OFF;
    this.#posted += this.#waiting.filter(({ due }) => due <= now).length;
    this.#waiting = this.#waiting.filter(({ due }) => due > now);
    return {
      ...OFF,
      state: 'on',
      folder: this.#folder,
      waiting: this.#waiting.map(({ name, due }) => ({ name, goes_in_ms: due - now })),
      waiting_count: this.#waiting.length,
      held: [...this.#held],
      held_count: this.#held.length,
      existing: this.#existing,
      posted: this.#posted,
    };
  }

  choose(now: number): void {
    this.#folder = '/media/anna/NIKON D750/DCIM/101D750';
    this.appear('DSC_4711.JPG', now);
  }

  appear(name: string, now: number): void {
    this.#waiting = [...this.#waiting, { name, due: now + DELAY_MS }];
  }

  off(): void {
    this.#folder = undefined;
    this.#waiting = [];
  }

  addExisting(): void {
    this.#existing = 0;
  }

  /** Answers whether it did: only what waits can be held back, and only what was held back can be let go. */
  hold(file: string, hold: boolean, now: number): boolean {
    if (hold && this.#waiting.some(({ name }) => name === file)) {
      this.#waiting = this.#waiting.filter(({ name }) => name !== file);
      this.#held = [...this.#held, file];
      return true;
    }
    if (!hold && this.#held.includes(file)) {
      this.#held = this.#held.filter((name) => name !== file);
      this.appear(file, now);
      return true;
    }
    return false;
  }
}
