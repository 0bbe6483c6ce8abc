//! What queries answer with. One file a noun.

mod album;
mod blob;
mod clip;
mod clock;
mod guest;
mod member;
mod moment;

pub use album::{AlbumBlob, AlbumShare, CopiesReport, Fingerprint, ShareWish, TakebackRow};
pub use blob::{BlobRow, BlobWant, Evictable, Part, Tier, WantFilter};
pub use clip::{ClipRow, FragmentRow};
pub use clock::{CameraRow, ClockRow};
pub use guest::{GuestPostRow, GuestRow, WaitingRow};
pub use member::{Fork, Gap, InviteRow, MemberRow};
pub use moment::{BucketRow, Cover, HoldRow, MomentRow, OperationState, PartRow, ReactionRow, Summary, TimelineQuery};
