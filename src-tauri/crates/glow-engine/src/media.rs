//! Bytes for a screen: previews, originals and moving parts, by range.
//!
//! A clip is played before all of it is here: a range is answered from the pieces that are, and waits, bounded, for those that
//! are not, which are fetched before everything else. One that is being recorded is read to its end by [`Tail`].
//!
//! What others sent is checked before it is handed to a screen: a preview by a limited decode, an original by its structure,
//! a clip that is on its way by its first bytes.
//! The type that is told is the one its bytes have, never the one its author claims; what is no picture or clip is told as a
//! stream of bytes, which no screen renders.

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use glow_api::{ApiError, Caller, ErrorCode, MediaPart};
use glow_media::{Format, PreviewKind, SNIFF_BYTES};
use glow_model::{BlobRef, DeviceId, MomentKind, OperationId, limits};
use glow_store::{BlobWant, MomentRow, Part, Tier};
use tokio::time::{Instant, timeout_at};

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    guest::require_owner,
    pipeline::{
        clip,
        fetch::{FetchInput, Played},
    },
};

/// The most that one read answers.
const READ_BYTES: u64 = 1024 * 1024;
/// What an original may measure to be rendered by a screen.
const MAX_RENDERED_PIXELS: u64 = 100_000_000;
const BYTES: &str = "application/octet-stream";

/// How long a read waits for bytes that are not here.
const PATIENCE: Duration = Duration::from_secs(30);
/// How far ahead of what is read bytes are asked for, in segments.
const READ_AHEAD: usize = 2;

/// A part of a moment that is on this device, or of a clip that is on its way.
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
    /// Whether it is a clip that is being recorded: it has no end yet, and is read by [`Media::tail`].
    pub is_growing: bool,
    /// Whether it stays as it is: a clip that nobody closed may go on.
    pub is_final: bool,
    group: Arc<Group>,
    moment: OperationId,
    author: DeviceId,
    sort_ms: u64,
    pub(crate) segments: Arc<[BlobRef]>,
    /// Whether all of it is here.
    pub(crate) is_here: bool,
}

impl Engine {
    /// A part of a moment, for reading by ranges.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownMoment`]; [`ErrorCode::NotHere`] when it has not arrived; [`ErrorCode::DamagedFile`] when what
    /// arrived is not what a screen should decode.
    pub async fn media(&self, caller: Caller, group: &str, moment: &str, part: MediaPart) -> Result<Media, ApiError> {
        require_owner(caller)?;
        let group = self.group(group)?;
        let id: OperationId = moment.parse().map_err(|_| bad_request("the moment id is malformed"))?;
        blocking(move || Media::find(&group, id, part)).await
    }
}

impl Media {
    fn find(group: &Arc<Group>, id: OperationId, part: MediaPart) -> ApiResult<Self> {
        let unknown = || ApiError::new(ErrorCode::UnknownMoment, "there is no such moment");
        let shown = group.store.moment(id).map_err(IntoApi::into_api)?;
        // What waits for review is shown nowhere and looked at all the same, by those who are to decide.
        let row = match shown {
            Some(row) => row,
            None => group.store.moments(&[id]).map_err(IntoApi::into_api)?.pop().ok_or_else(unknown)?,
        };
        Self::of(group, row, part)
    }

    /// A part of a moment that is on the timeline, or nothing when it is not here or nothing that a screen should show.
    pub(crate) fn of(group: &Arc<Group>, row: MomentRow, part: MediaPart) -> ApiResult<Self> {
        let segments = segments(group, &row, store_part(part))?;
        let is_here = segments.iter().all(|segment| group.blobs.is_complete(segment.id));
        let is_unclosed = row.unclosed && part == MediaPart::Original;
        let may_come = part == MediaPart::Motion || (part == MediaPart::Original && row.kind == MomentKind::Clip);
        if segments.is_empty() || !(is_here || may_come) {
            return Err(ApiError::new(ErrorCode::NotHere, "it has not arrived on this device yet"));
        }
        let etag = segments.first().map(|segment| format!("\"{}-{}\"", segment.id, segments.len())).unwrap_or_default();
        let mut media = Self {
            media_type: "image/jpeg".to_owned(),
            size_bytes: segments.iter().map(|segment| segment.size).sum(),
            file_name: file_name(&row, part),
            etag,
            is_growing: is_unclosed && clip::is_recording(row.heard_ms.unwrap_or(row.received_ms)),
            is_final: !is_unclosed,
            group: group.clone(),
            moment: row.id,
            author: row.author,
            sort_ms: row.sort_ms,
            segments: segments.into(),
            is_here,
        };
        match part {
            MediaPart::Grid => media.check_preview(PreviewKind::Grid)?,
            MediaPart::Screen => media.check_preview(PreviewKind::Screen)?,
            MediaPart::Original | MediaPart::Motion => media.media_type = media.rendered_type(),
        }
        Ok(media)
    }

    /// Reads a range: at most 1 MiB of it, from its start. What is not here is asked for and waited for.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`] for a range outside, [`ErrorCode::DataDamaged`] when the disk lost bytes,
    /// [`ErrorCode::NotHere`] when nobody brought them in time.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytes, ApiError> {
        let mut arrivals = self.group.arrivals();
        let end = Instant::now() + PATIENCE;
        let mut has_asked = false;
        loop {
            arrivals.mark_unchanged();
            let (this, wanted) = (self.clone(), range.clone());
            match blocking(move || this.read_blocking(wanted)).await {
                Err(error) if error.code == ErrorCode::NotHere && !self.is_here => {
                    if !std::mem::replace(&mut has_asked, true) {
                        self.play(range.start).await;
                    }
                    if !matches!(timeout_at(end, arrivals.changed()).await, Ok(Ok(()))) {
                        return Err(error);
                    }
                }
                done => return done.map(Bytes::from),
            }
        }
    }

    /// The bytes of a clip that is being recorded, from its beginning or from where a player can begin that joins now, to
    /// its end.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tail(&self, joins_now: bool) -> Result<Tail, ApiError> {
        let (group, clip) = (self.group.clone(), self.moment);
        let first = blocking(move || {
            let rows = if joins_now { group.store.fragments(clip, 0, limits::SEGMENTS)? } else { Vec::new() };
            let begins = rows.iter().rev().find(|row| row.body.begins).map(|row| row.index);
            Ok::<_, glow_store::StoreError>(begins.filter(|begins| *begins > 1))
        })
        .await?;
        Ok(Tail { media: self.clone(), next: 0, then: first.and_then(|index| usize::try_from(index).ok()) })
    }

    /// Has what stands at an offset fetched before everything else, and what follows it.
    async fn play(&self, offset: u64) {
        let mut start = 0;
        let mut played = Vec::new();
        for (segment, place) in self.segments.iter().zip(1..) {
            let end = start + segment.size;
            if end > offset && played.len() <= READ_AHEAD {
                let from = offset.saturating_sub(start) / glow_blobs::PIECE_BYTES;
                let want = BlobWant {
                    blob: segment.clone(),
                    moment: self.moment,
                    part: Part::Original,
                    tier: Tier::Original,
                    sort_ms: self.sort_ms,
                    author: self.author,
                };
                let from_piece = u32::try_from(from).unwrap_or(0);
                played.push(Played { want, place, from_piece, holder: None });
            }
            start = end;
        }
        self.group.tell_fetch(FetchInput::Play(played)).await;
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
        if self.is_growing || !self.is_here {
            return self.head_type();
        }
        let key = self.segments.first().map(|segment| segment.id);
        if let Some(known) = key.and_then(|key| self.group.rendered_types.get(&key)) {
            return known;
        }
        let media_type = self.probed_type();
        // What could not be read is looked at again the next time.
        if let Some(key) = key.filter(|_| media_type != BYTES) {
            self.group.rendered_types.insert(key, media_type.clone());
        }
        media_type
    }

    /// Of a clip that is being recorded or on its way: looking further than at its first bytes would wait for what nobody plays yet.
    fn head_type(&self) -> String {
        let head = 0..SNIFF_BYTES.min(self.size_bytes);
        // Only the blocking pool asks.
        let head = tokio::runtime::Handle::current().block_on(self.read(head));
        let format = head.ok().and_then(|head| Format::sniff(&head)).filter(|format| format.is_clip());
        format.map_or(BYTES, Format::media_type).to_owned()
    }

    fn probed_type(&self) -> String {
        match glow_media::probe(&mut MediaReader { media: self, position: 0 }) {
            Ok(probe) if u64::from(probe.width) * u64::from(probe.height) <= MAX_RENDERED_PIXELS => {
                probe.format.media_type().to_owned()
            }
            Ok(_) | Err(_) => BYTES.to_owned(),
        }
    }

    /// One segment of it, as if it were all.
    fn only(&self, segment: &BlobRef) -> Self {
        Self { size_bytes: segment.size, segments: [segment.clone()].into(), is_here: false, ..self.clone() }
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

/// A clip that is being recorded, on its way to one player.
#[derive(Debug)]
pub struct Tail {
    media: Media,
    next: usize,
    /// Where to go on behind the first segment, which prepares a player.
    then: Option<usize>,
}

impl Tail {
    /// The next segment; nothing when the clip is closed and was read to its end, or when nothing comes any more.
    ///
    /// # Errors
    /// [`ErrorCode::NotHere`] when nobody brought its bytes in time.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let mut arrivals = self.media.group.arrivals();
        let end = Instant::now() + Duration::from_millis(clip::RECORDING_MS);
        let segment = loop {
            arrivals.mark_unchanged();
            let (group, id) = (self.media.group.clone(), self.media.moment);
            let (segments, is_growing) = blocking(move || {
                let segments = group.store.segments(id, Part::Original)?;
                Ok::<_, glow_store::StoreError>((segments, group.store.clip(id)?.is_some_and(|clip| clip.unclosed)))
            })
            .await?;
            match segments.get(self.next) {
                Some(segment) => break segment.clone(),
                None if !is_growing => return Ok(None),
                None => {}
            }
            if !matches!(timeout_at(end, arrivals.changed()).await, Ok(Ok(()))) {
                return Ok(None);
            }
        };
        self.next = self.then.take().unwrap_or(self.next + 1);
        let one = self.media.only(&segment);
        let mut bytes = BytesMut::new();
        while (bytes.len() as u64) < segment.size {
            bytes.extend_from_slice(&one.read(bytes.len() as u64..segment.size).await?);
        }
        Ok(Some(bytes.freeze()))
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

/// Reads a part that is here like a file, for probing.
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
