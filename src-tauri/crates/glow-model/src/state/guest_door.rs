//! Whether a device has opened its door to guests, so that their pages can move on to it.

use std::net::SocketAddr;

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{ModelError, limits};

/// The secret of a door: 128 random bits that stand in its QR code.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Encode, Decode)]
#[cbor(transparent)]
pub struct DoorSecret(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl std::fmt::Debug for DoorSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DoorSecret(…)")
    }
}

/// What guests may do at a door; everyone who is let in sees the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DoorRights {
    /// Whether they may add photos, clips and reactions.
    #[n(0)]
    pub contribute: bool,
    /// Whether what they add waits until somebody has looked at it.
    #[n(1)]
    pub review: bool,
}

/// What a device says of its door.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GuestDoor {
    /// Whether it is open; where it is not, the addresses are those it had.
    #[n(0)]
    pub open: bool,
    /// Where it listens; at most [`limits::DOOR_ADDRESSES`].
    #[n(1)]
    addresses: Vec<String>,
    /// Its secret; nothing where it is closed.
    #[n(2)]
    pub secret: Option<DoorSecret>,
    /// What guests may do.
    #[n(3)]
    pub rights: DoorRights,
    /// When it closes by itself, by the device's clock.
    #[n(4)]
    pub expires_ms: Option<u64>,
}

impl GuestDoor {
    /// An open door.
    #[must_use]
    pub fn open(addresses: &[SocketAddr], secret: DoorSecret, rights: DoorRights, expires_ms: Option<u64>) -> Self {
        let addresses = addresses.iter().take(limits::DOOR_ADDRESSES).map(ToString::to_string).collect();
        Self { open: true, addresses, secret: Some(secret), rights, expires_ms }
    }

    /// The same door, closed.
    #[must_use]
    pub fn closed(&self) -> Self {
        Self { open: false, secret: None, ..self.clone() }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.iter().filter_map(|address| address.parse().ok()).collect()
    }

    pub(super) fn check(&self) -> Result<(), ModelError> {
        let is_told = self.addresses.len() <= limits::DOOR_ADDRESSES && self.addresses().len() == self.addresses.len();
        if is_told && self.open == self.secret.is_some() && self.expires_ms.is_none_or(|ms| ms < limits::TIME_MS) {
            Ok(())
        } else {
            Err(ModelError::Invalid { what: "guest door" })
        }
    }
}
