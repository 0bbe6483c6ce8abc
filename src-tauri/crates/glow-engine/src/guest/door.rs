//! The door of a group as this device keeps it, and what members say of theirs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use glow_model::{
    DeviceId,
    state::{DoorRights, DoorSecret, GuestDoor},
};
use minicbor::{Decode, Encode};

use crate::{group::Group, view};

/// A door, kept beside the keys of the group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct DoorRecord {
    /// Whether it lets guests in.
    #[n(0)]
    pub(crate) open: bool,
    /// Its secret; another one each time it is opened.
    #[n(1)]
    pub(crate) secret: DoorSecret,
    /// What guests may do.
    #[n(2)]
    pub(crate) rights: DoorRights,
    /// When it closes by itself.
    #[n(3)]
    pub(crate) expires_ms: Option<u64>,
    /// Files that one guest may post.
    #[n(4)]
    pub(crate) files: u32,
    /// Bytes that one guest may post.
    #[n(5)]
    pub(crate) bytes: u64,
    /// Bytes that all guests together may post.
    #[n(6)]
    pub(crate) door_bytes: u64,
    /// Where it listened last: the QR code stays good over a restart.
    #[n(7)]
    pub(crate) port: Option<u16>,
}

impl DoorRecord {
    pub(crate) fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms)
    }
}

/// An open door that a host is to listen for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDoor {
    /// The group's id.
    pub group: String,
    /// The port that it had before, or that its owner wishes.
    pub port: Option<u16>,
    secret: DoorSecret,
}

impl OpenDoor {
    pub(crate) fn of(group: &Group) -> Option<Self> {
        let record = group.open_door()?;
        Some(Self { group: group.id.to_string(), port: record.port, secret: record.secret })
    }

    /// The secret that a page proves.
    #[must_use]
    pub fn secret(&self) -> &[u8; 16] {
        &self.secret.0
    }
}

/// What a member said of its door.
#[derive(Debug, Clone)]
pub(crate) struct HeardDoor {
    pub(crate) device: DeviceId,
    pub(crate) door: GuestDoor,
    pub(crate) said_ms: u64,
}

/// The addresses of this device with a door's port, the likeliest first.
pub(super) fn addresses(group: &Group, port: u16) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> = Vec::new();
    for address in view::likely_addresses(group.addresses()) {
        let address = SocketAddr::new(address.ip(), port);
        if !found.contains(&address) {
            found.push(address);
        }
    }
    if found.is_empty() {
        found.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    found
}
