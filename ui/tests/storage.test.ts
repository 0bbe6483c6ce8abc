import { describe, expect, it } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { m } from '../src/paraglide/messages.js';
import { App } from '../src/state/app.svelte';

const GROUP = hex('a', 1);

describe('transfers and storage', () => {
  it('pausing stops what comes and says why', async () => {
    const host = new MockHost({ moments: 50 });
    const { policy, transfers } = await host.call('storage.get', { group: GROUP });
    expect(transfers.some(({ down_bps }) => down_bps > 0)).toBe(true);
    const paused = await host.call('storage.set', { group: GROUP, policy: { ...policy, paused: true } });
    expect(paused.blocked).toBe('paused');
    expect(paused.transfers.every(({ down_bps }) => down_bps === 0)).toBe(true);
    expect((await host.call('storage.get', { group: GROUP })).policy.paused).toBe(true);
  });

  it('is asked for only while somebody looks at it', async () => {
    const host = new MockHost({ moments: 50 });
    const app = new App(host);
    app.start();
    app.open(GROUP);
    await app.group?.load();
    expect(host.asked).not.toContain('storage.get');
    await app.group?.storage.load();
    expect(app.group?.storage.value?.copies.moments).toBe(50);
  });

  it('says how safe everything is in both languages', () => {
    expect(m.copies_at_least({ count: 3 }, { locale: 'en' })).toBe('Every moment is on at least 3 devices');
    expect(m.copies_at_least({ count: 3 }, { locale: 'de' })).toBe('Jeder Moment ist auf mindestens 3 Geräten');
    expect(m.copies_own_only_here({ count: 9 }, { locale: 'en' })).toBe('9 of yours only here');
    expect(m.takeback_partly({ gone: 41, of: 43, left: 2 }, { locale: 'en' })).toBe('Gone from 41 of 43 devices, 2 not met yet');
  });
});
