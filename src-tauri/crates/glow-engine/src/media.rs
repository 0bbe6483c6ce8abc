//! Bytes for a screen: previews, originals and moving parts, by range.
//!
//! What others sent is checked before it is handed to a screen: a preview by a limited decode, an original by its structure.
//! The type that is told is the one its bytes have, never the one its author claims; what is no picture or clip is told as a
//! stream of bytes, which no screen renders.

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
    sync::Arc,
};

use bytes::Bytes;
use glow_api::{ApiError, Caller, ErrorCode, MediaPart};
use glow_media::PreviewKind;
use glow_model::{BlobRef, OperationId};
use glow_store::{MomentRow, Part};

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
};

/// The most that one read answers.
const READ_BYTES: u64 = 1024 * 1024;
/// What an original may measure to be rendered by a screen.
const MAX_RENDERED_PIXELS: u64 = 100_000_000;
const BYTES: &str = "application/octet-stream";

/// A part of a moment that is wholly on this device.
#[derive(Clone)]
pub struct Media {
    /// Its type, from its bytes.
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// A name to save it under.
    pub file_name: String,
    /// Changes never: the part is named by what it holds.
    pub etag: String,
    group: Arc<Group>,
    segments: Arc<[BlobRef]>,
}

impl Engine {
    /// A part of a moment, for reading by ranges.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownMoment`]; [`ErrorCode::NotHere`] when it has not arrived; [`ErrorCode::DamagedFile`] when what
    /// arrived is not what a screen should decode.
    pub async fn media(&self, _: Caller, group: &str, moment: &str, part: MediaPart) -> Result<Media, ApiError> {
        let group = self.group(group)?;
        let id: OperationId = moment.parse().map_err(|_| bad_request("the moment id is malformed"))?;
        blocking(move || Media::find(&group, id, part)).await
    }
}

impl Media {
    fn find(group: &Arc<Group>, id: OperationId, part: MediaPart) -> ApiResult<Self> {
        let unknown = || ApiError::new(ErrorCode::UnknownMoment, "there is no such moment");
        let row = group.store.moment(id).map_err(IntoApi::into_api)?.ok_or_else(unknown)?;
        let segments = segments(group, &row, store_part(part))?;
        if segments.is_empty() || !segments.iter().all(|segment| group.blobs.is_complete(segment.id)) {
            return Err(ApiError::new(ErrorCode::NotHere, "it has not arrived on this device yet"));
        }
        let etag = segments.first().map(|segment| format!("\"{}-{}\"", segment.id, segments.len())).unwrap_or_default();
        let mut media = Self {
            media_type: "image/jpeg".to_owned(),
            size_bytes: segments.iter().map(|segment| segment.size).sum(),
            file_name: file_name(&row, part),
            etag,
            group: group.clone(),
            segments: segments.into(),
        };
        match part {
            MediaPart::Grid => media.check_preview(PreviewKind::Grid)?,
            MediaPart::Screen => media.check_preview(PreviewKind::Screen)?,
            MediaPart::Original | MediaPart::Motion => media.media_type = media.rendered_type(),
        }
        Ok(media)
    }

    /// Reads a range: at most 1 MiB of it, from its start.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`] for a range outside, [`ErrorCode::DataDamaged`] when the disk lost bytes.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytes, ApiError> {
        let this = self.clone();
        blocking(move || this.read_blocking(range)).await.map(Bytes::from)
    }

    pub(crate) fn read_blocking(&self, range: Range<u64>) -> ApiResult<Vec<u8>> {
        if range.start > range.end || range.end > self.size_bytes {
            return Err(bad_request("the range is outside"));
        }
        let end = range.end.min(range.start + READ_BYTES);
        let (mut out, mut start) = (Vec::new(), 0);
        for segment in self.segments.iter() {
            let stop = start + segment.size;
            let (from, to) = (range.start.max(start), end.min(stop));
            if from < to {
                out.extend(self.group.blobs.read_range(segment, from - start..to - start).map_err(IntoApi::into_api)?);
            }
            start = stop;
        }
        Ok(out)
    }

    fn check_preview(&self, kind: PreviewKind) -> ApiResult<()> {
        let key = self.segments.first().map(|segment| segment.id);
        if key.is_some_and(|id| self.group.checked_previews.contains_key(&id)) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for segment in self.segments.iter() {
            bytes.extend(self.group.blobs.read_with(&self.group.secrets().secret, segment).map_err(IntoApi::into_api)?);
        }
        glow_media::check_preview(&bytes, kind).map_err(IntoApi::into_api)?;
        if let Some(id) = key {
            self.group.checked_previews.insert(id, ());
        }
        Ok(())
    }

    fn rendered_type(&self) -> String {
        let mut reader = MediaReader { media: self, position: 0 };
        match glow_media::probe(&mut reader) {
            Ok(probe) if u64::from(probe.width) * u64::from(probe.height) <= MAX_RENDERED_PIXELS => {
                probe.format.media_type().to_owned()
            }
            Ok(_) | Err(_) => BYTES.to_owned(),
        }
    }
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Media")
            .field("media_type", &self.media_type)
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}

/// The segments of a part: as shared, or as kept back by their owner.
pub(crate) fn segments(group: &Group, row: &MomentRow, part: Part) -> ApiResult<Vec<BlobRef>> {
    let shared = group.store.segments(row.id, part).map_err(IntoApi::into_api)?;
    if !shared.is_empty() || !row.own {
        return Ok(shared);
    }
    let capture = group.store.capture(row.id).map_err(IntoApi::into_api)?.unwrap_or_default();
    Ok(capture.parts.into_iter().find(|kept| kept.part == part).and_then(|kept| kept.held_back).unwrap_or_default())
}

fn store_part(part: MediaPart) -> Part {
    match part {
        MediaPart::Grid => Part::Grid,
        MediaPart::Screen => Part::Screen,
        MediaPart::Original => Part::Original,
        MediaPart::Motion => Part::Motion,
    }
}

fn file_name(row: &MomentRow, part: MediaPart) -> String {
    let name =
        if row.file_name.is_empty() { format!("moment-{}", &row.id.to_string()[..8]) } else { row.file_name.clone() };
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    match part {
        MediaPart::Original => name,
        MediaPart::Motion => format!("{stem}.mov"),
        MediaPart::Grid | MediaPart::Screen => format!("{stem}.jpg"),
    }
}

/// Reads a part like a file, for probing.
struct MediaReader<'a> {
    media: &'a Media,
    position: u64,
}

impl Read for MediaReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = self.media.size_bytes.min(self.position.saturating_add(buffer.len() as u64));
        let start = self.position.min(end);
        let bytes = self.media.read_blocking(start..end).map_err(std::io::Error::other)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for MediaReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.media.size_bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
