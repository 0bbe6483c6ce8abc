//! What a socket takes at most, from how fast it took what it got: as much as leaves it within a moment. Pure: no socket here.

use std::time::{Duration, Instant};

/// What one socket takes at most.
///
/// A socket that is found full holds all that it takes; so what it took between two such times is what left it, and its
/// depth over that rate is how long a byte stands in the queues on the way.
#[derive(Debug)]
pub(super) struct Depth {
    bytes: u64,
    /// When the socket last got something.
    active: Instant,
    /// Whether it was full when it was last seen.
    is_full: bool,
    /// Since when it is measured, and what it had taken then.
    since: Instant,
    taken: u64,
}

impl Depth {
    /// The least: a few packets, so that a lost one is noticed by those that follow.
    const LEAST: u64 = 8 * 1024;
    /// The most, which ordinary kernels grant; a socket that may have more is left to its kernel.
    pub(super) const MOST: u64 = 208 * 1024;
    /// A byte stands in the queues for about so long, beside two round trips without any.
    const MOMENT: Duration = Duration::from_millis(20);
    /// Over how long a rate is taken.
    const WINDOW: Duration = Duration::from_millis(50);

    pub(super) fn new(now: Instant) -> Self {
        Self { bytes: Self::MOST, active: now, is_full: false, since: now, taken: 0 }
    }

    /// The socket took something; it has taken so much by now.
    pub(super) fn took(&mut self, taken: u64, now: Instant) {
        if !self.is_full && now - self.active > Self::WINDOW {
            // Nobody had anything to send: that was no rate.
            (self.since, self.taken) = (now, taken);
        }
        self.active = now;
        self.is_full = false;
    }

    /// The socket was found full. Answers its new depth, if it is to be another.
    pub(super) fn full(&mut self, taken: u64, round_trip: Duration, is_short: bool, now: Instant) -> Option<u64> {
        self.is_full = true;
        let elapsed = now - self.since;
        if elapsed < Self::WINDOW {
            return None;
        }
        let left = taken.saturating_sub(self.taken) as f64 / elapsed.as_secs_f64();
        (self.since, self.taken) = (now, taken);
        let fit = left * (Self::MOMENT + 2 * round_trip).as_secs_f64();
        // A window with a pause in it says too little: the way down has several steps.
        let bytes = if is_short { (fit as u64).max(self.bytes / 2).clamp(Self::LEAST, Self::MOST) } else { Self::MOST };
        (bytes != self.bytes).then(|| {
            self.bytes = bytes;
            bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket on a link of so many bytes a second that is always full, for a while; answers its depth at the end.
    fn kept_full(bytes_per_s: u64, round_trip: Duration, is_short: bool, depth: &mut Depth) -> u64 {
        let start = depth.active;
        let before = depth.taken;
        for ms in 1..=1_000 {
            let now = start + Duration::from_millis(ms);
            let taken = before + bytes_per_s * ms / 1_000;
            depth.took(taken, now);
            depth.full(taken, round_trip, is_short, now);
        }
        depth.bytes
    }

    #[test]
    fn a_socket_takes_what_leaves_it_in_a_moment_while_something_may_come() {
        let mut depth = Depth::new(Instant::now());
        assert_eq!(kept_full(2_000_000, Duration::ZERO, false, &mut depth), Depth::MOST);
        assert_eq!(kept_full(2_000_000, Duration::ZERO, true, &mut depth), 40_000);
        assert_eq!(kept_full(100_000, Duration::ZERO, true, &mut depth), Depth::LEAST);
        assert_eq!(kept_full(100_000, Duration::ZERO, false, &mut depth), Depth::MOST, "and nothing comes any more");
    }

    #[test]
    fn a_long_way_is_no_queue() {
        let mut depth = Depth::new(Instant::now());
        let bytes = kept_full(1_000_000, Duration::from_millis(40), true, &mut depth);
        assert_eq!(bytes, 100_000);
    }

    #[test]
    fn a_socket_that_seldom_has_room_is_slow() {
        let start = Instant::now();
        let mut depth = Depth::new(start);
        for step in 1..=20 {
            let now = start + step * Duration::from_millis(160);
            let taken = u64::from(step) * 16_000;
            depth.took(taken, now);
            depth.full(taken, Duration::ZERO, true, now);
        }
        assert_eq!(depth.bytes, Depth::LEAST);
    }

    #[test]
    fn a_socket_that_nobody_fills_is_not_slow() {
        let start = Instant::now();
        let mut depth = Depth::new(start);
        let later = start + Duration::from_secs(60);
        depth.took(16_384, later);
        assert_eq!(depth.full(16_384, Duration::ZERO, true, later + Duration::from_millis(1)), None);
    }
}
