//! Walking over what is held, and checking all of it a blob at a time.

use std::vec;

use glow_model::BlobId;

use crate::{
    BlobStore, disk,
    error::{BlobError, Trying},
    read::hash_of,
};

/// The ids of whole blobs, ascending. What comes or goes meanwhile may or may not be among them.
#[derive(Debug)]
pub struct Walk {
    store: BlobStore,
    after: Option<BlobId>,
    next_shard: u16,
    ids: vec::IntoIter<BlobId>,
}

/// A check of whole blobs, one with each step; dropping it ends it.
#[derive(Debug)]
pub struct Scrub {
    walk: Walk,
}

/// A blob that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scrubbed {
    /// Which; a later scrub may go on after it.
    pub id: BlobId,
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether it was damaged. It is set aside then, and no longer whole.
    pub damaged: bool,
}

impl BlobStore {
    /// Walks over the whole blobs whose ids come after the given one, or all.
    #[must_use]
    pub fn walk(&self, after: Option<BlobId>) -> Walk {
        Walk {
            store: self.clone(),
            after,
            next_shard: after.map_or(0, |id| id.0[0].into()),
            ids: Vec::new().into_iter(),
        }
    }

    /// Checks the whole blobs whose ids come after the given one, or all: their bytes against their ids, their tree files
    /// against their bytes.
    #[must_use]
    pub fn scrub(&self, after: Option<BlobId>) -> Scrub {
        Scrub { walk: self.walk(after) }
    }

    /// Checks one blob; `None` if it is not there.
    pub(crate) fn check(&self, id: BlobId) -> Result<Option<Scrubbed>, BlobError> {
        let _open = self.enter()?;
        let mut stripe = self.stripe(id);
        let Some((file, bytes)) = self.whole(id)? else {
            return Ok(None);
        };
        let tree = hash_of(&file, bytes)?.and_then(|(found, tree)| (found == id).then_some(tree));
        match &tree {
            Some(tree) => self.mend_tree(id, tree)?,
            None => self.set_aside(&mut stripe, id, bytes)?,
        }
        Ok(Some(Scrubbed { id, bytes, damaged: tree.is_none() }))
    }

    /// Lists a shard and removes tree files whose blob is gone.
    fn sweep(&self, shard: u8) -> Result<Vec<BlobId>, BlobError> {
        let _open = self.enter()?;
        let (blobs, lone) = self.inner.layout.blobs_in(shard)?;
        for id in lone {
            let _stripe = self.stripe(id);
            if self.whole(id)?.is_none() {
                disk::remove(&self.inner.layout.tree(id)).trying("removing a lone tree file")?;
            }
        }
        Ok(blobs)
    }
}

impl Iterator for Walk {
    type Item = Result<BlobId, BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(id) = self.ids.next() {
                if self.after.is_none_or(|after| id > after) {
                    return Some(Ok(id));
                }
                continue;
            }
            let shard = u8::try_from(self.next_shard).ok()?;
            self.next_shard += 1;
            match self.store.sweep(shard) {
                Ok(ids) => self.ids = ids.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Iterator for Scrub {
    type Item = Result<Scrubbed, BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let checked = match self.walk.next()? {
                Ok(id) => self.walk.store.check(id),
                Err(error) => Err(error),
            };
            if let Some(checked) = checked.transpose() {
                return Some(checked);
            }
        }
    }
}
