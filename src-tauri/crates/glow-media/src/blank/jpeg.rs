//! JPEG: its segments, and what phones append behind the image: further pictures (MPF), motion photos, Samsung's blocks.

use std::collections::BTreeMap;

use super::eraser::Eraser;
use super::{Doubt, exif, iptc, movie, names, xmp};
use crate::container::jpeg::{self as marker, Jpeg, Segment};
use crate::error::MediaError;
use crate::limits;
use crate::source::Span;

const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
/// Application segments that are known to hold nothing private: colour, gain maps, indexes, encoder settings.
const HARMLESS: [(u8, &[u8]); 7] = [
    (marker::APP0, b"JFIF\0"),
    (marker::APP0, b"JFXX\0"),
    (marker::APP2, marker::ICC),
    (marker::APP2, b"MPF\0"),
    (marker::APP2, b"urn:iso:std:iso:ts:21496:-1\0"),
    (marker::APP12, b"Ducky"),
    (marker::APP14, b"Adobe"),
];

/// Blanks a JPEG file and everything behind its image.
pub(super) fn blank(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let mut rest = window.from(blank_image(eraser, window)? - window.start);
    while !rest.is_empty() {
        let next = trailer(eraser, rest)?;
        if next <= rest.start {
            break;
        }
        rest = Span::new(next, window.end);
    }
    Ok(())
}

/// Blanks a JPEG picture inside other metadata; uncompressed ones hold nothing but pixels.
pub(super) fn blank_thumbnail(eraser: &mut Eraser<'_, '_>, span: Span) -> Result<(), MediaError> {
    if !marker::starts_with(eraser.source, span, &[0xFF, 0xD8])? || span.len() < 4 {
        return Ok(());
    }
    eraser.nested(|eraser| blank_image(eraser, span).map(drop))
}

/// Blanks one image and returns where it ends.
fn blank_image(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<u64, MediaError> {
    let mut jpeg = Jpeg::open(eraser.source, window)?;
    let end = jpeg.finish(eraser.source, window)?;
    if jpeg.has_stray_bytes {
        eraser.doubt(Doubt::Malformed);
    }
    let mut extended = BTreeMap::<[u8; 32], Vec<(u32, Span)>>::new();
    for segment in &jpeg.segments {
        blank_segment(eraser, *segment, &mut extended)?;
    }
    for mut parts in extended.into_values() {
        parts.sort_by_key(|(offset, _)| *offset);
        let parts: Vec<Span> = parts.into_iter().map(|(_, span)| span).collect();
        xmp::blank_scattered(eraser, &parts)?;
    }
    Ok(end)
}

type Extended = BTreeMap<[u8; 32], Vec<(u32, Span)>>;

fn blank_segment(eraser: &mut Eraser<'_, '_>, segment: Segment, extended: &mut Extended) -> Result<(), MediaError> {
    let body = segment.body;
    let head = eraser.source.head(body, EXTENDED_XMP.len() as u64)?;
    let after = |prefix: &[u8]| body.from(prefix.len() as u64);
    match segment.marker {
        marker::APP1 if head.starts_with(marker::EXIF) => exif::blank_block(eraser, after(marker::EXIF).from(1)),
        marker::APP1 if head.starts_with(marker::XMP) => xmp::blank(eraser, after(marker::XMP)),
        marker::APP1 if head == EXTENDED_XMP && body.len() >= 75 => {
            let part = after(EXTENDED_XMP);
            let guid = eraser.source.array(part.start)?;
            let offset = eraser.source.u32(part.start + 36)?;
            extended.entry(guid).or_default().push((offset, part.from(40)));
            Ok(())
        }
        marker::APP13 if head.starts_with(PHOTOSHOP) => iptc::blank_resources(eraser, after(PHOTOSHOP)),
        marker::COMMENT => {
            let text = eraser.source.head(body, body.len())?;
            if names::text_is_private(&text) { eraser.space(body) } else { Ok(()) }
        }
        app @ marker::APP0..=marker::APP15 => {
            let is_harmless = HARMLESS.iter().any(|(number, name)| *number == app && head.starts_with(name));
            if is_harmless { Ok(()) } else { eraser.zero(body) }
        }
        _ => Ok(()),
    }
}

/// Blanks whatever starts behind an image and returns where it ends.
fn trailer(eraser: &mut Eraser<'_, '_>, rest: Span) -> Result<u64, MediaError> {
    let head = eraser.source.head(rest, 12)?;
    let padding = head.iter().take_while(|b| **b == 0).count() as u64;
    match head.as_slice() {
        [0xFF, 0xD8, 0xFF, ..] => {
            let mut end = rest.end;
            eraser.nested(|eraser| {
                end = blank_image(eraser, rest)?;
                Ok(())
            })?;
            Ok(end)
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            let mut end = rest.end;
            eraser.nested(|eraser| {
                end = movie::blank_boxes(eraser, rest)?;
                Ok(())
            })?;
            Ok(end)
        }
        _ if padding == head.len() as u64 || padding >= 8 => skip_zeros(eraser, rest),
        _ => match samsung_blocks(eraser, rest)? {
            Some(end) => Ok(end),
            None if padding > 0 && !is_block_head(&head) => Ok(rest.start + padding),
            None => {
                eraser.doubt(Doubt::Trailer);
                Ok(rest.end)
            }
        },
    }
}

fn skip_zeros(eraser: &mut Eraser<'_, '_>, rest: Span) -> Result<u64, MediaError> {
    let mut rest = rest;
    while !rest.is_empty() {
        let piece = eraser.source.head(rest, 64 << 10)?;
        if let Some(n) = piece.iter().position(|b| *b != 0) {
            // The size field of a box in front of it starts with zeros too.
            return Ok(rest.start + (n as u64).saturating_sub(3).max(1).min(n as u64));
        }
        rest = rest.from(piece.len() as u64);
    }
    Ok(rest.end)
}

/// The head of a Samsung block: two zeros, a type, the length of a name.
fn is_block_head(head: &[u8]) -> bool {
    matches!(head, [0, 0, _, _, n, 0, 0, 0, ..] if (4..=64).contains(n))
}

/// Samsung appends named blocks and ends the file with a directory: `SEFH`, version, count, and for each block its type,
/// distance back and length, then the directory's length and `SEFT`. Clips in it are blanked, times kept, the rest zeroed.
fn samsung_blocks(eraser: &mut Eraser<'_, '_>, rest: Span) -> Result<Option<u64>, MediaError> {
    let Some(foot_at) = rest.end.checked_sub(8).filter(|at| *at >= rest.start) else {
        return Ok(None);
    };
    let [l0, l1, l2, l3, foot @ ..]: [u8; 8] = eraser.source.array(foot_at)?;
    let directory_bytes = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    let Some(directory) = foot_at.checked_sub(directory_bytes).filter(|at| *at >= rest.start) else {
        return Ok(None);
    };
    if &foot != b"SEFT" || directory_bytes < 12 || &eraser.source.array(directory)? != b"SEFH" {
        return Ok(None);
    }
    let rows = Span::new(directory + 12, foot_at);
    let rows = eraser.source.bytes(rows, limits::METADATA_BYTES)?;
    let mut covered = rest.start;
    let mut blocks = Vec::new();
    for row in rows.as_chunks::<12>().0 {
        let [_, _, _, _, b0, b1, b2, b3, n0, n1, n2, n3] = *row;
        let back = u64::from(u32::from_le_bytes([b0, b1, b2, b3]));
        let len = u64::from(u32::from_le_bytes([n0, n1, n2, n3]));
        let Some(start) = directory.checked_sub(back).filter(|at| *at >= rest.start) else {
            return Ok(None);
        };
        blocks.push(Span::new(start, (start + len).min(directory)));
    }
    blocks.sort_by_key(|block| block.start);
    for block in blocks {
        if block.start > covered {
            eraser.zero(Span::new(covered, block.start))?;
        }
        samsung_block(eraser, block)?;
        covered = covered.max(block.end);
    }
    eraser.zero(Span::new(covered, directory))?;
    Ok(Some(rest.end))
}

fn samsung_block(eraser: &mut Eraser<'_, '_>, block: Span) -> Result<(), MediaError> {
    if block.len() < 8 {
        return eraser.zero(block);
    }
    let name_bytes = u64::from(u32::from_le_bytes(eraser.source.array(block.start + 4)?));
    let body = block.from(8 + name_bytes);
    let name = eraser.source.text(block.clamp(8, name_bytes))?.unwrap_or_default();
    match name.as_str() {
        "Image_UTC_Data" => Ok(()),
        "MotionPhoto_Data" => eraser.nested(|eraser| {
            let end = movie::blank_boxes(eraser, body)?;
            eraser.zero(Span::new(end, body.end))
        }),
        _ => eraser.zero(body),
    }
}
