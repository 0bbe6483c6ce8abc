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

mod app;
mod call;
mod capture;
mod clip;
mod clock;
mod error;
mod event;
mod group;
mod invite;
mod member;
mod moment;
mod storage;
mod timeline;
mod watch;

pub use app::{AppStatus, Profile, ProfileSet, SecretsAt, StatusGet};
pub use call::{Call, Caller, Reply, Request};
pub use capture::{PostFailure, PostReceipt, UploadTarget};
pub use clip::{ClipAbort, ClipClose, ClipGet, ClipReceipt, ClipTarget, LiveClip};
pub use clock::{
    CameraView, ClockFace, ClockList, ClockPage, ClockPhoto, ClockPhotos, ClockSet, ClockShiftView, ClockShow,
    ClockUndo,
};
pub use error::{ApiError, ErrorCode};
pub use event::{Event, JoinStage};
pub use group::{
    GroupCreate, GroupGet, GroupJoin, GroupLeave, GroupList, GroupLocation, GroupPage, GroupPhase, GroupView,
};
pub use invite::{InviteCreate, InviteInspect, InviteList, InvitePage, InvitePreview, InviteRevoke, InviteView};
pub use member::{MemberList, MemberPage, MemberView, PeerList, PeerPage, PeerView, Presence, Role};
pub use moment::{
    FavouriteView, Held, MediaPart, MomentCaption, MomentFavourite, MomentGet, MomentKind, MomentReact, MomentRetract,
    MomentShare, MomentView, Place, ReactionView, ShareChoice, StackView,
};
pub use storage::{
    Blocked, CopiesView, Keep, Outstanding, StorageGet, StoragePolicy, StorageSet, StorageView, TakebackView,
    TransferView,
};
pub use timeline::{
    Bucket, BucketPage, PlacePage, PlacedMoment, SeenView, StackPage, TimelineBuckets, TimelineFilter, TimelinePage,
    TimelinePlaces, TimelineQuery, TimelineSeen, TimelineStack,
};
pub use watch::{WatchExisting, WatchFile, WatchGet, WatchHold, WatchOff, WatchState, WatchView};

#[cfg(test)]
mod typescript;
