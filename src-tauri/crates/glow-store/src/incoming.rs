//! What `accept` takes and what it answers.

use glow_model::{BlobId, BlobRef, Body, DeviceId, InviteId, OperationId, Profile, Role, TagKey, Verified};

use crate::Part;

/// One operation on its way in: own or received, they pass the same door.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The operation.
    pub operation: Verified,
    /// Its opened body; nothing when its key is not held or it was taken back.
    pub body: Option<Body>,
    /// When this device learned of it.
    pub received_ms: u64,
    /// Whether this device authored it: it then goes to the outbox, and the transaction is synced to the disk.
    pub own: bool,
    /// What only this device knows of the capture that the body (a moment or an added original) is about.
    pub local: Option<LocalCapture>,
}

/// What the owner's device keeps of a capture beside what it shares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalCapture {
    /// The original and the moving part, where there is something to keep of them.
    pub parts: Vec<CapturedPart>,
    /// Whether the original is held back and its owner is to be asked.
    pub needs_choice: bool,
    /// Blobs that the import has written: they count as held from this transaction on.
    pub held: Vec<BlobId>,
}

/// What is kept of one part of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedPart {
    /// [`Part::Original`] or [`Part::Motion`].
    pub part: Part,
    /// The ranges that were blanked in what is shared, as they were: the owner's export is bit-identical.
    pub patches: Vec<Patch>,
    /// Segments kept here and not shared.
    pub held_back: Option<Vec<BlobRef>>,
}

/// Bytes of an original as they were before blanking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where they stand in the original.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What a transaction changed. Sorted, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Operations that were not held before, or not whole.
    pub new: Vec<OperationId>,
    /// Moments that came to the timeline.
    pub added: Vec<OperationId>,
    /// Moments that stay on the timeline and of which something may be different: caption, reactions, original.
    pub changed: Vec<OperationId>,
    /// Moments that went from the timeline.
    pub removed: Vec<OperationId>,
    /// Moments that stay on the timeline, at another time: the clock of their camera is set otherwise.
    pub moved: Vec<OperationId>,
    /// Whether the clock of a camera is set otherwise.
    pub clocks: bool,
    /// Whether a member is new or different.
    pub members: bool,
    /// Whether an invite is new or different.
    pub invites: bool,
    /// Whether something of guests is: what they said, what was decided about them.
    pub guests: bool,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Members and invites, as the membership fold says; written wholesale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberTable {
    /// The members.
    pub members: Vec<MemberEntry>,
    /// The invites.
    pub invites: Vec<InviteEntry>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberEntry {
    /// The device.
    pub device: DeviceId,
    /// What it may do.
    pub role: Role,
    /// Its X25519 key.
    pub sealing: [u8; 32],
    /// Who let it in; nobody for the creator.
    pub admitted_by: Option<DeviceId>,
    /// The invite it came by.
    pub invite: Option<InviteId>,
    /// Its name; empty when it has not said one.
    pub name: String,
    /// One of twelve hues, 0 to 11.
    pub colour: u8,
}

impl MemberEntry {
    /// Name and colour.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile { name: self.name.clone(), colour: self.colour }
    }
}

/// One invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteEntry {
    /// Its public key.
    pub invite: InviteId,
    /// Who made it.
    pub author: DeviceId,
    /// The key of its tags and its door.
    pub tag_key: TagKey,
    /// The role it gives.
    pub role: Role,
    /// Until when it lets people in.
    pub expires_ms: Option<u64>,
    /// How many it lets in.
    pub max_uses: Option<u32>,
    /// How many came by it.
    pub uses: u32,
    /// Whether it was closed.
    pub closed: bool,
}
