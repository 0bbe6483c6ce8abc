//! The data directory: what stands where, and the lock that keeps a second instance out.
//!
//! ```text
//! lock                      held by the one instance that uses the directory
//! device.db                 profile and list of groups
//! groups/<id>/group.db      operations and projections
//! groups/<id>/secrets       keys of this device in the group, 0600
//! groups/<id>/blobs/        sealed media
//! groups/<id>/guests/       files of guests on their way in
//! groups/<id>/spool/        uploads of cameras, on a box: not sealed until they are moments
//! logs/                     what hosts write of their work, if they do
//! incoming/                 uploads on their way in; emptied at each start
//! ```

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use glow_api::{ApiError, ErrorCode};
use glow_model::GroupId;

use crate::error::{ApiResult, IntoApi};

/// An open data directory. The lock is released when it is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    root: PathBuf,
    _lock: File,
}

impl Directory {
    /// Opens the directory, makes it when it is missing, and locks it.
    pub(crate) fn open(root: &Path) -> ApiResult<Self> {
        make_private_dir(root)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join("lock"))
            .map_err(IntoApi::into_api)?;
        if lock.try_lock().is_err() {
            let message =
                format!("another Afterglow is using {}: close it, or choose another data directory", root.display());
            return Err(ApiError::new(ErrorCode::InUse, message).with("path", root.display()));
        }
        let directory = Self { root: root.to_owned(), _lock: lock };
        make_private_dir(&directory.root.join("groups"))?;
        let incoming = directory.incoming();
        if incoming.exists() {
            fs::remove_dir_all(&incoming).map_err(IntoApi::into_api)?;
        }
        make_private_dir(&incoming)?;
        Ok(directory)
    }

    pub(crate) fn device_db(&self) -> PathBuf {
        self.root.join("device.db")
    }

    pub(crate) fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// Where hosts put their logs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    pub(crate) fn group(&self, id: GroupId) -> GroupDirectory {
        GroupDirectory(self.root.join("groups").join(id.to_string()))
    }
}

/// Where one group is kept.
#[derive(Debug, Clone)]
pub(crate) struct GroupDirectory(PathBuf);

impl GroupDirectory {
    pub(crate) fn create(&self) -> ApiResult<()> {
        make_private_dir(&self.0)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("group.db")
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.0.join("secrets")
    }

    pub(crate) fn guests(&self) -> PathBuf {
        self.0.join("guests")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.0.join("blobs")
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.0.join("spool")
    }

    /// Forgets the group: keys first, overwritten, then everything. Can be repeated after a crash.
    pub(crate) fn destroy(&self) -> ApiResult<()> {
        for path in [self.secrets(), self.database(), self.0.join("group.db-wal"), self.0.join("group.db-shm")] {
            overwrite_and_remove(&path).map_err(IntoApi::into_api)?;
        }
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into_api()),
            _ => Ok(()),
        }
    }
}

fn overwrite_and_remove(path: &Path) -> std::io::Result<()> {
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut file = OpenOptions::new().write(true).open(path)?;
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), size), &mut file)?;
    file.sync_all()?;
    fs::remove_file(path)
}

pub(crate) fn make_private_dir(path: &Path) -> ApiResult<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        let code =
            if error.kind() == std::io::ErrorKind::StorageFull { ErrorCode::DiskFull } else { ErrorCode::Unreadable };
        ApiError::new(code, format!("the folder {} cannot be made: {error}", path.display()))
            .with("path", path.display())
    })
}
