//! When bytes last came or went on a connection, and how fast they come while something large is on its way.
//!
//! A busy link may answer a ping late and is not dead for that. Its goodput is bytes over the time in which at least one
//! large frame was being read: what small frames and pauses take says nothing of the link.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Frames from this size on tell how fast a link is.
pub(crate) const LARGE_FRAME_BYTES: usize = 32 * 1024;
/// So many bytes must have come before there is a goodput.
const ENOUGH_BYTES: u64 = 256 * 1024;
/// After so much busy time what was before counts half: a device that has walked away is slower than it was.
const HALF: Duration = Duration::from_secs(2);

/// A clock hand that every stream of a connection moves.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    since: Instant,
    last_ms: Arc<AtomicU64>,
    rate: Arc<Mutex<Rate>>,
}

#[derive(Debug, Default)]
struct Rate {
    /// Large frames that are being read.
    reading: usize,
    counted: Option<Instant>,
    busy: Duration,
    bytes: u64,
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), last_ms: Arc::default(), rate: Arc::default() }
    }

    /// Notes that bytes came or went.
    pub(crate) fn touch(&self) {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(elapsed, Ordering::Relaxed);
    }

    /// For how long nothing came or went.
    pub(crate) fn quiet_for(&self) -> Duration {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(last)
    }

    /// A large frame begins to be read.
    pub(crate) fn reading(&self) -> Reading {
        self.rate().begin(Instant::now());
        Reading(self.clone())
    }

    /// What comes in bits a second while something large is on its way; nothing until enough has come.
    pub(crate) fn goodput_bps(&self) -> Option<u64> {
        self.rate().bps()
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A large frame that is being read.
#[derive(Debug)]
pub(crate) struct Reading(Activity);

impl Reading {
    /// Bytes of it came.
    pub(crate) fn came(&self, bytes: usize) {
        self.0.rate().count(bytes, Instant::now());
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.rate().reading -= 1;
    }
}

impl Rate {
    fn begin(&mut self, now: Instant) {
        if self.reading == 0 {
            self.counted = Some(now);
        }
        self.reading += 1;
    }

    fn count(&mut self, bytes: usize, now: Instant) {
        let since = self.counted.replace(now).unwrap_or(now);
        self.busy += now.saturating_duration_since(since);
        self.bytes += bytes as u64;
        if self.busy >= 2 * HALF {
            self.busy /= 2;
            self.bytes /= 2;
        }
    }

    fn bps(&self) -> Option<u64> {
        let micros = u64::try_from(self.busy.as_micros()).unwrap_or(u64::MAX).max(1);
        (self.bytes >= ENOUGH_BYTES).then(|| self.bytes.saturating_mul(8_000_000) / micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: usize = 128 * 1024;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn pauses_between_frames_do_not_make_a_link_slow() {
        let start = Instant::now();
        let mut rate = Rate::default();
        for second in 0..4 {
            rate.begin(after(start, second * 1_000));
            rate.count(PIECE, after(start, second * 1_000 + 100));
            rate.reading -= 1;
        }
        assert_eq!(rate.bps(), Some(PIECE as u64 * 8 * 10), "a piece in a tenth of a second");
    }

    #[test]
    fn frames_that_come_side_by_side_count_together() {
        let start = Instant::now();
        let mut rate = Rate::default();
        rate.begin(start);
        rate.begin(start);
        rate.count(PIECE, after(start, 100));
        rate.count(PIECE, after(start, 100));
        assert_eq!(rate.bps(), Some(2 * PIECE as u64 * 8 * 10));
    }

    #[test]
    fn little_tells_nothing_and_what_is_long_ago_counts_less() {
        let start = Instant::now();
        let mut rate = Rate::default();
        rate.begin(start);
        rate.count(PIECE, after(start, 10));
        assert_eq!(rate.bps(), None);
        let mut now = 10;
        for _ in 0..100 {
            now += 10;
            rate.count(PIECE, after(start, now));
        }
        let fast = rate.bps().unwrap();
        for _ in 0..20 {
            now += 1_000;
            rate.count(PIECE, after(start, now));
        }
        assert!(rate.bps().unwrap() < fast / 50, "{:?} of {fast}", rate.bps());
    }
}
