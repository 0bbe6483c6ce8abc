//! A group: what its creator fixed for ever.

use minicbor::{Decode, Encode};

use crate::{DeviceId, GroupId, ModelError, codec, limits, text::clean_line};

/// The first body of a group. Its hash is the group's id, so nobody can claim another one for the same group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// Random, so that an id cannot be guessed from a title.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// The event's name.
    #[n(1)]
    pub title: String,
    /// The device that started it: its first host.
    #[n(2)]
    pub creator: DeviceId,
    /// X25519 key of that device, to be sealed to.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub creator_sealing: [u8; 32],
    /// When it was started, by the creator's clock.
    #[n(4)]
    pub created_ms: u64,
    /// When capture ends.
    #[n(5)]
    pub ends_ms: u64,
    /// Who may invite.
    #[n(6)]
    pub invite_policy: InvitePolicy,
}

/// Who may make invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum InvitePolicy {
    /// Every member.
    #[n(0)]
    Members,
    /// Hosts.
    #[n(1)]
    Hosts,
}

impl Genesis {
    /// The group's id: BLAKE3 of this body under its own context.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        GroupId(blake3::derive_key("afterglow 2026 group id", &codec::encode(self)))
    }

    /// Checks texts and times.
    ///
    /// # Errors
    /// [`ModelError::Invalid`].
    pub fn check(&self) -> Result<(), ModelError> {
        let title_is_clean =
            clean_line(&self.title, limits::TITLE_CHARS).is_some_and(|clean| clean == self.title && !clean.is_empty());
        if !title_is_clean {
            return Err(ModelError::Invalid { what: "group title" });
        }
        if self.created_ms > self.ends_ms || self.ends_ms >= limits::TIME_MS {
            return Err(ModelError::Invalid { what: "group time" });
        }
        Ok(())
    }
}
