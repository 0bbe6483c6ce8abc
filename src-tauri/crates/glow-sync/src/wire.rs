//! What members say to each other once the door is open: one request a stream, then only the other side writes.
//!
//! The first frame of a stream is a [`Request`]; the answers are [`Frame`]s until an empty frame ends them (a stream that is
//! merely closed was cut off). A request is at most
//! [`limits::CONTROL_FRAME_BYTES`] (a push or an offer at most [`limits::BULK_FRAME_BYTES`]), a frame at most
//! [`limits::BULK_FRAME_BYTES`]. Whoever gets more closes the stream.

mod frame;
mod request;

use std::net::SocketAddr;

use glow_model::{BlobId, DeviceId, OperationId, limits, state::Slot};
use minicbor::{Decode, Encode, bytes::ByteVec};

pub use self::{
    frame::{Frame, piece_so_far},
    request::Request,
};

/// Name of the protocol on the wire.
pub const REQUEST_PROTOCOL: &str = "/afterglow/request/1";
/// Bytes of a blob that are asked for and verified together.
pub const PIECE_BYTES: u64 = 256 * 1024;
/// The largest blob that is offered unasked.
pub const OFFERED_BYTES: u64 = limits::GRID_PREVIEW_BYTES;
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
