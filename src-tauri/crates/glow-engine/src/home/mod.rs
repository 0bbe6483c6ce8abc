//! What an album is worth after the event: its fingerprint, bundles for those who lack something, and taking it home.
//!
//! Everything here runs on the blocking pool and ends soon when whoever asked goes away.

mod bundle;
mod export;
mod fingerprint;
mod immich;
mod import;
mod job;
mod layout;
mod manifest;
mod open;
mod sidecar;
mod sink;
mod text;
mod web;

use glow_api::{ApiError, ErrorCode};
use tokio_util::sync::CancellationToken;

pub(crate) use bundle::plan;
pub(crate) use fingerprint::fingerprint;
pub use immich::ImmichServer;
pub use job::Job;
pub(crate) use job::Jobs;
pub use manifest::{Verified, verify_export};
pub use open::Opening;

use crate::error::{ApiResult, IntoApi, blocking};

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HomeProgress {
    /// Things done.
    pub done: u32,
    /// Things there are.
    pub total: u32,
    /// Bytes written or read.
    pub bytes: u64,
}

/// Tells work on the blocking pool that nobody waits for it any more.
#[derive(Debug, Clone)]
pub(crate) struct Stop(CancellationToken);

impl Stop {
    /// Fails once whoever asked has gone away.
    pub(crate) fn check(&self) -> ApiResult<()> {
        if self.0.is_cancelled() {
            return Err(ApiError::new(ErrorCode::ShuttingDown, "it was stopped"));
        }
        Ok(())
    }
}

/// Fails where somebody's file stands already.
pub(crate) fn require_free(path: &std::path::Path) -> ApiResult<()> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Err(exists()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into_api()),
    }
}

pub(crate) fn exists() -> ApiError {
    ApiError::new(ErrorCode::FileExists, "There is a file of that name already, and it stays: choose another name.")
}

/// Runs work on the blocking pool that is told to stop when this is dropped.
pub(crate) async fn stoppable<T, E>(work: impl FnOnce(Stop) -> Result<T, E> + Send + 'static) -> ApiResult<T>
where
    T: Send + 'static,
    E: IntoApi + Send + 'static,
{
    let stop = CancellationToken::new();
    let _stops = stop.clone().drop_guard();
    blocking(move || work(Stop(stop))).await
}
