//! Blobs: sealed bytes by hash. How bytes are sealed, and how an original is told as a list of sealed segments.
//!
//! A blob's key comes from the hash of its plaintext and the group's secret, so one photo posted twice is one blob in its
//! group and unrelated outside. Bytes are sealed by ChaCha20 (RFC 8439) with that key, nonce zero and counter zero: each key
//! seals one plaintext only, and a range opens without the bytes before it. The id is BLAKE3 of the sealed bytes.

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{BlobId, GroupSecret, ModelError, codec, limits};

/// The key of one blob.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop, Encode, Decode)]
#[cbor(transparent)]
pub struct BlobKey(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl std::fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlobKey(…)")
    }
}

impl BlobKey {
    /// Seals or opens `bytes` in place, which stand at `offset` of the blob.
    pub fn apply(&self, offset: u64, bytes: &mut [u8]) {
        let mut cipher = ChaCha20::new(&self.0.into(), &[0; 12].into());
        cipher.seek(offset);
        cipher.apply_keystream(bytes);
    }
}

/// What an operation says of a blob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct BlobRef {
    /// BLAKE3 of the sealed bytes.
    #[n(0)]
    pub id: BlobId,
    /// The key that opens them.
    #[n(1)]
    pub key: BlobKey,
    /// Bytes, sealed or open.
    #[n(2)]
    pub size: u64,
}

impl BlobRef {
    /// Seals a plaintext in place and names it.
    #[must_use]
    pub fn seal(secret: &GroupSecret, bytes: &mut [u8]) -> Self {
        let key = secret.blob_key(blake3::hash(bytes).as_bytes());
        key.apply(0, bytes);
        Self { id: BlobId(blake3::hash(bytes).into()), key, size: bytes.len() as u64 }
    }

    /// Opens sealed bytes in place and checks that the key belongs to what came out.
    ///
    /// # Errors
    /// [`ModelError::DoesNotOpen`]; `bytes` are then worthless.
    pub fn open(&self, secret: &GroupSecret, bytes: &mut [u8]) -> Result<(), ModelError> {
        self.key.apply(0, bytes);
        let fits = bytes.len() as u64 == self.size && secret.blob_key(blake3::hash(bytes).as_bytes()) == self.key;
        if fits { Ok(()) } else { Err(ModelError::DoesNotOpen) }
    }
}

/// The untouched bytes of a photo or clip (but for blanked ranges): an ordered list of sealed segments.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Original {
    /// Media type, e.g. `image/jpeg`.
    #[n(0)]
    pub media_type: String,
    /// Bytes of all segments together.
    #[n(1)]
    pub size: u64,
    /// Where the segments stand.
    #[n(2)]
    pub segments: Segments,
}

/// The segments of an original, or where to read them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Segments {
    /// Up to [`limits::INLINE_SEGMENTS`].
    #[n(0)]
    Inline(#[n(0)] Vec<BlobRef>),
    /// More: a sealed blob that holds the encoded list.
    #[n(1)]
    Manifest(#[n(0)] BlobRef),
}

impl Original {
    /// Checks sizes and counts of what a peer claims.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] or [`ModelError::Invalid`].
    pub fn check(&self) -> Result<(), ModelError> {
        check_media_type(&self.media_type)?;
        if self.size > limits::FILE_BYTES {
            return Err(ModelError::TooLarge { what: "original" });
        }
        match &self.segments {
            Segments::Inline(list) if list.len() > limits::INLINE_SEGMENTS => {
                Err(ModelError::TooLarge { what: "segment list" })
            }
            Segments::Inline(list) => check_segments(list, self.size),
            Segments::Manifest(blob) if blob.size > limits::MANIFEST_BYTES => {
                Err(ModelError::TooLarge { what: "manifest" })
            }
            Segments::Manifest(_) => Ok(()),
        }
    }

    /// Decodes the opened manifest blob of this original.
    ///
    /// # Errors
    /// [`ModelError`] when it is malformed, too large, or does not add up to the original's size.
    pub fn read_manifest(&self, bytes: &[u8]) -> Result<Vec<BlobRef>, ModelError> {
        if bytes.len() as u64 > limits::MANIFEST_BYTES {
            return Err(ModelError::TooLarge { what: "manifest" });
        }
        let list: Vec<BlobRef> = codec::decode(bytes, "manifest")?;
        check_segments(&list, self.size)?;
        Ok(list)
    }
}

/// Encodes a segment list as the content of a manifest blob.
#[must_use]
pub fn encode_manifest(segments: &Vec<BlobRef>) -> Vec<u8> {
    codec::encode(segments)
}

pub(crate) fn check_media_type(text: &str) -> Result<(), ModelError> {
    let fits = text.len() <= limits::MEDIA_TYPE_BYTES
        && text.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/+-.".contains(&b));
    if fits { Ok(()) } else { Err(ModelError::Invalid { what: "media type" }) }
}

fn check_segments(list: &[BlobRef], size: u64) -> Result<(), ModelError> {
    if list.len() > limits::SEGMENTS
        || list.iter().any(|segment| segment.size > limits::SEGMENT_BYTES || segment.size == 0)
    {
        return Err(ModelError::TooLarge { what: "segment" });
    }
    if list.iter().map(|segment| segment.size).sum::<u64>() != size {
        return Err(ModelError::Invalid { what: "sum of segments" });
    }
    Ok(())
}
