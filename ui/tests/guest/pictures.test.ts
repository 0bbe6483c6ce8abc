import { describe, expect, it, vi } from 'vitest';
import { Pictures } from '../../src/ipc/guest/pictures.svelte';

const MEGABYTES = 1024 * 1024;
const settled = () => new Promise((next) => setTimeout(next));

describe('opened pictures', () => {
  it('are opened once when they are asked for, and tried again when something has changed', async () => {
    const load = vi.fn(async (moment: string) => (moment === 'away' ? null : new Blob(['jpeg'])));
    const pictures = new Pictures(load);
    expect([pictures.url('a', 'grid'), pictures.url('a', 'grid'), pictures.url('away', 'grid')]).toEqual(['', '', '']);
    await settled();
    expect(pictures.url('a', 'grid')).toMatch(/^blob:/);
    pictures.url('away', 'grid');
    await settled();
    expect(load).toHaveBeenCalledTimes(2);
    pictures.again(['away']);
    pictures.url('away', 'grid');
    await settled();
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('take no more memory than they may: the ones asked for longest ago go', async () => {
    const made: string[] = [];
    const gone: string[] = [];
    vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
      made.push(`blob:${made.length}`);
      return made.at(-1) ?? '';
    });
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void gone.push(url));
    const pictures = new Pictures(async () => ({ size: 30 * MEGABYTES }) as Blob);
    for (const moment of ['a', 'b', 'c']) {
      pictures.url(moment, 'screen');
      await settled();
    }
    pictures.url('a', 'screen');
    pictures.url('d', 'screen');
    await settled();
    expect(gone).toEqual(['blob:1']);
    expect(pictures.url('b', 'screen'), 'it has to be opened again').toBe('');
    expect(pictures.url('a', 'screen')).toBe('blob:0');
    await settled();
    vi.restoreAllMocks();
  });
});
