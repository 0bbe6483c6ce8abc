//! The engine: groups, moments and peers, for any host.
//!
//! Each group is one actor that owns its decisions: what is authored and what is accepted passes through it, one batch at a
//! time ([`group`]). Around it run the tasks of the pipeline: ingest, announce, fetch, reconcile, serve. Hosts hold an
//! [`Engine`], ask it [`glow_api::Request`]s and listen to [`glow_api::Event`]s. Dropping every handle, or
//! [`Engine::shutdown`], ends it in order: no more commands, transaction finished, peers told, database closed.
//!
//! Never: SQL, libp2p types, Tauri, HTTP.
#![forbid(unsafe_code)]

mod bus;
mod catch_up;
mod clock;
mod config;
mod desk;
mod directory;
mod engine;
mod error;
mod feature;
mod follow;
mod group;
mod guest;
mod home;
mod invites;
mod maintenance;
mod media;
mod meter;
mod pipeline;
mod qr;
mod recording;
mod recordings;
mod rehearsal;
mod scrub;
mod seats;
mod secrets;
mod spool;
mod upload;
mod venue;
mod view;
mod watch;

pub use config::EngineConfig;
pub use engine::Engine;
pub use follow::Growing;
pub use glow_media::SystemDecoder;
pub use glow_model::limits;
pub use glow_net::{Announced, SERVICE_TYPE, SystemDiscovery, SystemService};
pub use guest::{GuestEnd, GuestPen, GuestSession, GuestUploadFile, OpenDoor, SignedPost};
pub use home::{HomeProgress, ImmichServer, Job, Opening, Verified, verify_export};
pub use maintenance::{CheckReport, RebuildReport, check, rebuild};
pub use media::{Media, Tail};
pub use pipeline::ingest::{CaptureFile, PostProgress};
pub use recording::Recording;
pub use rehearsal::{rehearsal_picture, rehearsal_preview};
pub use seats::{Seat, Seats};
pub use spool::{Incoming, Spool, SpoolReport};
pub use upload::Upload;
pub use venue::{PrintRules, Venue};
pub use watch::{Watch, WatchEvent};
