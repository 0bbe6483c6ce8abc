import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event, GuestWelcome } from '../../src/ipc/contract';
import type { Workbench } from '../../src/ipc/guest/bench';
import { FileHash, openBlob, sealPiece } from '../../src/ipc/guest/bytes';
import { Doors } from '../../src/ipc/guest/doors';
import { Opener, Sealer } from '../../src/ipc/guest/frames';
import { GuestKey } from '../../src/ipc/guest/keys';
import type { Parcel } from '../../src/ipc/guest/parcel';
import { Reader } from '../../src/ipc/guest/reader';
import { Sender } from '../../src/ipc/guest/sender';
import type { Failure } from '../../src/ipc/host';
import { Album, Door, momentView } from './door.mjs';

// Node has no WebSocket of its own.
Object.assign(globalThis, { WebSocket: (createRequire(import.meta.url)('ws') as typeof import('ws')).WebSocket });

const SECRET = '00112233445566778899aabbccddeeff';
const OTHER = 'ffeeddccbbaa99887766554433221100';
const POST = '0f'.repeat(16);
const never = new AbortController().signal;

/** What the worker does, in this thread. */
function workbench(): Workbench {
  const hashes = new Map<string, FileHash>();
  return {
    hash: async ({ file, bytes }) => {
      const hash = hashes.get(file) ?? new FileHash();
      hashes.set(file, hash);
      if (bytes !== null) hash.take(bytes);
      return bytes === null ? (hash.end() as Uint8Array<ArrayBuffer>) : null;
    },
    seal: async ({ key, place, bytes }) => sealPiece(key, place, bytes) as Uint8Array<ArrayBuffer>,
    open: async ({ id, key, bytes }) => openBlob(id, Uint8Array.from(Buffer.from(key, 'hex')), bytes) as Uint8Array<ArrayBuffer> | null,
  };
}

class Guest {
  readonly welcomes: GuestWelcome[] = [];
  readonly events: Event[] = [];
  readonly failures: Failure[] = [];
  readonly #heard: (() => void)[] = [];
  readonly doors: Doors;
  readonly key = new GuestKey();
  readonly sender: Sender;
  readonly reader: Reader;

  constructor(origin: string, secret = SECRET, album = new Album()) {
    const heard = (_count: number) => {
      for (const look of this.#heard.splice(0)) look();
    };
    this.doors = new Doors({ origin, secret }, this.key, 'Frida', {
      onwelcome: (welcome) => heard(this.welcomes.push(welcome)),
      onevent: (event) => heard(this.events.push(event)),
      onaway: (failure) => heard(this.failures.push(failure)),
      onblocked: () => heard(0),
    });
    this.sender = new Sender(
      this.doors,
      workbench(),
      this.key,
      () => album.group,
      () => {},
    );
    this.reader = new Reader(this.doors, workbench(), () => album.group);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((look) => this.#heard.push(look));
  }
}

describe('a guest at doors', () => {
  const album = { current: new Album() };
  let alice: InstanceType<typeof Door>;
  let bob: InstanceType<typeof Door>;
  let guest: Guest;

  beforeEach(async () => {
    album.current = new Album();
    alice = new Door(album.current, { name: 'Alice', secret: SECRET });
    bob = new Door(album.current, { name: 'Bob', secret: OTHER });
    guest = new Guest(await alice.open(), SECRET, album.current);
    await bob.open();
  });

  afterEach(() => {
    guest.doors.close();
    alice.kill();
    bob.kill();
  });

  it('comes in with the secret, and hears what happens', async () => {
    await guest.doors.dial();
    expect(guest.welcomes[0]).toMatchObject({ title: 'Lena & Jonas', host_name: 'Alice', doors: [{ name: 'Bob' }] });
    album.current.put(momentView(album.current.group, '01'.repeat(32)));
    await guest.until(() => guest.events.length > 0);
    expect(guest.events[0]).toMatchObject({ event: 'timeline_changed', added: ['01'.repeat(32)] });
  });

  it('stays outside with another secret', async () => {
    const stranger = new Guest(alice.origin ?? '', OTHER);
    await stranger.doors.dial();
    expect(stranger.failures.map(({ code }) => code)).toEqual(['unknown_door']);
    stranger.doors.close();
  });

  it('says nothing to a door that does not know the secret', async () => {
    alice.proofKey = Buffer.alloc(32);
    await guest.doors.dial();
    expect(guest.welcomes).toEqual([]);
    expect(alice.seen.some(({ url }: { url: string }) => url.includes('socket') || url.includes('send'))).toBe(false);
  });

  it('brings an upload to its end at another door when the first one goes in the middle of it', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(3 * 256 * 1024 + 17).subarray(0, 65_536)).buffer;
    const file = new Uint8Array(3 * 256 * 1024 + 17).map((_, at) => new Uint8Array(bytes)[at % 65_536] ?? 0);
    const parcel = await parcelOf(guest, file);
    await guest.doors.dial();
    const signed = { ...parcel, signed: await guest.sender.sign(parcel, 1_700_000_000_000) };
    let chunks = 0;
    alice.onChunk = () => {
      chunks += 1;
      if (chunks === 2) alice.kill();
    };
    await expect(guest.sender.carry(signed, () => {}, never)).rejects.toMatchObject({ code: 'unreachable' });
    await guest.until(() => guest.welcomes.at(-1)?.host_name === 'Bob');
    const progress: number[] = [];
    await expect(guest.sender.carry(signed, (sent) => progress.push(sent), never)).resolves.toBe('shared');
    expect(progress.at(-1)).toBe(file.length);
    expect([...album.current.done.keys()]).toEqual([POST]);
    expect(await guest.sender.carry(signed, () => {}, never), 'done stays done').toBe('shared');
  });

  it('sends nothing that a listener could read', async () => {
    const file = new TextEncoder().encode('a secret picture '.repeat(64));
    const parcel = await parcelOf(guest, file);
    await guest.doors.dial();
    await guest.sender.carry({ ...parcel, signed: await guest.sender.sign(parcel, 1) }, () => {}, never);
    const wire = alice.seen.map(({ url, body }: { url: string; body: Buffer }) => url + body.toString('latin1')).join('\n');
    expect(wire).toContain(POST);
    for (const plain of ['secret picture', 'party.jpg', 'Frida', SECRET]) expect(wire).not.toContain(plain);
  });

  it('opens sealed pictures and refuses other bytes', async () => {
    const [good, bad] = ['02'.repeat(32), '03'.repeat(32)];
    const bytes = Buffer.from('pixels'.repeat(50_000));
    album.current.part(good, 'grid', bytes, 'image/jpeg');
    album.current.part(bad, 'grid', Buffer.from('others'), 'image/jpeg');
    const named = album.current.parts.get(`${bad}/grid`).blobs[0];
    album.current.blobs.set(named.id, Buffer.alloc(named.size));
    await guest.doors.dial();
    const blob = await guest.reader.read(good, 'grid', () => {}, never);
    expect(blob?.type).toBe('image/jpeg');
    expect(blob?.size).toBe(bytes.length);
    await expect(guest.reader.read(bad, 'grid', () => {}, never)).rejects.toMatchObject({ code: 'damaged_file' });
    expect(await guest.reader.read('04'.repeat(32), 'grid', () => {}, never), 'not there').toBeNull();
  });
});

describe('frames', () => {
  const [key, session] = [new Uint8Array(32).fill(7), new Uint8Array(16).fill(9)];
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

  it('open once and in order', () => {
    const sealer = new Sealer(key, session);
    const [first, second] = ['one', 'two'].map((word) => sealer.seal(new TextEncoder().encode(word))) as [Uint8Array, Uint8Array];
    const opener = new Opener(key, session);
    expect(() => opener.open(second), 'too early').toThrow();
    expect(text(opener.open(first))).toBe('one');
    expect(() => opener.open(first), 'again').toThrow();
    expect(() => opener.open(second.map((byte, at) => (at === 12 ? byte ^ 1 : byte))), 'altered').toThrow();
    expect(text(opener.open(second))).toBe('two');
  });
});

async function parcelOf(_guest: Guest, file: Uint8Array): Promise<Parcel> {
  return {
    id: POST,
    name: 'party.jpg',
    kind: 'photo',
    mediaType: 'image/jpeg',
    size: file.length,
    modifiedAtMs: 1_700_000_000_000,
    previews: null,
    signed: null,
    read: async (from, until) => new Uint8Array(file.slice(from, until)),
  };
}
