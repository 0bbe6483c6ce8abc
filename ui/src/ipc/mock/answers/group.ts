import type { GroupView } from '../../contract';
import { Failure } from '../../host';
import type { Living } from '../living';
import { album, hex } from '../world';
import type { Answers } from './answers';

const HOUR_MS = 3_600_000;

/** Groups, and who is in them. */
export function group(world: Living): Answers<'group' | 'member' | 'peer' | 'screen'> {
  const join = async (link: string): Promise<GroupView> => {
    const group = hex('a', 9);
    for (const stage of ['searching', 'connecting', 'proving', 'receiving'] as const) {
      world.emit({ event: 'join_progress', group, stage });
      await world.pass(40);
      if (stage === 'searching' && link.includes('nobody')) throw new Failure('nobody_near', 'no member was found');
    }
    const joined = album('Garden party', 9, 4, 48, world.now() - 3 * HOUR_MS, world.now());
    world.albums.set(joined.view.id, joined);
    world.emit({ event: 'groups_changed' });
    return world.group(joined);
  };
  return {
    'group.create': ({ title, ends_at_ms }) => {
      world.serial += 1;
      const created = album(title, world.serial, 1, 0, world.now(), ends_at_ms ?? world.now() + 24 * HOUR_MS);
      created.view.ends_at_ms = ends_at_ms ?? world.now() + 24 * HOUR_MS;
      world.albums.set(created.view.id, created);
      world.emit({ event: 'groups_changed' });
      return created.view;
    },
    'group.list': () => world.list(),
    'group.get': ({ group }) => world.group(world.album(group)),
    'group.join': ({ link }) => join(link),
    'group.leave': ({ group }) => {
      world.albums.delete(group);
      world.emit({ event: 'groups_changed' });
      return world.list();
    },
    'group.location': ({ group, share }) => {
      const of = world.album(group);
      of.view = { ...of.view, shares_location: share };
      world.emit({ event: 'groups_changed' });
      return world.group(of);
    },
    'member.list': ({ group }) => ({ members: world.album(group).members }),
    'peer.list': ({ group }) => ({
      peers: world
        .album(group)
        .members.filter(({ me, presence }) => !me && presence === 'here')
        .map(({ device, name }, i) => ({
          device,
          name,
          transport: i === 0 ? 'quic' : 'tcp',
          address: `192.168.1.${20 + i}:47001`,
          found_by: i === 0 ? 'mdns' : 'invite',
          rtt_ms: 3 + i * 4,
          goodput_bps: 86_000_000 - i * 21_000_000,
          shares_access_point: i < 2,
          is_hotspot: i === 1,
        })),
      listening: ['quic 192.168.1.24:47001', 'tcp 192.168.1.24:47001'],
      is_hotspot: false,
    }),
    'screen.get': ({ group }) => {
      const of = world.album(group);
      const open = of.invites.find((one) => one.open);
      return {
        title: of.view.title,
        for_guests: false,
        can_invite: of.view.can_invite,
        can_hold: of.view.is_host,
        ...(open ? { qr_svg: open.qr_svg } : {}),
      };
    },
  };
}
