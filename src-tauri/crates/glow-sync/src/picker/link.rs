//! What is known of a connection: its round trip, what it carries, and how it has behaved.

use super::{Ended, Tier};
use crate::{
    proximity::{self, Place},
    wire::PIECE_BYTES,
};

/// Requests to one member at once.
pub(super) const IN_FLIGHT: usize = 8;
/// Grid previews asked of one member at once: many travel in one request. More are asked for when half of them came, so that
/// there are many again. Beyond [`IN_FLIGHT`] only as many as have so many bytes together.
pub(super) const GRIDS_IN_FLIGHT: usize = 64;
pub(super) const GRIDS_LEFT: usize = GRIDS_IN_FLIGHT / 2;
pub(super) const GRID_BYTES_IN_FLIGHT: u64 = 768 * 1024;
/// The same for what is not tiny: many at once would all come late, and none of them soon.
const LARGER_IN_FLIGHT: usize = 2;
/// Requests are made so far ahead that a member has work for this long.
const AHEAD_MS: u64 = 150;
/// A request that has not moved for so long has stalled: for something tiny, and for all else, which yields.
const PATIENCE_MS: u64 = 2_500;
const LARGER_PATIENCE_MS: u64 = 8_000;
/// Stalls in a row, and lies at all, after which a member is not asked for a while.
const STALLS: u32 = 2;
const LIES: u32 = 2;
/// How long that is: after stalls, and after lies.
const SUSPENDED_MS: u64 = 30_000;
const LIAR_SUSPENDED_MS: u64 = 600_000;
/// A member that has announced nothing for so long while others have is not counted on to fetch for its neighbours.
pub(super) const IDLE_MS: u64 = 3_000;

/// A connected member.
#[derive(Debug, Clone)]
pub(super) struct Link {
    /// The shortest round trip that was measured: what the way takes when nothing is in it.
    pub(super) round_trip_us: Option<u64>,
    /// What came from it lately, in bytes a second, while something was asked of it.
    pub(super) goodput_bps: u64,
    /// What its connection carries in bytes a second while it is busy, as the network measured.
    carries_bps: Option<u64>,
    /// Where it is.
    pub(super) place: Place,
    /// When it last told of something new that it holds; at first when it came.
    pub(super) progress_ms: u64,
    /// Whether others got on for long while it told of nothing: it is not counted on to fetch for its neighbours.
    pub(super) lags: bool,
    /// When something last came from it.
    heard_ms: u64,
    stalls: u32,
    /// When a request for previews last failed: all that fail at one moment were in one request.
    failed_ms: u64,
    lies: u32,
    suspended_until_ms: u64,
}

impl Link {
    pub(super) fn new(now_ms: u64) -> Self {
        Self {
            round_trip_us: None,
            goodput_bps: 0,
            carries_bps: None,
            place: Place::default(),
            progress_ms: now_ms,
            lags: false,
            heard_ms: now_ms,
            stalls: 0,
            failed_ms: 0,
            lies: 0,
            suspended_until_ms: 0,
        }
    }

    pub(super) fn measured(&mut self, round_trip_us: u64) {
        self.round_trip_us = Some(self.round_trip_us.map_or(round_trip_us, |least| least.min(round_trip_us)));
    }

    pub(super) fn located(&mut self, place: Place, carries_bps: Option<u64>) {
        self.place = place;
        self.carries_bps = carries_bps.or(self.carries_bps);
    }

    /// How fast it is, in bytes a second: what the network measured tells more than what requests took that waited for each
    /// other.
    pub(super) fn rate_bps(&self) -> u64 {
        self.carries_bps.unwrap_or(self.goodput_bps)
    }

    /// Bytes came that were asked for then. While several requests are in flight, each takes part of the time.
    pub(super) fn received(&mut self, bytes: u64, asked_ms: u64, now_ms: u64) {
        let busy_ms = now_ms.saturating_sub(self.heard_ms.max(asked_ms));
        self.heard_ms = now_ms;
        let rate_bps = bytes * 1_000 / busy_ms.max(1);
        self.goodput_bps = if self.goodput_bps == 0 { rate_bps } else { (3 * self.goodput_bps + rate_bps) / 4 };
        self.stalls = 0;
    }

    pub(super) fn failed(&mut self, how: Ended, tier: Tier, now_ms: u64) {
        match how {
            Ended::Complete | Ended::NotHere => {}
            Ended::Broken if tier != Tier::Grid => self.stalls += 1,
            Ended::Broken if self.failed_ms == now_ms => {}
            Ended::Broken => {
                self.stalls += 1;
                self.failed_ms = now_ms;
            }
            Ended::Lied => self.lies += 1,
        }
        if how == Ended::Lied && self.lies >= LIES {
            self.suspended_until_ms = now_ms.saturating_add(LIAR_SUSPENDED_MS);
        } else if self.stalls >= STALLS {
            self.stalls = 0;
            self.suspend(now_ms);
        }
    }

    /// It is not asked for a while.
    pub(super) fn suspend(&mut self, now_ms: u64) {
        self.suspended_until_ms = self.suspended_until_ms.max(now_ms.saturating_add(SUSPENDED_MS));
    }

    pub(super) fn has_lied(&self) -> bool {
        self.lies > 0
    }

    /// What it did in an earlier connection counts.
    pub(super) fn answers_for(&mut self, before: &Self) {
        (self.lies, self.suspended_until_ms) = (before.lies, before.suspended_until_ms);
    }

    /// When something last came from it: a member that sends has not stalled, it has much to send.
    pub(super) fn heard_ms(&self) -> u64 {
        self.heard_ms
    }

    /// Whether it may be asked.
    pub(super) fn is_fit(&self, now_ms: u64) -> bool {
        self.suspended_until_ms <= now_ms
    }

    /// When it may be asked again, if it was not to be asked for a while.
    pub(super) fn fit_again_ms(&self) -> Option<u64> {
        Some(self.suspended_until_ms).filter(|until_ms| *until_ms > 0)
    }

    /// Requests for originals that keep it busy, and no more: the smaller the rate, the fewer.
    pub(super) fn window(&self) -> usize {
        let pieces = self.goodput_bps * AHEAD_MS / 1_000 / PIECE_BYTES;
        usize::try_from(pieces).unwrap_or(usize::MAX).clamp(1, IN_FLIGHT)
    }

    /// How long it may take for the next piece.
    pub(super) fn patience_ms(&self, tier: Tier) -> u64 {
        if tier == Tier::Grid { PATIENCE_MS } else { LARGER_PATIENCE_MS }
    }

    /// Whether it is about as near as the nearest.
    pub(super) fn is_near(&self, nearest_us: u64) -> bool {
        self.round_trip_us.is_none_or(|own_us| proximity::is_near(own_us, nearest_us))
    }
}

/// Requests of a tier to one member at once. What is played comes in order only when few share the way.
pub(super) fn in_flight(tier: Tier) -> usize {
    match tier {
        Tier::Grid => GRIDS_IN_FLIGHT,
        Tier::Playing | Tier::Screen | Tier::Manifest | Tier::Original => LARGER_IN_FLIGHT,
    }
}
