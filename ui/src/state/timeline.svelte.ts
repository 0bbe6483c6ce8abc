import type { Event, MomentView, TimelineFilter } from '../ipc/contract';
import { type Failure, type Host, toFailure } from '../ipc/host';
import { Fresh } from '../lib/fresh';
import { Queue } from '../lib/queue';
import { type Bucket, Buckets, hasTile, zoneOffsetMin } from './buckets';
import { Stacks } from './stacks';

type Changed = Extract<Event, { event: 'timeline_changed' }>;

/** What of the timeline is shown. */
export type Filter = Omit<TimelineFilter, 'from_ms' | 'until_ms' | 'stacked'>;

/** A stretch of time, `from` included, `until` not. */
export interface Range {
  readonly from: number;
  readonly until: number;
}

const PAGE = 200;
const FETCHES = 3;
const ASKS = 6;
/** More arrivals than this are counted and fetched by the bucket instead of one by one. */
const ONE_BY_ONE = 24;
/** Changes that come so close together are asked for together. */
export const GATHER_MS = 40;
const MOST_LOADED = 24_000;
/** Moments that one selection can reach over. */
const MOST_SPAN = 5_000;

/** One group's timeline: the layout of all of it, moments where one looks, kept true by events. */
export class Timeline {
  /** Newest first, opened stacks spread out. */
  buckets = $state.raw<readonly Bucket[]>([]);
  ready = $state(false);
  failure = $state.raw<Failure | null>(null);
  filter = $state.raw<Filter>({});
  /** Arrivals since one scrolled away from the newest. */
  fresh = $state(0);
  /** Moments that came in while this page was open: shown with a short flourish. */
  readonly arrived = new Set<string>();
  /** How far originals are that are on their way now. */
  progress = $state.raw<ReadonlyMap<string, number>>(new Map());
  readonly total = $derived(this.buckets.reduce((sum, { count }) => sum + count, 0));
  readonly filtered = $derived(Object.values(this.filter).some((value) => value !== undefined && value !== false));

  readonly #host: Host;
  readonly #group: string;
  readonly #buckets = new Buckets();
  #stacks: Stacks;
  readonly #flights = new Map<string, Promise<void>>();
  readonly #asks = new Queue(ASKS);
  readonly #recount: Fresh;
  readonly #onArrival: (moments: readonly MomentView[]) => void;
  #all = false;
  /** Counts the filters that were set: what an earlier one asked for is dropped. */
  #epoch = 0;
  #wanted: readonly Range[] = [];
  #held: MomentView[] = [];
  #still: Range | null = null;
  #gathered = emptyChange();
  /** Changes one after the other: what changes while a moment is asked for is asked for once it is known. */
  readonly #settling = new Fresh(() => this.#settle());
  /** Counts changes; of each moment the last one that was heard while answers are on their way. */
  #changes = 0;
  readonly #heard = new Map<string, number>();
  #underway = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Moments opened by their address, which may not be loaded. */
  readonly #opened = new Map<string, MomentView>();
  /** Moments that are being taken back, until they are or their owner thinks better of it. */
  readonly #hidden = new Set<string>();
  #version = $state(0);

  constructor(host: Host, group: string, onArrival: (moments: readonly MomentView[]) => void = () => {}) {
    this.#host = host;
    this.#group = group;
    this.#onArrival = onArrival;
    this.#recount = new Fresh(() => this.#countAgain());
    this.#stacks = this.#noStacks();
  }

  /** Asks for the whole layout; moments follow when they are wanted. */
  load(): Promise<void> {
    this.#all = true;
    return this.#recount.ask();
  }

  /** Moments stand at other times: everything is asked for anew. */
  rearrange(): Promise<void> {
    return this.show(this.filter);
  }

  /** Shows other moments. */
  async show(filter: Filter): Promise<void> {
    this.#epoch += 1;
    this.filter = filter;
    this.#flights.clear();
    this.#opened.clear();
    this.#stacks = this.#noStacks();
    this.#held = [];
    this.fresh = 0;
    const before = this.#epoch;
    await this.#recount.ask();
    if (before === this.#epoch) this.#pump();
  }

  /** Says what is on the screen or near it; the first are fetched first. */
  want(ranges: readonly Range[]): void {
    this.#wanted = ranges;
    this.#pump();
  }

  /** Says which stretch must not change under the reader's eyes; nothing when the newest are in view. */
  keepStill(range: Range | null): void {
    this.#still = range;
    if (range === null) this.fresh = 0;
    const free = this.#held.filter((moment) => !this.#isStill(moment));
    if (free.length === 0) return;
    this.#held = this.#held.filter((moment) => this.#isStill(moment));
    for (const moment of free) this.#insert(moment);
    this.#publish();
  }

  /** The moment as last heard of. */
  get(id: string): MomentView | undefined {
    void this.#version;
    return this.#buckets.get(id) ?? this.#stacks.get(id) ?? this.#opened.get(id);
  }

  /** Opens a moment by its id, and fetches what stands around it. */
  async open(id: string): Promise<MomentView> {
    const known = this.get(id);
    const moment =
      known ??
      (await this.#current(
        () => this.#getOne(id),
        (opened) => [opened],
      ));
    if (known === undefined) {
      this.#opened.set(id, moment);
      this.#version += 1;
    }
    const members = moment.stack ? await this.#stacks.load(moment.stack.head) : [];
    const tile = members.find((member) => member.id === moment.stack?.head) ?? moment;
    await this.#fetchAround(tile.captured_at_ms);
    return moment;
  }

  /** The next newer (-1) or older (+1) moment, through stacks as well; nothing at the end. */
  async neighbour(id: string, step: -1 | 1): Promise<MomentView | null> {
    const head = this.#stacks.headOf(id) ?? this.get(id)?.stack?.head;
    if (head !== undefined) await this.#stacks.load(head);
    const inStack = this.#stacks.beside(id, step);
    if (inStack !== undefined) return inStack;
    const tile = await this.#besideTile(head ?? id, step);
    if (tile === null || !tile.stack) return tile;
    const members = await this.#stacks.load(tile.stack.head);
    return (step === 1 ? members[0] : members.at(-1)) ?? tile;
  }

  async #besideTile(id: string, step: -1 | 1): Promise<MomentView | null> {
    const start = this.#buckets.startOf(id);
    const list = this.#buckets.list();
    const at = list.findIndex((bucket) => bucket.start === start);
    const here = list[at];
    if (here === undefined) return null;
    const beside = here.items[here.items.findIndex((item) => item.id === id) + step];
    if (beside !== undefined) return beside;
    const next = list[at + step];
    if (next === undefined) return null;
    await this.#fetch({ from: next.start, until: next.until });
    const items = this.#buckets.list().find((bucket) => bucket.start === next.start)?.items ?? [];
    return (step === 1 ? items[0] : items.at(-1)) ?? null;
  }

  /** Opens a stack in its place, or closes it. */
  async toggleStack(head: string): Promise<void> {
    await this.#stacks.toggle(head);
    this.#publish();
  }

  isOpenStack = (head: string): boolean => this.#stacks.isOpen(head);

  /** The ids from one tile to another, both included, in order; fetches what lies between. */
  async span(from: number, until: number): Promise<string[]> {
    const [first, last] = from <= until ? [from, until] : [until, from];
    const end = Math.min(last, first + MOST_SPAN - 1);
    const met = () => {
      let at = 0;
      return this.buckets.flatMap((bucket) => {
        const start = at;
        at += bucket.shapes.length;
        return start <= end && at > first ? [{ bucket, start }] : [];
      });
    };
    await Promise.all(met().map(({ bucket }) => this.#fetch({ from: bucket.start, until: bucket.until })));
    return met().flatMap(({ bucket, start }) =>
      bucket.items.slice(Math.max(0, first - start), Math.max(0, end + 1 - start)).map(({ id }) => id),
    );
  }

  /** Takes the newer view that a request answered. */
  take(view: MomentView): void {
    const moment = this.#asShown(view);
    if (moment.retracted) this.#buckets.remove(moment.id);
    else this.#buckets.replace(moment);
    this.#stacks.replace(moment);
    if (this.#opened.has(moment.id)) this.#opened.set(moment.id, moment);
    this.#publish();
  }

  /** Takes moments from view, or lets them back. */
  hide(ids: readonly string[], on: boolean): void {
    for (const id of ids) {
      if (on) this.#hidden.add(id);
      else this.#hidden.delete(id);
    }
    this.#publish();
  }

  /** Hears what changed. Changes that come close together are asked for together. */
  apply(change: Changed): void {
    for (const id of change.added) this.#gathered.added.add(id);
    for (const id of change.changed) this.#gathered.changed.add(id);
    for (const id of change.removed) this.#gathered.removed.add(id);
    this.#changes += 1;
    if (this.#underway > 0) for (const id of change.changed) this.#heard.set(id, this.#changes);
    this.#settleSoon();
  }

  #settleSoon(): void {
    this.#timer ??= setTimeout(() => void this.#settling.ask(), GATHER_MS);
  }

  /** Asks for moments. Those that changed meanwhile are asked for again: the answer may be older than the change. */
  async #current<Answer>(ask: () => Promise<Answer>, moments: (answer: Answer) => readonly MomentView[]): Promise<Answer> {
    const before = this.#changes;
    this.#underway += 1;
    try {
      const answer = await ask();
      const doubtful = moments(answer).filter(({ id }) => (this.#heard.get(id) ?? 0) > before);
      for (const { id } of doubtful) this.#gathered.changed.add(id);
      if (doubtful.length > 0) this.#settleSoon();
      return answer;
    } finally {
      this.#underway -= 1;
      if (this.#underway === 0) this.#heard.clear();
    }
  }

  transfer(moment: string, part: number): void {
    const progress = new Map(this.progress);
    if (part >= 1) progress.delete(moment);
    else progress.set(moment, part);
    this.progress = progress;
  }

  async #settle(): Promise<void> {
    const { added, changed, removed } = this.#gathered;
    this.#gathered = emptyChange();
    this.#timer = undefined;
    for (const id of removed) this.#removeOne(id, added);
    const many = added.size > ONE_BY_ONE || (this.filtered && added.size > 0);
    const one = [...changed].filter((id) => !removed.has(id) && !added.has(id) && this.#knows(id));
    const views = await Promise.all([...(many ? [] : [...added]), ...one].map((id) => this.#ask(id)));
    const fresh = views.filter((view) => view !== null && added.has(view.id)) as MomentView[];
    for (const view of views) {
      if (view !== null) this.#acceptView(view, added.has(view.id));
    }
    await this.#stacks.renew();
    if (many) await this.#countMany(added.size);
    else if (this.#still !== null) this.fresh += fresh.length;
    this.#publish();
    if (fresh.length > 0) this.#onArrival(fresh);
  }

  /** Moments came that are not asked for one by one. Which of them a filter lets in only its count tells. */
  async #countMany(added: number): Promise<void> {
    const before = { total: this.total, epoch: this.#epoch };
    await this.#recount.ask();
    if (this.#still === null || before.epoch !== this.#epoch) return;
    this.fresh += this.filtered ? Math.max(0, this.total - before.total) : added;
  }

  #removeOne(id: string, added: Set<string>): void {
    added.delete(id);
    this.#hidden.delete(id);
    this.#stacks.remove(id);
    this.#held = this.#held.filter((moment) => moment.id !== id);
    const opened = this.#opened.get(id);
    if (opened !== undefined) this.#opened.set(id, { ...opened, retracted: true });
    if (!this.#buckets.remove(id)) void this.#recount.ask();
  }

  #acceptView(view: MomentView, isNew: boolean): void {
    if (view.retracted) {
      this.#buckets.remove(view.id);
      return;
    }
    if (this.#opened.has(view.id)) this.#opened.set(view.id, view);
    this.#stacks.replace(view);
    const held = this.#held.findIndex(({ id }) => id === view.id);
    if (held >= 0) this.#held[held] = view;
    else if (!isNew || this.#buckets.has(view.id)) this.#replace(view);
    else this.#arrive(view);
  }

  /** A moment that leaves a stack comes back as a tile. */
  #replace(view: MomentView): void {
    const isTile = this.#buckets.has(view.id);
    if (isTile !== hasTile(view)) this.#doubt(view.captured_at_ms);
    this.#buckets.replace(view);
  }

  #arrive(view: MomentView): void {
    this.arrived.add(view.id);
    if (this.#isStill(view)) this.#held.push(view);
    else this.#insert(view);
  }

  #insert(view: MomentView): void {
    if (!this.#buckets.insert(view)) this.#doubt(view.captured_at_ms);
  }

  #doubt(ms: number): void {
    this.#buckets.doubt(ms);
    void this.#recount.ask();
  }

  #isStill({ captured_at_ms: at }: MomentView): boolean {
    return this.#still !== null && at >= this.#still.from && at < this.#still.until;
  }

  #knows = (id: string) =>
    this.#buckets.has(id) || this.#stacks.get(id) !== undefined || this.#opened.has(id) || this.#held.some((moment) => moment.id === id);

  #ask = (id: string): Promise<MomentView | null> => this.#asks.add(() => this.#getOne(id)).catch(() => null);

  async #getOne(id: string): Promise<MomentView> {
    return this.#asShown(await this.#host.call('moment.get', { group: this.#group, moment: id }));
  }

  /** Stacks are closed where one browses, and spread where one looks for single moments. */
  #query(): TimelineFilter {
    return { ...this.filter, ...(this.#isStacked() ? { stacked: true } : {}) };
  }

  #isStacked = () => !this.filter.favourites && this.filter.text === undefined && this.filter.received_after_ms === undefined;

  /** Where stacks are spread, a moment stands for itself. */
  #asShown(view: MomentView): MomentView {
    if (view.stack === undefined || this.#isStacked()) return view;
    const { stack: _, ...single } = view;
    return single;
  }

  #noStacks(): Stacks {
    return new Stacks((moment) =>
      this.#current(
        () => this.#host.call('timeline.stack', { group: this.#group, moment }).then(({ moments }) => moments),
        (moments) => moments,
      ),
    );
  }

  async #countAgain(): Promise<void> {
    const all = this.#all;
    const epoch = this.#epoch;
    this.#all = false;
    try {
      const { buckets } = await this.#host.call('timeline.buckets', {
        group: this.#group,
        filter: this.#query(),
        offset_min: zoneOffsetMin(Date.now()),
      });
      if (epoch !== this.#epoch) return;
      if (this.#counted !== epoch) this.#buckets.clear();
      this.#counted = epoch;
      this.#buckets.recount(buckets, all);
      this.failure = null;
      this.ready = true;
    } catch (cause) {
      this.failure = toFailure(cause);
    }
    this.#publish();
    this.#pump();
  }

  #counted = 0;

  #pump(): void {
    for (const range of this.#wanted) {
      if (this.#flights.size >= FETCHES) return;
      if (this.#buckets.incomplete(range.from, range.until))
        void this.#fetch(range).then(
          () => this.#pump(),
          () => {},
        );
    }
    this.#letGo();
  }

  async #fetchAround(ms: number): Promise<void> {
    const bucket = this.#buckets.around(ms);
    if (bucket !== undefined) await this.#fetch({ from: bucket.start, until: bucket.until });
  }

  #fetch(range: Range): Promise<void> {
    if (!this.#buckets.incomplete(range.from, range.until)) return Promise.resolve();
    const key = `${range.from}`;
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying;
    const flight = this.#pages(range).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  async #pages({ from, until }: Range): Promise<void> {
    const epoch = this.#epoch;
    const moments: MomentView[] = [];
    let cursor: string | undefined;
    try {
      do {
        const asked = {
          group: this.#group,
          limit: PAGE,
          filter: { ...this.#query(), from_ms: from, until_ms: until },
          ...(cursor ? { cursor } : {}),
        };
        const page = await this.#current(
          () => this.#host.call('timeline.page', asked),
          ({ moments }) => moments,
        );
        if (epoch !== this.#epoch) return;
        moments.push(...page.moments.map((view) => this.#asShown(view)));
        cursor = page.next;
        this.#buckets.fill(from, until, this.#free(moments), cursor === undefined);
        this.#publish();
      } while (cursor !== undefined);
      this.failure = null;
    } catch (cause) {
      this.failure = toFailure(cause);
      throw cause;
    }
  }

  /** Without those that wait for a better moment to be shown. */
  #free(moments: readonly MomentView[]): MomentView[] {
    return moments.filter(({ id }) => !this.#held.some((held) => held.id === id));
  }

  /** Keeps memory bounded: what is far from the screen is fetched again when one comes back. */
  #letGo(): void {
    if (this.#buckets.loaded <= MOST_LOADED) return;
    const near = ({ start, until }: Bucket) => this.#wanted.some((range) => until > range.from && start < range.until);
    for (const bucket of this.buckets) {
      if (this.#buckets.loaded <= MOST_LOADED / 2) break;
      if (!near(bucket)) this.#buckets.forget(bucket.start);
    }
    this.#publish();
  }

  #publish(): void {
    this.buckets = this.#buckets.list().map((bucket) => this.#stacks.spread(bucket, this.#hidden));
    this.#version += 1;
  }
}

const emptyChange = () => ({
  added: new Set<string>(),
  changed: new Set<string>(),
  removed: new Set<string>(),
});
