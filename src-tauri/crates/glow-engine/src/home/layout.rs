//! What of an album becomes which file: one walk for every way of taking it home.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read},
    sync::Arc,
};

use glow_blobs::BlobError;
use glow_model::{BlobRef, MomentKind};
use glow_store::{LocalCapture, MomentRow, Part, Patch, TimelineQuery};

use super::Stop;
use crate::{
    error::{ApiResult, IntoApi},
    group::Group,
    media, view,
};

const PAGE: usize = 200;

/// One moment on its way home.
pub(super) struct Item {
    pub(super) row: MomentRow,
    /// The name of who captured it; empty when it has none.
    pub(super) author: String,
    /// The day on which it was captured, as its camera showed it.
    pub(super) day: String,
    /// A name that sorts by time and is taken by no other moment.
    pub(super) stem: String,
    /// The original and the moving part, as far as they are here.
    pub(super) files: Vec<ItemFile>,
    /// Previews that are here, the larger first.
    pub(super) previews: Vec<ItemFile>,
}

/// What a file is of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileKind {
    /// The photo or clip as it was captured, or as it was shared.
    Original,
    /// The moving part of a Live Photo.
    Motion,
    /// A preview: of the original, which is not here, or beside it.
    Preview,
}

/// One part of a moment, as bytes to write.
pub(super) struct ItemFile {
    pub(super) kind: FileKind,
    pub(super) part: Part,
    pub(super) ending: String,
    pub(super) size: u64,
    segments: Vec<BlobRef>,
    patches: Vec<Patch>,
}

/// A part whose every byte was read and proved.
pub(super) struct Sound<'a> {
    file: &'a ItemFile,
    group: &'a Group,
    pub(super) size: u64,
    pub(super) hash: blake3::Hash,
    /// Kept where it is small, so that it is not read twice.
    bytes: Option<Vec<u8>>,
}

/// Every moment on the timeline, from the newest on.
pub(super) fn each(
    group: &Arc<Group>,
    stop: &Stop,
    mut visit: impl FnMut(Item, u32, u32) -> ApiResult<()>,
) -> ApiResult<()> {
    let mut query = TimelineQuery { limit: PAGE, ..TimelineQuery::default() };
    let total = view::count64(group.store.timeline_count(&query).map_err(IntoApi::into_api)?);
    let (mut done, mut stems) = (0, BTreeSet::new());
    loop {
        let rows = group.store.timeline(&query).map_err(IntoApi::into_api)?;
        let Some(last) = rows.last() else { return Ok(()) };
        query.after = Some((last.sort_ms, last.id));
        for row in rows {
            stop.check()?;
            done += 1;
            visit(Item::of(group, row, &mut stems)?, done, total)?;
        }
    }
}

impl Item {
    fn of(group: &Arc<Group>, row: MomentRow, stems: &mut BTreeSet<String>) -> ApiResult<Self> {
        let capture = group.store.capture(row.id).map_err(IntoApi::into_api)?.unwrap_or_default();
        let membership = group.membership();
        let profile = membership.members().get(&row.author).and_then(|member| member.profile.as_ref());
        let author = if row.person == row.author {
            profile.map(|profile| profile.name.clone()).unwrap_or_default()
        } else {
            group.store.guest_names().map_err(IntoApi::into_api)?.remove(&row.person).unwrap_or_default()
        };
        let (mut files, mut previews) = (Vec::new(), Vec::new());
        for part in [Part::Original, Part::Motion] {
            files.extend(ItemFile::of(group, &row, part, &capture)?);
        }
        for part in [Part::Screen, Part::Grid] {
            previews.extend(ItemFile::of(group, &row, part, &capture)?);
        }
        let (day, stem) = names(&row, &author, stems);
        Ok(Self { row, author, day, stem, files, previews })
    }

    pub(super) fn is_clip(&self) -> bool {
        self.row.kind == MomentKind::Clip
    }

    /// When it was captured, with its camera's offset, as RFC 3339 says it.
    pub(super) fn captured_at(&self) -> String {
        let Ok(at) = jiff::Timestamp::from_millisecond(i64::try_from(self.row.corrected_ms()).unwrap_or(0)) else {
            return String::new();
        };
        let offset = self.row.offset_min.and_then(|min| jiff::tz::Offset::from_seconds(i32::from(min) * 60).ok());
        match offset {
            Some(offset) => at.display_with_offset(offset).to_string(),
            None => at.to_string(),
        }
    }
}

impl ItemFile {
    fn of(group: &Arc<Group>, row: &MomentRow, part: Part, capture: &LocalCapture) -> ApiResult<Option<Self>> {
        let segments = media::segments(group, row, part)?;
        if segments.is_empty() || !segments.iter().all(|segment| group.blobs.is_complete(segment.id)) {
            return Ok(None);
        }
        let (kind, ending) = match part {
            Part::Original => (FileKind::Original, ending(row)),
            Part::Motion => (FileKind::Motion, "mov".to_owned()),
            Part::Screen | Part::Grid => (FileKind::Preview, "jpg".to_owned()),
        };
        let kept = capture.parts.iter().find(|kept| kept.part == part);
        Ok(Some(Self {
            kind,
            part,
            ending,
            size: segments.iter().map(|segment| segment.size).sum(),
            segments,
            patches: kept.map(|kept| kept.patches.clone()).unwrap_or_default(),
        }))
    }

    /// Reads all of it; nothing where it was damaged, which is noted so that it is fetched again.
    pub(super) fn prove<'a>(&'a self, group: &'a Group) -> ApiResult<Option<Sound<'a>>> {
        let (mut hasher, mut kept, mut offset) = (blake3::Hasher::new(), None, 0);
        for segment in &self.segments {
            let mut bytes = match group.blobs.read(segment) {
                Ok(bytes) => bytes,
                Err(BlobError::Missing | BlobError::Damaged) => {
                    group.store.blob_held(segment.id, false).map_err(IntoApi::into_api)?;
                    return Ok(None);
                }
                Err(error) => return Err(error.into_api()),
            };
            restore(&self.patches, offset, &mut bytes);
            offset += bytes.len() as u64;
            hasher.update(&bytes);
            kept = Some(bytes);
        }
        let bytes = kept.filter(|_| self.segments.len() == 1);
        Ok(Some(Sound { file: self, group, size: self.size, hash: hasher.finalize(), bytes }))
    }
}

impl Sound<'_> {
    /// Its bytes, to read.
    pub(super) fn reader(&self) -> SoundReader<'_> {
        let kept = self.bytes.clone();
        let next = if kept.is_some() { self.file.segments.len() } else { 0 };
        SoundReader { sound: self, next, offset: 0, opened: Cursor::new(kept.unwrap_or_default()) }
    }
}

/// Reads a part segment by segment.
pub(super) struct SoundReader<'a> {
    sound: &'a Sound<'a>,
    next: usize,
    offset: u64,
    opened: Cursor<Vec<u8>>,
}

impl Read for SoundReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.opened.read(buffer)?;
            let segments = &self.sound.file.segments;
            if read > 0 || buffer.is_empty() || self.next == segments.len() {
                return Ok(read);
            }
            let mut bytes = self.sound.group.blobs.read(&segments[self.next]).map_err(std::io::Error::other)?;
            restore(&self.sound.file.patches, self.offset, &mut bytes);
            self.next += 1;
            self.offset += bytes.len() as u64;
            self.opened = Cursor::new(bytes);
        }
    }
}

fn ending(row: &MomentRow) -> String {
    let own = row.file_name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let is_plain =
        |ending: &String| (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    own.filter(is_plain).unwrap_or_else(|| "bin".to_owned())
}

/// Date and time as the camera showed them, the author, and the id's beginning: sorts by time.
fn names(row: &MomentRow, author: &str, stems: &mut BTreeSet<String>) -> (String, String) {
    let shown = i64::try_from(row.corrected_ms()).unwrap_or(0) + i64::from(row.offset_min.unwrap_or(0)) * 60_000;
    let at = jiff::Timestamp::from_millisecond(shown).unwrap_or_default();
    let author = sanitize_filename::sanitize(author);
    let id = &row.id.to_string()[..8];
    let date = at.strftime("%Y-%m-%d %H.%M.%S");
    let bare = match author.trim() {
        "" => format!("{date} {id}"),
        author => format!("{date} {author} {id}"),
    };
    let (mut stem, mut n) = (bare.clone(), 1);
    while !stems.insert(stem.to_lowercase()) {
        n += 1;
        stem = format!("{bare} ({n})");
    }
    (at.strftime("%Y-%m-%d").to_string(), stem)
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
