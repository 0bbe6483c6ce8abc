//! One error form for every host: a code and arguments for people, a message for logs and the command line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What went wrong and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What it is; the user interface has its sentence.
    pub code: ErrorCode,
    /// Arguments of that sentence.
    pub args: BTreeMap<String, String>,
    /// English, for logs and the command line: what happened and what to do.
    pub message: String,
}

impl ApiError {
    /// An error without arguments.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, args: BTreeMap::new(), message: message.into() }
    }

    /// The same error with one more argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

/// What an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is not understood.
    BadRequest,
    /// The name, title, caption or emoji is empty or too long.
    BadText,
    /// There is no such group on this device.
    UnknownGroup,
    /// There is no such moment.
    UnknownMoment,
    /// There is no such member.
    UnknownMember,
    /// There is no such camera.
    UnknownCamera,
    /// There is no such invite.
    UnknownInvite,
    /// There is no such door: it was closed, or opened anew under another address.
    UnknownDoor,
    /// There is no such unfinished upload.
    UnknownUpload,
    /// The guest was blocked.
    Blocked,
    /// What guests may add here is used up.
    QuotaUsedUp,
    /// Too much at once: later it may work.
    TryLater,
    /// A message came twice or too early.
    OutOfOrder,
    /// The caller may not do that.
    NotAllowed,
    /// The link is not an Afterglow invite, or it is damaged.
    InviteMalformed,
    /// The invite was made by a newer version.
    InviteTooNew,
    /// The invite has expired.
    InviteExpired,
    /// The invite was used as often as it may be.
    InviteUsedUp,
    /// The invite was revoked.
    InviteRevoked,
    /// This device is in the group already.
    AlreadyMember,
    /// No member was found nearby.
    NobodyNear,
    /// Members were found, but none can let anybody in now.
    MembersBusy,
    /// A member was found, but it refused.
    JoinRefused,
    /// The group is past its end.
    GroupEnded,
    /// This device was removed from the group.
    RemovedFromGroup,
    /// At most four groups are active at once.
    TooManyGroups,
    /// The group uses something that this version does not know.
    UpdateNeeded,
    /// The file is not a photo or clip that Afterglow knows.
    UnknownFormat,
    /// The file is damaged or cut short.
    DamagedFile,
    /// The file is larger than allowed.
    FileTooLarge,
    /// The file or folder cannot be read.
    Unreadable,
    /// The disk is full.
    DiskFull,
    /// The part asked for is not on this device yet.
    NotHere,
    /// There is a file of that name already.
    FileExists,
    /// The file is no bundle.
    NotABundle,
    /// The bundle was made by a newer version.
    BundleTooNew,
    /// The bundle is of no group on this device.
    BundleOfOthers,
    /// The server does not answer.
    ServerUnreachable,
    /// The server refused, or is not what it was said to be.
    ServerRefused,
    /// There is no printer, or it takes nothing.
    NoPrinter,
    /// No more is printed today, or not so many copies at once.
    PrintLimit,
    /// Another instance uses this data directory.
    InUse,
    /// The data directory was written by a newer version.
    DataTooNew,
    /// Stored data is damaged.
    DataDamaged,
    /// The engine is shutting down.
    ShuttingDown,
    /// Something failed inside; the log says more.
    Internal,
}
