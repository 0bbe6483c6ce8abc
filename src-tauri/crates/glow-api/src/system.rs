//! What the app's own window asks of the machine it runs on: tray, notifications, permissions, files that other programs
//! hand over, the phone's camera roll. Only the app answers it; the engine knows nothing of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::PostReceipt;

/// Asks what there is and how it is set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct SystemGet {}

/// Changes what is given, and leaves the rest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct SystemSet {
    /// Whether closing the window leaves the app in the tray.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub close_to_tray: Option<bool>,
    /// Whether arrivals are told while nobody looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub notify: Option<bool>,
    /// Whether they are told at night, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub notify_at_night: Option<bool>,
    /// The language of what the system shows; one that the app does not speak is English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub language: Option<String>,
}

/// Says whether the arrivals of a group are kept quiet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SystemMute {
    /// The group's id.
    pub group: String,
    /// True to keep them quiet.
    pub muted: bool,
}

/// Asks the person for a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SystemAsk {
    /// For this.
    pub what: SystemPermission,
}

/// Opens the system's own settings of this app.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct SystemSettings {}

/// What there is on this machine and how it is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SystemView {
    /// Whether it is a phone: the system's own sharing, picker and settings are there.
    pub phone: bool,
    /// Whether something shows the tray icon now.
    pub tray: bool,
    /// Whether closing the window leaves the app in the tray, where there is one.
    pub close_to_tray: bool,
    /// Whether arrivals are told while nobody looks.
    pub notify: bool,
    /// Whether they are told between 22 and 8, too.
    pub notify_at_night: bool,
    /// Groups whose arrivals are kept quiet.
    pub muted: Vec<String>,
    /// What the system lets the app do.
    pub permissions: SystemPermissions,
    /// The camera roll; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub roll: Option<RollView>,
}

/// Something that the system asks the person about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SystemPermission {
    /// To find members on the local network and speak to them.
    LocalNetwork,
    /// To see new photos and clips.
    Photos,
    /// To take photos and clips.
    Camera,
    /// To tell of arrivals.
    Notifications,
}

/// Whether the app may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SystemGrant {
    /// It may.
    Granted,
    /// It may not, and only the system's settings help.
    Denied,
    /// The person was not asked.
    NotAsked,
}

/// What the app may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SystemPermissions {
    /// Finding members and speaking to them.
    pub local_network: SystemGrant,
    /// Seeing new photos and clips.
    pub photos: SystemGrant,
    /// Taking photos and clips.
    pub camera: SystemGrant,
    /// Telling of arrivals.
    pub notifications: SystemGrant,
}

/// Shares what the phone's camera takes from now on with one group, or with none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RollSet {
    /// The group's id; absent to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
}

/// Keeps a capture of the camera from going out, as long as it has not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RollKeep {
    /// The capture's name, as [`RollCapture`] has it.
    pub name: String,
}

/// What the phone's camera shares.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct RollView {
    /// The group that it goes to; absent while it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub group: Option<String>,
    /// Whether it waits because nobody of the group is near: what the camera takes meanwhile is never shared.
    pub paused: bool,
    /// Captures that go out soon, the oldest first.
    pub waiting: Vec<RollCapture>,
    /// How many went out since it was switched on.
    pub shared: u32,
}

/// A capture of the camera that is about to go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RollCapture {
    /// Its name.
    pub name: String,
    /// When it goes out.
    #[ts(type = "number")]
    pub at_ms: i64,
}

/// Asks what other programs have handed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferGet {}

/// Adds what was handed over to a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferTake {
    /// The group's id.
    pub group: String,
}

/// Forgets what was handed over; the files themselves stay where they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferDrop {}

/// Files that another program handed over and nobody has answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferView {
    /// How many; none when nothing waits.
    pub count: u32,
    /// The names of the first few.
    pub names: Vec<String>,
    /// Bytes of all of them.
    #[ts(type = "number")]
    pub size_bytes: u64,
}

/// Lets the person pick photos and clips with the system's own picker, as they were taken, and adds them to a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SystemPick {
    /// The group's id.
    pub group: String,
}

/// Hands originals to other programs: by the system's own sharing, or as files in the person's folder of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ShareOut {
    /// The group's id.
    pub group: String,
    /// The moments, at most [`SHARED_AT_ONCE`].
    pub moments: Vec<String>,
}

/// Moments that are handed to other programs at once.
pub const SHARED_AT_ONCE: usize = 100;

/// What was handed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SharedView {
    /// How many originals.
    pub count: u32,
    /// The folder that they were written to; absent where the system took them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
}

/// Opens the folder that [`ShareOut`] writes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct FolderOpen {}

/// Something changed on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SystemEvent {
    /// What [`SystemGet`] answers.
    SystemChanged,
    /// What [`OfferGet`] answers.
    OfferChanged,
}

macro_rules! system_calls {
    ($( $name:literal $request:ident => $reply:ident ),+ $(,)?) => {
        /// Every request that the app's window can make of the machine.
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(tag = "call", content = "args")]
        pub enum SystemRequest {
            $(
                #[doc = concat!("`", $name, "`")]
                #[serde(rename = $name)]
                $request($request),
            )+
        }

        /// What the app answers, one variant a request. In JSON it is the bare view.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum SystemReply {
            $(
                #[doc = concat!("The reply to `", $name, "`")]
                $request($reply),
            )+
        }

        #[cfg(test)]
        pub(crate) fn system_calls_typescript() -> String {
            let config = crate::typescript::config();
            let mut out = String::from("\nexport interface SystemCalls {\n");
            $( out += &format!("  \"{}\": {{ args: {}; reply: {} }};\n", $name, <$request>::name(&config), <$reply>::name(&config)); )+
            out + "}\n"
        }
    };
}

system_calls! {
    "system.get" SystemGet => SystemView,
    "system.set" SystemSet => SystemView,
    "system.mute" SystemMute => SystemView,
    "system.ask" SystemAsk => SystemView,
    "system.settings" SystemSettings => SystemView,
    "system.pick" SystemPick => PostReceipt,
    "roll.set" RollSet => SystemView,
    "roll.keep" RollKeep => SystemView,
    "offer.get" OfferGet => OfferView,
    "offer.take" OfferTake => PostReceipt,
    "offer.drop" OfferDrop => OfferView,
    "share.out" ShareOut => SharedView,
    "folder.open" FolderOpen => SystemView,
}
