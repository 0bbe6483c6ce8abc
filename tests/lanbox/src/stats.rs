//! What a medium counted.

use serde::{Deserialize, Serialize};

/// Counters since the start. Frames are Ethernet frames, bytes are theirs without framing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Copies delivered.
    pub forwarded: u64,
    /// Bytes delivered.
    pub bytes: u64,
    /// Copies delivered of frames to a group address.
    pub multicast_copies: u64,
    /// Time the shared channel was in use, in nanoseconds.
    pub airtime_ns: u64,
    /// Bytes that crossed the backhaul between two access points, with framing.
    #[serde(default)]
    pub backhaul_bytes: u64,
    /// Copies lost by chance.
    pub loss_drops: u64,
    /// Frames and copies that met a full queue.
    pub queue_drops: u64,
    /// Frames and copies refused by a partition, a block or a cut link.
    pub blocked: u64,
    /// Second copies made by chance.
    pub duplicates: u64,
    /// Copies that the receiving interface did not take (it was down).
    pub refused: u64,
    /// The same per host.
    pub hosts: Vec<HostStats>,
}

/// One host's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStats {
    /// Frames it handed to its link.
    pub sent_frames: u64,
    /// Bytes it handed to its link.
    pub sent_bytes: u64,
    /// Copies delivered to it.
    pub received_frames: u64,
    /// Bytes delivered to it.
    pub received_bytes: u64,
    /// Copies to it lost by chance.
    pub loss_drops: u64,
    /// Frames of it and copies to it that met a full queue.
    pub queue_drops: u64,
}

impl Stats {
    pub(crate) fn of(hosts: usize) -> Self {
        Self { hosts: vec![HostStats::default(); hosts], ..Self::default() }
    }
}
