//! Reading a watched folder, and letting go out what is ready.

use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use glow_api::{ApiError, Caller, ErrorCode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    WatchEvent,
    looker::{Looker, Shape, Step},
};
use crate::{
    engine::{Engine, Inner},
    error::{ApiResult, IntoApi, blocking, may_pass},
    follow::Growing,
    pipeline::ingest::CaptureFile,
};

/// How often the folder is read although nothing was notified: network shares do not notify.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How far apart two looks at the folder are, at least.
const PACE: Duration = Duration::from_millis(100);
/// How much of the beginning of a growing file is looked at.
const HEAD_BYTES: u64 = 1024 * 1024;
/// A recording that has not grown for this long has ended, at least.
const STREAM_REST: Duration = Duration::from_secs(3);
/// Files of one folder: what is remembered of them has to fit.
const FILES: usize = 50_000;

/// Wakes whoever reads the folder.
pub(super) fn notify_of(dir: &Path, notes: mpsc::Sender<()>) -> ApiResult<RecommendedWatcher> {
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

/// The files of a folder that can go out, by name: not those in folders below, no hidden ones, and no links, which lead out of it.
/// A name that is no Unicode is left alone: it could be shown to nobody.
pub(super) fn list(dir: &Path) -> ApiResult<BTreeMap<String, Shape>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(IntoApi::into_api)? {
        let entry = entry.map_err(IntoApi::into_api)?;
        let Ok(metadata) = entry.metadata() else { continue };
        let Ok(name) = entry.file_name().into_string() else { continue };
        if metadata.is_file() && !name.starts_with('.') {
            files.insert(name, Shape::of(&metadata));
        }
        if files.len() > FILES {
            return Err(ApiError::new(ErrorCode::Unreadable, format!("the folder holds more than {FILES} files")));
        }
    }
    Ok(files)
}

/// Whether the beginning of a file is that of a recording which can go out while it is made.
fn is_streamable(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    read.is_ok() && glow_media::Splitter::default().push(&head).is_ok_and(|parts| !parts.is_empty())
}

/// A folder that is watched for a group.
pub(super) struct Folder {
    pub(super) engine: Weak<Inner>,
    pub(super) caller: Caller,
    pub(super) group: String,
    pub(super) dir: PathBuf,
    pub(super) delay: Duration,
    pub(super) looker: Arc<Mutex<Looker>>,
    /// Whether this device is where the group is not.
    pub(super) away: Box<dyn Fn() -> bool + Send + Sync>,
    pub(super) events: mpsc::Sender<WatchEvent>,
    pub(super) ended: CancellationToken,
}

/// Nobody listens any more, or the engine is gone.
pub(super) struct Over;

impl From<mpsc::error::SendError<WatchEvent>> for Over {
    fn from(_: mpsc::error::SendError<WatchEvent>) -> Self {
        Self
    }
}

impl Folder {
    pub(super) async fn run(self, mut notified: mpsc::Receiver<()>) {
        let mut is_missing = false;
        loop {
            let wake =
                self.looker().due().unwrap_or_else(|| Instant::now() + LOOK_EVERY).min(Instant::now() + LOOK_EVERY);
            if let Ok(None) = tokio::time::timeout_at(wake, notified.recv()).await {
                // Nothing notifies of this folder: it was not there when its watching began.
                tokio::time::sleep_until(wake).await;
            }
            if self.look(&mut is_missing).await.is_err() {
                return;
            }
            // A file that is being written notes every piece of it.
            tokio::time::sleep(PACE).await;
        }
    }

    fn looker(&self) -> MutexGuard<'_, Looker> {
        self.looker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the folder, and posts what has rested long enough.
    async fn look(&self, is_missing: &mut bool) -> Result<(), Over> {
        let dir = self.dir.clone();
        let files = match blocking(move || list(&dir)).await {
            Ok(files) => files,
            Err(error) => {
                // The card may be out of its reader: it is looked for until it is back.
                if !std::mem::replace(is_missing, true) {
                    tracing::warn!(folder = %self.dir.display(), %error, "the watched folder cannot be read: it is looked for until it can");
                    self.events.send(WatchEvent::Missing { is_missing: true }).await?;
                }
                return Ok(());
            }
        };
        if std::mem::replace(is_missing, false) {
            tracing::info!(folder = %self.dir.display(), "the watched folder is there");
            self.events.send(WatchEvent::Missing { is_missing: false }).await?;
        }
        let away = (self.away)();
        let steps = self.looker().look(&files, Instant::now(), away);
        for step in steps {
            match step {
                Step::Seen(name) => self.events.send(WatchEvent::Seen { name, delay: self.delay }).await?,
                Step::Held(name) => self.events.send(WatchEvent::Held { name }).await?,
                Step::Ready(name, shape) => self.post(name, shape).await?,
                Step::Growing(name) => self.stream(name).await?,
            }
        }
        Ok(())
    }

    /// Lets a file go out while it grows, if its container can.
    async fn stream(&self, name: String) -> Result<(), Over> {
        let path = self.dir.join(&name);
        let head = path.clone();
        let streams = blocking(move || ApiResult::Ok(is_streamable(&head))).await.unwrap_or(false);
        if !self.looker().streams(&name, streams) {
            return Ok(());
        }
        let engine = self.engine.upgrade().map(|inner| Engine { inner }).ok_or(Over)?;
        let (caller, group) = (self.caller, self.group.clone());
        let (events, ended, rest) = (self.events.clone(), self.ended.clone(), self.delay.max(STREAM_REST));
        let looker = self.looker.clone();
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
            looker.lock().unwrap_or_else(PoisonError::into_inner).finish(&name);
            let event = match recorded {
                Ok(receipt) => WatchEvent::Posted { name, receipt },
                Err(error) => WatchEvent::Failed { name, error },
            };
            // Who watched may be gone; the clip is there all the same.
            let _ = events.send(event).await;
        });
        Ok(())
    }

    async fn post(&self, name: String, shape: Shape) -> Result<(), Over> {
        let engine = self.engine.upgrade().map(|inner| Engine { inner }).ok_or(Over)?;
        let path = self.dir.join(&name);
        let (looked_at, waits) = (path.clone(), !self.looker().is_overdue(&name, Instant::now()));
        if waits && !blocking(move || ApiResult::Ok(is_whole(&looked_at, shape))).await.unwrap_or(false) {
            self.looker().wait_again(&name, Instant::now());
            return Ok(());
        }
        let capture = CaptureFile { path, name: name.clone(), modified_at_ms: shape.modified_at_ms };
        let posted = tokio::select! {
            () = self.ended.cancelled() => return Err(Over),
            posted = engine.post(self.caller, &self.group, vec![capture], |_| {}) => posted,
        };
        let event = match posted {
            Ok(mut receipt) => match receipt.failures.pop() {
                Some(failure) => WatchEvent::Failed { name: name.clone(), error: failure.error },
                None => WatchEvent::Posted { name: name.clone(), receipt },
            },
            Err(error) => WatchEvent::Failed { name: name.clone(), error },
        };
        match &event {
            WatchEvent::Failed { error, .. } if may_pass(error.code) => {
                self.looker().wait_again(&name, Instant::now());
            }
            _ => self.looker().finish(&name),
        }
        Ok(self.events.send(event).await?)
    }
}

/// Whether a file is still what was listed, and ends as its container says.
fn is_whole(path: &Path, listed: Shape) -> bool {
    let is_listed = std::fs::symlink_metadata(path).is_ok_and(|now| now.is_file() && Shape::of(&now) == listed);
    is_listed
        && std::fs::File::open(path).is_ok_and(|mut file| matches!(glow_media::is_cut_short(&mut file), Ok(false)))
}
