//! Clips that go out while they are recorded.

use glow_model::{DeviceId, FragmentBody, FragmentId, OperationId};

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
