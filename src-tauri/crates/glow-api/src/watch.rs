//! A folder that is watched for a group. A host switches it on: paths never come with a request.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::PostFailure;

/// Asks what is watched for a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchGet {
    /// The group's id.
    pub group: String,
}

/// Switches it off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchOff {
    /// The group's id.
    pub group: String,
}

/// Lets the files go out, too, that were in the folder before it was watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchExisting {
    /// The group's id.
    pub group: String,
}

/// Holds back a file that waits, or lets one wait again that was held back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchHold {
    /// The group's id.
    pub group: String,
    /// Its name, as it was told.
    pub file: String,
    /// True to hold it back.
    pub hold: bool,
}

/// What is watched for a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchView {
    /// Whether a folder is watched, and whether files go out.
    pub state: WatchState,
    /// Which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
    /// New files that go out soon, the next first; at most 50.
    pub waiting: Vec<WatchFile>,
    /// How many they are.
    pub waiting_count: u32,
    /// Files that were held back; at most 50.
    pub held: Vec<String>,
    /// How many they are.
    pub held_count: u32,
    /// Files that were there before, which stay.
    pub existing: u32,
    /// Files that went out since it was switched on.
    pub posted: u32,
    /// The last files that could not be added, the newest first.
    pub failures: Vec<PostFailure>,
}

/// Whether a folder is watched, and whether files go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WatchState {
    /// None is watched.
    #[default]
    Off,
    /// New files go out.
    On,
    /// This device is where the group is not: what appears is held back.
    Away,
    /// The folder is not there: its card is not in the reader.
    Missing,
}

/// A new file that goes out soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WatchFile {
    /// Its name.
    pub name: String,
    /// When.
    pub goes_in_ms: u32,
}
