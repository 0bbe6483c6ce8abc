//! What stands in a bundle, one after another.

use glow_model::{BlobId, codec, limits};
use minicbor::{Decode, Encode};

use super::BundleError;

const LENGTH_BYTES: usize = 4;

/// One thing in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// What the whole bundle holds; comes first.
    About(About),
    /// An encoded operation.
    Operation(Vec<u8>),
    /// An encoded record of a clip that nobody closed.
    Fragment(Vec<u8>),
    /// A piece of a sealed blob.
    Piece(Piece),
    /// Something of a newer version.
    Unknown(u8),
}

/// What a bundle was meant to hold: for progress, never for allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct About {
    /// Operations.
    #[n(0)]
    pub operations: u64,
    /// Blobs.
    #[n(1)]
    pub blobs: u64,
    /// Their bytes together.
    #[n(2)]
    pub bytes: u64,
}

/// A piece of a blob with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Piece {
    /// The blob.
    #[n(0)]
    pub blob: BlobId,
    /// Its size.
    #[n(1)]
    pub size: u64,
    /// Which piece.
    #[n(2)]
    pub piece: u32,
    /// Its bytes with what proves them against the id.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub slice: Vec<u8>,
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        let (kind, content) = match self {
            Self::About(about) => (0, codec::encode(about)),
            Self::Operation(bytes) => (1, bytes.clone()),
            Self::Fragment(bytes) => (2, bytes.clone()),
            Self::Piece(piece) => (3, codec::encode(piece)),
            Self::Unknown(kind) => (*kind, Vec::new()),
        };
        let length = u32::try_from(content.len() + 1).expect("a record is far shorter than 4 GiB");
        let mut bytes = Vec::with_capacity(LENGTH_BYTES + 1 + content.len());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(&content);
        bytes
    }

    /// Reads the record that bytes begin with, and how long it is; nothing while its end has not come.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, BundleError> {
        let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length == 0 || length > limits::BUNDLE_RECORD_BYTES {
            return Err(BundleError::Malformed);
        }
        let Some(record) = rest.get(..length) else {
            return Ok(None);
        };
        let record = Self::read(record[0], &record[1..])?;
        Ok(Some((record, LENGTH_BYTES + length)))
    }

    fn read(kind: u8, content: &[u8]) -> Result<Self, BundleError> {
        Ok(match kind {
            0 => Self::About(codec::decode(content, "bundle").map_err(|_| BundleError::Malformed)?),
            1 if content.len() <= limits::OPERATION_BYTES => Self::Operation(content.to_vec()),
            2 if content.len() <= limits::FRAGMENT_BYTES => Self::Fragment(content.to_vec()),
            3 => {
                let piece: Piece = codec::decode(content, "piece").map_err(|_| BundleError::Malformed)?;
                if piece.size > limits::SEGMENT_BYTES || piece.slice.len() > limits::BUNDLE_SLICE_BYTES {
                    return Err(BundleError::Malformed);
                }
                Self::Piece(piece)
            }
            1 | 2 => return Err(BundleError::Malformed),
            newer => Self::Unknown(newer),
        })
    }
}
