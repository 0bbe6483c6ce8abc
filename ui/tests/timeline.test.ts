import { describe, expect, it, vi } from 'vitest';
import type { Event } from '../src/ipc/contract';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { HOUR_MS, hourOf } from '../src/state/buckets';
import { GATHER_MS, Timeline } from '../src/state/timeline.svelte';
import { holdBack } from './late';

const GROUP = hex('a', 1);
const NOW = Date.UTC(2026, 10, 21, 17, 40);

async function open(moments = 300) {
  const host = new MockHost({ moments, now: NOW });
  const arrivals: number[] = [];
  const timeline = new Timeline(host, GROUP, (fresh) => arrivals.push(fresh.length));
  host.events((event: Event) => event.event === 'timeline_changed' && timeline.apply(event));
  await timeline.load();
  const newest = timeline.buckets[0]?.start ?? 0;
  const range = { from: newest, until: newest + HOUR_MS };
  timeline.want([range]);
  await vi.waitFor(() => expect(timeline.buckets[0]?.complete).toBe(true));
  return { host, timeline, arrivals, range };
}

/** What was heard has been asked for. */
const gathered = () => new Promise((resolve) => setTimeout(resolve, 2 * GATHER_MS));

/** A moment changes while answers are held back that were made before; it is shown as it is all the same. */
async function changesMeanwhile(host: MockHost, timeline: Timeline, id: string, answers: ReturnType<typeof holdBack>) {
  host.change(GROUP, id, { caption: 'Hello' });
  await gathered();
  answers.letGo();
  await gathered();
  await vi.waitFor(() => {
    answers.letGo();
    expect(timeline.get(id)?.caption).toBe('Hello');
  });
}

const ids = (timeline: Timeline) => timeline.buckets.flatMap(({ items }) => items.map(({ id }) => id));

describe('timeline', () => {
  it('knows all counts at once and fetches only the hours that are wanted', async () => {
    const { host, timeline } = await open(5_000);
    expect(timeline.total).toBe(5_000);
    expect(ids(timeline).length).toBeLessThan(1_000);
    expect(host.asked.filter((name) => name === 'timeline.page').length).toBeLessThan(4);
  });

  it('asks again for the moments that an event names, and for no others', async () => {
    const { host, timeline } = await open();
    const before = ids(timeline).length;
    host.asked.length = 0;
    const [id] = host.arrive(1, GROUP, {}, timeline.buckets[0]?.items[0]?.captured_at_ms);
    await vi.waitFor(() => expect(ids(timeline)).toHaveLength(before + 1));
    expect(ids(timeline)).toContain(id);
    expect(host.asked).toEqual(['moment.get']);
    expect(timeline.total).toBe(301);
  });

  it('tells arrivals once for those that come together', async () => {
    const { host, timeline, arrivals } = await open();
    host.arrive(2);
    host.arrive(1);
    await vi.waitFor(() => expect(timeline.total).toBe(303));
    expect(arrivals).toEqual([3]);
  });

  it('starts a new hour for the first moment in it', async () => {
    const { host, timeline } = await open();
    const at = NOW + 3 * HOUR_MS;
    host.arrive(1, GROUP, {}, at);
    await vi.waitFor(() => expect(timeline.buckets[0]?.start).toBe(hourOf(at)));
    expect(timeline.buckets[0]).toMatchObject({ count: 1, complete: true });
  });

  it('shows a changed caption in place', async () => {
    const { host, timeline } = await open();
    const id = ids(timeline)[0] ?? '';
    host.change(GROUP, id, { caption: 'Hello' });
    await vi.waitFor(() => expect(timeline.get(id)?.caption).toBe('Hello'));
  });

  it('misses no change of a moment that was on its way here when it changed', async () => {
    const { host, timeline } = await open();
    const answers = holdBack(host, 'moment.get');
    const [id] = host.arrive(1, GROUP, { original: { state: 'missing', progress: 0 } }, timeline.buckets[0]?.items[0]?.captured_at_ms);
    await vi.waitFor(() => expect(answers.waiting()).toBe(1));
    host.change(GROUP, id ?? '', { original: { state: 'complete' } });
    await gathered();
    await vi.waitFor(() => {
      answers.letGo();
      expect(timeline.get(id ?? '')?.original.state).toBe('complete');
    });
  });

  it('is not taken back in time by a page that was asked for before a change', async () => {
    const { host, timeline, range } = await open();
    const answers = holdBack(host, 'timeline.page');
    const id = ids(timeline)[0] ?? '';
    void timeline.show({});
    timeline.want([range]);
    await vi.waitFor(() => expect(answers.waiting()).toBeGreaterThan(0));
    await changesMeanwhile(host, timeline, id, answers);
  });

  it('opens a moment as it is, also when it changes meanwhile', async () => {
    const { host } = await open();
    const timeline = new Timeline(host, GROUP);
    host.events((event: Event) => event.event === 'timeline_changed' && timeline.apply(event));
    const { moments } = await host.call('timeline.page', { group: GROUP, limit: 1, filter: {} });
    const id = moments[0]?.id ?? '';
    const answers = holdBack(host, 'moment.get');
    void timeline.open(id);
    await vi.waitFor(() => expect(answers.waiting()).toBe(1));
    await changesMeanwhile(host, timeline, id, answers);
  });

  it('does not ask for changed moments that nobody looks at', async () => {
    const { host, timeline } = await open();
    const page = await host.call('timeline.page', { group: GROUP, limit: 500, filter: {} });
    const last = page.moments.at(-1)?.id ?? '';
    host.asked.length = 0;
    host.change(GROUP, last, { caption: 'far away' });
    host.change(GROUP, ids(timeline)[0] ?? '', { caption: 'near' });
    await vi.waitFor(() => expect(timeline.buckets[0]?.items[0]?.caption).toBe('near'));
    expect(host.asked).toEqual(['moment.get']);
  });

  it('takes a removed moment away, also one that was not loaded', async () => {
    const { host, timeline } = await open();
    const id = ids(timeline)[0] ?? '';
    host.remove(GROUP, id);
    await vi.waitFor(() => expect(ids(timeline)).not.toContain(id));
    const page = await host.call('timeline.page', { group: GROUP, limit: 500, filter: {} });
    host.remove(GROUP, page.moments.at(-1)?.id ?? '');
    await vi.waitFor(() => expect(timeline.total).toBe(298));
  });

  it('holds arrivals back from what is being looked at, counts them, and lets them in at the top', async () => {
    const { host, timeline, range } = await open();
    timeline.keepStill(range);
    const shown = ids(timeline);
    host.arrive(3, GROUP, {}, range.from + 1);
    await vi.waitFor(() => expect(timeline.fresh).toBe(3));
    expect(ids(timeline)).toEqual(shown);
    timeline.keepStill(null);
    expect(timeline.fresh).toBe(0);
    expect(ids(timeline)).toHaveLength(shown.length + 3);
  });

  it('counts only what a filter lets in', async () => {
    const { host, timeline, range } = await open();
    await timeline.show({ kind: 'clip' });
    timeline.keepStill(range);
    host.arrive(3, GROUP, { kind: 'photo' }, range.from + 1);
    host.arrive(2, GROUP, { kind: 'clip' }, range.from + 1);
    await vi.waitFor(() => expect(timeline.fresh).toBe(2));
    host.arrive(30, GROUP, { kind: 'photo' }, range.from + 1);
    host.arrive(40, GROUP, { kind: 'clip' }, range.from + 1);
    await vi.waitFor(() => expect(timeline.fresh).toBe(42));
  });

  it('counts a flood and fetches it by the hour', async () => {
    const { host, timeline, range } = await open();
    host.asked.length = 0;
    host.arrive(400, GROUP, {}, range.from + 1);
    await vi.waitFor(() => expect(timeline.total).toBe(700));
    await vi.waitFor(() => expect(timeline.buckets[0]?.items.length).toBe(timeline.buckets[0]?.count));
    expect(host.asked).not.toContain('moment.get');
  });

  it('recovers everything after events were lost', async () => {
    const { host, timeline } = await open();
    const quiet = new Timeline(host, GROUP);
    await quiet.load();
    host.arrive(5);
    expect(quiet.total).toBe(300);
    await quiet.load();
    expect(quiet.total).toBe(305);
    await vi.waitFor(() => expect(timeline.total).toBe(305));
  });

  it('walks from moment to moment across hours, in order, to the end', async () => {
    const { host, timeline } = await open(60);
    const { moments } = await host.call('timeline.page', { group: GROUP, limit: 500, filter: {} });
    const walked = [moments[0]?.id ?? ''];
    await timeline.open(walked[0] ?? '');
    for (;;) {
      const next = await timeline.neighbour(walked.at(-1) ?? '', 1);
      if (next === null) break;
      walked.push(next.id);
    }
    expect(walked).toEqual(moments.map(({ id }) => id));
    expect((await timeline.neighbour(walked.at(-1) ?? '', -1))?.id).toBe(walked.at(-2));
  });

  it('follows transfers and forgets those that ended', async () => {
    const { timeline } = await open();
    timeline.transfer('x', 0.5);
    expect(timeline.progress.get('x')).toBe(0.5);
    timeline.transfer('x', 1);
    expect(timeline.progress.has('x')).toBe(false);
  });

  it('says why it cannot load, and loads when asked again', async () => {
    const host = new MockHost({ moments: 10, now: NOW });
    const timeline = new Timeline(host, hex('a', 77));
    await timeline.load();
    expect(timeline.failure?.code).toBe('unknown_group');
    expect(timeline.ready).toBe(false);
  });
});
