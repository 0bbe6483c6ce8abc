//! The control socket: how a command reaches the node that holds the data directory.
//!
//! The node listens at a Unix domain socket inside the data directory, which only its owner can open. A client sends one
//! [`Ask`] a line as JSON and reads [`Tell`]s, one a line: any number of steps, then exactly one end. Requests of the
//! contract travel as they are; adding files, exporting and watching have verbs of their own because they name paths, which
//! the contract never does. A client that goes away ends what it asked for.

#[cfg(unix)]
mod client;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod socket;
#[cfg(not(unix))]
mod unavailable;

use std::path::PathBuf;

use glow_api::{ApiError, BundleWish, ExportFormat, PostReceipt, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(unix)]
pub(crate) use client::Remote;
#[cfg(unix)]
pub(crate) use server::Control;
#[cfg(not(unix))]
pub(crate) use unavailable::{Control, Remote};

/// Longest line either side reads, in bytes.
#[cfg(unix)]
const MAX_LINE_BYTES: u64 = 8 * 1024 * 1024;

/// Where a fresh address of the node's page comes from; nothing when the node has no page.
pub(crate) type PageUrl = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// What a client wants.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// A request of the contract; ends with its view.
    Call { request: Request },
    /// Adds files; ends with a `PostReceipt`.
    Post { group: String, files: Vec<PathBuf> },
    /// Takes an album home; ends with an `ExportReceipt`.
    Export { group: String, format: ExportFormat, path: PathBuf },
    /// Uploads it to an Immich server; ends with an `ExportReceipt`.
    Immich { group: String, url: String, key: Secret },
    /// Counts what a folder holds; ends with an `ImportSurvey`.
    Survey { dir: PathBuf },
    /// Adds what a folder holds; ends with an `ImportReceipt`.
    Import { group: String, dir: PathBuf },
    /// Packs a bundle into a file; ends with a `BundleReport`.
    Bundle { group: String, wish: BundleWish, path: PathBuf },
    /// Opens a bundle; ends with a `BundleReceipt`.
    OpenBundle { path: PathBuf },
    /// Watches a folder for a group until that is switched off; ends with a `WatchView`.
    KeepWatching { group: String, dir: PathBuf },
    /// Watches a folder until the client goes away.
    Watch { group: String, dir: PathBuf, delay_ms: u64 },
    /// Records what a file brings while it grows, or a pipe to its end; ends with a `PostReceipt`.
    Record { group: String, path: PathBuf, name: String, rest_ms: Option<u64> },
    /// A fresh address of the page; ends with it.
    PageUrl,
}

/// What the node answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "tell", rename_all = "snake_case")]
pub(crate) enum Tell {
    /// Work goes on.
    Step { step: Step },
    /// The end: it is done.
    Done { value: Value },
    /// The end: it failed.
    Failed { error: ApiError },
}

/// News of work that goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    Progress(Progress),
    Recorded(Recorded),
    Watched(Watched),
}

/// How far something is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) done: u32,
    pub(crate) total: u32,
    pub(crate) note: String,
}

/// How far a recording is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) taken_bytes: u64,
    /// Its moment, once it is on the timeline.
    pub(crate) moment: Option<String>,
}

/// What became of a file in a watched folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "watch", rename_all = "snake_case")]
pub(crate) enum Watched {
    /// It goes out after the delay unless it goes away.
    Seen { name: String, delay_ms: u64 },
    /// It was held back.
    Held { name: String },
    /// The folder is not there, or is back.
    Missing { is_missing: bool },
    /// It was added.
    Posted { name: String, receipt: PostReceipt },
    /// It could not be added.
    Failed { name: String, error: ApiError },
}

/// A text that no log shows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secret(pub(crate) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use glow_api::{ErrorCode, GroupCreate};

    use super::*;

    #[test]
    fn every_line_is_read_as_it_was_written() {
        let asks = [
            Ask::Call { request: GroupCreate { title: "Anna & Ben".into(), ends_at_ms: None }.into() },
            Ask::Post { group: "ab".into(), files: vec!["/tmp/Füße 1.jpg".into()] },
            Ask::Export { group: "ab".into(), format: ExportFormat::Web, path: "/tmp".into() },
            Ask::Immich { group: "ab".into(), url: "http://a".into(), key: Secret("k".into()) },
            Ask::Survey { dir: "/tmp".into() },
            Ask::Import { group: "ab".into(), dir: "/tmp".into() },
            Ask::Bundle { group: "ab".into(), wish: BundleWish::default(), path: "/tmp/a".into() },
            Ask::OpenBundle { path: "/tmp/a".into() },
            Ask::KeepWatching { group: "ab".into(), dir: "/tmp".into() },
            Ask::Watch { group: "ab".into(), dir: "/tmp".into(), delay_ms: 10 },
            Ask::Record { group: "ab".into(), path: "/tmp/a.webm".into(), name: "a.webm".into(), rest_ms: Some(1) },
            Ask::PageUrl,
        ];
        for ask in asks {
            let line = serde_json::to_string(&ask).unwrap();
            let read: Ask = serde_json::from_str(&line).unwrap();
            assert_eq!(format!("{read:?}"), format!("{ask:?}"), "{line}");
        }
        let error = ApiError::new(ErrorCode::DiskFull, "full");
        let steps = [
            Step::Progress(Progress { done: 1, total: 2, note: "a.jpg".into() }),
            Step::Watched(Watched::Failed { name: "a.jpg".into(), error: error.clone() }),
            Step::Watched(Watched::Posted { name: "a.jpg".into(), receipt: PostReceipt::default() }),
        ];
        let ends = [Tell::Done { value: Value::Null }, Tell::Failed { error }];
        for tell in steps.map(|step| Tell::Step { step }).into_iter().chain(ends) {
            let line = serde_json::to_string(&tell).unwrap();
            let read: Tell = serde_json::from_str(&line).unwrap();
            assert_eq!(format!("{read:?}"), format!("{tell:?}"), "{line}");
        }
    }
}
