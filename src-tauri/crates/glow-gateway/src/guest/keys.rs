//! What both sides derive: from the secret, and from the two keys of a session.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// What follows from a door's secret.
pub(crate) struct DoorKeys {
    /// Tells doors apart; public.
    pub(crate) id: [u8; 16],
    proof: Zeroizing<[u8; 32]>,
    root: Zeroizing<[u8; 32]>,
}

impl DoorKeys {
    pub(crate) fn new(secret: &[u8; 16]) -> Self {
        let door = Hkdf::<Sha256>::new(Some(b"afterglow guest v1"), secret);
        Self {
            id: expand(&door, "door id"),
            proof: expand(&door, "door proof").into(),
            root: expand(&door, "session root").into(),
        }
    }

    /// Whether the page at the other end knows the secret; compared in constant time.
    pub(crate) fn admits(&self, keys: &BothKeys, proof: &[u8]) -> bool {
        self.ask(keys).ct_eq(proof).into()
    }

    /// What shows the page that this door knows it, too.
    pub(crate) fn answer(&self, keys: &BothKeys) -> [u8; 32] {
        self.prove("door", keys)
    }

    /// What shows the door that this page knows it.
    pub(crate) fn ask(&self, keys: &BothKeys) -> [u8; 32] {
        self.prove("page", keys)
    }

    /// Whether the door at the other end knows the secret.
    pub(crate) fn is_answered(&self, keys: &BothKeys, proof: &[u8]) -> bool {
        self.answer(keys).ct_eq(proof).into()
    }

    fn prove(&self, side: &str, keys: &BothKeys) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.proof).expect("HMAC takes keys of any length");
        for part in [side.as_bytes(), &self.id, &keys.page, &keys.door] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The public keys of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BothKeys {
    pub(crate) page: [u8; 32],
    pub(crate) door: [u8; 32],
}

/// The keys of one session.
pub(crate) struct SessionKeys {
    /// Seals frames to the door.
    pub(crate) to_door: Zeroizing<[u8; 32]>,
    /// Seals frames to the page.
    pub(crate) to_page: Zeroizing<[u8; 32]>,
    /// Seals pieces of files.
    pub(crate) bytes: Zeroizing<[u8; 32]>,
    /// Stands in the paths; public.
    pub(crate) id: [u8; 16],
    /// What a guest signs to be known in this session.
    pub(crate) binding: [u8; 32],
}

impl SessionKeys {
    /// The keys as either side derives them, from its own secret key; nothing where the other's leaves no secret.
    pub(crate) fn new(door: &DoorKeys, own: &StaticSecret, both: &BothKeys) -> Option<Self> {
        let is_door = PublicKey::from(own).as_bytes() == &both.door;
        let shared = own.diffie_hellman(&PublicKey::from(if is_door { both.page } else { both.door }));
        if !shared.was_contributory() {
            return None;
        }
        let salt = [b"afterglow guest session v1".as_slice(), &both.page, &both.door].concat();
        let secret = Zeroizing::new([door.root.as_slice(), shared.as_bytes()].concat());
        let session = Hkdf::<Sha256>::new(Some(&salt), &secret);
        Some(Self {
            to_door: expand(&session, "page to door").into(),
            to_page: expand(&session, "door to page").into(),
            bytes: expand(&session, "bytes").into(),
            id: expand(&session, "session id"),
            binding: expand(&session, "session binding"),
        })
    }
}

fn expand<const N: usize>(key: &Hkdf<Sha256>, label: &str) -> [u8; N] {
    let mut out = [0; N];
    key.expand(label.as_bytes(), &mut out).expect("so few bytes are a valid HKDF length");
    out
}
