import type {
  BundleReceipt,
  Calls,
  ClipReceipt,
  ClipTarget,
  Event,
  JobPage,
  MediaPart,
  MomentView,
  PostReceipt,
  UploadTarget,
  WatchView,
} from '../contract';
import { Failure, type Host, type Taking } from '../host';
import { album } from './answers/album';
import { app } from './answers/app';
import { clip } from './answers/clip';
import { clock } from './answers/clock';
import { group } from './answers/group';
import { guest } from './answers/guest';
import { invite } from './answers/invite';
import { moment } from './answers/moment';
import { timeline } from './answers/timeline';
import { watch, watching } from './answers/watch';
import clipUrl from './clip.webm?url';
import { Jobs } from './jobs';
import { Living, type MockOptions } from './living';
import { MockMachine } from './machine';
import { Pictures } from './pictures';
import { Recordings } from './recordings';
import { sceneSvg, svgUrl } from './scene';
import { Watched } from './watch';
import { hex, momentView, sceneOf } from './world';

/** Opens a seeded world that lives in memory: for development, tests and the gallery. */
export function openMock(options: MockOptions = {}): MockHost {
  const query = new URLSearchParams(globalThis.location?.search ?? '');
  const now = query.get('now');
  const host = new MockHost({
    latencyMs: 15,
    empty: query.has('empty'),
    box: query.has('box'),
    ...(now === null ? {} : { now: Number(now) }),
    ...(query.has('phone') ? { machine: 'phone' as const } : query.has('desktop') ? { machine: 'desktop' as const } : {}),
    ...(query.has('new') ? { profile: null } : {}),
    ...options,
  });
  if (query.has('held')) host.hold(query.get('held') ?? undefined);
  if (query.has('live')) setInterval(() => host.arrive(1), 3_000);
  if (globalThis.window) Object.assign(window, { world: host });
  return host;
}

type Answers = {
  [Name in keyof Calls]: (args: Calls[Name]['args']) => Calls[Name]['reply'] | Promise<Calls[Name]['reply']>;
};

/** The host of a world that lives in memory. */
export class MockHost implements Host {
  readonly kind = 'mock';
  readonly takes = 'dialog';
  readonly system: MockMachine | undefined;
  /** Every request that came, for tests. */
  readonly asked: (keyof Calls)[] = [];
  #held: { holds(name: string): boolean; readonly until: Promise<void>; open(): void } | null = null;
  readonly #world: Living;
  readonly #pictures = new Pictures();
  readonly #recordings = new Recordings();
  readonly #watched = new Watched();
  readonly #jobs: Jobs;
  readonly #answers: Answers;

  constructor(options: MockOptions) {
    const world = new Living(options);
    const post = (group: string, count: number) =>
      world.arrive(count, group, { author: hex('d', 0), author_name: 'Anna', mine: true, on_devices: 1 });
    this.system = options.machine === undefined ? undefined : new MockMachine(options.machine === 'phone', post);
    this.#world = world;
    this.#jobs = new Jobs(world);
    this.#answers = {
      ...app(world),
      ...group(world),
      ...invite(world),
      ...guest(world),
      ...timeline(world),
      ...moment(world),
      ...clip(world, this.#recordings),
      ...album(world, this.#jobs),
      ...clock(world),
      ...watch(world, this.#watched),
    };
  }

  now(): number {
    return this.#world.now();
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']> {
    this.asked.push(name);
    if (this.#world.latencyMs > 0) await this.#world.pass();
    if (this.#held?.holds(name)) await this.#held.until;
    return structuredClone(await this.#answers[name](args));
  }

  /** Keeps answers back until they are let go, as a busy engine does: those of one request, or all. */
  hold(only?: string): void {
    let open = () => {};
    const until = new Promise<void>((resolve) => (open = resolve));
    this.#held ??= { holds: (name) => !only || name === only, until, open };
  }

  letGo(): void {
    this.#held?.open();
    this.#held = null;
  }

  events(listener: (event: Event) => void): () => void {
    return this.#world.events(listener);
  }

  emit(event: Event): void {
    this.#world.emit(event);
  }

  /** Lets moments arrive now, as from somebody else, and tells the listeners. */
  arrive(count: number, group?: string, change?: Partial<MomentView>, at?: number): string[] {
    return this.#world.arrive(count, group, change, at);
  }

  /** Changes one moment as if the engine had learned something. */
  change(group: string, moment: string, change: Partial<MomentView>): MomentView {
    return this.#world.change(group, moment, change);
  }

  /** Makes moments, newest first, one stack that the last stands for. */
  stack(group: string, moments: readonly string[]): void {
    this.#world.stack(group, moments);
  }

  /** Takes one moment away as if its author had taken it back. */
  remove(group: string, moment: string): void {
    this.#world.remove(group, moment);
  }

  mediaUrl(group: string, moment: string, part: MediaPart): string {
    const uploaded = this.#world.uploads.get(moment);
    if (uploaded !== undefined) return uploaded;
    const seed = this.#world.seed(group, moment);
    if (seed === undefined) return part === 'motion' ? clipUrl : svgUrl(sceneSvg(0, 4, 3));
    const drawn = part === 'grid' ? this.#pictures.of(seed) : undefined;
    if (drawn !== undefined) return drawn;
    const view = momentView(group, seed, 0);
    if (part === 'motion' || (view.kind === 'clip' && part === 'original')) return clipUrl;
    return svgUrl(sceneSvg(sceneOf(seed.seed), view.width, view.height));
  }

  /** Draws every picture of the grid once, so that showing one costs what showing a photograph does. */
  draw = (): Promise<void> => this.#pictures.draw([...this.#world.albums.values()].flatMap(({ seeds }) => seeds));

  async upload(file: File, target: UploadTarget, onProgress: (part: number) => void, signal: AbortSignal): Promise<PostReceipt> {
    for (let part = 0; part < 1 && this.#world.latencyMs > 0; part += 0.1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (signal.aborted) throw new Failure('cancelled', 'cancelled');
      onProgress(part);
    }
    if (!/\.(jpe?g|png|webp|gif|heic|avif|mp4|mov|webm)$/i.test(target.name)) {
      const error = {
        code: 'unknown_format' as const,
        args: {},
        message: 'not a photo or clip',
      };
      return {
        moments: [],
        already_there: 0,
        waiting: 0,
        failures: [{ name: target.name, error }],
      };
    }
    const id = this.#world.arrive(1, target.group, {
      author: hex('d', 0),
      author_name: 'Anna',
      mine: true,
      on_devices: 1,
      file_name: file.name,
    });
    if (file.type.startsWith('image/')) this.#world.uploads.set(id[0] ?? '', URL.createObjectURL(file));
    return { moments: id, already_there: 0, waiting: 0, failures: [] };
  }

  async takeHome(group: string, { what }: Taking): Promise<JobPage> {
    return this.#jobs.begin(group, what);
  }

  async openBundle(file: File, onProgress: (part: number) => void): Promise<BundleReceipt> {
    onProgress(1);
    if (file.size === 0) throw new Failure('not_a_bundle', 'empty');
    const { id, title } = [...this.#world.albums.values()][0]?.view ?? { id: '', title: '' };
    return {
      group: id,
      title,
      operations_new: 14,
      operations_known: 60,
      blobs_new: 42,
      blobs_known: 0,
      refused: 0,
      damaged: 0,
      complete: true,
    };
  }

  record = async (bytes: Blob, target: ClipTarget): Promise<ClipReceipt> =>
    this.#recordings.record(bytes, target, () =>
      this.#world.arrive(1, target.group, {
        author: hex('d', 0),
        author_name: 'Anna',
        mine: true,
        kind: 'clip',
        live: 'recording',
        on_devices: 1,
        file_name: target.name,
        grid: { state: 'none' },
        screen: { state: 'none' },
      }),
    );

  /** The picker of the seeded world always finds a camera's card. */
  readonly chooseFolder = async (group: string): Promise<WatchView> => {
    this.#watched.choose(this.now());
    return watching(this.#world, this.#watched, group, () => {});
  };
}
