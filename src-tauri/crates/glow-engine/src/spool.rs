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

mod names;

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::StreamExt;
use glow_api::{ApiError, Caller, CameraFailure, ErrorCode};
use glow_media::Format;
use glow_model::{clean_line, limits};
use names::Names;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    clock::{now_ms, random},
    directory::make_private_dir,
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    pipeline::ingest::CaptureFile,
    view,
};

/// Files that become moments at once.
const WORKERS: usize = 2;
/// How long a file waits after a failure that may pass, such as a full disk.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// So often a growing file is measured against the free space.
const MEASURE_EVERY_BYTES: u64 = 16 * 1024 * 1024;
/// Failures that are remembered.
const FAILURES: usize = 20;
/// Bytes of a name on disk: what stands before it has room, too.
const NAME_BYTES: usize = 180;
/// What an upload without a usable name is called.
const NAMELESS: &str = "upload";
/// How much of a file is looked at to know its format.
const HEAD_BYTES: usize = 4096;

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
        match self.group.blobs.free_bytes() {
            Some(free) if free < limits::SPOOL_FREE_BYTES.saturating_add(more_bytes) => {
                Err(no_room("the disk is nearly full"))
            }
            _ => Ok(()),
        }
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

/// A file on its way in. Dropping it discards what came.
#[derive(Debug)]
pub struct Incoming {
    spool: Spool,
    file: Option<Arc<File>>,
    path: PathBuf,
    name: String,
    size_bytes: u64,
    /// Whether it stands in `ready/`.
    kept: bool,
    _place: OwnedSemaphorePermit,
}

impl Incoming {
    /// Bytes that have come.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// [`ErrorCode::FileTooLarge`], [`ErrorCode::DiskFull`].
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        let inner = &self.spool.0;
        let (before, added) = (self.size_bytes, bytes.len() as u64);
        self.size_bytes += added;
        {
            let mut counts = inner.counts();
            counts.waiting_bytes += added;
            if self.size_bytes > limits::SPOOL_FILE_BYTES {
                return Err(too_large());
            }
            if counts.waiting_bytes > limits::SPOOL_BYTES {
                return Err(no_room("too many uploads wait to be added"));
            }
        }
        if before / MEASURE_EVERY_BYTES != self.size_bytes / MEASURE_EVERY_BYTES {
            inner.require_space(0)?;
        }
        let file = self.file.clone().ok_or_else(|| bad_request("the upload has ended"))?;
        blocking(move || (&*file).write_all(&bytes)).await
    }

    /// Ends the file: when this returns it becomes a moment, whatever happens from then on. An empty file is nothing, as
    /// some programs send one to try whether they may.
    ///
    /// # Errors
    /// [`ErrorCode::DamagedFile`] when the file is cut short; [`ErrorCode::DiskFull`], [`ErrorCode::Unreadable`].
    pub async fn finish(mut self) -> Result<(), ApiError> {
        if self.size_bytes == 0 {
            return Ok(());
        }
        let Some(file) = self.file.take() else { return Err(bad_request("the upload has ended")) };
        let ready = self.spool.0.place.ready.join(self.path.file_name().unwrap_or_default());
        let (from, to) = (self.path.clone(), ready.clone());
        let kept = blocking(move || {
            if is_cut_short(&file)? {
                return Err(ApiError::new(ErrorCode::DamagedFile, "the file is cut short: send it again"));
            }
            file.sync_all().map_err(IntoApi::into_api)?;
            fs::rename(&from, &to).map_err(IntoApi::into_api)?;
            sync_folder(to.parent().unwrap_or(&to))
        })
        .await;
        if let Err(error) = kept {
            self.spool.0.failed(&self.name, error.clone());
            return Err(error);
        }
        self.kept = true;
        self.spool.0.names.note(&ready, &self.name, self.size_bytes);
        self.spool.0.counts().last_at_ms = Some(view::time(now_ms()));
        // A full queue means that the group is closing: the file is found again at the next start.
        let _ = self.spool.0.ready.try_send(ready);
        self.spool.0.tell();
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept {
            self.spool.0.leaves(self.size_bytes);
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What turns complete files into moments.
struct Worker {
    engine: Engine,
    caller: Caller,
    group: String,
    spool: std::sync::Weak<Inner>,
}

impl Worker {
    async fn run(self, found: Vec<PathBuf>, queue: mpsc::Receiver<PathBuf>) {
        let came = futures::stream::unfold(queue, async |mut queue| Some((queue.recv().await?, queue)));
        futures::stream::iter(found).chain(came).for_each_concurrent(WORKERS, |path| self.post(path)).await;
    }

    /// Posts one file, again and again while what fails may pass.
    async fn post(&self, queued: PathBuf) {
        let Some(spool) = self.spool.upgrade() else { return };
        let path = spool.names.settle(queued).await;
        drop(spool);
        let on_disk = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (arrived_ms, name) = arrival(&on_disk);
        let size_bytes = fs::metadata(&path).map(|metadata| metadata.len()).unwrap_or(0);
        loop {
            let file = CaptureFile { path: path.clone(), name: name.to_owned(), modified_at_ms: arrived_ms };
            let posted = self.engine.post(self.caller, &self.group, vec![file], |_| {}).await;
            let Some(spool) = self.spool.upgrade() else { return };
            let error = match posted.map(|mut receipt| (receipt.failures.pop(), receipt)) {
                Ok((None, receipt)) => {
                    let mut counts = spool.counts();
                    counts.posted += 1 - receipt.already_there.min(1);
                    counts.already_there += receipt.already_there;
                    drop(counts);
                    let _ = fs::remove_file(&path);
                    break;
                }
                Ok((Some(failure), _)) => failure.error,
                Err(error) => error,
            };
            let passes = may_pass(error.code);
            spool.failed(name, error);
            if !passes {
                if let Err(error) = spool.place.put_aside(&path) {
                    tracing::warn!(%error, "a bad upload could not be put aside");
                }
                break;
            }
            drop(spool);
            tokio::time::sleep(TRY_AGAIN).await;
        }
        if let Some(spool) = self.spool.upgrade() {
            spool.leaves(size_bytes);
            spool.tell();
        }
    }
}

/// Whether the same file may succeed later.
pub(crate) fn may_pass(code: ErrorCode) -> bool {
    let is_of_the_file = matches!(
        code,
        ErrorCode::UnknownFormat
            | ErrorCode::DamagedFile
            | ErrorCode::FileTooLarge
            | ErrorCode::Unreadable
            | ErrorCode::BadRequest
            | ErrorCode::GroupEnded
    );
    !is_of_the_file
}

/// Whether a file ends before its container does.
pub(crate) fn is_cut_short(file: &File) -> ApiResult<bool> {
    use std::io::{Read, Seek, SeekFrom};
    let mut reader = file;
    reader.seek(SeekFrom::Start(0)).map_err(IntoApi::into_api)?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    reader.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(IntoApi::into_api)?;
    // What is none of our formats is reported when it is posted, with the right words.
    let Some(format) = Format::sniff(&head) else { return Ok(false) };
    glow_media::is_cut_short(&mut reader, format).map_err(IntoApi::into_api)
}

/// A name that is safe on every disk, of what a stranger sent as a path.
fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let line = clean_line(last, limits::FILE_NAME_BYTES).unwrap_or_default();
    let mut name = sanitize_filename::sanitize(line).trim_start_matches('.').to_owned();
    if name.len() > NAME_BYTES {
        // The ending says to a person what it is.
        let ending = name.rfind('.').map(|at| name[at..].to_owned()).filter(|ending| ending.len() <= 16);
        let ending = ending.unwrap_or_default();
        let mut end = NAME_BYTES - ending.len();
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name = format!("{}{ending}", &name[..end]);
    }
    if name.is_empty() { NAMELESS.to_owned() } else { name }
}

/// When a file came in, and what it was called, by its name on disk.
fn arrival(on_disk: &str) -> (Option<i64>, &str) {
    let mut parts = on_disk.splitn(3, '-');
    let at_ms = parts.next().and_then(|ms| ms.parse().ok());
    (at_ms, parts.nth(1).unwrap_or(on_disk))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_safe_part_of_what_was_sent() {
        assert_eq!(file_name("DCIM/100CANON/IMG_0001.JPG"), "IMG_0001.JPG");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("..\\..\\boot.ini"), "boot.ini");
        assert_eq!(file_name("Füße 1.jpg"), "Füße 1.jpg");
        for nothing in ["", "/", "..", ".", "a/..", "\u{202e}", "\0"] {
            assert_eq!(file_name(nothing), NAMELESS, "{nothing:?}");
        }
        assert_eq!(file_name(".htaccess"), "htaccess", "nothing is hidden");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = file_name(&format!("{}.jpg", "ü".repeat(120)));
        assert!(name.len() <= NAME_BYTES && name.ends_with("ü.jpg"), "{name}");
    }

    #[test]
    fn the_name_on_disk_tells_what_was_sent() {
        assert_eq!(arrival("1700000000000-00ff00ff-a-b.jpg"), (Some(1_700_000_000_000), "a-b.jpg"));
        assert_eq!(arrival("odd"), (None, "odd"));
    }
}
