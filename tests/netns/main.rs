//! Whole nodes as processes, one per network namespace, on an emulated LAN. Needs root; says so when it has none.
//!
//! Each test ends with the checker (`tests::check`), and fails if it does not. Run inside `lanbox run`, so that a killed run leaves nothing behind.
#![allow(clippy::unwrap_used)]

mod album;
mod carry;
mod cast;
mod churn;
mod clip;
mod crash;
mod disk;
mod finding;
mod hotspot;
mod loss;
mod partition;
