//! A clip that goes out while it is being recorded: opened by one operation, ended by another. What comes between are
//! [fragment records](crate::fragment), which are no operations.
//!
//! The opening is the moment: its id stays that of the clip for ever. The closing names the same segments that were sent
//! while it was recorded, so nothing is sent again; where it never comes (a dead battery), the fragments that follow each
//! other without a gap are the clip.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{BlobRef, MediaId, ModelError, Moment, MomentKind, OperationId, Original, body::moment::check_previews};

/// Opens a clip that is being recorded.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClipOpen {
    /// What is known of it at its beginning: no blobs, no length; a random media id.
    #[n(0)]
    pub moment: Moment,
}

impl ClipOpen {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let moment = &self.moment;
        let is_bare = moment.kind == MomentKind::Clip
            && moment.duration_ms.is_none()
            && moment.grid.is_none()
            && moment.screen.is_none()
            && moment.original.is_none()
            && moment.motion.is_none();
        if !is_bare {
            return Err(ModelError::Invalid { what: "opened clip" });
        }
        moment.check()
    }
}

/// Ends a clip. Only its author can; of several, the first of the author's log counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClipClose {
    /// The operation that opened it.
    #[n(0)]
    pub clip: OperationId,
    /// Identity of the whole recording: the same file added again is this clip.
    #[n(1)]
    pub media: MediaId,
    /// The segments that were sent, in order.
    #[n(2)]
    pub original: Original,
    /// Its length.
    #[n(3)]
    pub duration_ms: u32,
    /// Thumbhash; empty when there is none.
    #[n(4)]
    pub placeholder: ByteVec,
    /// About 320 px, baseline JPEG.
    #[n(5)]
    pub grid: Option<BlobRef>,
    /// About 1,600 px, baseline JPEG.
    #[n(6)]
    pub screen: Option<BlobRef>,
}

impl ClipClose {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        check_previews(&self.placeholder, self.grid.as_ref(), self.screen.as_ref())?;
        self.original.check()
    }
}
