//! Moments on the timeline, and what stands beside them.

use glow_model::{CameraBodyId, DeviceId, MediaId, MomentKind, OperationId, Place};

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
