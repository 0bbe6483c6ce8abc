//! Members, and what of their logs is missing.

use std::ops::Deref;

use glow_model::DeviceId;

use crate::{InviteEntry, MemberEntry};

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
