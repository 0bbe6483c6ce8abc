import { SvelteMap } from 'svelte/reactivity';
import type { MomentView } from '../ipc/contract';
import type { Host } from '../ipc/host';
import { Queue } from '../lib/queue';

const ASKS = 4;

/** The picture that stands for each person of a group: the newest of theirs that is a favourite here, otherwise the newest. */
export class Covers {
  readonly #host: Host;
  readonly #group: string;
  readonly #known = new SvelteMap<string, MomentView | null>();
  readonly #asks = new Queue(ASKS);

  constructor(host: Host, group: string) {
    this.#host = host;
    this.#group = group;
  }

  /** The moment on a person's cover, as far as it is known. */
  of = (author: string): MomentView | null => this.#known.get(author) ?? null;

  /** Asks anew for the covers of these people. */
  async load(authors: readonly string[]): Promise<void> {
    await Promise.all(
      authors.map(async (author) => {
        const cover = await this.#asks.add(() => this.#newest(author)).catch(() => undefined);
        if (cover !== undefined) this.#known.set(author, cover);
      }),
    );
  }

  async #newest(author: string): Promise<MomentView | null> {
    for (const filter of [{ author, favourites: true }, { author, kind: 'photo' as const }, { author }]) {
      const { moments } = await this.#host.call('timeline.page', { group: this.#group, limit: 1, filter });
      if (moments[0] !== undefined) return moments[0];
    }
    return null;
  }
}
