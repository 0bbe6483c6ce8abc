import type { GuestMediaPart, MediaPart, SealedBlob } from '../contract';
import { Failure } from '../host';
import type { Workbench } from './bench';
import type { Doors } from './doors';
import { patient } from './patient';
import type { Session } from './session';

/** Questions that come close together are one. */
const GATHER_MS = 12;
const MOST_AT_ONCE = 200;
/** A blob that does not come within this did not get through: it is asked for again. */
const BLOB_MS = 60_000;
const TRIES = 4;
const AGAIN_MS = 15_000;

interface Asked {
  readonly moment: string;
  readonly done: (part: GuestMediaPart | null) => void;
  readonly fail: (cause: unknown) => void;
}

/** Fetches sealed pictures and files from whichever door is open, and opens them. */
export class Reader {
  readonly #doors: Doors;
  readonly #bench: Workbench;
  readonly #group: () => string;
  readonly #gathered = new Map<MediaPart, Asked[]>();

  constructor(doors: Doors, bench: Workbench, group: () => string) {
    this.#doors = doors;
    this.#bench = bench;
    this.#group = group;
  }

  /** A part in memory; nothing when the door does not have it. */
  async read(moment: string, part: MediaPart, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<Blob | null> {
    const about = await this.#about(moment, part);
    if (about === null) return null;
    const pieces: Blob[] = [];
    let done = 0;
    let page: GuestMediaPart | null = about;
    while (page !== null) {
      for (const blob of page.blobs) {
        pieces.push(new Blob([await this.#blob(blob, (bytes) => onBytes(done + bytes), signal)]));
        done += blob.size;
      }
      page = page.next === undefined ? null : await this.#page(moment, part, page.next, signal);
    }
    return new Blob(pieces, { type: about.media_type });
  }

  #about(moment: string, part: MediaPart): Promise<GuestMediaPart | null> {
    return new Promise((done, fail) => {
      const gathered = this.#gathered.get(part) ?? [];
      gathered.push({ moment, done, fail });
      if (gathered.length === 1) {
        this.#gathered.set(part, gathered);
        setTimeout(() => void this.#ask(part), GATHER_MS);
      } else if (gathered.length >= MOST_AT_ONCE) void this.#ask(part);
    });
  }

  async #ask(part: MediaPart): Promise<void> {
    const asked = this.#gathered.get(part) ?? [];
    this.#gathered.delete(part);
    if (asked.length === 0) return;
    try {
      const session = await this.#session();
      const { parts } = await session.call('guest.media', {
        group: this.#group(),
        moments: asked.map(({ moment }) => moment),
        part,
        from: 0,
      });
      const byMoment = new Map(parts.map((one) => [one.moment, one]));
      for (const { moment, done } of asked) done(byMoment.get(moment) ?? null);
    } catch (cause) {
      for (const { fail } of asked) fail(cause);
    }
  }

  async #page(moment: string, part: MediaPart, from: number, signal: AbortSignal): Promise<GuestMediaPart | null> {
    return this.#patiently(signal, async (session) => {
      const { parts } = await session.call('guest.media', { group: this.#group(), moments: [moment], part, from });
      return parts[0] ?? null;
    });
  }

  #blob({ id, key, size }: SealedBlob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return this.#patiently(signal, async (session) => {
      const sealed = await patient(signal, BLOB_MS, (signal) => fetchBytes(`${session.base}blob/${id}`, size, onBytes, signal));
      const opened = await this.#bench.open({ id, key, bytes: sealed });
      if (opened === null) throw new Failure('damaged_file', 'the bytes are not those that were asked for');
      return opened;
    });
  }

  /** Asks again, at another door perhaps, when the connection breaks. */
  async #patiently<T>(signal: AbortSignal, run: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run(await this.#session());
      } catch (cause) {
        if (signal.aborted) throw new Failure('cancelled', 'nobody waits for it any more');
        const passes = cause instanceof Failure && cause.code === 'unreachable';
        if (!passes || attempt === TRIES || !(await this.#doors.comesBack(AGAIN_MS, signal))) throw cause;
      }
    }
  }

  async #session(): Promise<Session> {
    const session = await this.#doors.open();
    if (session === null) throw new Failure('unreachable', 'no door is open');
    return session;
  }
}

async function fetchBytes(
  url: string,
  size: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const reply = await fetch(url, { signal, credentials: 'omit' }).catch(() => null);
  if (reply?.status === 404) throw new Failure('not_here', 'the bytes have not arrived at the door');
  if (!reply?.ok || reply.body === null) throw new Failure('unreachable', 'the door does not send it');
  const bytes = new Uint8Array(size);
  let at = 0;
  const reader = reply.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Failure('unreachable', 'the connection to the door broke');
    });
    if (done) break;
    if (at + value.length > size) throw new Failure('damaged_file', 'more bytes came than were promised');
    bytes.set(value, at);
    at += value.length;
    onBytes(at);
  }
  if (at < size) throw new Failure('unreachable', 'fewer bytes came than were promised');
  return bytes;
}
