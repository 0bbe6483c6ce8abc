//! Small blobs of others, named before the disk has their bytes.
//!
//! Waiting for the disk with each of ten thousand previews would be most of the time that they take, and whoever sent them
//! sends them again. So they get their names at once, and a list says which they are. The list is synced *before* the names
//! appear, once for many; after a power loss each blob on it proves itself or is taken for lost, so that nothing claims bytes
//! that never reached the disk. [`BlobStore::sync`] writes everything out and empties the list.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{Mutex, MutexGuard},
};

use glow_model::BlobId;

use crate::{
    BlobStore, disk,
    error::{BlobError, Trying},
    store::lock,
};

const ID_BYTES: usize = 32;

/// The list of a store.
#[derive(Debug)]
pub(crate) struct Unsynced(Mutex<List>);

#[derive(Debug)]
struct List {
    file: File,
    /// Of the file, so much counts; a torn end is written over.
    length: u64,
}

impl Unsynced {
    /// Opens the list, and says what stands on it.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Vec<BlobId>)> {
        let file = disk::open_or_create(path)?;
        let bytes = std::fs::read(path)?;
        let mut ids: Vec<BlobId> = bytes.as_chunks::<ID_BYTES>().0.iter().map(|id| BlobId(*id)).collect();
        let length = (ids.len() * ID_BYTES) as u64;
        ids.sort_unstable();
        ids.dedup();
        Ok((Self(Mutex::new(List { file, length })), ids))
    }

    /// Puts blobs on the list, durably.
    pub(crate) fn note(&self, ids: &[BlobId]) -> io::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
        let mut list = self.list();
        let at = list.length;
        disk::write_at(&mut list.file, at, &bytes)?;
        disk::sync(&list.file)?;
        list.length += bytes.len() as u64;
        Ok(())
    }

    fn list(&self) -> MutexGuard<'_, List> {
        lock(&self.0)
    }
}

impl BlobStore {
    /// Blobs that a power loss took although they were held; known since the store was opened.
    #[must_use]
    pub fn lost(&self) -> &[BlobId] {
        &self.inner.lost
    }

    /// Whether blobs are held that the disk may not have yet.
    #[must_use]
    pub fn is_unsynced(&self) -> bool {
        self.inner.unsynced.list().length > 0
    }

    /// Waits until the disk has all that is held. Answers whether it has: something may have come meanwhile.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    pub fn sync(&self) -> Result<bool, BlobError> {
        let _open = self.enter()?;
        let unsynced = &self.inner.unsynced;
        let before = unsynced.list().length;
        if before == 0 {
            return Ok(true);
        }
        self.sync_listed().trying("syncing blobs")?;
        let mut list = unsynced.list();
        if list.length != before {
            return Ok(false);
        }
        disk::set_size(&list.file, 0).trying("emptying a list")?;
        list.length = 0;
        Ok(true)
    }

    /// One call for the whole file system: a sync for each file would keep the disk busy for long.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn sync_listed(&self) -> io::Result<()> {
        disk::sync_file_system(self.inner.layout.root())
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn sync_listed(&self) -> io::Result<()> {
        let bytes = std::fs::read(self.inner.layout.unsynced())?;
        for id in bytes.as_chunks::<ID_BYTES>().0 {
            match File::options().read(true).write(true).open(self.inner.layout.blob(BlobId(*id))) {
                Ok(file) => disk::sync(&file)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets each blob on the list prove itself. Answers those that do not.
    pub(crate) fn prove(&self, listed: Vec<BlobId>) -> Result<Vec<BlobId>, BlobError> {
        let mut lost = Vec::new();
        for id in listed {
            let is_right = self.check(id)?.is_some_and(|checked| !checked.damaged);
            if !is_right && !self.is_complete(id) {
                lost.push(id);
            }
        }
        if !lost.is_empty() {
            tracing::warn!(lost = lost.len(), "the disk had not got all bytes when it lost its power");
        }
        Ok(lost)
    }
}
