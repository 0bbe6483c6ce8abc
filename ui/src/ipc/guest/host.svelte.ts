import { bytesToHex } from '@noble/hashes/utils.js';
import { saveBlob } from '../../lib/save';
import type { Calls, Event, GroupView, GuestWelcome, MediaPart, MomentView, TimelineFilter } from '../contract';
import { Failure, type Host } from '../host';
import { Bench } from './bench';
import { Doors } from './doors';
import { Keep } from './keep';
import { Kept } from './kept';
import type { GuestKey } from './keys';
import { Pictures } from './pictures.svelte';
import { Reader } from './reader';
import { cleanName, encodeSaid } from './said';
import { Sender } from './sender';

/** A page holds a whole file in memory to play or save it. */
const MOST_OPEN_BYTES = 500_000_000;
/** Originals are shown on zoom up to this; beyond it the screen preview has to do. */
const MOST_SHOWN_BYTES = 60_000_000;

type Reply<Name extends keyof Calls> = Promise<Calls[Name]['reply']>;

/** A guest's page: the engine of whichever member has opened a door, over a sealed channel, and what was seen before. */
export class GuestHost implements Host {
  readonly kind = 'guest';
  /** The album is its members' to take home. */
  readonly takes = null;
  /** Why no door is open, while none is. */
  shut = $state.raw<'away' | 'closed' | 'blocked'>('away');
  /** The door that is open now, or was the last. */
  door = $state.raw({
    name: '',
    canPost: false,
    review: false,
    fileBytes: Number.MAX_SAFE_INTEGER,
    expiresAtMs: undefined as number | undefined,
  });
  readonly sender: Sender;
  readonly #key: GuestKey;
  readonly #doors: Doors;
  readonly #bench = new Bench();
  readonly #pictures: Pictures;
  readonly #reader: Reader;
  readonly #kept = new Kept();
  /** The posts that moments of this guest came from. */
  readonly #posts = new Map<string, string>();
  #keep: Keep | null = null;
  #welcome: GuestWelcome | null = null;
  readonly #listeners = new Set<{ readonly hear: (event: Event) => void; readonly link: (up: boolean) => void }>();
  #settle: { done: () => void; fail: (cause: Failure) => void } | null = null;
  #linked = false;

  constructor(origin: string, secret: string, key: GuestKey, name: string) {
    this.#key = key;
    this.#doors = new Doors({ origin, secret }, key, cleanName(name), {
      onevent: (event) => this.#hear(event),
      onwelcome: (welcome, isNew) => void this.#enter(welcome, isNew),
      onaway: (failure) => this.#away(failure),
      onblocked: () => this.#away(new Failure('blocked', 'this guest is not let in any more'), 'blocked'),
    });
    this.#reader = new Reader(this.#doors, this.#bench, () => this.#group());
    this.sender = new Sender(
      this.#doors,
      this.#bench,
      key,
      () => this.#group(),
      (moment, post) => this.#own(moment, post),
    );
    this.#pictures = new Pictures((moment, part) => this.#picture(moment, part));
  }

  /** Comes in for the first time; fails when no door opens. */
  async open(): Promise<{ group: string; title: string; keep: Keep | null }> {
    const entered = new Promise<void>((done, fail) => {
      this.#settle = { done, fail };
    });
    void this.#doors.dial();
    await entered;
    const { group, title } = this.#welcomed();
    return { group, title, keep: this.#keep };
  }

  /** Says another name from now on. */
  async rename(name: string): Promise<void> {
    this.#doors.name = cleanName(name);
    await this.#doors.greet();
  }

  /** Looks whether the door is still there: after a sleep, or when the network came back. */
  wake(): void {
    if (this.#doors.session === null) void this.#doors.dial();
    else this.#doors.session.check();
  }

  close(): void {
    this.#doors.close();
    this.#bench.close();
    this.#pictures.clear();
  }

  events(listener: (event: Event) => void, link: (up: boolean) => void = () => {}): () => void {
    const one = { hear: listener, link };
    this.#listeners.add(one);
    return () => void this.#listeners.delete(one);
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']> {
    const answer = this.#answers[name] as ((args: Calls[Name]['args']) => Reply<Name>) | undefined;
    if (answer === undefined) throw new Failure('not_allowed', `guests cannot ask for ${name}`);
    return answer(args);
  }

  mediaUrl(_group: string, moment: string, part: MediaPart): string {
    if (part === 'original' && (this.#kept.get(moment)?.size_bytes ?? 0) > MOST_SHOWN_BYTES) return '';
    return this.#pictures.url(moment, part);
  }

  openClip = async (_group: string, moment: string, onProgress: (part: number) => void, signal: AbortSignal): Promise<string> => {
    const size = Math.max(1, this.#kept.get(moment)?.size_bytes ?? 0);
    return URL.createObjectURL(await this.original(moment, (bytes) => onProgress(bytes / size), signal));
  };

  save = async (_group: string, moment: string): Promise<void> => {
    const blob = await this.original(moment, () => {}, new AbortController().signal);
    saveBlob(blob, this.#kept.get(moment)?.file_name || moment.slice(0, 12));
  };

  /** Guests record with their phone's own camera. */
  takeHome(): Promise<never> {
    return Promise.reject(new Failure('not_allowed', "the album is its members' to take home"));
  }

  openBundle(): Promise<never> {
    return Promise.reject(new Failure('not_allowed', 'bundles are for members'));
  }

  record(): ReturnType<Host['record']> {
    return Promise.reject(new Failure('not_allowed', 'guests do not record in the page'));
  }

  /** What guests add goes through [`sender`], which survives what a single request does not. */
  upload(): ReturnType<Host['upload']> {
    return Promise.reject(new Failure('not_allowed', 'guests do not upload in one piece'));
  }

  /** An original in memory. */
  async original(moment: string, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<Blob> {
    if ((this.#kept.get(moment)?.size_bytes ?? 0) > MOST_OPEN_BYTES) throw new Failure('too_large_here', 'a page cannot hold so much');
    const blob = await this.#reader.read(moment, 'original', onBytes, signal);
    if (blob === null) throw new Failure('not_here', 'the original is not at the door');
    return blob;
  }

  /** A session breaks when the network does; the request is asked at the next door then, or answered from what was seen. */
  readonly #answers: { [Name in keyof Calls]?: (args: Calls[Name]['args']) => Reply<Name> } = {
    'group.get': async () => this.#view(),
    'timeline.page': (args) =>
      this.#ask(
        async () => {
          const page = await this.#asked('timeline.page', { ...args, limit: Math.min(args.limit, 200), filter: unstacked(args.filter) });
          return { ...page, moments: this.#take(page.moments) };
        },
        () => this.#kept.page(args),
      ),
    'timeline.buckets': (args) =>
      this.#ask(
        () => this.#asked('timeline.buckets', { ...args, filter: unstacked(args.filter) }),
        () => this.#kept.buckets(args),
      ),
    'moment.get': (args) =>
      this.#ask(
        async () => this.#takeOne(await this.#asked('moment.get', args)),
        () => {
          const known = this.#kept.get(args.moment);
          if (known === undefined) throw new Failure('unreachable', 'no door is open, and this was not seen before');
          return known;
        },
      ),
    'screen.get': async (args) => this.#asked('screen.get', args),
    'moment.react': ({ moment, emoji, on }) => this.#say(moment, { reaction: { moment, emoji, on } }),
    'moment.retract': ({ moment }) => {
      const post = this.#posts.get(moment);
      if (post === undefined) throw new Failure('not_allowed', 'this page does not know which post it was');
      return this.#say(moment, { retraction: post });
    },
  };

  async #ask<T>(ask: () => Promise<T>, remember: () => T): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (cause) {
        if (!(cause instanceof Failure && cause.code === 'unreachable')) throw cause;
        // Moving on to another door is quick: only when there is none, what was seen has to do.
        if (attempt === 2 || (await this.#doors.open()) === null) return remember();
      }
    }
  }

  async #asked<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Reply<Name> {
    const session = await this.#doors.open();
    if (session === null) throw new Failure('unreachable', 'no door is open');
    return session.call(name, args);
  }

  async #say(moment: string, what: Parameters<typeof encodeSaid>[2]): Promise<MomentView> {
    const session = await this.#doors.open();
    if (session === null) throw new Failure('unreachable', 'no door is open');
    const id = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
    const said = encodeSaid(this.#doors.name, Date.now(), what);
    const signature = bytesToHex(this.#key.signPost(this.#group(), id, said));
    const view = await session.call('guest.say', { group: this.#group(), id, said: bytesToHex(said), signature });
    if (view.moment !== undefined) return this.#takeOne(view.moment);
    const before = this.#kept.get(moment);
    if (before === undefined) throw new Failure('unknown_moment', 'it is gone');
    return { ...before, retracted: true };
  }

  /** Seals are opened by this page: what it has opened it keeps. */
  async #picture(moment: string, part: MediaPart): Promise<Blob | null> {
    const isPreview = part === 'grid' || part === 'screen';
    const kept = isPreview ? await this.#keep?.picture(moment, part).catch(() => undefined) : undefined;
    if (kept !== undefined) return new Blob([kept], { type: 'image/jpeg' });
    const blob = await this.#reader.read(moment, part, () => {}, new AbortController().signal);
    if (blob !== null && isPreview)
      void blob
        .arrayBuffer()
        .then((bytes) => this.#keep?.keepPicture(moment, part, bytes))
        .catch(() => {});
    return blob;
  }

  async #enter(welcome: GuestWelcome, isNew: boolean): Promise<void> {
    const before = this.#welcome;
    this.#welcome = welcome;
    const { rights, host_name: name, file_bytes: fileBytes, expires_at_ms: expiresAtMs } = welcome;
    this.door = { name, canPost: rights.contribute, review: rights.review, fileBytes, expiresAtMs };
    if (before === null) await this.#openKeep(welcome.group);
    if (!isNew) return;
    this.#settle?.done();
    this.#settle = null;
    this.#linked = true;
    this.#pictures.again();
    this.#tell((one) => one.link(true));
    if (before !== null) this.#tell((one) => one.hear({ event: 'lagged' }));
  }

  async #openKeep(group: string): Promise<void> {
    this.#keep = await Keep.open(group);
    if (this.#keep === null) return;
    const [rows, posts] = await Promise.all([this.#keep.moments(), this.#keep.fact<[string, string][]>('posts')]).catch(() => [[], []]);
    this.#kept.take(rows ?? []);
    for (const [moment, post] of posts ?? []) this.#posts.set(moment, post);
  }

  #away(failure: Failure, shut: GuestHost['shut'] = failure.code === 'unreachable' ? 'away' : 'closed'): void {
    this.#settle?.fail(failure);
    this.shut = shut;
    if (!this.#linked) return;
    this.#linked = false;
    this.#tell((one) => one.link(false));
  }

  #hear(event: Event): void {
    if (event.event === 'timeline_changed') {
      this.#pictures.again([...event.added, ...event.changed]);
      this.#kept.drop(event.removed);
      void this.#keep?.dropMoments(event.removed).catch(() => {});
    } else if (event.event === 'lagged') this.#pictures.again();
    this.#tell((one) => one.hear(event));
  }

  #tell(say: (one: { hear: (event: Event) => void; link: (up: boolean) => void }) => void): void {
    for (const one of [...this.#listeners]) say(one);
  }

  #own(moment: string, post: string): void {
    this.#posts.set(moment, post);
    void this.#keep?.keepFact('posts', [...this.#posts]).catch(() => {});
  }

  #take(moments: readonly MomentView[]): MomentView[] {
    const views = moments.map(seenByGuest);
    this.#kept.take(views);
    if (views.length > 0) void this.#keep?.keepMoments(views).catch(() => {});
    return views;
  }

  #takeOne(moment: MomentView): MomentView {
    return this.#take([moment])[0] ?? moment;
  }

  #view(): GroupView {
    const { group: id, title } = this.#welcomed();
    return {
      id,
      title,
      created_at_ms: 0,
      ends_at_ms: 0,
      phase: 'active',
      member_count: 1,
      blind_box_count: 0,
      here_count: this.#linked ? 1 : 0,
      moment_count: 0,
      missing_count: 0,
      only_here_count: 0,
      can_invite: false,
      is_host: false,
      me: this.#key.hex,
      shares_location: false,
    };
  }

  #welcomed(): GuestWelcome {
    if (this.#welcome === null) throw new Failure('unreachable', 'no door was open yet');
    return this.#welcome;
  }

  #group(): string {
    return this.#welcomed().group;
  }
}

/** Guests do not spread stacks: every photo has its own tile. */
function unstacked({ stacked: _, ...filter }: TimelineFilter): TimelineFilter {
  return filter;
}

/** What belongs to the door's owner alone is no concern of a guest. */
function seenByGuest({ stack: _, ...moment }: MomentView): MomentView {
  return { ...moment, favourite: false, needs_choice: false, on_devices: Math.max(2, moment.on_devices) };
}
