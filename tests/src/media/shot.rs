//! Photos of cameras with clocks of their own: wrong ones, in other zones, and those that photographed a QR code.

use std::io::Cursor;

use anyhow::Result;
use image::{ImageFormat, Rgb, RgbImage};
use qrcode::{Color, EcLevel, QrCode};

use super::exif::{self, Camera, Facts};
use super::picture;

const WIDTH: u32 = 1_200;
const HEIGHT: u32 = 900;
/// Modules of white around a code.
const QUIET: u32 = 4;

/// What a camera writes, and what it sees.
#[derive(Debug, Clone, Default)]
pub struct Shot {
    /// Tells its pixels and its place from others.
    pub number: u32,
    /// The camera's model.
    pub model: String,
    /// The serial number of its body.
    pub serial: Option<String>,
    /// What its clock says: `2026:06:20 10:00:00`.
    pub time: String,
    /// How far that is ahead of UTC: `+02:00`; cameras of old do not say.
    pub offset: Option<String>,
    /// The text of a QR code on a screen that it photographs.
    pub code: Option<String>,
}

impl Shot {
    /// The JPEG.
    ///
    /// # Errors
    /// The text is too long for a code.
    pub fn jpeg(&self) -> Result<Vec<u8>> {
        let mut picture = picture::draw_sized(self.number, WIDTH, HEIGHT);
        if let Some(text) = &self.code {
            show(&mut picture, text)?;
        }
        let mut jpeg = Cursor::new(Vec::new());
        picture.write_to(&mut jpeg, ImageFormat::Jpeg)?;
        Ok(exif::insert(&jpeg.into_inner(), &self.facts().block()))
    }

    /// What a shared copy must not contain.
    #[must_use]
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        self.facts().secrets()
    }

    fn facts(&self) -> Facts {
        Facts::of(self.number).with_camera(Camera {
            model: self.model.clone(),
            serial: self.serial.clone(),
            time: self.time.clone(),
            offset: self.offset.clone(),
        })
    }
}

/// A screen in the middle of the picture, a little darker to one side.
fn show(picture: &mut RgbImage, text: &str) -> Result<()> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let (modules, colours) = (u32::try_from(code.width())?, code.to_colors());
    let module = HEIGHT * 2 / 3 / (modules + 2 * QUIET);
    let side = module * (modules + 2 * QUIET);
    let (left, top) = ((WIDTH - side) / 2, (HEIGHT - side) / 2);
    for y in 0..side {
        for x in 0..side {
            let at = |place: u32| (place / module).checked_sub(QUIET).filter(|at| *at < modules);
            let is_dark =
                at(x).zip(at(y)).is_some_and(|(column, row)| colours[(row * modules + column) as usize] == Color::Dark);
            let light: u8 = if is_dark { 40 } else { 210 };
            let shade = u8::try_from(30 * x / side)?;
            picture.put_pixel(left + x, top + y, Rgb([light - shade; 3]));
        }
    }
    Ok(())
}
