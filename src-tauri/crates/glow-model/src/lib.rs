//! Afterglow's vocabulary: ids, keys, operations and their bodies, groups, invites, blob references, limits and the one
//! canonical encoding.
//!
//! Pure: it is given time, randomness and input and never asks for them; no file, socket, database or pixel.
//!
//! An [`Operation`] is the unit that devices exchange. Its [`Header`] is signed and readable by any member (and by a carrier
//! of sealed data); its [`Body`] is sealed under a key of its epoch. [`Operation::verify`] is the only way from bytes of a
//! stranger to a [`Verified`] operation, and only verified operations can be stored.
//!
//! ```
//! use glow_model::{Body, DeviceKeys, Draft, EpochId, EpochSecret, GroupId, Operation, Plane, Profile, Sealer};
//!
//! let keys = DeviceKeys::from_seeds([1; 32], [2; 32]);
//! let epoch = EpochSecret::new(EpochId([3; 16]), 0, [4; 32]);
//! let draft = Draft { group: GroupId([5; 32]), seq: 0, backlink: None, time_ms: 1_700_000_000_000, epoch: epoch.id };
//! let body = Body::Profile(Profile { name: "Anna".into(), colour: 3 });
//! let sealer = Sealer { key: &epoch.payload_key(Plane::Control).unwrap(), nonce: [6; 24] };
//! let operation = draft.author(&body, &keys, sealer).unwrap();
//!
//! let received = Operation::decode(&operation.encode()).unwrap().verify().unwrap();
//! assert_eq!(received.open(&epoch.payload_key(Plane::Control).unwrap()).unwrap(), body);
//! ```
#![forbid(unsafe_code)]

pub mod blob;
pub mod body;
mod clock;
pub mod codec;
mod error;
pub mod fragment;
mod group;
mod identity;
mod ids;
mod invite;
mod keys;
pub mod limits;
mod operation;
pub mod state;
mod text;
mod words;

pub use blob::{BlobKey, BlobRef, Original, Segments};
pub use body::{
    Admit, Body, CameraClock, CameraIdentity, Caption, ClipClose, ClipOpen, ClockShift, GuestFile, GuestPost,
    GuestSaid, GuestVerdict, Hold, InviteClose, InviteGrant, Moment, MomentKind, OriginalAdded, Place, Plane, Profile,
    Reaction, Retract, Role, Verdict, What,
};
pub use clock::ClockCode;
pub use error::ModelError;
pub use fragment::{Fragment, FragmentBody, VerifiedFragment};
pub use group::{Genesis, InvitePolicy};
pub use identity::{DeviceKeys, InviteKeys};
pub use ids::{
    BlobId, CameraBodyId, DeviceId, EpochId, FragmentId, GroupId, GuestKey, GuestPostId, InviteId, MediaId, OperationId,
};
pub use invite::{InviteLink, InviteSeed, Wifi};
pub use keys::{EpochSecret, GroupSecret, MediaHasher, PayloadKey, TagKey};
pub use operation::{Draft, Header, Operation, Sealer, Verified};
pub use state::{State, VerifiedState};
pub use text::{clean_line, clean_text};
pub use words::three_words;
