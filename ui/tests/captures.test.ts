import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure, type Host } from '../src/ipc/host';
import { Captures } from '../src/state/captures.svelte';
import { Recording } from '../src/state/recording.svelte';

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
