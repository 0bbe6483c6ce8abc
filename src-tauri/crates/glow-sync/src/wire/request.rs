//! What one member asks of another.

use glow_model::{BlobId, ModelError, OperationId, Plane, codec, limits};
use minicbor::{Decode, Encode, bytes::ByteVec};

#[cfg(doc)]
use super::Frame;
use super::{
    BLOBS_PER_REQUEST, CARGO_PER_REQUEST, Extent, FRAGMENTS_PER_FRAME, Holding, IDS_PER_REQUEST, Lane, OFFERED_BYTES,
    PIECE_BYTES, PIECES_PER_REQUEST, STATES_PER_FRAME, StateId, StateKey,
};

/// What proves a piece, at most.
const PROOF_BYTES: u64 = 20 * 64 + 64;

/// What one member asks of another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// One round of set reconciliation. Answer: one [`Frame::Reconcile`].
    #[n(0)]
    Reconcile {
        /// Which set.
        #[n(0)]
        plane: Plane,
        /// A negentropy message.
        #[n(1)]
        message: ByteVec,
    },
    /// Operations by id. Answer: [`Frame::Operations`] until all that are here were sent.
    #[n(1)]
    Operations {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        ids: Vec<OperationId>,
    },
    /// Operations the other side lacks. Answer: one [`Frame::Done`] when they are stored.
    #[n(2)]
    Push {
        /// Encoded operations.
        #[n(0)]
        operations: Vec<ByteVec>,
    },
    /// Pieces of a blob. Answer: one [`Frame::Piece`] each, in the order asked, or [`Frame::NotHere`].
    #[n(3)]
    Pieces {
        /// The blob.
        #[n(0)]
        blob: BlobId,
        /// Its size, which the asker knows from the operation.
        #[n(1)]
        size: u64,
        /// Indices, at most [`PIECES_PER_REQUEST`].
        #[n(2)]
        pieces: Vec<u32>,
        /// How much it matters when they come.
        #[n(3)]
        lane: Lane,
        /// How many groups of 16 KiB at the beginning of the first piece the asker has.
        #[n(4)]
        skip: u8,
    },
    /// Tells that these blobs are complete at the sender and kept there: they count as copies. What is complete but here for
    /// others only is told as [`Request::HavePieces`]. Answer: [`Frame::Done`].
    #[n(4)]
    Have {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        blobs: Vec<BlobId>,
    },
    /// Asks which of these blobs are complete at the other side. Answer: [`Frame::Holds`].
    #[n(5)]
    Holds {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        blobs: Vec<BlobId>,
    },
    /// Asks for addresses of other members. Answer: [`Frame::Addresses`].
    #[n(6)]
    Addresses,
    /// Asks for the epoch keys that the asker may lack. Answer: [`Frame::Epochs`], sealed to the asker.
    #[n(7)]
    Epochs,
    /// Tells which pieces of blobs the sender holds. Answer: [`Frame::Done`].
    #[n(8)]
    HavePieces {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        holdings: Vec<Holding>,
    },
    /// Asks which pieces of these blobs the other side holds; the asker lacks some. Answer: [`Frame::Bitfields`].
    #[n(9)]
    Bitfields {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        blobs: Vec<Extent>,
    },
    /// Something small follows: asks to send nothing large for a while. Answer: [`Frame::Done`].
    #[n(10)]
    Hush {
        /// For how long, at most [`crate::quiet::HUSH_MS`]; 0 takes it back.
        #[n(0)]
        for_ms: u32,
    },
    /// A new operation with its grid preview. Answer: [`Frame::Done`] when both are stored.
    #[n(11)]
    Offer {
        /// An encoded operation.
        #[n(0)]
        operation: ByteVec,
        /// A blob that it names.
        #[n(1)]
        blob: BlobId,
        /// The blob's size, at most [`OFFERED_BYTES`].
        #[n(2)]
        size: u64,
        /// Its only piece (a bao slice).
        #[n(3)]
        slice: ByteVec,
    },
    /// Asks which states are at the other side. Answer: [`Frame::StateKeys`].
    #[n(12)]
    StateKeys,
    /// States by device and slot. Answer: [`Frame::States`] until all that are here were sent.
    #[n(13)]
    States {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        wanted: Vec<StateId>,
    },
    /// States that the other side may lack. Answer: one [`Frame::Done`] when the newest of them are stored.
    #[n(14)]
    Say {
        /// Encoded states, at most [`STATES_PER_FRAME`].
        #[n(0)]
        states: Vec<ByteVec>,
    },
    /// Small blobs, whole. Answer: for each in its order one [`Frame::Piece`] with its only piece, or [`Frame::NotHere`].
    #[n(15)]
    Blobs {
        /// At most [`BLOBS_PER_REQUEST`], each of at most [`PIECE_BYTES`].
        #[n(0)]
        blobs: Vec<Extent>,
        /// How much it matters when they come.
        #[n(1)]
        lane: Lane,
    },
    /// Which states of others the sender has heard lately. Answer: [`Frame::StateKeys`], those of them that are newer than what
    /// the other side has.
    #[n(16)]
    News {
        /// At most [`IDS_PER_REQUEST`].
        #[n(0)]
        keys: Vec<StateKey>,
    },
    /// Records of clips that are being recorded, as they are made. Answer: [`Frame::Done`].
    #[n(20)]
    PushFragments {
        /// Encoded records, at most [`FRAGMENTS_PER_FRAME`].
        #[n(0)]
        records: Vec<ByteVec>,
    },
    /// Asks for the records of a clip. Answer: [`Frame::Fragments`], at most [`FRAGMENTS_PER_FRAME`] each, until all that
    /// are here were sent.
    #[n(21)]
    Fragments {
        /// The clip.
        #[n(0)]
        clip: OperationId,
        /// From which index on.
        #[n(1)]
        from: u32,
    },
    /// A carrier, which cannot read operations, asks which blobs they name. Answer: [`Frame::Cargo`] until all that is known was
    /// said; nothing of operations that are not here or cannot be read here.
    #[n(22)]
    Cargo {
        /// At most [`CARGO_PER_REQUEST`].
        #[n(0)]
        ids: Vec<OperationId>,
    },
    /// Asks to end this link: the asker has too many. Answer: [`Frame::Done`] when the other side can do without it, and the
    /// asker then closes it; [`Frame::Refused`] when it cannot.
    #[n(30)]
    Part,
    /// Tells the other side that it is the sender's hotspot: what the sender exchanges with others passes through it. Answer:
    /// [`Frame::Done`].
    #[n(31)]
    Station,
}

impl Request {
    /// Encodes the first frame of a stream.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads the first frame of a stream and checks its counts.
    ///
    /// # Errors
    /// [`ModelError`] naming what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let request: Self = codec::decode(bytes, "request")?;
        let is_push = matches!(request, Request::Push { .. } | Request::Offer { .. } | Request::Say { .. });
        let size_fits = bytes.len() <= if is_push { limits::BULK_FRAME_BYTES } else { limits::CONTROL_FRAME_BYTES };
        let count_fits = match &request {
            Request::Operations { ids } => ids.len() <= IDS_PER_REQUEST,
            Request::Pieces { size, pieces, .. } => {
                pieces.len() <= PIECES_PER_REQUEST && *size <= limits::SEGMENT_BYTES
            }
            Request::Blobs { blobs, .. } => {
                blobs.len() <= BLOBS_PER_REQUEST && blobs.iter().all(|blob| blob.size <= PIECE_BYTES)
            }
            Request::Have { blobs } | Request::Holds { blobs } => blobs.len() <= IDS_PER_REQUEST,
            Request::HavePieces { holdings } => holdings.len() <= IDS_PER_REQUEST,
            Request::Bitfields { blobs } => blobs.len() <= IDS_PER_REQUEST,
            Request::Offer { operation, size, slice, .. } => {
                operation.len() <= limits::OPERATION_BYTES
                    && *size <= OFFERED_BYTES
                    && slice.len() as u64 <= OFFERED_BYTES + PROOF_BYTES
            }
            Request::States { wanted } => wanted.len() <= IDS_PER_REQUEST,
            Request::Say { states } => states.len() <= STATES_PER_FRAME,
            Request::News { keys } => keys.len() <= IDS_PER_REQUEST,
            Request::PushFragments { records } => records.len() <= FRAGMENTS_PER_FRAME,
            Request::Cargo { ids } => ids.len() <= CARGO_PER_REQUEST,
            Request::Reconcile { .. }
            | Request::Push { .. }
            | Request::Addresses
            | Request::Epochs
            | Request::Hush { .. }
            | Request::StateKeys
            | Request::Part
            | Request::Station
            | Request::Fragments { .. } => true,
        };
        if size_fits && count_fits { Ok(request) } else { Err(ModelError::TooLarge { what: "request" }) }
    }
}
