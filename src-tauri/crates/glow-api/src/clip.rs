//! Clips that go out while they are recorded.
//!
//! A host streams the recording to the engine: `PUT clip` on its byte endpoint with a [`ClipTarget`] as query and the next
//! bytes as raw body, in order, as they are recorded (about twice a second). Each answers a [`ClipReceipt`] that says how
//! many bytes were taken; bytes that were taken before are skipped, so that whoever heard no answer sends them again, or asks
//! `clip.get` where to go on. `clip.close` ends the recording, `clip.abort` takes it back. A recording that nothing was added
//! to for a minute is closed.
//!
//! Containers that are written from front to back (fragmented MP4, live WebM) go out fragment by fragment; others when they
//! are closed. Bytes never travel as JSON.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where the next bytes of a recording go: the query of `PUT clip` on a host's byte endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClipTarget {
    /// The group's id.
    pub group: String,
    /// Names the recording: any text of at most 64 bytes that its page made up, such as a UUID.
    pub key: String,
    /// The file's name; only its ending and stem are used, never as a path.
    pub name: String,
    /// How many bytes of the recording stand before these.
    #[ts(type = "number")]
    pub offset: u64,
}

/// Asks how far a recording is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClipGet {
    /// The group's id.
    pub group: String,
    /// The recording's name.
    pub key: String,
}

/// Ends a recording: it is a moment like any other then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClipClose {
    /// The group's id.
    pub group: String,
    /// The recording's name.
    pub key: String,
}

/// Gives a recording up: what went out of it is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClipAbort {
    /// The group's id.
    pub group: String,
    /// The recording's name.
    pub key: String,
}

/// How far a recording is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClipReceipt {
    /// Bytes that were taken; the next ones stand at this offset.
    #[ts(type = "number")]
    pub offset: u64,
    /// Its moment, once it is on the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub moment: Option<String>,
    /// Whether it goes out while it is recorded; otherwise it does when it is closed.
    pub streams: bool,
}

/// What a clip that was opened and not closed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LiveClip {
    /// Fragments come: it is being recorded now.
    Recording,
    /// Nothing came for a while: what there is may be all of it.
    Silent,
}
