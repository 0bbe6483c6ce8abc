//! From complete files to moments, a few at a time.

use std::{fs, path::PathBuf, sync::Weak, time::Duration};

use futures::StreamExt;
use glow_api::Caller;
use tokio::sync::mpsc;

use super::{Inner, names::arrival};
use crate::{engine::Engine, error::may_pass, pipeline::ingest::CaptureFile};

/// Files that become moments at once.
const WORKERS: usize = 2;
/// How long a file waits after a failure that may pass, such as a full disk.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// What turns complete files into moments.
pub(super) struct Worker {
    pub(super) engine: Engine,
    pub(super) caller: Caller,
    pub(super) group: String,
    pub(super) spool: Weak<Inner>,
}

impl Worker {
    pub(super) async fn run(self, found: Vec<PathBuf>, queue: mpsc::Receiver<PathBuf>) {
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
