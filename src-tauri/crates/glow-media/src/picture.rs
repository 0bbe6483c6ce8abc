//! Pictures out of nothing, for rehearsals: no two are alike, and each is as large as a photo that a guest might take.

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::error::MediaError;

const WIDTH: usize = 2_400;
const HEIGHT: usize = 1_600;
const QUALITY: i32 = 88;
/// Colours of an evening; two of them and a sun make a picture.
const SKIES: [[u8; 3]; 6] =
    [[244, 116, 59], [122, 64, 140], [32, 52, 110], [255, 180, 136], [44, 120, 132], [200, 70, 84]];

/// A landscape at dusk, as JPEG. The same number gives the same picture.
///
/// # Errors
/// When the encoder fails.
pub fn picture(number: u32) -> Result<Vec<u8>, MediaError> {
    drawn(number, WIDTH, HEIGHT)
}

/// What a guest's page makes of such a picture before it sends it: one of a screen's size.
///
/// # Errors
/// When the encoder fails.
pub fn picture_preview(number: u32) -> Result<Vec<u8>, MediaError> {
    drawn(number, WIDTH * 2 / 3, HEIGHT * 2 / 3)
}

fn drawn(number: u32, width: usize, height: usize) -> Result<Vec<u8>, MediaError> {
    let at = |shift: u32| SKIES[(number.wrapping_mul(shift * 2 + 1) as usize / 7 + shift as usize) % SKIES.len()];
    let (above, below) = (at(1), at(2));
    let sun = ((number as usize * 397) % width, height / 4 + (number as usize * 211) % (height / 2));
    let mut noise = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            // xorshift: grain, so that the picture takes as many bytes as one of a camera.
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            let grain = (noise & 15) as i32 - 8;
            let hills = height * 3 / 4 + ((x + number as usize * 131) % 600).abs_diff(300) / 3;
            let far = x.abs_diff(sun.0).pow(2) + y.abs_diff(sun.1).pow(2);
            for (high, low) in above.iter().zip(&below) {
                let sky = (usize::from(*high) * (height - y) + usize::from(*low) * y) / height;
                let light = if far < 140 * 140 { 255 } else { sky + 9_000_000 / (far + 60_000) };
                let value = if y > hills { sky / 4 } else { light };
                rgb.push(i32::try_from(value).unwrap_or(255).saturating_add(grain).clamp(0, 255) as u8);
            }
        }
    }
    let mut encoder = Compressor::new()?;
    encoder.set_subsamp(Subsamp::Sub2x2)?;
    encoder.set_quality(QUALITY)?;
    let image = Image { pixels: rgb.as_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB };
    Ok(encoder.compress_to_vec(image)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use super::*;
    use crate::{Format, is_cut_short, probe};

    #[test]
    fn every_number_is_another_picture_and_a_whole_one() {
        let (one, other) = (picture(1).unwrap(), picture(2).unwrap());
        assert_ne!(one, other);
        assert_eq!(one, picture(1).unwrap());
        let probe = probe(&mut Cursor::new(&one)).unwrap();
        assert_eq!((probe.format, probe.width, probe.height), (Format::Jpeg, 2_400, 1_600));
        assert!(!is_cut_short(&mut Cursor::new(&one)).unwrap());
        assert!(is_cut_short(&mut Cursor::new(&one[..one.len() - 2])).unwrap());
    }
}
