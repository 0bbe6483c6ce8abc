import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Show } from '../src/features/screen/show.svelte';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { holdBack } from './late';

const GROUP = hex('a', 1);
const NOW = Date.UTC(2026, 10, 21, 17, 40);

function open(moments = 250) {
  const host = new MockHost({ moments, now: NOW });
  const show = new Show(host, GROUP);
  const stop = show.start();
  return { host, show, stop };
}

const flush = () => vi.advanceTimersByTimeAsync(0);

describe('the show of a big screen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes round the whole album from the newest, and begins again', async () => {
    const { host, show, stop } = open(250);
    await flush();
    const page = await host.call('timeline.page', { group: GROUP, limit: 500, filter: { screens: true, stacked: true } });
    const showable = page.moments.filter((one) => one.screen.state === 'complete' || one.grid.state === 'complete');
    const seen = [show.current?.id];
    while (seen.length < showable.length + 1) {
      await show.next();
      seen.push(show.current?.id);
    }
    expect(seen.slice(0, -1)).toEqual(showable.map(({ id }) => id));
    expect(seen.at(-1)).toBe(seen[0]);
    stop();
  });

  it('shows what has just come next, the newest first, then goes on where it was', async () => {
    const { host, show, stop } = open();
    await flush();
    await show.next();
    const [first] = host.arrive(1, GROUP);
    const [second] = host.arrive(1, GROUP);
    await flush();
    await show.next();
    expect(show.current?.id).toBe(second);
    await show.next();
    expect(show.current?.id).toBe(first);
    stop();
  });

  it('waits for the picture of a moment that came without one', async () => {
    const { host, show, stop } = open();
    await flush();
    const none = { state: 'missing', progress: 0 } as const;
    const [id] = host.arrive(1, GROUP, { grid: none, screen: none });
    await flush();
    expect(show.fresh).toHaveLength(0);
    host.change(GROUP, id ?? '', { grid: { state: 'complete' } });
    await flush();
    await show.next();
    expect(show.current?.id).toBe(id);
    stop();
  });

  it('misses no picture that came while its moment was being asked for', async () => {
    const { host, show, stop } = open();
    await flush();
    const none = { state: 'missing', progress: 0 } as const;
    const answers = holdBack(host, 'moment.get');
    const [id] = host.arrive(1, GROUP, { grid: none, screen: none });
    await flush();
    host.change(GROUP, id ?? '', { grid: { state: 'complete' } });
    await flush();
    for (let round = 0; round < 3; round++) {
      answers.letGo();
      await flush();
    }
    expect(show.fresh.map((moment) => moment.id)).toEqual([id]);
    stop();
  });

  it('takes what is held back or taken back off the screen at once', async () => {
    const { host, show, stop } = open();
    await flush();
    const held = show.current?.id ?? '';
    await host.call('moment.hold', { group: GROUP, moment: held, on: true });
    await flush();
    expect(show.current?.id).not.toBe(held);
    const taken = show.current?.id ?? '';
    host.remove(GROUP, taken);
    await flush();
    expect(show.current).not.toBeNull();
    expect(show.current?.id).not.toBe(taken);
    show.back();
    expect([held, taken]).not.toContain(show.current?.id);
    stop();
  });

  it('goes back, forward again, and stands still when it is told to', async () => {
    const { show, stop } = open();
    await flush();
    const [one] = [show.current?.id];
    await show.next();
    const two = show.current?.id;
    show.back();
    expect(show.current?.id).toBe(one);
    await show.next();
    expect(show.current?.id).toBe(two);
    show.pause();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(show.current?.id).toBe(two);
    show.pause();
    await vi.advanceTimersByTimeAsync(21_000);
    expect(show.current?.id).not.toBe(two);
    stop();
  });

  it('invites while the album is empty and begins with the first moment', async () => {
    const host = new MockHost({ moments: 0, now: NOW });
    const show = new Show(host, GROUP);
    const stop = show.start();
    await flush();
    expect([show.current, show.empty]).toEqual([null, true]);
    const [id] = host.arrive(1, GROUP);
    await flush();
    expect(show.current?.id).toBe(id);
    stop();
  });

  it('keeps no more for days of arrivals than for an hour of them', async () => {
    const { host, show, stop } = open();
    await flush();
    show.pause();
    for (let count = 0; count < 200; count += 1) host.arrive(1, GROUP);
    await flush();
    expect(show.fresh.length).toBeLessThanOrEqual(40);
    stop();
  });
});
