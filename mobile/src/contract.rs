//! What crosses between Rust and the phone's own language: names once, shapes once.
//!
//! A command is a function of the Kotlin and the Swift plugin, of the same name. It is given one object and answers one.
//! Where a command goes on to tell something, its object has a channel under [`EVENTS`]. Paths are of folders that belong to
//! the app. `tests/consistency.rs` reads the Kotlin and Swift sources and finds every name and field of this file in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The field under which a command is given its channel.
pub const EVENTS: &str = "events";

/// What a phone can be told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// Answers [`Permissions`].
    Permissions,
    /// [`Ask`]; answers [`Permissions`].
    Ask,
    /// [`Announce`].
    Announce,
    /// [`Withdraw`].
    Withdraw,
    /// Tells [`Seen`] until [`Command::StopBrowsing`].
    Browse,
    /// Ends [`Command::Browse`].
    StopBrowsing,
    /// [`Sign`].
    StartSharing,
    /// Ends [`Command::StartSharing`].
    StopSharing,
    /// [`WatchRoll`].
    WatchRoll,
    /// Ends [`Command::WatchRoll`].
    StopRoll,
    /// [`Folder`]; answers [`Files`].
    Pick,
    /// [`Folder`]; answers [`Files`].
    TakeShared,
    /// Opens the system's settings of this app.
    OpenSettings,
    /// [`Files`]: hands them to an app that the person chooses.
    Share,
    /// [`Save`].
    Save,
    /// [`Preview`]; answers [`Previewed`].
    Preview,
    /// Tells [`NativeEvent`] for as long as the app runs.
    Listen,
}

impl Command {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Permissions,
        Self::Ask,
        Self::Announce,
        Self::Withdraw,
        Self::Browse,
        Self::StopBrowsing,
        Self::StartSharing,
        Self::StopSharing,
        Self::WatchRoll,
        Self::StopRoll,
        Self::Pick,
        Self::TakeShared,
        Self::OpenSettings,
        Self::Share,
        Self::Save,
        Self::Preview,
        Self::Listen,
    ];

    /// The name of the function in Kotlin and Swift.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permissions => "permissions",
            Self::Ask => "ask",
            Self::Announce => "announce",
            Self::Withdraw => "withdraw",
            Self::Browse => "browse",
            Self::StopBrowsing => "stopBrowsing",
            Self::StartSharing => "startSharing",
            Self::StopSharing => "stopSharing",
            Self::WatchRoll => "watchRoll",
            Self::StopRoll => "stopRoll",
            Self::Pick => "pick",
            Self::TakeShared => "takeShared",
            Self::OpenSettings => "openSettings",
            Self::Share => "share",
            Self::Save => "save",
            Self::Preview => "preview",
            Self::Listen => "listen",
        }
    }
}

/// Something that the person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Permission {
    /// To find members on the local network and speak to them.
    LocalNetwork,
    /// To see new photos and clips.
    Photos,
    /// To take photos and clips.
    Camera,
    /// To show that it is sharing.
    Notifications,
}

/// Whether the app may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Grant {
    /// It may.
    Granted,
    /// It may not, and asking again is of no use: only the system's settings help.
    Denied,
    /// The person has not been asked.
    #[default]
    NotAsked,
}

impl Grant {
    /// Whether it may.
    #[must_use]
    pub const fn allows(self) -> bool {
        matches!(self, Self::Granted)
    }
}

/// What the app may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permissions {
    /// Whether members can be found and spoken to.
    pub local_network: Grant,
    /// Whether new photos and clips are seen.
    pub photos: Grant,
    /// Whether photos and clips can be taken.
    pub camera: Grant,
    /// Whether the sign of sharing is shown.
    pub notifications: Grant,
}

/// Asks the person.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ask {
    /// For this.
    pub what: Permission,
}

/// Announces a service.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Announce {
    /// Its name.
    pub instance: String,
    /// Its port.
    pub port: u16,
    /// Its TXT.
    pub text: BTreeMap<String, String>,
}

/// Withdraws a service.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Withdraw {
    /// Its name.
    pub instance: String,
}

/// A service that was seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Its name.
    pub instance: String,
    /// Its port.
    pub port: u16,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Its TXT.
    pub text: BTreeMap<String, String>,
}

/// What a phone shows as long as the app works unseen. The rest of the sentence is the phone's own, in its language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// What is going on.
    pub title: String,
}

/// Copies what the camera takes into a folder.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchRoll {
    /// The folder.
    pub folder: String,
    /// Only what was taken since, in milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// Where files are to be put.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Folder {
    /// The folder.
    pub folder: String,
}

/// Files that were put there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Files {
    /// The files.
    pub files: Vec<NativeFile>,
}

/// A file that the system has given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NativeFile {
    /// Where it is.
    pub path: String,
    /// What it was called.
    pub name: String,
    /// When it was changed last, in milliseconds since the Unix epoch.
    pub modified_ms: Option<i64>,
}

/// Puts a file among the person's photos.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Save {
    /// Where it is.
    pub path: String,
    /// What to call it.
    pub name: String,
}

/// Makes a JPEG of a picture.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preview {
    /// Where the picture is.
    pub path: String,
    /// Where the JPEG goes.
    pub jpeg: String,
    /// How long its longer side is at most.
    pub pixels: u32,
}

/// Whether there is a JPEG.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Previewed {
    /// Whether there is.
    pub made: bool,
}

/// What happens to the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum NativeEvent {
    /// Another app has handed something over: [`Command::TakeShared`].
    Shared,
    /// The app is looked at again.
    Resumed,
    /// The app is no longer looked at.
    Paused,
    /// The system lets the app work for a while although nobody looks at it.
    CatchUp,
}

impl NativeEvent {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Shared, Self::Resumed, Self::Paused, Self::CatchUp];
}
