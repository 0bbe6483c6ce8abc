//! Who asks for quiet, and whether photos come one after another. What is asked for and sent meanwhile is decided elsewhere.

use std::collections::BTreeMap;

use glow_model::DeviceId;

/// How long a neighbour may ask for quiet at a time.
pub const HUSH_MS: u64 = 1_000;
/// Photos that come within so long of each other are one series.
const PAUSE_MS: u64 = 3_000;
/// A series is one once it has gone on for so long: photos that were added together are out by then.
const SERIES_MS: u64 = 2_000;

/// Until when neighbours want quiet, and since when and when last they have asked for it in one series.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    asked: BTreeMap<DeviceId, u64>,
    since_ms: u64,
    last_ms: u64,
}

impl Quiet {
    /// A neighbour asks for quiet, for at most [`HUSH_MS`]; 0 takes it back.
    pub(crate) fn ask(&mut self, peer: DeviceId, for_ms: u64, now_ms: u64) {
        if now_ms >= self.last_ms.saturating_add(PAUSE_MS) {
            self.since_ms = now_ms;
        }
        self.last_ms = now_ms;
        self.asked.insert(peer, now_ms.saturating_add(for_ms.min(HUSH_MS)));
    }

    pub(crate) fn forget(&mut self, peer: DeviceId) {
        self.asked.remove(&peer);
    }

    pub(crate) fn forget_over(&mut self, now_ms: u64) {
        self.asked.retain(|_, until_ms| *until_ms > now_ms);
    }

    pub(crate) fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// When somebody's quiet is over.
    pub(crate) fn ends(&self) -> impl Iterator<Item = u64> {
        self.asked.values().copied()
    }

    /// Whether photos come one after another, so that the next is to be expected.
    pub(crate) fn is_series(&self, now_ms: u64) -> bool {
        now_ms < self.last_ms.saturating_add(PAUSE_MS) && self.last_ms >= self.since_ms.saturating_add(SERIES_MS)
    }
}
