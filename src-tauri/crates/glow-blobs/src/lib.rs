//! Sealed media bytes on disk, by hash: import, partial files, verification, how much is held, and the layout of it all.
//!
//! A blob is at most [`SEGMENT_BYTES`](glow_model::limits::SEGMENT_BYTES) of sealed bytes; its id is their BLAKE3 hash. What
//! is in a file is believed only where it proves itself against the id, on every read and before every byte that is sent:
//! there is no index, no flag and no bitfield on disk to disagree with the bytes. A [`BlobStore`] belongs to one group, and
//! to one process at a time: whoever opens it has made sure of that.
//!
//! ```text
//! root/ab/<id>                 the sealed bytes of a whole blob, in the directory of the first byte of its id
//! root/ab/<id>.tree            its hash pairs in pre-order (bao, groups of 16 KiB); none for blobs of up to 16 KiB
//! root/partial/<id>.<size>     a blob on its way, or one that was found damaged: a sparse file; `.tree` beside it
//! root/tmp/<n>                 a file that is being written; swept on opening
//! root/unsynced                ids of small blobs whose bytes the disk may not have; on opening they prove themselves
//! root/destroying              tmp/, renamed when the store is to be destroyed; opening goes on with that
//! ```
//!
//! A blob travels in pieces of [`PIECE_BYTES`]: [`BlobStore::encode_piece`] makes a bao slice (the hash pairs from the root
//! down, then the bytes), [`BlobStore::accept_piece`] takes one and writes nothing that it does not prove. Where bytes come from
//! somebody who may lie, a [`Checker`] proves them while they come, and what was right before a lie is kept. Own bytes are
//! durable when [`BlobStore::import`] returns, a received blob of several pieces when its last piece is in; single pieces may
//! be lost with the power, and are then found missing, as are received blobs of one piece ([`BlobStore::lost`]).
//!
//! It never knows what bytes mean, who may have them or whether they may go; it never asks the network, a database or a clock.
//!
//! ```
//! use glow_blobs::{BlobStore, PieceOutcome};
//! use glow_model::GroupSecret;
//!
//! # let dir = tempfile::tempdir()?;
//! let (alice, bob) = (BlobStore::open(&dir.path().join("alice"))?, BlobStore::open(&dir.path().join("bob"))?);
//! let blob = alice.import(&GroupSecret([7; 32]), b"a photo".to_vec())?;
//! let piece = alice.encode_piece(blob.id, blob.size, 0)?;
//! assert_eq!(bob.accept_piece(blob.id, blob.size, 0, &piece)?, PieceOutcome::Completed);
//! assert_eq!(bob.read(&blob)?, b"a photo");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod checker;
mod disk;
mod error;
#[cfg(test)]
mod faults;
mod layout;
mod partial;
mod piece;
mod proof;
mod read;
mod scrub;
mod single;
mod store;
mod unsynced;
mod usage;

pub use checker::{Checked, Checker};
pub use error::BlobError;
pub use piece::{BlobState, ENCODED_PIECE_BYTES, PIECE_BYTES, PieceOutcome, Pieces};
pub use scrub::{Scrub, Scrubbed, Walk};
pub use store::BlobStore;
pub use usage::Usage;
