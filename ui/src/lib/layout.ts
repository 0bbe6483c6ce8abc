import { type AlbumLayout, type AlbumMeasure, layOut, type Span } from './album';
import { dayKey } from './day';

export interface LayoutQuestion {
  readonly number: number;
  readonly spans: readonly Span[];
  readonly shapes: Uint8Array;
  readonly measure: AlbumMeasure;
}

export interface LayoutAnswer {
  readonly number: number;
  readonly layout: AlbumLayout;
}

/** Albums up to this size are laid out at once: it takes less than a millisecond. */
const SMALL = 6_000;

/** Lays albums out, large ones in a worker. Of several questions only the last is answered. */
export class LayoutDesk {
  #worker: Worker | null = null;
  #number = 0;
  #done: (layout: AlbumLayout) => void = () => {};

  ask(spans: readonly Span[], shapes: Uint8Array, measure: AlbumMeasure, done: (layout: AlbumLayout) => void): void {
    this.#number += 1;
    this.#done = done;
    if (shapes.length <= SMALL || typeof Worker === 'undefined') {
      done(layOut(spans, shapes, measure, dayKey));
      return;
    }
    this.#worker ??= this.#hire();
    const question: LayoutQuestion = { number: this.#number, spans, shapes, measure };
    this.#worker.postMessage(question);
  }

  close(): void {
    this.#number += 1;
    this.#worker?.terminate();
    this.#worker = null;
  }

  #hire(): Worker {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.number === this.#number) this.#done(data.layout);
    });
    return worker;
  }
}
