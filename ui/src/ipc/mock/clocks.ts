import type { CameraView, ClockFace, ClockPage, ClockShiftView, MomentView } from '../contract';
import { qrLike } from './scene';
import { type Album, cameraOf, hex, PEOPLE, type Seed } from './world';

interface Clock {
  readonly shifts: readonly ClockShiftView[];
  readonly before: readonly ClockShiftView[];
}

const SAMPLES = 4;
const ME = 0;

/** The clocks of the seeded cameras, set by hand. */
export class Clocks {
  readonly #set = new Map<string, Clock>();
  #postsPhotos = false;

  list(of: Album, view: (seed: Seed) => MomentView): ClockPage {
    const cameras = new Map<string, Seed[]>();
    for (const seed of of.seeds) {
      const id = cameraId(seed);
      cameras.set(id, [...(cameras.get(id) ?? []), seed]);
    }
    const views = [...cameras].map(([id, seeds]) => this.#camera(id, seeds, view));
    return { cameras: views.sort((a, b) => Number(b.mine) - Number(a.mine) || b.count - a.count), posts_photos: this.#postsPhotos };
  }

  #camera(id: string, seeds: readonly Seed[], view: (seed: Seed) => MomentView): CameraView {
    const { author, camera } = cameraOf(seeds[0]?.seed ?? 0);
    const said = seeds.map(saidAt);
    const clock = this.#set.get(id);
    const step = Math.max(1, Math.floor((seeds.length - 1) / (SAMPLES - 1)));
    return {
      id,
      name: camera,
      author: hex('d', author),
      author_name: PEOPLE[author]?.name ?? '',
      mine: author === ME,
      count: seeds.length,
      first_at_ms: Math.min(...said),
      last_at_ms: Math.max(...said),
      shifts: [...(clock?.shifts ?? [])],
      can_undo: clock !== undefined,
      samples: seeds
        .filter((_, at) => at % step === 0)
        .slice(0, SAMPLES)
        .reverse()
        .map(view),
    };
  }

  /** Sets a clock, wholly or for a range, and puts its moments where it says. */
  set(of: Album, id: string, { offset_ms, from_ms, until_ms }: { offset_ms: number; from_ms?: number; until_ms?: number }): void {
    const before = this.#set.get(id)?.shifts ?? [];
    const range = { ...(from_ms === undefined ? {} : { from_ms }), ...(until_ms === undefined ? {} : { until_ms }) };
    const isPart = from_ms !== undefined || until_ms !== undefined;
    const shifts = [...(isPart ? before : []), ...(offset_ms === 0 ? [] : [{ offset_ms, by_photo: false, ...range }])];
    this.#change(of, id, { shifts, before });
  }

  undo(of: Album, id: string): void {
    const clock = this.#set.get(id);
    if (clock !== undefined) this.#change(of, id, { shifts: clock.before, before: clock.shifts });
  }

  post(on: boolean): void {
    this.#postsPhotos = on;
  }

  #change(of: Album, id: string, clock: Clock): void {
    this.#set.set(id, clock);
    const moved = (seed: Seed): Seed => {
      if (cameraId(seed) !== id) return seed;
      const said = saidAt(seed);
      const holds = ({ from_ms = Number.NEGATIVE_INFINITY, until_ms = Number.POSITIVE_INFINITY }: ClockShiftView) =>
        said >= from_ms && said < until_ms;
      const shift = clock.shifts.findLast(holds)?.offset_ms ?? 0;
      return { ...seed, at: said + shift, shift };
    };
    of.seeds = of.seeds.map(moved).sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  }
}

const saidAt = ({ at, shift = 0 }: Seed) => at - shift;

const cameraId = ({ seed }: Seed) => {
  const { author, camera } = cameraOf(seed);
  return `c${author}${camera.length}`;
};

/** The clock as a seeded world shows it: another picture each second. */
export function clockFace(now: number): ClockFace {
  const at_ms = Math.floor(now / 1_000) * 1_000 + 500;
  return { at_ms, text: `AFTERGLOW:C1:${at_ms}:ABCDEFGH`, qr_svg: qrLike(at_ms % 9_973) };
}
