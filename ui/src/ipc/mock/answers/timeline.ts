import type { Living } from '../living';
import { bucketsOf, matching, pageOf, viewOf } from '../query';
import type { Answers } from './answers';

/** The timeline: pages, counts, stacks, places, and what was seen. */
export function timeline(world: Living): Answers<'timeline'> {
  return {
    'timeline.page': ({ group, cursor, limit, filter }) => pageOf(world.album(group), cursor, limit, filter),
    'timeline.buckets': ({ group, filter, offset_min }) => bucketsOf(world.album(group), filter, offset_min),
    'timeline.stack': ({ group, moment }) => {
      const of = world.album(group);
      const ids = of.stacks.get(of.heads.get(moment) ?? moment) ?? [moment];
      return { moments: ids.map((id) => world.moment(group, id)) };
    },
    'timeline.places': ({ group, filter }) => {
      const of = world.album(group);
      const views = matching(of, filter)
        .slice(0, 8_000)
        .map((seed) => viewOf(of, seed));
      return { places: views.flatMap(({ id, place }) => (place ? [{ moment: id, place }] : [])).slice(0, 5_000) };
    },
    'timeline.seen': ({ group, until_ms = 0 }) => {
      const of = world.album(group);
      of.seenUntil = Math.max(of.seenUntil, until_ms);
      const unseen = of.seeds.filter(({ at }) => at > of.seenUntil).length;
      return { until_ms: of.seenUntil, unseen };
    },
  };
}
