//! Files that a host streams in: written to a private temporary file, then ingested like any other file.
//!
//! Files of one batch are ingested together when all have come, so that the halves of a Live Photo find each other.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use glow_api::{ApiError, Caller, ErrorCode, PostReceipt, UploadTarget};
use glow_model::limits;
use tempfile::NamedTempFile;

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    guest::require_owner,
    pipeline::ingest::{self, CaptureFile, PostProgress},
};

/// Files in one batch.
const BATCH_FILES: u32 = 64;
/// Batches that wait for the rest of their files.
const WAITING_BATCHES: usize = 64;
/// Bytes of a batch's name.
const BATCH_NAME_BYTES: usize = 64;

type Arrived = Vec<(NamedTempFile, CaptureFile)>;

/// Batches that wait for the rest of their files, by group and name.
#[derive(Default)]
pub(crate) struct Batches(Mutex<BTreeMap<(String, String), Arrived>>);

impl Batches {
    /// Adds a file; answers the whole batch when it was the last.
    fn add(&self, target: &UploadTarget, file: NamedTempFile, capture: CaptureFile) -> ApiResult<Option<Arrived>> {
        let Some(name) = target.batch.clone().filter(|_| target.batch_size.unwrap_or(1) > 1) else {
            return Ok(Some(vec![(file, capture)]));
        };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (target.group.clone(), name);
        if waiting.len() >= WAITING_BATCHES && !waiting.contains_key(&key) {
            return Err(bad_request("too many unfinished batches"));
        }
        let batch = waiting.entry(key.clone()).or_default();
        batch.push((file, capture));
        let is_whole = batch.len() >= target.batch_size.unwrap_or(1).min(BATCH_FILES) as usize;
        Ok(if is_whole { waiting.remove(&key) } else { None })
    }
}

/// A file on its way in. Dropping it discards what came.
pub struct Upload {
    engine: Engine,
    target: UploadTarget,
    file: NamedTempFile,
    size_bytes: u64,
}

impl Engine {
    /// Starts to take in a file.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownGroup`], [`ErrorCode::BadRequest`], [`ErrorCode::DiskFull`].
    pub async fn upload(&self, caller: Caller, target: UploadTarget) -> Result<Upload, ApiError> {
        require_owner(caller)?;
        self.group(&target.group)?.require_open()?;
        if target.batch_size.is_some_and(|size| size > BATCH_FILES)
            || target.batch.as_ref().is_some_and(|name| name.len() > BATCH_NAME_BYTES)
        {
            return Err(bad_request(format!("a batch has at most {BATCH_FILES} files")));
        }
        let incoming = self.inner.directory.incoming();
        let file = blocking(move || NamedTempFile::new_in(incoming)).await?;
        Ok(Upload { engine: self.clone(), target, file, size_bytes: 0 })
    }

    /// Adds files of this device.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownGroup`] and what keeps the whole group from being added to; a file that cannot be added stands
    /// in the receipt.
    pub async fn post(
        &self,
        caller: Caller,
        group: &str,
        files: Vec<CaptureFile>,
        progress: impl Fn(PostProgress) + Send + Sync + 'static,
    ) -> Result<PostReceipt, ApiError> {
        require_owner(caller)?;
        let group = self.group(group)?;
        ingest::post(&group, &self.inner.tools, &self.inner.directory.incoming(), files, progress).await
    }
}

impl Upload {
    /// Writes the next bytes.
    ///
    /// # Errors
    /// [`ErrorCode::FileTooLarge`], [`ErrorCode::DiskFull`].
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > limits::FILE_BYTES {
            return Err(ApiError::new(ErrorCode::FileTooLarge, "the file is larger than 16 GiB"));
        }
        let mut file = self.file.as_file().try_clone().map_err(IntoApi::into_api)?;
        blocking(move || file.write_all(&bytes)).await
    }

    /// Ends the file. It is on the timeline when this returns, or waits for the rest of its batch.
    ///
    /// # Errors
    /// As [`Engine::post`].
    pub async fn finish(self) -> Result<PostReceipt, ApiError> {
        let Self { engine, target, file, .. } = self;
        let capture = CaptureFile {
            path: file.path().to_owned(),
            name: target.name.clone(),
            modified_at_ms: target.modified_at_ms,
        };
        let Some(batch) = engine.inner.batches.add(&target, file, capture)? else {
            return Ok(PostReceipt { waiting: 1, ..PostReceipt::default() });
        };
        let (files, captures): (Vec<NamedTempFile>, Vec<CaptureFile>) = batch.into_iter().unzip();
        let receipt = engine.post(Caller::Owner, &target.group, captures, |_| {}).await;
        drop(files);
        receipt
    }
}
