import type { Answer, Question } from './bench.worker';

/** Each question without its number. */
type Unnumbered<One = Question> = One extends Question ? Omit<One, 'number'> : never;
type Asked<Kind extends Question['do']> = Omit<Extract<Question, { do: Kind }>, 'number' | 'do'>;

/** What hashes, seals and opens bytes. */
export type Workbench = Pick<Bench, 'hash' | 'seal' | 'open'>;

/** Hashes, seals and opens bytes in a worker, so that the page never stands still for them. */
export class Bench {
  #worker: Worker | null = null;
  #serial = 0;
  readonly #waiting = new Map<number, { done: (bytes: Uint8Array<ArrayBuffer> | null) => void; fail: (cause: Error) => void }>();

  /** Hashes the next bytes of a file; with nothing it ends, and answers the hash. */
  hash(asked: Asked<'hash'>) {
    return this.#ask({ do: 'hash', ...asked }, asked.bytes);
  }

  async seal(asked: Asked<'seal'>): Promise<Uint8Array<ArrayBuffer>> {
    const sealed = await this.#ask({ do: 'seal', ...asked }, asked.bytes);
    if (sealed === null) throw new Error('nothing was sealed');
    return sealed;
  }

  /** Opens a sealed blob; nothing when its bytes are not those that its id names. */
  open(asked: Asked<'open'>) {
    return this.#ask({ do: 'open', ...asked }, asked.bytes);
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { fail } of this.#waiting.values()) fail(new Error('the page is closed'));
    this.#waiting.clear();
  }

  #ask(question: Unnumbered, bytes: Uint8Array<ArrayBuffer> | null): Promise<Uint8Array<ArrayBuffer> | null> {
    this.#worker ??= this.#hire();
    this.#serial += 1;
    const number = this.#serial;
    return new Promise((done, fail) => {
      this.#waiting.set(number, { done, fail });
      this.#worker?.postMessage({ ...question, number }, bytes === null ? [] : [bytes.buffer]);
    });
  }

  #hire(): Worker {
    const worker = new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      this.#waiting.get(data.number)?.done(data.bytes as Uint8Array<ArrayBuffer> | null);
      this.#waiting.delete(data.number);
    });
    worker.addEventListener('error', () => {
      this.#worker = null;
      for (const { fail } of this.#waiting.values()) fail(new Error('the worker failed'));
      this.#waiting.clear();
    });
    return worker;
  }
}
