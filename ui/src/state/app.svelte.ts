import { createContext } from 'svelte';
import type { AppStatus, BoxView, ClockPhoto, Event, GroupPage, JoinStage, MomentView } from '../ipc/contract';
import type { Host } from '../ipc/host';
import { shift } from '../lib/format';
import { opened } from '../lib/outcome';
import { sentence } from '../lib/sentence';
import { m } from '../paraglide/messages.js';
import { OpenGroup } from './group.svelte';
import { Loaded } from './loaded.svelte';
import { Machine } from './machine.svelte';
import { Toasts } from './toasts.svelte';
import { Uploads } from './uploads.svelte';

/** Everything the screens show, kept true by the host's events. */
export class App {
  readonly host: Host;
  readonly status: Loaded<AppStatus>;
  readonly groups: Loaded<GroupPage>;
  readonly box: Loaded<BoxView>;
  readonly toasts = new Toasts();
  readonly uploads: Uploads;
  /** The machine that the window runs on, where it is the app's window. */
  readonly machine: Machine | null;
  group = $state.raw<OpenGroup | null>(null);
  /** Whether the engine answers. */
  linked = $state(true);
  joinStage = $state<JoinStage | null>(null);
  /** How far the bundle that is being opened is, 0 to 1. */
  opening = $state<number | null>(null);
  readonly signedOut = $derived.by(() => this.status.failure?.code === 'signed_out');

  constructor(host: Host) {
    this.host = host;
    this.status = new Loaded(() => host.call('app.status', {}));
    this.groups = new Loaded(() => host.call('group.list', {}));
    this.machine = host.system ? new Machine(host.system) : null;
    this.uploads = new Uploads(host, {
      alreadyThere: (count) => this.toasts.done(m.upload_already_there({ count })),
      clock: (group, photo) => this.#clockPhoto(group, photo),
    });
    this.box = new Loaded(() => host.call('box.get', {}));
  }

  /** Loads what every screen needs and listens from then on. */
  start(): () => void {
    const stop = this.host.events(
      (event) => this.hear(event),
      (up) => this.#link(up),
    );
    void this.status.load();
    void this.groups.load();
    const leave = this.machine?.start();
    return () => {
      stop();
      leave?.();
    };
  }

  /** Makes a group the open one. */
  open(id: string): OpenGroup {
    if (this.group?.id !== id) {
      this.group?.leave();
      this.group = new OpenGroup(this.host, id, (moments) => this.#arrival(moments));
      void this.group.load();
    }
    return this.group;
  }

  close(): void {
    this.group?.leave();
    this.group = null;
  }

  /** Runs a request of the person; a failure is told, and answered with nothing. */
  async attempt<T>(request: Promise<T>): Promise<T | null> {
    try {
      return await request;
    } catch (cause) {
      this.toasts.failed(sentence(cause));
      return null;
    }
  }

  /** Merges a bundle, whichever group it is of. */
  async openBundle(file: File): Promise<void> {
    if (this.opening !== null) return;
    this.opening = 0;
    const receipt = await this.attempt(this.host.openBundle(file, (part) => (this.opening = part), new AbortController().signal));
    this.opening = null;
    if (receipt === null) return;
    this.toasts.done(opened(receipt));
    void this.group?.album.load();
  }

  hear(event: Event): void {
    switch (event.event) {
      case 'groups_changed':
        void this.groups.load();
        void this.group?.view.load();
        return;
      case 'status_changed':
        void this.status.load();
        return;
      case 'members_changed':
        void this.groups.load();
        this.#when(event.group, (group) => void Promise.all([group.members.load(), group.peers.load(), group.view.load()]));
        return;
      case 'invites_changed':
        this.#when(event.group, (group) => void group.invites.load());
        return;
      case 'guests_changed':
        this.#when(event.group, (group) => void (group.guests.value && group.guests.load()));
        return;
      case 'timeline_changed':
        this.#when(event.group, (group) => group.timeline.apply(event));
        return;
      case 'watch_changed':
        this.#when(event.group, (group) => void group.watch.load());
        return;
      case 'clocks_changed':
        this.#when(event.group, (group) => {
          void group.timeline.rearrange();
          if (group.clocks.value) void group.clocks.load();
        });
        return;
      case 'album_job':
        this.#when(event.group, (group) => void group.job.load());
        return;
      case 'transfer':
        this.#when(event.group, (group) => group.timeline.transfer(event.moment, event.progress));
        return;
      case 'join_progress':
        this.joinStage = event.stage;
        return;
      case 'box_changed':
        if (this.box.value !== null) void this.box.load();
        return;
      case 'lagged':
        void this.status.load();
        if (this.box.value !== null) void this.box.load();
        void this.groups.load();
        void this.group?.load();
        if (this.group?.invites.value) void this.group.invites.load();
        if (this.group?.guests.value) void this.group.guests.load();
    }
  }

  /** A photo of the group's clock was among what was added. */
  #clockPhoto(group: string, { camera, camera_name, offset_ms, set }: ClockPhoto): void {
    const named = camera_name || m.camera_unnamed();
    if (!set) {
      this.toasts.done(offset_ms === 0 ? m.clock_photo_right({ camera: named }) : m.clock_photo_known({ camera: named }));
      return;
    }
    this.toasts.offer(m.clock_photo_set({ camera: named, shift: shift(offset_ms) }), {
      label: m.undo(),
      act: () => void this.attempt(this.host.call('clock.undo', { group, camera })),
    });
  }

  #when(id: string, then: (group: OpenGroup) => void): void {
    if (this.group?.id === id) then(this.group);
  }

  #arrival(moments: readonly MomentView[]): void {
    const others = moments.filter(({ mine }) => !mine).length;
    if (others > 0) this.toasts.say(m.arrivals_spoken({ count: others }));
  }

  /** A broken connection may mean that the session is over: asking tells. */
  #link(up: boolean): void {
    this.linked = up;
    if (!up) void this.status.load();
  }
}

export const [useApp, provideApp] = createContext<App>();
