import { Failure } from '../../host';
import type { Living } from '../living';
import { hex, invite as made } from '../world';
import type { Answers } from './answers';

/** Invites and the cards that show them. */
export function invite(world: Living): Answers<'invite'> {
  return {
    'invite.create': ({ group, expires_in_min, max_uses }) => {
      world.serial += 1;
      const one = made(world.serial, world.now(), expires_in_min, max_uses);
      world.album(group).invites.unshift(one);
      return one;
    },
    'invite.list': ({ group }) => ({ invites: world.album(group).invites }),
    'invite.revoke': ({ group, invite: id }) => {
      const of = world.album(group);
      of.invites = of.invites.map((one) => (one.id === id ? { ...one, open: false } : one));
      return { invites: of.invites };
    },
    'invite.card': ({ title }) => ({
      pdf: btoa('%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>'),
      file_name: `${title ?? 'Anna & Ben'}.pdf`,
      unprintable: [...(title ?? '')].filter((letter) => letter > '\u2fff').join(''),
    }),
    'invite.inspect': ({ link }) => {
      if (!link.startsWith('afterglow://join/')) throw new Failure('invite_malformed', 'not an invite');
      const mine = link.includes('mine');
      return {
        group: hex('a', mine ? 1 : 9),
        title: mine ? 'Anna & Ben' : 'Garden party',
        already_member: mine,
        carrier: link.includes('carrier'),
      };
    },
  };
}
