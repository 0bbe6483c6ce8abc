//! `afterglow box` as an amateur and a camera use it: real processes, and curl for the camera.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod camera;
mod group;
mod owner;
mod play;
mod setup;
#[path = "../support/mod.rs"]
mod support;
