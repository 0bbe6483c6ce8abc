//! How a picture looks, in 64 bits: pictures that differ in few of them look alike.

use turbojpeg::{Decompressor, Image, PixelFormat};

use crate::error::MediaError;
use crate::received::{PreviewKind, check_preview};

/// Cells of the grid: each row of nine gives eight comparisons.
const COLUMNS: usize = 9;
const ROWS: usize = 8;
/// Fewer bits than this, set or unset, say nothing: a black frame resembles every other.
const TELLING_BITS: u32 = 5;

/// The difference hash of a grid preview: for each of 8 by 8 places, whether it is darker to the right. Nothing when the
/// picture is too even to say anything.
///
/// # Errors
/// As [`check_preview`].
pub fn look(jpeg: &[u8]) -> Result<Option<u64>, MediaError> {
    let (width, height) = check_preview(jpeg, PreviewKind::Grid)?;
    let (width, height) = (width as usize, height as usize);
    let mut pixels = vec![0; width * height];
    let target = Image { pixels: pixels.as_mut_slice(), width, pitch: width, height, format: PixelFormat::GRAY };
    Decompressor::new()?.decompress(jpeg, target)?;
    Ok(hash(&pixels, width, height))
}

fn hash(grey: &[u8], width: usize, height: usize) -> Option<u64> {
    if width < COLUMNS || height < ROWS {
        return None;
    }
    let mean = |column: usize, row: usize| {
        let (left, right) = (column * width / COLUMNS, (column + 1) * width / COLUMNS);
        let (top, bottom) = (row * height / ROWS, (row + 1) * height / ROWS);
        let sum: u64 =
            (top..bottom).flat_map(|y| &grey[y * width + left..y * width + right]).map(|pixel| u64::from(*pixel)).sum();
        sum / ((right - left) * (bottom - top)) as u64
    };
    let mut bits = 0_u64;
    for row in 0..ROWS {
        for column in 1..COLUMNS {
            // One step of brightness is noise.
            bits = bits << 1 | u64::from(mean(column - 1, row) > mean(column, row) + 1);
        }
    }
    (TELLING_BITS..=64 - TELLING_BITS).contains(&bits.count_ones()).then_some(bits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use turbojpeg::Subsamp;

    use super::*;
    use crate::fixtures::{picture, plain_jpeg};

    #[test]
    fn the_same_picture_smaller_looks_alike_and_another_does_not() {
        let look_of = |width, height| look(&plain_jpeg(&picture(width, height), Subsamp::Sub2x2, false)).unwrap();
        let (large, small) = (look_of(320, 240), look_of(160, 120));
        if let (Some(large), Some(small)) = (large, small) {
            assert!((large ^ small).count_ones() <= 6, "{large:x} {small:x}");
        }
        let stripes = |phase: usize| -> Vec<u8> {
            (0..90 * 80)
                .map(|at: usize| if (at % 90 / 10 + at / 900 + phase).is_multiple_of(2) { 20 } else { 200 })
                .collect()
        };
        let (one, other) = (hash(&stripes(0), 90, 80).unwrap(), hash(&stripes(1), 90, 80).unwrap());
        assert!((one ^ other).count_ones() > 32, "{one:x} {other:x}");
    }

    #[test]
    fn an_even_picture_says_nothing() {
        assert_eq!(hash(&[9; 320 * 240], 320, 240), None);
        assert_eq!(hash(&[9; 8], 4, 2), None);
    }
}
