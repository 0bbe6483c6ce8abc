import { printingOf } from '../box';
import type { Living } from '../living';
import { PEOPLE } from '../world';
import type { Answers } from './answers';

/** What is done with a moment. */
export function moment(world: Living): Answers<'moment'> {
  return {
    'moment.get': ({ group, moment }) => world.moment(group, moment),
    'moment.caption': ({ group, moment, text }) => world.change(group, moment, { caption: text }),
    'moment.react': ({ group, moment, emoji, on }) => {
      const { reactions } = world.moment(group, moment);
      const others = reactions.filter((one) => one.emoji !== emoji);
      const before = reactions.find((one) => one.emoji === emoji);
      const count = (before?.count ?? 0) + (on ? 1 : -1);
      const now = {
        emoji,
        count,
        mine: on,
        names: on ? [...(before?.names ?? []), PEOPLE[0]?.name ?? ''] : (before?.names ?? []),
      };
      return world.change(group, moment, {
        reactions: count > 0 ? [now, ...others] : others,
      });
    },
    'moment.favourite': ({ group, moments, on }) => {
      for (const id of moments) world.change(group, id, { favourite: on });
      return { changed: moments.length };
    },
    'moment.retract': ({ group, moment }) => {
      const view = world.moment(group, moment);
      world.remove(group, moment);
      return { ...view, retracted: true };
    },
    'moment.hold': ({ group, moment, on }) => world.change(group, moment, { held_back: on ? 'host' : undefined }),
    'moment.print': ({ copies }) => {
      world.pages += copies;
      return printingOf(world.pages);
    },
    'moment.share': ({ group, moment }) => world.change(group, moment, { needs_choice: false }),
  };
}
