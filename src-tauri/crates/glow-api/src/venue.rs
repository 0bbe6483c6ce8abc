//! The venue box: what it does for its event, and what became of the uploads of cameras.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ApiError;

/// Asks a box for its state; any other device has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct BoxGet {}

/// Changes what a box does. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct BoxSet {
    /// Whether uploads of cameras are refused for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub camera_paused: Option<bool>,
}

/// The state of a box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BoxView {
    /// The group that it serves.
    pub group: String,
    /// Since when it runs.
    #[ts(type = "number")]
    pub since_ms: i64,
    /// Address of the page of this box's owner, without a token.
    pub page: String,
    /// Where cameras drop off their files.
    pub camera: CameraDoor,
    /// Printing on request; absent when it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub printing: Option<Printing>,
}

/// Printing on request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Printing {
    /// The printer's name; empty for the system's own choice.
    pub printer: String,
    /// Pages printed today.
    pub pages: u32,
    /// Pages that may be printed in a day.
    pub pages_a_day: u32,
    /// Copies that may be asked for at once.
    pub copies: u32,
}

/// Prints a moment on the printer of this box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentPrint {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
    /// How many copies, from 1.
    pub copies: u32,
}

/// Where cameras drop off their files, and what became of them since the box runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraDoor {
    /// Address of the FTP server; absent when it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ftp: Option<String>,
    /// Address of the WebDAV server; absent when it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub webdav: Option<String>,
    /// The watched folder; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
    /// Name that a camera gives.
    pub user: String,
    /// Password that a camera gives; empty when both servers are off.
    pub password: String,
    /// Whether uploads are refused for now.
    pub paused: bool,
    /// Files that are on their way in.
    pub waiting: u32,
    /// Files that became moments.
    pub posted: u32,
    /// Files that were on the timeline already.
    pub already_there: u32,
    /// When the last one came in; absent when none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub last_at_ms: Option<i64>,
    /// What could not be added, newest first, at most twenty.
    pub failures: Vec<CameraFailure>,
}

/// A file of a camera that could not be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraFailure {
    /// Its name, made safe.
    pub name: String,
    /// When.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// Why.
    pub error: ApiError,
}
