import { describe, expect, it } from 'vitest';
import { takingUrl } from '../src/ipc/bytes';
import { openMock } from '../src/ipc/mock/host';
import { opened, outcome, remark } from '../src/lib/outcome';

const receipt = {
  group: 'a',
  title: 'Anna & Ben',
  operations_new: 0,
  operations_known: 4,
  blobs_new: 0,
  blobs_known: 9,
  refused: 0,
  damaged: 0,
  complete: true,
};

describe('taking an album home', () => {
  it('asks for the form that was chosen, and of a bundle for what goes in', () => {
    expect(takingUrl('/s/', 'ab', { what: 'export', format: 'tree' })).toBe('/s/album/ab/zip');
    expect(takingUrl('/s/', 'ab', { what: 'export', format: 'web' })).toBe('/s/album/ab/web');
    const wish = { whole: false, previews_only: true, lacked_by: ['cd'] };
    expect(takingUrl('/s/', 'ab', { what: 'bundle', wish })).toBe('/s/album/ab/bundle?whole=false&previews_only=true&lacked_by=cd');
  });

  it('tells what it came to, and what is missing', () => {
    const exported = {
      of: 'export' as const,
      written: 0,
      skipped: 3,
      previews_only: 1,
      missing: 2,
      bytes: 0,
      fingerprint: 'ff',
      words: 'one two three',
    };
    expect(outcome(exported)).toBe('Everything was there already');
    expect(remark(exported)).toHaveLength(3);
    expect(remark(exported).at(-1)).toContain('one two three');
    expect(outcome({ ...exported, written: 2, bytes: 5_000_000 })).toContain('2');
  });

  it('says of a bundle whether all of it was whole', () => {
    expect(opened(receipt)).toBe('Everything in this bundle was here already');
    expect(opened({ ...receipt, blobs_new: 3 })).toContain('Anna & Ben');
    expect(opened({ ...receipt, damaged: 1 })).toContain('damaged');
    expect(opened({ ...receipt, complete: false })).toContain('damaged');
  });

  it('goes on until it ends, and is forgotten when it was read', async () => {
    const host = openMock({ moments: 10, latencyMs: 0 });
    const id = (await host.call('group.list', {})).groups[0]?.id ?? '';
    const ended = new Promise<void>((resolve) => {
      host.events(async (event) => {
        if (event.event === 'album_job' && (await host.call('album.job', { group: id })).job?.state === 'done') resolve();
      });
    });
    expect((await host.takeHome(id, { what: 'export', format: 'web' })).job?.state).toBe('running');
    await ended;
    expect((await host.call('album.stop', { group: id })).job).toBeUndefined();
    expect(await host.call('album.job', { group: id })).toEqual({});
  });
});
