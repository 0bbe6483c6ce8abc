//! Taking home: originals in a folder, named so that they sort by time, with a manifest of what is there.
//!
//! Own captures are written as they were, bit for bit. A file that is there already is not written again, so an export that
//! was interrupted goes on where it ended. Every file appears under its name only when it is whole.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use data_encoding::HEXLOWER;
use glow_api::{ApiError, Caller};
use glow_model::BlobRef;
use glow_store::{LocalCapture, MomentRow, Part, Patch, TimelineQuery};
use serde::Serialize;

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, blocking, internal},
    group::Group,
    media,
};

const PAGE: usize = 200;
const MANIFEST: &str = "afterglow-album.json";

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportProgress {
    /// Moments done.
    pub done: u32,
    /// Moments on the timeline.
    pub total: u32,
    /// Bytes written.
    pub bytes: u64,
}

/// What an export came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Files written.
    pub written: u32,
    /// Originals that are not on this device yet.
    pub missing: u32,
    /// Files that were there already.
    pub skipped: u32,
    /// BLAKE3 over the sorted ids of the group's operations.
    pub fingerprint: String,
    /// The list of what is in the folder.
    pub manifest: PathBuf,
}

#[derive(Serialize)]
struct Manifest<'a> {
    group: String,
    title: String,
    fingerprint: &'a str,
    files: &'a [Entry],
}

#[derive(Serialize)]
struct Entry {
    file: String,
    moment: String,
    author: String,
    captured_at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_offset_min: Option<i16>,
    #[serde(skip_serializing_if = "String::is_empty")]
    caption: String,
    size_bytes: u64,
    blake3: String,
}

impl Engine {
    /// Writes every original that is here into a folder.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::Unreadable`] when the folder cannot be written, [`glow_api::ErrorCode::DiskFull`].
    pub async fn export(
        &self,
        caller: Caller,
        group: &str,
        dir: PathBuf,
        progress: impl Fn(ExportProgress) + Send + Sync + 'static,
    ) -> Result<ExportReport, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        blocking(move || Export::new(&group, &dir)?.run(&progress)).await
    }
}

struct Export<'a> {
    group: &'a Arc<Group>,
    dir: &'a Path,
    names: BTreeSet<String>,
    report: ExportReport,
    files: Vec<Entry>,
    bytes: u64,
}

impl<'a> Export<'a> {
    fn new(group: &'a Arc<Group>, dir: &'a Path) -> ApiResult<Self> {
        std::fs::create_dir_all(dir).map_err(IntoApi::into_api)?;
        let fingerprint = HEXLOWER.encode(&group.store.fingerprint().map_err(IntoApi::into_api)?);
        let report = ExportReport { written: 0, missing: 0, skipped: 0, fingerprint, manifest: dir.join(MANIFEST) };
        Ok(Self { group, dir, names: BTreeSet::new(), report, files: Vec::new(), bytes: 0 })
    }

    fn run(mut self, progress: &dyn Fn(ExportProgress)) -> ApiResult<ExportReport> {
        let mut query = TimelineQuery { limit: PAGE, ..TimelineQuery::default() };
        let total = crate::view::count64(self.group.store.timeline_count(&query).map_err(IntoApi::into_api)?);
        let mut done = 0;
        loop {
            let rows = self.group.store.timeline(&query).map_err(IntoApi::into_api)?;
            let Some(last) = rows.last() else { break };
            query.after = Some((last.sort_ms, last.id));
            for row in rows {
                self.moment(&row)?;
                done += 1;
                progress(ExportProgress { done, total, bytes: self.bytes });
            }
        }
        self.write_manifest()?;
        Ok(self.report)
    }

    fn moment(&mut self, row: &MomentRow) -> ApiResult<()> {
        let capture = self.group.store.capture(row.id).map_err(IntoApi::into_api)?.unwrap_or_default();
        let stem = stem(self.group, row);
        let ending = row.file_name.rsplit_once('.').map_or("bin", |(_, ending)| ending);
        for (part, ending) in [(Part::Original, ending), (Part::Motion, "mov")] {
            let segments = media::segments(self.group, row, part)?;
            if segments.is_empty() && part == Part::Motion {
                continue;
            }
            if segments.is_empty() || !segments.iter().all(|segment| self.group.blobs.is_complete(segment.id)) {
                self.report.missing += 1;
                continue;
            }
            let name = self.free_name(&stem, &ending.to_lowercase());
            self.file(row, &name, &segments, patches(&capture, part))?;
        }
        Ok(())
    }

    fn free_name(&mut self, stem: &str, ending: &str) -> String {
        let mut name = format!("{stem}.{ending}");
        let mut n = 1;
        while !self.names.insert(name.to_lowercase()) {
            n += 1;
            name = format!("{stem} ({n}).{ending}");
        }
        name
    }

    fn file(&mut self, row: &MomentRow, name: &str, segments: &[BlobRef], patches: &[Patch]) -> ApiResult<()> {
        let path = self.dir.join(name);
        let mut temporary = tempfile::NamedTempFile::new_in(self.dir).map_err(IntoApi::into_api)?;
        let mut hasher = blake3::Hasher::new();
        let mut offset = 0;
        for segment in segments {
            let mut bytes = self.group.blobs.read(segment).map_err(IntoApi::into_api)?;
            restore(patches, offset, &mut bytes);
            hasher.update(&bytes);
            temporary.write_all(&bytes).map_err(IntoApi::into_api)?;
            offset += bytes.len() as u64;
        }
        let hash = hasher.finalize();
        if is_same(&path, offset, &hash) {
            self.report.skipped += 1;
        } else {
            temporary.as_file().sync_all().map_err(IntoApi::into_api)?;
            set_readable(temporary.as_file());
            temporary.persist(&path).map_err(|error| error.error.into_api())?;
            self.report.written += 1;
            self.bytes += offset;
        }
        self.files.push(Entry {
            file: name.to_owned(),
            moment: row.id.to_string(),
            author: row.author.to_string(),
            captured_at_ms: row.captured_ms,
            captured_offset_min: row.offset_min,
            caption: row.caption.clone(),
            size_bytes: offset,
            blake3: hash.to_hex().to_string(),
        });
        Ok(())
    }

    fn write_manifest(&self) -> ApiResult<()> {
        let title = self.group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
        let fingerprint = &self.report.fingerprint;
        let manifest = Manifest { group: self.group.id.to_string(), title, fingerprint, files: &self.files };
        let json = serde_json::to_vec_pretty(&manifest).map_err(|error| internal(&error))?;
        let mut temporary = tempfile::NamedTempFile::new_in(self.dir).map_err(IntoApi::into_api)?;
        temporary.write_all(&json).map_err(IntoApi::into_api)?;
        set_readable(temporary.as_file());
        temporary.persist(&self.report.manifest).map_err(|error| error.error.into_api())?;
        Ok(())
    }
}

fn patches(capture: &LocalCapture, part: Part) -> &[Patch] {
    capture.parts.iter().find(|kept| kept.part == part).map_or(&[], |kept| kept.patches.as_slice())
}

/// Puts the blanked bytes of a segment back.
fn restore(patches: &[Patch], offset: u64, bytes: &mut [u8]) {
    for patch in patches {
        let Some(start) = patch.offset.checked_sub(offset).and_then(|start| usize::try_from(start).ok()) else {
            continue;
        };
        if let Some(range) = bytes.get_mut(start..start.saturating_add(patch.bytes.len())) {
            range.copy_from_slice(&patch.bytes);
        }
    }
}

/// Date and time as the camera showed them, the author, and the id's beginning: sorts by time, never clashes by chance.
fn stem(group: &Group, row: &MomentRow) -> String {
    let offset_ms = i64::from(row.offset_min.unwrap_or(0)) * 60_000;
    let shown = i64::try_from(row.captured_ms).unwrap_or(0) + offset_ms;
    let date = jiff::Timestamp::from_millisecond(shown)
        .map(|at| at.strftime("%Y-%m-%d %H.%M.%S").to_string())
        .unwrap_or_default();
    let membership = group.membership();
    let profile = membership.members().get(&row.author).and_then(|member| member.profile.as_ref());
    let author = profile.map(|profile| sanitize_filename::sanitize(&profile.name)).filter(|name| !name.is_empty());
    let id = &row.id.to_string()[..8];
    match author {
        Some(author) => format!("{date} {author} {id}"),
        None => format!("{date} {id}"),
    }
}

/// Whether the file is there already, byte for byte.
fn is_same(path: &Path, size: u64, hash: &blake3::Hash) -> bool {
    let Ok(mut file) = std::fs::File::open(path) else {
        return false;
    };
    let mut hasher = blake3::Hasher::new();
    file.metadata().is_ok_and(|metadata| metadata.len() == size)
        && std::io::copy(&mut file, &mut hasher).is_ok()
        && hasher.finalize() == *hash
}

/// Temporary files are private; what was taken home has the mode of ordinary files.
fn set_readable(file: &std::fs::File) {
    #[cfg(unix)]
    if let Err(error) = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)) {
        tracing::debug!(%error, "mode");
    }
    #[cfg(not(unix))]
    let _ = file;
}
