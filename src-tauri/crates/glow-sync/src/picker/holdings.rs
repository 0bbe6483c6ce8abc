//! Who is known to hold which pieces of what is wanted here.

use std::collections::BTreeMap;

use glow_model::{BlobId, DeviceId};

/// Bitfields by blob and member.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    known: BTreeMap<BlobId, BTreeMap<DeviceId, u32>>,
}

impl Holdings {
    pub(super) fn add(&mut self, blob: BlobId, peer: DeviceId, pieces: u32) {
        *self.known.entry(blob).or_default().entry(peer).or_default() |= pieces;
    }

    /// A member was asked for these pieces and did not have them.
    pub(super) fn lacks(&mut self, blob: BlobId, peer: DeviceId, pieces: u32) {
        if let Some(has) = self.known.get_mut(&blob).and_then(|holders| holders.get_mut(&peer)) {
            *has &= !pieces;
        }
    }

    pub(super) fn forget(&mut self, blob: BlobId) {
        self.known.remove(&blob);
    }

    pub(super) fn left(&mut self, peer: DeviceId) {
        for holders in self.known.values_mut() {
            holders.remove(&peer);
        }
        self.known.retain(|_, holders| !holders.is_empty());
    }

    /// The pieces that a member is known to hold.
    pub(super) fn of(&self, blob: BlobId, peer: DeviceId) -> u32 {
        self.known.get(&blob).and_then(|holders| holders.get(&peer)).copied().unwrap_or(0)
    }

    /// Whoever is known to hold something of a blob, connected or not, with its pieces.
    pub(super) fn holders(&self, blob: BlobId) -> impl Iterator<Item = (DeviceId, u32)> {
        let holders = self.known.get(&blob).into_iter().flatten();
        holders.filter(|(_, pieces)| **pieces != 0).map(|(peer, pieces)| (*peer, *pieces))
    }
}
