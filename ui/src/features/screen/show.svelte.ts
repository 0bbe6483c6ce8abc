import type { Event, MomentView } from '../../ipc/contract';
import type { Host } from '../../ipc/host';

const PAGE = 100;
/** Arrivals that wait for their turn; of more the oldest give way and come round with the others. */
const MOST_FRESH = 40;
/** Steps that one can go back. */
const MOST_BACK = 50;
/** With so many waiting each is shown for a shorter time. */
const CROWD = 4;
const PHOTO_MS = 8_000;
const CROWD_MS = 4_000;
const CLIP_MS = 20_000;
/** When nothing can be shown, it is looked again after this. */
const AGAIN_MS = 3_000;

/** Whether there is a picture to show. */
const isShowable = (moment: MomentView) =>
  !moment.retracted &&
  moment.held_back === undefined &&
  moment.live === undefined &&
  (moment.screen.state === 'complete' || moment.grid.state === 'complete');

/**
 * What a big screen shows, one moment after the other: what has just come, newest first, and when nothing has, the whole album from
 * the newest backwards, round and round. Keeps one page of it, so that it can run for days.
 */
export class Show {
  current = $state.raw<MomentView | null>(null);
  paused = $state(false);
  /** Whether the album has nothing that can be shown. */
  empty = $state(false);
  fresh = $state.raw<readonly MomentView[]>([]);
  readonly #host: Host;
  readonly #group: string;
  #page: MomentView[] = [];
  #cursor: string | undefined;
  #back: MomentView[] = [];
  #ahead: MomentView[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turning: Promise<void> | null = null;
  #stopped = false;

  constructor(host: Host, group: string) {
    this.#host = host;
    this.#group = group;
  }

  /** Runs until the answer is called. */
  start(): () => void {
    // One after the other: a picture may come while its moment is being asked for.
    let heard = Promise.resolve();
    const stop = this.#host.events((event) => {
      heard = heard.then(() => this.hear(event));
    });
    void this.next();
    return () => {
      this.#stopped = true;
      clearTimeout(this.#timer);
      stop();
    };
  }

  /** Shows what comes next. */
  next(): Promise<void> {
    this.#turning ??= this.#turn().finally(() => (this.#turning = null));
    return this.#turning;
  }

  /** Shows what was shown before. */
  back(): void {
    const before = this.#back.pop();
    if (before === undefined) return;
    if (this.current !== null) this.#ahead.unshift(this.current);
    this.#ahead.length = Math.min(this.#ahead.length, MOST_BACK);
    this.#show(before);
  }

  pause(): void {
    this.paused = !this.paused;
    if (this.paused) clearTimeout(this.#timer);
    else this.#wait();
  }

  async hear(event: Event): Promise<void> {
    if (event.event === 'lagged') {
      this.#restart();
      if (this.current === null) await this.next();
      return;
    }
    if (event.event !== 'timeline_changed' || event.group !== this.#group) return;
    this.#forget(new Set(event.removed));
    const different = [...new Set([...event.added, ...event.changed])];
    // A preview may come after its moment; what was shown or is to be shown is asked for again, the rest comes by itself.
    const asked = different.filter(
      (id) => event.added.includes(id) || this.#waits(id) || this.current?.id === id || this.#pending.delete(id),
    );
    const views = await Promise.all(asked.slice(0, MOST_FRESH).map((moment) => this.#get(moment)));
    const known = views.filter((view) => view !== null);
    this.#forget(new Set(known.filter((view) => !isShowable(view)).map(({ id }) => id)));
    const arrived = known.filter((view) => isShowable(view) && !this.#waits(view.id) && view.id !== this.current?.id);
    for (const { id } of known.filter((view) => event.added.includes(view.id) && !isShowable(view))) this.#await(id);
    this.fresh = [...this.fresh, ...arrived].slice(-MOST_FRESH);
    const same = known.find(({ id }) => id === this.current?.id);
    if (same !== undefined && isShowable(same)) this.current = same;
    if (this.current === null && arrived.length > 0) await this.next();
  }

  /** Moments without a picture yet, the latest few. */
  readonly #pending = new Set<string>();

  #await(id: string): void {
    this.#pending.add(id);
    if (this.#pending.size > MOST_FRESH) this.#pending.delete([...this.#pending][0] ?? '');
  }

  #waits(id: string): boolean {
    return this.fresh.some((moment) => moment.id === id);
  }

  /** Takes moments out of everything that would show them. */
  #forget(ids: ReadonlySet<string>): void {
    if (ids.size === 0) return;
    const stays = ({ id }: MomentView) => !ids.has(id);
    this.fresh = this.fresh.filter(stays);
    this.#page = this.#page.filter(stays);
    this.#back = this.#back.filter(stays);
    this.#ahead = this.#ahead.filter(stays);
    if (this.current !== null && !stays(this.current)) {
      this.current = null;
      void this.next();
    }
  }

  async #turn(): Promise<void> {
    const next = this.#ahead.shift() ?? this.#takeFresh() ?? (await this.#fromAlbum());
    if (this.#stopped) return;
    this.empty = next === null && this.current === null;
    if (next === null) {
      this.#wait(AGAIN_MS);
      return;
    }
    if (this.current !== null && this.current.id !== next.id) {
      this.#back.push(this.current);
      if (this.#back.length > MOST_BACK) this.#back.shift();
    }
    this.#show(next);
  }

  #takeFresh(): MomentView | undefined {
    const newest = this.fresh.at(-1);
    this.fresh = this.fresh.slice(0, -1);
    return newest;
  }

  /** The next of the album; from its end on it begins again. */
  async #fromAlbum(): Promise<MomentView | null> {
    let rounds = 0;
    for (;;) {
      const next = this.#page.shift();
      if (next !== undefined) {
        if (isShowable(next)) return next;
        continue;
      }
      if (this.#cursor === undefined && rounds > 0) return null;
      if (this.#cursor === undefined) rounds += 1;
      const page = await this.#ask();
      if (page === null) return null;
      this.#page = page.moments;
      this.#cursor = page.next;
    }
  }

  #restart(): void {
    this.#page = [];
    this.#cursor = undefined;
  }

  async #ask() {
    const query = { group: this.#group, limit: PAGE, filter: { screens: true, stacked: true } };
    try {
      return await this.#host.call('timeline.page', this.#cursor === undefined ? query : { ...query, cursor: this.#cursor });
    } catch {
      // The engine does not answer: what is shown stays, and it is tried again.
      return null;
    }
  }

  async #get(moment: string): Promise<MomentView | null> {
    try {
      return await this.#host.call('moment.get', { group: this.#group, moment });
    } catch {
      return null;
    }
  }

  #show(moment: MomentView): void {
    this.current = moment;
    this.#wait();
  }

  #wait(ms = this.#lengthMs()): void {
    clearTimeout(this.#timer);
    if (!this.paused && !this.#stopped) this.#timer = setTimeout(() => void this.next(), ms);
  }

  #lengthMs(): number {
    if (this.current?.kind === 'clip') return Math.min(Math.max(this.current.duration_ms ?? PHOTO_MS, PHOTO_MS), CLIP_MS);
    return this.fresh.length > CROWD ? CROWD_MS : PHOTO_MS;
  }
}
