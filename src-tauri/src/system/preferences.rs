//! What the person has chosen about this machine: a small file beside the album, read once.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

const FILE: &str = "app.json";

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Preferences {
    pub(crate) close_to_tray: bool,
    pub(crate) notify: bool,
    pub(crate) notify_at_night: bool,
    pub(crate) muted: BTreeSet<String>,
    pub(crate) language: Option<String>,
    /// The group that the phone's camera shares with.
    pub(crate) roll: Option<String>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            close_to_tray: false,
            notify: true,
            notify_at_night: false,
            muted: BTreeSet::new(),
            language: None,
            roll: None,
        }
    }
}

/// The choices and where they are kept.
#[derive(Debug)]
pub(crate) struct Kept {
    path: PathBuf,
    now: Mutex<Preferences>,
}

impl Kept {
    /// Reads them; where there are none, or none that are understood, they are as at the beginning.
    pub(crate) fn read(data_dir: &Path) -> Self {
        let path = data_dir.join(FILE);
        let now = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, "the app's preferences are not understood");
                Preferences::default()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Preferences::default(),
            Err(error) => {
                tracing::warn!(%error, "the app's preferences cannot be read");
                Preferences::default()
            }
        };
        Self { path, now: Mutex::new(now) }
    }

    pub(crate) fn get(&self) -> Preferences {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes them here and on the disk.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Preferences)) -> io::Result<()> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = now.clone();
        change(&mut next);
        if next == *now {
            return Ok(());
        }
        write(&self.path, &next)?;
        *now = next;
        Ok(())
    }
}

fn write(path: &Path, preferences: &Preferences) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(&serde_json::to_vec_pretty(preferences)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn choices_outlive_the_app() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::read(folder.path());
        assert_eq!(kept.get(), Preferences::default(), "nothing was chosen");
        kept.change(|preferences| preferences.muted.extend(["ab".to_owned()])).unwrap();
        assert!(Kept::read(folder.path()).get().muted.contains("ab"), "it is read again");
    }

    #[test]
    fn a_broken_or_an_older_file_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(Kept::read(folder.path()).get(), Preferences::default());
        std::fs::write(folder.path().join(FILE), r#"{"notify":false}"#).unwrap();
        assert_eq!(Kept::read(folder.path()).get(), Preferences { notify: false, ..Preferences::default() });
    }
}
