//! Partial blobs: taking pieces in, knowing which are there, and making a blob of the last one.
//!
//! The data file is sparse and the tree file holds the pairs that came with pieces; neither is synced before the last piece
//! is in. Which pieces are there is remembered for the life of the process and found out again, the first time somebody asks
//! after a start, by proving every piece from the two files: a write that was lost or torn is a piece that is missing.

use std::{
    fs::{self, File},
    io,
    ops::Range,
};

use glow_model::BlobId;

use crate::{
    BlobStore,
    checker::Checked,
    disk,
    error::{BlobError, Trying, is_rot},
    piece::{self, BlobState, PieceOutcome, Pieces},
    proof::{self, Proved, Shape},
    store::Stripe,
};

/// What is held of a blob of one size.
pub(crate) enum Standing {
    Complete,
    Partial(Pieces),
}

impl BlobStore {
    /// How many pieces a blob of `size` has; an empty one has one.
    #[must_use]
    pub fn piece_count(size: u64) -> u32 {
        piece::count(size)
    }

    /// How much of a blob is held. What cannot be read counts as missing; a wrong size is a blob that is missing.
    #[must_use]
    pub fn state(&self, id: BlobId, size: u64) -> BlobState {
        match self.look(id, size) {
            Ok(Standing::Complete) => BlobState::Complete,
            Ok(Standing::Partial(pieces)) if !pieces.is_empty() => {
                BlobState::Partial { pieces, bytes: pieces.bytes(size) }
            }
            Ok(Standing::Partial(_)) | Err(BlobError::WrongSize { .. }) => BlobState::Missing,
            Err(error) => {
                tracing::warn!(?id, %error, "cannot look at a blob");
                BlobState::Missing
            }
        }
    }

    /// Whether all of a blob is held.
    #[must_use]
    pub fn is_complete(&self, id: BlobId) -> bool {
        let Ok(_open) = self.enter() else {
            return false;
        };
        self.inner.layout.blob(id).exists() || self.was_whole(id)
    }

    /// The pieces still needed, ascending. None for a size that no blob has.
    #[must_use]
    pub fn missing_pieces(&self, id: BlobId, size: u64) -> Vec<u32> {
        if Shape::new(id, size).is_err() {
            return Vec::new();
        }
        let held = match self.state(id, size) {
            BlobState::Missing => Pieces::NONE,
            BlobState::Partial { pieces, .. } => pieces,
            BlobState::Complete => return Vec::new(),
        };
        (0..piece::count(size)).filter(|&piece| !held.has(piece)).collect()
    }

    /// Takes a piece that [`BlobStore::encode_piece`] made somewhere. Every byte is proved against the id before any is
    /// written. With the last piece the blob is whole, and synced unless it is the only one: see [`BlobStore::sync`].
    ///
    /// # Errors
    /// [`BlobError::Lie`] for anything that does not prove itself, [`BlobError::WrongSize`] when the blob is held with
    /// another size, [`BlobError::TooLarge`], [`BlobError::NoSuchPiece`], [`BlobError::DiskFull`], [`BlobError::Io`].
    pub fn accept_piece(&self, id: BlobId, size: u64, piece: u32, encoded: &[u8]) -> Result<PieceOutcome, BlobError> {
        let shape = Shape::new(id, size)?;
        shape.piece(piece)?;
        {
            let _open = self.enter()?;
            if self.has_piece(&shape, piece)? {
                return Ok(PieceOutcome::Duplicate);
            }
        }
        let checked = Checked::whole(id, size, piece, encoded)?;
        self.accept_pieces(vec![checked]).pop().unwrap_or(Err(BlobError::Lie))
    }

    /// Takes a piece of several, or the rest of one that was begun.
    pub(crate) fn accept_part(&self, checked: &Checked) -> Result<PieceOutcome, BlobError> {
        let Checked { shape, piece, range, proved, .. } = checked;
        let (id, size) = (shape.id, shape.size);
        let _open = self.enter()?;
        let mut stripe = self.stripe(id);
        let mut pieces = match self.settle(&mut stripe, shape)? {
            Standing::Complete => return Ok(PieceOutcome::Duplicate),
            Standing::Partial(pieces) if pieces.has(*piece) => return Ok(PieceOutcome::Duplicate),
            Standing::Partial(pieces) => pieces,
        };
        if !self.take_begun(checked) {
            return Err(BlobError::Lie);
        }
        stripe.entry((id, size)).or_insert(Some(pieces));
        self.write_piece(shape, range, proved)?;
        pieces.insert(*piece);
        stripe.insert((id, size), Some(pieces));
        if pieces.len() < piece::count(size) {
            return Ok(PieceOutcome::Stored);
        }
        self.complete(&mut stripe, shape)?;
        Ok(PieceOutcome::Completed)
    }

    /// Whether a partial blob that nobody looked at is whole: power may go between the last piece and its name.
    fn was_whole(&self, id: BlobId) -> bool {
        let mut stripe = self.stripe(id);
        let unknown: Vec<u64> = stripe
            .range((id, 0)..=(id, u64::MAX))
            .filter(|(_, pieces)| pieces.is_none())
            .map(|((_, size), _)| *size)
            .collect();
        unknown.into_iter().any(|size| {
            let standing = Shape::new(id, size).and_then(|shape| self.settle(&mut stripe, &shape));
            matches!(standing, Ok(Standing::Complete))
        })
    }

    fn look(&self, id: BlobId, size: u64) -> Result<Standing, BlobError> {
        let shape = Shape::new(id, size)?;
        let _open = self.enter()?;
        self.settle(&mut self.stripe(id), &shape)
    }

    fn has_piece(&self, shape: &Shape, piece: u32) -> Result<bool, BlobError> {
        Ok(match self.settle(&mut self.stripe(shape.id), shape)? {
            Standing::Complete => true,
            Standing::Partial(pieces) => pieces.has(piece),
        })
    }

    /// Finds out what is held, by looking at the files if nobody did before.
    pub(crate) fn settle(&self, stripe: &mut Stripe, shape: &Shape) -> Result<Standing, BlobError> {
        match fs::metadata(self.inner.layout.blob(shape.id)) {
            Ok(metadata) if metadata.len() == shape.size => return Ok(Standing::Complete),
            Ok(_) => self.judge(stripe, shape)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).trying("looking for a blob"),
        }
        match stripe.get(&(shape.id, shape.size)) {
            None => Ok(Standing::Partial(Pieces::NONE)),
            Some(Some(pieces)) => Ok(Standing::Partial(*pieces)),
            Some(None) => self.examine(stripe, shape),
        }
    }

    /// Proves every piece of a partial blob. One that is whole but for its name gets it.
    fn examine(&self, stripe: &mut Stripe, shape: &Shape) -> Result<Standing, BlobError> {
        let layout = &self.inner.layout;
        let data = match File::open(layout.partial(shape.id, shape.size)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.forget_partial(stripe, shape.id, shape.size)?;
                return Ok(Standing::Partial(Pieces::NONE));
            }
            data => data.trying("opening a partial blob")?,
        };
        let pairs = read_pairs(fs::read(layout.partial_tree(shape.id, shape.size)))?;
        let mut pieces = Pieces::NONE;
        for piece in 0..piece::count(shape.size) {
            let proved = shape.encode(&data, &pairs, &shape.piece(piece)?);
            if proved.trying("reading a partial blob")?.is_some() {
                pieces.insert(piece);
            }
        }
        // without its tree file nothing but the whole can prove itself
        let all = pieces.len() == piece::count(shape.size);
        if all || (pairs.is_empty() && is_whole(&data, shape)) {
            self.complete(stripe, shape)?;
            return Ok(Standing::Complete);
        }
        stripe.insert((shape.id, shape.size), Some(pieces));
        Ok(Standing::Partial(pieces))
    }

    pub(crate) fn write_piece(&self, shape: &Shape, range: &Range<u64>, proved: &Proved) -> Result<(), BlobError> {
        let layout = &self.inner.layout;
        let mut data = disk::open_or_create(&layout.partial(shape.id, shape.size)).trying("opening a partial blob")?;
        disk::set_size(&data, shape.size).trying("sizing a partial blob")?;
        disk::write_at(&mut data, range.start, &proved.bytes).trying("writing a piece")?;
        if proved.pairs.is_empty() {
            return Ok(());
        }
        let mut tree =
            disk::open_or_create(&layout.partial_tree(shape.id, shape.size)).trying("opening a partial blob")?;
        for (offset, pairs) in &proved.pairs {
            disk::write_at(&mut tree, *offset, pairs).trying("writing a piece")?;
        }
        Ok(())
    }

    /// Makes a blob of a partial one that has all pieces. Its bytes are synced and its name is not: under either name they
    /// prove what they are, and a directory synced for each of ten thousand previews would be most of the time it takes.
    ///
    /// What cannot be synced is not kept: the system may have dropped
    /// what it could not write and show it all the same.
    fn complete(&self, stripe: &mut Stripe, shape: &Shape) -> Result<(), BlobError> {
        let path = self.inner.layout.partial(shape.id, shape.size);
        stripe.insert((shape.id, shape.size), None);
        let data = File::options().read(true).write(true).open(&path).trying("opening a partial blob")?;
        if let Err(error) = disk::sync(&data) {
            self.forget_partial(stripe, shape.id, shape.size)?;
            return Err(error).trying("syncing a blob");
        }
        let (id, tree) = match proof::hash_file(&data, shape.size) {
            Err(error) if !is_rot(&error) => return Err(error).trying("reading a blob"),
            Err(_) => return Err(BlobError::Damaged),
            Ok(hashed) => hashed,
        };
        if id != shape.id {
            return Err(BlobError::Damaged);
        }
        let grown = self.inner.layout.partial_tree(shape.id, shape.size);
        if !tree.is_empty() && read_pairs(fs::read(&grown))? == tree {
            return self.commit(stripe, shape, &path, Some(&grown));
        }
        let tree = self.temporary_tree(&tree)?;
        let tree = tree.as_ref().map(|tree| &*tree.path);
        self.commit(stripe, shape, &path, tree)
    }
}

/// The pairs of a tree file; none where there is no file, and none that can be believed before they prove something.
pub(crate) fn read_pairs(read: io::Result<Vec<u8>>) -> Result<Vec<u8>, BlobError> {
    match read {
        Ok(pairs) => Ok(pairs),
        Err(error) if error.kind() == io::ErrorKind::NotFound || is_rot(&error) => Ok(Vec::new()),
        Err(error) => Err(error).trying("reading a tree file"),
    }
}

pub(crate) fn is_whole(data: &File, shape: &Shape) -> bool {
    proof::hash_file(data, shape.size).is_ok_and(|(id, _)| id == shape.id)
}
