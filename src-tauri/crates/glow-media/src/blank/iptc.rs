//! IPTC-IIM datasets (IIM 4.2) and Photoshop's image resources, which carry them.

use super::eraser::Eraser;
use super::{exif, jpeg, xmp};
use crate::error::MediaError;
use crate::source::Span;

const IPTC: u16 = 0x0404;
const EXIF: [u16; 2] = [0x0422, 0x0423];
const XMP: u16 = 0x0424;
const THUMBNAIL: u16 = 0x040C;
/// Bytes of Photoshop's own header in front of its thumbnail's JPEG.
const THUMBNAIL_HEADER: u64 = 28;

/// Blanks image resources; what does not parse is zeroed.
pub(super) fn blank_resources(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let mut rest = window;
    while rest.len() >= 12 {
        let head: [u8; 7] = eraser.source.array(rest.start)?;
        let [b'8', b'B', b'I', b'M', i0, i1, name_bytes] = head else {
            break;
        };
        let name_bytes = (u64::from(name_bytes) + 2) & !1;
        let Some(size) = rest.sub(6 + name_bytes, 4) else {
            break;
        };
        let len = u64::from(eraser.source.u32(size.start)?);
        let Some(body) = rest.sub(10 + name_bytes, len) else {
            break;
        };
        match u16::from_be_bytes([i0, i1]) {
            IPTC => blank_datasets(eraser, body)?,
            XMP => xmp::blank(eraser, body)?,
            THUMBNAIL => jpeg::blank_thumbnail(eraser, body.from(THUMBNAIL_HEADER))?,
            id if EXIF.contains(&id) => exif::blank_block(eraser, body)?,
            _ => {}
        }
        rest = rest.from(body.end - rest.start + len % 2);
    }
    eraser.zero(rest)
}

/// Blanks the datasets of places; what does not parse is zeroed.
pub(super) fn blank_datasets(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let mut rest = window;
    while rest.len() >= 5 {
        let [marker, record, dataset, l0, l1] = eraser.source.array(rest.start)?;
        let len = u64::from(u16::from_be_bytes([l0, l1]));
        let Some(body) = rest.sub(5, len).filter(|_| marker == 0x1C && len < 0x8000) else {
            break;
        };
        if (record, is_place(dataset)) == (2, true) {
            eraser.space(body)?;
        }
        rest = rest.from(5 + len);
    }
    eraser.zero(rest)
}

/// Content location (26, 27), city, sublocation, province, country code and name (90 to 101).
fn is_place(dataset: u8) -> bool {
    matches!(dataset, 26 | 27 | 90 | 92 | 95 | 100 | 101)
}
