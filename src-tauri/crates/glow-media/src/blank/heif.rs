//! Items of HEIF files.

use super::eraser::Eraser;
use super::{Doubt, exif, xmp};
use crate::container::heif::{self, Item};
use crate::error::MediaError;
use crate::source::Span;

/// Blanks EXIF, XMP and other text items; pictures stay.
pub(super) fn blank_items(eraser: &mut Eraser<'_, '_>, meta: Span, file: Span) -> Result<(), MediaError> {
    for item in heif::items(eraser.source, meta, file)? {
        if is_picture(&item) {
            continue;
        }
        let Some(extents) = &item.extents else {
            eraser.doubt(Doubt::Unreachable);
            continue;
        };
        match (&item.kind, extents.as_slice()) {
            (_, []) => {}
            (b"Exif", [extent]) => {
                let block = heif::exif_block(eraser.source, *extent)?;
                exif::blank_block(eraser, block)?;
            }
            (b"mime", parts) if xmp::is_media_type(&item.content_type) => xmp::blank_scattered(eraser, parts)?,
            (b"Exif" | b"mime" | b"uri ", parts) => parts.iter().try_for_each(|part| eraser.zero(*part))?,
            _ => eraser.doubt(Doubt::UnknownPart),
        }
    }
    Ok(())
}

fn is_picture(item: &Item) -> bool {
    matches!(
        &item.kind,
        b"hvc1"
            | b"hev1"
            | b"lhv1"
            | b"hvt1"
            | b"av01"
            | b"avc1"
            | b"vvc1"
            | b"jpeg"
            | b"j2k1"
            | b"unci"
            | b"mski"
            | b"grid"
            | b"iovl"
            | b"iden"
            | b"tmap"
    )
}
