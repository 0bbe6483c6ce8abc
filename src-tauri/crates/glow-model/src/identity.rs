//! Key pairs: of a device in one group, and of an invite.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::{CameraBodyId, DeviceId, GroupId, InviteId, InviteSeed, ModelError, Role, TagKey, keys};

/// A device's keys in one group: Ed25519 to sign, X25519 to be sealed to. Other groups of the same device have others.
#[derive(Clone)]
pub struct DeviceKeys {
    signing: SigningKey,
    sealing: StaticSecret,
}

impl DeviceKeys {
    /// Keys from 32 random bytes each.
    #[must_use]
    pub fn from_seeds(signing: [u8; 32], sealing: [u8; 32]) -> Self {
        Self { signing: SigningKey::from_bytes(&signing), sealing: StaticSecret::from(sealing) }
    }

    /// The seeds, to be kept where secrets rest.
    #[must_use]
    pub fn seeds(&self) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
        (Zeroizing::new(self.signing.to_bytes()), Zeroizing::new(self.sealing.to_bytes()))
    }

    /// The device's id: its public signing key.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId(self.signing.verifying_key().to_bytes())
    }

    /// Its public sealing key.
    #[must_use]
    pub fn sealing_key(&self) -> [u8; 32] {
        PublicKey::from(&self.sealing).to_bytes()
    }

    /// What a camera's serial number becomes in what this device posts.
    #[must_use]
    pub fn camera_body(&self, serial: &str) -> CameraBodyId {
        let key = keys::derive(&Zeroizing::new(self.signing.to_bytes()), "camera body");
        let [a, b, c, d, e, f, g, h, ..] = keys::mac(&key, &[serial.trim().as_bytes()]);
        CameraBodyId([a, b, c, d, e, f, g, h])
    }

    /// Signs `message` for one purpose; a signature for one purpose never verifies for another.
    #[must_use]
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 64] {
        self.signing.sign(&framed(purpose, message)).to_bytes()
    }
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKeys({:?})", self.id())
    }
}

impl DeviceId {
    /// Verifies a signature of this device for one purpose (strictly: no small-order keys, RFC 8032 §8.4).
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify(&self, purpose: &'static str, message: &[u8], signature: &[u8; 64]) -> Result<(), ModelError> {
        verify(&self.0, purpose, message, signature)
    }
}

/// What an invite's seed yields: the key pair whose public half members know, and the key of its tags and its door.
#[derive(Clone)]
pub struct InviteKeys {
    signing: SigningKey,
    /// Key of the tags under which members announce that the invite is open, and of the door's proof.
    pub tag_key: TagKey,
}

impl InviteKeys {
    /// Derives the keys.
    #[must_use]
    pub fn from_seed(seed: &InviteSeed) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"afterglow invite v1"), &seed.0);
        let derive = |label: &[u8]| {
            let mut key = [0; 32];
            hkdf.expand(label, &mut key).expect("32 bytes are a valid HKDF length");
            key
        };
        Self { signing: SigningKey::from_bytes(&derive(b"signing")), tag_key: TagKey(derive(b"tag")) }
    }

    /// The invite's id: its public key.
    #[must_use]
    pub fn id(&self) -> InviteId {
        InviteId(self.signing.verifying_key().to_bytes())
    }

    /// Signs that this device, with these keys and this role, comes by this invite.
    #[must_use]
    pub fn vouch(&self, group: GroupId, device: DeviceId, sealing: &[u8; 32], role: Role) -> [u8; 64] {
        self.signing.sign(&framed(VOUCH, &vouch_message(group, device, sealing, role))).to_bytes()
    }

    /// Signs the transcript of a handshake: its maker holds the seed.
    #[must_use]
    pub fn sign_transcript(&self, transcript: &[u8; 32]) -> [u8; 64] {
        self.signing.sign(&framed(KNOCK, transcript)).to_bytes()
    }
}

impl InviteId {
    /// Verifies what [`InviteKeys::sign_transcript`] signed.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify_transcript(&self, transcript: &[u8; 32], signature: &[u8; 64]) -> Result<(), ModelError> {
        verify(&self.0, KNOCK, transcript, signature)
    }

    /// Verifies what [`InviteKeys::vouch`] signed.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify_vouch(
        &self,
        group: GroupId,
        device: DeviceId,
        sealing: &[u8; 32],
        role: Role,
        signature: &[u8; 64],
    ) -> Result<(), ModelError> {
        verify(&self.0, VOUCH, &vouch_message(group, device, sealing, role), signature)
    }
}

const VOUCH: &str = "invite vouch";
const KNOCK: &str = "invite knock";

fn vouch_message(group: GroupId, device: DeviceId, sealing: &[u8; 32], role: Role) -> Vec<u8> {
    [group.as_bytes().as_slice(), device.as_bytes(), sealing, &[role as u8]].concat()
}

fn framed(purpose: &str, message: &[u8]) -> Vec<u8> {
    [b"afterglow v1 ".as_slice(), purpose.as_bytes(), &[0], message].concat()
}

fn verify(key: &[u8; 32], purpose: &'static str, message: &[u8], signature: &[u8; 64]) -> Result<(), ModelError> {
    let bad = ModelError::BadSignature { what: purpose };
    let key = VerifyingKey::from_bytes(key).map_err(|_| bad.clone())?;
    key.verify_strict(&framed(purpose, message), &Signature::from_bytes(signature)).map_err(|_| bad)
}
