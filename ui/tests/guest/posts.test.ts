import 'fake-indexeddb/auto';
import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import { Posts } from '../../src/guest/posts.svelte';
import { Keep } from '../../src/ipc/guest/keep';
import type { Carrier, Parcel, Previews, Where } from '../../src/ipc/guest/parcel';
import { Failure } from '../../src/ipc/host';

const PREVIEWS: Previews = { width: 4, height: 3, placeholder: new Uint8Array(5), grid: new ArrayBuffer(8), screen: new ArrayBuffer(8) };
const LARGEST = 1_000_000;
const photo = (name: string, size = 10) => new File([new Uint8Array(size)], name, { type: 'image/jpeg', lastModified: 5 });

/** A door in memory: says what it was asked, and fails when it is told to. */
class FakeCarrier implements Carrier {
  readonly said: string[] = [];
  readonly fails: Failure[] = [];
  readonly names = new Map<string, string>();
  where: Where = 'shared';
  /** Holds originals until it is opened. */
  gate: Promise<void> = Promise.resolve();

  async sign(parcel: Parcel) {
    this.names.set(parcel.id, parcel.name);
    return { said: `said ${parcel.name}`, signature: 'signed', hash: new Uint8Array(32) };
  }

  async show(parcel: Parcel) {
    this.said.push(`show ${parcel.name}`);
  }

  async carry(parcel: Parcel, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Where> {
    this.said.push(`carry ${parcel.name}`);
    await this.gate;
    if (signal.aborted) throw new Failure('cancelled', 'cancelled');
    const failure = this.fails.shift();
    if (failure !== undefined) throw failure;
    onProgress((await parcel.read(0, parcel.size)).length);
    return this.where;
  }

  async choose(parcel: Parcel, _now: number, asItIs: boolean) {
    this.said.push(`choose ${parcel.name} ${asItIs}`);
    return { said: '', signature: '', hash: new Uint8Array(32) };
  }

  async drop(id: string) {
    this.said.push(`drop ${this.names.get(id)}`);
  }
}

const states = (posts: Posts) => posts.list.map(({ name, state }) => `${name} ${state}`);

/** Waits until something holds; each turn lets every promise and timer that is ready run. */
async function until(holds: () => boolean) {
  for (let turn = 0; turn < 2_000 && !holds(); turn += 1) await new Promise((next) => setImmediate(next));
  flushSync();
  expect(holds()).toBe(true);
}

describe('posts', () => {
  it('show the previews of all before the first original goes', async () => {
    const carrier = new FakeCarrier();
    const posts = new Posts(
      carrier,
      null,
      () => LARGEST,
      async () => PREVIEWS,
    );
    await posts.add([photo('a.jpg'), photo('b.jpg'), photo('c.jpg')]);
    expect(states(posts)).toEqual(['a.jpg waiting', 'b.jpg waiting', 'c.jpg waiting']);
    posts.link(true);
    await until(() => posts.busy === 0);
    expect(carrier.said).toEqual(['show a.jpg', 'show b.jpg', 'show c.jpg', 'carry a.jpg', 'carry b.jpg', 'carry c.jpg']);
    expect(posts.list.every(({ state, seen }) => state === 'shared' && seen)).toBe(true);
    expect(posts.part).toBe(1);
  });

  it('wait while no door is open, and go on by themselves when one is', async () => {
    const carrier = new FakeCarrier();
    const posts = new Posts(
      carrier,
      null,
      () => LARGEST,
      async () => null,
    );
    carrier.fails.push(new Failure('unreachable', 'gone'));
    await posts.add([photo('a.jpg')]);
    posts.link(true);
    await until(() => carrier.said.length === 1 && states(posts)[0] === 'a.jpg waiting');
    posts.link(false);
    posts.link(true);
    await until(() => posts.busy === 0);
    expect(carrier.said).toEqual(['carry a.jpg', 'carry a.jpg']);
  });

  it('tell what went wrong, and go again when they are asked to', async () => {
    const carrier = new FakeCarrier();
    const posts = new Posts(
      carrier,
      null,
      () => LARGEST,
      async () => null,
    );
    carrier.fails.push(new Failure('unknown_format', 'what is it'));
    posts.link(true);
    await posts.add([photo('a.jpg')]);
    await until(() => posts.failed === 1);
    expect(posts.list[0]?.failure?.code).toBe('unknown_format');
    posts.retryAll();
    await until(() => posts.list[0]?.state === 'shared');
    await posts.add([photo('huge.jpg', LARGEST + 1)]);
    expect(posts.list[1]?.failure?.code).toBe('file_too_large');
  });

  it('that are cancelled go nowhere and leave nothing behind', async () => {
    const carrier = new FakeCarrier();
    const keep = await Keep.open('cancelled');
    const posts = new Posts(
      carrier,
      keep,
      () => LARGEST,
      async () => null,
    );
    let open = () => {};
    carrier.gate = new Promise((done) => {
      open = done;
    });
    posts.link(true);
    await posts.add([photo('a.jpg'), photo('b.jpg')]);
    await until(() => carrier.said.includes('carry a.jpg'));
    posts.cancel(posts.list[0]?.id ?? '');
    open();
    await until(() => posts.busy === 0);
    expect(states(posts)).toEqual(['b.jpg shared']);
    expect(carrier.said).toContain('drop a.jpg');
    await until(() => true);
    expect(await keep?.posts()).toEqual([]);
  });

  it('go on after the page was loaded again, with the same signed bytes', async () => {
    const keep = await Keep.open('reload');
    const before = new Posts(
      new FakeCarrier(),
      keep,
      () => LARGEST,
      async () => PREVIEWS,
    );
    await before.add([photo('a.jpg', 2_500_000 - LARGEST), photo('b.jpg')]);
    const ids = before.list.map(({ id }) => id);
    before.close();

    const carrier = new FakeCarrier();
    const signed: (string | undefined)[] = [];
    const carry = carrier.carry.bind(carrier);
    carrier.carry = (parcel, onProgress, signal) => {
      signed.push(parcel.signed?.said);
      return carry(parcel, onProgress, signal);
    };
    const after = new Posts(carrier, await Keep.open('reload'), () => LARGEST);
    await after.resume();
    expect(after.list.map(({ id }) => id)).toEqual(ids.slice(1));
    after.link(true);
    await until(() => after.busy === 0);
    expect(signed).toEqual(['said b.jpg']);
    await until(() => true);
    expect(await keep?.posts(), 'what is there is kept no longer').toEqual([]);
  });

  it('ask about an original that may tell where it was taken', async () => {
    const carrier = new FakeCarrier();
    carrier.where = 'asks';
    const posts = new Posts(
      carrier,
      null,
      () => LARGEST,
      async () => null,
    );
    posts.link(true);
    await posts.add([photo('a.heic')]);
    await until(() => posts.asking === 1);
    await posts.choose(posts.list[0]?.id ?? '', true);
    expect(states(posts)).toEqual(['a.heic shared']);
    expect(carrier.said.at(-1)).toBe('choose a.heic true');
  });
});
