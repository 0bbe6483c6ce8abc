//! Blobs: what is wanted, held and given up.

use glow_model::{BlobId, BlobKey, BlobRef, DeviceId, MomentKind, OperationId};

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
    /// Its place on the timeline.
    pub sort_ms: u64,
    /// Its blobs and their sizes.
    pub blobs: Vec<(BlobId, u64)>,
}

impl Evictable {
    /// The bytes of its blobs together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.blobs.iter().map(|(_, size)| size).sum()
    }
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
