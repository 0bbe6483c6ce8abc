//! Clocks of cameras: by how much the times that a camera writes are off, and how that is found.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::MomentView;

/// Asks for the cameras whose clock the caller can set: those of own moments, for hosts everybody's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockList {
    /// The group's id.
    pub group: String,
}

/// Sets the clock of a camera by hand: for all of its captures, or for a range of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockSet {
    /// The group's id.
    pub group: String,
    /// The camera.
    pub camera: String,
    /// What is added to its times; 0: they are right.
    #[ts(type = "number")]
    pub offset_ms: i64,
    /// Only for captures from then on, by the camera's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub from_ms: Option<i64>,
    /// Only for captures before then, by the camera's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub until_ms: Option<i64>,
}

/// Puts back what a camera's clock was set to before. Once more, and the last setting is back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockUndo {
    /// The group's id.
    pub group: String,
    /// The camera.
    pub camera: String,
}

/// Chooses whether photos of the group's clock are posted, too; not unless chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockPhotos {
    /// The group's id.
    pub group: String,
    /// True to post them.
    pub post: bool,
}

/// Asks for the group's clock as it is now, to be shown to a camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockShow {
    /// The group's id.
    pub group: String,
}

/// The group's clock at one time. A photo of it tells how wrong the camera's clock is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClockFace {
    /// The time it shows.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// The text in the QR code.
    pub text: String,
    /// The QR code, black on white.
    pub qr_svg: String,
}

/// Cameras whose clock can be set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockPage {
    /// The caller's own first, then those with most moments.
    pub cameras: Vec<CameraView>,
    /// Whether photos of the group's clock are posted, too.
    pub posts_photos: bool,
}

/// A camera, by what files say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CameraView {
    /// Names it in requests.
    pub id: String,
    /// Make and model; empty when the files do not say.
    pub name: String,
    /// Tells cameras of one name apart, counted from 1; absent where there is one of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub number: Option<u32>,
    /// Device whose moments these are.
    pub author: String,
    /// Its name.
    pub author_name: String,
    /// Whether that is this device.
    pub mine: bool,
    /// Moments on the timeline.
    pub count: u32,
    /// The first time it wrote, by its own clock.
    #[ts(type = "number")]
    pub first_at_ms: i64,
    /// The last time it wrote, by its own clock.
    #[ts(type = "number")]
    pub last_at_ms: i64,
    /// By how much its times are corrected, in the order of the ranges.
    pub shifts: Vec<ClockShiftView>,
    /// Who set the clock, when that was another device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub set_by: Option<String>,
    /// Whether there is a setting to undo.
    pub can_undo: bool,
    /// A few of its moments, oldest first, the first and the last among them.
    pub samples: Vec<MomentView>,
}

/// By how much a camera's times are corrected in one range of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClockShiftView {
    /// What is added.
    #[ts(type = "number")]
    pub offset_ms: i64,
    /// From when on, by the camera's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub from_ms: Option<i64>,
    /// Before when, by the camera's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub until_ms: Option<i64>,
    /// Whether a photo of the group's clock told it.
    pub by_photo: bool,
}

/// A photo of the group's clock that was recognised among added files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClockPhoto {
    /// The file's name.
    pub name: String,
    /// The camera.
    pub camera: String,
    /// Its make and model; empty when the file does not say.
    pub camera_name: String,
    /// By how much its clock is corrected: positive when it is slow.
    #[ts(type = "number")]
    pub offset_ms: i64,
    /// Whether that was not known before; then it was set.
    pub set: bool,
}
