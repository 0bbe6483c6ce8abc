//! A recording read from where it is made: a stream until its end, or a file until it rests.

use std::{path::Path, time::Duration};

use bytes::BytesMut;
use glow_api::{ApiError, Caller, ClipReceipt, ErrorCode, PostReceipt};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::Instant,
};

use crate::{engine::Engine, error::IntoApi, group::shutting_down};

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;
/// A file that a recording is read from while it grows.
#[derive(Debug, Clone, Copy)]
pub struct Growing<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// It has ended when it did not grow for so long.
    pub rest: Duration,
}

/// How often a file is looked at that does not grow: nothing tells of every byte on every system.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Engine {
    /// Records what a source brings, as it comes. A file that grows has ended when it rests. Tells how far it is after each read.
    ///
    /// # Errors
    /// As [`Recording::write`](crate::Recording::write) and [`Recording::close`](crate::Recording::close);
    /// [`ErrorCode::ShuttingDown`] when the engine ends: what went out is closed when it starts again.
    pub async fn record_from(
        &self,
        caller: Caller,
        group: &str,
        name: &str,
        mut source: impl AsyncRead + Unpin,
        grows: Option<Growing<'_>>,
        progress: impl Fn(&ClipReceipt),
    ) -> Result<PostReceipt, ApiError> {
        let stop = self.group(group)?.stop.clone();
        let mut recording = self.record(caller, group, name).await?;
        let mut grown = Instant::now();
        loop {
            let mut bytes = BytesMut::with_capacity(READ_BYTES);
            let read = tokio::select! {
                () = stop.cancelled() => return Err(shutting_down()),
                read = source.read_buf(&mut bytes) => read.map_err(IntoApi::into_api)?,
            };
            if read > 0 {
                grown = Instant::now();
                match recording.write(bytes.freeze()).await {
                    Ok(()) => progress(&recording.receipt()),
                    Err(error) if error.code == ErrorCode::DamagedFile => {
                        tracing::warn!(%error, name, "recording");
                        break;
                    }
                    Err(error) => return Err(error),
                }
                continue;
            }
            match &grows {
                Some(file) if grown.elapsed() < file.rest => tokio::time::sleep(LOOK_EVERY).await,
                Some(_) | None => break,
            }
        }
        let receipt = recording.close_file(grows.map(|file| file.path)).await?;
        progress(&recording.receipt());
        Ok(receipt)
    }
}
