//! Operations: signed headers over sealed payloads.
//!
//! ```text
//! operation = [ header bytes, signature, payload | null ]
//! header    = [ version, group, author, sequence, backlink, time, epoch, plane, payload hash, payload size ]
//! id        = BLAKE3(header bytes)                     the signature is not part of it: one operation, one id
//! payload   = nonce (24) ‖ XChaCha20-Poly1305(body)    associated data: the header with hash and size zero
//! ```
//!
//! A retracted operation keeps header and signature and loses its payload; it still verifies, so its id stays in the set.

use std::ops::Deref;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{Body, DeviceId, DeviceKeys, EpochId, GroupId, ModelError, OperationId, PayloadKey, Plane, codec, limits};

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// What is signed of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Version of the format.
    #[n(0)]
    pub version: u8,
    /// The group it belongs to.
    #[n(1)]
    pub group: GroupId,
    /// The device that signed it.
    #[n(2)]
    pub author: DeviceId,
    /// Place in the author's log, from 0.
    #[n(3)]
    pub seq: u64,
    /// Id of the author's operation before this one.
    #[n(4)]
    pub backlink: Option<OperationId>,
    /// The author's wall clock, milliseconds since the Unix epoch.
    #[n(5)]
    pub time_ms: u64,
    /// The epoch whose key seals the payload.
    #[n(6)]
    pub epoch: EpochId,
    /// Which of the epoch's keys.
    #[n(7)]
    pub plane: Plane,
    /// BLAKE3 of the sealed payload.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub payload_hash: [u8; 32],
    /// Bytes of the sealed payload.
    #[n(9)]
    pub payload_size: u32,
}

impl Header {
    fn check(&self) -> Result<(), ModelError> {
        if self.version != VERSION {
            return Err(ModelError::UnknownVersion { what: "operation", version: self.version });
        }
        if self.seq >= limits::SEQUENCE
            || self.time_ms >= limits::TIME_MS
            || self.payload_size as usize > limits::PAYLOAD_BYTES
        {
            return Err(ModelError::TooLarge { what: "operation" });
        }
        if (self.seq == 0) != self.backlink.is_none() {
            return Err(ModelError::Invalid { what: "backlink" });
        }
        Ok(())
    }

    fn associated_data(&self) -> Vec<u8> {
        codec::encode(&Self { payload_hash: [0; 32], payload_size: 0, ..self.clone() })
    }
}

/// An operation as bytes said it: nothing of it is known to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    header_bytes: Vec<u8>,
    header: Header,
    signature: [u8; 64],
    payload: Option<Vec<u8>>,
}

#[derive(Encode, Decode)]
struct Wire {
    #[n(0)]
    header: ByteVec,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
    #[n(2)]
    payload: Option<ByteVec>,
}

impl Operation {
    /// Reads an operation from outside bytes.
    ///
    /// # Errors
    /// [`ModelError`] when too large, malformed, of another version or out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::OPERATION_BYTES {
            return Err(ModelError::TooLarge { what: "operation" });
        }
        let wire: Wire = codec::decode_canonical(bytes, "operation")?;
        Self::from_parts(wire.header.into(), wire.signature, wire.payload.map(Into::into))
    }

    /// Puts an operation together from stored parts.
    ///
    /// # Errors
    /// As [`Operation::decode`].
    pub fn from_parts(
        header_bytes: Vec<u8>,
        signature: [u8; 64],
        payload: Option<Vec<u8>>,
    ) -> Result<Self, ModelError> {
        let header: Header = codec::decode_canonical(&header_bytes, "operation header")?;
        header.check()?;
        Ok(Self { header_bytes, header, signature, payload })
    }

    /// Checks payload hash and signature.
    ///
    /// # Errors
    /// [`ModelError::Invalid`] for a payload that is not the one signed, [`ModelError::BadSignature`].
    pub fn verify(self) -> Result<Verified, ModelError> {
        let payload_fits = self.payload.as_ref().is_none_or(|payload| {
            payload.len() == self.header.payload_size as usize
                && blake3::hash(payload).as_bytes() == &self.header.payload_hash
        });
        if !payload_fits {
            return Err(ModelError::Invalid { what: "payload hash" });
        }
        self.header.author.verify(PURPOSE, &self.header_bytes, &self.signature)?;
        Ok(Verified { id: OperationId(blake3::hash(&self.header_bytes).into()), operation: self })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header as it was signed.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8] {
        &self.header_bytes
    }

    /// The signature over the header.
    #[must_use]
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The sealed payload; nothing when it was taken back.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.payload.as_deref()
    }

    /// The operation as it goes over the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&Wire {
            header: self.header_bytes.clone().into(),
            signature: self.signature,
            payload: self.payload.clone().map(Into::into),
        })
    }
}

const PURPOSE: &str = "operation";

/// An operation whose signature and payload hash were checked. Only these are stored, shown or passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    id: OperationId,
    operation: Operation,
}

impl Deref for Verified {
    type Target = Operation;
    fn deref(&self) -> &Operation {
        &self.operation
    }
}

impl Verified {
    /// BLAKE3 of the header.
    #[must_use]
    pub fn id(&self) -> OperationId {
        self.id
    }

    /// Opens the payload and checks its body against the limits.
    ///
    /// # Errors
    /// [`ModelError::Retracted`], [`ModelError::DoesNotOpen`], or what is wrong with the body.
    pub fn open(&self, key: &PayloadKey) -> Result<Body, ModelError> {
        let payload = self.payload().ok_or(ModelError::Retracted)?;
        let (nonce, sealed) = payload.split_at_checked(NONCE_BYTES).ok_or(ModelError::DoesNotOpen)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| ModelError::DoesNotOpen)?;
        let bytes = XChaCha20Poly1305::new(&key.0.into())
            .decrypt(&nonce, Payload { msg: sealed, aad: &self.header.associated_data() })
            .map_err(|_| ModelError::DoesNotOpen)?;
        let body = Body::decode(&bytes)?;
        if body.plane().is_some_and(|plane| plane != self.header.plane) {
            return Err(ModelError::Invalid { what: "plane" });
        }
        Ok(body)
    }

    /// The same operation without its payload, as it stays after it was taken back.
    #[must_use]
    pub fn without_payload(mut self) -> Self {
        self.operation.payload = None;
        self
    }
}

/// What an author decides of a header before the payload exists.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// The group.
    pub group: GroupId,
    /// The author's next sequence number.
    pub seq: u64,
    /// Id of the author's last operation.
    pub backlink: Option<OperationId>,
    /// The author's clock, milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The epoch to seal under.
    pub epoch: EpochId,
}

/// The key of the epoch and plane, and a nonce never used with it before: 24 random bytes.
pub struct Sealer<'a> {
    /// [`crate::EpochSecret::payload_key`] for the body's plane.
    pub key: &'a PayloadKey,
    /// Random.
    pub nonce: [u8; NONCE_BYTES],
}

impl Draft {
    /// Seals the body and signs the header.
    ///
    /// # Errors
    /// [`ModelError`] when the body breaks a limit.
    pub fn author(self, body: &Body, keys: &DeviceKeys, sealer: Sealer<'_>) -> Result<Verified, ModelError> {
        body.check()?;
        let mut header = Header {
            version: VERSION,
            group: self.group,
            author: keys.id(),
            seq: self.seq,
            backlink: self.backlink,
            time_ms: self.time_ms,
            epoch: self.epoch,
            plane: body.plane().ok_or(ModelError::Invalid { what: "body kind" })?,
            payload_hash: [0; 32],
            payload_size: 0,
        };
        let sealed = XChaCha20Poly1305::new(&sealer.key.0.into())
            .encrypt(&XNonce::from(sealer.nonce), Payload { msg: &body.encode(), aad: &header.associated_data() })
            .map_err(|_| ModelError::TooLarge { what: "payload" })?;
        let payload = [sealer.nonce.as_slice(), &sealed].concat();
        header.payload_hash = blake3::hash(&payload).into();
        header.payload_size = u32::try_from(payload.len()).map_err(|_| ModelError::TooLarge { what: "payload" })?;
        header.check()?;
        let header_bytes = codec::encode(&header);
        let signature = keys.sign(PURPOSE, &header_bytes);
        let id = OperationId(blake3::hash(&header_bytes).into());
        Ok(Verified { id, operation: Operation { header_bytes, header, signature, payload: Some(payload) } })
    }
}
