import { describe, expect, it, vi } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { shapeOf } from '../src/lib/shape';
import { hourOf } from '../src/state/buckets';
import { Selection } from '../src/state/selection.svelte';
import { Timeline } from '../src/state/timeline.svelte';

const GROUP = hex('a', 1);
const NOW = Date.UTC(2026, 10, 21, 17, 40);

async function open(moments = 300) {
  const host = new MockHost({ moments, now: NOW });
  const timeline = new Timeline(host, GROUP);
  host.events((event) => event.event === 'timeline_changed' && timeline.apply(event));
  await timeline.load();
  await timeline.span(0, 5_000);
  return { host, timeline };
}

const items = (timeline: Timeline) => timeline.buckets.flatMap((bucket) => bucket.items);

const newestOf = (timeline: Timeline) => items(timeline)[0]?.id ?? '';

/** Everything that one comes by on the way to an end. */
async function walk(timeline: Timeline, from: string, step: -1 | 1): Promise<string[]> {
  const walked = [from];
  await timeline.open(from);
  for (let next = await timeline.neighbour(from, step); next !== null; next = await timeline.neighbour(next.id, step)) {
    walked.push(next.id);
    if (walked.length > 1_000) throw new Error('the walk has no end');
  }
  return walked;
}

describe('stacks', () => {
  it('stand as one tile with all their moments counted, and open in their place', async () => {
    const { timeline } = await open();
    const tiles = items(timeline).length;
    expect(timeline.total).toBe(300);
    expect(tiles).toBeLessThan(300);
    const head = items(timeline).find(({ stack }) => stack !== undefined);
    const count = head?.stack?.count ?? 0;
    await timeline.toggleStack(head?.id ?? '');
    expect(items(timeline)).toHaveLength(tiles + count - 1);
    for (const bucket of timeline.buckets) {
      expect(bucket.shapes).toEqual(Uint8Array.from(bucket.items, ({ width, height }) => shapeOf(width, height)));
    }
    await timeline.toggleStack(head?.id ?? '');
    expect(items(timeline)).toHaveLength(tiles);
  });

  it('are walked through moment by moment', async () => {
    const { host, timeline } = await open(120);
    const { moments } = await host.call('timeline.page', { group: GROUP, limit: 500, filter: {} });
    const walked = [moments[0]?.id ?? ''];
    await timeline.open(walked[0] ?? '');
    for (let next = await timeline.neighbour(walked[0] ?? '', 1); next !== null; next = await timeline.neighbour(next.id, 1))
      walked.push(next.id);
    expect(walked.toSorted()).toEqual(moments.map(({ id }) => id).toSorted());
    expect((await timeline.neighbour(walked.at(-1) ?? '', -1))?.id).toBe(walked.at(-2));
  });

  it('are walked through in the same order towards the newer ones', async () => {
    const { timeline } = await open(120);
    const older = await walk(timeline, newestOf(timeline), 1);
    expect(older).toHaveLength(120);
    expect(await walk(timeline, older.at(-1) ?? '', -1)).toEqual(older.toReversed());
  });

  it('are walked on from a moment in them whose tile stands in an hour that was not looked at', async () => {
    const host = new MockHost({ moments: 0, now: NOW });
    const hour = hourOf(NOW);
    const [before = '', head = '', member = '', after = ''] = [-600_000, -400, 400, 600_000].flatMap((by) =>
      host.arrive(1, GROUP, {}, hour + by),
    );
    host.stack(GROUP, [member, head]);
    const timeline = new Timeline(host, GROUP);
    await timeline.load();
    await timeline.open(member);
    expect((await timeline.neighbour(member, -1))?.id).toBe(after);
    expect((await timeline.neighbour(member, 1))?.id).toBe(head);
    expect((await timeline.neighbour(head, 1))?.id).toBe(before);
  });

  it('are walked on when a moment joins them meanwhile, and stay open', async () => {
    const { host, timeline } = await open();
    const head = items(timeline).find(({ stack }) => (stack?.count ?? 0) > 2);
    await timeline.toggleStack(head?.id ?? '');
    const members = await host.call('timeline.stack', { group: GROUP, moment: head?.id ?? '' });
    const ids = members.moments.map(({ id }) => id);
    const [joins = ''] = host.arrive(1, GROUP, {}, (members.moments[0]?.captured_at_ms ?? 0) + 10);
    host.stack(GROUP, [joins, ...ids]);
    await vi.waitFor(async () => expect((await timeline.neighbour(ids[0] ?? '', -1))?.id).toBe(joins));
    expect((await timeline.neighbour(joins, 1))?.id).toBe(ids[0]);
    expect(timeline.isOpenStack(head?.id ?? '')).toBe(true);
    await vi.waitFor(() => expect(items(timeline).map(({ id }) => id)).toContain(joins));
  });

  it('have another head when theirs is taken back', async () => {
    const { host, timeline } = await open();
    const head = items(timeline).find(({ stack }) => (stack?.count ?? 0) > 2);
    await timeline.open(head?.id ?? '');
    host.remove(GROUP, head?.id ?? '');
    await vi.waitFor(() => expect(timeline.total).toBe(299));
  });
});

describe('where single moments are looked for', () => {
  /** Favourites, all moments of a stack among them. */
  async function favourites({ opened = false } = {}) {
    const { host, timeline } = await open();
    const head = items(timeline).find(({ stack }) => (stack?.count ?? 0) > 2);
    const { moments } = await host.call('timeline.stack', { group: GROUP, moment: head?.id ?? '' });
    const stack = moments.map(({ id }) => id);
    await host.call('moment.favourite', { group: GROUP, moments: stack, on: true });
    if (opened) await timeline.toggleStack(head?.id ?? '');
    await timeline.show({ favourites: true });
    await timeline.span(0, 5_000);
    return { host, timeline, stack };
  }

  it('each moment of a stack stands for itself, once', async () => {
    const { timeline, stack } = await favourites({ opened: true });
    const shown = items(timeline).map(({ id }) => id);
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown).toEqual(expect.arrayContaining(stack));
    expect(timeline.total).toBe(shown.length);
    expect(items(timeline).filter(({ stack }) => stack !== undefined)).toEqual([]);
  });

  it('one walks from moment to moment, older and newer, to both ends', async () => {
    const { timeline } = await favourites();
    const shown = items(timeline).map(({ id }) => id);
    expect(await walk(timeline, shown[0] ?? '', 1)).toEqual(shown);
    expect(await walk(timeline, shown.at(-1) ?? '', -1)).toEqual(shown.toReversed());
  });

  it('a moment of a stack keeps its tile when something of it changes', async () => {
    const { host, timeline, stack } = await favourites();
    const [newest = ''] = stack;
    timeline.take(await host.call('moment.react', { group: GROUP, moment: newest, emoji: '🔥', on: true }));
    expect(items(timeline).map(({ id }) => id)).toContain(newest);
    host.change(GROUP, newest, { caption: 'Again' });
    await vi.waitFor(() => expect(timeline.get(newest)?.caption).toBe('Again'));
    expect(items(timeline).map(({ id }) => id)).toContain(newest);
  });

  it('stacks are closed again where one browses', async () => {
    const { timeline, stack } = await favourites({ opened: true });
    await timeline.show({});
    await timeline.span(0, 5_000);
    expect(items(timeline).filter(({ id }) => stack.includes(id))).toHaveLength(1);
  });
});

describe('filters', () => {
  it('show what they say and give everything back', async () => {
    const { timeline } = await open();
    await timeline.show({ kind: 'clip' });
    await timeline.span(0, 5_000);
    expect(items(timeline).length).toBeGreaterThan(0);
    expect(items(timeline).every(({ kind }) => kind === 'clip')).toBe(true);
    await timeline.show({ favourites: true });
    await timeline.span(0, 5_000);
    expect(items(timeline).every(({ favourite }) => favourite)).toBe(true);
    await timeline.show({ text: 'first DÁNCE' });
    await timeline.span(0, 5_000);
    expect(items(timeline).length).toBeGreaterThan(0);
    expect(items(timeline).every(({ caption }) => caption === 'First dance')).toBe(true);
    await timeline.show({});
    expect(timeline.total).toBe(300);
  });

  it('drop what an earlier filter asked for', async () => {
    const { timeline } = await open();
    const slow = timeline.show({ kind: 'clip' });
    await timeline.show({ kind: 'photo' });
    await slow;
    await timeline.span(0, 5_000);
    expect(items(timeline).some(({ kind }) => kind === 'clip')).toBe(false);
  });
});

describe('hiding', () => {
  it('takes moments from view and gives them back', async () => {
    const { timeline } = await open();
    const all = items(timeline).map(({ id }) => id);
    timeline.hide(all.slice(3, 6), true);
    expect(items(timeline).map(({ id }) => id)).toEqual([...all.slice(0, 3), ...all.slice(6)]);
    timeline.hide(all.slice(3, 6), false);
    expect(items(timeline).map(({ id }) => id)).toEqual(all);
  });
});

describe('selection', () => {
  it('draws a range that grows and shrinks, and keeps what was selected before', () => {
    const selection = new Selection();
    selection.toggle('a', 0);
    selection.begin('d', 3);
    selection.reach(['d', 'e', 'f', 'g']);
    selection.reach(['d', 'e']);
    expect([...selection.ids].toSorted()).toEqual(['a', 'd', 'e']);
    selection.settle();
    selection.reach(['x']);
    expect([...selection.ids].toSorted()).toEqual(['a', 'd', 'e', 'x']);
    selection.toggle('a', 0);
    expect(selection.has('a')).toBe(false);
    selection.clear();
    expect(selection.active).toBe(false);
  });

  it('reaches over moments that were not fetched', async () => {
    const host = new MockHost({ moments: 2_000, now: NOW });
    const timeline = new Timeline(host, GROUP);
    await timeline.load();
    const ids = await timeline.span(700, 40);
    expect(new Set(ids).size).toBe(661);
  });
});
