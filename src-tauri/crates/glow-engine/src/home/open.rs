//! Opening a bundle: an ordinary merge. Operations go through the one `accept`, pieces of blobs prove themselves as those of a
//! peer do, and only blobs that a moment on the timeline names are kept.

use std::{path::PathBuf, sync::Arc};

use glow_api::{ApiError, BundleReceipt, Caller, ErrorCode};
use glow_blobs::{BlobError, PieceOutcome};
use glow_model::BlobId;
use glow_sync::bundle::{About, BundleError, CHUNK_BYTES, HEAD_BYTES, Head, Piece, Record, Unpacker};
use tokio::io::AsyncReadExt;

use super::HomeProgress;
use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, blocking},
    group::{Group, Verdict},
    pipeline::{clip, fetch},
};

/// Operations handed over at once.
const BATCH: usize = 200;

/// A bundle that is being opened, fed with its bytes in order.
pub struct Opening {
    engine: Engine,
    buffer: Vec<u8>,
    of: Option<(Arc<Group>, Unpacker)>,
    operations: Vec<Vec<u8>>,
    fragments: Vec<Vec<u8>>,
    about: About,
    receipt: BundleReceipt,
    read: u64,
    last_known: Option<BlobId>,
}

impl Engine {
    /// Begins to open a bundle.
    #[must_use]
    pub fn opening(&self, _: Caller) -> Opening {
        Opening {
            engine: self.clone(),
            buffer: Vec::new(),
            of: None,
            operations: Vec::new(),
            fragments: Vec::new(),
            about: About::default(),
            receipt: BundleReceipt::default(),
            read: 0,
            last_known: None,
        }
    }

    /// Opens a bundle file.
    ///
    /// # Errors
    /// As [`Opening::take`], and [`ErrorCode::Unreadable`].
    pub async fn open_bundle(
        &self,
        caller: Caller,
        path: PathBuf,
        progress: impl Fn(HomeProgress) + Send + Sync,
    ) -> Result<BundleReceipt, ApiError> {
        let mut file = tokio::fs::File::open(&path).await.map_err(IntoApi::into_api)?;
        let mut opening = self.opening(caller);
        let mut bytes = vec![0; CHUNK_BYTES];
        loop {
            let read = file.read(&mut bytes).await.map_err(IntoApi::into_api)?;
            if read == 0 {
                return opening.finish().await;
            }
            opening.take(&bytes[..read]).await?;
            progress(opening.progress());
        }
    }
}

impl Opening {
    /// Takes the next bytes. What is whole in them is merged.
    ///
    /// # Errors
    /// [`ErrorCode::NotABundle`], [`ErrorCode::BundleTooNew`], [`ErrorCode::BundleOfOthers`] when it is of no group on this
    /// device, [`ErrorCode::DiskFull`].
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        self.read += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.of.is_none() {
            if self.buffer.len() < HEAD_BYTES {
                return Ok(());
            }
            self.find_group()?;
        }
        while self.buffer.len() >= CHUNK_BYTES {
            let chunk: Vec<u8> = self.buffer.drain(..CHUNK_BYTES).collect();
            self.chunk(&chunk).await?;
        }
        Ok(())
    }

    /// Ends with what is there: a bundle that was cut short is merged as far as it goes.
    ///
    /// # Errors
    /// As [`Opening::take`].
    pub async fn finish(mut self) -> Result<BundleReceipt, ApiError> {
        if self.of.is_none() {
            self.find_group()?;
        }
        if !self.buffer.is_empty() {
            let chunk = std::mem::take(&mut self.buffer);
            self.chunk(&chunk).await?;
        }
        self.flush().await?;
        self.receipt.complete = self.of.is_some_and(|(_, unpacker)| unpacker.is_complete());
        Ok(self.receipt)
    }

    /// How far it is, as the bundle itself says.
    #[must_use]
    pub fn progress(&self) -> HomeProgress {
        let done = self.receipt.blobs_new + self.receipt.blobs_known;
        HomeProgress { done, total: crate::view::count64(self.about.blobs), bytes: self.read }
    }

    fn find_group(&mut self) -> ApiResult<()> {
        let head = Head::decode(&self.buffer).map_err(refused)?;
        let mut groups = self.engine.groups().into_iter();
        let group = groups.find(|group| head.is_of(&group.secrets().secret)).ok_or_else(|| {
            ApiError::new(
                ErrorCode::BundleOfOthers,
                "This bundle is of no group on this device: join the group first, then open it again.",
            )
        })?;
        self.buffer.drain(..HEAD_BYTES);
        self.receipt.group = group.id.to_string();
        self.receipt.title = group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
        let unpacker = Unpacker::new(&head.key(&group.secrets().secret));
        self.of = Some((group, unpacker));
        Ok(())
    }

    async fn chunk(&mut self, chunk: &[u8]) -> ApiResult<()> {
        let Some((_, unpacker)) = &mut self.of else { return Ok(()) };
        let mut records = Vec::new();
        if let Err(error) = unpacker.take(chunk, &mut records) {
            tracing::warn!(%error, "a part of a bundle");
            self.receipt.damaged += 1;
        }
        for record in records {
            match record {
                Record::About(about) => self.about = about,
                Record::Operation(bytes) => self.operations.push(bytes),
                Record::Fragment(bytes) => self.fragments.push(bytes),
                Record::Piece(piece) => {
                    self.flush().await?;
                    self.piece(piece).await?;
                }
                Record::Unknown(_) => {}
            }
            if self.operations.len() + self.fragments.len() >= BATCH {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Merges the operations that wait, then the fragment records, which are of clips among them.
    async fn flush(&mut self) -> ApiResult<()> {
        let Some((group, _)) = &self.of else { return Ok(()) };
        let operations = std::mem::take(&mut self.operations);
        if !operations.is_empty() {
            for verdict in group.accept(operations).await? {
                match verdict {
                    Verdict::New => self.receipt.operations_new += 1,
                    Verdict::Known => self.receipt.operations_known += 1,
                    Verdict::Waiting | Verdict::Invalid => self.receipt.refused += 1,
                }
            }
        }
        let fragments = std::mem::take(&mut self.fragments);
        if !fragments.is_empty() {
            clip::carried(group, &fragments).await?;
        }
        Ok(())
    }

    async fn piece(&mut self, piece: Piece) -> ApiResult<()> {
        let Some((group, _)) = &self.of else { return Ok(()) };
        let (group, blob) = (group.clone(), piece.blob);
        let this = group.clone();
        match blocking(move || take_piece(&this, &piece)).await? {
            Taken::Completed => {
                fetch::carried(&group, blob).await?;
                self.receipt.blobs_new += 1;
            }
            Taken::Known => {
                if self.last_known.replace(blob) != Some(blob) {
                    self.receipt.blobs_known += 1;
                }
            }
            Taken::Stored => {}
            Taken::Refused => self.receipt.refused += 1,
        }
        Ok(())
    }
}

/// What became of a piece.
enum Taken {
    Completed,
    Stored,
    Known,
    Refused,
}

fn take_piece(group: &Group, piece: &Piece) -> ApiResult<Taken> {
    let Piece { blob, size, piece, slice } = piece;
    let wants = group.store.wants_of(*blob).map_err(IntoApi::into_api)?;
    if !wants.iter().any(|want| want.blob.size == *size) {
        return Ok(Taken::Refused);
    }
    let was_complete = group.blobs.is_complete(*blob);
    match group.blobs.accept_piece(*blob, *size, *piece, slice) {
        Ok(PieceOutcome::Completed) => Ok(Taken::Completed),
        Ok(PieceOutcome::Stored) => Ok(Taken::Stored),
        // Complete on the disk, and perhaps not noted: a crash may have come between.
        Ok(PieceOutcome::Duplicate)
            if was_complete && group.store.blob(*blob).is_ok_and(|row| row.is_some_and(|row| !row.held)) =>
        {
            Ok(Taken::Completed)
        }
        Ok(PieceOutcome::Duplicate) if was_complete => Ok(Taken::Known),
        Ok(PieceOutcome::Duplicate) => Ok(Taken::Stored),
        Err(
            BlobError::Lie | BlobError::WrongSize { .. } | BlobError::TooLarge { .. } | BlobError::NoSuchPiece { .. },
        ) => Ok(Taken::Refused),
        Err(error) => Err(error.into_api()),
    }
}

fn refused(error: BundleError) -> ApiError {
    let code = match error {
        BundleError::Newer => ErrorCode::BundleTooNew,
        BundleError::NotABundle | BundleError::Damaged | BundleError::Malformed => ErrorCode::NotABundle,
    };
    ApiError::new(code, format!("It cannot be opened: {error}."))
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("read", &self.read).field("receipt", &self.receipt).finish_non_exhaustive()
    }
}
