//! Pixels: an evening sky with grain, so that a file weighs about what a photograph of its size weighs.

use image::RgbImage;

use super::Random;

/// Pixels of grain share a cell of this side: drawn row by row, the picture is quick to make without optimisation.
const CELL: u32 = 4;
/// How far grain changes a colour, of 255.
const GRAIN: u64 = 110;

/// A picture in the proportions of a camera, 4 to 3.
pub(super) fn draw(number: u32, megapixels: u32) -> RgbImage {
    let width = f64::from(megapixels * 1_000_000 * 4 / 3).sqrt() as u32 / 16 * 16;
    draw_sized(number, width, width / 4 * 3)
}

/// A picture of this size.
pub(super) fn draw_sized(number: u32, width: u32, height: u32) -> RgbImage {
    let mut random = Random::new(u64::from(number));
    let top: [u64; 3] = std::array::from_fn(|_| random.below(140));
    let bottom: [u64; 3] = std::array::from_fn(|_| 40 + random.below(140));
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in (0..height).step_by(CELL as usize) {
        let row = row(&mut random, width, mix(top, bottom, y, height));
        for _ in y..height.min(y + CELL) {
            pixels.extend_from_slice(&row);
        }
    }
    RgbImage::from_raw(width, height, pixels).expect("as many pixels as the size says")
}

fn row(random: &mut Random, width: u32, colour: [u64; 3]) -> Vec<u8> {
    let mut row = Vec::with_capacity((width * 3) as usize);
    for x in (0..width).step_by(CELL as usize) {
        let grain = random.below(GRAIN);
        let cell = colour.map(|part| u8::try_from(part + grain).unwrap_or(u8::MAX));
        for _ in x..width.min(x + CELL) {
            row.extend_from_slice(&cell);
        }
    }
    row
}

fn mix(top: [u64; 3], bottom: [u64; 3], y: u32, height: u32) -> [u64; 3] {
    let (y, height) = (u64::from(y), u64::from(height));
    std::array::from_fn(|part| (top[part] * (height - y) + bottom[part] * y) / height)
}
