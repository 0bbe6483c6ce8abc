import { describe, expect, it, vi } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { App } from '../src/state/app.svelte';

async function start(machine: 'desktop' | 'phone') {
  const host = new MockHost({ moments: 20, machine });
  const app = new App(host);
  app.start();
  await vi.waitFor(() => expect(app.machine?.view.value).not.toBeNull());
  if (app.machine === null || host.system === undefined) throw new Error('there is a machine');
  return { app, machine: app.machine, system: host.system };
}

describe('the machine', () => {
  it('is not there on the page of a node', () => {
    expect(new App(new MockHost({ moments: 20 })).machine).toBeNull();
  });

  it('hands files over, and they are asked about until there is an answer', async () => {
    const { machine, system } = await start('desktop');
    expect(machine.offered).toBe(0);
    system.hand(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg']);
    await vi.waitFor(() => expect(machine.offered).toBe(5));
    const { moments } = await machine.ask('offer.take', { group: hex('a', 1) });
    await machine.offer.load();
    expect([moments.length, machine.offered]).toEqual([5, 0]);
  });

  it('shows a change with its answer, and what others change when it hears of it', async () => {
    const { machine, system } = await start('desktop');
    await machine.change('system.set', { notify_at_night: true });
    await machine.change('system.mute', { group: 'a1', muted: true });
    expect(machine.view.value).toMatchObject({ notify_at_night: true, notify: true, muted: ['a1'] });
    system.become({ tray: false });
    await vi.waitFor(() => expect(machine.view.value?.tray).toBe(false));
  });

  it('shares the camera roll with one group at a time, and holds a capture back once', async () => {
    const { machine, system } = await start('phone');
    await machine.change('roll.set', { group: 'a1' });
    await machine.change('roll.set', { group: 'a2' });
    expect(machine.view.value?.roll?.group).toBe('a2');
    expect(machine.view.value?.permissions.photos).toBe('granted');
    system.become({ roll: { group: 'a2', paused: false, shared: 0, waiting: [{ name: 'a.jpg', at_ms: 0 }] } });
    await machine.change('roll.keep', { name: 'a.jpg' });
    await expect(machine.change('roll.keep', { name: 'a.jpg' })).rejects.toMatchObject({ code: 'not_here' });
  });
});
