import type { ClockPage } from '../../contract';
import { Clocks, clockFace } from '../clocks';
import type { Living } from '../living';
import { viewOf } from '../query';
import type { Album } from '../world';
import type { Answers } from './answers';

/** Clocks of cameras. */
export function clock(world: Living): Answers<'clock'> {
  const clocks = new Clocks();
  const page = (group: string): ClockPage => {
    const of = world.album(group);
    return clocks.list(of, (seed) => viewOf(of, seed));
  };
  const set = (group: string, change: (of: Album) => void): ClockPage => {
    change(world.album(group));
    world.emit({ event: 'clocks_changed', group });
    return page(group);
  };
  return {
    'clock.list': ({ group }) => page(group),
    'clock.set': ({ group, camera, ...setting }) => set(group, (of) => clocks.set(of, camera, setting)),
    'clock.undo': ({ group, camera }) => set(group, (of) => clocks.undo(of, camera)),
    'clock.photos': ({ group, post }) => {
      clocks.post(post);
      return page(group);
    },
    'clock.show': () => clockFace(world.now()),
  };
}
