import { describe, expect, it, vi } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { m } from '../src/paraglide/messages.js';
import { App } from '../src/state/app.svelte';

const GROUP = hex('a', 1);

async function start() {
  const host = new MockHost({ moments: 20 });
  const app = new App(host);
  app.start();
  const group = app.open(GROUP);
  await group.load();
  return { host, group };
}

describe('a watched folder', () => {
  it('is off until somebody chooses one, and then shows what waits', async () => {
    const { host, group } = await start();
    expect(group.watch.value?.state).toBe('off');
    await host.chooseFolder(GROUP);
    await vi.waitFor(() => expect(group.watch.value?.state).toBe('on'));
    expect(group.watch.value).toMatchObject({ existing: 212, posted: 0, waiting_count: 1 });
    expect(group.watch.value?.waiting[0]?.goes_in_ms).toBeGreaterThan(9_000);
  });

  it('holds a file back and lets it go, which waits its whole time again', async () => {
    const { host, group } = await start();
    const { waiting } = await host.chooseFolder(GROUP);
    const file = waiting[0]?.name ?? '';
    await host.call('watch.hold', { group: GROUP, file, hold: true });
    await vi.waitFor(() => expect(group.watch.value).toMatchObject({ waiting: [], held: [file], held_count: 1 }));
    await host.call('watch.hold', { group: GROUP, file, hold: false });
    await vi.waitFor(() => expect(group.watch.value).toMatchObject({ held: [], waiting_count: 1 }));
    await expect(host.call('watch.hold', { group: GROUP, file: 'gone.jpg', hold: true })).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('adds what was there before only when asked to, and ends at once', async () => {
    const { host, group } = await start();
    await host.chooseFolder(GROUP);
    await host.call('watch.existing', { group: GROUP });
    await vi.waitFor(() => expect(group.watch.value?.existing).toBe(0));
    await host.call('watch.off', { group: GROUP });
    await vi.waitFor(() => expect(group.watch.value).toMatchObject({ state: 'off', waiting: [] }));
  });

  it('counts in both languages', () => {
    expect(m.watch_posted({ count: 1, shown: '1' }, { locale: 'en' })).toBe('1 file went out');
    expect(m.watch_existing({ count: 212, shown: '212' }, { locale: 'de' })).toContain('212');
    expect(m.watch_more({ count: 9, shown: '9' }, { locale: 'en' })).toBe('and 9 more');
  });
});
