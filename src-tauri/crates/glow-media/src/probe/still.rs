//! Pictures.

use super::{Kind, Probe, exif};
use crate::blank::xmp;
use crate::container::gif::{self, Block};
use crate::container::jpeg::{self, Jpeg};
use crate::container::tiff::{Role, Tiff, tag};
use crate::container::{bmff, heif, png, riff};
use crate::error::MediaError;
use crate::format::Format;
use crate::limits;
use crate::source::{Source, Span};

pub(super) fn jpeg(source: &mut Source<'_>) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(Format::Jpeg, Kind::Photo);
    let jpeg = Jpeg::open(source, source.whole())?;
    let frame = jpeg.frame.ok_or(MediaError::malformed("JPEG: it has no frame"))?;
    if let Some(block) = jpeg.exif(source)? {
        exif::read(source, block, &mut probe)?;
    }
    for packet in jpeg.bodies(source, jpeg::APP1, jpeg::XMP)? {
        note_xmp(source, packet, &mut probe)?;
    }
    probe.set_coded_size(frame.width.into(), frame.height.into());
    Ok(probe)
}

pub(super) fn png(source: &mut Source<'_>) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(Format::Png, Kind::Photo);
    let (chunks, _) = png::chunks(source, source.whole())?;
    let mut size = (0, 0);
    for chunk in chunks {
        match &chunk.kind {
            b"IHDR" if chunk.body.len() >= 8 => {
                size = (source.u32(chunk.body.start)?, source.u32(chunk.body.start + 4)?);
            }
            b"acTL" => probe.kind = Kind::Animation,
            b"eXIf" => exif::read(source, chunk.body, &mut probe)?,
            b"iTXt" if jpeg::starts_with(source, chunk.body, b"XML:com.adobe.xmp\0\0\0")? => {
                // Behind the keyword and flags: two more texts, for language and translated keyword, mostly empty.
                note_xmp(source, chunk.body.from(22), &mut probe)?;
            }
            _ => {}
        }
    }
    probe.set_coded_size(size.0, size.1);
    Ok(probe)
}

pub(super) fn webp(source: &mut Source<'_>) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(Format::WebP, Kind::Photo);
    let (chunks, _) = riff::chunks(source, source.whole())?;
    let mut size = None;
    let mut duration_ms = 0;
    for chunk in chunks {
        let at = chunk.body.start;
        match &chunk.kind {
            b"VP8X" if chunk.body.len() >= 10 => {
                let [w0, w1, w2, h0, h1, h2] = source.array(at + 4)?;
                size = Some((1 + le24(w0, w1, w2), 1 + le24(h0, h1, h2)));
            }
            b"VP8 " if size.is_none() && chunk.body.len() >= 10 => {
                let [w0, w1, h0, h1] = source.array(at + 6)?;
                size = Some((le24(w0, w1 & 0x3F, 0), le24(h0, h1 & 0x3F, 0)));
            }
            b"VP8L" if size.is_none() && chunk.body.len() >= 5 => {
                let bits = u32::from_le_bytes(source.array(at + 1)?);
                size = Some((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)));
            }
            b"ANMF" if chunk.body.len() >= 16 => {
                let [d0, d1, d2] = source.array(at + 12)?;
                duration_ms += u64::from(le24(d0, d1, d2));
                probe.kind = Kind::Animation;
            }
            b"EXIF" => {
                let block = riff::exif_block(source, chunk.body)?;
                exif::read(source, block, &mut probe)?;
            }
            b"XMP " => note_xmp(source, chunk.body, &mut probe)?,
            _ => {}
        }
    }
    probe.duration_ms = (probe.kind == Kind::Animation).then_some(duration_ms);
    let (width, height) = size.unwrap_or_default();
    probe.set_coded_size(width, height);
    Ok(probe)
}

pub(super) fn gif(source: &mut Source<'_>) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(Format::Gif, Kind::Photo);
    let [w0, w1, h0, h1] = source.array(6)?;
    let (mut pictures, mut delay_cs) = (0, 0);
    for block in gif::blocks(source, source.whole())?.0 {
        match block {
            Block::Picture => pictures += 1,
            Block::Delay(delay) => delay_cs += u64::from(delay),
            Block::Comment(_) | Block::Application(..) => {}
        }
    }
    if pictures > 1 {
        probe.kind = Kind::Animation;
        probe.duration_ms = Some(delay_cs * 10);
    }
    probe.set_coded_size(u16::from_le_bytes([w0, w1]).into(), u16::from_le_bytes([h0, h1]).into());
    Ok(probe)
}

pub(super) fn tiff(source: &mut Source<'_>) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(Format::Tiff, Kind::Photo);
    let whole = source.whole();
    exif::read(source, whole, &mut probe)?;
    let Some(tiff) = Tiff::open(source, whole)? else {
        return Err(MediaError::malformed("TIFF"));
    };
    // A raw photo keeps its full picture in a child directory: the largest one is what it shows.
    let mut size = (0, 0);
    for ifd in tiff.ifds(source)?.iter().filter(|ifd| matches!(ifd.role, Role::Main | Role::Sub)) {
        let (Some(width), Some(height)) = (ifd.find(tag::IMAGE_WIDTH), ifd.find(tag::IMAGE_HEIGHT)) else {
            continue;
        };
        let width = tiff.number(source, width)?.unwrap_or(0);
        let height = tiff.number(source, height)?.unwrap_or(0);
        if u64::from(width) * u64::from(height) > u64::from(size.0) * u64::from(size.1) {
            size = (width, height);
        }
    }
    probe.set_coded_size(size.0, size.1);
    Ok(probe)
}

pub(super) fn heif(source: &mut Source<'_>, format: Format) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(format, Kind::Photo);
    let whole = source.whole();
    let top = bmff::boxes(source, whole)?;
    let major: [u8; 4] = source.array(8)?;
    if matches!(&major, b"avis" | b"hevc" | b"hevx" | b"msf1") {
        probe.kind = Kind::Animation;
    }
    let Some(meta) = top.find(b"meta") else {
        return super::clip::sequence(source, probe);
    };
    for item in heif::items(source, meta.body, whole)? {
        let Some([extent]) = item.extents.as_deref() else {
            continue;
        };
        match &item.kind {
            b"Exif" => {
                let block = heif::exif_block(source, *extent)?;
                exif::read(source, block, &mut probe)?;
            }
            b"mime" if xmp::is_media_type(&item.content_type) => note_xmp(source, *extent, &mut probe)?,
            _ => {}
        }
    }
    // The picture's own properties turn it; its EXIF orientation is defined to be ignored (ISO/IEC 23008-12, A.2.1).
    let geometry = heif::geometry(source, meta.body)?.ok_or(MediaError::malformed("HEIF: no primary picture"))?;
    probe.orientation = geometry.orientation;
    probe.set_coded_size(geometry.width, geometry.height);
    Ok(probe)
}

fn note_xmp(source: &mut Source<'_>, packet: Span, probe: &mut Probe) -> Result<(), MediaError> {
    if packet.len() <= limits::METADATA_BYTES {
        let text = source.head(packet, limits::METADATA_BYTES)?;
        probe.location_present |= xmp::names_a_place(&text);
    }
    Ok(())
}

fn le24(a: u8, b: u8, c: u8) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}
