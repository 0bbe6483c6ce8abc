//! What queries answer with.

use std::ops::Deref;

use glow_model::{
    BlobId, BlobKey, BlobRef, CameraBodyId, CameraIdentity, ClockShift, DeviceId, FragmentBody, FragmentId, GuestKey,
    GuestPostId, MediaId, MomentKind, OperationId, Place,
};

use crate::{InviteEntry, MemberEntry};

/// What of an operation is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// Header, signature and payload.
    Whole,
    /// Taken back: header and signature.
    Retracted,
    /// Header and signature, and nothing known that explains the missing payload: it does not count as held.
    Stripped,
}

/// A part of a moment that has blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// About 320 px, JPEG.
    Grid,
    /// About 1,600 px, JPEG.
    Screen,
    /// The shared bytes of the photo or clip.
    Original,
    /// The moving part of a Live Photo.
    Motion,
}

/// What a wanted blob is good for; earlier ones are fetched first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// A grid preview.
    Grid,
    /// A screen preview.
    Screen,
    /// The list of an original's segments.
    Manifest,
    /// A segment of an original.
    Original,
    /// A segment of a moving part.
    Motion,
}

/// Which moments to list, newest first. Conditions add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineQuery {
    /// Where the last page ended: sort time and id of its last moment.
    pub after: Option<(u64, OperationId)>,
    /// At most this many.
    pub limit: usize,
    /// Only those of one device or guest.
    pub author: Option<DeviceId>,
    /// Only those whose sort time is at or after.
    pub from_ms: Option<u64>,
    /// Only those whose sort time is before.
    pub until_ms: Option<u64>,
    /// Only clips, or only what is none.
    pub clips: Option<bool>,
    /// Only this device's favourites.
    pub favourites: bool,
    /// Only those with a place.
    pub located: bool,
    /// Only those of others that came here after this time.
    pub received_after_ms: Option<u64>,
    /// Only those whose caption and author's name hold words that begin so; of many the newest 2,000.
    pub text: Option<String>,
    /// Of a stack only its first.
    pub stacked: bool,
    /// Only those that nobody holds back from big screens.
    pub screens: bool,
}

/// A stretch of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRow {
    /// Its start.
    pub start_ms: u64,
    /// Its end.
    pub until_ms: u64,
    /// Moments in it.
    pub moments: u64,
    /// The shapes of its moments, newest first; of a stack its first alone where that was asked for. A shape is width over
    /// height as a byte: even steps of the logarithm from 1/2 to 3.
    pub shapes: Vec<u8>,
}

/// One moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MomentRow {
    /// Its operation.
    pub id: OperationId,
    /// The device that posted it.
    pub author: DeviceId,
    /// Who posted it, as people see it: the author, or the guest whom it was passed on for.
    pub person: DeviceId,
    /// What it is.
    pub kind: MomentKind,
    /// Identity of the capture.
    pub media: MediaId,
    /// Media type of the original.
    pub media_type: String,
    /// Pixels, orientation applied; 0 when unknown.
    pub width: u32,
    /// Pixels, orientation applied; 0 when unknown.
    pub height: u32,
    /// Length of a clip.
    pub duration_ms: Option<u32>,
    /// When it was captured, by the camera's clock.
    pub captured_ms: u64,
    /// The camera's offset from UTC in minutes.
    pub offset_min: Option<i16>,
    /// The camera.
    pub camera: Option<String>,
    /// Name of the file; empty when unknown.
    pub file_name: String,
    /// Thumbhash; empty when there is none.
    pub placeholder: Vec<u8>,
    /// Where it stands on the timeline: min(captured by the corrected clock, end of the group + 24 h).
    pub sort_ms: u64,
    /// When this device learned of it.
    pub received_ms: u64,
    /// Whether this device authored it.
    pub own: bool,
    /// Whether it is on the timeline, or another moment with the same capture is in its place.
    pub shown: bool,
    /// The caption; empty when there is none.
    pub caption: String,
    /// The operation that set the caption, empty texts too: what the next edit replaces.
    pub caption_head: Option<OperationId>,
    /// The grid preview.
    pub grid: Option<PartRow>,
    /// The screen preview.
    pub screen: Option<PartRow>,
    /// The original.
    pub original: Option<PartRow>,
    /// The moving part.
    pub motion: Option<PartRow>,
    /// Media type of the moving part.
    pub motion_type: Option<String>,
    /// Whether the original is held back and its owner is to be asked.
    pub needs_choice: bool,
    /// Other members known to hold the whole original.
    pub copies: u32,
    /// Whether the owner of this device marked it.
    pub favourite: bool,
    /// The first moment of the stack that it is part of.
    pub stack: Option<OperationId>,
    /// Moments in that stack; 0 when it stands alone.
    pub stack_count: u32,
    /// Where it was captured, if its owner shared that.
    pub place: Option<Place>,
    /// Whether it is a clip that nobody closed.
    pub unclosed: bool,
    /// When the last fragment of such a clip came to this device.
    pub heard_ms: Option<u64>,
    /// Which body of the camera's model.
    pub camera_body: Option<CameraBodyId>,
    /// By how much the camera's clock is corrected.
    pub shift_ms: i64,
    /// Who holds it back from big screens.
    pub hold: HoldRow,
}

impl MomentRow {
    /// When it was captured, by the corrected clock.
    #[must_use]
    pub fn corrected_ms(&self) -> u64 {
        self.captured_ms.saturating_add_signed(self.shift_ms)
    }
}

/// A camera that moments were captured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraRow {
    /// The camera.
    pub camera: CameraIdentity,
    /// Moments on the timeline.
    pub moments: u64,
    /// The first time it wrote, by its own clock.
    pub first_ms: u64,
    /// The last.
    pub last_ms: u64,
    /// What its clock was set to.
    pub clock: ClockRow,
}

/// What a camera's clock was set to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClockRow {
    /// The setting that counts: what the next one replaces.
    pub head: Option<OperationId>,
    /// Who set it.
    pub author: Option<DeviceId>,
    /// Its shifts.
    pub shifts: Vec<ClockShift>,
    /// Those of the setting that it replaced.
    pub before: Vec<ClockShift>,
}

/// Who holds a moment back from big screens, and the operations that the next ones replace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HoldRow {
    /// Its author does.
    pub by_author: bool,
    /// Hosts do.
    pub by_hosts: bool,
    /// The last hold of its author, a letting on too.
    pub author_head: Option<OperationId>,
    /// The last hold of hosts, a letting on too.
    pub host_head: Option<OperationId>,
}

/// How much of a part is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartRow {
    /// Its size.
    pub size_bytes: u64,
    /// What of it stands in complete blobs on this device.
    pub held_bytes: u64,
}

impl PartRow {
    /// Whether all of it is here.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.held_bytes == self.size_bytes
    }
}

/// A clip that was opened while it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipRow {
    /// Its moment.
    pub id: OperationId,
    /// Who records it.
    pub author: DeviceId,
    /// Whether this device does.
    pub own: bool,
    /// Where it stands on the timeline.
    pub sort_ms: u64,
    /// Whether it is on the timeline.
    pub shown: bool,
    /// Whether nobody closed it.
    pub unclosed: bool,
    /// Fragments that follow each other from the first; 0 when its segments are known by its closing.
    pub fragments: u32,
    /// When the last fragment came to this device, or else the opening.
    pub heard_ms: u64,
}

/// One record of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FragmentRow {
    /// Its place.
    pub index: u32,
    /// Its id.
    pub id: FragmentId,
    /// The record as it is passed on.
    pub record: Vec<u8>,
    /// What it says.
    pub body: FragmentBody,
}

/// A guest that said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestRow {
    /// Its key.
    pub guest: GuestKey,
    /// What it calls itself.
    pub name: String,
    /// Moments of it on the timeline.
    pub moment_count: u64,
    /// Files of it that wait or were held back.
    pub waiting_count: u64,
    /// Whether it was blocked.
    pub blocked: bool,
}

/// A guest's file that is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRow {
    /// Its moment.
    pub moment: OperationId,
    /// Who posted it.
    pub guest: GuestKey,
    /// Which of the guest's posts it is.
    pub post: GuestPostId,
    /// The member at whose door it was posted.
    pub door: DeviceId,
    /// Whether somebody decided against it.
    pub held_back: bool,
}

/// What became of a guest's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestPostRow {
    /// Its moment.
    pub moment: OperationId,
    /// Whether the original is among it.
    pub whole: bool,
    /// Whether it waits or was held back.
    pub waits: bool,
    /// Whether it was taken back by the guest, or the guest was blocked.
    pub gone: bool,
}

/// One standing reaction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReactionRow {
    /// The moment on the timeline.
    pub moment: OperationId,
    /// The emoji.
    pub emoji: String,
    /// Who gave it, a member or a guest.
    pub author: DeviceId,
}

/// Figures of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Moments on the timeline.
    pub moment_count: u64,
    /// Those of which some part is not here.
    pub missing_count: u64,
    /// Own ones whose original no other member is known to hold.
    pub only_here_count: u64,
    /// The newest that has a grid preview, rather one that is here.
    pub cover: Option<Cover>,
    /// When the newest was captured.
    pub last_moment_ms: Option<u64>,
}

/// The moment that stands for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The moment.
    pub moment: OperationId,
    /// Its placeholder.
    pub placeholder: Vec<u8>,
    /// Whether its grid preview is here.
    pub held: bool,
}

/// One member, with what this device knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// What membership says.
    pub entry: MemberEntry,
    /// When it was last connected to this device.
    pub last_seen_ms: Option<u64>,
    /// Moments it has on the timeline.
    pub moment_count: u64,
}

impl Deref for MemberRow {
    type Target = MemberEntry;
    fn deref(&self) -> &MemberEntry {
        &self.entry
    }
}

/// One invite.
pub type InviteRow = InviteEntry;

/// A blob that a moment on the timeline names and this device lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobWant {
    /// The blob.
    pub blob: BlobRef,
    /// The moment.
    pub moment: OperationId,
    /// The part of it that the blob belongs to.
    pub part: Part,
    /// What it is good for.
    pub tier: Tier,
    /// Where the moment stands on the timeline.
    pub sort_ms: u64,
    /// Who posted the moment, and so has the blob.
    pub author: DeviceId,
}

/// Which missing blobs are wished for, and how much may be carried beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantFilter {
    /// Previews.
    pub previews: bool,
    /// Originals of photos and Live Photos.
    pub photos: bool,
    /// Originals of clips.
    pub clips: bool,
    /// Bytes of other originals that may be brought along for others.
    pub carry_bytes: u64,
    /// At so many copies elsewhere nothing needs to be brought along.
    pub enough_copies: u32,
}

impl Default for WantFilter {
    fn default() -> Self {
        Self { previews: true, photos: true, clips: true, carry_bytes: 0, enough_copies: 3 }
    }
}

/// A whole original of another device that could be given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evictable {
    /// The moment.
    pub moment: OperationId,
    /// Who posted it.
    pub author: DeviceId,
    /// The place in the author's log of the operation that names the original.
    pub seq: u64,
    /// What it is.
    pub kind: MomentKind,
    /// Its blobs and their sizes.
    pub blobs: Vec<(BlobId, u64)>,
    /// Whether it is here for others only.
    pub carried: bool,
}

/// The state of the copies of everything on the timeline. A device counts when it said itself that it holds the original (the
/// previews, where there is no original), and this device when it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopiesReport {
    /// Moments on the timeline.
    pub moments: u64,
    /// Every moment is on so many devices, or more.
    pub at_least: u64,
    /// Moments on fewer than three devices.
    pub below_three: u64,
    /// Own moments that no other device is known to hold.
    pub own_only_here: u64,
    /// Others' moments that are here and that no other device is known to hold.
    pub others_only_here: u64,
    /// When the member that was silent for the longest last said what it holds.
    pub heard_ms: Option<u64>,
}

/// Something that this device took back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakebackRow {
    /// What was taken back.
    pub moment: OperationId,
    /// When.
    pub at_ms: u64,
    /// Other members that said that it is erased there.
    pub gone: u64,
}

/// What is known of one blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    /// The key that opens it.
    pub key: BlobKey,
    /// Its size.
    pub size: u64,
    /// Whether it is complete on this device.
    pub held: bool,
}

/// An author of whom operations are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The author.
    pub author: DeviceId,
    /// The highest sequence number held.
    pub highest: u64,
    /// How many below it are missing.
    pub missing: u64,
}

/// Two or more operations with one author and sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The author: a device with two histories.
    pub author: DeviceId,
    /// The first sequence number that occurs twice.
    pub seq: u64,
}

/// What an album is, in 256 bits, and what of it is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of the set of operations: equal on every device that knows the same.
    pub album: [u8; 32],
    /// Of the set and of what is lacking: equal to `album` where nothing is.
    pub held: [u8; 32],
    /// Operations held.
    pub operations: u64,
    /// Blobs that moments on the timeline name.
    pub blobs: u64,
    /// Those that are not complete here.
    pub lacking: u64,
    /// Their bytes together.
    pub lacking_bytes: u64,
}

/// Which part of an album goes into a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShareWish {
    /// What any of these devices lacks by its own word; nothing: everything.
    pub lacked_by: Option<Vec<DeviceId>>,
    /// No originals.
    pub previews_only: bool,
}

/// What goes into a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlbumShare {
    /// Moments of which there are bytes among it.
    pub moments: u64,
    /// Operations, in order.
    pub operations: Vec<OperationId>,
    /// Blobs that are here, in order.
    pub blobs: Vec<AlbumBlob>,
    /// Bytes of the blobs.
    pub bytes: u64,
}

/// A blob of the album that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlbumBlob {
    /// Which.
    pub id: BlobId,
    /// Its bytes.
    pub size: u64,
}
