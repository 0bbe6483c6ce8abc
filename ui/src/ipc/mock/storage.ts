import type { StoragePolicy, StorageView } from '../contract';
import { type Album, hex } from './world';

const MB = 1_000_000;
const HOUR_MS = 3_600_000;

/** Transfers and storage of a seeded album: busy while somebody is near. */
export function storageOf({ view, members, seeds }: Album, policy: StoragePolicy | undefined, now: number): StorageView {
  const wishes: StoragePolicy = policy ?? { photos: 'all', clips: 'all', paused: false, carry_bytes: 250 * MB };
  const here = members.filter(({ me, presence }) => !me && presence === 'here');
  const moving = wishes.paused || view.missing_count === 0 ? 0 : 1;
  const alone = view.member_count === 1;
  return {
    policy: wishes,
    ...(wishes.paused ? { blocked: 'paused' as const } : {}),
    used_bytes: seeds.length * 4 * MB,
    carried_bytes: wishes.photos === 'previews' ? 84 * MB : 0,
    free_disk_bytes: 212_000 * MB,
    previews: { count: 0, bytes: 0 },
    originals: { count: view.missing_count, bytes: view.missing_count * 4 * MB },
    transfers: here.map(({ device, name, colour }, i) => ({
      device,
      name,
      colour,
      here: true,
      down_bps: moving * (i === 0 ? 46 * MB : i === 1 ? 12 * MB : 0),
      up_bps: i === 0 ? 3 * MB : 0,
      down_bytes: (910 - i * 230) * MB,
      up_bytes: (120 + i * 40) * MB,
    })),
    copies: {
      moments: seeds.length,
      at_least: seeds.length === 0 ? 0 : 1,
      below_three: alone ? seeds.length : Math.min(seeds.length, 9),
      own_only_here: alone ? seeds.length : Math.min(seeds.length, 9),
      others_only_here: 0,
      ...(alone ? {} : { heard_at_ms: now - 30 * HOUR_MS }),
    },
    takebacks:
      seeds.length === 0
        ? []
        : [
            { moment: hex('be', 1), at_ms: now - 600_000, gone: 3, of: view.member_count },
            { moment: hex('be', 2), at_ms: now - 20 * HOUR_MS, gone: view.member_count, of: view.member_count },
          ],
  };
}
