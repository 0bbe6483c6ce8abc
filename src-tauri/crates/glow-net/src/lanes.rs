//! What this device sends at once: answers that matter first, bulk in small steps that yield.
//!
//! Owns the order of steps. What stands between a step and the air is the [meter](crate::meter)'s.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use glow_model::DeviceId;
use glow_sync::{Budget, wire::Lane};
use tokio::{sync::Notify, time::timeout_at};

use crate::meter::{Meter, Meters};

/// How much of a frame is written at once in a lane that yields.
pub(crate) const STEP_BYTES: usize = 16 * 1024;

/// The lanes of a swarm. Clones are the same lanes.
#[derive(Debug, Clone)]
pub struct Lanes {
    budget: Arc<Mutex<Budget>>,
    changed: Arc<Notify>,
    meters: Meters,
    since: Instant,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Self { budget: Arc::default(), changed: Arc::default(), meters: Meters::default(), since: Instant::now() }
    }

    /// A neighbour asks to send nothing large for a while; 0 takes it back.
    pub fn hush(&self, from: DeviceId, for_ms: u64) {
        let now_ms = self.now_ms();
        self.budget().hush(from, for_ms, now_ms);
        self.meters.keep_short();
        self.changed.notify_waiters();
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Waits until the next step in this lane may be written.
    pub(crate) async fn turn(&self, lane: Lane) {
        loop {
            let changed = self.changed.notified();
            let now_ms = self.now_ms();
            let Err(until_ms) = self.budget().may_write(lane, now_ms) else { return };
            let until = self.since + Duration::from_millis(until_ms);
            // Either way it is asked again.
            let _ = timeout_at(until.into(), changed).await;
        }
    }

    /// Holds bulk back until it is dropped.
    pub(crate) fn press(&self) -> Pressing {
        let now_ms = self.now_ms();
        self.budget().pressing_began(now_ms);
        Pressing(self.clone())
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// How the steps of an answer follow each other.
#[derive(Debug)]
pub(crate) struct Pace<'a> {
    pub(crate) lanes: &'a Lanes,
    pub(crate) meter: Option<&'a Meter>,
    pub(crate) lane: Lane,
}

impl Pace<'_> {
    /// Waits until a step of so many bytes may be handed over.
    pub(crate) async fn keep(&self, step_bytes: usize) {
        self.lanes.turn(self.lane).await;
        let Some(meter) = self.meter else { return };
        if self.lane == Lane::Bulk {
            meter.has_room().await;
        }
        meter.hand(step_bytes);
    }
}

/// An answer that matters is being written.
#[derive(Debug)]
pub(crate) struct Pressing(Lanes);

impl Drop for Pressing {
    fn drop(&mut self) {
        self.0.budget().pressing_ended();
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: DeviceId = DeviceId([2; 32]);

    #[tokio::test]
    async fn bulk_goes_on_as_soon_as_quiet_is_taken_back() {
        let lanes = Lanes::new();
        lanes.hush(BOB, 1_000);
        lanes.turn(Lane::Now).await;
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.turn(Lane::Bulk).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        lanes.hush(BOB, 0);
        waiting.await.unwrap();
    }
}
