//! The big screen: what stands on it beside the moments.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks what a big screen of a group shows beside its moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScreenGet {
    /// The group's id.
    pub group: String,
}

/// What a big screen shows beside the moments, which come as pages of the timeline with the filter `screens`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ScreenView {
    /// The event's name.
    pub title: String,
    /// A QR code that lets people in: an SVG document of black modules on a transparent ground; absent when nobody can join by
    /// this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub qr_svg: Option<String>,
    /// Whether the code leads to the door for guests' browsers, and not into the app.
    pub for_guests: bool,
    /// Whether whoever asks may invite.
    pub can_invite: bool,
    /// Whether whoever asks may hold moments of others back from it.
    pub can_hold: bool,
}
