//! The messages of the door, as they are encoded.

use glow_model::{DeviceId, EpochSecret, GroupSecret, InviteId, Role};
use minicbor::{Decode, Encode, bytes::ByteVec};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Hello {
    #[n(0)]
    pub(super) version: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) nonce: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) proof: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Welcome {
    #[n(0)]
    pub(super) version: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) nonce: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) proof: [u8; 32],
}

/// What is said once both sides proved the same tag key.
#[allow(clippy::large_enum_variant, reason = "one lives for one handshake")]
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Sealed {
    #[n(0)]
    Certificate(#[n(0)] Certificate),
    #[n(1)]
    Knock(#[n(0)] Knock),
    #[n(2)]
    Admission(#[n(0)] Admission, #[n(1)] Certificate),
    #[n(3)]
    Refused(#[n(0)] Refusal),
    #[n(4)]
    Done,
}

/// Shows that a device takes part in this handshake, and by which admissions it is a member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Certificate {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Its signature over the transcript.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// Encoded control operations from the genesis to its admission.
    #[n(2)]
    pub admission: Vec<ByteVec>,
}

/// Asks to be let in by an invite.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Knock {
    /// The new device.
    #[n(0)]
    pub device: DeviceId,
    /// Its X25519 key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealing: [u8; 32],
    /// The role the invite gives.
    #[n(2)]
    pub role: Role,
    /// The invite.
    #[n(3)]
    pub invite: InviteId,
    /// The invite's signature over device and role, which the admission will carry.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub vouch: [u8; 64],
    /// The invite's signature over the transcript.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub seed_signature: [u8; 64],
    /// The device's signature over the transcript.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// The keys and the operations that make a joiner a member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Admission {
    /// The group's constant secret; for a carrier a random one of its own, from which nothing of the group's follows.
    #[n(0)]
    pub secret: GroupSecret,
    /// Every epoch, oldest first; for a carrier what [`EpochSecret::carried`] leaves of each.
    #[n(1)]
    pub epochs: Vec<EpochSecret>,
    /// Encoded control operations: from the genesis to the listener's admission, the invite, and the joiner's admission.
    #[n(2)]
    pub operations: Vec<ByteVec>,
    /// The gossip topic, for a carrier.
    #[n(3)]
    pub topic: Option<String>,
}

/// Why someone who proved something is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refusal {
    /// The invite has expired by the listener's clock.
    #[n(0)]
    Expired,
    /// The invite was used as often as it may be.
    #[n(1)]
    UsedUp,
    /// The invite was revoked.
    #[n(2)]
    Revoked,
    /// The group is past its end.
    #[n(3)]
    Ended,
    /// The group is full.
    #[n(4)]
    Full,
    /// The device was removed from the group.
    #[n(5)]
    Removed,
    /// The listener cannot do it now: try another member.
    #[n(6)]
    Busy,
}
