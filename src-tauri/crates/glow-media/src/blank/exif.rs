//! EXIF blocks and TIFF files.

use super::eraser::Eraser;
use super::{Doubt, iptc, jpeg, xmp};
use crate::container::tiff::{self, Entry, Ifd, Role, Tiff, tag};
use crate::error::MediaError;
use crate::limits;
use crate::source::Span;

/// Camera owner, serial numbers of body and lens, unique image id (EXIF); camera serial number, raw data unique id (DNG);
/// owner and serial number (Photoshop).
const DEVICE_TAGS: [u16; 8] = [0xA420, 0xA430, 0xA431, 0xA435, 0xC62F, 0xC65D, 0xFDE8, 0xFDE9];
/// GeoTIFF's pixel scale, tie points, transformation and keys.
const GEO_TAGS: [u16; 6] = [0x830E, 0x8480, 0x8482, 0x87AF, 0x87B0, 0x87B1];

/// Blanks an EXIF block; one that cannot be parsed at all is zeroed.
pub(super) fn blank_block(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    match Tiff::open(eraser.source, window)? {
        Some(tiff) => Walk { tiff, is_file: false }.blank(eraser),
        None => eraser.zero(window),
    }
}

/// Blanks a TIFF file, or doubts it when blanking could harm its pixels.
pub(super) fn blank_file(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    match Tiff::open(eraser.source, window)? {
        Some(tiff) => Walk { tiff, is_file: true }.blank(eraser),
        None => {
            eraser.doubt(Doubt::Malformed);
            Ok(())
        }
    }
}

struct Walk {
    tiff: Tiff,
    is_file: bool,
}

impl Walk {
    fn blank(&self, eraser: &mut Eraser<'_, '_>) -> Result<(), MediaError> {
        let ifds = self.tiff.ifds(eraser.source)?;
        if ifds.len() >= limits::IFDS {
            eraser.doubt(Doubt::Malformed);
        }
        if self.is_file && self.reaches_pixels(eraser, &ifds)? {
            eraser.doubt(Doubt::Malformed);
            return Ok(());
        }
        for ifd in &ifds {
            if ifd.role == Role::Gps {
                // Some cameras always write a directory that names its version only.
                if ifd.entries.iter().any(|entry| entry.tag != tag::GPS_VERSION) {
                    blank_directory(eraser, ifd)?;
                }
                continue;
            }
            for entry in &ifd.entries {
                self.blank_entry(eraser, *entry)?;
            }
            if let Some(span) = self.tiff.embedded_jpeg(eraser.source, ifd)? {
                jpeg::blank_thumbnail(eraser, span)?;
            }
        }
        Ok(())
    }

    fn blank_entry(&self, eraser: &mut Eraser<'_, '_>, entry: Entry) -> Result<(), MediaError> {
        match entry.tag {
            tag::XMP => xmp::blank(eraser, entry.value),
            tag::IPTC => iptc::blank_datasets(eraser, entry.value),
            tag::PHOTOSHOP => iptc::blank_resources(eraser, entry.value),
            tag::MAKER_NOTE if tiff::is_apple_note(eraser.source, entry.value)? => Ok(()),
            tag::MAKER_NOTE | tag::DNG_PRIVATE if self.is_file => {
                // Raw decoders read white balance and decoding keys from it.
                eraser.doubt(Doubt::RawPrivateData);
                Ok(())
            }
            tag::MAKER_NOTE | tag::DNG_PRIVATE => eraser.zero(entry.value),
            tag if DEVICE_TAGS.contains(&tag) || GEO_TAGS.contains(&tag) => eraser.zero(entry.value),
            _ => Ok(()),
        }
    }

    /// Whether a value to be blanked overlaps the picture's own data, which only a broken or hostile file does.
    fn reaches_pixels(&self, eraser: &mut Eraser<'_, '_>, ifds: &[Ifd]) -> Result<bool, MediaError> {
        let mut pixels = Vec::new();
        for ifd in ifds {
            for (at, len) in [(tag::STRIP_OFFSETS, tag::STRIP_BYTES), (tag::TILE_OFFSETS, tag::TILE_BYTES)] {
                let (Some(at), Some(len)) = (ifd.find(at), ifd.find(len)) else {
                    continue;
                };
                let starts = self.tiff.numbers(eraser.source, at, limits::SIBLINGS)?;
                let lengths = self.tiff.numbers(eraser.source, len, limits::SIBLINGS)?;
                let strips = starts.into_iter().zip(lengths);
                pixels.extend(strips.map(|(at, len)| self.tiff.window.clamp(at.into(), len.into())));
            }
        }
        pixels.sort_by_key(|span| span.start);
        let values = ifds.iter().flat_map(|ifd| {
            let all = ifd.role == Role::Gps;
            let named = move |tag| all || DEVICE_TAGS.contains(&tag) || GEO_TAGS.contains(&tag) || is_container(tag);
            ifd.entries.iter().filter(move |entry| named(entry.tag)).map(|entry| entry.value)
        });
        let directories = ifds.iter().filter(|ifd| ifd.role == Role::Gps).map(|ifd| ifd.span);
        let mut blanked = values.chain(directories);
        Ok(blanked.any(|span| pixels.iter().any(|pixel| pixel.overlaps(span))))
    }
}

fn is_container(tag: u16) -> bool {
    matches!(tag, tag::XMP | tag::IPTC | tag::PHOTOSHOP)
}

/// Makes a directory an empty one: values, entries, count and link become zeros.
fn blank_directory(eraser: &mut Eraser<'_, '_>, ifd: &Ifd) -> Result<(), MediaError> {
    for entry in &ifd.entries {
        eraser.zero(entry.value)?;
    }
    eraser.zero(ifd.span)
}
