//! Guests: people in a browser, let in at a door that a member has opened.
//!
//! The owner of a device opens, closes and moderates (`guest.open`, `.close`, `.list`, `.judge`); a guest's page asks the rest through the
//! sealed channel of the door, which glow-gateway documents with the wire.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{MediaPart, MomentView};

/// Opens the door of this device for guests of a group, or changes what they may while it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestOpen {
    /// The group's id.
    pub group: String,
    /// What guests may do.
    pub rights: GuestRights,
    /// How long it stays open, in minutes; until the group's end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_in_min: Option<u32>,
    /// How much guests may add; the usual when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub quota: Option<GuestQuota>,
    /// The port to listen on; when absent the one it had before, or a free one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub port: Option<u16>,
}

/// Closes the door of this device: every session ends at once, and its address is good no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestClose {
    /// The group's id.
    pub group: String,
}

/// Asks for the doors and the guests of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestList {
    /// The group's id.
    pub group: String,
}

/// Decides about a guest, or about something it posted. Hosts decide everything; others what came through their own door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestJudge {
    /// The group's id.
    pub group: String,
    /// The guest's key.
    pub guest: String,
    /// The post's id: for `approve` and `hold_back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub post: Option<String>,
    /// What is decided.
    pub verdict: GuestVerdict,
}

/// What can be decided about a guest or a post of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GuestVerdict {
    /// The post is shown.
    Approve,
    /// The post is not shown.
    HoldBack,
    /// Nothing of the guest is shown, and no door lets it in.
    Block,
    /// The guest is like any other again.
    Unblock,
}

/// What guests may do at a door; everyone who is let in sees the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GuestRights {
    /// Whether they may add photos, clips and reactions.
    pub contribute: bool,
    /// Whether photos and clips wait until somebody has looked at them.
    pub review: bool,
}

/// How much guests may add through one door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GuestQuota {
    /// Files of each guest.
    pub files: u32,
    /// Bytes of each guest.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes of all guests together.
    #[ts(type = "number")]
    pub door_bytes: u64,
}

/// The doors and the guests of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestPage {
    /// The door of this device; absent while it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub door: Option<DoorView>,
    /// Open doors of other members, as they last said.
    pub others: Vec<DoorView>,
    /// Everyone who posted as a guest or is here as one, who is here first, then by name; at most 2,000.
    pub guests: Vec<GuestView>,
    /// What waits to be looked at or was held back, oldest first, at most 200.
    pub waiting: Vec<WaitingPost>,
}

/// An open door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DoorView {
    /// The member whose device it is.
    pub device: String,
    /// The member's name; empty when it has not said one.
    pub name: String,
    /// The address that lets guests in, with its secret; empty while the door does not listen.
    pub url: String,
    /// The same for each address of the device, the likeliest first.
    pub urls: Vec<String>,
    /// The address as a QR code: an SVG document of black modules on a transparent ground, without scripts or references;
    /// empty while the door does not listen.
    pub qr_svg: String,
    /// What guests may do.
    pub rights: GuestRights,
    /// When it closes by itself; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub expires_at_ms: Option<i64>,
    /// How much guests may add (this device's door only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub quota: Option<GuestQuota>,
    /// Guests that are here now (this device's door only).
    pub guests_here: u32,
    /// Why it does not listen, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub trouble: Option<crate::ApiError>,
}

/// A guest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestView {
    /// The guest's key.
    pub guest: String,
    /// What the guest calls itself.
    pub name: String,
    /// One of twelve hues, 0 to 11.
    pub colour: u8,
    /// Moments of it on the timeline.
    pub moment_count: u32,
    /// Posts of it that wait or were held back.
    pub waiting_count: u32,
    /// Whether it was blocked.
    pub blocked: bool,
    /// Whether it is at this device's door now.
    pub here: bool,
}

/// A post that is not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WaitingPost {
    /// The guest's key.
    pub guest: String,
    /// The post's id.
    pub post: String,
    /// Whether somebody decided against it; otherwise nobody has looked yet.
    pub held_back: bool,
    /// Whether this device may decide about it.
    pub may_judge: bool,
    /// What it looks like.
    pub moment: MomentView,
}

/// Says who a guest is: the first call of a session, and again whenever it wants to know what it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestEnter {
    /// The guest's public key.
    pub key: String,
    /// What the guest calls itself, at most 64 characters.
    pub name: String,
    /// Its signature over the session's binding.
    pub proof: String,
}

/// Where a guest is, and what it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestWelcome {
    /// The group's id.
    pub group: String,
    /// The event's name.
    pub title: String,
    /// The guest's key.
    pub guest: String,
    /// Name of the member whose door it is.
    pub host_name: String,
    /// What guests may do here; `contribute` is false also when the group has ended.
    pub rights: GuestRights,
    /// When the door closes by itself; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub expires_at_ms: Option<i64>,
    /// Files that the guest may still add here.
    pub files_left: u32,
    /// Bytes that the guest may still add here.
    #[ts(type = "number")]
    pub bytes_left: u64,
    /// The largest file, in bytes.
    #[ts(type = "number")]
    pub file_bytes: u64,
    /// Where to go when this door does not answer any more, the member that was heard last first.
    pub doors: Vec<OtherDoor>,
    /// The clock of the door's device.
    #[ts(type = "number")]
    pub now_ms: i64,
}

/// Another open door of the group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OtherDoor {
    /// The member whose device it is.
    pub device: String,
    /// The member's name.
    pub name: String,
    /// `host:port`, to be tried in order.
    pub addresses: Vec<String>,
    /// Its secret.
    pub secret: String,
}

/// Asks of which sealed blobs parts of moments consist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestMedia {
    /// The group's id.
    pub group: String,
    /// The moments, at most 200.
    pub moments: Vec<String>,
    /// Which part of each.
    pub part: MediaPart,
    /// The first blob to tell, where a part has more than one answer holds.
    #[serde(default)]
    pub from: u32,
}

/// The parts that are at the door; a moment whose part is not there, or is nothing that a screen should show, is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestMediaPage {
    /// In the order asked for.
    pub parts: Vec<GuestMediaPart>,
}

/// A part of a moment as sealed blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestMediaPart {
    /// The moment.
    pub moment: String,
    /// The type that its bytes have.
    pub media_type: String,
    /// Its size.
    #[ts(type = "number")]
    pub size_bytes: u64,
    /// A name to save it under.
    pub file_name: String,
    /// Its blobs, in order.
    pub blobs: Vec<SealedBlob>,
    /// Where the next answer starts; absent when these were the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub next: Option<u32>,
}

/// A sealed blob and the key that opens it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SealedBlob {
    /// BLAKE3 of the sealed bytes.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Its size.
    #[ts(type = "number")]
    pub size: u64,
}

/// Says a reaction, or takes an own post back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestSay {
    /// The group's id.
    pub group: String,
    /// The id of what is said.
    pub id: String,
    /// What the guest signed.
    pub said: String,
    /// Its signature.
    pub signature: String,
}

/// What became of something that a guest said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestSaidView {
    /// Its id.
    pub id: String,
    /// The moment it was about, as it is now; absent when that is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub moment: Option<MomentView>,
}

/// Begins to add a file, or goes on with it; asks how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestUpload {
    /// The group's id.
    pub group: String,
    /// The post's id.
    pub id: String,
    /// What the guest signed.
    pub said: String,
    /// Its signature.
    pub signature: String,
}

/// Puts a file on the timeline with the previews that came, before its original has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestShow {
    /// The group's id.
    pub group: String,
    /// The post's id.
    pub id: String,
}

/// Ends a file: all of it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestFinish {
    /// The group's id.
    pub group: String,
    /// The post's id.
    pub id: String,
    /// What the guest signed, where it was asked whether the file may be shared as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub said: Option<String>,
    /// Its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub signature: Option<String>,
}

/// Gives up a file that is not done: what came of it is forgotten, and what was shown of it is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestAbort {
    /// The group's id.
    pub group: String,
    /// The post's id.
    pub id: String,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GuestUploadView {
    /// The post's id.
    pub id: String,
    /// What is next.
    pub state: GuestUploadState,
    /// Bytes of the file.
    #[ts(type = "number")]
    pub size_bytes: u64,
    /// Bytes of a chunk; the last one may be shorter.
    pub chunk_bytes: u32,
    /// Chunks that are not here yet, in order; of very many gaps the first 1,000.
    pub missing: Vec<ChunkRun>,
    /// Whether a preview that the page made has come.
    pub has_preview: bool,
    /// Its moment, once there is one; while it waits for review nobody but the guest and who reviews knows of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub moment: Option<String>,
    /// Whether it waits until somebody has looked at it.
    pub waits_for_review: bool,
}

/// What is next for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GuestUploadState {
    /// Chunks are to come, or to be finished when none is missing.
    Open,
    /// Its format cannot be proved free of places: the guest is asked whether it may be shared as it is.
    NeedsChoice,
    /// All of it is there, through this door or another.
    Done,
}

/// Chunks that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChunkRun {
    /// The first.
    pub from: u32,
    /// How many.
    pub count: u32,
}
