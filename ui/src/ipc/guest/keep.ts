import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { MediaPart, MomentView } from '../contract';

/** Pictures kept for reading without a host; the ones looked at longest ago go first. */
const MOST_PICTURE_BYTES = 300 * 1024 * 1024;
/** Rows kept: more than any wedding has. */
const MOST_MOMENTS = 20_000;
/** Files that wait to be sent are kept until they make up so much; further ones are sent from where they are. */
export const MOST_FILE_BYTES = 500_000_000;
/** A file is kept in pieces, so that none of them needs much memory. */
const PIECE_BYTES = 1024 * 1024;

interface Shelves extends DBSchema {
  facts: { key: string; value: unknown };
  moments: { key: string; value: MomentView };
  pictures: { key: string; value: ArrayBuffer };
  /** Beside the pictures, so that making room reads none of them. */
  marks: { key: string; value: { key: string; size: number; usedAt: number }; indexes: { usedAt: number } };
  posts: { key: string; value: { id: string } };
  files: { key: [string, number]; value: ArrayBuffer };
}

/**
 * What this browser keeps of one group: the rows and pictures that were seen, and what waits to be sent. Buffers only: where
 * nothing may be written to disk, some browsers refuse blobs.
 */
export class Keep {
  readonly #base: IDBPDatabase<Shelves>;
  #pictureBytes = 0;

  /** Opens the shelf of a group; nothing where the browser keeps nothing. */
  static async open(group: string): Promise<Keep | null> {
    try {
      const base = await openDB<Shelves>(`afterglow-guest-${group}`, 1, {
        upgrade(db) {
          db.createObjectStore('facts');
          db.createObjectStore('moments', { keyPath: 'id' });
          db.createObjectStore('pictures');
          db.createObjectStore('marks', { keyPath: 'key' }).createIndex('usedAt', 'usedAt');
          db.createObjectStore('posts', { keyPath: 'id' });
          db.createObjectStore('files');
        },
      });
      const keep = new Keep(base);
      for (const { size } of await base.getAll('marks')) keep.#pictureBytes += size;
      return keep;
    } catch {
      return null;
    }
  }

  private constructor(base: IDBPDatabase<Shelves>) {
    this.#base = base;
  }

  /** Forgets everything of this group. */
  async forget(): Promise<void> {
    this.#base.close();
    await deleteDB(this.#base.name);
  }

  async fact<T>(name: string): Promise<T | undefined> {
    return (await this.#base.get('facts', name)) as T | undefined;
  }

  async keepFact(name: string, value: unknown): Promise<void> {
    await this.#base.put('facts', value, name);
  }

  moments(): Promise<MomentView[]> {
    return this.#base.getAll('moments');
  }

  async keepMoments(moments: readonly MomentView[]): Promise<void> {
    const work = this.#base.transaction('moments', 'readwrite');
    const room = MOST_MOMENTS - (await work.store.count());
    for (const [at, moment] of moments.entries()) {
      if (at < room || (await work.store.getKey(moment.id)) !== undefined) void work.store.put(moment);
    }
    await work.done;
  }

  async dropMoments(ids: readonly string[]): Promise<void> {
    const work = this.#base.transaction(['moments', 'pictures', 'marks'], 'readwrite');
    for (const id of ids) {
      void work.objectStore('moments').delete(id);
      for (const part of ['grid', 'screen'] as const) {
        const mark = await work.objectStore('marks').get(pictureKey(id, part));
        if (mark === undefined) continue;
        this.#pictureBytes -= mark.size;
        void work.objectStore('marks').delete(mark.key);
        void work.objectStore('pictures').delete(mark.key);
      }
    }
    await work.done;
  }

  async picture(moment: string, part: MediaPart): Promise<ArrayBuffer | undefined> {
    const key = pictureKey(moment, part);
    const bytes = await this.#base.get('pictures', key);
    if (bytes !== undefined) await this.#base.put('marks', { key, size: bytes.byteLength, usedAt: Date.now() });
    return bytes;
  }

  async keepPicture(moment: string, part: MediaPart, bytes: ArrayBuffer): Promise<void> {
    const key = pictureKey(moment, part);
    const work = this.#base.transaction(['pictures', 'marks'], 'readwrite');
    const before = await work.objectStore('marks').get(key);
    this.#pictureBytes += bytes.byteLength - (before?.size ?? 0);
    void work.objectStore('pictures').put(bytes, key);
    void work.objectStore('marks').put({ key, size: bytes.byteLength, usedAt: Date.now() });
    if (this.#pictureBytes > MOST_PICTURE_BYTES) {
      for await (const cursor of work.objectStore('marks').index('usedAt')) {
        if (this.#pictureBytes <= MOST_PICTURE_BYTES * 0.9) break;
        if (cursor.value.key === key) continue;
        this.#pictureBytes -= cursor.value.size;
        void work.objectStore('pictures').delete(cursor.value.key);
        void cursor.delete();
      }
    }
    await work.done;
  }

  posts<Post extends { id: string }>(): Promise<Post[]> {
    return this.#base.getAll('posts') as Promise<Post[]>;
  }

  async keepPost(post: { id: string }): Promise<void> {
    await this.#base.put('posts', post);
  }

  /** Forgets a post and its file. */
  async dropPost(id: string): Promise<void> {
    const work = this.#base.transaction(['posts', 'files'], 'readwrite');
    void work.objectStore('posts').delete(id);
    void work.objectStore('files').delete(IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]));
    await work.done;
  }

  /** Copies a file piece by piece. */
  async keepFile(id: string, file: Blob): Promise<void> {
    for (let at = 0; at * PIECE_BYTES < file.size; at += 1) {
      const piece = await file.slice(at * PIECE_BYTES, (at + 1) * PIECE_BYTES).arrayBuffer();
      await this.#base.put('files', piece, [id, at]);
    }
  }

  /** The bytes of a kept file from one place to another; nothing where one of its pieces is gone. */
  async fileBytes(id: string, from: number, until: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = new Uint8Array(until - from);
    for (let at = Math.floor(from / PIECE_BYTES); at * PIECE_BYTES < until; at += 1) {
      const piece = await this.#base.get('files', [id, at]);
      if (piece === undefined) return null;
      const start = at * PIECE_BYTES;
      const part = new Uint8Array(piece, Math.max(0, from - start), Math.min(until - start, piece.byteLength) - Math.max(0, from - start));
      bytes.set(part, Math.max(start, from) - from);
    }
    return bytes;
  }
}

const pictureKey = (moment: string, part: MediaPart) => `${moment}/${part}`;
