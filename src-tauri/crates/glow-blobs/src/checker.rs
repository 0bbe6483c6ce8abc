//! Proving a piece while it comes: each group of 16 KiB as soon as its last byte is there.
//!
//! A slice is the hash pairs from the root down, each before what stands under it, and the groups. `bao-tree` says what stands
//! where, but it decodes what is there as a whole; a peer that lies should be found out at the first group that is wrong, and
//! what was right before that should stay. So the walk is done here, a step for each pair and each group, over BLAKE3's own
//! functions for subtrees.

use std::{iter::Peekable, ops::Range, vec};

use bao_tree::iter::BaoChunk;
use blake3::{
    Hasher,
    hazmat::{self, ChainingValue, HasherExt, Mode},
};
use glow_model::BlobId;

use crate::{
    BlobStore, ENCODED_PIECE_BYTES,
    error::BlobError,
    proof::{GROUP_BYTES, PAIR_BYTES, Proved, Shape},
    store::lock,
};

/// Begun pieces that are remembered; the others come again from their beginning.
const BEGUN: usize = 1_024;

/// Checks one piece, or the rest of one.
#[derive(Debug)]
pub struct Checker {
    checked: Checked,
    items: Peekable<vec::IntoIter<BaoChunk>>,
    /// What the next subtrees must hash to, the first one last.
    expected: Vec<ChainingValue>,
    /// So much of the slice was looked at.
    at: usize,
}

/// What of a piece proved itself.
#[derive(Debug)]
pub struct Checked {
    pub(crate) shape: Shape,
    pub(crate) piece: u32,
    /// What was asked for.
    pub(crate) range: Range<u64>,
    pub(crate) proved: Proved,
    is_all: bool,
}

impl Checker {
    /// Of a piece, without so many of its first groups.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] or [`BlobError::NoSuchPiece`].
    pub fn new(id: BlobId, size: u64, piece: u32, skip: u8) -> Result<Self, BlobError> {
        let shape = Shape::new(id, size)?;
        let range = shape.rest(piece, skip)?;
        let items = shape.items(&range).into_iter().peekable();
        let checked = Checked { shape, piece, range, proved: Proved::default(), is_all: false };
        Ok(Self { checked, items, expected: vec![id.0], at: 0 })
    }

    /// Looks at what is new of all that has come so far.
    ///
    /// # Errors
    /// [`BlobError::Lie`] as soon as something is wrong.
    pub fn check(&mut self, slice: &[u8]) -> Result<(), BlobError> {
        if slice.len() > ENCODED_PIECE_BYTES {
            return Err(BlobError::Lie);
        }
        while let Some(item) = self.items.peek() {
            let Some(bytes) = slice.get(self.at..self.at + item.size()) else { return Ok(()) };
            if !self.step(bytes) {
                return Err(BlobError::Lie);
            }
        }
        if slice.len() > self.at { Err(BlobError::Lie) } else { Ok(()) }
    }

    /// How much of the slice was looked at and was right.
    #[must_use]
    pub fn right_bytes(&self) -> usize {
        self.at
    }

    /// Gives out what proved itself.
    #[must_use]
    pub fn finish(self) -> Checked {
        self.checked
    }

    fn step(&mut self, bytes: &[u8]) -> bool {
        let (Some(item), Some(expected)) = (self.items.next(), self.expected.last().copied()) else { return false };
        let actual = match &item {
            BaoChunk::Parent { is_root, .. } => {
                let [left, right] = halves(bytes);
                match is_root {
                    true => *hazmat::merge_subtrees_root(&left, &right, Mode::Hash).as_bytes(),
                    false => hazmat::merge_subtrees_non_root(&left, &right, Mode::Hash),
                }
            }
            BaoChunk::Leaf { is_root: true, .. } => *blake3::hash(bytes).as_bytes(),
            BaoChunk::Leaf { start_chunk, .. } => {
                Hasher::new().set_input_offset(start_chunk.to_bytes()).update(bytes).finalize_non_root()
            }
        };
        if actual != expected {
            return false;
        }
        self.expected.pop();
        self.at += bytes.len();
        self.checked.is_all = self.items.peek().is_none();
        match item {
            BaoChunk::Parent { node, left, right, .. } => {
                let [left_hash, right_hash] = halves(bytes);
                self.expected.extend(right.then_some(right_hash));
                self.expected.extend(left.then_some(left_hash));
                if let Some(at) = self.checked.shape.pair_at(node) {
                    self.checked.proved.push(at, bytes);
                }
            }
            BaoChunk::Leaf { .. } => self.checked.proved.bytes.extend_from_slice(bytes),
        }
        true
    }
}

impl Checked {
    /// Takes a slice that is there as a whole.
    ///
    /// # Errors
    /// [`BlobError::Lie`] for anything that does not prove itself, [`BlobError::TooLarge`], [`BlobError::NoSuchPiece`].
    pub fn whole(id: BlobId, size: u64, piece: u32, slice: &[u8]) -> Result<Self, BlobError> {
        let mut checker = Checker::new(id, size, piece, 0)?;
        checker.check(slice)?;
        let checked = checker.finish();
        if checked.is_all() { Ok(checked) } else { Err(BlobError::Lie) }
    }

    /// Whether all that was asked for proved itself.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.is_all
    }

    /// Whether it is the piece from its beginning.
    pub(crate) fn is_from_beginning(&self) -> bool {
        self.range.start.is_multiple_of(crate::PIECE_BYTES)
    }
}

impl BlobStore {
    /// How many of the first groups of a piece are here although the rest is not.
    #[must_use]
    pub fn begun(&self, id: BlobId, size: u64, piece: u32) -> u8 {
        lock(&self.inner.begun).get(&(id, size, piece)).copied().unwrap_or(0)
    }

    /// Keeps the beginning of a piece of which the rest was wrong or did not come, so that only that has to come again.
    ///
    /// # Errors
    /// [`BlobError::DiskFull`] or [`BlobError::Io`].
    pub fn keep_beginning(&self, checked: &Checked) -> Result<(), BlobError> {
        let Checked { shape, piece, range, proved, .. } = checked;
        let key = (shape.id, shape.size, *piece);
        // Something is left to ask for, even if nothing but the end was cut.
        let groups = (proved.bytes.len() as u64).min((range.end - range.start).saturating_sub(1)) / GROUP_BYTES;
        let before = (range.start % crate::PIECE_BYTES) / GROUP_BYTES;
        if groups == 0 || before != u64::from(self.begun(shape.id, shape.size, *piece)) {
            return Ok(());
        }
        let _open = self.enter()?;
        let mut stripe = self.stripe(shape.id);
        let crate::partial::Standing::Partial(pieces) = self.settle(&mut stripe, shape)? else { return Ok(()) };
        if pieces.has(*piece) {
            return Ok(());
        }
        stripe.entry((shape.id, shape.size)).or_insert(Some(pieces));
        self.write_piece(shape, range, proved)?;
        let mut begun = lock(&self.inner.begun);
        if begun.len() >= BEGUN {
            begun.clear();
        }
        begun.insert(key, u8::try_from(before + groups).unwrap_or(0));
        Ok(())
    }

    /// As [`BlobStore::encode_piece`], without so many of the piece's first groups of 16 KiB.
    ///
    /// # Errors
    /// As [`BlobStore::encode_piece`].
    pub fn encode_rest(&self, id: BlobId, size: u64, piece: u32, skip: u8) -> Result<Vec<u8>, BlobError> {
        let shape = Shape::new(id, size)?;
        let range = shape.rest(piece, skip)?;
        let _open = self.enter()?;
        self.slice(&shape, &range)
    }

    /// Whether what stands before the rest of a piece is here; it is forgotten, for the rest follows.
    pub(crate) fn take_begun(&self, checked: &Checked) -> bool {
        let Checked { shape, piece, range, .. } = checked;
        let skipped = (range.start % crate::PIECE_BYTES) / GROUP_BYTES;
        let begun = lock(&self.inner.begun).remove(&(shape.id, shape.size, *piece)).unwrap_or(0);
        skipped <= u64::from(begun)
    }
}

impl Shape {
    /// The bytes of a piece without so many of its first groups.
    fn rest(&self, piece: u32, skip: u8) -> Result<Range<u64>, BlobError> {
        let Range { start, end } = self.piece(piece)?;
        let from = start + u64::from(skip) * GROUP_BYTES;
        if skip > 0 && from >= end {
            return Err(BlobError::NoSuchPiece { piece });
        }
        Ok(from..end)
    }
}

fn halves(pair: &[u8]) -> [ChainingValue; 2] {
    let mut halves = [[0; 32]; 2];
    for (half, bytes) in halves.iter_mut().zip(pair.chunks_exact(PAIR_BYTES / 2)) {
        half.copy_from_slice(bytes);
    }
    halves
}
