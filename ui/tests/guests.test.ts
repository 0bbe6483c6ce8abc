import { describe, expect, it } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex, momentView } from '../src/ipc/mock/world';
import { author } from '../src/lib/describe';
import { App } from '../src/state/app.svelte';

const GROUP = hex('a', 1);

describe('guests', () => {
  it('are let in by a door that somebody opened, and by no other', async () => {
    const host = new MockHost({ moments: 50 });
    expect((await host.call('guest.list', { group: GROUP })).door).toBeUndefined();
    const opened = await host.call('guest.open', { group: GROUP, rights: { contribute: true, review: true } });
    expect(opened.door?.url).toMatch(/^http:\/\/[\d.:]+\/g#[\da-f]{32}$/);
    expect(opened.waiting).toHaveLength(1);
    const { guest, post } = opened.waiting[0] ?? { guest: '', post: '' };
    expect((await host.call('guest.judge', { group: GROUP, guest, post, verdict: 'approve' })).waiting).toHaveLength(0);
    expect((await host.call('guest.close', { group: GROUP })).door).toBeUndefined();
  });

  it('are asked for again when they change, while somebody looks', async () => {
    const host = new MockHost({ moments: 50 });
    const app = new App(host);
    app.start();
    app.open(GROUP);
    host.emit({ event: 'guests_changed', group: GROUP });
    expect(host.asked).not.toContain('guest.list');
    await app.group?.guests.load();
    host.emit({ event: 'guests_changed', group: GROUP });
    expect(host.asked.filter((name) => name === 'guest.list')).toHaveLength(2);
  });

  it('are called guests wherever their names stand', () => {
    const moment = { ...momentView(GROUP, { id: 'b1', at: 0, seed: 3 }, 0), author_name: '<b>Zoë</b>', author_is_guest: true };
    expect(author(moment)).toBe('<b>Zoë</b> (guest)');
  });
});
