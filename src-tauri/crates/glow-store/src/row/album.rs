//! The whole album: its copies, its fingerprint, what goes into a bundle.

use glow_model::{BlobId, DeviceId, OperationId};

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
