//! Several engines in one process, on loopback, without mDNS: members find each other by the addresses of the invite.
//!
//! Each scenario ends with the checker: the same album everywhere, original bytes as posted, no panic.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod bundle;
mod carrier;
mod cast;
mod catching_up;
mod clocks;
mod guests;
mod home;
mod immich;
mod joining;
mod keeping;
mod lies;
mod live;
mod mallory;
mod spine;
mod storage;
mod threads;
mod watch;
