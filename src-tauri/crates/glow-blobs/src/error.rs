//! What can go wrong with bytes on a disk, or with bytes of a stranger.

use std::io;

/// Why a blob could not be stored, read or passed on.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The blob, or the part asked for, is not held.
    #[error("blob is not held")]
    Missing,
    /// The bytes held were not those of the id. They are set aside: what of them still proves itself is a partial blob.
    #[error("blob was damaged on disk")]
    Damaged,
    /// Bytes of a peer that do not prove themselves against the id. Nothing was written.
    #[error("piece does not match the blob's id")]
    Lie,
    /// The blob is held and its size is another than the one named with it.
    #[error("blob has {held} bytes, not the size claimed")]
    WrongSize {
        /// Its true size, in bytes.
        held: u64,
    },
    /// More bytes than a blob may have.
    #[error("{bytes} bytes are too many for one blob")]
    TooLarge {
        /// How many were given or claimed.
        bytes: u64,
    },
    /// A piece beyond the end of the blob.
    #[error("blob has no piece {piece}")]
    NoSuchPiece {
        /// The piece asked for.
        piece: u32,
    },
    /// A range beyond the end of the blob, or one that ends before it starts.
    #[error("range is outside the blob")]
    OutOfRange,
    /// The key named with the blob is not the key of what it opens to.
    #[error("key does not belong to the blob")]
    DoesNotOpen,
    /// The disk, or the person's share of it, is full. Nothing was stored.
    #[error("disk is full")]
    DiskFull,
    /// The store was destroyed.
    #[error("store was destroyed")]
    Destroyed,
    /// The disk refused.
    #[error("{what} failed")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Names what was tried when the system refuses.
pub(crate) trait Trying<T> {
    fn trying(self, what: &'static str) -> Result<T, BlobError>;
}

impl<T> Trying<T> for io::Result<T> {
    fn trying(self, what: &'static str) -> Result<T, BlobError> {
        self.map_err(|source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BlobError::DiskFull,
            _ => BlobError::Io { what, source },
        })
    }
}

/// Whether reading failed because the file's bytes are gone: cut off, or on a sector that cannot be read.
pub(crate) fn is_rot(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof || is_bad_sector(error)
}

#[cfg(unix)]
fn is_bad_sector(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

#[cfg(not(unix))]
fn is_bad_sector(_: &io::Error) -> bool {
    false
}
