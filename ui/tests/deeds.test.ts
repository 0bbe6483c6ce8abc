import { describe, expect, it } from 'vitest';
import { MockHost } from '../src/ipc/mock/host';
import { hex } from '../src/ipc/mock/world';
import { App } from '../src/state/app.svelte';
import { Deeds } from '../src/state/deeds';
import { OpenGroup } from '../src/state/group.svelte';

const GROUP = hex('a', 1);

describe('saving several', () => {
  it('is done by the host where addresses save nothing, such as on a phone', async () => {
    const saved: string[] = [];
    const save = async (group: string, moment: string) => void saved.push(`${group} ${moment}`);
    const host = Object.assign(new MockHost({ moments: 0 }), { save });
    const [first = '', second = ''] = host.arrive(2, GROUP, { original: { state: 'complete' } });
    const [missing = ''] = host.arrive(1, GROUP, { original: { state: 'missing', progress: 0.5 } });
    const group = new OpenGroup(host, GROUP, () => {});
    const moments = [first, missing, second].map((moment) => host.call('moment.get', { group: GROUP, moment }));
    await new Deeds(new App(host), group).save(await Promise.all(moments));
    expect(saved).toEqual([`${GROUP} ${first}`, `${GROUP} ${second}`]);
  });
});
