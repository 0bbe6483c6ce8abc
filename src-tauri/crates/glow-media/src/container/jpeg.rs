//! JPEG marker segments (ITU-T T.81 annex B) up to the end of the image, and what lies behind it.

use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

pub(crate) const EXIF: &[u8] = b"Exif\0";
pub(crate) const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
pub(crate) const ICC: &[u8] = b"ICC_PROFILE\0";
pub(crate) const APP0: u8 = 0xE0;
pub(crate) const APP1: u8 = 0xE1;
pub(crate) const APP2: u8 = 0xE2;
pub(crate) const APP12: u8 = 0xEC;
pub(crate) const APP13: u8 = 0xED;
pub(crate) const APP14: u8 = 0xEE;
pub(crate) const APP15: u8 = 0xEF;
pub(crate) const COMMENT: u8 = 0xFE;
const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const SCAN_BYTES: usize = 64 << 10;

/// A marker segment with a length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) marker: u8,
    pub(crate) body: Span,
}

/// The frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) marker: u8,
    pub(crate) precision: u8,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) components: u8,
}

/// The segments of one JPEG image.
#[derive(Debug, Default)]
pub(crate) struct Jpeg {
    pub(crate) segments: Vec<Segment>,
    pub(crate) frame: Option<Frame>,
    /// Components of the first scan: fewer than the frame's mean that a decoder keeps the whole picture in memory.
    pub(crate) first_scan_components: u8,
    /// Where the entropy-coded data of the first scan starts.
    scan_start: Option<u64>,
    /// Bytes between segments that belong to none.
    pub(crate) has_stray_bytes: bool,
}

impl Jpeg {
    /// Reads the segments up to the first scan.
    pub(crate) fn open(source: &mut Source<'_>, window: Span) -> Result<Self, MediaError> {
        if window.len() < 4 || source.array(window.start)? != [0xFF, SOI] {
            return Err(MediaError::malformed("JPEG"));
        }
        let mut jpeg = Self::default();
        let mut at = window.start + 2;
        while at + 4 <= window.end && jpeg.segments.len() < limits::SIBLINGS {
            let [prefix, marker] = source.array(at)?;
            if prefix != 0xFF {
                jpeg.has_stray_bytes = true;
                at += 1;
                continue;
            }
            match marker {
                0xFF => at += 1,
                EOI => break,
                0x00 | 0x01 | SOI | 0xD0..=0xD7 => at += 2,
                _ => {
                    let Some(segment) = segment(source, window, at)? else {
                        break;
                    };
                    jpeg.note(source, segment)?;
                    at = segment.body.end;
                    if marker == SOS {
                        jpeg.scan_start = Some(at);
                        break;
                    }
                }
            }
        }
        Ok(jpeg)
    }

    /// Follows the scans to the end of the image, collecting segments between them; returns where the image ends.
    pub(crate) fn finish(&mut self, source: &mut Source<'_>, window: Span) -> Result<u64, MediaError> {
        let Some(mut at) = self.scan_start else {
            return Ok(self.segments.last().map_or(window.end, |segment| (segment.body.end + 2).min(window.end)));
        };
        while let Some((marker, found)) = next_marker(source, Span::new(at, window.end))? {
            if marker == EOI {
                return Ok(found + 2);
            }
            let Some(segment) = segment(source, window, found)? else {
                break;
            };
            self.note(source, segment)?;
            if self.segments.len() >= limits::SIBLINGS {
                return Err(MediaError::TooComplex);
            }
            at = segment.body.end;
        }
        Ok(window.end)
    }

    /// The segments of one marker whose body starts with `prefix`, given without it.
    pub(crate) fn bodies(&self, source: &mut Source<'_>, marker: u8, prefix: &[u8]) -> Result<Vec<Span>, MediaError> {
        let mut found = Vec::new();
        for segment in self.segments.iter().filter(|segment| segment.marker == marker) {
            if starts_with(source, segment.body, prefix)? {
                found.push(segment.body.from(prefix.len() as u64));
            }
        }
        Ok(found)
    }

    /// The TIFF block of the first EXIF segment.
    pub(crate) fn exif(&self, source: &mut Source<'_>) -> Result<Option<Span>, MediaError> {
        Ok(self.bodies(source, APP1, EXIF)?.first().map(|body| body.from(1)))
    }

    fn note(&mut self, source: &mut Source<'_>, segment: Segment) -> Result<(), MediaError> {
        let body = segment.body;
        let is_frame = matches!(segment.marker, 0xC0..=0xCF) && !matches!(segment.marker, 0xC4 | 0xC8 | 0xCC);
        if is_frame && self.frame.is_none() && body.len() >= 6 {
            let [precision, h0, h1, w0, w1, components] = source.array(body.start)?;
            self.frame = Some(Frame {
                marker: segment.marker,
                precision,
                width: u16::from_be_bytes([w0, w1]),
                height: u16::from_be_bytes([h0, h1]),
                components,
            });
        }
        if segment.marker == SOS && self.scan_start.is_none() && !body.is_empty() {
            self.first_scan_components = source.u8(body.start)?;
        }
        self.segments.push(segment);
        Ok(())
    }
}

pub(crate) fn starts_with(source: &mut Source<'_>, span: Span, prefix: &[u8]) -> Result<bool, MediaError> {
    Ok(source.head(span, prefix.len() as u64)? == prefix)
}

/// The segment whose marker stands at `at`; its body is cut to the window. `None` without room for a length.
fn segment(source: &mut Source<'_>, window: Span, at: u64) -> Result<Option<Segment>, MediaError> {
    if at + 4 > window.end {
        return Ok(None);
    }
    let [_, marker, l0, l1] = source.array(at)?;
    let len = u64::from(u16::from_be_bytes([l0, l1])).max(2);
    let body = Span::new(at + 4, (at + 2 + len).min(window.end));
    Ok(Some(Segment { marker, body }))
}

/// The next marker in entropy-coded data that is neither stuffing nor a restart.
fn next_marker(source: &mut Source<'_>, window: Span) -> Result<Option<(u8, u64)>, MediaError> {
    let mut at = window.start;
    let mut buf = vec![0; SCAN_BYTES];
    while at + 2 <= window.end {
        let len = (window.end - at).min(SCAN_BYTES as u64) as usize;
        source.read(at, &mut buf[..len])?;
        let pairs = buf[..len].windows(2).enumerate();
        let mut markers = pairs.filter(|(_, pair)| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF));
        if let Some((n, pair)) = markers.next() {
            return Ok(Some((pair[1], at + n as u64)));
        }
        at += len as u64 - 1;
    }
    Ok(None)
}
