//! The check that a preview from somebody else passes before it is shown or kept.
//!
//! Honest previews are made by this crate: baseline JPEG with nothing but tables and one frame. Anything else is refused,
//! whatever a browser might make of it: progressive scans, metadata, bytes behind the end.

use std::io::Cursor;

use turbojpeg::{Decompressor, Image, PixelFormat};

use crate::container::jpeg::{self, Frame, Jpeg};
use crate::error::MediaError;
use crate::limits;
use crate::source::Source;

/// Which preview was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewKind {
    /// For the grid.
    Grid,
    /// For the screen.
    Screen,
}

/// Decodes a received preview under its limits and returns its width and height.
///
/// # Errors
/// [`MediaError::TooLarge`] or [`MediaError::BadPreview`] for what no honest device makes; [`MediaError::Jpeg`] when it
/// does not decode.
pub fn check_preview(bytes: &[u8], kind: PreviewKind) -> Result<(u32, u32), MediaError> {
    let limit = match kind {
        PreviewKind::Grid => limits::GRID_BYTES,
        PreviewKind::Screen => limits::SCREEN_BYTES,
    };
    if bytes.len() > limit {
        return Err(MediaError::TooLarge { what: "preview in bytes", limit: limit as u64 });
    }
    let frame = check_structure(bytes)?;
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let mut pixels = vec![0; width * height * 3];
    let target = Image { pixels: pixels.as_mut_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB };
    Decompressor::new()?.decompress(bytes, target)?;
    Ok((frame.width.into(), frame.height.into()))
}

fn check_structure(bytes: &[u8]) -> Result<Frame, MediaError> {
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor)?;
    let window = source.whole();
    let mut structure = Jpeg::open(&mut source, window)?;
    let end = structure.finish(&mut source, window)?;
    let frame = structure.frame.ok_or(MediaError::BadPreview { rule: "it has a frame" })?;
    let frames = structure.segments.iter().filter(|segment| matches!(segment.marker, 0xC0..=0xC3 | 0xC5..=0xCF));
    let kept = [jpeg::APP0, jpeg::APP14, 0xC0, 0xC4, 0xDA, 0xDB, 0xDD];
    let longest = u32::from(frame.width.max(frame.height));
    let rules = [
        ("it is baseline", frame.marker == 0xC0 && frame.precision == 8 && frames.count() == 1),
        ("it is grey or colour", matches!(frame.components, 1 | 3)),
        ("its sides are 1 to 2048 pixels", frame.width.min(frame.height) > 0 && longest <= limits::PREVIEW_SIDE),
        ("it holds no metadata", structure.segments.iter().all(|segment| kept.contains(&segment.marker))),
        ("it has one stream of segments", !structure.has_stray_bytes),
        ("it ends where the picture ends", end == window.end && bytes.ends_with(&[0xFF, 0xD9])),
    ];
    match rules.into_iter().find(|(_, holds)| !holds) {
        Some((rule, _)) => Err(MediaError::BadPreview { rule }),
        None => Ok(frame),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use turbojpeg::Subsamp;

    use super::*;
    use crate::fixtures::{jpeg_with_segments, picture, plain_jpeg, segment};

    fn rule(bytes: &[u8]) -> &'static str {
        match check_preview(bytes, PreviewKind::Screen) {
            Err(MediaError::BadPreview { rule }) => rule,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn honest_previews_pass() {
        let jpeg = plain_jpeg(&picture(320, 240), Subsamp::Sub2x2, false);
        assert_eq!(check_preview(&jpeg, PreviewKind::Grid).unwrap(), (320, 240));
        let grey = plain_jpeg(&picture(320, 240), Subsamp::Gray, false);
        assert_eq!(check_preview(&grey, PreviewKind::Grid).unwrap(), (320, 240));
    }

    #[test]
    fn sides_are_limited_at_2048() {
        let at_limit = plain_jpeg(&picture(2048, 4), Subsamp::Sub2x2, false);
        assert_eq!(check_preview(&at_limit, PreviewKind::Screen).unwrap(), (2048, 4));
        for width in [2049, 60_000] {
            let beyond = plain_jpeg(&picture(width, 4), Subsamp::Sub2x2, false);
            assert_eq!(rule(&beyond), "its sides are 1 to 2048 pixels");
        }
    }

    #[test]
    fn bytes_are_limited_per_kind() {
        for (kind, limit) in [(PreviewKind::Grid, limits::GRID_BYTES), (PreviewKind::Screen, limits::SCREEN_BYTES)] {
            for len in [limit + 1, limit * 100] {
                let outcome = check_preview(&vec![0xFF; len], kind);
                assert!(matches!(outcome, Err(MediaError::TooLarge { .. })), "{outcome:?}");
            }
            assert!(matches!(check_preview(&vec![0xFF; limit], kind), Err(MediaError::Malformed { .. })));
        }
    }

    #[test]
    fn anything_unusual_is_refused() {
        let picture = picture(64, 48);
        assert_eq!(rule(&plain_jpeg(&picture, Subsamp::Sub2x2, true)), "it is baseline");
        let with_text = jpeg_with_segments(&picture, &[segment(0xFE, b"<script>")]);
        assert_eq!(rule(&with_text), "it holds no metadata");
        let mut with_tail = plain_jpeg(&picture, Subsamp::Sub2x2, false);
        with_tail.extend(b"<html>");
        assert_eq!(rule(&with_tail), "it ends where the picture ends");
        let mut cut = plain_jpeg(&picture, Subsamp::Sub2x2, false);
        cut.truncate(cut.len() - 20);
        assert_eq!(rule(&cut), "it ends where the picture ends");
    }
}
