//! The album as a whole: what it is worth after the event, and how it is taken home.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ApiError, PostFailure};

/// Asks what the album is and what of it is here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AlbumGet {
    /// The group's id.
    pub group: String,
}

/// Asks what a bundle would hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AlbumShare {
    /// The group's id.
    pub group: String,
    /// What goes into it.
    pub wish: BundleWish,
}

/// What goes into a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BundleWish {
    /// Everything that is here, whoever has it already.
    #[serde(default)]
    pub whole: bool,
    /// Only what any of these devices lacks by its own signed word; none: any of the other members.
    #[serde(default)]
    pub lacked_by: Vec<String>,
    /// Previews without originals.
    #[serde(default)]
    pub previews_only: bool,
}

/// What a bundle would hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareView {
    /// Moments of which there is something in it.
    pub moments: u32,
    /// Operations.
    pub operations: u32,
    /// Sealed blobs.
    pub blobs: u32,
    /// Bytes of the blobs; the file is a little larger.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// The album, and what of it is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AlbumView {
    /// What it is, in 256 bits and three words.
    pub fingerprint: FingerprintView,
    /// Moments on the timeline.
    pub moments: u32,
    /// Files that an export writes: originals that are here, with moving parts.
    pub originals: u32,
    /// Their bytes.
    #[ts(type = "number")]
    pub original_bytes: u64,
    /// Moments of which only a preview is here.
    pub previews_only: u32,
    /// Moments of which nothing is here.
    pub nothing_here: u32,
}

/// What an album is: equal on devices that hold the same, different at one altered byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FingerprintView {
    /// Of what is known and of the bytes that are here, as hex. Equal to `album` where nothing is lacking.
    pub fingerprint: String,
    /// Its first 33 bits as three words.
    pub words: String,
    /// Of the set of operations alone, as hex: equal on devices that know the same, whatever bytes they hold.
    pub album: String,
    /// Its first 33 bits as three words.
    pub album_words: String,
    /// Operations in the set.
    pub operations: u32,
    /// Blobs that they name.
    pub blobs: u32,
    /// Blobs that are not here, or damaged.
    pub lacking: u32,
    /// Their bytes.
    #[ts(type = "number")]
    pub lacking_bytes: u64,
}

/// What opening a bundle came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BundleReceipt {
    /// The group it is of.
    pub group: String,
    /// The group's title.
    pub title: String,
    /// Operations that were not here.
    pub operations_new: u32,
    /// Operations that were here already.
    pub operations_known: u32,
    /// Blobs that are complete by it.
    pub blobs_new: u32,
    /// Blobs that were here already.
    pub blobs_known: u32,
    /// Records that are not valid, or that nothing here names.
    pub refused: u32,
    /// Parts of the file that are damaged; what was whole has been merged.
    pub damaged: u32,
    /// Whether the file was there to its end.
    pub complete: bool,
}

/// How an album is taken home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// A folder a day, with the files and their metadata.
    Tree,
    /// The same in one ZIP.
    Zip,
    /// A web album that opens from the disk.
    Web,
}

/// What an export came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ExportReceipt {
    /// Originals and moving parts written.
    pub written: u32,
    /// Those that were there already, byte for byte.
    pub skipped: u32,
    /// Moments of which only a preview could be written.
    pub previews_only: u32,
    /// Originals that are not on this device.
    pub missing: u32,
    /// Bytes written.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What was exported, after every byte was read.
    pub fingerprint: String,
    /// Its three words.
    pub words: String,
}

/// What a folder holds that could be taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportSurvey {
    /// Photos and clips, by their names' endings.
    pub files: u32,
    /// Their bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Folders that were looked into.
    pub folders: u32,
    /// Files that are passed over.
    pub others: u32,
    /// The title of the exported album that the folder is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub album: Option<String>,
}

/// What taking in a folder came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportReceipt {
    /// Moments that are new on the timeline.
    pub added: u32,
    /// Moments that were there already.
    pub already_there: u32,
    /// Captions that came along.
    pub captions: u32,
    /// Files that could not be added.
    pub failed: u32,
    /// The first of them, each with its reason.
    pub failures: Vec<PostFailure>,
}

/// Asks for the long work of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JobGet {
    /// The group's id.
    pub group: String,
}

/// Stops the long work of a group, or forgets how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JobStop {
    /// The group's id.
    pub group: String,
}

/// Starts to upload an album to an Immich server.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImmichStart {
    /// The group's id.
    pub group: String,
    /// The server's address.
    pub url: String,
    /// Its API key; it is not kept.
    pub key: String,
}

impl std::fmt::Debug for ImmichStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImmichStart").field("group", &self.group).field("url", &self.url).finish_non_exhaustive()
    }
}

/// The long work of a group, if there is or was any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct JobPage {
    /// What runs, or how the last one ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub job: Option<JobView>,
}

/// Work that takes long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JobView {
    /// What it is.
    pub kind: JobKind,
    /// Whether it goes on.
    pub state: JobState,
    /// Things done.
    pub done: u32,
    /// Things there are; 0 while that is not known.
    pub total: u32,
    /// Bytes written or read.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub receipt: Option<JobReceipt>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<ApiError>,
}

/// What long work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Taking the album home.
    Export,
    /// Uploading it.
    Immich,
    /// Packing a bundle.
    Bundle,
    /// Taking in a folder.
    Import,
}

/// Whether long work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It goes on.
    Running,
    /// It is done.
    Done,
    /// It failed; what it had done stays.
    Failed,
}

/// What long work came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum JobReceipt {
    /// The album was taken home, or uploaded.
    Export(ExportReceipt),
    /// A bundle was packed.
    Bundle(BundleReport),
    /// A folder was taken in.
    Import(ImportReceipt),
}

/// What packing a bundle came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BundleReport {
    /// Operations in it.
    pub operations: u32,
    /// Sealed blobs in it.
    pub blobs: u32,
    /// Blobs that were to be in it and could not be read.
    pub missing: u32,
    /// Bytes of the file.
    #[ts(type = "number")]
    pub bytes: u64,
}
