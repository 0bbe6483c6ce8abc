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
disk_low: boolean, };

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
 * Members connected right now, this device not counted.
 */
here_count: number, 
/**
 * Moments on the timeline.
 */
moment_count: number, 
/**
 * Moments whose previews or originals are still on their way to this device.
 */
missing_count: number, 
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
shares_location: boolean, };

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
max_uses?: number, };

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
already_member: boolean, };

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
 * Whether it lets people in now.
 */
open: boolean, };

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
export type Role = "host" | "member";

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
listening: Array<string>, };

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
rtt_ms?: number, };

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
 * Device that posted it.
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
 * Whether this device posted it.
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
 * Whether this device did.
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
 * Only those of one device.
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
stacked?: boolean, };

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
progress: number, } | { "event": "join_progress", 
/**
 * The group's id.
 */
group: string, 
/**
 * How far it is.
 */
stage: JoinStage, } | { "event": "lagged" };

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
export type ErrorCode = "bad_request" | "bad_text" | "unknown_group" | "unknown_moment" | "unknown_member" | "unknown_camera" | "unknown_invite" | "not_allowed" | "invite_malformed" | "invite_too_new" | "invite_expired" | "invite_used_up" | "invite_revoked" | "already_member" | "nobody_near" | "join_refused" | "group_ended" | "removed_from_group" | "too_many_groups" | "update_needed" | "unknown_format" | "damaged_file" | "file_too_large" | "unreadable" | "disk_full" | "not_here" | "in_use" | "data_too_new" | "data_damaged" | "shutting_down" | "internal";

export interface Calls {
  "app.status": { args: StatusGet; reply: AppStatus };
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
  "member.list": { args: MemberList; reply: MemberPage };
  "peer.list": { args: PeerList; reply: PeerPage };
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
  "moment.retract": { args: MomentRetract; reply: MomentView };
  "moment.share": { args: MomentShare; reply: MomentView };
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
