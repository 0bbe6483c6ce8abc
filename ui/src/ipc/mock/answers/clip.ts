import type { Living } from '../living';
import type { Recordings } from '../recordings';
import type { Answers } from './answers';

/** Clips that go out while they are recorded. */
export function clip(world: Living, recordings: Recordings): Answers<'clip'> {
  return {
    'clip.get': ({ group, key }) => recordings.get(group, key).receipt,
    'clip.close': ({ group, key }) => {
      const { receipt, parts } = recordings.take(group, key);
      const moment = receipt.moment ?? '';
      world.uploads.set(moment, URL.createObjectURL(new Blob([...parts])));
      world.change(group, moment, { live: undefined });
      return { moments: [moment], already_there: 0, waiting: 0, failures: [] };
    },
    'clip.abort': ({ group, key }) => {
      const { receipt } = recordings.take(group, key);
      if (receipt.moment !== undefined) world.remove(group, receipt.moment);
      return receipt;
    },
  };
}
