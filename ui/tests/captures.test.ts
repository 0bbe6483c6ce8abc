import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure, type Host } from '../src/ipc/host';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { Captures } from '../src/state/captures.svelte';
import { Recording } from '../src/state/recording.svelte';
import { Timeline } from '../src/state/timeline.svelte';
import { holdBack } from './late';

const receipt = { moments: ['m1'], already_there: 0, waiting: 0, failures: [] };

/** An engine that takes what it is given and loses answers when it is told to. */
class Engine {
  bytes = '';
  lost = 0;
  closed = false;

  async record(blob: Blob, { offset }: { offset: number }) {
    this.bytes = this.bytes.slice(0, offset) + (await blob.text());
    if (this.lost > 0) {
      this.lost -= 1;
      throw new Failure('unreachable', 'the answer was lost');
    }
    return { offset: this.bytes.length, moment: 'm1', streams: true };
  }

  call(name: string) {
    if (name === 'clip.get') return Promise.resolve({ offset: this.bytes.length, streams: true });
    if (name === 'moment.get') return Promise.resolve({ on_devices: 1 });
    this.closed = true;
    return Promise.resolve(receipt);
  }

  upload: Host['upload'] = () => Promise.resolve(receipt);
  readonly host = this as unknown as Host;
}

beforeEach(() => {
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => {} }));
});

describe('recording', () => {
  it('sends the bytes in order and ends the clip', async () => {
    const engine = new Engine();
    const recording = new Recording(engine.host, 'g', 'VID.mp4', 'k');
    for (const part of ['one ', 'two ', 'three']) recording.take(new Blob([part]));
    expect(await recording.close()).toEqual(receipt);
    expect(engine.bytes).toBe('one two three');
    expect(engine.closed).toBe(true);
    expect(recording.moment).toBe('m1');
  });

  it('goes on from where the engine is when answers are lost', async () => {
    const engine = new Engine();
    engine.lost = 2;
    const recording = new Recording(engine.host, 'g', 'VID.mp4', 'k');
    recording.take(new Blob(['one ']));
    recording.take(new Blob(['two']));
    await recording.close();
    expect(engine.bytes).toBe('one two');
  });
});

describe('captures', () => {
  it('says of each how far it has come', async () => {
    const captures = new Captures(new Engine().host, 'g');
    const sent = captures.photo(new File(['x'], 'IMG.jpg'));
    expect(captures.list[0]?.state).toBe('going');
    await sent;
    expect(captures.list[0]).toMatchObject({ state: 'here', moment: 'm1' });
  });

  it('keeps a photo that could not be handed over, to try again', async () => {
    const engine = new Engine();
    const upload = vi.spyOn(engine, 'upload').mockRejectedValueOnce(new Failure('unreachable', 'gone'));
    const captures = new Captures(engine.host, 'g');
    await captures.photo(new File(['x'], 'IMG.jpg'));
    expect(captures.list[0]?.state).toBe('failed');
    captures.retry(captures.list[0]?.id ?? 0);
    await vi.waitFor(() => expect(captures.list[0]?.state).toBe('here'));
    expect(upload).toHaveBeenCalledTimes(2);
  });

  it('shows the last five, and whatever is not settled', async () => {
    const engine = new Engine();
    const captures = new Captures(engine.host, 'g');
    vi.spyOn(engine, 'upload').mockRejectedValueOnce(new Failure('unreachable', 'gone'));
    for (let n = 0; n < 8; n += 1) await captures.photo(new File(['x'], `IMG_${n}.jpg`));
    expect(captures.list.filter(({ state }) => state === 'here')).toHaveLength(5);
    expect(captures.list.filter(({ state }) => state === 'failed')).toHaveLength(1);
  });
});

describe('captures and everybody’s screens', () => {
  const GROUP = hex('a', 1);

  /** A camera over a timeline; what it takes is here already. */
  async function camera(photos: number) {
    const host = new MockHost({ moments: 100 });
    const timeline = new Timeline(host, GROUP);
    const captures = new Captures(host, GROUP);
    const stop = host.events((event) => event.event === 'timeline_changed' && timeline.apply(event));
    const unfollow = captures.follow();
    await timeline.load();
    await timeline.span(0, 200);
    const take = async () => {
      for (let n = 0; n < photos; n += 1) await captures.photo(new File(['x'], `IMG_${n}.jpg`));
      return captures.list.flatMap(({ moment }) => moment ?? []);
    };
    return { host, timeline, captures, take, stop, unfollow };
  }

  const counts = (captures: Captures) => captures.list.map(({ devices }) => devices);

  it('counts devices of a burst that became a stack', async () => {
    const { host, timeline, captures, take } = await camera(3);
    const taken = await take();
    const head = taken.at(-1) ?? '';
    for (const moment of taken) host.change(GROUP, moment, { stack: { head, count: 3 } });
    await vi.waitFor(() => expect(timeline.get(taken[0] ?? '')).toBeUndefined());
    for (const moment of taken) host.change(GROUP, moment, { on_devices: 4 });
    await vi.waitFor(() => expect(counts(captures)).toEqual([4, 4, 4]));
  });

  it('counts devices of what waits above a scrolled wall', async () => {
    const { host, timeline, captures, take } = await camera(1);
    timeline.keepStill({ from: 0, until: Number.POSITIVE_INFINITY });
    const [moment = ''] = await take();
    await vi.waitFor(() => expect(timeline.fresh).toBe(1));
    expect(timeline.get(moment)).toBeUndefined();
    host.change(GROUP, moment, { on_devices: 2 });
    await vi.waitFor(() => expect(counts(captures)).toEqual([2]));
  });

  it('counts devices of what an active filter does not show', async () => {
    const { host, timeline, captures, take } = await camera(1);
    await timeline.show({ kind: 'clip' });
    const [moment = ''] = await take();
    host.change(GROUP, moment, { on_devices: 2 });
    await vi.waitFor(() => expect(counts(captures)).toEqual([2]));
  });

  it('misses no device that was counted while it was being asked for, or before its id was known', async () => {
    const { host, captures, take } = await camera(1);
    const answers = holdBack(host, 'moment.get');
    const [moment = ''] = await take();
    await vi.waitFor(() => expect(answers.waiting()).toBe(1));
    host.change(GROUP, moment, { on_devices: 3 });
    await vi.waitFor(() => {
      answers.letGo();
      expect(counts(captures)).toEqual([3]);
    });
  });

  it('asks for all of them after events were lost, and for none once the camera is closed', async () => {
    const { host, captures, take, stop, unfollow } = await camera(2);
    stop();
    const taken = await take();
    unfollow();
    host.change(GROUP, taken[0] ?? '', { on_devices: 5 });
    const again = captures.follow();
    host.emit({ event: 'lagged' });
    await vi.waitFor(() => expect(counts(captures)).toEqual([5, 1]));
    again();
    host.asked.length = 0;
    host.change(GROUP, taken[1] ?? '', { on_devices: 5 });
    expect(host.asked).toEqual([]);
  });
});
