//! What members say to each other once the door is open: one request a stream, then only the other side writes.
//!
//! The first frame of a stream is a [`Request`]; the answers are [`Frame`]s until an empty frame ends them (a stream that is
//! merely closed was cut off). A request is at most
//! [`limits::CONTROL_FRAME_BYTES`] (a push or an offer at most [`limits::BULK_FRAME_BYTES`]), a frame at most
//! [`limits::BULK_FRAME_BYTES`]. Whoever gets more closes the stream.

use std::net::SocketAddr;

use glow_model::{BlobId, DeviceId, ModelError, OperationId, Plane, codec, limits, state::Slot};
use minicbor::{Decode, Encode, bytes::ByteVec};

/// Name of the protocol on the wire.
pub const REQUEST_PROTOCOL: &str = "/afterglow/request/1";
/// Bytes of a blob that are asked for and verified together.
pub const PIECE_BYTES: u64 = 256 * 1024;
/// The largest blob that is offered unasked.
pub const OFFERED_BYTES: u64 = limits::GRID_PREVIEW_BYTES;
/// What proves a piece, at most.
const PROOF_BYTES: u64 = 20 * 64 + 64;
/// Ids in one request.
pub const IDS_PER_REQUEST: usize = 1_000;
/// Pieces in one request.
pub const PIECES_PER_REQUEST: usize = 32;
/// Small blobs in one request.
pub const BLOBS_PER_REQUEST: usize = 64;
/// States in one frame.
pub const STATES_PER_FRAME: usize = limits::BULK_FRAME_BYTES / limits::STATE_BYTES - 1;
/// Records of a clip in one frame.
pub const FRAGMENTS_PER_FRAME: usize = 60;
/// Operations of which a carrier asks at once what they name.
pub const CARGO_PER_REQUEST: usize = 200;
/// Blobs to be carried in one frame.
pub const CARGO_PER_FRAME: usize = 8_000;
/// Addresses in one answer.
pub const ADDRESSES_PER_FRAME: usize = 64;
/// Bytes of a transport's public identity.
pub const TRANSPORT_KEY_BYTES: usize = 64;

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
    /// Tells that these blobs are complete at the sender. Answer: [`Frame::Done`].
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
        /// For how long, at most [`crate::picker::HUSH_MS`]; 0 takes it back.
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

/// How much it matters when an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Lane {
    /// Somebody looks for it now: never waits.
    #[n(0)]
    Now,
    /// Soon: waits when somebody asks for quiet.
    #[n(1)]
    Soon,
    /// Whenever there is room.
    #[n(2)]
    Bulk,
}

/// A part of a blob that is held.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Holding {
    /// The blob.
    #[n(0)]
    pub blob: BlobId,
    /// One bit a piece, the lowest for piece 0.
    #[n(1)]
    pub pieces: u32,
}

/// A blob of a size.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Extent {
    /// The blob.
    #[n(0)]
    pub blob: BlobId,
    /// Its size in bytes.
    #[n(1)]
    pub size: u64,
}

/// A device and one of its slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct StateId {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The slot.
    #[n(1)]
    pub slot: Slot,
}

/// Which state of a device and slot is somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct StateKey {
    /// Whose.
    #[n(0)]
    pub id: StateId,
    /// Its counter: higher is newer.
    #[n(1)]
    pub counter: u64,
}

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

/// The blobs that one operation names, or some of them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Cargo {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// The blobs.
    #[n(1)]
    pub blobs: Vec<CargoBlob>,
    /// Whether these are the last: false while more frames follow, or a manifest was not read yet.
    #[n(2)]
    pub whole: bool,
}

/// A blob to be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct CargoBlob {
    /// The blob.
    #[n(0)]
    pub blob: BlobId,
    /// Its size in bytes.
    #[n(1)]
    pub size: u64,
    /// How urgent it is.
    #[n(2)]
    pub lane: Lane,
}

/// An address that serves QUIC and TCP at the same port.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Address {
    /// 4 or 16 bytes.
    #[n(0)]
    pub ip: ByteVec,
    /// The port.
    #[n(1)]
    pub port: u16,
    /// Who is there; nothing when it was reached in an earlier session.
    #[n(2)]
    pub met: Option<Met>,
}

/// A member that somebody met lately.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Met {
    /// Its transport's public identity, at most [`TRANSPORT_KEY_BYTES`].
    #[n(0)]
    pub transport_key: ByteVec,
    /// How long ago, in seconds; 0 for who is connected.
    #[n(1)]
    pub age_s: u32,
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let ip = match address {
            SocketAddr::V4(v4) => v4.ip().octets().to_vec(),
            SocketAddr::V6(v6) => v6.ip().octets().to_vec(),
        };
        Self { ip: ip.into(), port: address.port(), met: None }
    }
}

impl Address {
    /// The address, when its length is one.
    #[must_use]
    pub fn to_socket_addr(&self) -> Option<SocketAddr> {
        let v4 = <[u8; 4]>::try_from(self.ip.as_slice()).map(|ip| SocketAddr::from((ip, self.port)));
        v4.or_else(|_| <[u8; 16]>::try_from(self.ip.as_slice()).map(|ip| SocketAddr::from((ip, self.port)))).ok()
    }
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

/// Packs encoded operations into batches that fit a frame.
pub fn batches(operations: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<ByteVec>> {
    const ROOM: usize = limits::BULK_FRAME_BYTES - limits::OPERATION_BYTES;
    let mut batches: Vec<Vec<ByteVec>> = Vec::new();
    let mut filled = ROOM;
    for operation in operations {
        let size = operation.len() + 5;
        if filled + size > ROOM {
            batches.push(Vec::new());
            filled = 0;
        }
        filled += size;
        if let Some(batch) = batches.last_mut() {
            batch.push(operation.into());
        }
    }
    batches
}
