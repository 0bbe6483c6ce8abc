//! What to say next to whom: who is a member, what two devices must exchange, what is said at the door, which piece to ask
//! for, what to tell of what has come, in which order to send, and whom to keep a link to. Decisions only.
//!
//! Sans-IO: every module takes input, time and randomness as arguments and returns what to do. No socket, no clock, no
//! database, no async. `glow-net` carries its frames, `glow-engine` feeds it from the store.
#![forbid(unsafe_code)]

pub mod announce;
pub mod budget;
pub mod bundle;
mod chance;
pub mod door;
pub mod membership;
pub mod picker;
pub mod proximity;
pub mod quiet;
pub mod reconcile;
pub mod topology;
pub mod wire;

pub use announce::Announcer;
pub use budget::Budget;
pub use membership::Membership;
pub use picker::Picker;
pub use reconcile::Reconciler;
pub use topology::{NodeId, Topology};
pub use wire::{Frame, Request};
