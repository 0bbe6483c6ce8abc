import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { MomentView } from '../../src/ipc/contract';
import { Keep } from '../../src/ipc/guest/keep';
import { Kept } from '../../src/ipc/guest/kept';
import { cleanFileName, cleanName, encodeSaid } from '../../src/ipc/guest/said';
import { momentView } from './door.mjs';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const HOUR_MS = 3_600_000;
const view = (id: string, more = {}) => momentView('ab', id, more) as unknown as MomentView;

describe('what a browser keeps', () => {
  it('gives back any stretch of a file, across its pieces', async () => {
    const keep = await Keep.open('stretches');
    const file = Uint8Array.from({ length: 2_500_000 }, (_, at) => (at * 31) % 251);
    await keep?.keepFile('post', new Blob([file]));
    for (const [from, until] of [
      [0, 10],
      [1_048_570, 1_048_590],
      [1_000_000, 2_500_000],
    ] as const) {
      expect(Buffer.compare((await keep?.fileBytes('post', from, until)) ?? new Uint8Array(), file.slice(from, until))).toBe(0);
    }
    await keep?.dropPost('post');
    expect(await keep?.fileBytes('post', 0, 10)).toBeNull();
  });

  it('keeps rows and pictures over a reload, and drops what was taken back', async () => {
    const keep = await Keep.open('rows');
    const [a, b] = [view('0a'.repeat(32)), view('0b'.repeat(32))];
    await keep?.keepMoments([a, b]);
    await keep?.keepPicture(a.id, 'grid', new ArrayBuffer(3));
    await keep?.dropMoments([b.id]);
    const again = await Keep.open('rows');
    expect((await again?.moments())?.map(({ id }) => id)).toEqual([a.id]);
    expect((await again?.picture(a.id, 'grid'))?.byteLength).toBe(3);
    await again?.dropMoments([a.id]);
    expect(await again?.picture(a.id, 'grid')).toBeUndefined();
  });
});

describe('rows that were seen', () => {
  const kept = new Kept();
  const at = (hours: number, id: string) => view(id, { captured_at_ms: hours * HOUR_MS, kind: id === 'c' ? 'clip' : 'photo' });
  kept.take([at(5, 'a'), at(5.5, 'b'), at(9, 'c')]);

  it('come newest first, page by page', () => {
    const first = kept.page({ limit: 2, filter: {} });
    expect([first.moments.map(({ id }) => id), first.total]).toEqual([['c', 'b'], 3]);
    expect(kept.page({ limit: 2, filter: {}, cursor: first.next ?? '' }).moments.map(({ id }) => id)).toEqual(['a']);
    expect(kept.page({ limit: 9, filter: { kind: 'clip' } }).moments.map(({ id }) => id)).toEqual(['c']);
  });

  it('are counted by the hour of the reader', () => {
    const { buckets } = kept.buckets({ filter: {}, offset_min: 30 });
    expect(buckets.map(({ start_ms, count }) => [start_ms / HOUR_MS, count])).toEqual([
      [8.5, 1],
      [5.5, 1],
      [4.5, 1],
    ]);
  });
});

describe('what a guest signs', () => {
  it('is deterministic CBOR with the shortest numbers', () => {
    const reaction = { moment: 'ee'.repeat(32), emoji: '❤', on: true };
    expect(hex(encodeSaid('Jo', 1_700_000_000_000, { reaction }))).toBe(
      `a300624a6f011b0000018bcfe5680003a3005820${'ee'.repeat(32)}0163e29da402f5`,
    );
    expect(hex(encodeSaid('Jo', 23, { retraction: '0f'.repeat(16) }))).toBe(`a300624a6f01170450${'0f'.repeat(16)}`);
  });

  it('has names as the engine takes them', () => {
    expect(cleanName('  An‮na \t\n B ')).toBe('Anna B');
    expect(cleanName('é')).toBe('é');
    expect(cleanName('👩‍👩‍👧')).toBe('👩‍👩‍👧');
    expect([...cleanName('x'.repeat(80))].length).toBe(64);
    expect(cleanFileName('C:\\fotos/../IMG 1.jpg')).toBe('IMG 1.jpg');
    expect(cleanFileName(`${'ü'.repeat(300)}.jpeg`)).toMatch(/^ü+\.jpeg$/);
    expect(new TextEncoder().encode(cleanFileName(`${'ü'.repeat(300)}.jpeg`)).length).toBeLessThanOrEqual(255);
  });
});
