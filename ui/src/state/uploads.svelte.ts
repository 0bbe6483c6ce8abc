import type { ClockPhoto } from '../ipc/contract';
import { type Failure, type Host, toFailure } from '../ipc/host';
import { batches, type Upload } from '../lib/batches';
import { Queue } from '../lib/queue';

const AT_ONCE = 2;

export interface Adding {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly group: string;
  readonly part: number;
  readonly state: 'waiting' | 'sending' | 'added' | 'failed';
  readonly failure: Failure | null;
}

/** What is worth a word about what was added. */
export interface Told {
  alreadyThere(count: number): void;
  clock(group: string, photo: ClockPhoto): void;
}

/** Files on their way from this page into the engine. */
export class Uploads {
  list = $state.raw<readonly Adding[]>([]);
  readonly #host: Host;
  readonly #queue = new Queue(AT_ONCE);
  readonly #sources = new Map<number, { upload: Upload; stop: AbortController }>();
  readonly #told: Told;
  #serial = 0;

  constructor(host: Host, told: Told = { alreadyThere: () => {}, clock: () => {} }) {
    this.#host = host;
    this.#told = told;
  }

  of(group: string): readonly Adding[] {
    return this.list.filter((one) => one.group === group);
  }

  add(files: readonly File[], group: string): Promise<unknown> {
    return Promise.all(batches(files, group, () => crypto.randomUUID()).map((upload) => this.#start(upload)));
  }

  retry(id: number): void {
    const source = this.#sources.get(id);
    this.dismiss(id);
    if (source !== undefined) void this.#start(source.upload);
  }

  /** Stops a file that is on its way, or forgets one that failed. */
  dismiss(id: number): void {
    this.#sources.get(id)?.stop.abort();
    this.#sources.delete(id);
    this.list = this.list.filter((one) => one.id !== id);
  }

  async #start(upload: Upload): Promise<void> {
    this.#serial += 1;
    const id = this.#serial;
    const stop = new AbortController();
    const { file, target } = upload;
    this.#sources.set(id, { upload, stop });
    this.list = [
      ...this.list,
      {
        id,
        name: file.name,
        size: file.size,
        group: target.group,
        part: 0,
        state: 'waiting',
        failure: null,
      },
    ];
    await this.#queue.add(() => this.#send(id, upload, stop.signal));
  }

  async #send(id: number, { file, target }: Upload, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#change(id, { state: 'sending' });
    try {
      const receipt = await this.#host.upload(file, target, (part) => this.#change(id, { part }), signal);
      const failed = receipt.failures[0];
      if (failed !== undefined) throw toFailure(failed.error);
      if (receipt.already_there > 0) this.#told.alreadyThere(receipt.already_there);
      for (const photo of receipt.clocks ?? []) this.#told.clock(target.group, photo);
      this.#change(id, { state: 'added', part: 1 });
    } catch (cause) {
      this.#change(id, { state: 'failed', failure: toFailure(cause) });
    }
    this.#forgetWhenDone(target.group);
  }

  #forgetWhenDone(group: string): void {
    const busy = this.of(group).some(({ state }) => state === 'waiting' || state === 'sending');
    if (busy) return;
    for (const one of this.of(group)) {
      if (one.state === 'added') this.dismiss(one.id);
    }
  }

  #change(id: number, change: Partial<Adding>): void {
    this.list = this.list.map((one) => (one.id === id ? { ...one, ...change } : one));
  }
}
