//! Reading: everything that leaves the store proved itself against the id on the way.
//!
//! A whole blob that fails is set aside: it becomes a partial blob, of which every piece that still proves itself is served
//! and kept, and the others are fetched again. A tree file that fails is made anew from the bytes, if they are right.

use std::{
    fs::{self, File},
    io::Read,
    ops::Range,
};

use glow_model::{BlobId, BlobRef, GroupSecret, limits};

use crate::{
    BlobStore, disk,
    error::{BlobError, Trying, is_rot},
    partial::{Standing, read_pairs},
    piece::PIECE_BYTES,
    proof::{self, GROUP_BYTES, Shape},
    store::Stripe,
};

impl BlobStore {
    /// Opens a whole blob, verified against its id. Whether the key is the right one cannot be told without the group's
    /// secret: see [`BlobStore::read_with`].
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Damaged`], [`BlobError::WrongSize`] or [`BlobError::Io`].
    pub fn read(&self, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        let mut bytes = self.sealed(blob)?;
        blob.key.apply(0, &mut bytes);
        Ok(bytes)
    }

    /// Opens a whole blob, verified against its id, and checks that its key belongs to what came out.
    ///
    /// # Errors
    /// As [`BlobStore::read`], and [`BlobError::DoesNotOpen`].
    pub fn read_with(&self, secret: &GroupSecret, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        let mut bytes = self.sealed(blob)?;
        blob.open(secret, &mut bytes).map_err(|_| BlobError::DoesNotOpen)?;
        Ok(bytes)
    }

    /// Opens a range of a blob's plaintext, also of a partial one. The touched groups of 16 KiB are verified.
    ///
    /// # Errors
    /// As [`BlobStore::read`], and [`BlobError::OutOfRange`].
    pub fn read_range(&self, blob: &BlobRef, range: Range<u64>) -> Result<Vec<u8>, BlobError> {
        let shape = Shape::new(blob.id, blob.size)?;
        if range.start > range.end || range.end > blob.size {
            return Err(BlobError::OutOfRange);
        }
        let _open = self.enter()?;
        let mut plaintext = Vec::with_capacity(length(&range));
        self.each_group(&shape, range, |start, bytes, wanted| {
            blob.key.apply(start, bytes);
            plaintext.extend_from_slice(&bytes[wanted]);
        })?;
        Ok(plaintext)
    }

    /// Sealed bytes of a blob, also of a partial one. The touched groups of 16 KiB are verified.
    ///
    /// # Errors
    /// As [`BlobStore::read_range`].
    pub fn read_sealed(&self, id: BlobId, size: u64, range: Range<u64>) -> Result<Vec<u8>, BlobError> {
        let shape = Shape::new(id, size)?;
        if range.start > range.end || range.end > size {
            return Err(BlobError::OutOfRange);
        }
        let _open = self.enter()?;
        let mut sealed = Vec::with_capacity(length(&range));
        self.each_group(&shape, range, |_, bytes, wanted| sealed.extend_from_slice(&bytes[wanted]))?;
        Ok(sealed)
    }

    /// Makes the bao slice of a piece, at most [`ENCODED_PIECE_BYTES`](crate::ENCODED_PIECE_BYTES) long, from a whole blob
    /// or a partial one that has it.
    ///
    /// # Errors
    /// As [`BlobStore::read`], and [`BlobError::NoSuchPiece`] or [`BlobError::TooLarge`].
    pub fn encode_piece(&self, id: BlobId, size: u64, piece: u32) -> Result<Vec<u8>, BlobError> {
        let shape = Shape::new(id, size)?;
        let range = shape.piece(piece)?;
        let _open = self.enter()?;
        self.slice(&shape, &range)
    }

    /// Reads a range by verified groups: each with its place, its sealed bytes, and which of them belong to the range.
    fn each_group(
        &self,
        shape: &Shape,
        range: Range<u64>,
        mut take: impl FnMut(u64, &mut Vec<u8>, Range<usize>),
    ) -> Result<(), BlobError> {
        let mut at = range.start;
        while at < range.end {
            let stop = range.end.min((at / PIECE_BYTES + 1) * PIECE_BYTES);
            let start = at / GROUP_BYTES * GROUP_BYTES;
            let groups = start..stop.next_multiple_of(GROUP_BYTES).min(shape.size);
            let mut bytes = shape.strip(&groups, &self.slice(shape, &groups)?);
            take(groups.start, &mut bytes, length(&(start..at))..length(&(start..stop)));
            at = stop;
        }
        Ok(())
    }

    fn sealed(&self, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        let shape = Shape::new(blob.id, blob.size)?;
        let _open = self.enter()?;
        let Some((file, held)) = self.whole(blob.id)? else {
            return Err(BlobError::Missing);
        };
        let mut bytes = Vec::with_capacity(length(&(0..held.min(blob.size))));
        let read = file.take(blob.size).read_to_end(&mut bytes);
        match read {
            Err(error) if !is_rot(&error) => return Err(error).trying("reading a blob"),
            Ok(_) if held == blob.size && blake3::hash(&bytes) == blob.id.0 => return Ok(bytes),
            Ok(_) | Err(_) => {}
        }
        drop(bytes);
        self.judge(&mut self.stripe(blob.id), &shape)?;
        Err(BlobError::Damaged)
    }

    /// A slice of whole groups within a piece.
    pub(crate) fn slice(&self, shape: &Shape, range: &Range<u64>) -> Result<Vec<u8>, BlobError> {
        if let Some((file, held)) = self.whole(shape.id)? {
            if held == shape.size
                && let Some(encoded) = self.slice_of_whole(shape, range, &file)?
            {
                return Ok(encoded);
            }
            self.judge(&mut self.stripe(shape.id), shape)?;
        }
        let mut stripe = self.stripe(shape.id);
        let encoded = match self.settle(&mut stripe, shape)? {
            // it was completed, or its tree file was made anew, a moment ago
            Standing::Complete => match self.whole(shape.id)? {
                Some((file, _)) => self.slice_of_whole(shape, range, &file)?,
                None => None,
            },
            Standing::Partial(pieces) => {
                let piece = u32::try_from(range.start / PIECE_BYTES).unwrap_or(u32::MAX);
                if !pieces.has(piece) {
                    return Err(BlobError::Missing);
                }
                let encoded = self.slice_of_partial(shape, range)?;
                if encoded.is_none() {
                    stripe.insert((shape.id, shape.size), None);
                }
                encoded
            }
        };
        encoded.ok_or(BlobError::Damaged)
    }

    fn slice_of_whole(&self, shape: &Shape, range: &Range<u64>, data: &File) -> Result<Option<Vec<u8>>, BlobError> {
        let pairs = read_pairs(fs::read(self.inner.layout.tree(shape.id)))?;
        shape.encode(data, &pairs, range).trying("reading a blob")
    }

    fn slice_of_partial(&self, shape: &Shape, range: &Range<u64>) -> Result<Option<Vec<u8>>, BlobError> {
        let layout = &self.inner.layout;
        let pairs = read_pairs(fs::read(layout.partial_tree(shape.id, shape.size)))?;
        let data = File::open(layout.partial(shape.id, shape.size)).trying("opening a blob")?;
        shape.encode(&data, &pairs, range).trying("reading a blob")
    }

    /// Looks closely at a whole blob that did not prove itself as the one named. If its bytes are right, its tree file is
    /// made anew; if they are not, it is set aside.
    ///
    /// # Errors
    /// [`BlobError::WrongSize`] when the bytes are right and it was the size that was wrong.
    pub(crate) fn judge(&self, stripe: &mut Stripe, shape: &Shape) -> Result<(), BlobError> {
        let Some((file, held)) = self.whole(shape.id)? else {
            return Ok(());
        };
        let tree = match hash_of(&file, held)? {
            Some((id, tree)) if id == shape.id => tree,
            Some(_) | None => return self.set_aside(stripe, shape.id, held),
        };
        if held != shape.size {
            return Err(BlobError::WrongSize { held });
        }
        self.mend_tree(shape.id, &tree)
    }

    /// Writes the tree file of a blob whose bytes are right, unless it is as it should be.
    pub(crate) fn mend_tree(&self, id: BlobId, tree: &[u8]) -> Result<(), BlobError> {
        let path = self.inner.layout.tree(id);
        if read_pairs(fs::read(&path))? == tree {
            return Ok(());
        }
        if tree.is_empty() {
            return disk::remove(&path).trying("removing a tree file");
        }
        let temporary = self.temporary(tree)?;
        disk::rename(&temporary.path, &path).trying("naming a tree file")
    }

    /// Makes a partial blob of a whole one whose bytes are wrong. The tree file goes first: without it a blob is still whole.
    pub(crate) fn set_aside(&self, stripe: &mut Stripe, id: BlobId, held: u64) -> Result<(), BlobError> {
        tracing::warn!(?id, held, "a blob is damaged and set aside");
        if held > limits::SEGMENT_BYTES {
            return self.withdraw(id);
        }
        let layout = &self.inner.layout;
        let moved = disk::rename(&layout.tree(id), &layout.partial_tree(id, held));
        disk::absent_is_fine(moved).trying("setting a tree file aside")?;
        let mut ledger = self.ledger();
        disk::rename(&layout.blob(id), &layout.partial(id, held)).trying("setting a blob aside")?;
        ledger.changed(Some(held), None);
        stripe.insert((id, held), None);
        Ok(())
    }
}

/// What the first `size` bytes of a file are truly called; `None` where they cannot be read.
pub(crate) fn hash_of(file: &File, size: u64) -> Result<Option<(BlobId, Vec<u8>)>, BlobError> {
    if size > limits::SEGMENT_BYTES {
        return Ok(None);
    }
    match proof::hash_file(file, size) {
        Err(error) if !is_rot(&error) => Err(error).trying("reading a blob"),
        hashed => Ok(hashed.ok()),
    }
}

fn length(range: &Range<u64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0)
}
