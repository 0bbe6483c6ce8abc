import { bytesToHex } from '@noble/hashes/utils.js';
import { Queue } from '../../lib/queue';
import { Failure, toFailure } from '../host';
import type { Workbench } from './bench';
import type { Doors } from './doors';
import type { GuestKey } from './keys';
import type { Carrier, Parcel, Signed, Where } from './parcel';
import { patient } from './patient';
import { cleanFileName, encodeSaid, type SaidFile } from './said';
import type { Session } from './session';
import type { ChunkRun, GuestUploadView } from './types';

const CHUNKS_AT_ONCE = 3;
/** What the engine takes for a media type. */
const MEDIA_TYPE = /^[a-z0-9.+-]{1,30}\/[a-z0-9.+-]{1,33}$/i;
const HASHED_AT_ONCE = 1024 * 1024;
const PUT_MS = 45_000;
/** The door reads the whole file again before it answers. */
const FINISH_MS = 180_000;

/** Brings captures through whichever door is open: previews, chunks, and the word that it was all. */
export class Sender implements Carrier {
  readonly #doors: Doors;
  readonly #bench: Workbench;
  readonly #key: GuestKey;
  readonly #group: () => string;
  readonly #onMoment: (moment: string, post: string) => void;

  constructor(doors: Doors, bench: Workbench, key: GuestKey, group: () => string, onMoment: (moment: string, post: string) => void) {
    this.#doors = doors;
    this.#bench = bench;
    this.#key = key;
    this.#group = group;
    this.#onMoment = onMoment;
  }

  async sign(parcel: Parcel, nowMs: number): Promise<Signed> {
    for (let at = 0; at < parcel.size; at += HASHED_AT_ONCE) {
      const bytes = await parcel.read(at, Math.min(parcel.size, at + HASHED_AT_ONCE));
      await this.#bench.hash({ file: parcel.id, bytes });
    }
    const hash = await this.#bench.hash({ file: parcel.id, bytes: null });
    if (hash === null) throw new Failure('internal', 'the file has no hash');
    return this.#say(parcel, hash, nowMs, false);
  }

  async show(parcel: Parcel, signal: AbortSignal): Promise<void> {
    const session = await this.#session();
    const view = await this.#begin(session, parcel);
    if (view.state === 'done' || view.moment !== undefined || parcel.previews === null) return;
    await this.#previews(session, parcel, view, signal);
    this.#heard(parcel, await session.call('guest.show', { group: this.#group(), id: parcel.id }));
  }

  async carry(parcel: Parcel, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Where> {
    const session = await this.#session();
    const view = await this.#begin(session, parcel);
    if (view.state !== 'open') return this.#where(view);
    await this.#previews(session, parcel, view, signal);
    await this.#chunks(session, parcel, view, onProgress, signal);
    return this.#where(this.#heard(parcel, await session.call('guest.finish', { group: this.#group(), id: parcel.id }, FINISH_MS)));
  }

  async choose(parcel: Parcel, nowMs: number, asItIs: boolean): Promise<Signed> {
    const hash = parcel.signed?.hash;
    if (hash === undefined) throw new Failure('internal', 'the file has no hash');
    const signed = this.#say(parcel, hash, nowMs, asItIs);
    const session = await this.#session();
    const { said, signature } = signed;
    this.#heard(parcel, await session.call('guest.finish', { group: this.#group(), id: parcel.id, said, signature }, FINISH_MS));
    return signed;
  }

  async drop(id: string): Promise<void> {
    await this.#doors.session?.call('guest.abort', { group: this.#group(), id }).catch(() => {});
  }

  #say({ id, name, mediaType, size, modifiedAtMs, previews }: Parcel, hash: Uint8Array, nowMs: number, asItIs: boolean): Signed {
    const file: SaidFile = {
      hash,
      size,
      mediaType: MEDIA_TYPE.test(mediaType) ? mediaType.toLowerCase() : 'application/octet-stream',
      fileName: cleanFileName(name),
      capturedMs: Math.max(0, Math.round(modifiedAtMs)),
      width: previews?.width ?? 0,
      height: previews?.height ?? 0,
      durationMs: previews?.durationMs,
      caption: '',
      asItIs,
    };
    const said = encodeSaid(this.#doors.name, nowMs, { file });
    return { said: bytesToHex(said), signature: bytesToHex(this.#key.signPost(this.#group(), id, said)), hash };
  }

  async #begin(session: Session, { id, signed }: Parcel): Promise<GuestUploadView> {
    if (signed === null) throw new Failure('internal', 'the file was not signed');
    const { said, signature } = signed;
    return session.call('guest.upload', { group: this.#group(), id, said, signature });
  }

  async #previews(session: Session, { id, previews }: Parcel, view: GuestUploadView, signal: AbortSignal): Promise<void> {
    if (previews === null) return;
    if (!view.has_grid) await this.#put(session, `${id}/grid`, new Uint8Array(previews.grid.slice(0)), signal);
    if (!view.has_screen) await this.#put(session, `${id}/screen`, new Uint8Array(previews.screen.slice(0)), signal);
  }

  /** Chunks that are missing, a few at once; when some of very many gaps are filled the door is asked for the others. */
  async #chunks(
    session: Session,
    parcel: Parcel,
    first: GuestUploadView,
    onProgress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let view = first;
    while (view.missing.length > 0) {
      const { chunk_bytes: length } = view;
      const sizeOf = (chunk: number) => Math.min(length, parcel.size - chunk * length);
      const chunks = numbersOf(view.missing);
      let sent = parcel.size - chunks.reduce((sum, chunk) => sum + sizeOf(chunk), 0);
      onProgress(sent);
      const queue = new Queue(CHUNKS_AT_ONCE);
      const stop = new AbortController();
      const abort = () => stop.abort();
      signal.addEventListener('abort', abort, { once: true });
      const one = async (chunk: number) => {
        if (stop.signal.aborted) throw new Failure('cancelled', 'the upload was cancelled');
        const bytes = await parcel.read(chunk * length, chunk * length + sizeOf(chunk));
        await this.#put(session, `${parcel.id}/${chunk}`, bytes, stop.signal);
        sent += sizeOf(chunk);
        onProgress(sent);
      };
      try {
        await Promise.all(chunks.map((chunk) => queue.add(() => one(chunk))));
      } finally {
        abort();
        signal.removeEventListener('abort', abort);
      }
      view = await this.#begin(session, parcel);
    }
  }

  async #put(session: Session, place: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    const body = await this.#bench.seal({ key: session.keys.bytes, place, bytes });
    const headers = { 'content-type': 'application/octet-stream' };
    const request = { method: 'PUT', headers, body, credentials: 'omit' } as const;
    const reply = await patient(signal, PUT_MS, (signal) => fetch(`${session.base}bytes/${place}`, { ...request, signal })).catch(() => {
      if (signal.aborted) throw new Failure('cancelled', 'the upload was cancelled');
      throw new Failure('unreachable', 'the connection to the door broke');
    });
    if (reply.ok) return;
    const said: unknown = await reply.json().catch(() => null);
    // The door forgot it, or this session: beginning again is all it takes.
    if (reply.status === 404 || reply.status === 401 || said === null)
      throw new Failure('unreachable', `the door answered ${reply.status}`);
    throw toFailure(said);
  }

  #heard(parcel: Parcel, view: GuestUploadView): GuestUploadView {
    if (view.moment !== undefined) this.#onMoment(view.moment, parcel.id);
    return view;
  }

  #where(view: GuestUploadView): Where {
    if (view.state === 'needs_choice') return 'asks';
    return view.waits_for_review ? 'review' : 'shared';
  }

  async #session(): Promise<Session> {
    const session = await this.#doors.open();
    if (session === null) throw new Failure('unreachable', 'no door is open');
    return session;
  }
}

const numbersOf = (runs: readonly ChunkRun[]): number[] =>
  runs.flatMap(({ from, count }) => Array.from({ length: count }, (_, at) => from + at));
