//! Whether a device is around, and what it keeps.

use minicbor::{Decode, Encode};

/// What a device says of its being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Presence {
    /// Whether it goes on answering.
    #[n(0)]
    pub wakefulness: Wakefulness,
    /// What it keeps of others' photos.
    #[n(1)]
    pub photos: Keeps,
    /// What it keeps of others' clips.
    #[n(2)]
    pub clips: Keeps,
}

/// Whether a device goes on answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Wakefulness {
    /// It runs.
    #[n(0)]
    Awake,
    /// It was closed, and comes back.
    #[n(1)]
    Asleep,
    /// It has left the group and holds nothing any more.
    #[n(2)]
    Leaving,
}

/// What a device fetches of others' moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Keeps {
    /// Previews.
    #[n(0)]
    Previews,
    /// Originals too, while it has power and a network that costs nothing.
    #[n(1)]
    WhenPlugged,
    /// Everything.
    #[default]
    #[n(2)]
    All,
}
