//! The guest door as a phone and as an attacker meet it: real sockets, a real engine.
#![allow(clippy::unwrap_used, clippy::panic)]

mod host;
mod rights;
mod strangers;
#[allow(dead_code, reason = "the tests of the page and those of the door share it, and use different parts")]
#[path = "../support/mod.rs"]
mod support;
mod taking_part;
