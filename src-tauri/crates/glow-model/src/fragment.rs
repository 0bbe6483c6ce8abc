//! Fragment records: what is sent of a clip while it is recorded.
//!
//! Participants: the author of an open clip, and every member. Goal: a viewer may show a fragment the moment its bytes are
//! there, knowing that the author recorded it and what came before it. No goal: keeping them; once the clip is closed and
//! its segments are known, its records are forgotten.
//!
//! ```text
//! record  = [ signed bytes, signature ]
//! signed  = [ clip, index, previous, author, epoch, sealed ]   id = BLAKE3(signed bytes)
//! sealed  = nonce (24) ‖ XChaCha20-Poly1305(body)             associated data: what is signed, without it
//! body    = { blob, duration, whether a player can begin here }
//! ```
//!
//! Records form a chain: `previous` is the id of the record before, and the clip's id for the first. Of two records with one
//! index the lower id counts, so that all members see the same chain whatever reached them first.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    BlobRef, DeviceId, DeviceKeys, EpochId, FragmentId, ModelError, OperationId, PayloadKey, Sealer, codec, limits,
};

const PURPOSE: &str = "fragment";
const NONCE_BYTES: usize = 24;

/// What is known of a fragment by those who hold the group's key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FragmentBody {
    /// Its bytes: a segment of the clip's original.
    #[n(0)]
    pub blob: BlobRef,
    /// How long it plays; 0 for what only prepares a player.
    #[n(1)]
    pub duration_ms: u32,
    /// Whether a player that was prepared can begin here.
    #[n(2)]
    pub begins: bool,
}

/// Where a fragment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Position {
    /// The operation that opened the clip.
    #[n(0)]
    pub clip: OperationId,
    /// From 0.
    #[n(1)]
    pub index: u32,
    /// The record before; the clip's id for the first.
    #[n(2)]
    pub previous: FragmentId,
}

impl Position {
    /// The first fragment of a clip.
    #[must_use]
    pub fn first(clip: OperationId) -> Self {
        Self { clip, index: 0, previous: FragmentId(clip.0) }
    }

    /// The one after a record.
    #[must_use]
    pub fn after(record: &VerifiedFragment) -> Self {
        let at = record.position();
        Self { clip: at.clip, index: at.index + 1, previous: record.id() }
    }

    /// Seals and signs the record at this place.
    ///
    /// # Errors
    /// [`ModelError`] when the body breaks a limit.
    pub fn author(
        self,
        body: &FragmentBody,
        keys: &DeviceKeys,
        epoch: EpochId,
        sealer: Sealer<'_>,
    ) -> Result<VerifiedFragment, ModelError> {
        body.check()?;
        let mut signed = Signed { position: self, author: keys.id(), epoch, sealed: Vec::new().into() };
        let sealed = XChaCha20Poly1305::new(&sealer.key.bytes().into())
            .encrypt(&XNonce::from(sealer.nonce), Payload { msg: &codec::encode(body), aad: &signed.associated_data() })
            .map_err(|_| ModelError::TooLarge { what: "fragment" })?;
        signed.sealed = [sealer.nonce.as_slice(), &sealed].concat().into();
        let signed_bytes = codec::encode(&signed);
        let signature = keys.sign(PURPOSE, &signed_bytes);
        Ok(VerifiedFragment(Fragment {
            id: FragmentId(blake3::hash(&signed_bytes).into()),
            signed_bytes,
            signed,
            signature,
        }))
    }
}

impl FragmentBody {
    fn check(&self) -> Result<(), ModelError> {
        if self.blob.size == 0 || self.blob.size > limits::SEGMENT_BYTES {
            return Err(ModelError::TooLarge { what: "fragment" });
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Signed {
    #[n(0)]
    position: Position,
    #[n(1)]
    author: DeviceId,
    #[n(2)]
    epoch: EpochId,
    #[n(3)]
    sealed: ByteVec,
}

impl Signed {
    fn associated_data(&self) -> Vec<u8> {
        codec::encode(&Self { sealed: Vec::new().into(), ..self.clone() })
    }
}

#[derive(Encode, Decode)]
struct Wire {
    #[n(0)]
    signed: ByteVec,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
}

/// A record as bytes said it: nothing of it is known to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    id: FragmentId,
    signed_bytes: Vec<u8>,
    signed: Signed,
    signature: [u8; 64],
}

impl Fragment {
    /// Reads a record from outside bytes.
    ///
    /// # Errors
    /// [`ModelError`] when too large, malformed or out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::FRAGMENT_BYTES {
            return Err(ModelError::TooLarge { what: "fragment" });
        }
        let wire: Wire = codec::decode_canonical(bytes, "fragment")?;
        let signed: Signed = codec::decode_canonical(&wire.signed, "fragment")?;
        let Position { clip, index, previous } = signed.position;
        if index as usize >= limits::SEGMENTS {
            return Err(ModelError::TooLarge { what: "fragment" });
        }
        if (index == 0) != (previous.0 == clip.0) {
            return Err(ModelError::Invalid { what: "fragment" });
        }
        let id = FragmentId(blake3::hash(&wire.signed).into());
        Ok(Self { id, signed_bytes: wire.signed.into(), signed, signature: wire.signature })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify(self) -> Result<VerifiedFragment, ModelError> {
        self.signed.author.verify(PURPOSE, &self.signed_bytes, &self.signature)?;
        Ok(VerifiedFragment(self))
    }
}

/// A record whose signature holds. Whether its author is that of the clip is for those to say who know the clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedFragment(Fragment);

impl VerifiedFragment {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> FragmentId {
        self.0.id
    }

    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.signed.position
    }

    /// Who signed it.
    #[must_use]
    pub fn author(&self) -> DeviceId {
        self.0.signed.author
    }

    /// The epoch whose content key opens it.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.0.signed.epoch
    }

    /// Opens what it says.
    ///
    /// # Errors
    /// [`ModelError::DoesNotOpen`], or what is wrong with the body.
    pub fn open(&self, key: &PayloadKey) -> Result<FragmentBody, ModelError> {
        let sealed = self.0.signed.sealed.as_slice();
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(ModelError::DoesNotOpen)?;
        let bytes = XChaCha20Poly1305::new(&key.bytes().into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &self.0.signed.associated_data() })
            .map_err(|_| ModelError::DoesNotOpen)?;
        let body: FragmentBody = codec::decode(&bytes, "fragment")?;
        body.check()?;
        Ok(body)
    }

    /// Encodes it, to be kept and passed on.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&Wire { signed: self.0.signed_bytes.clone().into(), signature: self.0.signature })
    }
}
