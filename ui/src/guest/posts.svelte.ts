import { type Keep, MOST_FILE_BYTES } from '../ipc/guest/keep';
import type { Carrier, Parcel, Previews, Signed } from '../ipc/guest/parcel';
import { Failure, type FailureCode, toFailure } from '../ipc/host';
import { Queue } from '../lib/queue';
import { drawPreviews } from './preview';

/** Something this page was given to share, and how far it has come. */
export interface Post {
  readonly id: string;
  readonly name: string;
  readonly kind: 'photo' | 'clip';
  readonly size: number;
  readonly state: 'reading' | 'waiting' | 'sending' | 'asks' | 'review' | 'shared' | 'failed';
  /** Bytes that the host has. */
  readonly sent: number;
  /** Whether others see its previews already. */
  readonly seen: boolean;
  /** Whether it goes on after the page was loaded again. */
  readonly kept: boolean;
  readonly thumb: string | null;
  readonly failure: Failure | null;
}

/** What a reload finds again. */
interface Note {
  readonly id: string;
  readonly name: string;
  readonly kind: 'photo' | 'clip';
  readonly type: string;
  readonly size: number;
  readonly modifiedAtMs: number;
  readonly addedAtMs: number;
  readonly previews: Previews | null;
  readonly signed: Signed | null;
}

interface Held {
  readonly note: Note;
  /** The file itself, in the page that it was given to. */
  readonly file: Blob | null;
  readonly stop: AbortController;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
/** What goes away by itself: the post waits, and nobody has to do anything. */
const PASSING: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'unreachable',
  'shutting_down',
  'in_use',
  'try_later',
  'unknown_upload',
  'cancelled',
]);

const isBusy = ({ state }: Post) => state === 'reading' || state === 'waiting' || state === 'sending';
const isThere = ({ state }: Post) => state === 'shared' || state === 'review' || state === 'asks';

/**
 * The way of captures from this page to the group: read, signed and kept one after another, previews of all of them first,
 * then the originals; whatever the network does, each goes on where it was.
 */
export class Posts {
  /** In the order they were added. */
  list = $state.raw<readonly Post[]>([]);
  readonly busy = $derived(this.list.filter(isBusy).length);
  readonly failed = $derived(this.list.filter(({ state }) => state === 'failed').length);
  readonly asking = $derived(this.list.filter(({ state }) => state === 'asks').length);
  /** How much of what was not given up is there. */
  readonly part = $derived.by(() => {
    const going = this.list.filter(({ state }) => state !== 'failed');
    const size = going.reduce((sum, one) => sum + Math.max(1, one.size), 0);
    const sent = going.reduce((sum, one) => sum + (isThere(one) ? Math.max(1, one.size) : one.sent), 0);
    return size === 0 ? 0 : sent / size;
  });

  readonly #carrier: Carrier;
  readonly #keep: Keep | null;
  readonly #mostBytes: () => number;
  readonly #draw: typeof drawPreviews;
  readonly #held = new Map<string, Held>();
  /** Files are read one after another: a phone's memory holds one large photo, not twenty. */
  readonly #reading = new Queue(1);
  #keptBytes = 0;
  #showing = false;
  #carrying = false;
  #open = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(carrier: Carrier, keep: Keep | null, mostBytes: () => number, draw = drawPreviews) {
    this.#carrier = carrier;
    this.#keep = keep;
    this.#mostBytes = mostBytes;
    this.#draw = draw;
  }

  /** Goes on with what an earlier page began. */
  async resume(): Promise<void> {
    const notes = (await this.#keep?.posts<Note>().catch(() => [])) ?? [];
    for (const note of notes.sort((a, b) => a.addedAtMs - b.addedAtMs)) {
      if (this.#held.has(note.id)) continue;
      this.#keptBytes += note.size;
      this.#held.set(note.id, { note, file: null, stop: new AbortController() });
      this.#add(note, 'waiting', true);
    }
    this.#pump();
  }

  /** Takes files of the person. */
  async add(files: readonly File[]): Promise<void> {
    const now = Date.now();
    await Promise.all(files.map((file, at) => this.#addOne(file, now + at)));
  }

  /** Says whether there is a way to a host; what waits goes on at once when there is one. */
  link(up: boolean): void {
    this.#open = up;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!up) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#pump();
  }

  retry(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.set(id, { ...held, stop: new AbortController() });
    this.#change(id, { state: 'waiting', failure: null });
    this.#pump();
  }

  retryAll(): void {
    for (const { id, state } of this.list) if (state === 'failed') this.retry(id);
  }

  /** Says whether an original may go out as it is, or its previews are all that does. */
  async choose(id: string, asItIs: boolean): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#change(id, { state: 'sending' });
    try {
      await this.#carrier.choose(this.#parcel(held), Date.now(), asItIs);
      this.#arrived(id, 'shared');
    } catch (cause) {
      this.#change(id, { state: 'asks', failure: toFailure(cause) });
    }
  }

  /** Stops a post that is not there yet, or forgets one that failed. */
  cancel(id: string): void {
    const held = this.#held.get(id);
    held?.stop.abort();
    this.#forget(id);
    const post = this.list.find((one) => one.id === id);
    if (post?.thumb) URL.revokeObjectURL(post.thumb);
    this.list = this.list.filter((one) => one.id !== id);
    if (held !== undefined) void this.#carrier.drop(id);
  }

  cancelAll(): void {
    for (const post of this.list) if (isBusy(post)) this.cancel(post.id);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { stop } of this.#held.values()) stop.abort();
    for (const { thumb } of this.list) if (thumb) URL.revokeObjectURL(thumb);
  }

  async #addOne(file: File, addedAtMs: number): Promise<void> {
    const kind = file.type.startsWith('video/') ? 'clip' : 'photo';
    const about = { name: file.name, kind, type: file.type, size: file.size, modifiedAtMs: file.lastModified } as const;
    const note: Note = { id: randomId(), ...about, addedAtMs, previews: null, signed: null };
    this.#held.set(note.id, { note, file, stop: new AbortController() });
    this.#add(note, 'reading', false);
    if (file.size > this.#mostBytes()) this.#fail(note.id, new Failure('file_too_large', 'more than the door takes'));
    else await this.#reading.add(() => this.#read(note.id));
  }

  /** Draws, hashes, signs and keeps a file. */
  async #read(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held?.file === null || held?.file === undefined) return;
    const { file, stop } = held;
    try {
      const previews = await this.#draw(file, held.note.kind);
      const drawn = { ...held, note: { ...held.note, previews } };
      const signed = await this.#carrier.sign(this.#parcel(drawn), Date.now());
      const note = { ...drawn.note, signed };
      const kept = await this.#keepOne(note, file);
      if (stop.signal.aborted) {
        await this.#keep?.dropPost(id).catch(() => {});
        return;
      }
      this.#held.set(id, { note, file, stop });
      this.#change(id, { state: 'waiting', kept, thumb: previews === null ? null : pictureUrl(previews.grid) });
    } catch (cause) {
      if (!stop.signal.aborted) this.#fail(id, toFailure(cause));
    }
    this.#pump();
  }

  /** Copies a file to where a reload finds it, as far as there is room. */
  async #keepOne(note: Note, file: Blob): Promise<boolean> {
    if (this.#keep === null || this.#keptBytes + note.size > MOST_FILE_BYTES) return false;
    this.#keptBytes += note.size;
    try {
      await this.#keep.keepFile(note.id, file);
      await this.#keep.keepPost(note);
      return true;
    } catch {
      this.#keptBytes -= note.size;
      await this.#keep.dropPost(note.id).catch(() => {});
      return false;
    }
  }

  #pump(): void {
    if (!this.#open) return;
    const unseen = this.list.find(({ id, state, seen }) => state === 'waiting' && !seen && this.#held.get(id)?.note.previews);
    if (this.#showing) return;
    if (unseen !== undefined) {
      void this.#show(unseen.id);
      return;
    }
    // Originals yield to previews, as everywhere.
    const next = this.list.find(({ state }) => state === 'waiting');
    if (!this.#carrying && next !== undefined) void this.#carry(next.id);
  }

  async #show(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#showing = true;
    try {
      await this.#carrier.show(this.#parcel(held), held.stop.signal);
      this.#change(id, { seen: true });
    } catch (cause) {
      const failure = toFailure(cause);
      // Without previews it still goes; if it cannot, the original's own try says why.
      if (!PASSING.has(failure.code)) this.#change(id, { seen: true });
      else if (!held.stop.signal.aborted) this.#fell(id, failure);
    }
    this.#showing = false;
    this.#pump();
  }

  async #carry(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#carrying = true;
    this.#change(id, { state: 'sending' });
    try {
      const where = await this.#carrier.carry(this.#parcel(held), (sent) => this.#change(id, { sent }), held.stop.signal);
      this.#retryMs = FIRST_RETRY_MS;
      this.#arrived(id, where);
    } catch (cause) {
      if (!held.stop.signal.aborted) this.#fell(id, toFailure(cause));
    }
    this.#carrying = false;
    this.#pump();
  }

  #arrived(id: string, where: 'asks' | 'review' | 'shared'): void {
    const size = this.list.find((one) => one.id === id)?.size ?? 0;
    this.#change(id, { state: where, sent: size, seen: true, failure: null });
    // Whoever is asked may answer after a reload: until then it is held.
    if (where !== 'asks') this.#forget(id);
  }

  #fell(id: string, failure: Failure): void {
    if (!PASSING.has(failure.code)) {
      this.#fail(id, failure);
      return;
    }
    this.#change(id, { state: 'waiting' });
    // The next try is one for all: a host that hangs is not asked by each of them.
    this.#open = false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#open = true;
      this.#pump();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #fail(id: string, failure: Failure): void {
    this.#change(id, { state: 'failed', failure });
  }

  #parcel({ note, file }: Held): Parcel {
    return {
      id: note.id,
      name: note.name,
      kind: note.kind,
      mediaType: note.type,
      size: note.size,
      modifiedAtMs: note.modifiedAtMs,
      previews: note.previews,
      signed: note.signed,
      read: async (from, until) => {
        const bytes = file === null ? await this.#keep?.fileBytes(note.id, from, until) : await readFile(file, from, until);
        if (bytes === undefined || bytes === null) throw new Failure('not_kept', 'the file is no longer where it was');
        return bytes;
      },
    };
  }

  #add({ id, name, kind, size, previews }: Note, state: Post['state'], kept: boolean): void {
    const thumb = previews === null ? null : pictureUrl(previews.grid);
    this.list = [...this.list, { id, name, kind, size, state, sent: 0, seen: false, kept, thumb, failure: null }];
  }

  #forget(id: string): void {
    const held = this.#held.get(id);
    if (!this.#held.delete(id)) return;
    if (this.list.find((one) => one.id === id)?.kept) this.#keptBytes -= held?.note.size ?? 0;
    void this.#keep?.dropPost(id).catch(() => {});
  }

  #change(id: string, change: Partial<Post>): void {
    this.list = this.list.map((one) => (one.id === id ? { ...one, ...change } : one));
  }
}

const pictureUrl = (jpeg: ArrayBuffer) => URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' }));

/** A file that was moved or changed since it was chosen can be read no more. */
async function readFile(file: Blob, from: number, until: number): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return new Uint8Array(await file.slice(from, until).arrayBuffer());
  } catch {
    return null;
  }
}

/** 128 random bits; `crypto.randomUUID` is not there on plain http. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
