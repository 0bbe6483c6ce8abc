//! Groups: the people at one event and their timeline.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Blocked;

/// Starts a group on this device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupCreate {
    /// The event's name, at most 100 characters.
    pub title: String,
    /// When capture ends; 24 hours from the start when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub ends_at_ms: Option<i64>,
}

/// Asks for all groups on this device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupList {}

/// Asks for one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupGet {
    /// The group's id.
    pub group: String,
}

/// Joins a group by a link. Answers when a member has admitted this device; [`crate::Event::JoinProgress`] tells the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupJoin {
    /// The whole link, `afterglow://join/...`.
    pub link: String,
    /// An address typed by hand, `host:port`, tried beside those found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub address: Option<String>,
}

/// Leaves a group: its keys are destroyed and its album is removed from this device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupLeave {
    /// The group's id.
    pub group: String,
}

/// Says whether this device shares where its photos were taken in this group. It counts for what is added from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupLocation {
    /// The group's id.
    pub group: String,
    /// True to share.
    pub share: bool,
}

/// All groups on this device, newest activity first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupPage {
    /// The groups.
    pub groups: Vec<GroupView>,
}

/// One group as home shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GroupView {
    /// The group's id.
    pub id: String,
    /// The event's name.
    pub title: String,
    /// When it was started.
    #[ts(type = "number")]
    pub created_at_ms: i64,
    /// When capture ends.
    #[ts(type = "number")]
    pub ends_at_ms: i64,
    /// Where it stands.
    pub phase: GroupPhase,
    /// Members, this device included.
    pub member_count: u32,
    /// Members that are blind boxes: they say nothing of what they hold, so no count of copies has them.
    pub blind_box_count: u32,
    /// Members connected right now, this device not counted.
    pub here_count: u32,
    /// Moments on the timeline.
    pub moment_count: u32,
    /// Moments of which previews or originals that are wished for are still on their way to this device.
    pub missing_count: u32,
    /// Why what is missing does not come; absent where nothing holds it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub blocked: Option<Blocked>,
    /// Own moments of which no other member was ever seen to hold the original: they are on this device only.
    pub only_here_count: u32,
    /// The newest moment that has a picture, as the cover: its media path for the grid preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cover: Option<String>,
    /// The cover's placeholder (thumbhash), base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cover_placeholder: Option<String>,
    /// When the newest moment was captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub last_moment_at_ms: Option<i64>,
    /// Whether this device may make invites.
    pub can_invite: bool,
    /// Whether this device is a host.
    pub is_host: bool,
    /// This device's id in the group.
    pub me: String,
    /// Whether this device shares where photos were taken in this group; off unless the owner chose it.
    pub shares_location: bool,
    /// What this device carries without being able to read it; absent where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub carries: Option<CargoView>,
}

/// What a blind box holds of a group: sealed, for others to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CargoView {
    /// Sealed pieces that are complete.
    pub blobs: u32,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Those that are still on their way.
    pub missing: u32,
}

/// Where a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GroupPhase {
    /// Capturing.
    Active,
    /// Past its end; still syncing what is missing.
    Ended,
    /// This device was removed: what it holds stays readable.
    Removed,
    /// Made by a newer version: reading works, adding needs an update.
    UpdateNeeded,
}
