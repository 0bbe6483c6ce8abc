//! Decoding to 8-bit RGB under limits.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, ScalingFactor};

use super::scale::Picture;
use crate::container::jpeg::{self, Jpeg};
use crate::error::MediaError;
use crate::limits;
use crate::source::Source;

/// What transparent pixels are shown on: black and white drawings both stay visible on a middle grey.
const BACKDROP: u16 = 128;

/// A decoded picture and its embedded colour profile.
pub(super) struct Decoded {
    pub(super) picture: Picture,
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes a JPEG at the smallest of its natural sizes (1/1 to 1/8) that a screen preview can be scaled down from.
pub(super) fn jpeg(bytes: &[u8]) -> Result<Decoded, MediaError> {
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor)?;
    let window = source.whole();
    let structure = Jpeg::open(&mut source, window)?;
    check_size(&structure)?;
    let profile = profile(&mut source, &structure)?;
    let pixels = structure.frame.map_or(0, |frame| u64::from(frame.width) * u64::from(frame.height));
    let fits_full_decode = pixels <= limits::FULL_DECODE_PIXELS;
    let picture = match scaled(bytes) {
        Ok(picture) => picture,
        // libjpeg-turbo takes every warning for a failure; the other decoder is more lenient, and would also take a picture
        // that was cut short.
        Err(error) if !has_end(structure, &mut source, bytes) || !fits_full_decode => return Err(error),
        Err(error) => {
            tracing::debug!(%error, "scaled JPEG decode failed, trying at full size");
            return other(bytes, ImageFormat::Jpeg);
        }
    };
    Ok(Decoded { picture, profile })
}

/// Decodes any other picture at full size; of an animation, the first frame.
pub(super) fn other(bytes: &[u8], format: ImageFormat) -> Result<Decoded, MediaError> {
    let mut allowed = Limits::default();
    allowed.max_alloc = Some(limits::DECODE_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed.clone());
    let mut decoder = reader.into_decoder()?;
    decoder.set_limits(allowed)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits::FULL_DECODE_PIXELS || decoder.total_bytes() > limits::DECODE_BYTES
    {
        return Err(MediaError::TooLarge { what: "picture in pixels", limit: limits::FULL_DECODE_PIXELS });
    }
    let profile = decoder.icc_profile().ok().flatten().filter(|p| p.len() <= limits::COLOUR_PROFILE_BYTES);
    Ok(Decoded { picture: flatten(DynamicImage::from_decoder(decoder)?), profile })
}

/// Whether the picture's end is in the file.
fn has_end(mut structure: Jpeg, source: &mut Source<'_>, bytes: &[u8]) -> bool {
    let window = source.whole();
    let end = structure.finish(source, window).ok().and_then(|end| usize::try_from(end).ok());
    end.and_then(|end| bytes.get(..end)).is_some_and(|image| image.ends_with(&[0xFF, 0xD9]))
}

/// A picture in several scans is held as coefficients in memory, whatever size it is decoded to.
fn check_size(structure: &Jpeg) -> Result<(), MediaError> {
    let frame = structure.frame.ok_or(MediaError::malformed("JPEG: it has no frame"))?;
    let is_single_scan = matches!(frame.marker, 0xC0 | 0xC1) && structure.first_scan_components == frame.components;
    let limit = if is_single_scan { limits::SCALED_DECODE_PIXELS } else { limits::FULL_DECODE_PIXELS };
    if u64::from(frame.width) * u64::from(frame.height) > limit {
        return Err(MediaError::TooLarge { what: "picture in pixels", limit });
    }
    Ok(())
}

fn scaled(bytes: &[u8]) -> Result<Picture, MediaError> {
    let mut decoder = Decompressor::new()?;
    decoder.set_scan_limit(limits::JPEG_SCANS)?;
    let header = decoder.read_header(bytes)?;
    let factor = factor(header.width.max(header.height));
    decoder.set_scaling_factor(factor)?;
    let (width, height) = (factor.scale(header.width), factor.scale(header.height));
    if (width * height) as u64 > limits::FULL_DECODE_PIXELS {
        return Err(MediaError::TooLarge { what: "picture in pixels", limit: limits::FULL_DECODE_PIXELS });
    }
    let is_ink = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
    let format = if is_ink { PixelFormat::CMYK } else { PixelFormat::RGB };
    let mut pixels = vec![0; width * height * format.size()];
    let target = Image { pixels: pixels.as_mut_slice(), width, pitch: width * format.size(), height, format };
    decoder.decompress(bytes, target)?;
    let rgb = if is_ink { ink_to_light(&pixels) } else { pixels };
    Ok(Picture { width: width as u32, height: height as u32, rgb })
}

/// The strongest of the reductions that libjpeg-turbo accelerates and that leaves enough for a screen preview.
fn factor(long_side: usize) -> ScalingFactor {
    let fits =
        |denominator: &usize| ScalingFactor::new(1, *denominator).scale(long_side) >= limits::SCREEN_SIDE as usize;
    ScalingFactor::new(1, [8, 4, 2].into_iter().find(fits).unwrap_or(1))
}

/// CMYK as cameras' and Adobe's software writes it: inverted, so that 255 is no ink.
fn ink_to_light(pixels: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| (u16::from(ink) * u16::from(black) / 255) as u8;
    pixels.as_chunks().0.iter().flat_map(|[c, m, y, k]| [light(*c, *k), light(*m, *k), light(*y, *k)]).collect()
}

/// The colour profile, joined from its numbered segments.
fn profile(source: &mut Source<'_>, structure: &Jpeg) -> Result<Option<Vec<u8>>, MediaError> {
    let mut parts = Vec::new();
    for body in structure.bodies(source, jpeg::APP2, jpeg::ICC)? {
        if body.len() > 2 {
            parts.push((source.u8(body.start)?, body.from(2)));
        }
    }
    parts.sort_by_key(|(number, _)| *number);
    let mut profile = Vec::new();
    for (_, part) in parts {
        if profile.len() as u64 + part.len() > limits::COLOUR_PROFILE_BYTES as u64 {
            return Ok(None);
        }
        profile.extend(source.bytes(part, part.len())?);
    }
    Ok((!profile.is_empty()).then_some(profile))
}

fn flatten(decoded: DynamicImage) -> Picture {
    let (width, height) = (decoded.width(), decoded.height());
    if !decoded.color().has_alpha() {
        return Picture { width, height, rgb: decoded.into_rgb8().into_raw() };
    }
    let rgba = decoded.into_rgba8().into_raw();
    let over = |colour: u8, alpha: u8| {
        let alpha = u16::from(alpha);
        ((u16::from(colour) * alpha + BACKDROP * (255 - alpha) + 127) / 255) as u8
    };
    let pixels = rgba.as_chunks().0.iter();
    let rgb = pixels.flat_map(|[r, g, b, a]| [over(*r, *a), over(*g, *a), over(*b, *a)]).collect();
    Picture { width, height, rgb }
}
