//! Pixels and containers: what a file is, how it looks, and what it must not tell.
//!
//! This crate owns [probing](probe()), [previews](preview), [placeholders](Previews::placeholder),
//! [blanking](blank()) and the [check of received previews](check_preview). It never knows where blobs lie on disk, what
//! the database holds, or that there is a network. Everything blocks; callers run it on threads made for that.
//!
//! Files come from cameras, phones and strangers. Every length is checked against [`limits`] before it is believed, and
//! containers are read by positions, never as a whole: a clip may be 16 GiB.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::path::Path;
//!
//! let path = Path::new("photo.heic");
//! let probe = glow_media::probe(&mut std::fs::File::open(path)?)?;
//! let blanking = glow_media::blank(&mut std::fs::File::open(path)?, probe.format)?;
//! let tools = glow_media::ExternalTools::discover();
//! match glow_media::preview(path, &probe, &tools, Path::new("/var/tmp"))? {
//!     glow_media::PreviewOutcome::Previews(previews) => println!("{} bytes", previews.screen.bytes.len()),
//!     glow_media::PreviewOutcome::Tile(reason) => println!("no preview: {reason}"),
//! }
//! # let _ = blanking;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod blank;
mod container;
mod error;
mod external;
#[cfg(test)]
mod fixtures;
mod format;
#[cfg(test)]
mod hostile_tests;
pub mod limits;
mod live_photo;
mod look;
mod picture;
mod preview;
mod probe;
mod received;
mod source;
mod split;
mod whole;

pub use blank::{Blanking, Doubt, Patch, Verdict, blank};
pub use error::MediaError;
pub use external::{ExternalTools, SystemDecoder};
pub use format::{Format, SNIFF_BYTES};
pub use live_photo::{LivePhotoPair, pair_live_photos};
pub use look::look;
pub use picture::{picture, picture_preview};
pub use preview::{PreviewJpeg, PreviewOutcome, Previews, TileReason, preview, preview_bytes};
pub use probe::{Camera, CapturedAt, GpsPlace, Kind, Probe, TimeSource, probe};
pub use received::{PreviewKind, check_preview};
pub use split::{NotStreamable, Part, PartKind, Splitter};
pub use whole::is_cut_short;
