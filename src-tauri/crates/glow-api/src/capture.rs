//! Adding files. Bytes never travel as JSON: a host streams them to the engine and answers with a receipt.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where an upload goes: the query of `PUT upload` on a host's byte endpoint. Parts of one Live Photo share `batch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct UploadTarget {
    /// The group's id.
    pub group: String,
    /// The file's name on its own device; only its ending and stem are used, never as a path.
    pub name: String,
    /// The file's own modification time: the capture time of last resort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub modified_at_ms: Option<i64>,
    /// Any text that the files added together share; files of one batch may pair up as a Live Photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub batch: Option<String>,
    /// How many files the batch has; they are paired when all have come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub batch_size: Option<u32>,
}

/// What became of added files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct PostReceipt {
    /// Moments that are on the timeline because of it, new ones and those that were there already.
    pub moments: Vec<String>,
    /// How many of them were there already.
    pub already_there: u32,
    /// Files that wait for the rest of their batch.
    pub waiting: u32,
    /// Photos of the group's clock: they set the clock of their camera, and are posted when that was chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<crate::ClockPhoto>>")]
    pub clocks: Vec<crate::ClockPhoto>,
    /// Files that could not be added, each with its reason.
    pub failures: Vec<PostFailure>,
}

/// A file that could not be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PostFailure {
    /// The file's name.
    pub name: String,
    /// Why.
    pub error: crate::ApiError,
}
