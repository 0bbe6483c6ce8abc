//! A bundle: operations and sealed blobs of one group as one file, for whatever carries files.
//!
//! Participants: a member that packs, anybody who carries, members that open it. Goals: it can be opened in any order, any number
//! of times, cut short or damaged, and what is whole in it counts; a carrier learns that it is a bundle and how large it is,
//! and nothing of the group, of who made it, of how many things are in it or how large they are; packing goes on where it was
//! interrupted. Not a goal: to hide that two bundles have different sizes, or to keep a removed member from what it could
//! open before (the operations inside are sealed under their epochs all the same).
//!
//! ```text
//! file   = head chunk*
//! head   = magic (8) version (1) salt (16) tag (16)                tag: only members know it again, each file has its own
//! chunk  = nonce (24) sealed (65,512, the last one may be shorter)  XChaCha20-Poly1305 under the file's key;
//!                                                                  associated data: index (u64) and whether it is the last
//! opened = first (u32) bytes                                       first: where the first record begins here; all ones: none
//! bytes of all chunks = record*
//! record = length (u32) kind (1) content                           little-endian; kinds of newer versions are passed over
//! ```
//!
//! The chunks are of one size so that their lengths tell nothing of what is in them. Each has a random nonce of its own, so a
//! bundle that was cut short can be continued in the middle of a chunk without a key stream being used twice. A chunk that is
//! damaged costs the records that touch it: the next one says where a record begins.

mod pack;
mod record;
mod unpack;

use glow_model::{GroupSecret, PayloadKey};
pub use pack::{Packer, Resume};
pub use record::{About, Piece, Record};
use subtle::ConstantTimeEq;
pub use unpack::Unpacker;

/// What a bundle begins with.
pub const MAGIC: [u8; 8] = *b"aglowbnd";
/// The version that is written, and the only one that is read.
const VERSION: u8 = 1;
/// Bytes of the head.
pub const HEAD_BYTES: usize = 8 + 1 + 16 + 16;
/// Bytes of a sealed chunk; the last one may be shorter.
pub const CHUNK_BYTES: usize = 64 * 1024;
const NONCE_BYTES: usize = 24;
const SEAL_BYTES: usize = 16;
const FIRST_BYTES: usize = 4;
/// Bytes of records in a chunk.
const ROOM_BYTES: usize = CHUNK_BYTES - NONCE_BYTES - SEAL_BYTES - FIRST_BYTES;

/// Why a bundle, or a chunk of it, cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It does not begin as a bundle does.
    #[error("this is no bundle of Afterglow")]
    NotABundle,
    /// It was made by a newer version.
    #[error("the bundle was made by a newer version")]
    Newer,
    /// A chunk does not open: damaged, cut short, moved, or not of this file.
    #[error("a part of the bundle is damaged")]
    Damaged,
    /// What was opened is no record: a member's device is broken or lies.
    #[error("a part of the bundle is malformed")]
    Malformed,
}

/// The readable beginning of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    salt: [u8; 16],
    tag: [u8; 16],
}

impl Head {
    /// The head of a new bundle of a group. The salt is random.
    #[must_use]
    pub fn new(secret: &GroupSecret, salt: [u8; 16]) -> Self {
        Self { salt, tag: secret.bundle_tag(&salt) }
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8] = VERSION;
        bytes[9..25].copy_from_slice(&self.salt);
        bytes[25..].copy_from_slice(&self.tag);
        bytes
    }

    /// Reads the beginning of a file.
    ///
    /// # Errors
    /// [`BundleError::NotABundle`] or [`BundleError::Newer`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BundleError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(BundleError::NotABundle)?;
        let (version, rest) = rest.split_first().ok_or(BundleError::NotABundle)?;
        if *version != VERSION {
            return Err(BundleError::Newer);
        }
        let (salt, rest) = rest.split_first_chunk().ok_or(BundleError::NotABundle)?;
        let tag = rest.first_chunk().ok_or(BundleError::NotABundle)?;
        Ok(Self { salt: *salt, tag: *tag })
    }

    /// Whether it is a bundle of the group with this secret.
    #[must_use]
    pub fn is_of(&self, secret: &GroupSecret) -> bool {
        secret.bundle_tag(&self.salt).ct_eq(&self.tag).into()
    }

    /// The key of its chunks.
    #[must_use]
    pub fn key(&self, secret: &GroupSecret) -> PayloadKey {
        secret.bundle_key(&self.salt)
    }
}

/// What a chunk is sealed with beside its content.
fn associated(index: u64, is_last: bool) -> [u8; 9] {
    let mut bytes = [0; 9];
    bytes[..8].copy_from_slice(&index.to_le_bytes());
    bytes[8] = is_last.into();
    bytes
}
