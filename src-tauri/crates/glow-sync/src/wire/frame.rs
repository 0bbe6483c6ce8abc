//! What the other member answers.

use glow_model::{ModelError, codec, limits};
use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Address, Cargo, StateKey};
#[cfg(doc)]
use super::{CARGO_PER_FRAME, STATES_PER_FRAME};

/// What the other member answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Frame {
    /// The next negentropy message; empty when there is nothing more to say.
    #[n(0)]
    Reconcile(#[n(0)] ByteVec),
    /// Encoded operations.
    #[n(1)]
    Operations(#[n(0)] Vec<ByteVec>),
    /// A piece with its proof (a bao slice).
    #[n(2)]
    Piece {
        /// Its index.
        #[n(0)]
        piece: u32,
        /// Parents and bytes.
        #[n(1)]
        slice: ByteVec,
    },
    /// What was asked for is not here.
    #[n(3)]
    NotHere,
    /// One bit a blob asked about, lowest bit first.
    #[n(4)]
    Holds(#[n(0)] ByteVec),
    /// Addresses at which members were reached lately.
    #[n(5)]
    Addresses(#[n(0)] Vec<Address>),
    /// Stored, or noted.
    #[n(6)]
    Done,
    /// Sealed epoch keys.
    #[n(7)]
    Epochs(#[n(0)] ByteVec),
    /// The request is not understood or not granted.
    #[n(8)]
    Refused,
    /// The pieces held of each blob asked about, one bit each.
    #[n(9)]
    Bitfields(#[n(0)] Vec<u32>),
    /// Which states are here.
    #[n(10)]
    StateKeys(#[n(0)] Vec<StateKey>),
    /// Encoded states, at most [`STATES_PER_FRAME`].
    #[n(11)]
    States(#[n(0)] Vec<ByteVec>),
    /// Encoded records of a clip, in order.
    #[n(20)]
    Fragments(#[n(0)] Vec<ByteVec>),
    /// Blobs that operations name: at most [`CARGO_PER_FRAME`] in all.
    #[n(22)]
    Cargo(#[n(0)] Vec<Cargo>),
}

impl Frame {
    /// Encodes a frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`ModelError`] naming what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::BULK_FRAME_BYTES {
            return Err(ModelError::TooLarge { what: "frame" });
        }
        codec::decode(bytes, "frame")
    }
}

/// Of a [`Frame::Piece`] that is still coming, its index and what there is of its slice; nothing while too little has come to
/// tell, or where it is another frame.
#[must_use]
pub fn piece_so_far(frame: &[u8]) -> Option<(u32, &[u8])> {
    let mut decoder = minicbor::Decoder::new(frame);
    (decoder.array().ok()? == Some(2) && decoder.u32().ok()? == 2 && decoder.array().ok()? == Some(2)).then_some(())?;
    let piece = decoder.u32().ok()?;
    let rest = frame.get(decoder.position()..)?;
    // RFC 8949, 3: the head of a byte string is one byte, or one and its length in 1, 2, 4 or 8.
    let head = match rest.first()? {
        0x40..=0x57 => 1,
        size @ 0x58..=0x5b => 1 + (1 << (size - 0x58)),
        _ => return None,
    };
    Some((piece, rest.get(head..)?))
}
