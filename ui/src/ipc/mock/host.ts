import type {
  BoxView,
  BundleReceipt,
  Calls,
  ClipReceipt,
  ClipTarget,
  ClockPage,
  Event,
  GroupView,
  JobPage,
  JobView,
  MediaPart,
  MomentView,
  PostReceipt,
  Profile,
  StoragePolicy,
  StorageView,
  UploadTarget,
  WatchView,
} from '../contract';
import { Failure, type Host, type Taking } from '../host';
import { boxOf, printingOf } from './box';
import clipUrl from './clip.webm?url';
import { Clocks, clockFace } from './clocks';
import { MockGuests } from './guests';
import { MockMachine } from './machine';
import { Pictures } from './pictures';
import { bucketsOf, matching, pageOf, viewOf } from './query';
import { Recordings } from './recordings';
import { sceneSvg, svgUrl } from './scene';
import { storageOf } from './storage';
import { albumOf, jobOf, shareOf } from './takehome';
import { Watched } from './watch';
import { type Album, album, hex, invite, momentView, PEOPLE, type Seed, sceneOf } from './world';

const HOUR_MS = 3_600_000;

export interface MockOptions {
  readonly moments?: number;
  /** The world's present; the machine's when absent. */
  readonly now?: number;
  readonly profile?: Profile | null;
  readonly latencyMs?: number;
  readonly empty?: boolean;
  /** The device is a venue box. */
  readonly box?: boolean;
  /** The machine it seems to run on; a node's page when absent. */
  readonly machine?: 'desktop' | 'phone';
}

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
  if (query.has('live')) setInterval(() => host.arrive(1), 3_000);
  if (globalThis.window) Object.assign(window, { world: host });
  return host;
}

type Answers = {
  [Name in keyof Calls]: (args: Calls[Name]['args']) => Calls[Name]['reply'] | Promise<Calls[Name]['reply']>;
};

const onlyGuests = (): never => {
  throw new Failure('bad_request', 'only guests ask that');
};

export class MockHost implements Host {
  readonly kind = 'mock';
  readonly takes = 'dialog';
  readonly system: MockMachine | undefined;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #albums = new Map<string, Album>();
  readonly #uploads = new Map<string, string>();
  readonly #guests = new Map<string, MockGuests>();
  readonly #pictures = new Pictures();
  readonly #recordings = new Recordings();
  readonly #policies = new Map<string, StoragePolicy>();
  readonly #jobs = new Map<string, { view: JobView; timer: ReturnType<typeof setInterval> }>();
  readonly #start: number;
  readonly #born = Date.now();
  readonly #latencyMs: number;
  readonly #isBox: boolean;
  #cameraPaused = false;
  #pages = 12;
  #profile: Profile | undefined;
  #serial = 1_000_000;
  /** Every request that came, for tests. */
  readonly asked: (keyof Calls)[] = [];

  constructor({ moments = 1_000, now, profile, latencyMs = 0, empty = false, box = false, machine }: MockOptions) {
    this.#isBox = box;
    const post = (group: string, count: number) =>
      this.arrive(count, group, { author: hex('d', 0), author_name: 'Anna', mine: true, on_devices: 1 });
    this.system = machine === undefined ? undefined : new MockMachine(machine === 'phone', post);
    this.#start = now ?? Date.now();
    this.#latencyMs = latencyMs;
    this.#profile = profile === null ? undefined : (profile ?? { name: 'Anna', colour: 0 });
    if (empty) return;
    const days = Math.max(2, Math.min(30, Math.ceil(moments / 1_200)));
    const wedding = album('Anna & Ben', 1, 5, moments, this.now() - days * 24 * HOUR_MS, this.now() - 60_000);
    wedding.view.missing_count = 12;
    const lake = album('Cabin at the lake', 2, 3, 64, this.now() - 90 * 24 * HOUR_MS, this.now() - 87 * 24 * HOUR_MS);
    Object.assign(lake.view, {
      phase: 'ended',
      here_count: 0,
      only_here_count: 3,
    });
    const choir = album('Choir rehearsal', 3, 1, 0, this.now() - HOUR_MS, this.now() + 5 * HOUR_MS);
    for (const one of [wedding, lake, choir]) this.#albums.set(one.view.id, one);
  }

  now(): number {
    return this.#start + (Date.now() - this.#born);
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']> {
    this.asked.push(name);
    if (this.#latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#latencyMs));
    return structuredClone(await this.#answers[name](args));
  }

  events(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  mediaUrl(group: string, moment: string, part: MediaPart): string {
    const uploaded = this.#uploads.get(moment);
    if (uploaded !== undefined) return uploaded;
    const seed = this.#seed(group, moment);
    if (seed === undefined) return part === 'motion' ? clipUrl : svgUrl(sceneSvg(0, 4, 3));
    const drawn = part === 'grid' ? this.#pictures.of(seed) : undefined;
    if (drawn !== undefined) return drawn;
    const view = momentView(group, seed, 0);
    if (part === 'motion' || (view.kind === 'clip' && part === 'original')) return clipUrl;
    return svgUrl(sceneSvg(sceneOf(seed.seed), view.width, view.height));
  }

  /** Draws every picture of the grid once, so that showing one costs what showing a photograph does. */
  draw = (): Promise<void> => this.#pictures.draw([...this.#albums.values()].flatMap(({ seeds }) => seeds));

  async upload(file: File, target: UploadTarget, onProgress: (part: number) => void, signal: AbortSignal): Promise<PostReceipt> {
    for (let part = 0; part < 1 && this.#latencyMs > 0; part += 0.1) {
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
    const id = this.arrive(1, target.group, {
      author: hex('d', 0),
      author_name: 'Anna',
      mine: true,
      on_devices: 1,
      file_name: file.name,
    });
    if (file.type.startsWith('image/')) this.#uploads.set(id[0] ?? '', URL.createObjectURL(file));
    return { moments: id, already_there: 0, waiting: 0, failures: [] };
  }

  /** Long work that takes as long as the world is slow. */
  #begin(group: string, kind: JobView['kind']): JobPage {
    const album = albumOf(this.#album(group));
    let part = 0;
    const timer = setInterval(() => {
      part = Math.min(1, part + 0.1);
      if (part === 1) clearInterval(timer);
      this.#jobs.set(group, { view: jobOf(kind, part, album), timer });
      this.emit({ event: 'album_job', group });
    }, this.#latencyMs * 20);
    const view = jobOf(kind, 0, album);
    this.#jobs.set(group, { view, timer });
    return { job: view };
  }

  async takeHome(group: string, { what }: Taking): Promise<JobPage> {
    return this.#begin(group, what);
  }

  async openBundle(file: File, onProgress: (part: number) => void): Promise<BundleReceipt> {
    onProgress(1);
    if (file.size === 0) throw new Failure('not_a_bundle', 'empty');
    const { id, title } = [...this.#albums.values()][0]?.view ?? { id: '', title: '' };
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
      this.arrive(1, target.group, {
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

  /** Lets moments arrive now, as from somebody else, and tells the listeners. */
  arrive(count: number, group = hex('a', 1), change: Partial<MomentView> = {}, at = this.now()): string[] {
    const into = this.#album(group);
    const added = Array.from({ length: count }, () => {
      this.#serial += 1;
      const seed: Seed = {
        id: hex('bf', this.#serial),
        at,
        seed: this.#serial * 17,
      };
      into.seeds.unshift(seed);
      into.changes.set(seed.id, {
        author: hex('d', 1),
        author_name: 'Bruno',
        author_colour: 3,
        mine: false,
        needs_choice: false,
        ...change,
      });
      return seed.id;
    });
    into.seeds.sort((a, b) => b.at - a.at);
    into.view.moment_count += count;
    this.emit({
      event: 'timeline_changed',
      group,
      added,
      changed: [],
      removed: [],
    });
    this.emit({ event: 'groups_changed' });
    return added;
  }

  /** Changes one moment as if the engine had learned something. */
  change(group: string, moment: string, change: Partial<MomentView>): MomentView {
    const of = this.#album(group);
    of.changes.set(moment, { ...of.changes.get(moment), ...change });
    this.emit({
      event: 'timeline_changed',
      group,
      added: [],
      changed: [moment],
      removed: [],
    });
    return this.#moment(group, moment);
  }

  /** Takes one moment away as if its author had taken it back. */
  remove(group: string, moment: string): void {
    const from = this.#album(group);
    from.seeds = from.seeds.filter(({ id }) => id !== moment);
    from.view.moment_count -= 1;
    this.#unstack(from, moment);
    this.emit({
      event: 'timeline_changed',
      group,
      added: [],
      changed: [],
      removed: [moment],
    });
  }

  /** The next oldest stands for a stack that lost its head. */
  #unstack(of: Album, moment: string): void {
    const head = of.heads.get(moment);
    const members = of.stacks.get(head ?? '')?.filter((id) => id !== moment);
    if (head === undefined || members === undefined) return;
    of.stacks.delete(head);
    of.heads.delete(moment);
    const next = members.at(-1) ?? '';
    for (const id of members) of.heads.set(id, next);
    of.stacks.set(next, members);
  }

  readonly #index = new WeakMap<Seed[], Map<string, Seed>>();

  #seed(group: string, moment: string): Seed | undefined {
    const seeds = this.#albums.get(group)?.seeds ?? [];
    let byId = this.#index.get(seeds);
    if (byId?.size !== seeds.length) {
      byId = new Map(seeds.map((seed) => [seed.id, seed]));
      this.#index.set(seeds, byId);
    }
    return byId.get(moment);
  }

  #album(group: string): Album {
    const found = this.#albums.get(group);
    if (found === undefined) throw new Failure('unknown_group', 'no such group');
    return found;
  }

  #group({ view, seeds }: Album): GroupView {
    const newest = seeds[0];
    if (newest === undefined) return view;
    const { placeholder } = momentView(view.id, newest, 0);
    return {
      ...view,
      cover: `media/${view.id}/${newest.id}/grid`,
      cover_placeholder: placeholder,
      last_moment_at_ms: newest.at,
    };
  }

  #moment(group: string, moment: string): MomentView {
    const of = this.#album(group);
    const seed = this.#seed(group, moment);
    if (seed === undefined) throw new Failure('unknown_moment', 'no such moment');
    return viewOf(of, seed);
  }

  #box(): BoxView {
    if (!this.#isBox) throw new Failure('not_here', 'this device is no venue box');
    return { ...boxOf(this.#cameraPaused, this.now()), printing: printingOf(this.#pages) };
  }

  #storage(of: Album): StorageView {
    return storageOf(of, this.#policies.get(of.view.id), this.now());
  }

  readonly #watched = new Watched();

  /** The picker of the seeded world always finds a camera's card. */
  readonly chooseFolder = async (group: string): Promise<WatchView> => {
    this.#watched.choose(this.now());
    return this.#watch(group, () => {});
  };

  #watch(group: string, change: () => void): WatchView {
    change();
    this.emit({ event: 'watch_changed', group });
    return this.#watched.view(this.now());
  }

  readonly #clocks = new Clocks();

  #clockPage(group: string): ClockPage {
    const of = this.#album(group);
    return this.#clocks.list(of, (seed) => viewOf(of, seed));
  }

  #setClock(group: string, set: (of: Album) => void): ClockPage {
    set(this.#album(group));
    this.emit({ event: 'clocks_changed', group });
    return this.#clockPage(group);
  }

  #list() {
    const groups = [...this.#albums.values()].map((one) => this.#group(one));
    return {
      groups: groups.sort((a, b) => (b.last_moment_at_ms ?? b.created_at_ms) - (a.last_moment_at_ms ?? a.created_at_ms)),
    };
  }

  #guestsOf(group: string): MockGuests {
    const known = this.#guests.get(group) ?? new MockGuests(momentView(group, { id: hex('b', 77), at: this.now(), seed: 5 }, 0));
    this.#guests.set(group, known);
    return known;
  }

  async #join(link: string): Promise<GroupView> {
    const group = hex('a', 9);
    const wait = () => new Promise((resolve) => setTimeout(resolve, this.#latencyMs * 40));
    for (const stage of ['searching', 'connecting', 'proving', 'receiving'] as const) {
      this.emit({ event: 'join_progress', group, stage });
      await wait();
      if (stage === 'searching' && link.includes('nobody')) throw new Failure('nobody_near', 'no member was found');
    }
    const joined = album('Garden party', 9, 4, 48, this.now() - 3 * HOUR_MS, this.now());
    this.#albums.set(joined.view.id, joined);
    this.emit({ event: 'groups_changed' });
    return this.#group(joined);
  }

  readonly #answers: Answers = {
    'app.status': () => ({
      version: '0.1.0',
      ...(this.#profile ? { profile: this.#profile } : {}),
      secrets_at: 'keychain',
      can_poster_clips: true,
      can_preview_heic: false,
      free_disk_bytes: 212_000_000_000,
      disk_low: false,
      is_box: this.#isBox,
      can_print: this.#isBox,
    }),
    'app.diagnostics': () => ({
      parts: [
        { name: 'about.txt', text: 'Afterglow 0.1.0\nlinux x86_64\nclips get a picture by: ffmpeg\nHEIC gets a picture by: nothing\n' },
        {
          name: 'groups.txt',
          text: '1 groups\ngroup 1: active, 5 members, 3 connected, listening at 192.168.1.20:40123, 81234567 bytes here and 0 on their way\n',
        },
        { name: 'app.2026-11-21.log', text: '2026-11-21T17:39:02.120Z  INFO glow_net::event_loop: connected device=d4c1a9…\n'.repeat(12) },
      ],
    }),
    'profile.set': (profile) => {
      this.#profile = { ...profile };
      this.emit({ event: 'status_changed' });
      return this.#profile;
    },
    'group.create': ({ title, ends_at_ms }) => {
      this.#serial += 1;
      const created = album(title, this.#serial, 1, 0, this.now(), ends_at_ms ?? this.now() + 24 * HOUR_MS);
      created.view.ends_at_ms = ends_at_ms ?? this.now() + 24 * HOUR_MS;
      this.#albums.set(created.view.id, created);
      this.emit({ event: 'groups_changed' });
      return created.view;
    },
    'group.list': () => this.#list(),
    'group.get': ({ group }) => this.#group(this.#album(group)),
    'group.join': ({ link }) => this.#join(link),
    'group.leave': ({ group }) => {
      this.#albums.delete(group);
      this.emit({ event: 'groups_changed' });
      return this.#list();
    },
    'group.location': ({ group, share }) => {
      const of = this.#album(group);
      of.view = { ...of.view, shares_location: share };
      this.emit({ event: 'groups_changed' });
      return this.#group(of);
    },
    'invite.create': ({ group, expires_in_min, max_uses }) => {
      this.#serial += 1;
      const made = invite(this.#serial, this.now(), expires_in_min, max_uses);
      this.#album(group).invites.unshift(made);
      return made;
    },
    'invite.list': ({ group }) => ({ invites: this.#album(group).invites }),
    'invite.revoke': ({ group, invite: id }) => {
      const of = this.#album(group);
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
    'guest.list': ({ group }) => this.#guestsOf(group).page(),
    'guest.open': ({ group, rights, expires_in_min }) =>
      this.#guestsOf(group).open(rights, expires_in_min === undefined ? undefined : this.now() + expires_in_min * 60_000),
    'guest.close': ({ group }) => this.#guestsOf(group).close(),
    'guest.judge': ({ group, guest, post, verdict }) => this.#guestsOf(group).judge(guest, post, verdict),
    'guest.enter': onlyGuests,
    'guest.media': onlyGuests,
    'guest.say': onlyGuests,
    'guest.upload': onlyGuests,
    'guest.show': onlyGuests,
    'guest.finish': onlyGuests,
    'guest.abort': onlyGuests,
    'member.list': ({ group }) => ({ members: this.#album(group).members }),
    'peer.list': ({ group }) => ({
      peers: this.#album(group)
        .members.filter(({ me, presence }) => !me && presence === 'here')
        .map(({ device, name }, i) => ({
          device,
          name,
          transport: i === 0 ? 'quic' : 'tcp',
          address: `192.168.1.${20 + i}:47001`,
          found_by: i === 0 ? 'mdns' : 'invite',
          rtt_ms: 3 + i * 4,
          goodput_bps: 86_000_000 - i * 21_000_000,
          shares_access_point: i < 2,
          is_hotspot: i === 1,
        })),
      listening: ['quic 192.168.1.24:47001', 'tcp 192.168.1.24:47001'],
      is_hotspot: false,
    }),
    'album.get': ({ group }) => albumOf(this.#album(group)),
    'album.share': ({ group, wish }) => shareOf(this.#album(group), wish),
    'album.job': ({ group }) => {
      const job = this.#jobs.get(group)?.view;
      return job === undefined ? {} : { job };
    },
    'album.stop': ({ group }) => {
      clearInterval(this.#jobs.get(group)?.timer);
      this.#jobs.delete(group);
      return {};
    },
    'album.immich': ({ group }) => this.#begin(group, 'immich'),
    'storage.get': ({ group }) => this.#storage(this.#album(group)),
    'storage.set': ({ group, policy }) => {
      this.#policies.set(group, policy);
      return this.#storage(this.#album(group));
    },
    'timeline.page': ({ group, cursor, limit, filter }) => pageOf(this.#album(group), cursor, limit, filter),
    'timeline.buckets': ({ group, filter, offset_min }) => bucketsOf(this.#album(group), filter, offset_min),
    'timeline.stack': ({ group, moment }) => {
      const of = this.#album(group);
      const ids = of.stacks.get(of.heads.get(moment) ?? moment) ?? [moment];
      return { moments: ids.map((id) => this.#moment(group, id)) };
    },
    'timeline.places': ({ group, filter }) => {
      const of = this.#album(group);
      const views = matching(of, filter)
        .slice(0, 8_000)
        .map((seed) => viewOf(of, seed));
      return { places: views.flatMap(({ id, place }) => (place ? [{ moment: id, place }] : [])).slice(0, 5_000) };
    },
    'timeline.seen': ({ group, until_ms = 0 }) => {
      const of = this.#album(group);
      of.seenUntil = Math.max(of.seenUntil, until_ms);
      const unseen = of.seeds.filter(({ at }) => at > of.seenUntil).length;
      return { until_ms: of.seenUntil, unseen };
    },
    'moment.get': ({ group, moment }) => this.#moment(group, moment),
    'moment.caption': ({ group, moment, text }) => this.change(group, moment, { caption: text }),
    'moment.react': ({ group, moment, emoji, on }) => {
      const { reactions } = this.#moment(group, moment);
      const others = reactions.filter((one) => one.emoji !== emoji);
      const before = reactions.find((one) => one.emoji === emoji);
      const count = (before?.count ?? 0) + (on ? 1 : -1);
      const now = {
        emoji,
        count,
        mine: on,
        names: on ? [...(before?.names ?? []), PEOPLE[0]?.name ?? ''] : (before?.names ?? []),
      };
      return this.change(group, moment, {
        reactions: count > 0 ? [now, ...others] : others,
      });
    },
    'moment.favourite': ({ group, moments, on }) => {
      for (const id of moments) this.change(group, id, { favourite: on });
      return { changed: moments.length };
    },
    'moment.retract': ({ group, moment }) => {
      const view = this.#moment(group, moment);
      this.remove(group, moment);
      return { ...view, retracted: true };
    },
    'clip.get': ({ group, key }) => this.#recordings.get(group, key).receipt,
    'clip.close': ({ group, key }) => {
      const { receipt, parts } = this.#recordings.take(group, key);
      const moment = receipt.moment ?? '';
      this.#uploads.set(moment, URL.createObjectURL(new Blob([...parts])));
      this.change(group, moment, { live: undefined });
      return { moments: [moment], already_there: 0, waiting: 0, failures: [] };
    },
    'clip.abort': ({ group, key }) => {
      const { receipt } = this.#recordings.take(group, key);
      if (receipt.moment !== undefined) this.remove(group, receipt.moment);
      return receipt;
    },
    'clock.list': ({ group }) => this.#clockPage(group),
    'clock.set': ({ group, camera, ...setting }) => this.#setClock(group, (of) => this.#clocks.set(of, camera, setting)),
    'clock.undo': ({ group, camera }) => this.#setClock(group, (of) => this.#clocks.undo(of, camera)),
    'clock.photos': ({ group, post }) => {
      this.#clocks.post(post);
      return this.#clockPage(group);
    },
    'watch.get': () => this.#watched.view(this.now()),
    'watch.off': ({ group }) => this.#watch(group, () => this.#watched.off()),
    'watch.existing': ({ group }) => this.#watch(group, () => this.#watched.addExisting()),
    'watch.hold': ({ group, file, hold }) =>
      this.#watch(group, () => {
        if (!this.#watched.hold(file, hold, this.now())) throw new Failure('bad_request', 'this file does not wait any more');
      }),
    'clock.show': () => clockFace(this.now()),
    'moment.hold': ({ group, moment, on }) => this.change(group, moment, { held_back: on ? 'host' : undefined }),
    'moment.print': ({ copies }) => {
      this.#pages += copies;
      return printingOf(this.#pages);
    },
    'screen.get': ({ group }) => {
      const of = this.#album(group);
      const open = of.invites.find((one) => one.open);
      return {
        title: of.view.title,
        for_guests: false,
        can_invite: of.view.can_invite,
        can_hold: of.view.is_host,
        ...(open ? { qr_svg: open.qr_svg } : {}),
      };
    },
    'box.get': () => this.#box(),
    'box.set': ({ camera_paused }) => {
      if (camera_paused !== undefined) this.#cameraPaused = camera_paused;
      this.emit({ event: 'box_changed' });
      return this.#box();
    },
    'moment.share': ({ group, moment }) => this.change(group, moment, { needs_choice: false }),
  };
}
