import type { PostReceipt } from '../ipc/contract';
import { type Failure, type Host, toFailure } from '../ipc/host';
import { Recording } from './recording.svelte';

/** How many captures the camera shows. */
const SHOWN = 5;

/** Something that was just captured, and how far it has come. */
export interface Capture {
  readonly id: number;
  readonly kind: 'photo' | 'clip';
  /** What to show of it: the still, or the frame at the shutter. */
  readonly picture: string;
  readonly state: 'recording' | 'going' | 'here' | 'failed';
  readonly moment: string | null;
  readonly failure: Failure | null;
}

/** What the camera of this page has captured for one group: every one goes out the instant it is there. */
export class Captures {
  /** Newest first. */
  list = $state.raw<readonly Capture[]>([]);
  readonly #host: Host;
  readonly #group: string;
  readonly #again = new Map<number, () => Promise<PostReceipt>>();
  #serial = 0;

  constructor(host: Host, group: string) {
    this.#host = host;
    this.#group = group;
  }

  /** Sends a still. */
  photo(file: File): Promise<void> {
    const { signal } = new AbortController();
    const target = { group: this.#group, name: file.name, modified_at_ms: file.lastModified };
    return this.#send(this.#add('photo', file, 'going'), () => this.#host.upload(file, target, () => {}, signal));
  }

  /** Begins a clip that goes out while it is recorded. */
  clip(frame: Blob, name: string): { take: (bytes: Blob) => void; end: () => Promise<void>; drop: () => void } {
    const id = this.#add('clip', frame, 'recording');
    const recording = new Recording(this.#host, this.#group, name, crypto.randomUUID());
    return {
      take: (bytes) => recording.take(bytes),
      end: () => {
        this.#change(id, { state: 'going', moment: recording.moment });
        return this.#send(id, () => recording.close());
      },
      drop: () => this.#forget(id),
    };
  }

  retry(id: number): void {
    const again = this.#again.get(id);
    if (again !== undefined) void this.#send(id, again);
  }

  /** Lets go of the pictures. */
  clear(): void {
    for (const { picture } of this.list) URL.revokeObjectURL(picture);
    this.list = [];
  }

  async #send(id: number, way: () => Promise<PostReceipt>): Promise<void> {
    this.#again.set(id, way);
    this.#change(id, { state: 'going', failure: null });
    try {
      const { moments, failures } = await way();
      const failed = failures[0];
      if (failed !== undefined) throw toFailure(failed.error);
      this.#again.delete(id);
      this.#change(id, { state: 'here', moment: moments[0] ?? null });
    } catch (cause) {
      this.#change(id, { state: 'failed', failure: toFailure(cause) });
    }
  }

  #add(kind: Capture['kind'], picture: Blob, state: Capture['state']): number {
    this.#serial += 1;
    const id = this.#serial;
    this.#keep([{ id, kind, picture: URL.createObjectURL(picture), state, moment: null, failure: null }, ...this.list]);
    return id;
  }

  #forget(id: number): void {
    this.list = this.list.filter((one) => one.id !== id);
  }

  #change(id: number, change: Partial<Capture>): void {
    this.#keep(this.list.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }

  /** What is still going or has failed stays until it is settled, however many follow. */
  #keep(list: readonly Capture[]): void {
    const settled = list.filter(({ state }) => state === 'here').slice(SHOWN);
    for (const { picture } of settled) URL.revokeObjectURL(picture);
    this.list = list.filter((one) => !settled.includes(one));
  }
}
