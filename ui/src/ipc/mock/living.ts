import type { Event, GroupView, MomentView, Profile } from '../contract';
import { Failure } from '../host';
import { viewOf } from './query';
import { type Album, album, hex, momentView, type Seed } from './world';

const HOUR_MS = 3_600_000;

export interface MockOptions {
  readonly moments?: number;
  /** The world's present; the machine's when absent. */
  readonly now?: number;
  readonly profile?: Profile | null;
  readonly latencyMs?: number;
  readonly empty?: boolean;
  /** The device is a venue box. */
  readonly box?: boolean;
  /** The machine it seems to run on; a node's page when absent. */
  readonly machine?: 'desktop' | 'phone';
}

/** What is true in the seeded world, how it changes, and who hears of it. */
export class Living {
  readonly albums = new Map<string, Album>();
  readonly latencyMs: number;
  /** The device is a venue box. */
  readonly isBox: boolean;
  /** Addresses of files that were added, by moment. */
  readonly uploads = new Map<string, string>();
  profile: Profile | undefined;
  /** Pages that the box has printed. */
  pages = 12;
  serial = 1_000_000;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #start: number;
  readonly #born = Date.now();

  constructor({ moments = 1_000, now, profile, latencyMs = 0, empty = false, box = false }: MockOptions) {
    this.isBox = box;
    this.#start = now ?? Date.now();
    this.latencyMs = latencyMs;
    this.profile = profile === null ? undefined : (profile ?? { name: 'Anna', colour: 0 });
    if (empty) return;
    const days = Math.max(2, Math.min(30, Math.ceil(moments / 1_200)));
    const wedding = album('Anna & Ben', 1, 5, moments, this.now() - days * 24 * HOUR_MS, this.now() - 60_000);
    wedding.view.missing_count = 12;
    const lake = album('Cabin at the lake', 2, 3, 64, this.now() - 90 * 24 * HOUR_MS, this.now() - 87 * 24 * HOUR_MS);
    Object.assign(lake.view, {
      phase: 'ended',
      here_count: 0,
      only_here_count: 3,
    });
    const choir = album('Choir rehearsal', 3, 1, 0, this.now() - HOUR_MS, this.now() + 5 * HOUR_MS);
    for (const one of [wedding, lake, choir]) this.albums.set(one.view.id, one);
  }

  now(): number {
    return this.#start + (Date.now() - this.#born);
  }

  /** Takes as long as so many requests. */
  pass(requests = 1): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.latencyMs * requests));
  }

  events(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Lets moments arrive now, as from somebody else, and tells the listeners. */
  arrive(count: number, group = hex('a', 1), change: Partial<MomentView> = {}, at = this.now()): string[] {
    const into = this.album(group);
    const added = Array.from({ length: count }, () => {
      this.serial += 1;
      const seed: Seed = {
        id: hex('bf', this.serial),
        at,
        seed: this.serial * 17,
      };
      into.seeds.unshift(seed);
      into.changes.set(seed.id, {
        author: hex('d', 1),
        author_name: 'Bruno',
        author_colour: 3,
        mine: false,
        needs_choice: false,
        ...change,
      });
      return seed.id;
    });
    into.seeds.sort((a, b) => b.at - a.at);
    into.view.moment_count += count;
    this.emit({
      event: 'timeline_changed',
      group,
      added,
      changed: [],
      removed: [],
    });
    this.emit({ event: 'groups_changed' });
    return added;
  }

  /** Changes one moment as if the engine had learned something. */
  change(group: string, moment: string, change: Partial<MomentView>): MomentView {
    const of = this.album(group);
    of.changes.set(moment, { ...of.changes.get(moment), ...change });
    this.emit({
      event: 'timeline_changed',
      group,
      added: [],
      changed: [moment],
      removed: [],
    });
    return this.moment(group, moment);
  }

  /** Makes moments, newest first, one stack that the last stands for. */
  stack(group: string, moments: readonly string[]): void {
    const of = this.album(group);
    const head = moments.at(-1) ?? '';
    of.stacks.set(head, [...moments]);
    for (const id of moments) of.heads.set(id, head);
    this.emit({ event: 'timeline_changed', group, added: [], changed: [...moments], removed: [] });
  }

  /** Takes one moment away as if its author had taken it back. */
  remove(group: string, moment: string): void {
    const from = this.album(group);
    from.seeds = from.seeds.filter(({ id }) => id !== moment);
    from.view.moment_count -= 1;
    this.#unstack(from, moment);
    this.emit({
      event: 'timeline_changed',
      group,
      added: [],
      changed: [],
      removed: [moment],
    });
  }

  /** The next oldest stands for a stack that lost its head. */
  #unstack(of: Album, moment: string): void {
    const head = of.heads.get(moment);
    const members = of.stacks.get(head ?? '')?.filter((id) => id !== moment);
    if (head === undefined || members === undefined) return;
    of.stacks.delete(head);
    of.heads.delete(moment);
    const next = members.at(-1) ?? '';
    for (const id of members) of.heads.set(id, next);
    of.stacks.set(next, members);
  }

  readonly #index = new WeakMap<Seed[], Map<string, Seed>>();

  seed(group: string, moment: string): Seed | undefined {
    const seeds = this.albums.get(group)?.seeds ?? [];
    let byId = this.#index.get(seeds);
    if (byId?.size !== seeds.length) {
      byId = new Map(seeds.map((seed) => [seed.id, seed]));
      this.#index.set(seeds, byId);
    }
    return byId.get(moment);
  }

  album(group: string): Album {
    const found = this.albums.get(group);
    if (found === undefined) throw new Failure('unknown_group', 'no such group');
    return found;
  }

  group({ view, seeds }: Album): GroupView {
    const newest = seeds[0];
    if (newest === undefined) return view;
    const { placeholder } = momentView(view.id, newest, 0);
    return {
      ...view,
      cover: `media/${view.id}/${newest.id}/grid`,
      cover_placeholder: placeholder,
      last_moment_at_ms: newest.at,
    };
  }

  moment(group: string, moment: string): MomentView {
    const of = this.album(group);
    const seed = this.seed(group, moment);
    if (seed === undefined) throw new Failure('unknown_moment', 'no such moment');
    return viewOf(of, seed);
  }

  list() {
    const groups = [...this.albums.values()].map((one) => this.group(one));
    return {
      groups: groups.sort((a, b) => (b.last_moment_at_ms ?? b.created_at_ms) - (a.last_moment_at_ms ?? a.created_at_ms)),
    };
  }
}
