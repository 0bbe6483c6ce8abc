//! One upload on its way in: counted while it grows, checked and synced at its end.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use glow_api::{ApiError, ErrorCode};
use glow_model::limits;
use tokio::sync::OwnedSemaphorePermit;

use super::{Spool, no_room, sync_folder, too_large};
use crate::{
    clock::now_ms,
    error::{IntoApi, bad_request, blocking},
    view,
};

/// So often a growing file is measured against the free space.
const MEASURE_EVERY_BYTES: u64 = 16 * 1024 * 1024;

/// A file on its way in. Dropping it discards what came.
#[derive(Debug)]
pub struct Incoming {
    pub(super) spool: Spool,
    pub(super) file: Option<Arc<File>>,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) size_bytes: u64,
    /// Whether it stands in `ready/`.
    pub(super) kept: bool,
    pub(super) _place: OwnedSemaphorePermit,
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
            if glow_media::is_cut_short(&mut &*file).map_err(IntoApi::into_api)? {
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
