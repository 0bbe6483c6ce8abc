//! Blobs of a single piece: previews, mostly. They come in thousands, so many are taken in together.

use glow_model::BlobId;

use crate::{
    BlobStore,
    checker::Checked,
    error::{BlobError, Trying},
    partial::Standing,
    piece::{self, PieceOutcome},
    proof::{Proved, Shape},
    store::Temporary,
};

/// A whole blob in temporary files.
struct Ready {
    place: usize,
    shape: Shape,
    data: Temporary,
    tree: Option<Temporary>,
}

impl BlobStore {
    /// Takes pieces that proved themselves, answered in their order. Blobs of a single piece are named together and reach the
    /// disk later: see [`BlobStore::sync`].
    pub fn accept_pieces(&self, pieces: Vec<Checked>) -> Vec<Result<PieceOutcome, BlobError>> {
        let mut outcomes = Vec::with_capacity(pieces.len());
        let mut ready = Vec::new();
        for (place, checked) in pieces.into_iter().enumerate() {
            if !checked.is_all() {
                outcomes.push(Err(BlobError::Lie));
                continue;
            }
            if piece::count(checked.shape.size) != 1 || !checked.is_from_beginning() {
                outcomes.push(self.accept_part(&checked));
                continue;
            }
            outcomes.push(Ok(PieceOutcome::Duplicate));
            match self.make_ready(place, checked) {
                Ok(made) => ready.extend(made),
                Err(error) => outcomes[place] = Err(error),
            }
        }
        self.name_all(ready, &mut outcomes);
        outcomes
    }

    /// Writes a blob to temporary files; nothing when it is held.
    fn make_ready(&self, place: usize, checked: Checked) -> Result<Option<Ready>, BlobError> {
        let Checked { shape, proved: Proved { bytes, mut pairs }, .. } = checked;
        let _open = self.enter()?;
        if let Standing::Complete = self.settle(&mut self.stripe(shape.id), &shape)? {
            return Ok(None);
        }
        let data = self.temporary(&bytes)?;
        // all pairs of a tree came, in their order: one run from its beginning
        let tree = pairs.pop().map(|(_, tree)| self.temporary(&tree)).transpose()?;
        Ok(Some(Ready { place, shape, data, tree }))
    }

    fn name_all(&self, ready: Vec<Ready>, outcomes: &mut [Result<PieceOutcome, BlobError>]) {
        let ids: Vec<BlobId> = ready.iter().map(|ready| ready.shape.id).collect();
        if let Err(error) = self.inner.unsynced.note(&ids) {
            let kind = error.kind();
            for ready in &ready {
                outcomes[ready.place] = Err(std::io::Error::from(kind)).trying("listing a blob");
            }
            return;
        }
        for ready in ready {
            outcomes[ready.place] = self.name(&ready);
        }
    }

    fn name(&self, ready: &Ready) -> Result<PieceOutcome, BlobError> {
        let _open = self.enter()?;
        let mut stripe = self.stripe(ready.shape.id);
        if let Standing::Complete = self.settle(&mut stripe, &ready.shape)? {
            return Ok(PieceOutcome::Duplicate);
        }
        let tree = ready.tree.as_ref().map(|tree| &*tree.path);
        self.commit(&mut stripe, &ready.shape, &ready.data.path, tree)?;
        Ok(PieceOutcome::Completed)
    }
}
