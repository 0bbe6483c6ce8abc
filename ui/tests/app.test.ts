import { describe, expect, it, vi } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { App } from '../src/state/app.svelte';

const GROUP = hex('a', 1);

async function start() {
  const host = new MockHost({ moments: 50 });
  const app = new App(host);
  app.start();
  app.open(GROUP);
  await vi.waitFor(() => expect(app.group?.timeline.ready && app.groups.value && app.group.members.value).toBeTruthy());
  host.asked.length = 0;
  return { host, app };
}

describe('events', () => {
  it.each([
    [{ event: 'groups_changed' }, ['group.list', 'group.get']],
    [{ event: 'status_changed' }, ['app.status']],
    [{ event: 'members_changed', group: GROUP }, ['group.list', 'member.list', 'peer.list', 'group.get']],
    [{ event: 'members_changed', group: hex('a', 2) }, ['group.list']],
    [{ event: 'invites_changed', group: GROUP }, ['invite.list']],
    [{ event: 'transfer', group: GROUP, moment: 'x', progress: 0.5 }, []],
    [{ event: 'timeline_changed', group: hex('a', 2), added: ['x'], changed: [], removed: [] }, []],
  ] as const)('%j leads to exactly the queries it concerns', async (event, asked) => {
    const { host, app } = await start();
    app.hear(event as unknown as Parameters<App['hear']>[0]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([...host.asked].sort()).toEqual([...asked].sort());
  });

  it('asks for everything shown after events were lost', async () => {
    const { host, app } = await start();
    app.hear({ event: 'lagged' });
    await vi.waitFor(() =>
      expect(new Set(host.asked)).toEqual(
        new Set(['app.status', 'group.list', 'group.get', 'member.list', 'peer.list', 'timeline.buckets', 'watch.get']),
      ),
    );
  });

  it('shows how far a join is, and says arrivals aloud', async () => {
    const { host, app } = await start();
    host.emit({ event: 'join_progress', group: GROUP, stage: 'proving' });
    expect(app.joinStage).toBe('proving');
    host.arrive(2);
    await vi.waitFor(() => expect(app.toasts.spoken).toBe('2 new moments arrived'));
  });

  it('tells a failure in words and answers with nothing', async () => {
    const { host, app } = await start();
    expect(await app.attempt(host.call('group.get', { group: 'none' }))).toBeNull();
    expect(app.toasts.list.map(({ text }) => text)).toEqual(['This group is not on this device.']);
  });
});
