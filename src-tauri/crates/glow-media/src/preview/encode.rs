//! Encoding: baseline JPEG within a size, and the placeholder.

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::PreviewJpeg;
use super::scale::Picture;
use crate::error::MediaError;

/// Qualities, best first, each with how much a picture weighs in it against the best, in percent. The last one keeps even
/// noise below a bit a pixel.
const QUALITIES: [(i32, usize); 6] = [(82, 100), (74, 82), (64, 68), (50, 55), (32, 40), (WORST, 20)];
const WORST: i32 = 12;

/// Encodes with the best quality that stays within `aim_bytes`, as far as the first encoding tells, or else within
/// `limit_bytes`.
pub(super) fn preview(picture: &Picture, aim_bytes: usize, limit_bytes: usize) -> Result<PreviewJpeg, MediaError> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let mut encoder = Compressor::new()?;
    encoder.set_subsamp(Subsamp::Sub2x2)?;
    let mut fitting = None;
    let mut best_bytes = None;
    for (quality, percent) in QUALITIES {
        // Each encoding takes time that somebody waits for: one that will not do is not made, unless none did so far.
        let is_needed = fitting.is_none() && quality == WORST;
        if !is_needed && best_bytes.is_some_and(|best_bytes: usize| best_bytes * percent / 100 > aim_bytes) {
            continue;
        }
        encoder.set_quality(quality)?;
        let source =
            Image { pixels: picture.rgb.as_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB };
        let bytes = encoder.compress_to_vec(source)?;
        best_bytes = best_bytes.or(Some(bytes.len()));
        let (aimed, fits) = (bytes.len() <= aim_bytes, bytes.len() <= limit_bytes);
        if fits {
            fitting = Some(bytes);
        }
        if aimed {
            break;
        }
    }
    let bytes = fitting.ok_or(MediaError::PreviewTooLarge { limit: limit_bytes })?;
    Ok(PreviewJpeg { width: picture.width, height: picture.height, bytes })
}

/// The ThumbHash of a picture of at most 100 by 100 pixels.
pub(super) fn placeholder(picture: &Picture) -> Vec<u8> {
    let rgba: Vec<u8> = picture.rgb.as_chunks().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
    thumbhash::rgba_to_thumb_hash(picture.width as usize, picture.height as usize, &rgba)
}
