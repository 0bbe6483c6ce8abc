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

  choose(now: number): WatchView {
    this.#folder = '/media/anna/NIKON D750/DCIM/101D750';
    this.appear('DSC_4711.JPG', now);
    return this.view(now);
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

  hold(file: string, hold: boolean, now: number): void {
    const has = this.#waiting.some(({ name }) => name === file);
    if (hold && has) this.#held = [...this.#held, file];
    if (!hold && this.#held.includes(file)) this.appear(file, now);
    this.#waiting = hold ? this.#waiting.filter(({ name }) => name !== file) : this.#waiting;
    this.#held = hold ? this.#held : this.#held.filter((name) => name !== file);
  }
}
