//! When bytes last came or went on a connection: a busy link may answer a ping late and is not dead for that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A clock hand that every stream of a connection moves.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    since: Instant,
    last_ms: Arc<AtomicU64>,
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), last_ms: Arc::default() }
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
}
