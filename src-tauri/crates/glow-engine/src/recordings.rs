//! Recordings that hosts stream in, by the name their page gave them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use glow_api::{ApiError, Caller, ClipReceipt, ClipTarget};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use crate::{engine::Engine, error::bad_request, recording::Recording};

/// Recordings at once.
const RECORDINGS: usize = 16;
/// Bytes of a recording's name.
const KEY_BYTES: usize = 64;
/// A recording that nothing is added to for this long is closed: its page is gone.
const ABANDONED: Duration = Duration::from_secs(60);

type Shared = Arc<AsyncMutex<Recording>>;

struct Entry {
    recording: Shared,
    touched: Instant,
}

/// What is being recorded, by group and name.
#[derive(Default)]
pub(crate) struct Recordings(Mutex<BTreeMap<(String, String), Entry>>);

impl Recordings {
    /// The recording of that name.
    pub(crate) fn find(&self, group: &str, key: &str) -> Option<Shared> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(&(group.to_owned(), key.to_owned()))?;
        entry.touched = Instant::now();
        Some(entry.recording.clone())
    }

    /// Takes a recording from the list: it ends.
    pub(crate) fn take(&self, group: &str, key: &str) -> Option<Shared> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&(group.to_owned(), key.to_owned())).map(|entry| entry.recording)
    }

    /// Adds a recording; one that was added meanwhile stays.
    fn add(&self, group: &str, key: &str, recording: Recording) -> Result<Shared, ApiError> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= RECORDINGS {
            return Err(bad_request("too many recordings at once"));
        }
        let entry = entries
            .entry((group.to_owned(), key.to_owned()))
            .or_insert_with(|| Entry { recording: Arc::new(AsyncMutex::new(recording)), touched: Instant::now() });
        Ok(entry.recording.clone())
    }

    /// Takes a recording that nothing was added to for too long; otherwise says when to look again.
    fn take_abandoned(&self, group: &str, key: &str) -> Result<Option<Shared>, Instant> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (group.to_owned(), key.to_owned());
        let Some(entry) = entries.get(&name) else { return Ok(None) };
        let end = entry.touched + ABANDONED;
        if Instant::now() < end {
            return Err(end);
        }
        Ok(entries.remove(&name).map(|entry| entry.recording))
    }
}

impl Engine {
    /// Takes the next bytes of a recording that a host streams in; bytes that were taken before are skipped.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`](glow_api::ErrorCode::BadRequest) when bytes before these are missing, with the `offset` to
    /// go on from; otherwise as [`Recording::write`].
    pub async fn record_next(
        &self,
        caller: Caller,
        target: &ClipTarget,
        bytes: Bytes,
    ) -> Result<ClipReceipt, ApiError> {
        crate::guest::require_owner(caller)?;
        let recording = self.recording(caller, target).await?;
        let mut recording = recording.lock().await;
        let taken = recording.receipt().offset;
        if target.offset > taken {
            return Err(bad_request("bytes of the recording are missing before these").with("offset", taken));
        }
        let known = usize::try_from(taken - target.offset).unwrap_or(usize::MAX).min(bytes.len());
        let fresh = bytes.slice(known..);
        if !fresh.is_empty() {
            recording.write(fresh).await?;
        }
        Ok(recording.receipt())
    }

    async fn recording(&self, caller: Caller, target: &ClipTarget) -> Result<Shared, ApiError> {
        if target.key.is_empty() || target.key.len() > KEY_BYTES {
            return Err(bad_request("the recording's name is empty or too long"));
        }
        if let Some(recording) = self.inner.recordings.find(&target.group, &target.key) {
            return Ok(recording);
        }
        if target.offset > 0 {
            return Err(bad_request("there is no such recording").with("offset", 0));
        }
        let recording = self.record(caller, &target.group, &target.name).await?;
        let shared = self.inner.recordings.add(&target.group, &target.key, recording)?;
        let stop = self.group(&target.group)?.stop.clone();
        let (engine, group, key) = (self.clone(), target.group.clone(), target.key.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = close_when_abandoned(&engine, &group, &key) => {}
            }
        });
        Ok(shared)
    }
}

async fn close_when_abandoned(engine: &Engine, group: &str, key: &str) {
    loop {
        match engine.inner.recordings.take_abandoned(group, key) {
            Err(end) => tokio::time::sleep_until(end).await,
            Ok(None) => return,
            Ok(Some(recording)) => {
                if let Err(error) = recording.lock().await.close().await {
                    tracing::warn!(%error, "a recording that was abandoned");
                }
                return;
            }
        }
    }
}
