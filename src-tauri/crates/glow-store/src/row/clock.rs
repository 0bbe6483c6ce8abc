//! Cameras and their clocks.

use glow_model::{CameraIdentity, ClockShift, DeviceId, OperationId};

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
