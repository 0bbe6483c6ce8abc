import type { WatchView } from '../../contract';
import { Failure } from '../../host';
import type { Living } from '../living';
import type { Watched } from '../watch';
import type { Answers } from './answers';

/** Changes what is watched, and tells so. */
export function watching(world: Living, watched: Watched, group: string, change: () => void): WatchView {
  change();
  world.emit({ event: 'watch_changed', group });
  return watched.view(world.now());
}

/** The watched folder. */
export function watch(world: Living, watched: Watched): Answers<'watch'> {
  return {
    'watch.get': () => watched.view(world.now()),
    'watch.off': ({ group }) => watching(world, watched, group, () => watched.off()),
    'watch.existing': ({ group }) => watching(world, watched, group, () => watched.addExisting()),
    'watch.hold': ({ group, file, hold }) =>
      watching(world, watched, group, () => {
        if (!watched.hold(file, hold, world.now())) throw new Failure('bad_request', 'this file does not wait any more');
      }),
  };
}
