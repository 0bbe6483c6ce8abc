//! Events say what changed; a query says what is. A lost event costs a query, never a wrong screen.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Something changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The list of groups, or what home shows of them.
    GroupsChanged,
    /// The status of the app: profile, disk, tools.
    StatusChanged,
    /// Members or their presence.
    MembersChanged {
        /// The group's id.
        group: String,
    },
    /// Invites of a group.
    InvitesChanged {
        /// The group's id.
        group: String,
    },
    /// Doors or guests of a group, or what waits to be looked at.
    GuestsChanged {
        /// The group's id.
        group: String,
    },
    /// Moments of a group.
    TimelineChanged {
        /// The group's id.
        group: String,
        /// Moments that appeared.
        added: Vec<String>,
        /// Moments of which something changed: media arrived, caption, reactions.
        changed: Vec<String>,
        /// Moments that went.
        removed: Vec<String>,
    },
    /// Clocks of cameras: moments stand at other times.
    ClocksChanged {
        /// The group's id.
        group: String,
    },
    /// What is watched for a group, or what waits there to go out.
    WatchChanged {
        /// The group's id.
        group: String,
    },
    /// Bytes of an original on their way; at most twice a second a moment.
    Transfer {
        /// The group's id.
        group: String,
        /// The moment.
        moment: String,
        /// Verified part, 0 to 1.
        progress: f32,
    },
    /// The long work of a group: how far it is, or that it ended. At most four times a second.
    AlbumJob {
        /// The group's id.
        group: String,
    },
    /// A join in progress.
    JoinProgress {
        /// The group's id.
        group: String,
        /// How far it is.
        stage: JoinStage,
    },
    /// What the box says of itself: uploads, doors, failures.
    BoxChanged,
    /// Events were dropped because this listener was slow: ask again for everything shown.
    Lagged,
}

/// How far a join is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JoinStage {
    /// Looking for a member.
    Searching,
    /// A member was found; connecting.
    Connecting,
    /// Proving the invite.
    Proving,
    /// Admitted; receiving who is in the group.
    Receiving,
}
