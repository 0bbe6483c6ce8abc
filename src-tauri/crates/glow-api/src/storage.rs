//! Transfers and storage: what goes where, what is kept here, and on how many devices everything is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for transfers and storage of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StorageGet {
    /// The group's id.
    pub group: String,
}

/// Sets what this device keeps of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StorageSet {
    /// The group's id.
    pub group: String,
    /// The wishes, all of them.
    pub policy: StoragePolicy,
}

/// What this device keeps of a group. Own captures always stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StoragePolicy {
    /// Of others' photos and Live Photos.
    pub photos: Keep,
    /// Of others' clips.
    pub clips: Keep,
    /// Whether nothing is fetched for now.
    pub paused: bool,
    /// The most that media may take on this device; absent: as much as there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub quota_bytes: Option<u64>,
    /// How much of what is not kept may be brought along for others.
    #[ts(type = "number")]
    pub carry_bytes: u64,
}

/// What is fetched of others' moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Previews.
    Previews,
    /// Originals too, while the device is plugged in.
    WhenPlugged,
    /// Everything.
    All,
}

/// Transfers and storage of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StorageView {
    /// What this device keeps.
    pub policy: StoragePolicy,
    /// Why originals do not come at the moment, if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub blocked: Option<Blocked>,
    /// Bytes of media on this device.
    #[ts(type = "number")]
    pub used_bytes: u64,
    /// Those that are only brought along for others.
    #[ts(type = "number")]
    pub carried_bytes: u64,
    /// Free space of the disk; absent where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub free_disk_bytes: Option<u64>,
    /// Previews still to come.
    pub previews: Outstanding,
    /// Originals still to come, as far as they are kept.
    pub originals: Outstanding,
    /// One entry a member that something came from or went to, the busiest first.
    pub transfers: Vec<TransferView>,
    /// On how many devices everything is.
    pub copies: CopiesView,
    /// What this device took back, newest first, at most twenty.
    pub takebacks: Vec<TakebackView>,
}

/// What is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Outstanding {
    /// Blobs.
    pub count: u32,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Why originals do not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// Fetching is paused.
    Paused,
    /// The quota is used up.
    Quota,
    /// The disk is nearly full.
    DiskLow,
    /// They are fetched while plugged in, and the device is not.
    OnBattery,
}

/// What goes between this device and a member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TransferView {
    /// The member's device id.
    pub device: String,
    /// Its name; empty when it has not said one.
    pub name: String,
    /// One of twelve hues, 0 to 11.
    pub colour: u8,
    /// Whether it is connected now.
    pub here: bool,
    /// What comes from it, in bits a second.
    #[ts(type = "number")]
    pub down_bps: u64,
    /// What goes to it, in bits a second.
    #[ts(type = "number")]
    pub up_bps: u64,
    /// What came from it since the app was started.
    #[ts(type = "number")]
    pub down_bytes: u64,
    /// What went to it since the app was started.
    #[ts(type = "number")]
    pub up_bytes: u64,
}

/// On how many devices everything is: by each device's own signed word, so it may lag behind, but only to the safe side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CopiesView {
    /// Moments on the timeline.
    pub moments: u32,
    /// Every moment is on so many devices, or more; at most three, which is what can be promised.
    pub at_least: u32,
    /// Moments on fewer than three devices.
    pub below_three: u32,
    /// Own moments that are on this device only.
    pub own_only_here: u32,
    /// Moments of others that are on this device only.
    pub others_only_here: u32,
    /// When the member that was silent for the longest last said what it holds; absent when nobody said anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub heard_at_ms: Option<i64>,
}

/// Something that this device took back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TakebackView {
    /// What was taken back.
    pub moment: String,
    /// When.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// Devices from which it is gone, this one included.
    pub gone: u32,
    /// Devices of the group.
    pub of: u32,
}
