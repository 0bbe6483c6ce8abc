//! The SQLite databases: one file a group, and one of the device. All SQL of Afterglow stands here.
//!
//! Three kinds of table. *Fact tables* (`table/`) hold what cannot be derived: operations, the outbox, what this device
//! captured, holds and has seen. *Said tables* hold opened bodies, one row an operation; *projections* hold what follows from
//! them. Said tables and projections (`projection/`) can be dropped and refilled from the operations at any time.
//!
//! The fold is a function of the set: a row that changes marks the capture it is about, and each marked capture is derived
//! again from everything that was said of it, in the transaction that brought the change. Order of arrival, duplicates and
//! the split into batches cannot matter, because nothing remembers them.
//!
//! Never: the network, pixels, blobs' bytes, the clock, keys. Bodies come in opened, by whoever holds the keys.
//!
//! ```
//! use glow_store::{GroupStore, TimelineQuery};
//!
//! let dir = tempfile::tempdir().unwrap();
//! let store = GroupStore::create(&dir.path().join("group.db"), 1_700_000_000_000).unwrap();
//! let page = store.timeline(&TimelineQuery { limit: 200, ..TimelineQuery::default() }).unwrap();
//! assert!(page.is_empty());
//! ```
#![forbid(unsafe_code)]

mod accept;
mod check;
mod connection;
mod device;
mod error;
mod group;
mod incoming;
mod projection;
mod rebuild;
mod row;
mod sql;
mod table;
#[cfg(test)]
mod tests;

pub use check::CheckReport;
pub use device::{DeviceStore, GroupEntry, GroupState};
pub use error::StoreError;
pub use group::GroupStore;
pub use incoming::{CapturedPart, Changes, Incoming, InviteEntry, LocalCapture, MemberEntry, MemberTable, Patch};
pub use rebuild::RebuildReport;
pub use row::{
    AlbumBlob, AlbumShare, BlobRow, BlobWant, BucketRow, CameraRow, ClipRow, ClockRow, CopiesReport, Cover, Evictable,
    Fingerprint, Fork, FragmentRow, Gap, GuestPostRow, GuestRow, HoldRow, InviteRow, MemberRow, MomentRow,
    OperationState, Part, PartRow, ReactionRow, ShareWish, Summary, TakebackRow, Tier, TimelineQuery, WaitingRow,
    WantFilter,
};
pub use table::fragment::IncomingFragment;
pub use table::state::{IncomingState, PresenceRow, Said, StateKey};
