import type { OfferView, SystemCalls, SystemView } from '../ipc/contract';
import type { SystemHost } from '../ipc/host';
import { Loaded } from './loaded.svelte';

/** The machine that the app's window runs on: what it can do, what it lets the app do, and what it hands over. */
export class Machine {
  readonly view: Loaded<SystemView>;
  readonly offer: Loaded<OfferView>;
  readonly offered = $derived.by(() => this.offer.value?.count ?? 0);
  readonly #host: SystemHost;

  constructor(host: SystemHost) {
    this.#host = host;
    this.view = new Loaded(() => host.call('system.get', {}));
    this.offer = new Loaded(() => host.call('offer.get', {}));
  }

  start(): () => void {
    const stop = this.#host.events(({ event }) => void (event === 'offer_changed' ? this.offer : this.view).load());
    void this.view.load();
    void this.offer.load();
    return stop;
  }

  ask<Name extends keyof SystemCalls>(name: Name, args: SystemCalls[Name]['args']): Promise<SystemCalls[Name]['reply']> {
    return this.#host.call(name, args);
  }

  /** Asks for a change, and shows what came of it. */
  async change<Name extends Changing>(name: Name, args: SystemCalls[Name]['args']): Promise<SystemView> {
    const view = await this.#host.call(name, args);
    this.view.take(view);
    return view;
  }

  /** What the system shows speaks the page's language. */
  async speak(language: string): Promise<void> {
    await this.#host.call('system.set', { language }).catch(() => null);
  }
}

/** The calls that answer how everything is. */
type Changing = { [Name in keyof SystemCalls]: SystemCalls[Name]['reply'] extends SystemView ? Name : never }[keyof SystemCalls];
