//! Whole nodes as processes, one per network namespace, on an emulated LAN. Needs root; says so when it has none.
//!
//! Each test ends with the checker: the same album everywhere, bytes as posted, no duplicates, no panic in any log,
//! memory and descriptors within limits. Run inside `lanbox run`, so that a killed run leaves nothing behind.
#![allow(clippy::unwrap_used)]

mod album;
mod cast;
mod crash;
mod disk;
mod finding;
mod partition;
