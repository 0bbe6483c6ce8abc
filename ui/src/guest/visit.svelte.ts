import { hexToBytes } from '@noble/hashes/utils.js';
import { GuestHost } from '../ipc/guest/host.svelte';
import { GuestKey } from '../ipc/guest/keys';
import { type Failure, toFailure } from '../ipc/host';
import { m } from '../paraglide/messages.js';
import { App } from '../state/app.svelte';
import type { OpenGroup } from '../state/group.svelte';
import { place } from '../state/place.svelte';
import { readLink } from './link';
import { Posts } from './posts.svelte';
import { shelf } from './shelf';

/** What there is once a door has opened. */
export interface Inside {
  readonly host: GuestHost;
  readonly app: App;
  readonly group: OpenGroup;
  readonly posts: Posts;
  readonly title: string;
  /** Whether this browser keeps what was seen and what waits to be sent. */
  readonly keeps: boolean;
}

/** One guest at one event: from the link that was scanned to the timeline. */
export class Visit {
  inside = $state.raw<Inside | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** What the guest calls itself; asked for once. */
  name: string | null = $state(null);
  /** What it called itself before. */
  known = '';
  #secret = '';
  #host: GuestHost | null = null;
  #opening = false;

  /** A screen has a name of its own; whoever else uses this browser keeps theirs. */
  constructor(name?: string) {
    this.name = name ?? shelf.read('name');
  }

  /** Opens the door of the link, and keeps the way to it open. */
  begin(): () => void {
    const wake = () => {
      if (document.visibilityState !== 'visible') return;
      if (this.failure?.code === 'unreachable') this.again();
      else this.#host?.wake();
    };
    addEventListener('online', wake);
    addEventListener('pageshow', wake);
    document.addEventListener('visibilitychange', wake);
    void this.#open();
    return () => {
      removeEventListener('online', wake);
      removeEventListener('pageshow', wake);
      document.removeEventListener('visibilitychange', wake);
      this.inside?.posts.close();
      this.#host?.close();
    };
  }

  again(): void {
    void this.#open();
  }

  /** Asks for the name once more. */
  forgetName(): void {
    this.known = this.name ?? '';
    this.name = null;
  }

  introduce(name: string): void {
    this.name = name;
    shelf.write('name', name);
    void this.inside?.app.attempt(this.inside.host.rename(name));
  }

  /** The address of the timeline is the link itself, so that a reload and a bookmark lead here again. */
  atTimeline(): void {
    if ((history.state as { within?: boolean } | null)?.within) {
      history.back();
      return;
    }
    history.replaceState(history.state, '', `#${this.#secret}`);
    place.route = { at: 'home' };
  }

  async #open(): Promise<void> {
    if (this.#opening || this.inside !== null) return;
    this.#opening = true;
    this.failure = null;
    try {
      const { secret, seed } = readLink();
      this.#secret = secret;
      const host = new GuestHost(location.origin, secret, keyOf(seed), this.name ?? m.guest_unnamed());
      this.#host = host;
      await this.#enter(host);
    } catch (cause) {
      this.#host?.close();
      this.#host = null;
      this.failure = toFailure(cause);
    }
    this.#opening = false;
  }

  async #enter(host: GuestHost): Promise<void> {
    const { group: id, title, keep } = await host.open();
    const app = new App(host);
    const posts = new Posts(host.sender, keep, () => host.door.fileBytes);
    host.events(
      (event) => app.hear(event),
      (up) => {
        if (up && !app.linked) app.toasts.done(m.guest_moved({ host: host.door.name || m.no_name() }));
        app.linked = up;
        posts.link(up);
      },
    );
    const group = app.open(id);
    await posts.resume();
    posts.link(true);
    this.inside = { host, app, group, posts, title, keeps: keep !== null };
  }
}

/** The key that a link brought along, the one of this browser, or a new one. */
function keyOf(seed: string | null): GuestKey {
  const known = seed ?? shelf.read('key');
  const key = new GuestKey(known !== null && /^[0-9a-f]{64}$/.test(known) ? hexToBytes(known) : undefined);
  shelf.write('key', key.seed);
  return key;
}
