//! Fragmented MP4: `ftyp` and `moov` prepare a player; then each `moof` with its `mdat` plays.

use super::{NotStreamable, Unit};
use crate::container::bmff::{self, Box4};
use crate::container::movie::{self, Track};
use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// The clock of a recording: its video track, or the first there is.
#[derive(Debug, Clone, Copy)]
struct Clock {
    track: u32,
    timescale: u32,
    default_duration: u64,
}

#[derive(Default)]
pub(super) struct Walker {
    clock: Option<Clock>,
    /// Whether what comes next stands behind the media of a fragment.
    is_behind_media: bool,
    has_begun: bool,
    end_ms: u64,
}

impl Walker {
    pub(super) fn next(&mut self, ahead: &[u8]) -> Result<Option<Unit>, NotStreamable> {
        let Some((kind, bytes)) = header(ahead)? else {
            return Ok(None);
        };
        let is_media = &kind == b"mdat";
        if !is_media && bytes > limits::PART_BYTES as u64 {
            return Err(NotStreamable::Container);
        }
        if !is_media && (ahead.len() as u64) < bytes {
            return Ok(None);
        }
        let unit = &ahead[..usize::try_from(bytes).unwrap_or(usize::MAX).min(ahead.len())];
        let mut begins = None;
        match (&kind, self.clock.is_some()) {
            (b"moov", false) => self.clock = Some(read_clock(unit)?),
            // Samples that a later header places, or pictures that nothing prepared: no stream.
            (b"moov", true) | (b"mdat" | b"moof", false) | (b"meta" | b"idat" | b"mpvd", _) => {
                return Err(NotStreamable::Container);
            }
            (b"moof", true) => begins = Some(self.read_fragment(unit)?),
            _ => {}
        }
        let leads = self.clock.is_some() && matches!(&kind, b"moof" | b"styp" | b"sidx" | b"prft" | b"emsg");
        let was_behind_media = std::mem::replace(&mut self.is_behind_media, is_media);
        let cuts = leads && (was_behind_media || !self.has_begun);
        self.has_begun |= leads;
        let at_ms = is_media.then_some(self.end_ms);
        Ok(Some(Unit { bytes, is_looked_at: !is_media, cuts, begins, ends_part: is_media, at_ms }))
    }

    /// Notes where the fragment ends, and answers whether its pictures begin with a whole one.
    fn read_fragment(&mut self, moof: &[u8]) -> Result<bool, NotStreamable> {
        let Some(clock) = self.clock else {
            return Err(NotStreamable::Container);
        };
        let mut reader = std::io::Cursor::new(moof);
        let mut source = Source::new(&mut reader)?;
        let body = top(&mut source)?.body;
        if let Some(end) = movie::fragments_end(&mut source, &[body], clock.default_duration, clock.track)? {
            let ms = u128::from(end) * 1_000 / u128::from(clock.timescale.max(1));
            self.end_ms = self.end_ms.max(u64::try_from(ms).unwrap_or(u64::MAX));
        }
        Ok(movie::begins_with_sync(&mut source, body, clock.track)?)
    }
}

/// Name and length of the box at the start; nothing while its header is not there.
fn header(ahead: &[u8]) -> Result<Option<([u8; 4], u64)>, NotStreamable> {
    let Some([s0, s1, s2, s3, kind @ ..]) = ahead.first_chunk::<8>().copied() else {
        return Ok(None);
    };
    let (least, bytes) = match u32::from_be_bytes([s0, s1, s2, s3]) {
        // As long as the file: it is written at the end.
        0 => return Err(NotStreamable::Container),
        1 => match ahead.get(8..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(size) => (16, u64::from_be_bytes(*size)),
            None => return Ok(None),
        },
        size => (8, size.into()),
    };
    if bytes < least || bytes > limits::FILE_BYTES { Err(NotStreamable::Container) } else { Ok(Some((kind, bytes))) }
}

fn read_clock(moov: &[u8]) -> Result<Clock, NotStreamable> {
    let mut reader = std::io::Cursor::new(moov);
    let mut source = Source::new(&mut reader)?;
    let body = top(&mut source)?.body;
    let children = bmff::boxes(&mut source, body)?;
    // Without it all samples stand in this header: the file was complete when it was written.
    let mvex = children.find(b"mvex").ok_or(NotStreamable::Container)?;
    let mut tracks = Vec::new();
    for trak in children.all(b"trak") {
        tracks.push(Track::read(&mut source, trak.body)?);
    }
    let track = tracks.iter().find(|track| track.is_video()).ok_or(NotStreamable::Container)?;
    let default_duration = movie::default_duration(&mut source, mvex.body, track.id)?;
    Ok(Clock { track: track.id, timescale: track.timescale, default_duration })
}

fn top(source: &mut Source<'_>) -> Result<Box4, MediaError> {
    let whole: Span = source.whole();
    bmff::boxes(source, whole)?.list.first().copied().ok_or(MediaError::malformed("box"))
}
