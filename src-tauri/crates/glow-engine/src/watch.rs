//! A watched folder: camera files that appear in it from now on go out after a delay in which they can be held back.
//!
//! What was there before is never touched. A file goes out when it has not changed for the delay and has a size; its folder
//! is not searched below. A recording in a container that is written from front to back goes out while it is made, once it has
//! grown for longer than the delay.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io::Read,
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
    follow::Growing,
    pipeline::ingest::CaptureFile,
};

/// How long a file must rest at least: cameras write in pieces.
const REST: Duration = Duration::from_millis(500);
/// How often the folder is read although nothing was notified: network shares do not notify.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const EVENTS: usize = 64;
/// How much of the beginning of a growing file is looked at.
const HEAD_BYTES: u64 = 1024 * 1024;
/// A recording that has not grown for this long has ended, at least.
const STREAM_REST: Duration = Duration::from_secs(3);

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
        crate::guest::require_owner(caller)?;
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
            ended: ended.clone(),
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

/// Whether the beginning of a file is that of a recording which can go out while it is made.
fn is_streamable(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    read.is_ok() && glow_media::Splitter::default().push(&head).is_ok_and(|parts| !parts.is_empty())
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
    resting: BTreeMap<OsString, Resting>,
    events: mpsc::Sender<WatchEvent>,
    ended: CancellationToken,
}

/// A file that did not go out yet.
struct Resting {
    shape: Shape,
    /// Since when it has not changed.
    since: Instant,
    seen: Instant,
    /// Whether it can go out while it grows; nothing while nobody looked.
    streams: Option<bool>,
}

impl Folder {
    async fn run(mut self, mut notified: mpsc::Receiver<()>) {
        loop {
            let next = self.resting.values().map(|file| file.since + self.delay).min();
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
        let (mut ready, mut growing) = (Vec::new(), Vec::new());
        for (name, shape) in files {
            if self.known.contains(&name) {
                continue;
            }
            match self.resting.get_mut(&name) {
                None => {
                    self.resting.insert(name.clone(), Resting { shape, since: now, seen: now, streams: None });
                    self.events
                        .send(WatchEvent::Seen { name: name.to_string_lossy().into_owned(), delay: self.delay })
                        .await?;
                }
                Some(file) if file.shape != shape => {
                    (file.shape, file.since) = (shape, now);
                    if now >= file.seen + self.delay && file.streams.is_none() {
                        growing.push(name);
                    }
                }
                Some(file) if now >= file.since + self.delay && shape.0 > 0 => ready.push((name, shape)),
                Some(_) => {}
            }
        }
        for (name, shape) in ready {
            self.resting.remove(&name);
            self.known.insert(name.clone());
            self.post(name, shape).await?;
        }
        for name in growing {
            self.stream(name).await;
        }
        Ok(())
    }

    /// Lets a file go out while it grows, if its container can.
    async fn stream(&mut self, name: OsString) {
        let path = self.dir.join(&name);
        let head = path.clone();
        let streams = blocking(move || ApiResult::Ok(is_streamable(&head))).await.unwrap_or(false);
        if let Some(file) = self.resting.get_mut(&name) {
            file.streams = Some(streams);
        }
        if !streams {
            return;
        }
        self.resting.remove(&name);
        self.known.insert(name.clone());
        let (engine, caller, group) = (self.engine.clone(), self.caller, self.group.clone());
        let (events, ended, rest) = (self.events.clone(), self.ended.clone(), self.delay.max(STREAM_REST));
        let name = name.to_string_lossy().into_owned();
        tokio::spawn(async move {
            let record = async {
                let file = tokio::fs::File::open(&path).await.map_err(IntoApi::into_api)?;
                let grows = Some(Growing { path: &path, rest });
                engine.record_from(caller, &group, &name, file, grows, |_| {}).await
            };
            let recorded = tokio::select! {
                () = ended.cancelled() => return,
                recorded = record => recorded,
            };
            let event = match recorded {
                Ok(receipt) => WatchEvent::Posted { name, receipt },
                Err(error) => WatchEvent::Failed { name, error },
            };
            // Who watched may be gone; the clip is there all the same.
            let _ = events.send(event).await;
        });
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
