//! Where a camera's uploads land before they become moments, and what is known of each until then.
//!
//! ```text
//! groups/<id>/spool/part/    on its way in; emptied at each start: half an upload is nothing
//! groups/<id>/spool/ready/   complete, synced, acknowledged; posted now, or at the next start
//! groups/<id>/spool/bad/     complete, but no photo or clip: kept for a person to look at, and reported
//! ```
//!
//! A camera is told that its file was taken when the file and its folder are synced in `ready/`. From then on it becomes a
//! moment whatever happens; one that was posted just before a crash is recognised as the same. A file that its own structure
//! shows to be cut short is refused, so the camera sends it again.

mod incoming;
mod names;
mod worker;

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use glow_api::{ApiError, Caller, CameraFailure, ErrorCode};
use glow_model::limits;
pub use incoming::Incoming;
use names::{NAMELESS, Names, file_name};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use worker::Worker;

use crate::{
    clock::{now_ms, random},
    directory::make_private_dir,
    engine::Engine,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::policy,
    view,
};

/// Failures that are remembered.
const FAILURES: usize = 20;

/// The uploads of one group's cameras. Cheap to clone; dropping the last one ends it, and what is left waits on disk.
#[derive(Clone)]
pub struct Spool(Arc<Inner>);

struct Inner {
    group: Arc<Group>,
    place: Place,
    counts: Mutex<Counts>,
    places: Arc<Semaphore>,
    paused: AtomicBool,
    names: Names,
    ready: mpsc::Sender<PathBuf>,
    _stop: DropGuard,
}

/// The folders of a spool.
#[derive(Debug, Clone)]
struct Place {
    part: PathBuf,
    ready: PathBuf,
    bad: PathBuf,
}

/// What became of uploads since the start.
#[derive(Debug, Default)]
struct Counts {
    waiting_files: usize,
    waiting_bytes: u64,
    posted: u32,
    already_there: u32,
    last_at_ms: Option<i64>,
    failures: VecDeque<CameraFailure>,
}

/// What is known of a camera's uploads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpoolReport {
    /// Whether uploads are refused for now.
    pub paused: bool,
    /// Files that are on their way in or wait to become moments.
    pub waiting: u32,
    /// Files that became moments since the start.
    pub posted: u32,
    /// Files that were on the timeline already.
    pub already_there: u32,
    /// When the last one came in.
    pub last_at_ms: Option<i64>,
    /// What could not be added, newest first.
    pub failures: Vec<CameraFailure>,
}

impl Engine {
    /// Opens the spool of a group: what was left in it by a crash becomes moments now.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownGroup`], [`ErrorCode::Unreadable`], [`ErrorCode::DiskFull`].
    pub async fn spool(&self, caller: Caller, group: &str) -> Result<Spool, ApiError> {
        let id = group.to_owned();
        let group = self.group(group)?;
        let root = group.directory.spool();
        let (place, found) = blocking(move || Place::open(&root)).await?;
        let (ready, queue) = mpsc::channel(limits::SPOOL_FILES);
        let stop = CancellationToken::new();
        let ended = group.stop.clone();
        let counts = Counts {
            waiting_files: found.len(),
            waiting_bytes: found.iter().map(|(_, size)| size).sum(),
            ..Counts::default()
        };
        let inner = Inner {
            group,
            place,
            counts: Mutex::new(counts),
            places: Arc::new(Semaphore::new(limits::SPOOL_UPLOADS)),
            paused: AtomicBool::new(false),
            names: Names::default(),
            ready,
            _stop: stop.clone().drop_guard(),
        };
        let spool = Spool(Arc::new(inner));
        let worker = Worker { engine: self.clone(), caller, group: id, spool: Arc::downgrade(&spool.0) };
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = ended.cancelled() => {}
                () = worker.run(found.into_iter().map(|(path, _)| path).collect(), queue) => {}
            }
        });
        Ok(spool)
    }
}

impl Place {
    /// Makes the folders, forgets what was cut off, and finds what was acknowledged and not posted.
    fn open(root: &Path) -> ApiResult<(Self, Vec<(PathBuf, u64)>)> {
        let place = Self { part: root.join("part"), ready: root.join("ready"), bad: root.join("bad") };
        if place.part.exists() {
            fs::remove_dir_all(&place.part).map_err(IntoApi::into_api)?;
        }
        for folder in [root, &place.part, &place.ready, &place.bad] {
            make_private_dir(folder)?;
        }
        sync_folder(root)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&place.ready).map_err(IntoApi::into_api)? {
            let entry = entry.map_err(IntoApi::into_api)?;
            let metadata = entry.metadata().map_err(IntoApi::into_api)?;
            if metadata.is_file() {
                found.push((entry.path(), metadata.len()));
            }
        }
        found.sort();
        Ok((place, found))
    }

    /// Puts a file aside that is no moment; the oldest ones give way.
    fn put_aside(&self, path: &Path) -> ApiResult<()> {
        let name = path.file_name().unwrap_or_else(|| OsStr::new(NAMELESS));
        fs::rename(path, self.bad.join(name)).map_err(IntoApi::into_api)?;
        let mut kept: Vec<PathBuf> =
            fs::read_dir(&self.bad).map_err(IntoApi::into_api)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        // Names begin with the time of arrival.
        kept.sort();
        for old in kept.iter().rev().skip(limits::SPOOL_BAD_FILES) {
            fs::remove_file(old).map_err(IntoApi::into_api)?;
        }
        Ok(())
    }
}

impl Spool {
    /// Starts to take in a file under the name that its sender gave; of a path the last part counts. `size` is what the
    /// sender says that it is going to be.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] while uploads are paused, [`ErrorCode::FileTooLarge`], [`ErrorCode::DiskFull`] when the
    /// spool or the disk has no room, and what keeps the group from being added to.
    pub async fn begin(&self, name: &str, size: Option<u64>) -> Result<Incoming, ApiError> {
        let inner = &self.0;
        if inner.paused.load(Ordering::Relaxed) {
            return Err(ApiError::new(ErrorCode::NotAllowed, "uploads are paused on this box"));
        }
        inner.group.require_open()?;
        let size = size.unwrap_or(0);
        if size > limits::SPOOL_FILE_BYTES {
            return Err(too_large());
        }
        let place = inner.places.clone().try_acquire_owned().map_err(|_| no_room("too many uploads at once"))?;
        inner.require_space(size)?;
        {
            let mut counts = inner.counts();
            if counts.waiting_files >= limits::SPOOL_FILES || counts.waiting_bytes + size > limits::SPOOL_BYTES {
                return Err(no_room("too many uploads wait to be added"));
            }
            counts.waiting_files += 1;
        }
        let name = file_name(name);
        let token = data_encoding::HEXLOWER.encode(&random::<4>());
        let path = inner.place.part.join(format!("{:013}-{token}-{name}", now_ms()));
        let mut incoming =
            Incoming { spool: self.clone(), file: None, path, name, size_bytes: 0, kept: false, _place: place };
        let path = incoming.path.clone();
        let open =
            move || File::options().write(true).read(true).create_new(true).open(path).map_err(IntoApi::into_api);
        incoming.file = Some(Arc::new(blocking(open).await?));
        Ok(incoming)
    }

    /// Renames a file that was sent a moment ago, as cameras do that upload under a temporary name.
    ///
    /// # Errors
    /// [`ErrorCode::NotHere`] when none was sent under that name lately, [`ErrorCode::Unreadable`].
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), ApiError> {
        let (spool, from, to) = (self.clone(), from.to_owned(), to.to_owned());
        blocking(move || spool.0.names.rename(&from, &to)).await
    }

    /// The size of a file that was sent under this name a moment ago.
    #[must_use]
    pub fn sent_lately(&self, name: &str) -> Option<u64> {
        self.0.names.size_of(name)
    }

    /// What is known of the uploads.
    #[must_use]
    pub fn report(&self) -> SpoolReport {
        let counts = self.0.counts();
        SpoolReport {
            paused: self.0.paused.load(Ordering::Relaxed),
            waiting: view::count(counts.waiting_files),
            posted: counts.posted,
            already_there: counts.already_there,
            last_at_ms: counts.last_at_ms,
            failures: counts.failures.iter().rev().cloned().collect(),
        }
    }

    /// Refuses uploads for now, or takes them again.
    pub fn pause(&self, paused: bool) {
        self.0.paused.store(paused, Ordering::Relaxed);
        self.0.tell();
    }

    /// Remembers something that went wrong on the way in.
    pub fn report_failure(&self, name: &str, error: ApiError) {
        self.0.failed(&file_name(name), error);
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("place", &self.0.place).finish_non_exhaustive()
    }
}

impl Inner {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn require_space(&self, more_bytes: u64) -> ApiResult<()> {
        if policy::has_room(&self.group, more_bytes) { Ok(()) } else { Err(no_room("the disk is nearly full")) }
    }

    fn failed(&self, name: &str, error: ApiError) {
        tracing::warn!(name, %error, "a camera's upload");
        let mut counts = self.counts();
        counts.failures.push_back(CameraFailure { name: name.to_owned(), at_ms: view::time(now_ms()), error });
        while counts.failures.len() > FAILURES {
            counts.failures.pop_front();
        }
        drop(counts);
        self.tell();
    }

    fn leaves(&self, size_bytes: u64) {
        let mut counts = self.counts();
        counts.waiting_files = counts.waiting_files.saturating_sub(1);
        counts.waiting_bytes = counts.waiting_bytes.saturating_sub(size_bytes);
    }

    fn tell(&self) {
        self.group.bus.send(glow_api::Event::BoxChanged);
    }
}

fn sync_folder(folder: &Path) -> ApiResult<()> {
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(IntoApi::into_api)?;
    Ok(())
}

fn too_large() -> ApiError {
    ApiError::new(ErrorCode::FileTooLarge, "the file is larger than a box takes from a camera")
        .with("limit_mib", limits::SPOOL_FILE_BYTES >> 20)
}

fn no_room(what: &str) -> ApiError {
    ApiError::new(ErrorCode::DiskFull, format!("the box has no room for another upload: {what}"))
}
