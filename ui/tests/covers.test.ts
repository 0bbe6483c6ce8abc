import { describe, expect, it } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { Covers } from '../src/state/covers';

const GROUP = hex('a', 1);
const BRUNO = hex('d', 1);

async function newestOf(host: MockHost, author: string) {
  return (await host.call('timeline.page', { group: GROUP, limit: 500, filter: { author } })).moments;
}

describe('covers', () => {
  it("are the newest favourite of a person's, otherwise the newest photo", async () => {
    const host = new MockHost({ moments: 200 });
    const covers = new Covers(host, GROUP);
    const moments = await newestOf(host, BRUNO);
    await host.call('moment.favourite', {
      group: GROUP,
      moments: moments.filter(({ favourite }) => favourite).map(({ id }) => id),
      on: false,
    });
    await covers.load([BRUNO]);
    expect(covers.of(BRUNO)?.id).toBe(moments.find(({ kind }) => kind !== 'clip')?.id);

    const liked = moments[5]?.id ?? '';
    await host.call('moment.favourite', { group: GROUP, moments: [liked], on: true });
    await covers.load([BRUNO]);
    expect(covers.of(BRUNO)?.id).toBe(liked);
  });

  it('are nothing for people who have posted nothing', async () => {
    const covers = new Covers(new MockHost({ moments: 20 }), GROUP);
    await covers.load([hex('d', 99)]);
    expect(covers.of(hex('d', 99))).toBeNull();
  });
});
