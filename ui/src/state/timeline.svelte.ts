import type { Event, MomentView } from '../ipc/contract';
import { type Failure, type Host, toFailure } from '../ipc/host';
import { type Hour, hourOf } from '../lib/album';
import { Fresh } from '../lib/fresh';
import { Queue } from '../lib/queue';
import { Hours } from './hours';

type Changed = Extract<Event, { event: 'timeline_changed' }>;

/** A stretch of hours, `from` included, `until` not. */
export interface Range {
  readonly from: number;
  readonly until: number;
}

const PAGE = 500;
const FETCHES = 3;
const ASKS = 6;
/** More arrivals than this are counted and fetched by the hour instead of one by one. */
const ONE_BY_ONE = 24;
const GATHER_MS = 40;
const MOST_LOADED = 24_000;

/** One group's timeline: counts for all of it, moments where one looks, kept true by events. */
export class Timeline {
  /** Newest first. */
  hours = $state.raw<readonly Hour<MomentView>[]>([]);
  ready = $state(false);
  failure = $state.raw<Failure | null>(null);
  /** Arrivals since one scrolled away from the newest. */
  fresh = $state(0);
  /** Moments that came in while this page was open: shown with a short flourish. */
  readonly arrived = new Set<string>();
  /** How far originals are that are on their way now. */
  progress = $state.raw<ReadonlyMap<string, number>>(new Map());
  readonly total = $derived(this.hours.reduce((sum, { count }) => sum + count, 0));

  readonly #host: Host;
  readonly #group: string;
  readonly #hours = new Hours();
  readonly #flights = new Map<string, Promise<void>>();
  readonly #asks = new Queue(ASKS);
  readonly #recount: Fresh;
  readonly #onArrival: (moments: readonly MomentView[]) => void;
  #all = false;
  #wanted: readonly Range[] = [];
  #held: MomentView[] = [];
  #still: Range | null = null;
  #touched = new Set<number>();
  #gathered = emptyChange();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Moments opened by their address, whose hour may not be loaded. */
  readonly #opened = new Map<string, MomentView>();
  #version = $state(0);

  constructor(host: Host, group: string, onArrival: (moments: readonly MomentView[]) => void = () => {}) {
    this.#host = host;
    this.#group = group;
    this.#onArrival = onArrival;
    this.#recount = new Fresh(() => this.#countAgain());
  }

  /** Counts all hours; moments follow when they are wanted. */
  load(): Promise<void> {
    this.#all = true;
    return this.#recount.ask();
  }

  /** Says which hours are on the screen or near it; the first are fetched first. */
  want(ranges: readonly Range[]): void {
    this.#wanted = ranges;
    this.#pump();
  }

  /** Says which hours must not change under the reader's eyes; nothing when the newest are in view. */
  keepStill(range: Range | null): void {
    this.#still = range;
    if (range === null) this.fresh = 0;
    const free = this.#held.filter((moment) => !this.#isStill(moment));
    if (free.length === 0) return;
    this.#held = this.#held.filter((moment) => this.#isStill(moment));
    for (const moment of free) this.#hours.insert(moment);
    this.#publish();
  }

  /** The moment as last heard of. */
  get(id: string): MomentView | undefined {
    void this.#version;
    return this.#hours.get(id) ?? this.#opened.get(id);
  }

  /** Opens a moment by its id, and fetches the hour around it. */
  async open(id: string): Promise<MomentView> {
    const known = this.get(id);
    const moment = known ?? (await this.#host.call('moment.get', { group: this.#group, moment: id }));
    if (known === undefined) {
      this.#opened.set(id, moment);
      this.#version += 1;
    }
    const from = hourOf(moment.captured_at_ms);
    await this.#fetch({ from, until: from + 1 });
    return moment;
  }

  /** The next newer (-1) or older (+1) moment; nothing at the end. Fetches the neighbouring hour when it has to. */
  async neighbour(id: string, step: -1 | 1): Promise<MomentView | null> {
    const start = this.#hours.hourOfMoment(id);
    const at = this.hours.findIndex((hour) => hour.start === start);
    const here = this.hours[at];
    if (here === undefined) return null;
    const beside = here.items[here.items.findIndex((item) => item.id === id) + step];
    if (beside !== undefined) return beside;
    const next = this.hours[at + step];
    if (next === undefined) return null;
    await this.#fetch({ from: next.start, until: next.start + 1 });
    const items = this.hours.find((hour) => hour.start === next.start)?.items ?? [];
    return (step === 1 ? items[0] : items.at(-1)) ?? null;
  }

  /** Takes the newer view that a request answered. */
  take(moment: MomentView): void {
    if (moment.retracted) this.#hours.remove(moment.id);
    else this.#hours.replace(moment);
    if (this.#opened.has(moment.id)) this.#opened.set(moment.id, moment);
    this.#publish();
  }

  /** Hears what changed. Changes that come close together are asked for together. */
  apply(change: Changed): void {
    for (const id of change.added) this.#gathered.added.add(id);
    for (const id of change.changed) this.#gathered.changed.add(id);
    for (const id of change.removed) this.#gathered.removed.add(id);
    this.#timer ??= setTimeout(() => void this.#settle(), GATHER_MS);
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
    const many = added.size > ONE_BY_ONE;
    const one = [...changed].filter((id) => !removed.has(id) && !added.has(id) && this.#knows(id));
    const views = await Promise.all([...(many ? [] : [...added]), ...one].map((id) => this.#ask(id)));
    const fresh = views.filter((view) => view !== null && added.has(view.id)) as MomentView[];
    for (const view of views) {
      if (view !== null) this.#acceptView(view, added.has(view.id));
    }
    if (this.#still !== null) this.fresh += many ? added.size : fresh.length;
    if (many) await this.#recount.ask();
    this.#publish();
    if (fresh.length > 0) this.#onArrival(fresh);
  }

  #removeOne(id: string, added: Set<string>): void {
    added.delete(id);
    this.#held = this.#held.filter((moment) => moment.id !== id);
    const opened = this.#opened.get(id);
    if (opened !== undefined) this.#opened.set(id, { ...opened, retracted: true });
    if (!this.#hours.remove(id)) void this.#recount.ask();
  }

  #acceptView(view: MomentView, isNew: boolean): void {
    if (view.retracted) {
      this.#hours.remove(view.id);
      return;
    }
    if (this.#opened.has(view.id)) this.#opened.set(view.id, view);
    const held = this.#held.findIndex(({ id }) => id === view.id);
    if (held >= 0) this.#held[held] = view;
    else if (!isNew || this.#hours.has(view.id)) this.#hours.replace(view);
    else this.#arrive(view);
  }

  #arrive(view: MomentView): void {
    this.arrived.add(view.id);
    this.#touched.add(hourOf(view.captured_at_ms));
    if (this.#isStill(view)) this.#held.push(view);
    else this.#hours.insert(view);
  }

  #isStill({ captured_at_ms }: MomentView): boolean {
    const hour = hourOf(captured_at_ms);
    return this.#still !== null && hour >= this.#still.from && hour < this.#still.until;
  }

  #knows = (id: string) => this.#hours.has(id) || this.#opened.has(id) || this.#held.some((moment) => moment.id === id);

  #ask(id: string): Promise<MomentView | null> {
    return this.#asks.add(() => this.#host.call('moment.get', { group: this.#group, moment: id })).catch(() => null);
  }

  async #countAgain(): Promise<void> {
    const all = this.#all;
    this.#all = false;
    try {
      const { buckets } = await this.#host.call('timeline.buckets', {
        group: this.#group,
      });
      this.#hours.recount(buckets, all);
      this.failure = null;
      this.ready = true;
    } catch (cause) {
      this.failure = toFailure(cause);
    }
    this.#publish();
    this.#pump();
  }

  #pump(): void {
    for (const range of this.#wanted) {
      if (this.#flights.size >= FETCHES) return;
      if (this.#hours.incomplete(range.from, range.until))
        void this.#fetch(range).then(
          () => this.#pump(),
          () => {},
        );
    }
    this.#letGo();
  }

  #fetch(range: Range): Promise<void> {
    if (!this.#hours.incomplete(range.from, range.until)) return Promise.resolve();
    const key = `${range.from}`;
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying;
    const flight = this.#pages(range).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #pages({ from, until }: Range): Promise<void> {
    const hours = () => [...this.#touched].filter((hour) => hour >= from && hour < until);
    for (const hour of hours()) this.#touched.delete(hour);
    const filter = { from_ms: from, until_ms: hourOf(until - 1) + 3_600_000 };
    const moments: MomentView[] = [];
    let cursor: string | undefined;
    try {
      do {
        const page = await this.#host.call('timeline.page', {
          group: this.#group,
          limit: PAGE,
          filter,
          ...(cursor ? { cursor } : {}),
        });
        moments.push(...page.moments);
        cursor = page.next;
        const changedMeanwhile = hours().length > 0;
        this.#hours.fill(from, until, moments, cursor === undefined);
        if (cursor === undefined && changedMeanwhile) void this.#recount.ask();
        this.#publish();
      } while (cursor !== undefined);
      this.failure = null;
    } catch (cause) {
      this.failure = toFailure(cause);
      throw cause;
    }
  }

  /** Keeps memory bounded: hours far from the screen are fetched again when one comes back. */
  #letGo(): void {
    if (this.#hours.loaded <= MOST_LOADED) return;
    const near = (start: number) => this.#wanted.some(({ from, until }) => start >= from && start < until);
    for (const { start } of this.hours) {
      if (this.#hours.loaded <= MOST_LOADED / 2) break;
      if (!near(start)) this.#hours.forget(start);
    }
    this.#publish();
  }

  #publish(): void {
    this.hours = this.#hours.list();
    this.#version += 1;
  }
}

const emptyChange = () => ({
  added: new Set<string>(),
  changed: new Set<string>(),
  removed: new Set<string>(),
});
