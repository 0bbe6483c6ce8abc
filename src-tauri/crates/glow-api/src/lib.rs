//! Everything that crosses from the engine to a host: requests with their replies, views, events and error codes.
//!
//! Owns the contract's types and their one spelling in JSON; the TypeScript of `ui/src/ipc/contract.ts` is generated from
//! them. Never holds logic, never knows an engine type. Times are integer milliseconds since the Unix epoch (UTC), ids
//! lower-case hex strings, sizes integers below 2^53, lists are pages with opaque cursors.
//!
//! ```
//! use glow_api::{Request, GroupCreate};
//! let request = Request::GroupCreate(GroupCreate { title: "Anna & Ben".into(), ends_at_ms: None });
//! assert_eq!(
//!     serde_json::to_string(&request).unwrap(),
//!     r#"{"call":"group.create","args":{"title":"Anna & Ben"}}"#
//! );
//! ```
#![forbid(unsafe_code)]

mod album;
mod app;
mod call;
mod capture;
mod clip;
mod clock;
mod error;
mod event;
mod group;
mod guest;
mod invite;
mod member;
mod moment;
mod screen;
mod storage;
mod system;
mod timeline;
mod venue;
mod watch;

pub use album::{
    AlbumGet, AlbumShare, AlbumView, BundleReceipt, BundleReport, BundleWish, ExportFormat, ExportReceipt,
    FingerprintView, ImmichStart, ImportReceipt, ImportSurvey, JobGet, JobKind, JobPage, JobReceipt, JobState, JobStop,
    JobView, ShareView,
};
pub use app::{AppStatus, DiagnosticsGet, DiagnosticsPart, DiagnosticsView, Profile, ProfileSet, SecretsAt, StatusGet};
pub use call::{Call, Caller, GuestTicket, Reply, Request};
pub use capture::{PostFailure, PostReceipt, UploadTarget};
pub use clip::{ClipAbort, ClipClose, ClipGet, ClipReceipt, ClipTarget, LiveClip};
pub use clock::{
    CameraView, ClockFace, ClockList, ClockPage, ClockPhoto, ClockPhotos, ClockSet, ClockShiftView, ClockShow,
    ClockUndo,
};
pub use error::{ApiError, ErrorCode};
pub use event::{Event, JoinStage};
pub use group::{
    CargoView, GroupCreate, GroupGet, GroupJoin, GroupLeave, GroupList, GroupLocation, GroupPage, GroupPhase, GroupView,
};
pub use guest::{
    ChunkRun, DoorView, GuestAbort, GuestClose, GuestEnter, GuestFinish, GuestJudge, GuestList, GuestMedia,
    GuestMediaPage, GuestMediaPart, GuestOpen, GuestPage, GuestQuota, GuestRights, GuestSaidView, GuestSay, GuestShow,
    GuestUpload, GuestUploadState, GuestUploadView, GuestVerdict, GuestView, GuestWelcome, OtherDoor, SealedBlob,
    WaitingPost,
};
pub use invite::{
    CardLanguage, CardPaper, CardView, CardWifi, InviteCard, InviteCreate, InviteInspect, InviteList, InvitePage,
    InvitePreview, InviteRevoke, InviteView,
};
pub use member::{MemberList, MemberPage, MemberView, PeerList, PeerPage, PeerView, Presence, Role};
pub use moment::{
    FavouriteView, Held, HeldBack, MediaPart, MomentCaption, MomentFavourite, MomentGet, MomentHold, MomentKind,
    MomentReact, MomentRetract, MomentShare, MomentView, Place, ReactionView, ShareChoice, StackView,
};
pub use screen::{ScreenGet, ScreenView};
pub use storage::{
    Blocked, CopiesView, Keep, Outstanding, StorageGet, StoragePolicy, StorageSet, StorageView, TakebackView,
    TransferView,
};
pub use system::{
    FolderOpen, OfferDrop, OfferGet, OfferTake, OfferView, RollCapture, RollKeep, RollSet, RollView, SHARED_AT_ONCE,
    ShareOut, SharedView, SystemAsk, SystemEvent, SystemGet, SystemGrant, SystemMute, SystemPermission,
    SystemPermissions, SystemPick, SystemReply, SystemRequest, SystemSet, SystemSettings, SystemView,
};
pub use timeline::{
    Bucket, BucketPage, PlacePage, PlacedMoment, SeenView, StackPage, TimelineBuckets, TimelineFilter, TimelinePage,
    TimelinePlaces, TimelineQuery, TimelineSeen, TimelineStack,
};
pub use venue::{BoxGet, BoxSet, BoxView, CameraDoor, CameraFailure, MomentPrint, Printing};
pub use watch::{WatchExisting, WatchFile, WatchGet, WatchHold, WatchOff, WatchState, WatchView};

#[cfg(test)]
mod typescript;
