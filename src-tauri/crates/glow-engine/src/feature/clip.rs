//! Recordings that a host streams in: how far they are, and how they end.

use glow_api::{ApiError, ClipAbort, ClipClose, ClipGet, ClipReceipt, ErrorCode, PostReceipt};

use crate::{engine::Engine, error::ApiResult};

pub(super) async fn get(engine: &Engine, get: ClipGet) -> ApiResult<ClipReceipt> {
    let recording = engine.inner.recordings.find(&get.group, &get.key).ok_or_else(unknown)?;
    Ok(recording.lock().await.receipt())
}

pub(super) async fn close(engine: &Engine, close: ClipClose) -> ApiResult<PostReceipt> {
    let recording = engine.inner.recordings.take(&close.group, &close.key).ok_or_else(unknown)?;
    recording.lock().await.close().await
}

pub(super) async fn abort(engine: &Engine, abort: ClipAbort) -> ApiResult<ClipReceipt> {
    let recording = engine.inner.recordings.take(&abort.group, &abort.key).ok_or_else(unknown)?;
    let mut recording = recording.lock().await;
    recording.abort().await?;
    Ok(recording.receipt())
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::UnknownMoment, "there is no such recording: it was closed, or given up")
}
