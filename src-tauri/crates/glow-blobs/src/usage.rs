//! How much of the disk is used, and how much is left.

use std::{fs, sync::MutexGuard};

use crate::{BlobStore, error::BlobError, error::Trying, store::lock};

/// What a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes of whole blobs.
    pub bytes: u64,
    /// Whole blobs.
    pub blobs: u64,
    /// Bytes that partial and set-aside blobs take on disk.
    pub partial_bytes: u64,
}

/// Whole blobs, counted once and kept up with; `None` before the first question.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Option<(u64, u64)>);

impl Ledger {
    pub(crate) fn changed(&mut self, before: Option<u64>, after: Option<u64>) {
        let Some((bytes, blobs)) = &mut self.0 else {
            return;
        };
        *bytes = bytes.saturating_sub(before.unwrap_or(0)) + after.unwrap_or(0);
        *blobs = blobs.saturating_sub(u64::from(before.is_some())) + u64::from(after.is_some());
    }
}

impl BlobStore {
    /// Counts what is held. The first call of a process looks at every file, the next ones at partial files only. What
    /// cannot be looked at is not counted; a destroyed store holds nothing.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.measure().unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot count blobs");
            Usage::default()
        })
    }

    /// Bytes that an ordinary user may still write on this disk; `None` where the system does not tell.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        #[cfg(unix)]
        {
            let stat = rustix::fs::statvfs(self.inner.layout.root()).ok()?;
            Some(stat.f_bavail.saturating_mul(stat.f_frsize))
        }
        #[cfg(not(unix))]
        None
    }

    /// Bytes of the whole disk; `None` where the system does not tell.
    #[must_use]
    pub fn disk_bytes(&self) -> Option<u64> {
        #[cfg(unix)]
        {
            let stat = rustix::fs::statvfs(self.inner.layout.root()).ok()?;
            Some(stat.f_blocks.saturating_mul(stat.f_frsize))
        }
        #[cfg(not(unix))]
        None
    }

    /// The ledger stays locked while a blob appears or goes, so that a count sees it on one side only.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.inner.ledger)
    }

    fn measure(&self) -> Result<Usage, BlobError> {
        let _open = self.enter()?;
        let mut ledger = self.ledger();
        let (bytes, blobs) = match ledger.0 {
            Some(totals) => totals,
            None => *ledger.0.insert(self.count()?),
        };
        drop(ledger);
        let partial_bytes = self.partial_bytes()?;
        Ok(Usage { bytes, blobs, partial_bytes })
    }

    fn count(&self) -> Result<(u64, u64), BlobError> {
        let (mut bytes, mut blobs) = (0, 0);
        for shard in 0..=u8::MAX {
            for id in self.inner.layout.blobs_in(shard)?.0 {
                let Ok(metadata) = fs::metadata(self.inner.layout.blob(id)) else {
                    continue;
                };
                bytes += metadata.len();
                blobs += 1;
            }
        }
        Ok((bytes, blobs))
    }

    fn partial_bytes(&self) -> Result<u64, BlobError> {
        let entries = fs::read_dir(self.inner.layout.partials()).trying("listing partial blobs")?;
        Ok(entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|metadata| allocated(&metadata)).sum())
    }
}

#[cfg(unix)]
fn allocated(metadata: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    metadata.blocks() * 512
}

#[cfg(not(unix))]
fn allocated(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}
