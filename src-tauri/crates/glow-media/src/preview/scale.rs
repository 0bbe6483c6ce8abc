//! Scaling and turning.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeError, ResizeOptions, Resizer};

use crate::error::MediaError;

/// 8-bit RGB, rows without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
}

impl Picture {
    /// The picture as it is to be seen, after an EXIF orientation.
    pub(super) fn upright(self, orientation: u8) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
        match orientation {
            2 => self.turned(width, height, |x, y| (right - x, y)),
            3 => self.turned(width, height, |x, y| (right - x, bottom - y)),
            4 => self.turned(width, height, |x, y| (x, bottom - y)),
            5 => self.turned(height, width, |x, y| (y, x)),
            6 => self.turned(height, width, |x, y| (y, bottom - x)),
            7 => self.turned(height, width, |x, y| (right - y, bottom - x)),
            8 => self.turned(height, width, |x, y| (right - y, x)),
            _ => self,
        }
    }

    /// A picture of the given size whose pixel at x, y is this one's at `from(x, y)`.
    fn turned(&self, width: usize, height: usize, from: impl Fn(usize, usize) -> (usize, usize)) -> Self {
        let pixels = self.rgb.as_chunks::<3>().0;
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for y in 0..height {
            for x in 0..width {
                let (column, row) = from(x, y);
                rgb.extend_from_slice(&pixels[row * self.width as usize + column]);
            }
        }
        Self { width: width as u32, height: height as u32, rgb }
    }
}

/// Scales down so that the long side is at most `side` pixels; never up.
pub(super) fn fit(picture: Picture, side: u32) -> Result<Picture, MediaError> {
    let long = picture.width.max(picture.height);
    if long <= side {
        return Ok(picture);
    }
    let scaled = |length: u32| ((u64::from(length) * u64::from(side) + u64::from(long) / 2) / u64::from(long)).max(1);
    let (width, height) = (scaled(picture.width) as u32, scaled(picture.height) as u32);
    let source = ImageRef::new(picture.width, picture.height, &picture.rgb, PixelType::U8x3)
        .expect("a picture holds width x height x 3 bytes");
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(false);
    let resized: Result<(), ResizeError> = Resizer::new().resize(&source, &mut target, &options);
    resized?;
    Ok(Picture { width, height, rgb: target.into_vec() })
}
