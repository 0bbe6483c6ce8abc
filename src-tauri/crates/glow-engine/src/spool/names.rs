//! What uploads are called: on disk, where a name is made safe and says when the file came, and until they are moments.
//!
//! Some cameras upload under a temporary name and rename the file when all of it is there.
//! A file whose name has no ending of a photo or clip waits a little before it becomes a moment. Whoever renames it meanwhile
//! decides what it is called. Afterwards a renaming is taken with a nod: the moment is there, and keeps its name.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use glow_api::{ApiError, ErrorCode};
use glow_model::{clean_line, limits};
use tokio::sync::Notify;

use super::sync_folder;
use crate::error::{ApiResult, IntoApi};

/// What an upload without a usable name is called.
pub(super) const NAMELESS: &str = "upload";
/// Bytes of a name on disk: what stands before it has room, too.
const NAME_BYTES: usize = 180;
/// How long a file waits for its final name.
const FINAL_NAME: Duration = Duration::from_secs(10);
/// How long a file is known by the name that it was sent under.
const KNOWN: Duration = Duration::from_secs(120);
/// Endings under which cameras and phones keep photos and clips.
const ENDINGS: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "heic", "heif", "hif", "avif", "png", "webp", "gif", "tif", "tiff", "dng", "nef",
    "nrw", "cr2", "cr3", "crw", "arw", "srf", "sr2", "orf", "rw2", "raf", "pef", "raw", "mp4", "mov", "m4v", "webm",
    "mts", "m2ts", "ts", "avi", "3gp", "mkv",
];

/// Files that were sent lately.
#[derive(Debug)]
pub(super) struct Names {
    /// How long a file waits for its final name.
    patience: Duration,
    sent: Mutex<VecDeque<Sent>>,
    renamed: Notify,
}

#[derive(Debug)]
struct Sent {
    /// Where it stood when it was handed on.
    queued: PathBuf,
    /// Where it stands.
    path: PathBuf,
    name: String,
    size_bytes: u64,
    /// Whether it is becoming a moment already.
    begun: bool,
    at: Instant,
}

impl Default for Names {
    fn default() -> Self {
        Self::waiting(FINAL_NAME)
    }
}

impl Names {
    fn waiting(patience: Duration) -> Self {
        Self { patience, sent: Mutex::default(), renamed: Notify::new() }
    }

    /// Notes a file that has come whole.
    pub(super) fn note(&self, path: &Path, name: &str, size_bytes: u64) {
        let mut sent = self.sent();
        sent.retain(|one| one.at.elapsed() < KNOWN);
        while sent.len() >= limits::SPOOL_FILES {
            sent.pop_front();
        }
        let (queued, path, name) = (path.to_owned(), path.to_owned(), name.to_owned());
        sent.push_back(Sent { queued, path, name, size_bytes, begun: false, at: Instant::now() });
    }

    /// The size of a file that was sent lately under this name.
    pub(super) fn size_of(&self, name: &str) -> Option<u64> {
        let name = file_name(name);
        let sent = self.sent();
        sent.iter().rev().find(|one| one.name == name && one.at.elapsed() < KNOWN).map(|one| one.size_bytes)
    }

    /// Gives the file that was sent last under a name another one.
    pub(super) fn rename(&self, from: &str, to: &str) -> ApiResult<()> {
        let (from, to) = (file_name(from), file_name(to));
        let mut sent = self.sent();
        let known = sent.iter_mut().rev().find(|one| one.name == from && one.at.elapsed() < KNOWN);
        let one = known.ok_or_else(|| ApiError::new(ErrorCode::NotHere, "no file was sent under that name lately"))?;
        if !one.begun {
            let on_disk = one.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let arrived = on_disk.strip_suffix(arrival(&on_disk).1).unwrap_or_default();
            let path = one.path.with_file_name(format!("{arrived}{to}"));
            fs::rename(&one.path, &path).map_err(IntoApi::into_api)?;
            sync_folder(path.parent().unwrap_or(&path))?;
            one.path = path;
        }
        one.name = to;
        drop(sent);
        self.renamed.notify_waiters();
        Ok(())
    }

    /// Waits until a file has its final name, and answers where it stands then: from now on it is called so.
    pub(super) async fn settle(&self, queued: PathBuf) -> PathBuf {
        let until = tokio::time::Instant::now() + self.patience;
        loop {
            let renamed = self.renamed.notified();
            tokio::pin!(renamed);
            renamed.as_mut().enable();
            {
                let mut sent = self.sent();
                // What was found at the start waits for nobody.
                let Some(one) = sent.iter_mut().find(|one| one.queued == queued) else { return queued };
                if is_final(&one.name) || tokio::time::Instant::now() >= until {
                    one.begun = true;
                    return one.path.clone();
                }
            }
            let _ = tokio::time::timeout_at(until, renamed).await;
        }
    }

    fn sent(&self) -> MutexGuard<'_, VecDeque<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_final(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && !name.starts_with('~')
}

/// A name that is safe on every disk, of what a stranger sent as a path.
pub(super) fn file_name(sent: &str) -> String {
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
pub(super) fn arrival(on_disk: &str) -> (Option<i64>, &str) {
    let mut parts = on_disk.splitn(3, '-');
    let at_ms = parts.next().and_then(|ms| ms.parse().ok());
    (at_ms, parts.nth(1).unwrap_or(on_disk))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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

    #[tokio::test]
    async fn the_last_name_before_it_becomes_a_moment_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (names, path) = (Names::default(), folder.path().join("0000000000001-abcdefab-upload.tmp"));
        fs::write(&path, b"photo").unwrap();
        names.note(&path, "upload.tmp", 5);
        let (settled, ()) = tokio::join!(names.settle(path.clone()), async {
            tokio::task::yield_now().await;
            assert_eq!(names.size_of("/DCIM/upload.tmp"), Some(5));
            names.rename("/DCIM/upload.tmp", "/DCIM/../DSC_0001.JPG").unwrap();
        });
        assert_eq!(settled, folder.path().join("0000000000001-abcdefab-DSC_0001.JPG"));
        assert_eq!(fs::read(&settled).unwrap(), b"photo");
        assert_eq!(names.size_of("upload.tmp"), None);
        names.rename("DSC_0001.JPG", "late.jpg").unwrap();
        assert!(settled.exists(), "what is a moment keeps its name");
        assert_eq!(names.rename("never-sent.jpg", "x.jpg").unwrap_err().code, ErrorCode::NotHere);
    }

    #[tokio::test]
    async fn what_nobody_renames_waits_only_a_little() {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::waiting(Duration::from_millis(20));
        let path = folder.path().join("0000000000001-abcdefab-photo");
        names.note(&path, "photo", 1);
        assert_eq!(names.settle(path.clone()).await, path);
        let found = folder.path().join("left over.tmp");
        assert_eq!(names.settle(found.clone()).await, found, "what was found at the start is not known");
    }
}
