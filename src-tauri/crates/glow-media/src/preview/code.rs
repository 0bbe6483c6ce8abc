//! QR codes in photos. One look at a small grey picture: a code that fills a fair part of the photo is found, at the cost of
//! a few milliseconds for every photo that shows none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image};
use rqrr::PreparedImage;

use super::scale::Picture;
use crate::error::MediaError;
use crate::limits;

/// The text of the first code that reads.
pub(super) fn find(picture: &Picture) -> Result<Option<String>, MediaError> {
    let grey = grey(picture)?;
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let pixels = grey.buffer();
    let read = || {
        let mut prepared = PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
        let grids = prepared.detect_grids();
        let texts = grids.into_iter().take(limits::CODES).filter_map(|grid| grid.decode().ok());
        texts.map(|(_, text)| text).find(|text| text.len() <= limits::CODE_BYTES)
    };
    // Whatever its reader stumbles over, the photo itself is fine.
    Ok(catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        tracing::debug!("a picture that no QR code can be looked for in");
        None
    }))
}

/// Luma (BT.601), scaled so that the long side is at most [`limits::CODE_SIDE`].
fn grey(picture: &Picture) -> Result<Image<'static>, MediaError> {
    let luma = |[r, g, b]: &[u8; 3]| ((u32::from(*r) * 77 + u32::from(*g) * 150 + u32::from(*b) * 29) >> 8) as u8;
    let pixels = picture.rgb.as_chunks::<3>().0.iter().map(luma).collect();
    let whole = Image::from_vec_u8(picture.width, picture.height, pixels, PixelType::U8)
        .expect("a picture holds width x height pixels");
    let long = picture.width.max(picture.height);
    if long <= limits::CODE_SIDE {
        return Ok(whole);
    }
    let scaled = |length: u32| (length * limits::CODE_SIDE / long).max(1);
    let mut small = Image::new(scaled(picture.width), scaled(picture.height), PixelType::U8);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&whole, &mut small, &options)?;
    Ok(small)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use qrcode::{Color, EcLevel, QrCode};

    use super::*;

    const TEXT: &str = "AFTERGLOW:C1:1764270000000:ABCDEFGH";

    /// A photo of a screen that shows the code: brighter to one side, seen at an angle, with grain.
    struct Photo {
        width: u32,
        height: u32,
        /// Width of the code with its border, part of the photo's height.
        part: f32,
        turned: f32,
        slanted: f32,
        blur: usize,
        grain: u32,
    }

    impl Default for Photo {
        fn default() -> Self {
            Self { width: 1600, height: 1200, part: 0.6, turned: 0.0, slanted: 0.0, blur: 0, grain: 0 }
        }
    }

    impl Photo {
        fn take(&self) -> Picture {
            let code = QrCode::with_error_correction_level(TEXT, EcLevel::M).unwrap();
            let (modules, colours) = (code.width() as f32, code.to_colors());
            let side = self.part * self.height as f32;
            let (sin, cos) = self.turned.to_radians().sin_cos();
            let mut state = 7_u32;
            let mut rgb = Vec::new();
            for y in 0..self.height {
                for x in 0..self.width {
                    let (u, v) = (x as f32 - self.width as f32 / 2.0, y as f32 - self.height as f32 / 2.0);
                    let far = 1.0 + self.slanted * u / self.width as f32;
                    let (u, v) = ((u * cos + v * sin) * far, (v * cos - u * sin) * far);
                    let at = |w: f32| (w / side + 0.5) * (modules + 8.0) - 4.0;
                    let (column, row) = (at(u).floor(), at(v).floor());
                    let inside = |place: f32, border: f32| place >= -border && place < modules + border;
                    let light = if inside(column, 0.0) && inside(row, 0.0) {
                        match colours[(row * modules + column) as usize] {
                            Color::Dark => 45,
                            Color::Light => 205,
                        }
                    } else if inside(column, 4.0) && inside(row, 4.0) {
                        205
                    } else {
                        90
                    };
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = (state >> 16) % (2 * self.grain + 1);
                    let light = (light * (10 + 6 * x / self.width) / 14 + noise).saturating_sub(self.grain).min(255);
                    rgb.extend([light as u8; 3]);
                }
            }
            let mut picture = Picture { width: self.width, height: self.height, rgb };
            for _ in 0..self.blur {
                blur(&mut picture);
            }
            picture
        }
    }

    fn blur(picture: &mut Picture) {
        let before = picture.rgb.clone();
        let row = picture.width as usize * 3;
        for at in row + 3..before.len() - row - 3 {
            let around = [at - row, at - 3, at, at + 3, at + row].map(|near| u32::from(before[near]));
            picture.rgb[at] = (around.iter().sum::<u32>() / 5) as u8;
        }
    }

    #[test]
    fn a_clock_on_a_screen_is_read_as_people_photograph_it() {
        for (what, photo) in [
            ("straight", Photo::default()),
            ("far away", Photo { part: 0.25, ..Photo::default() }),
            ("filling the photo", Photo { part: 0.95, ..Photo::default() }),
            ("turned", Photo { turned: 17.0, ..Photo::default() }),
            ("on its side", Photo { turned: 90.0, ..Photo::default() }),
            ("from the side", Photo { slanted: 0.35, ..Photo::default() }),
            ("out of focus and grainy", Photo { blur: 6, grain: 25, ..Photo::default() }),
            ("small photo", Photo { width: 640, height: 480, ..Photo::default() }),
        ] {
            assert_eq!(find(&photo.take()).unwrap().as_deref(), Some(TEXT), "{what}");
        }
    }

    #[test]
    fn pictures_without_a_code_have_none() {
        let gradient = Picture { width: 800, height: 600, rgb: (0..800 * 600 * 3).map(|at| (at / 97) as u8).collect() };
        assert_eq!(find(&gradient).unwrap(), None);
        for (width, height) in [(1, 1), (1, 1600), (1600, 1), (3, 3)] {
            let picture = Picture { width, height, rgb: vec![128; (width * height * 3) as usize] };
            assert_eq!(find(&picture).unwrap(), None, "{width}x{height}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn any_pixels_are_looked_at_without_harm(width in 1..120_u32, height in 1..120_u32, seed in any::<u32>(), step in 1..9_u32) {
            let mut state = seed;
            let rgb = (0..width * height * 3).map(|at| {
                if at % (3 * step) == 0 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                }
                if state >> 31 == 0 { 20 } else { 230 }
            });
            let picture = Picture { width, height, rgb: rgb.collect() };
            find(&picture).unwrap();
        }
    }
}
