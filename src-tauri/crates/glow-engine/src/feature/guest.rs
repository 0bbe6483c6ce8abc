//! Guests: what the owner of a device says of its door and of who comes through it, and what guests ask.

mod door;
mod said;
mod upload;
mod visit;

pub(super) use door::{close, judge, list, open};
pub(super) use upload::{abort, finish, show, upload};
pub(super) use visit::{enter, media, say};
