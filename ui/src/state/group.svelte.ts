import type { GroupView, InvitePage, MemberPage, MomentView, PeerPage } from '../ipc/contract';
import type { Host } from '../ipc/host';
import { Loaded } from './loaded.svelte';
import { Timeline } from './timeline.svelte';

/** The group that is open: what it is, who is in it, its timeline. */
export class OpenGroup {
  readonly id: string;
  readonly view: Loaded<GroupView>;
  readonly members: Loaded<MemberPage>;
  readonly peers: Loaded<PeerPage>;
  readonly invites: Loaded<InvitePage>;
  readonly timeline: Timeline;

  constructor(host: Host, id: string, onArrival: (moments: readonly MomentView[]) => void) {
    this.id = id;
    this.view = new Loaded(() => host.call('group.get', { group: id }));
    this.members = new Loaded(() => host.call('member.list', { group: id }));
    this.peers = new Loaded(() => host.call('peer.list', { group: id }));
    this.invites = new Loaded(() => host.call('invite.list', { group: id }));
    this.timeline = new Timeline(host, id, onArrival);
  }

  async load(): Promise<void> {
    await Promise.all([this.view.load(), this.members.load(), this.peers.load(), this.timeline.load()]);
  }
}
