//! Files that another program hands over: given on the command line, by a file manager's "Open with", or shared on a phone.
//! They wait until the person says which group they go to, or that they go nowhere.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use glow_api::OfferView;
use glow_engine::CaptureFile;

/// Files that wait at most; more are left where they are.
const MOST: usize = 1_000;
/// Names that are shown.
const NAMES: usize = 4;

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Offer(Mutex<Vec<Given>>);

/// A file that was handed over.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) file: CaptureFile,
    size_bytes: u64,
    /// Whether it is a copy of our own, to be removed when it is done with.
    pub(crate) is_copy: bool,
}

impl Given {
    /// A file of the person's, if it is one.
    #[cfg(desktop)]
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Self::named(path, name, None, false)
    }

    /// A copy that the system made for the app.
    pub(crate) fn copy(path: &Path, name: String, modified_at_ms: Option<i64>) -> Option<Self> {
        Self::named(path, name, modified_at_ms, true)
    }

    fn named(path: &Path, name: String, modified_at_ms: Option<i64>, is_copy: bool) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        let own = || {
            let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            i64::try_from(since.as_millis()).ok()
        };
        let file = CaptureFile { path: path.to_owned(), name, modified_at_ms: modified_at_ms.or_else(own) };
        Some(Self { file, size_bytes: metadata.len(), is_copy })
    }
}

impl Offer {
    /// Adds files to what waits, each once. Answers whether something was added.
    pub(crate) fn add(&self, given: Vec<Given>) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = waiting.len();
        for one in given {
            if waiting.len() == MOST {
                tracing::warn!(MOST, "more files were handed over than wait at once");
                break;
            }
            if waiting.iter().all(|known| known.file.path != one.file.path) {
                waiting.push(one);
            }
        }
        waiting.len() > before
    }

    pub(crate) fn view(&self) -> OfferView {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        OfferView {
            count: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
            names: waiting.iter().take(NAMES).map(|given| given.file.name.clone()).collect(),
            size_bytes: waiting.iter().map(|given| given.size_bytes).sum(),
        }
    }

    /// Takes all of it.
    pub(crate) fn take(&self) -> Vec<Given> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Removes those that are copies.
pub(crate) fn discard(given: &[Given]) {
    for copy in given.iter().filter(|given| given.is_copy) {
        if let Err(error) = std::fs::remove_file(&copy.file.path) {
            tracing::debug!(%error, "a copy that is done with");
        }
    }
}

/// The files that a command line names, relative to where it was given. A `file:` URL names one, too.
#[cfg(desktop)]
pub(crate) fn files(arguments: &[String], folder: &Path) -> Vec<Given> {
    arguments.iter().filter_map(|argument| Given::of(&folder.join(path(argument)?))).collect()
}

#[cfg(desktop)]
fn path(argument: &str) -> Option<std::path::PathBuf> {
    if argument.starts_with("file:") {
        return tauri::Url::parse(argument).ok()?.to_file_path().ok();
    }
    (!argument.is_empty() && !argument.starts_with('-') && !argument.contains("://")).then(|| argument.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn files_are_found_and_nothing_else_is_taken_for_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a b.jpg", "c.mp4"] {
            std::fs::write(folder.path().join(name), "12345").unwrap();
        }
        let url = tauri::Url::from_file_path(folder.path().join("c.mp4")).unwrap().to_string();
        let words = ["a b.jpg", &url, "--loopback", "afterglow://join/x", "missing.jpg", "", "."].map(str::to_owned);
        let offer = Offer::default();
        assert!(offer.add(files(&words, folder.path())), "two are there");
        assert!(!offer.add(files(&words, folder.path())), "each waits once");
        let view = offer.view();
        assert_eq!((view.count, view.size_bytes), (2, 10));
        assert_eq!(view.names, ["a b.jpg", "c.mp4"]);
        assert!(offer.take().iter().all(|given| !given.is_copy && given.file.modified_at_ms.is_some()));
        assert_eq!(offer.view(), OfferView::default(), "they are taken once");
    }

    #[test]
    fn only_copies_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [own, copy] = ["own.jpg", "copy.jpg"].map(|name| folder.path().join(name));
        for path in [&own, &copy] {
            std::fs::write(path, "x").unwrap();
        }
        discard(&[Given::of(&own).unwrap(), Given::copy(&copy, "copy.jpg".into(), Some(7)).unwrap()]);
        assert!(own.exists() && !copy.exists(), "a person's file stays");
    }
}
