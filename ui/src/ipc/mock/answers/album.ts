import type { StoragePolicy } from '../../contract';
import type { Jobs } from '../jobs';
import type { Living } from '../living';
import { storageOf } from '../storage';
import { albumOf, shareOf } from '../takehome';
import type { Answers } from './answers';

/** Taking home, and what is kept here. */
export function album(world: Living, jobs: Jobs): Answers<'album' | 'storage'> {
  const policies = new Map<string, StoragePolicy>();
  const storage = (group: string) => storageOf(world.album(group), policies.get(group), world.now());
  return {
    'album.get': ({ group }) => albumOf(world.album(group)),
    'album.share': ({ group, wish }) => shareOf(world.album(group), wish),
    'album.job': ({ group }) => {
      const job = jobs.of(group);
      return job === undefined ? {} : { job };
    },
    'album.stop': ({ group }) => {
      jobs.stop(group);
      return {};
    },
    'album.immich': ({ group }) => jobs.begin(group, 'immich'),
    'storage.get': ({ group }) => storage(group),
    'storage.set': ({ group, policy }) => {
      policies.set(group, policy);
      return storage(group);
    },
  };
}
