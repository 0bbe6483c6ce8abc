//! Members: how one comes in and what one is called.

use minicbor::{Decode, Encode};

use crate::{DeviceId, GroupId, InviteId, ModelError, TagKey, limits, text::clean_line};

/// A device's name and colour.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Profile {
    /// Cleaned by [`crate::clean_line`], at most [`limits::NAME_CHARS`].
    #[n(0)]
    pub name: String,
    /// One of twelve hues, 0 to 11.
    #[n(1)]
    pub colour: u8,
}

impl Profile {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let is_clean = clean_line(&self.name, limits::NAME_CHARS).is_some_and(|clean| clean == self.name);
        if is_clean && self.colour < 12 { Ok(()) } else { Err(ModelError::Invalid { what: "profile" }) }
    }
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
#[repr(u8)]
pub enum Role {
    /// May admit, remove and announce.
    #[n(0)]
    Host = 0,
    /// May capture, react and, by policy, invite.
    #[n(1)]
    Member = 1,
    /// Holds and passes on what is sealed, and can read none of it: it is given no content keys, and lets nobody in.
    #[n(2)]
    Carrier = 2,
}

/// Opens an invite: whoever proves its seed may be admitted by any member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InviteGrant {
    /// The invite's public key.
    #[n(0)]
    pub invite: InviteId,
    /// The key of its tags and of its door.
    #[n(1)]
    pub tag_key: TagKey,
    /// The role it gives.
    #[n(2)]
    pub role: Role,
    /// Until when it lets people in, by the clock of the member at the door.
    #[n(3)]
    pub expires_ms: Option<u64>,
    /// How many it lets in, as far as the member at the door knows.
    #[n(4)]
    pub max_uses: Option<u32>,
}

impl InviteGrant {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let in_range = self.expires_ms.is_none_or(|t| t < limits::TIME_MS) && self.max_uses != Some(0);
        if in_range { Ok(()) } else { Err(ModelError::Invalid { what: "invite" }) }
    }
}

/// Closes an invite: nobody is admitted with it from then on. Whoever came in stays in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InviteClose {
    /// The invite.
    #[n(0)]
    pub invite: InviteId,
}

impl InviteClose {
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}

/// Lets a device in. Signed (as an operation) by the member at the door, vouched for by the invite's key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Admit {
    /// The new device.
    #[n(0)]
    pub device: DeviceId,
    /// Its X25519 key, to be sealed to.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealing: [u8; 32],
    /// Its role: the invite's.
    #[n(2)]
    pub role: Role,
    /// The invite it came by.
    #[n(3)]
    pub invite: InviteId,
    /// [`crate::InviteKeys::vouch`] of that invite.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub vouch: [u8; 64],
}

impl Admit {
    /// Verifies the invite's signature.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify(&self, group: GroupId) -> Result<(), ModelError> {
        self.invite.verify_vouch(group, self.device, &self.sealing, self.role, &self.vouch)
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}
