//! Invites as people pass them on: a link or the same link as QR code.
//!
//! `afterglow://join/<base32 of CBOR>`, base32 without padding and without regard to case, so that a QR code can spell the
//! whole link in upper case (its alphanumeric mode) and stay small.

use std::net::SocketAddr;

use data_encoding::BASE32_NOPAD;
use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{GroupId, ModelError, Role, codec, limits, text::clean_line};

const PREFIX: &str = "afterglow://join/";
const VERSION: u8 = 1;

/// The secret of an invite: 128 random bits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Encode, Decode)]
#[cbor(transparent)]
pub struct InviteSeed(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl std::fmt::Debug for InviteSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteSeed(…)")
    }
}

/// What an invite carries. No name of a device, no transport key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteLink {
    /// The secret that opens the door.
    pub seed: InviteSeed,
    /// The group it leads to.
    pub group: GroupId,
    /// The event's name.
    pub title: String,
    /// Where a member was reachable when the invite was shown, for QUIC and TCP alike; at most [`limits::INVITE_ADDRESSES`].
    pub addresses: Vec<SocketAddr>,
    /// The Wi-Fi to be on.
    pub wifi: Option<Wifi>,
    /// What whoever comes by it will be.
    pub role: Role,
}

/// A Wi-Fi network's name and password.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wifi {
    /// Its name (SSID).
    #[n(0)]
    pub name: String,
    /// Its password; nothing when it is open.
    #[n(1)]
    pub password: Option<String>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Wire {
    #[n(0)]
    version: u8,
    #[n(1)]
    seed: InviteSeed,
    #[n(2)]
    group: GroupId,
    #[n(3)]
    title: String,
    /// 4 or 16 bytes of address, 2 of port, big-endian.
    #[n(4)]
    addresses: Vec<ByteVec>,
    #[n(5)]
    wifi: Option<Wifi>,
    /// Nothing for a member.
    #[n(6)]
    role: Option<Role>,
}

impl InviteLink {
    /// The link as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let wire = Wire {
            version: VERSION,
            seed: self.seed.clone(),
            group: self.group,
            title: self.title.clone(),
            addresses: self.addresses.iter().take(limits::INVITE_ADDRESSES).map(address_bytes).collect(),
            wifi: self.wifi.clone(),
            role: Some(self.role).filter(|role| *role != Role::Member),
        };
        format!("{PREFIX}{}", BASE32_NOPAD.encode(&codec::encode(&wire)).to_ascii_lowercase())
    }

    /// The link for a QR code: the same in upper case, which the code's alphanumeric mode spells in fewer modules.
    #[must_use]
    pub fn to_qr_text(&self) -> String {
        self.to_text().to_ascii_uppercase()
    }

    /// Reads a link, as pasted: white space around it and inside it is ignored.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] when it is no invite, [`ModelError::UnknownVersion`] when it is newer.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let malformed = ModelError::Malformed { what: "invite link" };
        if text.len() > 2 * limits::INVITE_LINK_BYTES {
            return Err(ModelError::TooLarge { what: "invite link" });
        }
        let link: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        let code = link.strip_prefix(PREFIX).ok_or_else(|| malformed.clone())?.trim_end_matches('/');
        let bytes = BASE32_NOPAD.decode(code.to_ascii_uppercase().as_bytes()).map_err(|_| malformed.clone())?;
        check_version(&bytes)?;
        let wire: Wire = codec::decode(&bytes, "invite link")?;
        let title = clean_line(&wire.title, limits::TITLE_CHARS).ok_or_else(|| malformed.clone())?;
        if wire.addresses.len() > limits::INVITE_ADDRESSES {
            return Err(ModelError::TooLarge { what: "addresses of an invite" });
        }
        let addresses = wire
            .addresses
            .iter()
            .map(|bytes| parse_address(bytes).ok_or_else(|| malformed.clone()))
            .collect::<Result<_, _>>()?;
        let role = wire.role.unwrap_or(Role::Member);
        Ok(Self { seed: wire.seed, group: wire.group, title, addresses, wifi: wire.wifi, role })
    }
}

/// Reads the version alone, so that a newer link is called newer and not malformed.
fn check_version(bytes: &[u8]) -> Result<(), ModelError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let version =
        decoder.map().ok().and_then(|_| decoder.u8().ok()).filter(|key| *key == 0).and_then(|_| decoder.u8().ok());
    match version {
        Some(VERSION) => Ok(()),
        Some(version) => Err(ModelError::UnknownVersion { what: "invite link", version }),
        None => Err(ModelError::Malformed { what: "invite link" }),
    }
}

fn address_bytes(address: &SocketAddr) -> ByteVec {
    let mut bytes = match address {
        SocketAddr::V4(v4) => v4.ip().octets().to_vec(),
        SocketAddr::V6(v6) => v6.ip().octets().to_vec(),
    };
    bytes.extend(address.port().to_be_bytes());
    bytes.into()
}

fn parse_address(bytes: &[u8]) -> Option<SocketAddr> {
    let (ip, port) = bytes.split_at_checked(bytes.len().checked_sub(2)?)?;
    let port = u16::from_be_bytes(port.try_into().ok()?);
    let v4 = <[u8; 4]>::try_from(ip).map(|ip| SocketAddr::from((ip, port)));
    v4.or_else(|_| <[u8; 16]>::try_from(ip).map(|ip| SocketAddr::from((ip, port)))).ok()
}
