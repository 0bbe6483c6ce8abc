//! A watched folder: camera files that appear in it from now on go out after a delay in which they can be held back.
//!
//! What was there before is never touched. A file goes out when it has not changed for the delay and has a size; its folder
//! is not searched below.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use glow_api::{ApiError, Caller, ErrorCode, PostReceipt};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, blocking},
    pipeline::ingest::CaptureFile,
};

/// How long a file must rest at least: cameras write in pieces.
const REST: Duration = Duration::from_millis(500);
/// How often the folder is read although nothing was notified: network shares do not notify.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const EVENTS: usize = 64;

/// What became of a file in a watched folder.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent {
    /// A new file: it goes out after the delay unless it goes away.
    Seen {
        /// Its name.
        name: String,
        /// When it goes out.
        delay: Duration,
    },
    /// It was added.
    Posted {
        /// Its name.
        name: String,
        /// What became of it.
        receipt: PostReceipt,
    },
    /// It could not be added.
    Failed {
        /// Its name.
        name: String,
        /// Why.
        error: ApiError,
    },
}

/// A watched folder. Dropping it ends the watching.
#[derive(Debug)]
pub struct Watch {
    events: mpsc::Receiver<WatchEvent>,
    _stop: DropGuard,
}

impl Watch {
    /// The next event; nothing when the engine has ended.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        self.events.recv().await
    }
}

impl Engine {
    /// Watches a folder for a group.
    ///
    /// # Errors
    /// [`ErrorCode::Unreadable`] when the folder cannot be read.
    pub async fn watch(&self, caller: Caller, group: &str, dir: PathBuf, delay: Duration) -> Result<Watch, ApiError> {
        let stop = CancellationToken::new();
        let ended = self.group(group)?.stop.clone();
        let (notes, notified) = mpsc::channel(1);
        let place = dir.clone();
        let (watcher, known) = blocking(move || {
            let known: BTreeSet<OsString> = list(&place)?.into_keys().collect();
            ApiResult::Ok((notify_of(&place, notes)?, known))
        })
        .await?;
        let (events, receiver) = mpsc::channel(EVENTS);
        let folder = Folder {
            engine: self.clone(),
            caller,
            group: group.to_owned(),
            dir,
            delay: delay.max(REST),
            known,
            resting: BTreeMap::new(),
            events,
        };
        let token = stop.clone();
        tokio::spawn(async move {
            let _watcher = watcher;
            tokio::select! {
                () = token.cancelled() => {}
                () = ended.cancelled() => {}
                () = folder.run(notified) => {}
            }
        });
        Ok(Watch { events: receiver, _stop: stop.drop_guard() })
    }
}

fn notify_of(dir: &Path, notes: mpsc::Sender<()>) -> ApiResult<RecommendedWatcher> {
    let unreadable =
        |error: notify::Error| ApiError::new(ErrorCode::Unreadable, format!("the folder cannot be watched: {error}"));
    let mut watcher = notify::recommended_watcher(move |_| {
        // One note is as good as many: the folder is read anyway.
        let _ = notes.try_send(());
    })
    .map_err(unreadable)?;
    watcher.watch(dir, RecursiveMode::NonRecursive).map_err(unreadable)?;
    Ok(watcher)
}

/// Size and modification time, by which a file is seen to change.
type Shape = (u64, Option<SystemTime>);

fn list(dir: &Path) -> ApiResult<BTreeMap<OsString, Shape>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(IntoApi::into_api)? {
        let entry = entry.map_err(IntoApi::into_api)?;
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if metadata.is_file() && !is_hidden {
            files.insert(entry.file_name(), (metadata.len(), metadata.modified().ok()));
        }
    }
    Ok(files)
}

struct Folder {
    engine: Engine,
    caller: Caller,
    group: String,
    dir: PathBuf,
    delay: Duration,
    known: BTreeSet<OsString>,
    resting: BTreeMap<OsString, (Shape, Instant)>,
    events: mpsc::Sender<WatchEvent>,
}

impl Folder {
    async fn run(mut self, mut notified: mpsc::Receiver<()>) {
        loop {
            let next = self.resting.values().map(|(_, since)| *since + self.delay).min();
            let wake = next.unwrap_or_else(|| Instant::now() + LOOK_EVERY).min(Instant::now() + LOOK_EVERY);
            let _ = tokio::time::timeout_at(wake, notified.recv()).await;
            if self.look().await.is_err() {
                return;
            }
        }
    }

    /// Reads the folder, and posts what has rested long enough. Fails when nobody listens any more.
    async fn look(&mut self) -> Result<(), mpsc::error::SendError<WatchEvent>> {
        let dir = self.dir.clone();
        let files = match blocking(move || list(&dir)).await {
            Ok(files) => files,
            Err(error) => {
                tracing::warn!(%error, "watched folder");
                return Ok(());
            }
        };
        self.resting.retain(|name, _| files.contains_key(name));
        let now = Instant::now();
        let mut ready = Vec::new();
        for (name, shape) in files {
            if self.known.contains(&name) {
                continue;
            }
            match self.resting.get_mut(&name) {
                None => {
                    self.resting.insert(name.clone(), (shape, now));
                    self.events
                        .send(WatchEvent::Seen { name: name.to_string_lossy().into_owned(), delay: self.delay })
                        .await?;
                }
                Some((known, since)) if *known != shape => (*known, *since) = (shape, now),
                Some((_, since)) if now >= *since + self.delay && shape.0 > 0 => ready.push((name, shape)),
                Some(_) => {}
            }
        }
        for (name, shape) in ready {
            self.resting.remove(&name);
            self.known.insert(name.clone());
            self.post(name, shape).await?;
        }
        Ok(())
    }

    async fn post(&self, file: OsString, shape: Shape) -> Result<(), mpsc::error::SendError<WatchEvent>> {
        let name = file.to_string_lossy().into_owned();
        let modified = shape.1.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let modified_at_ms = modified.and_then(|since| i64::try_from(since.as_millis()).ok());
        let capture = CaptureFile { path: self.dir.join(&file), name: name.clone(), modified_at_ms };
        let event = match self.engine.post(self.caller, &self.group, vec![capture], |_| {}).await {
            Ok(mut receipt) => match receipt.failures.pop() {
                Some(failure) => WatchEvent::Failed { name, error: failure.error },
                None => WatchEvent::Posted { name, receipt },
            },
            Err(error) => WatchEvent::Failed { name, error },
        };
        self.events.send(event).await
    }
}
