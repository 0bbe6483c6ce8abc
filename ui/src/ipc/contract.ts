// Generated from src-tauri/crates/glow-api by `npm run contract`. Do not edit.
/* eslint-disable */

/**
 * The state of the app.
 */
export type AppStatus = { 
/**
 * The app's version, `major.minor.patch`.
 */
version: string, 
/**
 * The owner's name and colour; absent until first set.
 */
profile?: Profile, 
/**
 * Where secret keys rest on this device.
 */
secrets_at: SecretsAt, 
/**
 * Whether clips can be given a poster frame by a tool found on this system.
 */
can_poster_clips: boolean, 
/**
 * Whether HEIC and AVIF photos can be given a preview by a tool found on this system.
 */
can_preview_heic: boolean, 
/**
 * Free space of the disk that holds the data, in bytes; absent where the system does not say.
 */
free_disk_bytes?: number, 
/**
 * Whether originals are held back because the disk is nearly full.
 */
disk_low: boolean, 
/**
 * Whether this device is a venue box.
 */
is_box: boolean, 
/**
 * Whether moments can be printed here on request.
 */
can_print: boolean, };

/**
 * Where secret keys rest.
 */
export type SecretsAt = "keychain" | "file";

/**
 * The owner's name and colour, used in groups from then on.
 */
export type Profile = { 
/**
 * At most 64 characters.
 */
name: string, 
/**
 * One of twelve hues, 0 to 11.
 */
colour: number, };

/**
 * Sets the owner's profile and publishes it in every group that is active.
 */
export type ProfileSet = { 
/**
 * At most 64 characters; control characters are removed.
 */
name: string, 
/**
 * One of twelve hues, 0 to 11.
 */
colour: number, };

/**
 * Asks for the state of the app.
 */
export type StatusGet = Record<symbol, never>;

/**
 * Asks for what helps to find a fault: nothing of it leaves this device by itself.
 */
export type DiagnosticsGet = Record<symbol, never>;

/**
 * What helps to find a fault, for its owner to read and to give away: no names, no keys, no invites.
 */
export type DiagnosticsView = { 
/**
 * One text each.
 */
parts: Array<DiagnosticsPart>, };

/**
 * One text of the diagnostics.
 */
export type DiagnosticsPart = { 
/**
 * What it is, as the name of a file.
 */
name: string, 
/**
 * All of it.
 */
text: string, };

/**
 * Starts a group on this device.
 */
export type GroupCreate = { 
/**
 * The event's name, at most 100 characters.
 */
title: string, 
/**
 * When capture ends; 24 hours from the start when absent.
 */
ends_at_ms?: number, };

/**
 * Asks for all groups on this device.
 */
export type GroupList = Record<symbol, never>;

/**
 * Asks for one group.
 */
export type GroupGet = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Joins a group by a link. Answers when a member has admitted this device; [`crate::Event::JoinProgress`] tells the way.
 */
export type GroupJoin = { 
/**
 * The whole link, `afterglow://join/...`.
 */
link: string, 
/**
 * An address typed by hand, `host:port`, tried beside those found.
 */
address?: string, };

/**
 * Leaves a group: its keys are destroyed and its album is removed from this device.
 */
export type GroupLeave = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Says whether this device shares where its photos were taken in this group. It counts for what is added from then on.
 */
export type GroupLocation = { 
/**
 * The group's id.
 */
group: string, 
/**
 * True to share.
 */
share: boolean, };

/**
 * All groups on this device, newest activity first.
 */
export type GroupPage = { 
/**
 * The groups.
 */
groups: Array<GroupView>, };

/**
 * What a blind box holds of a group: sealed, for others to fetch.
 */
export type CargoView = { 
/**
 * Sealed pieces that are complete.
 */
blobs: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Those that are still on their way.
 */
missing: number, };

/**
 * One group as home shows it.
 */
export type GroupView = { 
/**
 * The group's id.
 */
id: string, 
/**
 * The event's name.
 */
title: string, 
/**
 * When it was started.
 */
created_at_ms: number, 
/**
 * When capture ends.
 */
ends_at_ms: number, 
/**
 * Where it stands.
 */
phase: GroupPhase, 
/**
 * Members, this device included.
 */
member_count: number, 
/**
 * Members that are blind boxes: they say nothing of what they hold, so no count of copies has them.
 */
blind_box_count: number, 
/**
 * Members connected right now, this device not counted.
 */
here_count: number, 
/**
 * Moments on the timeline.
 */
moment_count: number, 
/**
 * Moments of which previews or originals that are wished for are still on their way to this device.
 */
missing_count: number, 
/**
 * Why what is missing does not come; absent where nothing holds it back.
 */
blocked?: Blocked, 
/**
 * Own moments of which no other member was ever seen to hold the original: they are on this device only.
 */
only_here_count: number, 
/**
 * The newest moment that has a picture, as the cover: its media path for the grid preview.
 */
cover?: string, 
/**
 * The cover's placeholder (thumbhash), base64.
 */
cover_placeholder?: string, 
/**
 * When the newest moment was captured.
 */
last_moment_at_ms?: number, 
/**
 * Whether this device may make invites.
 */
can_invite: boolean, 
/**
 * Whether this device is a host.
 */
is_host: boolean, 
/**
 * This device's id in the group.
 */
me: string, 
/**
 * Whether this device shares where photos were taken in this group; off unless the owner chose it.
 */
shares_location: boolean, 
/**
 * What this device carries without being able to read it; absent where it can.
 */
carries?: CargoView, };

/**
 * Where a group stands.
 */
export type GroupPhase = "active" | "ended" | "removed" | "update_needed";

/**
 * Makes an invite.
 */
export type InviteCreate = { 
/**
 * The group's id.
 */
group: string, 
/**
 * How long it lets people in, in minutes; until the group's end when absent.
 */
expires_in_min?: number, 
/**
 * How many may use it; unlimited when absent.
 */
max_uses?: number, 
/**
 * Whether it is for a blind box: whoever comes by it holds and passes on what is sealed, and can read none of it.
 */
carrier?: boolean, };

/**
 * Asks for the invites this device can still show.
 */
export type InviteList = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Closes an invite: nobody is admitted with it from then on.
 */
export type InviteRevoke = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The invite's id.
 */
invite: string, };

/**
 * Reads a link without joining.
 */
export type InviteInspect = { 
/**
 * The whole link.
 */
link: string, };

/**
 * What a link says.
 */
export type InvitePreview = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The event's name.
 */
title: string, 
/**
 * Whether this device is in that group already.
 */
already_member: boolean, 
/**
 * Whether this device would hold what is sealed, and read none of it.
 */
carrier: boolean, };

/**
 * The invites of a group.
 */
export type InvitePage = { 
/**
 * Newest first.
 */
invites: Array<InviteView>, };

/**
 * One invite.
 */
export type InviteView = { 
/**
 * The invite's id.
 */
id: string, 
/**
 * The link, with fresh addresses of this device as hints.
 */
link: string, 
/**
 * The link as a QR code: an SVG document of black modules on a transparent ground, without scripts or references.
 */
qr_svg: string, 
/**
 * The addresses that the link carries, `host:port`.
 */
addresses: Array<string>, 
/**
 * When it stops letting people in; absent when it does not.
 */
expires_at_ms?: number, 
/**
 * How many may use it; absent when unlimited.
 */
max_uses?: number, 
/**
 * How many were admitted with it, as far as this device knows.
 */
uses: number, 
/**
 * Whether it is for a blind box.
 */
carrier: boolean, 
/**
 * Whether it lets people in now.
 */
open: boolean, };

/**
 * Makes a card for the table out of an invite, as PDF.
 */
export type InviteCard = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The invite's id.
 */
invite: string, 
/**
 * What comes out of the printer.
 */
paper: CardPaper, 
/**
 * The language of its lines.
 */
language: CardLanguage, 
/**
 * What stands on it instead of the group's name.
 */
title?: string, 
/**
 * The Wi-Fi to be in. It is printed, and neither kept nor told to anyone.
 */
wifi?: CardWifi, };

/**
 * What comes out of the printer.
 */
export type CardPaper = "a6" | "a4";

/**
 * The language of a card's lines.
 */
export type CardLanguage = "en" | "de";

/**
 * A Wi-Fi that stands on a card.
 */
export type CardWifi = { 
/**
 * Its name, at most 32 bytes.
 */
name: string, 
/**
 * Its password, at most 63 bytes; empty when it is open.
 */
password: string, };

/**
 * A card for the table.
 */
export type CardView = { 
/**
 * The PDF, base64.
 */
pdf: string, 
/**
 * A name for its file.
 */
file_name: string, 
/**
 * Characters of its texts that cannot be printed; they are boxes on it.
 */
unprintable: string, };

/**
 * Chunks that follow each other.
 */
export type ChunkRun = { 
/**
 * The first.
 */
from: number, 
/**
 * How many.
 */
count: number, };

/**
 * An open door.
 */
export type DoorView = { 
/**
 * The member whose device it is.
 */
device: string, 
/**
 * The member's name; empty when it has not said one.
 */
name: string, 
/**
 * The address that lets guests in, with its secret; empty while the door does not listen.
 */
url: string, 
/**
 * The same for each address of the device, the likeliest first.
 */
urls: Array<string>, 
/**
 * The address as a QR code: an SVG document of black modules on a transparent ground, without scripts or references;
 * empty while the door does not listen.
 */
qr_svg: string, 
/**
 * What guests may do.
 */
rights: GuestRights, 
/**
 * When it closes by itself; absent when it does not.
 */
expires_at_ms?: number, 
/**
 * How much guests may add (this device's door only).
 */
quota?: GuestQuota, 
/**
 * Guests that are here now (this device's door only).
 */
guests_here: number, 
/**
 * Why it does not listen, if it does not.
 */
trouble?: ApiError, };

/**
 * Gives up a file that is not done: what came of it is forgotten, and what was shown of it is taken back.
 */
export type GuestAbort = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The post's id.
 */
id: string, };

/**
 * Closes the door of this device: every session ends at once, and its address is good no more.
 */
export type GuestClose = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Says who a guest is: the first call of a session, and again whenever it wants to know what it may.
 */
export type GuestEnter = { 
/**
 * The guest's public key.
 */
key: string, 
/**
 * What the guest calls itself, at most 64 characters.
 */
name: string, 
/**
 * Its signature over the session's binding.
 */
proof: string, };

/**
 * Ends a file: all of it came.
 */
export type GuestFinish = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The post's id.
 */
id: string, 
/**
 * What the guest signed, where it was asked whether the file may be shared as it is.
 */
said?: string, 
/**
 * Its signature.
 */
signature?: string, };

/**
 * Decides about a guest, or about something it posted. Hosts decide everything; others what came through their own door.
 */
export type GuestJudge = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The guest's key.
 */
guest: string, 
/**
 * The post's id: for `approve` and `hold_back`.
 */
post?: string, 
/**
 * What is decided.
 */
verdict: GuestVerdict, };

/**
 * Asks for the doors and the guests of a group.
 */
export type GuestList = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Asks of which sealed blobs parts of moments consist.
 */
export type GuestMedia = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moments, at most 200.
 */
moments: Array<string>, 
/**
 * Which part of each.
 */
part: MediaPart, 
/**
 * The first blob to tell, where a part has more than one answer holds.
 */
from: number, };

/**
 * The parts that are at the door; a moment whose part is not there, or is nothing that a screen should show, is left out.
 */
export type GuestMediaPage = { 
/**
 * In the order asked for.
 */
parts: Array<GuestMediaPart>, };

/**
 * A part of a moment as sealed blobs.
 */
export type GuestMediaPart = { 
/**
 * The moment.
 */
moment: string, 
/**
 * The type that its bytes have.
 */
media_type: string, 
/**
 * Its size.
 */
size_bytes: number, 
/**
 * A name to save it under.
 */
file_name: string, 
/**
 * Its blobs, in order.
 */
blobs: Array<SealedBlob>, 
/**
 * Where the next answer starts; absent when these were the last.
 */
next?: number, };

/**
 * Opens the door of this device for guests of a group, or changes what they may while it is open.
 */
export type GuestOpen = { 
/**
 * The group's id.
 */
group: string, 
/**
 * What guests may do.
 */
rights: GuestRights, 
/**
 * How long it stays open, in minutes; until the group's end when absent.
 */
expires_in_min?: number, 
/**
 * How much guests may add; the usual when absent.
 */
quota?: GuestQuota, 
/**
 * The port to listen on; when absent the one it had before, or a free one.
 */
port?: number, };

/**
 * The doors and the guests of a group.
 */
export type GuestPage = { 
/**
 * The door of this device; absent while it is closed.
 */
door?: DoorView, 
/**
 * Open doors of other members, as they last said.
 */
others: Array<DoorView>, 
/**
 * Everyone who posted as a guest or is here as one, who is here first, then by name; at most 2,000.
 */
guests: Array<GuestView>, 
/**
 * What waits to be looked at or was held back, oldest first, at most 200.
 */
waiting: Array<WaitingPost>, };

/**
 * How much guests may add through one door.
 */
export type GuestQuota = { 
/**
 * Files of each guest.
 */
files: number, 
/**
 * Bytes of each guest.
 */
bytes: number, 
/**
 * Bytes of all guests together.
 */
door_bytes: number, };

/**
 * What guests may do at a door; everyone who is let in sees the timeline.
 */
export type GuestRights = { 
/**
 * Whether they may add photos, clips and reactions.
 */
contribute: boolean, 
/**
 * Whether photos and clips wait until somebody has looked at them.
 */
review: boolean, };

/**
 * What became of something that a guest said.
 */
export type GuestSaidView = { 
/**
 * Its id.
 */
id: string, 
/**
 * The moment it was about, as it is now; absent when that is gone.
 */
moment?: MomentView, };

/**
 * Says a reaction, or takes an own post back.
 */
export type GuestSay = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The id of what is said.
 */
id: string, 
/**
 * What the guest signed.
 */
said: string, 
/**
 * Its signature.
 */
signature: string, };

/**
 * Puts a file on the timeline with the previews that came, before its original has.
 */
export type GuestShow = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The post's id.
 */
id: string, };

/**
 * Begins to add a file, or goes on with it; asks how far it is.
 */
export type GuestUpload = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The post's id.
 */
id: string, 
/**
 * What the guest signed.
 */
said: string, 
/**
 * Its signature.
 */
signature: string, };

/**
 * What is next for a file.
 */
export type GuestUploadState = "open" | "needs_choice" | "done";

/**
 * How far a file is.
 */
export type GuestUploadView = { 
/**
 * The post's id.
 */
id: string, 
/**
 * What is next.
 */
state: GuestUploadState, 
/**
 * Bytes of the file.
 */
size_bytes: number, 
/**
 * Bytes of a chunk; the last one may be shorter.
 */
chunk_bytes: number, 
/**
 * Chunks that are not here yet, in order; of very many gaps the first 1,000.
 */
missing: Array<ChunkRun>, 
/**
 * Whether a preview that the page made has come.
 */
has_preview: boolean, 
/**
 * Its moment, once there is one; while it waits for review nobody but the guest and who reviews knows of it.
 */
moment?: string, 
/**
 * Whether it waits until somebody has looked at it.
 */
waits_for_review: boolean, };

/**
 * What can be decided about a guest or a post of one.
 */
export type GuestVerdict = "approve" | "hold_back" | "block" | "unblock";

/**
 * A guest.
 */
export type GuestView = { 
/**
 * The guest's key.
 */
guest: string, 
/**
 * What the guest calls itself.
 */
name: string, 
/**
 * One of twelve hues, 0 to 11.
 */
colour: number, 
/**
 * Moments of it on the timeline.
 */
moment_count: number, 
/**
 * Posts of it that wait or were held back.
 */
waiting_count: number, 
/**
 * Whether it was blocked.
 */
blocked: boolean, 
/**
 * Whether it is at this device's door now.
 */
here: boolean, };

/**
 * Where a guest is, and what it may.
 */
export type GuestWelcome = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The event's name.
 */
title: string, 
/**
 * The guest's key.
 */
guest: string, 
/**
 * Name of the member whose door it is.
 */
host_name: string, 
/**
 * What guests may do here; `contribute` is false also when the group has ended.
 */
rights: GuestRights, 
/**
 * When the door closes by itself; absent when it does not.
 */
expires_at_ms?: number, 
/**
 * Files that the guest may still add here.
 */
files_left: number, 
/**
 * Bytes that the guest may still add here.
 */
bytes_left: number, 
/**
 * The largest file, in bytes.
 */
file_bytes: number, 
/**
 * Where to go when this door does not answer any more, the member that was heard last first.
 */
doors: Array<OtherDoor>, 
/**
 * The clock of the door's device.
 */
now_ms: number, };

/**
 * Another open door of the group.
 */
export type OtherDoor = { 
/**
 * The member whose device it is.
 */
device: string, 
/**
 * The member's name.
 */
name: string, 
/**
 * `host:port`, to be tried in order.
 */
addresses: Array<string>, 
/**
 * Its secret.
 */
secret: string, };

/**
 * A sealed blob and the key that opens it.
 */
export type SealedBlob = { 
/**
 * BLAKE3 of the sealed bytes.
 */
id: string, 
/**
 * Its key.
 */
key: string, 
/**
 * Its size.
 */
size: number, };

/**
 * A post that is not shown.
 */
export type WaitingPost = { 
/**
 * The guest's key.
 */
guest: string, 
/**
 * The post's id.
 */
post: string, 
/**
 * Whether somebody decided against it; otherwise nobody has looked yet.
 */
held_back: boolean, 
/**
 * Whether this device may decide about it.
 */
may_judge: boolean, 
/**
 * What it looks like.
 */
moment: MomentView, };

/**
 * Asks for the members of a group.
 */
export type MemberList = { 
/**
 * The group's id.
 */
group: string, };

/**
 * The members of a group: this device first, then who is here, then by name.
 */
export type MemberPage = { 
/**
 * The members.
 */
members: Array<MemberView>, };

/**
 * One member.
 */
export type MemberView = { 
/**
 * The device's id in this group.
 */
device: string, 
/**
 * Its name; empty when it has not said one.
 */
name: string, 
/**
 * One of twelve hues, 0 to 11.
 */
colour: number, 
/**
 * What it may do.
 */
role: Role, 
/**
 * Whether it is this device.
 */
me: boolean, 
/**
 * Whether it is around.
 */
presence: Presence, 
/**
 * When it was last connected to this device; absent when never.
 */
last_seen_at_ms?: number, 
/**
 * Moments it has posted.
 */
moment_count: number, };

/**
 * What a member may do.
 */
export type Role = "host" | "member" | "carrier";

/**
 * Whether a member is around, as this device sees it.
 */
export type Presence = "here" | "asleep" | "gone" | "unmet";

/**
 * Asks for the live connections.
 */
export type PeerList = { 
/**
 * The group's id.
 */
group: string, };

/**
 * The live connections of one group.
 */
export type PeerPage = { 
/**
 * One entry a connected member.
 */
peers: Array<PeerView>, 
/**
 * This device's own addresses, `transport host:port`.
 */
listening: Array<string>, 
/**
 * Whether this device has opened the hotspot that others use.
 */
is_hotspot: boolean, };

/**
 * One live connection.
 */
export type PeerView = { 
/**
 * The member's device id.
 */
device: string, 
/**
 * Its name.
 */
name: string, 
/**
 * `quic` or `tcp`.
 */
transport: string, 
/**
 * Its address, `host:port`.
 */
address: string, 
/**
 * How it was found: `mdns`, `invite`, `exchange`, `remembered`, `manual` or `inbound`.
 */
found_by: string, 
/**
 * Round trip in milliseconds; absent until measured.
 */
rtt_ms?: number, 
/**
 * What comes over this connection in bits a second while it is busy; absent until enough has come.
 */
goodput_bps?: number, 
/**
 * The same of the last connection to this member by TCP.
 */
tcp_bps?: number, 
/**
 * The same by QUIC.
 */
quic_bps?: number, 
/**
 * Whether it is probably at the same access point, as far as addresses and round trips tell.
 */
shares_access_point: boolean, 
/**
 * Whether it is the hotspot, through which pass all that others send to each other.
 */
is_hotspot: boolean, };

/**
 * Asks what the album is and what of it is here.
 */
export type AlbumGet = { 
/**
 * The group's id.
 */
group: string, };

/**
 * The album, and what of it is here.
 */
export type AlbumView = { 
/**
 * What it is, in 256 bits and three words.
 */
fingerprint: FingerprintView, 
/**
 * Moments on the timeline.
 */
moments: number, 
/**
 * Files that an export writes: originals that are here, with moving parts.
 */
originals: number, 
/**
 * Their bytes.
 */
original_bytes: number, 
/**
 * Moments of which only a preview is here.
 */
previews_only: number, 
/**
 * Moments of which nothing is here.
 */
nothing_here: number, };

/**
 * What an album is: equal on devices that hold the same, different at one altered byte.
 */
export type FingerprintView = { 
/**
 * Of what is known and of the bytes that are here, as hex. Equal to `album` where nothing is lacking.
 */
fingerprint: string, 
/**
 * Its first 33 bits as three words.
 */
words: string, 
/**
 * Of the set of operations alone, as hex: equal on devices that know the same, whatever bytes they hold.
 */
album: string, 
/**
 * Its first 33 bits as three words.
 */
album_words: string, 
/**
 * Operations in the set.
 */
operations: number, 
/**
 * Blobs that they name.
 */
blobs: number, 
/**
 * Blobs that are not here, or damaged.
 */
lacking: number, 
/**
 * Their bytes.
 */
lacking_bytes: number, };

/**
 * Asks what a bundle would hold.
 */
export type AlbumShare = { 
/**
 * The group's id.
 */
group: string, 
/**
 * What goes into it.
 */
wish: BundleWish, };

/**
 * What goes into a bundle.
 */
export type BundleWish = { 
/**
 * Everything that is here, whoever has it already.
 */
whole: boolean, 
/**
 * Only what any of these devices lacks by its own signed word; none: any of the other members.
 */
lacked_by: Array<string>, 
/**
 * Previews without originals.
 */
previews_only: boolean, };

/**
 * What a bundle would hold.
 */
export type ShareView = { 
/**
 * Moments of which there is something in it.
 */
moments: number, 
/**
 * Operations.
 */
operations: number, 
/**
 * Sealed blobs.
 */
blobs: number, 
/**
 * Bytes of the blobs; the file is a little larger.
 */
bytes: number, };

/**
 * What opening a bundle came to.
 */
export type BundleReceipt = { 
/**
 * The group it is of.
 */
group: string, 
/**
 * The group's title.
 */
title: string, 
/**
 * Operations that were not here.
 */
operations_new: number, 
/**
 * Operations that were here already.
 */
operations_known: number, 
/**
 * Blobs that are complete by it.
 */
blobs_new: number, 
/**
 * Blobs that were here already.
 */
blobs_known: number, 
/**
 * Records that are not valid, or that nothing here names.
 */
refused: number, 
/**
 * Parts of the file that are damaged; what was whole has been merged.
 */
damaged: number, 
/**
 * Whether the file was there to its end.
 */
complete: boolean, };

/**
 * How an album is taken home.
 */
export type ExportFormat = "tree" | "zip" | "web";

/**
 * What an export came to.
 */
export type ExportReceipt = { 
/**
 * Originals and moving parts written.
 */
written: number, 
/**
 * Those that were there already, byte for byte.
 */
skipped: number, 
/**
 * Moments of which only a preview could be written.
 */
previews_only: number, 
/**
 * Originals that are not on this device.
 */
missing: number, 
/**
 * Bytes written.
 */
bytes: number, 
/**
 * What was exported, after every byte was read.
 */
fingerprint: string, 
/**
 * Its three words.
 */
words: string, };

/**
 * What a folder holds that could be taken in.
 */
export type ImportSurvey = { 
/**
 * Photos and clips, by their names' endings.
 */
files: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Folders that were looked into.
 */
folders: number, 
/**
 * Files that are passed over.
 */
others: number, 
/**
 * The title of the exported album that the folder is.
 */
album?: string, };

/**
 * What taking in a folder came to.
 */
export type ImportReceipt = { 
/**
 * Moments that are new on the timeline.
 */
added: number, 
/**
 * Moments that were there already.
 */
already_there: number, 
/**
 * Captions that came along.
 */
captions: number, 
/**
 * Files that could not be added.
 */
failed: number, 
/**
 * The first of them, each with its reason.
 */
failures: Array<PostFailure>, };

/**
 * Asks for the long work of a group.
 */
export type JobGet = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Stops the long work of a group, or forgets how it ended.
 */
export type JobStop = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Starts to upload an album to an Immich server.
 */
export type ImmichStart = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The server's address.
 */
url: string, 
/**
 * Its API key; it is not kept.
 */
key: string, };

/**
 * The long work of a group, if there is or was any.
 */
export type JobPage = { 
/**
 * What runs, or how the last one ended.
 */
job?: JobView, };

/**
 * Work that takes long.
 */
export type JobView = { 
/**
 * What it is.
 */
kind: JobKind, 
/**
 * Whether it goes on.
 */
state: JobState, 
/**
 * Things done.
 */
done: number, 
/**
 * Things there are; 0 while that is not known.
 */
total: number, 
/**
 * Bytes written or read.
 */
bytes: number, 
/**
 * What it came to.
 */
receipt?: JobReceipt, 
/**
 * Why it failed.
 */
error?: ApiError, };

/**
 * What long work is.
 */
export type JobKind = "export" | "immich" | "bundle" | "import";

/**
 * Whether long work goes on.
 */
export type JobState = "running" | "done" | "failed";

/**
 * What long work came to.
 */
export type JobReceipt = { "of": "export" } & ExportReceipt | { "of": "bundle" } & BundleReport | { "of": "import" } & ImportReceipt;

/**
 * What packing a bundle came to.
 */
export type BundleReport = { 
/**
 * Operations in it.
 */
operations: number, 
/**
 * Sealed blobs in it.
 */
blobs: number, 
/**
 * Blobs that were to be in it and could not be read.
 */
missing: number, 
/**
 * Bytes of the file.
 */
bytes: number, };

/**
 * Asks what a big screen of a group shows beside its moments.
 */
export type ScreenGet = { 
/**
 * The group's id.
 */
group: string, };

/**
 * What a big screen shows beside the moments, which come as pages of the timeline with the filter `screens`.
 */
export type ScreenView = { 
/**
 * The event's name.
 */
title: string, 
/**
 * A QR code that lets people in: an SVG document of black modules on a transparent ground; absent when nobody can join by
 * this device.
 */
qr_svg?: string, 
/**
 * Whether the code leads to the door for guests' browsers, and not into the app.
 */
for_guests: boolean, 
/**
 * Whether whoever asks may invite.
 */
can_invite: boolean, 
/**
 * Whether whoever asks may hold moments of others back from it.
 */
can_hold: boolean, };

/**
 * Asks a box for its state; any other device has none.
 */
export type BoxGet = Record<symbol, never>;

/**
 * Changes what a box does. What is absent stays.
 */
export type BoxSet = { 
/**
 * Whether uploads of cameras are refused for now.
 */
camera_paused?: boolean, };

/**
 * The state of a box.
 */
export type BoxView = { 
/**
 * The group that it serves.
 */
group: string, 
/**
 * Since when it runs.
 */
since_ms: number, 
/**
 * Address of the page of this box's owner, without a token.
 */
page: string, 
/**
 * Where cameras drop off their files.
 */
camera: CameraDoor, 
/**
 * Printing on request; absent when it is off.
 */
printing?: Printing, };

/**
 * Where cameras drop off their files, and what became of them since the box runs.
 */
export type CameraDoor = { 
/**
 * Address of the FTP server; absent when it is off.
 */
ftp?: string, 
/**
 * Address of the WebDAV server; absent when it is off.
 */
webdav?: string, 
/**
 * The watched folder; absent when there is none.
 */
folder?: string, 
/**
 * Name that a camera gives.
 */
user: string, 
/**
 * Password that a camera gives; empty when both servers are off.
 */
password: string, 
/**
 * Whether uploads are refused for now.
 */
paused: boolean, 
/**
 * Files that are on their way in.
 */
waiting: number, 
/**
 * Files that became moments.
 */
posted: number, 
/**
 * Files that were on the timeline already.
 */
already_there: number, 
/**
 * When the last one came in; absent when none did.
 */
last_at_ms?: number, 
/**
 * What could not be added, newest first, at most twenty.
 */
failures: Array<CameraFailure>, };

/**
 * A file of a camera that could not be added.
 */
export type CameraFailure = { 
/**
 * Its name, made safe.
 */
name: string, 
/**
 * When.
 */
at_ms: number, 
/**
 * Why.
 */
error: ApiError, };

/**
 * Printing on request.
 */
export type Printing = { 
/**
 * The printer's name; empty for the system's own choice.
 */
printer: string, 
/**
 * Pages printed today.
 */
pages: number, 
/**
 * Pages that may be printed in a day.
 */
pages_a_day: number, 
/**
 * Copies that may be asked for at once.
 */
copies: number, };

/**
 * Prints a moment on the printer of this box.
 */
export type MomentPrint = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, 
/**
 * How many copies, from 1.
 */
copies: number, };

/**
 * Asks for transfers and storage of a group.
 */
export type StorageGet = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Sets what this device keeps of a group.
 */
export type StorageSet = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The wishes, all of them.
 */
policy: StoragePolicy, };

/**
 * What this device keeps of a group. Own captures always stay.
 */
export type StoragePolicy = { 
/**
 * Of others' photos and Live Photos.
 */
photos: Keep, 
/**
 * Of others' clips.
 */
clips: Keep, 
/**
 * Whether nothing is fetched for now.
 */
paused: boolean, 
/**
 * The most that media may take on this device; absent: as much as there is.
 */
quota_bytes?: number, 
/**
 * How much of what is not kept may be brought along for others.
 */
carry_bytes: number, };

/**
 * What is fetched of others' moments.
 */
export type Keep = "previews" | "when_plugged" | "all";

/**
 * Transfers and storage of a group.
 */
export type StorageView = { 
/**
 * What this device keeps.
 */
policy: StoragePolicy, 
/**
 * Why originals do not come at the moment, if they do not.
 */
blocked?: Blocked, 
/**
 * Bytes of media on this device.
 */
used_bytes: number, 
/**
 * Those that are only brought along for others.
 */
carried_bytes: number, 
/**
 * Free space of the disk; absent where the system does not say.
 */
free_disk_bytes?: number, 
/**
 * Previews still to come.
 */
previews: Outstanding, 
/**
 * Originals still to come, as far as they are kept.
 */
originals: Outstanding, 
/**
 * One entry a member that something came from or went to, the busiest first.
 */
transfers: Array<TransferView>, 
/**
 * On how many devices everything is.
 */
copies: CopiesView, 
/**
 * What this device took back, newest first, at most twenty.
 */
takebacks: Array<TakebackView>, };

/**
 * What is still to come.
 */
export type Outstanding = { 
/**
 * Blobs.
 */
count: number, 
/**
 * Bytes.
 */
bytes: number, };

/**
 * Why originals do not come.
 */
export type Blocked = "paused" | "quota" | "disk_low" | "on_battery";

/**
 * What goes between this device and a member.
 */
export type TransferView = { 
/**
 * The member's device id.
 */
device: string, 
/**
 * Its name; empty when it has not said one.
 */
name: string, 
/**
 * One of twelve hues, 0 to 11.
 */
colour: number, 
/**
 * Whether it is connected now.
 */
here: boolean, 
/**
 * What comes from it, in bits a second.
 */
down_bps: number, 
/**
 * What goes to it, in bits a second.
 */
up_bps: number, 
/**
 * What came from it since the app was started.
 */
down_bytes: number, 
/**
 * What went to it since the app was started.
 */
up_bytes: number, };

/**
 * On how many devices everything is: by each device's own signed word, so it may lag behind, but only to the safe side.
 */
export type CopiesView = { 
/**
 * Moments on the timeline.
 */
moments: number, 
/**
 * Every moment is on so many devices, or more; at most three, which is what can be promised.
 */
at_least: number, 
/**
 * Moments on fewer than three devices.
 */
below_three: number, 
/**
 * Own moments that are on this device only.
 */
own_only_here: number, 
/**
 * Moments of others that are on this device only.
 */
others_only_here: number, 
/**
 * When the member that was silent for the longest last said what it holds; absent when nobody said anything.
 */
heard_at_ms?: number, };

/**
 * Something that this device took back.
 */
export type TakebackView = { 
/**
 * What was taken back.
 */
moment: string, 
/**
 * When.
 */
at_ms: number, 
/**
 * Devices from which it is gone, this one included.
 */
gone: number, 
/**
 * Devices of the group.
 */
of: number, };

/**
 * Asks for one moment.
 */
export type MomentGet = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, };

/**
 * Sets the caption; an empty text removes it.
 */
export type MomentCaption = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, 
/**
 * At most 2,000 characters.
 */
text: string, };

/**
 * Adds or removes a reaction of this device.
 */
export type MomentReact = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, 
/**
 * One emoji, at most 32 bytes of UTF-8.
 */
emoji: string, 
/**
 * True to add, false to remove.
 */
on: boolean, };

/**
 * Marks moments as favourites of the owner of this device, or not. Nobody else learns of it.
 */
export type MomentFavourite = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moments, at most 1,000.
 */
moments: Array<string>, 
/**
 * True to mark, false to unmark.
 */
on: boolean, };

/**
 * What marking favourites changed.
 */
export type FavouriteView = { 
/**
 * Moments that are different now.
 */
changed: number, };

/**
 * Takes a moment back everywhere.
 */
export type MomentRetract = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, };

/**
 * Holds a moment back from big screens, or lets it on again: for hosts, and for who posted it.
 */
export type MomentHold = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, 
/**
 * True to hold it back.
 */
on: boolean, };

/**
 * Who holds a moment back from big screens.
 */
export type HeldBack = "author" | "host";

/**
 * Answers the question of a moment whose original was held back.
 */
export type MomentShare = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment's id.
 */
moment: string, 
/**
 * What to do with its original.
 */
choice: ShareChoice, };

/**
 * What to do with an original whose format cannot be proved free of locations.
 */
export type ShareChoice = "original" | "previews_only";

/**
 * What kind of thing was captured.
 */
export type MomentKind = "photo" | "clip" | "live";

/**
 * The media parts of a moment; each has the path `media/<group>/<moment>/<part>`.
 */
export type MediaPart = "grid" | "screen" | "original" | "motion";

/**
 * How much of something is on this device.
 */
export type Held = { "state": "none" } | { "state": "missing", 
/**
 * Verified part, 0 to 1.
 */
progress: number, } | { "state": "complete" };

/**
 * One moment on the timeline.
 */
export type MomentView = { 
/**
 * The moment's id: the id of its operation.
 */
id: string, 
/**
 * The group's id.
 */
group: string, 
/**
 * What it is.
 */
kind: MomentKind, 
/**
 * Media type of the original, e.g. `image/jpeg`.
 */
media_type: string, 
/**
 * Device that posted it, or the key of the guest who did.
 */
author: string, 
/**
 * The author's name; empty when unknown.
 */
author_name: string, 
/**
 * The author's colour, 0 to 11.
 */
author_colour: number, 
/**
 * Whether a guest posted it.
 */
author_is_guest: boolean, 
/**
 * Whether it is of whoever asks: this device, or this guest.
 */
mine: boolean, 
/**
 * When it was captured, by the corrected clock of its camera.
 */
captured_at_ms: number, 
/**
 * By how much that is corrected: the camera said `captured_at_ms - shift_ms`; absent when its clock is taken as it is.
 */
shift_ms?: number, 
/**
 * The camera's make and model; absent when the file does not say.
 */
camera?: string, 
/**
 * The camera's offset from UTC in minutes; absent when the file does not say.
 */
captured_offset_min?: number, 
/**
 * When this device learned of it.
 */
received_at_ms: number, 
/**
 * Pixels, orientation applied.
 */
width: number, 
/**
 * Pixels, orientation applied.
 */
height: number, 
/**
 * Length of a clip.
 */
duration_ms?: number, 
/**
 * Thumbhash, base64; empty when there is none.
 */
placeholder: string, 
/**
 * The caption; empty when there is none.
 */
caption: string, 
/**
 * Reactions, most used first.
 */
reactions: Array<ReactionView>, 
/**
 * Size of the original (and the moving part) in bytes.
 */
size_bytes: number, 
/**
 * Name of the file it came from, made safe; empty when unknown.
 */
file_name: string, 
/**
 * The grid preview.
 */
grid: Held, 
/**
 * The screen preview.
 */
screen: Held, 
/**
 * The original.
 */
original: Held, 
/**
 * The moving part of a Live Photo.
 */
motion: Held, 
/**
 * Whether the original was held back and its owner is asked (own moments only).
 */
needs_choice: boolean, 
/**
 * What a clip is that was opened and not closed; absent for every other moment.
 */
live?: LiveClip, 
/**
 * Whether it was taken back: nothing of it is left but this fact.
 */
retracted: boolean, 
/**
 * Who holds it back from big screens; absent when nobody does.
 */
held_back?: HeldBack, 
/**
 * Devices known to hold the original, this one included.
 */
on_devices: number, 
/**
 * Whether the owner of this device marked it as a favourite.
 */
favourite: boolean, 
/**
 * The stack that it is part of.
 */
stack?: StackView, 
/**
 * Where it was captured, if its owner shared that.
 */
place?: Place, };

/**
 * One reaction with who gave it.
 */
export type ReactionView = { 
/**
 * The emoji.
 */
emoji: string, 
/**
 * How many gave it.
 */
count: number, 
/**
 * Whether whoever asks did.
 */
mine: boolean, 
/**
 * Names of those who gave it, at most ten.
 */
names: Array<string>, };

/**
 * Photos that stand for one another: a burst, or what looks alike. Found by this device, shared with nobody.
 */
export type StackView = { 
/**
 * Its first moment, which stands for it.
 */
head: string, 
/**
 * Moments in it, at least two.
 */
count: number, };

/**
 * A place on Earth (WGS 84), in degrees.
 */
export type Place = { 
/**
 * North of the equator.
 */
latitude: number, 
/**
 * East of Greenwich.
 */
longitude: number, };

/**
 * Asks for a page of moments, newest first.
 */
export type TimelineQuery = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Where the last page ended; the start when absent.
 */
cursor?: string, 
/**
 * At most this many, 1 to 500.
 */
limit: number, 
/**
 * Which moments.
 */
filter: TimelineFilter, };

/**
 * Which moments to list. Conditions add up.
 */
export type TimelineFilter = { 
/**
 * Only those of one device or guest.
 */
author?: string, 
/**
 * Only those captured at or after.
 */
from_ms?: number, 
/**
 * Only those captured before.
 */
until_ms?: number, 
/**
 * Only clips, or only photos, Live Photos among them.
 */
kind?: MomentKind, 
/**
 * Only this device's favourites.
 */
favourites?: boolean, 
/**
 * Only those of others that came to this device after this time.
 */
received_after_ms?: number, 
/**
 * Only those whose caption and author's name hold words that begin so, whatever their case and accents; of many matches
 * the newest 2,000.
 */
text?: string, 
/**
 * Of a stack (a burst, or photos that look alike) only its first.
 */
stacked?: boolean, 
/**
 * Only those that nobody holds back from big screens.
 */
screens?: boolean, };

/**
 * One page of the timeline.
 */
export type TimelinePage = { 
/**
 * Newest first.
 */
moments: Array<MomentView>, 
/**
 * Where the next page starts; absent at the end.
 */
next?: string, 
/**
 * Moments that match, over all pages.
 */
total: number, };

/**
 * Asks for the layout of the timeline: stretches of time with their counts and shapes.
 */
export type TimelineBuckets = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Which moments.
 */
filter: TimelineFilter, 
/**
 * How far the zone whose hours and days count is ahead of UTC, in minutes.
 */
offset_min: number, };

/**
 * Buckets, newest first: hours, or when these are more than 500, longer parts of a day.
 */
export type BucketPage = { 
/**
 * The stretches that hold moments.
 */
buckets: Array<Bucket>, };

/**
 * One stretch of the timeline.
 */
export type Bucket = { 
/**
 * Its start.
 */
start_ms: number, 
/**
 * Its end.
 */
until_ms: number, 
/**
 * Moments in it, those behind others in stacks as well.
 */
count: number, 
/**
 * The shape of each moment listed, newest first, base64: a byte each, the width over the height in even steps of its
 * logarithm from 1/2 (0) to 3 (255).
 */
shapes: string, };

/**
 * Asks for the moments of a stack.
 */
export type TimelineStack = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Any moment of it.
 */
moment: string, };

/**
 * The moments of a stack.
 */
export type StackPage = { 
/**
 * Newest first, at most 500.
 */
moments: Array<MomentView>, };

/**
 * Asks where moments were captured.
 */
export type TimelinePlaces = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Which moments.
 */
filter: TimelineFilter, };

/**
 * Where moments were captured, as far as their owners shared it.
 */
export type PlacePage = { 
/**
 * Newest first, at most 5,000.
 */
places: Array<PlacedMoment>, };

/**
 * A moment on the map.
 */
export type PlacedMoment = { 
/**
 * The moment's id.
 */
moment: string, 
/**
 * Where it was captured.
 */
place: Place, };

/**
 * Asks since when moments are new to the owner of this device, and moves that time on when it says one.
 */
export type TimelineSeen = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Everything that came until then was seen; earlier times than before change nothing.
 */
until_ms?: number, };

/**
 * What the owner of this device has seen of a group.
 */
export type SeenView = { 
/**
 * Everything that came until then; 0 at first.
 */
until_ms: number, 
/**
 * Moments of others that came later.
 */
unseen: number, };

/**
 * Where an upload goes: the query of `PUT upload` on a host's byte endpoint. Parts of one Live Photo share `batch`.
 */
export type UploadTarget = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The file's name on its own device; only its ending and stem are used, never as a path.
 */
name: string, 
/**
 * The file's own modification time: the capture time of last resort.
 */
modified_at_ms?: number, 
/**
 * Any text that the files added together share; files of one batch may pair up as a Live Photo.
 */
batch?: string, 
/**
 * How many files the batch has; they are paired when all have come.
 */
batch_size?: number, };

/**
 * What became of added files.
 */
export type PostReceipt = { 
/**
 * Moments that are on the timeline because of it, new ones and those that were there already.
 */
moments: Array<string>, 
/**
 * How many of them were there already.
 */
already_there: number, 
/**
 * Files that wait for the rest of their batch.
 */
waiting: number, 
/**
 * Photos of the group's clock: they set the clock of their camera, and are posted when that was chosen.
 */
clocks?: Array<ClockPhoto>, 
/**
 * Files that could not be added, each with its reason.
 */
failures: Array<PostFailure>, };

/**
 * A file that could not be added.
 */
export type PostFailure = { 
/**
 * The file's name.
 */
name: string, 
/**
 * Why.
 */
error: ApiError, };

/**
 * Where the next bytes of a recording go: the query of `PUT clip` on a host's byte endpoint.
 */
export type ClipTarget = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Names the recording: any text of at most 64 bytes that its page made up, such as a UUID.
 */
key: string, 
/**
 * The file's name; only its ending and stem are used, never as a path.
 */
name: string, 
/**
 * How many bytes of the recording stand before these.
 */
offset: number, };

/**
 * Asks how far a recording is.
 */
export type ClipGet = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The recording's name.
 */
key: string, };

/**
 * Ends a recording: it is a moment like any other then.
 */
export type ClipClose = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The recording's name.
 */
key: string, };

/**
 * Gives a recording up: what went out of it is taken back.
 */
export type ClipAbort = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The recording's name.
 */
key: string, };

/**
 * How far a recording is.
 */
export type ClipReceipt = { 
/**
 * Bytes that were taken; the next ones stand at this offset.
 */
offset: number, 
/**
 * Its moment, once it is on the timeline.
 */
moment?: string, 
/**
 * Whether it goes out while it is recorded; otherwise it does when it is closed.
 */
streams: boolean, };

/**
 * What a clip that was opened and not closed is.
 */
export type LiveClip = "recording" | "silent";

/**
 * Asks for the cameras whose clock the caller can set: those of own moments, for hosts everybody's.
 */
export type ClockList = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Sets the clock of a camera by hand: for all of its captures, or for a range of them.
 */
export type ClockSet = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The camera.
 */
camera: string, 
/**
 * What is added to its times; 0: they are right.
 */
offset_ms: number, 
/**
 * Only for captures from then on, by the camera's clock.
 */
from_ms?: number, 
/**
 * Only for captures before then, by the camera's clock.
 */
until_ms?: number, };

/**
 * Puts back what a camera's clock was set to before. Once more, and the last setting is back.
 */
export type ClockUndo = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The camera.
 */
camera: string, };

/**
 * Chooses whether photos of the group's clock are posted, too; not unless chosen.
 */
export type ClockPhotos = { 
/**
 * The group's id.
 */
group: string, 
/**
 * True to post them.
 */
post: boolean, };

/**
 * Asks for the group's clock as it is now, to be shown to a camera.
 */
export type ClockShow = { 
/**
 * The group's id.
 */
group: string, };

/**
 * The group's clock at one time. A photo of it tells how wrong the camera's clock is.
 */
export type ClockFace = { 
/**
 * The time it shows.
 */
at_ms: number, 
/**
 * The text in the QR code.
 */
text: string, 
/**
 * The QR code, black on white.
 */
qr_svg: string, };

/**
 * Cameras whose clock can be set.
 */
export type ClockPage = { 
/**
 * The caller's own first, then those with most moments.
 */
cameras: Array<CameraView>, 
/**
 * Whether photos of the group's clock are posted, too.
 */
posts_photos: boolean, };

/**
 * A camera, by what files say of it.
 */
export type CameraView = { 
/**
 * Names it in requests.
 */
id: string, 
/**
 * Make and model; empty when the files do not say.
 */
name: string, 
/**
 * Tells cameras of one name apart, counted from 1; absent where there is one of that name.
 */
number?: number, 
/**
 * Device whose moments these are.
 */
author: string, 
/**
 * Its name.
 */
author_name: string, 
/**
 * Whether that is this device.
 */
mine: boolean, 
/**
 * Moments on the timeline.
 */
count: number, 
/**
 * The first time it wrote, by its own clock.
 */
first_at_ms: number, 
/**
 * The last time it wrote, by its own clock.
 */
last_at_ms: number, 
/**
 * By how much its times are corrected, in the order of the ranges.
 */
shifts: Array<ClockShiftView>, 
/**
 * Who set the clock, when that was another device.
 */
set_by?: string, 
/**
 * Whether there is a setting to undo.
 */
can_undo: boolean, 
/**
 * A few of its moments, oldest first, the first and the last among them.
 */
samples: Array<MomentView>, };

/**
 * By how much a camera's times are corrected in one range of them.
 */
export type ClockShiftView = { 
/**
 * What is added.
 */
offset_ms: number, 
/**
 * From when on, by the camera's clock.
 */
from_ms?: number, 
/**
 * Before when, by the camera's clock.
 */
until_ms?: number, 
/**
 * Whether a photo of the group's clock told it.
 */
by_photo: boolean, };

/**
 * A photo of the group's clock that was recognised among added files.
 */
export type ClockPhoto = { 
/**
 * The file's name.
 */
name: string, 
/**
 * The camera.
 */
camera: string, 
/**
 * Its make and model; empty when the file does not say.
 */
camera_name: string, 
/**
 * By how much its clock is corrected: positive when it is slow.
 */
offset_ms: number, 
/**
 * Whether that was not known before; then it was set.
 */
set: boolean, };

/**
 * Asks what is watched for a group.
 */
export type WatchGet = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Switches it off.
 */
export type WatchOff = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Lets the files go out, too, that were in the folder before it was watched.
 */
export type WatchExisting = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Holds back a file that waits, or lets one wait again that was held back.
 */
export type WatchHold = { 
/**
 * The group's id.
 */
group: string, 
/**
 * Its name, as it was told.
 */
file: string, 
/**
 * True to hold it back.
 */
hold: boolean, };

/**
 * What is watched for a group.
 */
export type WatchView = { 
/**
 * Whether a folder is watched, and whether files go out.
 */
state: WatchState, 
/**
 * Which one.
 */
folder?: string, 
/**
 * New files that go out soon, the next first; at most 50.
 */
waiting: Array<WatchFile>, 
/**
 * How many they are.
 */
waiting_count: number, 
/**
 * Files that were held back; at most 50.
 */
held: Array<string>, 
/**
 * How many they are.
 */
held_count: number, 
/**
 * Files that were there before, which stay.
 */
existing: number, 
/**
 * Files that went out since it was switched on.
 */
posted: number, 
/**
 * The last files that could not be added, the newest first.
 */
failures: Array<PostFailure>, };

/**
 * Whether a folder is watched, and whether files go out.
 */
export type WatchState = "off" | "on" | "away" | "missing";

/**
 * A new file that goes out soon.
 */
export type WatchFile = { 
/**
 * Its name.
 */
name: string, 
/**
 * When.
 */
goes_in_ms: number, };

/**
 * Something changed.
 */
export type Event = { "event": "groups_changed" } | { "event": "status_changed" } | { "event": "members_changed", 
/**
 * The group's id.
 */
group: string, } | { "event": "invites_changed", 
/**
 * The group's id.
 */
group: string, } | { "event": "guests_changed", 
/**
 * The group's id.
 */
group: string, } | { "event": "timeline_changed", 
/**
 * The group's id.
 */
group: string, 
/**
 * Moments that appeared.
 */
added: Array<string>, 
/**
 * Moments of which something changed: media arrived, caption, reactions.
 */
changed: Array<string>, 
/**
 * Moments that went.
 */
removed: Array<string>, } | { "event": "clocks_changed", 
/**
 * The group's id.
 */
group: string, } | { "event": "watch_changed", 
/**
 * The group's id.
 */
group: string, } | { "event": "transfer", 
/**
 * The group's id.
 */
group: string, 
/**
 * The moment.
 */
moment: string, 
/**
 * Verified part, 0 to 1.
 */
progress: number, } | { "event": "album_job", 
/**
 * The group's id.
 */
group: string, } | { "event": "join_progress", 
/**
 * The group's id.
 */
group: string, 
/**
 * How far it is.
 */
stage: JoinStage, } | { "event": "box_changed" } | { "event": "lagged" };

/**
 * How far a join is.
 */
export type JoinStage = "searching" | "connecting" | "proving" | "receiving";

/**
 * What went wrong and what to do about it.
 */
export type ApiError = { 
/**
 * What it is; the user interface has its sentence.
 */
code: ErrorCode, 
/**
 * Arguments of that sentence.
 */
args: { [key in string]: string }, 
/**
 * English, for logs and the command line: what happened and what to do.
 */
message: string, };

/**
 * What an error is.
 */
export type ErrorCode = "bad_request" | "bad_text" | "unknown_group" | "unknown_moment" | "unknown_member" | "unknown_camera" | "unknown_invite" | "unknown_door" | "unknown_upload" | "blocked" | "quota_used_up" | "try_later" | "out_of_order" | "not_allowed" | "invite_malformed" | "invite_too_new" | "invite_expired" | "invite_used_up" | "invite_revoked" | "already_member" | "nobody_near" | "members_busy" | "join_refused" | "group_ended" | "removed_from_group" | "too_many_groups" | "update_needed" | "unknown_format" | "damaged_file" | "file_too_large" | "unreadable" | "disk_full" | "not_here" | "file_exists" | "not_a_bundle" | "bundle_too_new" | "bundle_of_others" | "server_unreachable" | "server_refused" | "no_printer" | "print_limit" | "in_use" | "data_too_new" | "data_damaged" | "shutting_down" | "internal";

/**
 * Asks what there is and how it is set.
 */
export type SystemGet = Record<symbol, never>;

/**
 * Changes what is given, and leaves the rest.
 */
export type SystemSet = { 
/**
 * Whether closing the window leaves the app in the tray.
 */
close_to_tray?: boolean, 
/**
 * Whether arrivals are told while nobody looks.
 */
notify?: boolean, 
/**
 * Whether they are told at night, too.
 */
notify_at_night?: boolean, 
/**
 * The language of what the system shows; one that the app does not speak is English.
 */
language?: string, };

/**
 * Says whether the arrivals of a group are kept quiet.
 */
export type SystemMute = { 
/**
 * The group's id.
 */
group: string, 
/**
 * True to keep them quiet.
 */
muted: boolean, };

/**
 * Asks the person for a permission.
 */
export type SystemAsk = { 
/**
 * For this.
 */
what: SystemPermission, };

/**
 * Opens the system's own settings of this app.
 */
export type SystemSettings = Record<symbol, never>;

/**
 * What there is on this machine and how it is set.
 */
export type SystemView = { 
/**
 * Whether it is a phone: the system's own sharing, picker and settings are there.
 */
phone: boolean, 
/**
 * Whether something shows the tray icon now.
 */
tray: boolean, 
/**
 * Whether closing the window leaves the app in the tray, where there is one.
 */
close_to_tray: boolean, 
/**
 * Whether arrivals are told while nobody looks.
 */
notify: boolean, 
/**
 * Whether they are told between 22 and 8, too.
 */
notify_at_night: boolean, 
/**
 * Groups whose arrivals are kept quiet.
 */
muted: Array<string>, 
/**
 * What the system lets the app do.
 */
permissions: SystemPermissions, 
/**
 * The camera roll; absent where there is none.
 */
roll?: RollView, };

/**
 * Something that the system asks the person about.
 */
export type SystemPermission = "local_network" | "photos" | "camera" | "notifications";

/**
 * Whether the app may.
 */
export type SystemGrant = "granted" | "denied" | "not_asked";

/**
 * What the app may do.
 */
export type SystemPermissions = { 
/**
 * Finding members and speaking to them.
 */
local_network: SystemGrant, 
/**
 * Seeing new photos and clips.
 */
photos: SystemGrant, 
/**
 * Taking photos and clips.
 */
camera: SystemGrant, 
/**
 * Telling of arrivals.
 */
notifications: SystemGrant, };

/**
 * Shares what the phone's camera takes from now on with one group, or with none.
 */
export type RollSet = { 
/**
 * The group's id; absent to end it.
 */
group?: string, };

/**
 * Keeps a capture of the camera from going out, as long as it has not.
 */
export type RollKeep = { 
/**
 * The capture's name, as [`RollCapture`] has it.
 */
name: string, };

/**
 * What the phone's camera shares.
 */
export type RollView = { 
/**
 * The group that it goes to; absent while it is off.
 */
group?: string, 
/**
 * Whether it waits because nobody of the group is near: what the camera takes meanwhile is never shared.
 */
paused: boolean, 
/**
 * Captures that go out soon, the oldest first.
 */
waiting: Array<RollCapture>, 
/**
 * How many went out since it was switched on.
 */
shared: number, };

/**
 * A capture of the camera that is about to go out.
 */
export type RollCapture = { 
/**
 * Its name.
 */
name: string, 
/**
 * When it goes out.
 */
at_ms: number, };

/**
 * Asks what other programs have handed over.
 */
export type OfferGet = Record<symbol, never>;

/**
 * Adds what was handed over to a group.
 */
export type OfferTake = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Forgets what was handed over; the files themselves stay where they are.
 */
export type OfferDrop = Record<symbol, never>;

/**
 * Files that another program handed over and nobody has answered.
 */
export type OfferView = { 
/**
 * How many; none when nothing waits.
 */
count: number, 
/**
 * The names of the first few.
 */
names: Array<string>, 
/**
 * Bytes of all of them.
 */
size_bytes: number, };

/**
 * Lets the person pick photos and clips with the system's own picker, as they were taken, and adds them to a group.
 */
export type SystemPick = { 
/**
 * The group's id.
 */
group: string, };

/**
 * Hands originals to other programs: by the system's own sharing, or as files in the person's folder of pictures.
 */
export type ShareOut = { 
/**
 * The group's id.
 */
group: string, 
/**
 * The moments, at most [`SHARED_AT_ONCE`].
 */
moments: Array<string>, };

/**
 * What was handed over.
 */
export type SharedView = { 
/**
 * How many originals.
 */
count: number, 
/**
 * The folder that they were written to; absent where the system took them.
 */
folder?: string, };

/**
 * Opens the folder that [`ShareOut`] writes to.
 */
export type FolderOpen = Record<symbol, never>;

/**
 * Something changed on the machine.
 */
export type SystemEvent = { "event": "system_changed" } | { "event": "offer_changed" };

export interface Calls {
  "app.status": { args: StatusGet; reply: AppStatus };
  "app.diagnostics": { args: DiagnosticsGet; reply: DiagnosticsView };
  "profile.set": { args: ProfileSet; reply: Profile };
  "group.create": { args: GroupCreate; reply: GroupView };
  "group.list": { args: GroupList; reply: GroupPage };
  "group.get": { args: GroupGet; reply: GroupView };
  "group.join": { args: GroupJoin; reply: GroupView };
  "group.leave": { args: GroupLeave; reply: GroupPage };
  "group.location": { args: GroupLocation; reply: GroupView };
  "invite.create": { args: InviteCreate; reply: InviteView };
  "invite.list": { args: InviteList; reply: InvitePage };
  "invite.revoke": { args: InviteRevoke; reply: InvitePage };
  "invite.inspect": { args: InviteInspect; reply: InvitePreview };
  "invite.card": { args: InviteCard; reply: CardView };
  "guest.open": { args: GuestOpen; reply: GuestPage };
  "guest.close": { args: GuestClose; reply: GuestPage };
  "guest.list": { args: GuestList; reply: GuestPage };
  "guest.judge": { args: GuestJudge; reply: GuestPage };
  "guest.enter": { args: GuestEnter; reply: GuestWelcome };
  "guest.media": { args: GuestMedia; reply: GuestMediaPage };
  "guest.say": { args: GuestSay; reply: GuestSaidView };
  "guest.upload": { args: GuestUpload; reply: GuestUploadView };
  "guest.show": { args: GuestShow; reply: GuestUploadView };
  "guest.finish": { args: GuestFinish; reply: GuestUploadView };
  "guest.abort": { args: GuestAbort; reply: GuestUploadView };
  "member.list": { args: MemberList; reply: MemberPage };
  "peer.list": { args: PeerList; reply: PeerPage };
  "album.get": { args: AlbumGet; reply: AlbumView };
  "album.share": { args: AlbumShare; reply: ShareView };
  "album.job": { args: JobGet; reply: JobPage };
  "album.stop": { args: JobStop; reply: JobPage };
  "album.immich": { args: ImmichStart; reply: JobPage };
  "storage.get": { args: StorageGet; reply: StorageView };
  "storage.set": { args: StorageSet; reply: StorageView };
  "timeline.page": { args: TimelineQuery; reply: TimelinePage };
  "timeline.buckets": { args: TimelineBuckets; reply: BucketPage };
  "timeline.stack": { args: TimelineStack; reply: StackPage };
  "timeline.places": { args: TimelinePlaces; reply: PlacePage };
  "timeline.seen": { args: TimelineSeen; reply: SeenView };
  "moment.get": { args: MomentGet; reply: MomentView };
  "moment.caption": { args: MomentCaption; reply: MomentView };
  "moment.react": { args: MomentReact; reply: MomentView };
  "moment.favourite": { args: MomentFavourite; reply: FavouriteView };
  "moment.hold": { args: MomentHold; reply: MomentView };
  "moment.print": { args: MomentPrint; reply: Printing };
  "moment.retract": { args: MomentRetract; reply: MomentView };
  "moment.share": { args: MomentShare; reply: MomentView };
  "box.get": { args: BoxGet; reply: BoxView };
  "box.set": { args: BoxSet; reply: BoxView };
  "screen.get": { args: ScreenGet; reply: ScreenView };
  "clip.get": { args: ClipGet; reply: ClipReceipt };
  "clip.close": { args: ClipClose; reply: PostReceipt };
  "clip.abort": { args: ClipAbort; reply: ClipReceipt };
  "clock.list": { args: ClockList; reply: ClockPage };
  "clock.set": { args: ClockSet; reply: ClockPage };
  "clock.undo": { args: ClockUndo; reply: ClockPage };
  "clock.photos": { args: ClockPhotos; reply: ClockPage };
  "clock.show": { args: ClockShow; reply: ClockFace };
  "watch.get": { args: WatchGet; reply: WatchView };
  "watch.off": { args: WatchOff; reply: WatchView };
  "watch.existing": { args: WatchExisting; reply: WatchView };
  "watch.hold": { args: WatchHold; reply: WatchView };
}

export interface SystemCalls {
  "system.get": { args: SystemGet; reply: SystemView };
  "system.set": { args: SystemSet; reply: SystemView };
  "system.mute": { args: SystemMute; reply: SystemView };
  "system.ask": { args: SystemAsk; reply: SystemView };
  "system.settings": { args: SystemSettings; reply: SystemView };
  "system.pick": { args: SystemPick; reply: PostReceipt };
  "roll.set": { args: RollSet; reply: SystemView };
  "roll.keep": { args: RollKeep; reply: SystemView };
  "offer.get": { args: OfferGet; reply: OfferView };
  "offer.take": { args: OfferTake; reply: PostReceipt };
  "offer.drop": { args: OfferDrop; reply: OfferView };
  "share.out": { args: ShareOut; reply: SharedView };
  "folder.open": { args: FolderOpen; reply: SystemView };
}
