import { Failure } from '../../host';
import { MockGuests } from '../guests';
import type { Living } from '../living';
import { hex, momentView } from '../world';
import type { Answers } from './answers';

const onlyGuests = (): never => {
  throw new Failure('bad_request', 'only guests ask that');
};

/** Doors for guests, as a member asks for them. */
export function guest(world: Living): Answers<'guest'> {
  const known = new Map<string, MockGuests>();
  const of = (group: string): MockGuests => {
    const guests = known.get(group) ?? new MockGuests(momentView(group, { id: hex('b', 77), at: world.now(), seed: 5 }, 0));
    known.set(group, guests);
    return guests;
  };
  return {
    'guest.list': ({ group }) => of(group).page(),
    'guest.open': ({ group, rights, expires_in_min }) =>
      of(group).open(rights, expires_in_min === undefined ? undefined : world.now() + expires_in_min * 60_000),
    'guest.close': ({ group }) => of(group).close(),
    'guest.judge': ({ group, guest, post, verdict }) => of(group).judge(guest, post, verdict),
    'guest.enter': onlyGuests,
    'guest.media': onlyGuests,
    'guest.say': onlyGuests,
    'guest.upload': onlyGuests,
    'guest.show': onlyGuests,
    'guest.finish': onlyGuests,
    'guest.abort': onlyGuests,
  };
}
