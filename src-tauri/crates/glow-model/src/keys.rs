//! The key schedule of a group: what is derived from the group secret and from each epoch's secret, by HKDF-SHA256 label.
//!
//! ```text
//! group secret ──┬─ topic          gossip topic, constant for the group
//!                ├─ clock          that a reading of the group's clock was shown by a member
//!                ├─ holder rank    which of a blob's holders never give it up
//!                ├─ bundle         ┬─ tag of a bundle file, under its salt
//!                │                 └─ key of a bundle file, under its salt
//!                └─ convergence    blob keys and media ids: the same photo twice is one blob in this group only
//! epoch secret ──┬─ net ──┬─ door  proof at the door
//!                │        └─ tag   tags in mDNS records
//!                ├─ control        payloads of control operations
//!                └─ content        all other payloads, States and Signals
//! ```
//!
//! A carrier of sealed data is given the topic, and of each epoch the keys `tag` and `control` in the place of its secret.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{BlobId, BlobKey, DeviceId, EpochId, MediaId, Plane};

/// The constant secret of a group, given at admission.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Encode, Decode)]
pub struct GroupSecret(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl GroupSecret {
    /// The gossip topic, as hex text.
    #[must_use]
    pub fn topic(&self) -> String {
        data_encoding::HEXLOWER.encode(&derive(&self.0, "group topic"))
    }

    /// The key of a blob whose plaintext has this BLAKE3 hash.
    #[must_use]
    pub fn blob_key(&self, plaintext_hash: &[u8; 32]) -> BlobKey {
        BlobKey(blake3::keyed_hash(&derive(&self.0, "group convergence"), plaintext_hash).into())
    }

    /// The place of a device among the holders of a blob: the highest three never give it up.
    #[must_use]
    pub fn holder_rank(&self, blob: BlobId, device: DeviceId) -> [u8; 32] {
        mac(&derive(&self.0, "group holder rank"), &[blob.as_bytes(), device.as_bytes()])
    }

    /// What shows that a reading of the group's clock was shown by a member.
    #[must_use]
    pub(crate) fn clock_check(&self, at_ms: u64) -> [u8; 5] {
        let [a, b, c, d, e, ..] = mac(&derive(&self.0, "group clock"), &[&at_ms.to_be_bytes()]);
        [a, b, c, d, e]
    }

    /// The tag by which those who hold this secret know a bundle of the group. Fresh salts make fresh tags.
    #[must_use]
    pub fn bundle_tag(&self, salt: &[u8; 16]) -> [u8; 16] {
        let mac = mac(&derive(&self.0, "group bundle tag"), &[salt]);
        let mut tag = [0; 16];
        tag.copy_from_slice(&mac[..16]);
        tag
    }

    /// The key that seals one bundle of the group.
    #[must_use]
    pub fn bundle_key(&self, salt: &[u8; 16]) -> PayloadKey {
        PayloadKey(mac(&derive(&self.0, "group bundle key"), &[salt]))
    }

    /// A hasher for the id of a capture: feed it the always-blanked bytes.
    #[must_use]
    pub fn media_hasher(&self) -> MediaHasher {
        MediaHasher(Box::new(blake3::Hasher::new_keyed(&derive(&self.0, "group media id"))))
    }
}

/// Hashes a capture, as it would be shared with nothing allowed, to its [`MediaId`].
#[derive(Debug, Clone)]
pub struct MediaHasher(Box<blake3::Hasher>);

impl MediaHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The id of what was taken.
    #[must_use]
    pub fn finish(&self) -> MediaId {
        MediaId(self.0.finalize().into())
    }
}

impl std::fmt::Debug for GroupSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GroupSecret(…)")
    }
}

/// The secret of one epoch. Members keep every epoch they held.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EpochSecret {
    /// Its id.
    #[n(0)]
    pub id: EpochId,
    /// How many epochs came before on the longest way; the highest (generation, id) is sealed under.
    #[n(1)]
    pub generation: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    secret: Option<[u8; 32]>,
    #[n(3)]
    carried: Option<CarriedKeys>,
}

/// What a carrier is given of an epoch.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Encode, Decode)]
#[cbor(map)]
struct CarriedKeys {
    #[n(0)]
    tag: TagKey,
    #[cbor(n(1), with = "minicbor::bytes")]
    control: [u8; 32],
}

impl EpochSecret {
    /// An epoch from 32 random bytes.
    #[must_use]
    pub fn new(id: EpochId, generation: u64, secret: [u8; 32]) -> Self {
        Self { id, generation, secret: Some(secret), carried: None }
    }

    /// The key that payloads of a plane are sealed under; nothing for what a carrier cannot read.
    #[must_use]
    pub fn payload_key(&self, plane: Plane) -> Option<PayloadKey> {
        let label = match plane {
            Plane::Control => "epoch control",
            Plane::Content => "epoch content",
        };
        match (&self.secret, &self.carried) {
            (Some(secret), _) => Some(PayloadKey(derive(secret, label))),
            (None, Some(carried)) if plane == Plane::Control => Some(PayloadKey(carried.control)),
            (None, _) => None,
        }
    }

    /// The key of the tags and of the door.
    #[must_use]
    pub fn tag_key(&self) -> TagKey {
        match (&self.secret, &self.carried) {
            (Some(secret), _) => TagKey(derive(&derive(secret, "epoch net"), "tag")),
            (None, Some(carried)) => carried.tag.clone(),
            (None, None) => TagKey([0; 32]),
        }
    }

    /// What a carrier is given of it: neither its secret nor its content key follows from that.
    #[must_use]
    pub fn carried(&self) -> Self {
        let control = self.payload_key(Plane::Control).map_or([0; 32], |key| key.0);
        let carried = CarriedKeys { tag: self.tag_key(), control };
        Self { id: self.id, generation: self.generation, secret: None, carried: Some(carried) }
    }

    /// Whether it holds what it must: a secret, or what a carrier is given.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.secret.is_some() || self.carried.is_some()
    }
}

impl Drop for EpochSecret {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl std::fmt::Debug for EpochSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EpochSecret({:?}, generation {})", self.id, self.generation)
    }
}

/// A key for payloads of one epoch and plane.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PayloadKey(pub(crate) [u8; 32]);

impl PayloadKey {
    /// The key's bytes, for a cipher.
    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

/// A key that makes tags, and proofs at the door: of an epoch, or of an open invite.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Encode, Decode)]
pub struct TagKey(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl TagKey {
    /// The tag under which a transport announces itself to those who hold this key. Fresh salts make fresh tags.
    #[must_use]
    pub fn tag(&self, salt: &[u8; 8], peer: &[u8]) -> [u8; 8] {
        let mac = mac(&derive(&self.0, "mdns tag"), &[salt, peer]);
        let mut tag = [0; 8];
        tag.copy_from_slice(&mac[..8]);
        tag
    }

    /// A proof of holding this key: HMAC-SHA256 over the length-prefixed parts.
    #[must_use]
    pub fn prove(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&derive(&self.0, "door proof"), parts)
    }

    /// The key that seals one handshake's frames.
    #[must_use]
    pub fn door_seal(&self, transcript: &[u8; 32]) -> PayloadKey {
        PayloadKey(mac(&derive(&self.0, "door seal"), &[transcript]))
    }
}

impl std::fmt::Debug for TagKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TagKey(…)")
    }
}

pub(crate) fn derive(secret: &[u8; 32], label: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(b"afterglow v1"), secret)
        .expand(label.as_bytes(), &mut key)
        .expect("32 bytes are a valid HKDF length");
    key
}

pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
