//! How long an upload may take: it must neither stand still nor crawl.

use std::time::{Duration, Instant};

/// An upload that brings nothing for this long is given up.
pub(crate) const STALLED: Duration = Duration::from_secs(30);
/// An upload may be slow for this long.
const GRACE: Duration = Duration::from_secs(60);
/// From then on it is as fast as this at least, on the whole.
const LEAST_BYTES_PER_SECOND: u64 = 8 * 1024;

/// Watches one upload.
#[derive(Debug)]
pub(crate) struct Pace(Instant);

impl Pace {
    pub(crate) fn start(now: Instant) -> Self {
        Self(now)
    }

    /// Whether so many bytes are too few by now.
    pub(crate) fn is_crawling(&self, bytes: u64, now: Instant) -> bool {
        let due = GRACE + Duration::from_secs(bytes / LEAST_BYTES_PER_SECOND);
        now.duration_since(self.0) > due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_now_and_then_is_not_enough() {
        let start = Instant::now();
        let pace = Pace::start(start);
        assert!(!pace.is_crawling(1, start + Duration::from_secs(60)));
        assert!(pace.is_crawling(100, start + Duration::from_secs(61)));
        assert!(!pace.is_crawling(8 * 1024 * 600, start + Duration::from_secs(600)), "a slow camera is let finish");
    }
}
