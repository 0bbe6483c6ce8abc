import { bytesToHex } from '@noble/hashes/utils.js';
import type { Event, GuestWelcome, OtherDoor } from '../contract';
import { type Failure, toFailure } from '../host';
import type { GuestKey } from './keys';
import { type End, Session } from './session';

const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 8_000;
/** A door that answers and says no is asked seldom: it takes whoever asks often for one who guesses. */
const REFUSED_RETRY_MS = 30_000;

/** One address of one door. */
interface Place {
  readonly origin: string;
  readonly secret: string;
}

/** What happens at the doors. */
interface Watch {
  readonly onevent: (event: Event) => void;
  /** Comes in anew, or hears that rights or other doors are different. */
  readonly onwelcome: (welcome: GuestWelcome, isNew: boolean) => void;
  /** All doors were tried and none answered. */
  readonly onaway: (failure: Failure) => void;
  /** This guest is not wanted any more: no door is tried again. */
  readonly onblocked: () => void;
}

/** Keeps one session open, at whichever door of the group answers, and moves on when that one is gone. */
export class Doors {
  session: Session | null = null;
  name: string;
  readonly #key: GuestKey;
  readonly #watch: Watch;
  #first: Place;
  #others: readonly OtherDoor[] = [];
  /** The group that was entered first: a door of another one is none of this page's. */
  #group: string | null = null;
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #round: Promise<void> | null = null;
  #closed = false;
  #isAsking = false;
  #isStale = false;
  readonly #waiting = new Set<() => void>();

  constructor(first: Place, key: GuestKey, name: string, watch: Watch) {
    this.#first = first;
    this.#key = key;
    this.#watch = watch;
    this.name = name;
  }

  /** Comes in; resolves when a door is open or every one was tried. */
  dial(): Promise<void> {
    if (this.#closed || this.session !== null) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#round ??= this.#tryAll().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  /** Resolves with a session, after the round of doors that is being tried; nothing when none answered. */
  async open(): Promise<Session | null> {
    if (this.session === null && this.#round !== null) await this.#round;
    return this.session;
  }

  /** Waits for the next session; answers whether there is one in time. */
  async comesBack(withinMs: number, signal: AbortSignal): Promise<boolean> {
    if ((await this.open()) !== null) return true;
    return new Promise((resolve) => {
      const settle = (is: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(back);
        signal.removeEventListener('abort', give);
        resolve(is);
      };
      const back = () => settle(true);
      const give = () => settle(false);
      const timer = setTimeout(give, withinMs);
      this.#waiting.add(back);
      signal.addEventListener('abort', give, { once: true });
    });
  }

  /** Asks again what this guest may. */
  async greet(): Promise<void> {
    const { session } = this;
    if (session !== null) this.#take(await this.#enter(session), false);
  }

  close(): void {
    this.#closed = true;
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.session?.close();
  }

  async #tryAll(): Promise<void> {
    let failure: Failure | null = null;
    for (const place of this.#places()) {
      if (this.#closed) return;
      try {
        await this.#try(place);
        this.#retryMs = FIRST_RETRY_MS;
        return;
      } catch (cause) {
        // A door that says why is worth more than one that does not answer.
        const now = toFailure(cause);
        if (failure === null || failure.code === 'unreachable') failure = now;
      }
    }
    if (failure !== null) this.#watch.onaway(failure);
    const waitMs = failure?.code === 'unreachable' ? this.#retryMs : REFUSED_RETRY_MS;
    this.#timer = setTimeout(() => void this.dial(), waitMs * (0.75 + Math.random() / 2));
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  async #try(place: Place): Promise<void> {
    let session: Session | null = null;
    const onend = (why: End) => this.#lost(session, why);
    session = await Session.enter(place.origin, place.secret, { onevent: (event) => this.#hear(event), onend }, this.#stop.signal);
    const welcome = await this.#enter(session);
    if (this.#group !== null && this.#group !== welcome.group) {
      session.close();
      throw new Error('this door leads to another group');
    }
    this.session = session;
    session.keepAlive(() => this.greet());
    this.#first = place;
    this.#take(welcome, true);
    for (const back of [...this.#waiting]) back();
  }

  #enter(session: Session): Promise<GuestWelcome> {
    const proof = bytesToHex(this.#key.signSession(session.keys.binding));
    return session.call('guest.enter', { key: this.#key.hex, name: this.name, proof });
  }

  #take(welcome: GuestWelcome, isNew: boolean): void {
    this.#group = welcome.group;
    this.#others = welcome.doors;
    this.#watch.onwelcome(welcome, isNew);
  }

  #hear(event: Event): void {
    if (event.event === 'guests_changed') void this.#askWhatItMay();
    else this.#watch.onevent(event);
  }

  /** One question at a time; what changes meanwhile is asked about once, afterwards. */
  async #askWhatItMay(): Promise<void> {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale && !this.#closed) {
      this.#isStale = false;
      await this.greet().catch(() => {});
    }
    this.#isAsking = false;
  }

  #lost(session: Session | null, why: End): void {
    if (session === null || session !== this.session) return;
    this.session = null;
    if (this.#closed) return;
    if (why === 'blocked') {
      this.#closed = true;
      this.#watch.onblocked();
      return;
    }
    void this.dial();
  }

  /** The door that was open last, then the others: of each all its addresses. */
  #places(): Place[] {
    const others = this.#others.flatMap(({ addresses, secret }) => addresses.map((address) => ({ origin: `http://${address}`, secret })));
    return [this.#first, ...others.filter(({ origin }) => origin !== this.#first.origin)];
  }
}
