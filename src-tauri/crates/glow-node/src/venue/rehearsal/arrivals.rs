//! What is on which device or page since when.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::millis;

/// Nothing may stand still for longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who posted what, and who saw it when. Everybody has a place, a number.
#[derive(Default)]
pub(super) struct Arrivals {
    noted: Mutex<Noted>,
    news: Notify,
}

#[derive(Default)]
struct Noted {
    posted: BTreeMap<String, (usize, Instant)>,
    seen: BTreeMap<(String, usize), Instant>,
}

impl Arrivals {
    /// Somebody posted a moment, from this time on.
    pub(super) fn posted(&self, moment: String, place: usize, began: Instant) {
        self.noted().posted.insert(moment, (place, began));
        self.news.notify_one();
    }

    /// A moment is shown at a place with its preview.
    pub(super) fn seen(&self, moment: String, place: usize) {
        self.noted().seen.entry((moment, place)).or_insert_with(Instant::now);
        self.news.notify_one();
    }

    /// Whether it was shown there already.
    pub(super) fn is_seen(&self, moment: &str, place: usize) -> bool {
        self.noted().seen.contains_key(&(moment.to_owned(), place))
    }

    /// Waits until so many were seen, at the places of those who posted them, too; not for ever.
    pub(super) async fn all(&self, count: usize) {
        while self.noted().seen.len() < count {
            if tokio::time::timeout(PATIENCE, self.news.notified()).await.is_err() {
                return;
            }
        }
    }

    /// How long each took to each place but its author's, in milliseconds, sorted.
    pub(super) fn latencies(&self) -> Vec<u64> {
        let noted = self.noted();
        let took = |((moment, place), at): (&(String, usize), &Instant)| {
            let (author, began) = noted.posted.get(moment)?;
            (author != place).then(|| millis(at.duration_since(*began)))
        };
        let mut latencies: Vec<u64> = noted.seen.iter().filter_map(took).collect();
        latencies.sort_unstable();
        latencies
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
