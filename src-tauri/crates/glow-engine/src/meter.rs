//! What goes where at what rate: bytes of blobs, by member.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use glow_model::DeviceId;

/// What a rate is the mean of.
const WINDOW: Duration = Duration::from_secs(4);
/// Grains that a window is made of.
const GRAIN: Duration = Duration::from_millis(250);

/// The bytes that came from a member and went to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) down_bps: u64,
    pub(crate) up_bps: u64,
    pub(crate) down_bytes: u64,
    pub(crate) up_bytes: u64,
}

/// Counts for one group.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<BTreeMap<DeviceId, [Counter; 2]>>);

#[derive(Debug, Default)]
struct Counter {
    total: u64,
    grains: VecDeque<(Instant, u64)>,
}

impl Meter {
    /// Bytes came from a member.
    pub(crate) fn came(&self, device: DeviceId, bytes: usize) {
        self.count(device, 0, bytes);
    }

    /// Bytes went to a member.
    pub(crate) fn went(&self, device: DeviceId, bytes: usize) {
        self.count(device, 1, bytes);
    }

    /// Everything that flowed since this group was opened.
    pub(crate) fn flows(&self) -> BTreeMap<DeviceId, Flow> {
        let now = Instant::now();
        let mut devices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flow = |(device, [down, up]): (&DeviceId, &mut [Counter; 2])| {
            let flow =
                Flow { down_bps: down.rate(now), up_bps: up.rate(now), down_bytes: down.total, up_bytes: up.total };
            (*device, flow)
        };
        devices.iter_mut().map(flow).collect()
    }

    fn count(&self, device: DeviceId, way: usize, bytes: usize) {
        let mut devices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        devices.entry(device).or_default()[way].add(Instant::now(), bytes as u64);
    }
}

impl Counter {
    fn add(&mut self, now: Instant, bytes: u64) {
        self.total += bytes;
        match self.grains.back_mut() {
            Some((since, sum)) if now.duration_since(*since) < GRAIN => *sum += bytes,
            _ => self.grains.push_back((now, bytes)),
        }
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        while self.grains.front().is_some_and(|(since, _)| now.duration_since(*since) > WINDOW) {
            self.grains.pop_front();
        }
    }

    /// Bits a second.
    fn rate(&mut self, now: Instant) -> u64 {
        self.forget(now);
        self.grains.iter().map(|(_, bytes)| bytes).sum::<u64>() * 8 / WINDOW.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_last_seconds_only() {
        let mut counter = Counter::default();
        let start = Instant::now();
        counter.add(start, 1_000_000);
        counter.add(start + Duration::from_millis(100), 1_000_000);
        assert_eq!(counter.rate(start + Duration::from_secs(1)), 4_000_000);
        assert_eq!(counter.rate(start + Duration::from_secs(10)), 0);
        assert_eq!(counter.total, 2_000_000);
    }
}
