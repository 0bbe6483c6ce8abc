//! Who asks for quiet, and whether photos come one after another.

use std::collections::BTreeMap;

use glow_model::DeviceId;

use super::HUSH_MS;

/// Photos that come within so long of each other are one series.
const PAUSE_MS: u64 = 3_000;
/// A series is one once it has gone on for so long: photos that were added together are out by then.
const SERIES_MS: u64 = 2_000;

/// Until when neighbours want quiet, and since when and when last they have asked for it in one series.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    asked: BTreeMap<DeviceId, u64>,
    since_ms: u64,
    last_ms: u64,
}

impl Quiet {
    pub(super) fn ask(&mut self, peer: DeviceId, for_ms: u64, now_ms: u64) {
        if now_ms >= self.last_ms.saturating_add(PAUSE_MS) {
            self.since_ms = now_ms;
        }
        self.last_ms = now_ms;
        self.asked.insert(peer, now_ms.saturating_add(for_ms.min(HUSH_MS)));
    }

    pub(super) fn forget(&mut self, peer: DeviceId) {
        self.asked.remove(&peer);
    }

    pub(super) fn forget_over(&mut self, now_ms: u64) {
        self.asked.retain(|_, until_ms| *until_ms > now_ms);
    }

    pub(super) fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// When somebody's quiet is over.
    pub(super) fn ends(&self) -> impl Iterator<Item = u64> {
        self.asked.values().copied()
    }

    /// Whether photos come one after another, so that the next is to be expected.
    pub(super) fn is_series(&self, now_ms: u64) -> bool {
        now_ms < self.last_ms.saturating_add(PAUSE_MS) && self.last_ms >= self.since_ms.saturating_add(SERIES_MS)
    }
}
