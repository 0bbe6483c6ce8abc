import { x25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Calls, Event } from '../contract';
import { Failure, toFailure } from '../host';
import { Opener, Sealer } from './frames';
import { doorKeys, equal, prove, type SessionKeys, sessionKeys } from './keys';
import { patient } from './patient';
import { openStream, type Stream } from './stream';

/** A door that does not answer a knock within this is not there. */
const KNOCK_MS = 4_000;
/** A question that is not answered within this: the session is dead, whatever the network says. */
const ANSWER_MS = 20_000;
/** After so long without a word from the door it is asked for one. */
const QUIET_MS = 15_000;
const PULSE_MS = 6_000;

/** Why a session ended. */
export type End = 'lost' | 'closed' | 'expired' | 'blocked' | 'replaced';

type ToPage = {
  readonly id?: number;
  readonly reply?: unknown;
  readonly error?: unknown;
  readonly event?: Event;
  readonly end?: End;
};

interface Listener {
  readonly onevent: (event: Event) => void;
  readonly onend: (why: End) => void;
}

/** One sealed conversation with a door, from the knock to its end; a further one is another session. */
export class Session {
  readonly base: string;
  readonly keys: SessionKeys;
  readonly #stream: Stream;
  readonly #sealer: Sealer;
  readonly #opener: Opener;
  readonly #listener: Listener;
  readonly #asked = new Map<
    number,
    { done: (reply: unknown) => void; fail: (cause: Failure) => void; timer: ReturnType<typeof setTimeout> }
  >();
  #serial = 0;
  #ended = false;
  #heardAt = performance.now();
  #pulse: ReturnType<typeof setInterval> | undefined;
  #ask: () => Promise<unknown> = async () => {};

  /** Proves to the door that this page knows its secret, and checks that the door does, too. */
  static async enter(origin: string, secret: string, listener: Listener, signal: AbortSignal): Promise<Session> {
    const door = doorKeys(hexToBytes(secret));
    const own = crypto.getRandomValues(new Uint8Array(32));
    const page = x25519.getPublicKey(own);
    const knock = await post<{ key: string }>(`${origin}/g/knock`, { door: bytesToHex(door.id), key: bytesToHex(page) }, signal);
    const both = { page, door: hexToBytes(knock.key) };
    const proof = bytesToHex(prove('page', door, both));
    const entered = await post<{ session: string; proof: string }>(`${origin}/g/enter`, { key: bytesToHex(page), proof }, signal);
    if (!equal(hexToBytes(entered.proof), prove('door', door, both)))
      throw new Failure('not_allowed', 'the door does not know its own secret');
    const keys = sessionKeys(door, own, both);
    const base = `${origin}/g/${bytesToHex(keys.id)}/`;
    if (!equal(hexToBytes(entered.session), keys.id)) throw new Failure('not_allowed', 'the door is in another session');
    const stream = await openStream(base, signal);
    return new Session(base, keys, stream, listener);
  }

  private constructor(base: string, keys: SessionKeys, stream: Stream, listener: Listener) {
    this.base = base;
    this.keys = keys;
    this.#stream = stream;
    this.#listener = listener;
    this.#sealer = new Sealer(keys.toDoor, keys.id);
    this.#opener = new Opener(keys.toPage, keys.id);
    stream.listen(
      (frame) => this.#hear(frame),
      () => this.#end('lost'),
    );
  }

  /** How frames travel: told to nobody but tests and the curious. */
  get way(): Stream['way'] {
    return this.#stream.way;
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args'], withinMs = ANSWER_MS): Promise<Calls[Name]['reply']> {
    if (this.#ended) throw new Failure('unreachable', 'the session is over');
    this.#serial += 1;
    const id = this.#serial;
    const message = new TextEncoder().encode(JSON.stringify({ id, call: name, args }));
    const reply = new Promise<unknown>((done, fail) => {
      const timer = setTimeout(() => this.#end('lost'), withinMs);
      this.#asked.set(id, { done, fail, timer });
    });
    this.#stream.send(this.#sealer.seal(message));
    return (await reply) as Calls[Name]['reply'];
  }

  /** Asks this whenever nothing was heard for a while: a network that is gone says so to nobody. */
  keepAlive(ask: () => Promise<unknown>): void {
    this.#ask = ask;
    this.#pulse = setInterval(() => {
      if (performance.now() - this.#heardAt >= QUIET_MS) this.check();
    }, QUIET_MS / 3);
  }

  /** Makes sure that the door is still there. */
  check(): void {
    if (this.#ended) return;
    const timer = setTimeout(() => this.#end('lost'), PULSE_MS);
    const at = this.#heardAt;
    void this.#ask()
      .catch(() => {})
      .finally(() => {
        if (this.#heardAt !== at) clearTimeout(timer);
      });
  }

  close(): void {
    this.#end('lost');
  }

  #hear(frame: Uint8Array): void {
    if (this.#ended) return;
    let message: ToPage;
    try {
      message = JSON.parse(new TextDecoder().decode(this.#opener.open(frame))) as ToPage;
    } catch {
      this.#end('lost');
      return;
    }
    this.#heardAt = performance.now();
    if (message.end !== undefined) this.#end(message.end);
    else if (message.event !== undefined) this.#listener.onevent(message.event);
    else if (message.id !== undefined) this.#answer(message.id, message);
  }

  #answer(id: number, { reply, error }: ToPage): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    if (error === undefined) asked.done(reply);
    else asked.fail(toFailure(error));
  }

  #end(why: End): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#pulse);
    this.#stream.close();
    for (const { fail, timer } of this.#asked.values()) {
      clearTimeout(timer);
      fail(new Failure('unreachable', 'the connection to the door broke'));
    }
    this.#asked.clear();
    this.#listener.onend(why);
  }
}

async function post<Reply>(url: string, body: object, signal: AbortSignal): Promise<Reply> {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store', credentials: 'omit' } as const;
  const reply = await patient(signal, KNOCK_MS, (signal) => fetch(url, { ...request, signal })).catch(() => {
    throw new Failure('unreachable', 'the door does not answer');
  });
  const said: unknown = await reply.json().catch(() => null);
  if (!reply.ok) throw toFailure(said ?? new Failure('unreachable', `the door answered ${reply.status}`));
  return said as Reply;
}
