import type { OfferView, SystemCalls, SystemEvent, SystemView } from '../contract';
import { Failure, type SystemHost } from '../host';

type Answers = { [Name in keyof SystemCalls]: (args: SystemCalls[Name]['args']) => SystemCalls[Name]['reply'] };

/** A machine that is played: a desktop, or a phone. */
export class MockMachine implements SystemHost {
  readonly #listeners = new Set<(event: SystemEvent) => void>();
  readonly #post: (group: string, count: number) => string[];
  #view: SystemView;
  #offer: OfferView = { count: 0, names: [], size_bytes: 0 };

  constructor(phone: boolean, post: (group: string, count: number) => string[]) {
    const granted = phone ? 'not_asked' : 'granted';
    this.#post = post;
    this.#view = {
      phone,
      tray: !phone,
      close_to_tray: false,
      notify: true,
      notify_at_night: false,
      muted: [],
      permissions: { local_network: 'granted', photos: granted, camera: granted, notifications: granted },
      ...(phone ? { roll: { paused: false, waiting: [], shared: 0 } } : {}),
    };
  }

  async call<Name extends keyof SystemCalls>(name: Name, args: SystemCalls[Name]['args']): Promise<SystemCalls[Name]['reply']> {
    return structuredClone(this.#answers[name](args));
  }

  events(listener: (event: SystemEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes the machine from outside, as a system does. */
  become(change: Partial<SystemView>): void {
    this.#view = { ...this.#view, ...change };
    this.#tell('system_changed');
  }

  /** Hands files over, as another program does. */
  hand(names: readonly string[]): void {
    this.#offer = { count: names.length, names: names.slice(0, 4), size_bytes: names.length * 4_200_000 };
    this.#tell('offer_changed');
  }

  #tell(event: SystemEvent['event']): void {
    for (const listener of this.#listeners) listener({ event });
  }

  readonly #answers: Answers = {
    'system.get': () => this.#view,
    'system.set': ({ close_to_tray, notify, notify_at_night }) => {
      const given = Object.entries({ close_to_tray, notify, notify_at_night }).filter(([, value]) => value !== undefined);
      this.#view = { ...this.#view, ...Object.fromEntries(given) };
      return this.#view;
    },
    'system.mute': ({ group, muted }) => {
      const others = this.#view.muted.filter((id) => id !== group);
      this.#view = { ...this.#view, muted: muted ? [...others, group] : others };
      return this.#view;
    },
    'system.ask': ({ what }) => {
      this.#view = { ...this.#view, permissions: { ...this.#view.permissions, [what]: 'granted' } };
      return this.#view;
    },
    'system.settings': () => this.#view,
    'system.pick': ({ group }) => ({ moments: this.#post(group, 2), already_there: 0, waiting: 0, failures: [] }),
    'roll.set': ({ group }) => {
      const permissions = { ...this.#view.permissions, photos: 'granted' as const };
      this.#view = {
        ...this.#view,
        permissions,
        roll: { ...(group === undefined ? {} : { group }), paused: false, waiting: [], shared: 0 },
      };
      return this.#view;
    },
    'roll.keep': ({ name }) => {
      const { roll } = this.#view;
      if (!roll?.waiting.some((capture) => capture.name === name)) throw new Failure('not_here', 'it has gone out already');
      this.#view = { ...this.#view, roll: { ...roll, waiting: roll.waiting.filter((capture) => capture.name !== name) } };
      return this.#view;
    },
    'offer.get': () => this.#offer,
    'offer.take': ({ group }) => {
      const { count } = this.#offer;
      this.#offer = { count: 0, names: [], size_bytes: 0 };
      return { moments: this.#post(group, count), already_there: 0, waiting: 0, failures: [] };
    },
    'offer.drop': () => {
      this.#offer = { count: 0, names: [], size_bytes: 0 };
      return this.#offer;
    },
    'share.out': ({ moments }) => ({ count: moments.length, ...(this.#view.phone ? {} : { folder: '/home/anna/Pictures' }) }),
    'folder.open': () => this.#view,
  };
}
