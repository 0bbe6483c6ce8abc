import type {
  AlbumView,
  ClockPage,
  GroupView,
  GuestPage,
  InvitePage,
  JobPage,
  MemberPage,
  MomentView,
  PeerPage,
  StorageView,
  WatchView,
} from '../ipc/contract';
import type { Host } from '../ipc/host';
import { Covers } from './covers';
import { Loaded } from './loaded.svelte';
import { Timeline } from './timeline.svelte';

/** The group that is open: what it is, who is in it, its timeline. */
export class OpenGroup {
  readonly id: string;
  readonly view: Loaded<GroupView>;
  readonly members: Loaded<MemberPage>;
  readonly peers: Loaded<PeerPage>;
  readonly invites: Loaded<InvitePage>;
  readonly guests: Loaded<GuestPage>;
  readonly storage: Loaded<StorageView>;
  readonly clocks: Loaded<ClockPage>;
  readonly album: Loaded<AlbumView>;
  readonly job: Loaded<JobPage>;
  readonly watch: Loaded<WatchView>;
  readonly timeline: Timeline;
  readonly covers: Covers;
  /** What came after was new when the group was opened. */
  seenUntil = $state<number | undefined>();
  readonly #host: Host;

  constructor(host: Host, id: string, onArrival: (moments: readonly MomentView[]) => void) {
    this.id = id;
    this.#host = host;
    this.view = new Loaded(() => host.call('group.get', { group: id }));
    this.members = new Loaded(() => host.call('member.list', { group: id }));
    this.peers = new Loaded(() => host.call('peer.list', { group: id }));
    this.invites = new Loaded(() => host.call('invite.list', { group: id }));
    this.guests = new Loaded(() => host.call('guest.list', { group: id }));
    this.storage = new Loaded(() => host.call('storage.get', { group: id }));
    this.clocks = new Loaded(() => host.call('clock.list', { group: id }));
    this.album = new Loaded(() => host.call('album.get', { group: id }));
    this.job = new Loaded(() => host.call('album.job', { group: id }));
    this.watch = new Loaded(() => host.call('watch.get', { group: id }));
    this.covers = new Covers(host, id);
    this.timeline = new Timeline(host, id, onArrival);
  }

  /** Devices that say what they hold; nobody knows it of blind boxes for certain. */
  get devices(): number {
    const view = this.view.value;
    return view === null ? 1 : view.member_count - view.blind_box_count;
  }

  async load(): Promise<void> {
    await Promise.all([this.view.load(), this.members.load(), this.peers.load(), this.timeline.load(), this.watch.load(), this.#askSeen()]);
  }

  /** What is here now was seen. */
  leave(): void {
    void this.#host.call('timeline.seen', { group: this.id, until_ms: Date.now() }).catch(() => {});
  }

  async #askSeen(): Promise<void> {
    if (this.seenUntil !== undefined) return;
    const seen = await this.#host.call('timeline.seen', { group: this.id }).catch(() => null);
    if (seen !== null) this.seenUntil = seen.until_ms;
  }
}
