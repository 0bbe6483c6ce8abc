import { describe, expect, it, vi } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { shapeOf } from '../src/lib/shape';
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

  it('have another head when theirs is taken back', async () => {
    const { host, timeline } = await open();
    const head = items(timeline).find(({ stack }) => (stack?.count ?? 0) > 2);
    await timeline.open(head?.id ?? '');
    host.remove(GROUP, head?.id ?? '');
    await vi.waitFor(() => expect(timeline.total).toBe(299));
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
