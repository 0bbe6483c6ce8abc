import { SvelteMap } from 'svelte/reactivity';
import type { MediaPart } from '../contract';

/** Opened pictures in memory; the ones asked for longest ago go first. */
const MOST_BYTES = 96 * 1024 * 1024;

interface Opened {
  readonly url: string;
  readonly size: number;
}

type Load = (moment: string, part: MediaPart) => Promise<Blob | null>;

/** Opened pictures by address. Asking for one that is not open opens it; whoever asked is asked again when it is. */
export class Pictures {
  readonly #opened = new SvelteMap<string, Opened>();
  readonly #flights = new Set<string>();
  /** What could not be had: not asked for again until something has changed. */
  readonly #missed = new Set<string>();
  readonly #askedAt = new Map<string, number>();
  readonly #load: Load;
  #bytes = 0;
  #round = $state(0);

  constructor(load: Load) {
    this.#load = load;
  }

  url(moment: string, part: MediaPart): string {
    const key = `${moment}/${part}`;
    this.#askedAt.set(key, performance.now());
    const opened = this.#opened.get(key);
    if (opened !== undefined) return opened.url;
    void this.#round;
    // Whoever asks is being drawn: what changes must change afterwards.
    queueMicrotask(() => void this.#open(key, moment, part));
    return '';
  }

  /** Lets what could not be had be tried again: of these moments, or all. */
  again(moments?: readonly string[]): void {
    for (const key of [...this.#missed]) if (moments === undefined || moments.includes(key.split('/')[0] ?? '')) this.#missed.delete(key);
    this.#round += 1;
  }

  clear(): void {
    for (const { url } of this.#opened.values()) URL.revokeObjectURL(url);
    this.#opened.clear();
    this.#bytes = 0;
  }

  async #open(key: string, moment: string, part: MediaPart): Promise<void> {
    if (this.#flights.has(key) || this.#opened.has(key) || this.#missed.has(key)) return;
    this.#flights.add(key);
    const blob = await this.#load(moment, part).catch(() => null);
    this.#flights.delete(key);
    if (blob === null) {
      this.#missed.add(key);
      return;
    }
    this.#bytes += blob.size;
    this.#opened.set(key, { url: URL.createObjectURL(blob), size: blob.size });
    if (this.#bytes > MOST_BYTES) this.#makeRoom(key);
  }

  #makeRoom(newest: string): void {
    const byAge = [...this.#opened].sort(([a], [b]) => (this.#askedAt.get(a) ?? 0) - (this.#askedAt.get(b) ?? 0));
    for (const [key, { url, size }] of byAge) {
      if (this.#bytes <= MOST_BYTES) return;
      if (key === newest) continue;
      this.#opened.delete(key);
      this.#bytes -= size;
      URL.revokeObjectURL(url);
    }
  }
}
