import { describe, expect, it } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { batches } from '../src/lib/batches';
import { Uploads } from '../src/state/uploads.svelte';

const GROUP = hex('a', 1);
const file = (name: string, type = '') => new File(['x'], name, { lastModified: 1_700_000_000_000, type });

describe('batches', () => {
  it('pairs a still with the clip of its name and lets all others go alone', () => {
    const files = ['IMG_1.HEIC', 'IMG_2.jpg', 'img_1.mov', 'notes.txt', 'IMG_2.png'].map((name) => file(name));
    const made = batches(files, GROUP, () => 'pair').map(({ target }) => [target.name, target.batch, target.batch_size]);
    expect(made).toEqual([
      ['IMG_1.HEIC', 'pair', 2],
      ['IMG_2.jpg', undefined, undefined],
      ['img_1.mov', 'pair', 2],
      ['notes.txt', undefined, undefined],
      ['IMG_2.png', undefined, undefined],
    ]);
  });

  it('gives each pair its own name', () => {
    const names = ['1', '2'];
    const made = batches(
      ['a.jpg', 'a.mov', 'b.jpg', 'b.mov'].map((name) => file(name)),
      GROUP,
      () => names.shift() ?? '',
    );
    expect(made.map(({ target }) => target.batch)).toEqual(['1', '1', '2', '2']);
  });
});

describe('uploads', () => {
  it('forgets what was added and keeps what failed, with its reason', async () => {
    const uploads = new Uploads(new MockHost({ moments: 5 }));
    await uploads.add([file('a.jpg', 'image/jpeg'), file('b.txt')], GROUP);
    expect(uploads.list.map(({ name, state, failure }) => [name, state, failure?.code])).toEqual([['b.txt', 'failed', 'unknown_format']]);
    uploads.dismiss(uploads.list[0]?.id ?? 0);
    expect(uploads.list).toEqual([]);
  });
});
