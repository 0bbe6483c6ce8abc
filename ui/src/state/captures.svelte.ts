import type { Event, PostReceipt } from '../ipc/contract';
import { type Failure, type Host, toFailure } from '../ipc/host';
import { Fresh } from '../lib/fresh';
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
  /** On how many devices it is, this one included. */
  readonly devices: number;
  readonly failure: Failure | null;
}

/**
 * What the camera of this page has captured for one group: every one goes out the instant it is there. How far each has come is
 * asked for here, as a timeline need not show it: it stands behind others in a stack, outside of a filter, or waits above.
 */
export class Captures {
  /** Newest first. */
  list = $state.raw<readonly Capture[]>([]);
  readonly #host: Host;
  readonly #group: string;
  readonly #again = new Map<number, () => Promise<PostReceipt>>();
  /** Moments of which something may have changed since they were asked for. */
  readonly #doubtful = new Set<string>();
  readonly #asking = new Fresh(() => this.#ask());
  #serial = 0;

  constructor(host: Host, group: string) {
    this.#host = host;
    this.#group = group;
  }

  /** Hears how far they come, until the answer is called. */
  follow(): () => void {
    return this.#host.events((event) => this.#hear(event));
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
      this.#doubt(moments.slice(0, 1));
    } catch (cause) {
      this.#change(id, { state: 'failed', failure: toFailure(cause) });
    }
  }

  #hear(event: Event): void {
    const mine = this.list.flatMap(({ moment }) => moment ?? []);
    if (event.event === 'lagged') this.#doubt(mine);
    else if (event.event === 'timeline_changed' && event.group === this.#group)
      this.#doubt(mine.filter((id) => event.changed.includes(id)));
  }

  #doubt(moments: readonly string[]): void {
    for (const moment of moments) this.#doubtful.add(moment);
    if (moments.length > 0) void this.#asking.ask();
  }

  async #ask(): Promise<void> {
    const asked = [...this.#doubtful];
    this.#doubtful.clear();
    await Promise.all(asked.map((moment) => this.#askOne(moment)));
  }

  async #askOne(moment: string): Promise<void> {
    const view = await this.#host.call('moment.get', { group: this.#group, moment }).catch(() => null);
    const capture = this.list.find((one) => one.moment === moment);
    if (view !== null && capture !== undefined) this.#change(capture.id, { devices: view.on_devices });
  }

  #add(kind: Capture['kind'], picture: Blob, state: Capture['state']): number {
    this.#serial += 1;
    const id = this.#serial;
    this.#keep([{ id, kind, picture: URL.createObjectURL(picture), state, moment: null, devices: 1, failure: null }, ...this.list]);
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
