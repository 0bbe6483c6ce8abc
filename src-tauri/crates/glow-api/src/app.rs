//! The app as a whole: its status and the owner's profile.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for the state of the app.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct StatusGet {}

/// The state of the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AppStatus {
    /// The app's version, `major.minor.patch`.
    pub version: String,
    /// The owner's name and colour; absent until first set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub profile: Option<Profile>,
    /// Where secret keys rest on this device.
    pub secrets_at: SecretsAt,
    /// Whether clips can be given a poster frame by a tool found on this system.
    pub can_poster_clips: bool,
    /// Whether HEIC and AVIF photos can be given a preview by a tool found on this system.
    pub can_preview_heic: bool,
    /// Free space of the disk that holds the data, in bytes; absent where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub free_disk_bytes: Option<u64>,
    /// Whether originals are held back because the disk is nearly full.
    pub disk_low: bool,
    /// Whether this device is a venue box.
    pub is_box: bool,
    /// Whether moments can be printed here on request.
    pub can_print: bool,
}

/// Where secret keys rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretsAt {
    /// In the operating system's keychain.
    Keychain,
    /// In a file that only this user can read.
    File,
}

/// The owner's name and colour, used in groups from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Profile {
    /// At most 64 characters.
    pub name: String,
    /// One of twelve hues, 0 to 11.
    pub colour: u8,
}

/// Sets the owner's profile and publishes it in every group that is active.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ProfileSet {
    /// At most 64 characters; control characters are removed.
    pub name: String,
    /// One of twelve hues, 0 to 11.
    pub colour: u8,
}

/// Asks for what helps to find a fault: nothing of it leaves this device by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct DiagnosticsGet {}

/// What helps to find a fault, for its owner to read and to give away: no names, no keys, no invites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DiagnosticsView {
    /// One text each.
    pub parts: Vec<DiagnosticsPart>,
}

/// One text of the diagnostics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DiagnosticsPart {
    /// What it is, as the name of a file.
    pub name: String,
    /// All of it.
    pub text: String,
}
