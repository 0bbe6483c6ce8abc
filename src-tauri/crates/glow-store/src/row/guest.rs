//! Guests and what they posted.

use glow_model::{DeviceId, GuestKey, GuestPostId, OperationId};

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
