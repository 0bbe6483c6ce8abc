//! How far the owner of a device has seen the timeline.

use minicbor::{Decode, Encode};

/// The newest moment that was on the screen: everything at or before it on the timeline counts as seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct SeenUpTo {
    /// When this device learned of it, by its own clock; milliseconds since the Unix epoch.
    #[n(0)]
    pub at_ms: u64,
    /// Its place on the timeline, milliseconds since the Unix epoch.
    #[n(1)]
    pub sort_ms: u64,
}
