//! Repairs in their turn, and the sets that they compare.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use glow_model::{DeviceId, OperationId, Plane};
use glow_store::GroupStore;
use glow_sync::reconcile::Snapshot;
use tokio::sync::Notify;

use crate::error::{ApiResult, IntoApi, internal};

/// A repair that brings nothing for so long does not keep others waiting: its member hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// The sets of both planes, sealed, as long as they are true. With 100,000 operations reading one anew takes longer than all
/// else that a round needs.
#[derive(Default)]
pub(crate) struct Snapshots([Mutex<Cached>; 2]);

#[derive(Default)]
struct Cached {
    snapshot: Option<Snapshot>,
    /// Stored since it was sealed.
    added: Vec<(u64, OperationId)>,
}

impl Snapshots {
    /// The set as it is. Blocks while it is read.
    pub(crate) fn get(&self, store: &GroupStore, plane: Plane) -> ApiResult<Snapshot> {
        // Held while the store is read: what is stored meanwhile is added after.
        let mut cached = self.of(plane);
        let added = std::mem::take(&mut cached.added);
        let snapshot = match cached.snapshot.take() {
            None => Snapshot::new(plane, store.reconcile_items(plane).map_err(IntoApi::into_api)?),
            Some(snapshot) if added.is_empty() => Ok(snapshot),
            Some(snapshot) => snapshot.with(added),
        };
        let snapshot = snapshot.map_err(|error| internal(&error))?;
        cached.snapshot = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// Operations were stored.
    pub(crate) fn add(&self, plane: Plane, time_ms: u64, id: OperationId) {
        let mut cached = self.of(plane);
        if cached.snapshot.is_some() {
            cached.added.push((time_ms, id));
        }
    }

    /// Something may have gone from the sets.
    pub(crate) fn forget(&self) {
        for plane in [Plane::Control, Plane::Content] {
            *self.of(plane) = Cached::default();
        }
    }

    fn of(&self, plane: Plane) -> MutexGuard<'_, Cached> {
        let [control, content] = &self.0;
        let cached = match plane {
            Plane::Control => control,
            Plane::Content => content,
        };
        cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is being asked for what is missing, and who has to wait.
#[derive(Default)]
pub(crate) struct Repairs {
    one: tokio::sync::Mutex<()>,
    with: Mutex<BTreeSet<DeviceId>>,
    /// Those that were told to keep what they wished to push.
    owed: Mutex<BTreeSet<DeviceId>>,
    /// Counts what repair has brought.
    progress: AtomicU64,
    brought: Notify,
}

/// A repair under way.
pub(crate) struct Turn<'a> {
    repairs: &'a Repairs,
    device: DeviceId,
    _one: Option<tokio::sync::MutexGuard<'a, ()>>,
}

impl Repairs {
    /// Waits for the repairs that were begun before, as long as they bring anything.
    pub(crate) async fn turn(&self, device: DeviceId) -> Turn<'_> {
        let mut progress = self.progress.load(Ordering::Relaxed);
        let one = loop {
            match tokio::time::timeout(PATIENCE, self.one.lock()).await {
                Ok(one) => break Some(one),
                Err(_) if self.progress.load(Ordering::Relaxed) == progress => break None,
                Err(_) => progress = self.progress.load(Ordering::Relaxed),
            }
        };
        lock(&self.with).insert(device);
        Turn { repairs: self, device, _one: one }
    }

    /// Whether a member may push now. One that may not is owed a repair after the one under way.
    pub(crate) fn may_push(&self, from: DeviceId) -> bool {
        let with = lock(&self.with);
        let may = with.is_empty() || with.contains(&from);
        if !may {
            lock(&self.owed).insert(from);
        }
        may
    }

    /// Takes those that are owed a repair.
    pub(crate) fn take_owed(&self) -> BTreeSet<DeviceId> {
        if lock(&self.with).is_empty() { std::mem::take(&mut *lock(&self.owed)) } else { BTreeSet::new() }
    }

    /// Repair has brought something.
    pub(crate) fn note_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
        self.brought.notify_one();
    }

    /// Waits until repair has brought something since the last time.
    pub(crate) async fn brought(&self) {
        self.brought.notified().await;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.repairs.with).remove(&self.device);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: DeviceId = DeviceId([2; 32]);
    const CAROL: DeviceId = DeviceId([3; 32]);

    #[tokio::test]
    async fn whoever_wants_to_push_into_a_repair_is_asked_after_it() {
        let repairs = Repairs::default();
        assert!(repairs.may_push(CAROL), "nothing is under way");
        let turn = repairs.turn(BOB).await;
        assert!(repairs.may_push(BOB), "what belongs to the repair comes in");
        assert!(!repairs.may_push(CAROL));
        assert_eq!(repairs.take_owed(), BTreeSet::new(), "not while it is under way");
        drop(turn);
        assert_eq!(repairs.take_owed(), BTreeSet::from([CAROL]));
        assert_eq!(repairs.take_owed(), BTreeSet::new(), "once");
    }

    #[tokio::test]
    async fn a_repair_that_brings_nothing_does_not_keep_others_waiting() {
        let repairs = Repairs::default();
        let _hangs = repairs.turn(BOB).await;
        let second = tokio::time::timeout(10 * PATIENCE, repairs.turn(CAROL)).await;
        assert!(second.is_ok_and(|turn| turn._one.is_none()), "it goes on beside the one that hangs");
    }
}
