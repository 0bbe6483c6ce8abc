//! TIFF 6.0 structure, which is also that of EXIF blocks (CIPA DC-008) and Apple's maker note.

use std::collections::BTreeSet;

use crate::error::MediaError;
use crate::limits;
use crate::source::{Endian, Source, Span};

/// Tags by their numbers in TIFF 6.0, EXIF 3.0, DNG 1.7 and Adobe's and GeoTIFF's extensions.
pub(crate) mod tag {
    pub(crate) const IMAGE_WIDTH: u16 = 0x0100;
    pub(crate) const IMAGE_HEIGHT: u16 = 0x0101;
    pub(crate) const MAKE: u16 = 0x010F;
    pub(crate) const MODEL: u16 = 0x0110;
    pub(crate) const STRIP_OFFSETS: u16 = 0x0111;
    pub(crate) const ORIENTATION: u16 = 0x0112;
    pub(crate) const STRIP_BYTES: u16 = 0x0117;
    pub(crate) const DATE_TIME: u16 = 0x0132;
    pub(crate) const TILE_OFFSETS: u16 = 0x0144;
    pub(crate) const TILE_BYTES: u16 = 0x0145;
    pub(crate) const SUB_IFDS: u16 = 0x014A;
    pub(crate) const THUMBNAIL: u16 = 0x0201;
    pub(crate) const THUMBNAIL_BYTES: u16 = 0x0202;
    pub(crate) const XMP: u16 = 0x02BC;
    pub(crate) const IPTC: u16 = 0x83BB;
    pub(crate) const PHOTOSHOP: u16 = 0x8649;
    pub(crate) const EXIF_IFD: u16 = 0x8769;
    pub(crate) const GPS_IFD: u16 = 0x8825;
    pub(crate) const DATE_ORIGINAL: u16 = 0x9003;
    pub(crate) const DATE_DIGITIZED: u16 = 0x9004;
    pub(crate) const OFFSET: u16 = 0x9010;
    pub(crate) const OFFSET_ORIGINAL: u16 = 0x9011;
    pub(crate) const OFFSET_DIGITIZED: u16 = 0x9012;
    pub(crate) const MAKER_NOTE: u16 = 0x927C;
    pub(crate) const SUBSEC: u16 = 0x9290;
    pub(crate) const SUBSEC_ORIGINAL: u16 = 0x9291;
    pub(crate) const SUBSEC_DIGITIZED: u16 = 0x9292;
    pub(crate) const INTEROP_IFD: u16 = 0xA005;
    pub(crate) const BODY_SERIAL: u16 = 0xA431;
    pub(crate) const CAMERA_SERIAL: u16 = 0xC62F;
    pub(crate) const DNG_PRIVATE: u16 = 0xC634;
    pub(crate) const GPS_VERSION: u16 = 0x0000;
    pub(crate) const GPS_LATITUDE_REF: u16 = 0x0001;
    pub(crate) const GPS_LATITUDE: u16 = 0x0002;
    pub(crate) const GPS_LONGITUDE_REF: u16 = 0x0003;
    pub(crate) const GPS_LONGITUDE: u16 = 0x0004;
    pub(crate) const APPLE_CONTENT_IDENTIFIER: u16 = 0x0011;
}

/// What a directory describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The first picture, or the next page.
    Main,
    Exif,
    Gps,
    Interop,
    /// A child picture.
    Sub,
}

/// One field of a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    /// Where the value stands, cut to the block.
    pub(crate) value: Span,
}

/// An image file directory.
#[derive(Debug, Clone)]
pub(crate) struct Ifd {
    pub(crate) role: Role,
    /// Position in the chain of main directories; 1 is the thumbnail of an EXIF block.
    pub(crate) index: usize,
    /// Count, entries and link.
    pub(crate) span: Span,
    pub(crate) entries: Vec<Entry>,
}

impl Ifd {
    pub(crate) fn find(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().copied().find(|entry| entry.tag == tag)
    }
}

/// A TIFF structure: all offsets in it count from the start of `window`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiff {
    pub(crate) window: Span,
    pub(crate) endian: Endian,
    first: u32,
}

impl Tiff {
    /// Reads the header; `None` when this is no TIFF structure.
    pub(crate) fn open(source: &mut Source<'_>, window: Span) -> Result<Option<Self>, MediaError> {
        if window.len() < 8 {
            return Ok(None);
        }
        let head: [u8; 8] = source.array(window.start)?;
        let endian = match &head[..4] {
            [b'I', b'I', 42, 0] => Endian::Little,
            [b'M', b'M', 0, 42] => Endian::Big,
            _ => return Ok(None),
        };
        let first = endian.u32([head[4], head[5], head[6], head[7]]);
        Ok(window.sub(first.into(), 2).map(|_| Self { window, endian, first }))
    }

    /// A maker note that is a bare directory in its own window.
    pub(crate) fn bare(window: Span, endian: Endian) -> Self {
        Self { window, endian, first: 0 }
    }

    /// All directories that can be reached, each once.
    pub(crate) fn ifds(&self, source: &mut Source<'_>) -> Result<Vec<Ifd>, MediaError> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut queue = vec![(Role::Main, 0, self.first)];
        while let Some((role, index, offset)) = queue.pop() {
            if offset == 0 || found.len() >= limits::IFDS || !seen.insert(offset) {
                continue;
            }
            let Some((ifd, next)) = self.ifd(source, role, index, offset)? else {
                continue;
            };
            if role == Role::Main || role == Role::Sub {
                queue.push((role, index + 1, next));
            }
            for entry in &ifd.entries {
                let role = match entry.tag {
                    tag::EXIF_IFD => Role::Exif,
                    tag::GPS_IFD => Role::Gps,
                    tag::INTEROP_IFD => Role::Interop,
                    tag::SUB_IFDS => Role::Sub,
                    _ => continue,
                };
                queue.extend(self.numbers(source, *entry, limits::IFDS)?.into_iter().map(|at| (role, 0, at)));
            }
            found.push(ifd);
        }
        Ok(found)
    }

    /// The directory at `offset` and the offset of the next one; entries beyond the window do not exist.
    pub(crate) fn ifd(
        &self,
        source: &mut Source<'_>,
        role: Role,
        index: usize,
        offset: u32,
    ) -> Result<Option<(Ifd, u32)>, MediaError> {
        let Some(head) = self.window.sub(offset.into(), 2) else {
            return Ok(None);
        };
        let declared = usize::from(self.endian.u16(source.array(head.start)?));
        let table = self.window.clamp(u64::from(offset) + 2, declared as u64 * 12);
        let raw = source.bytes(table, table.len())?;
        let entries = raw.as_chunks::<12>().0.iter().take(limits::IFD_ENTRIES);
        let entries = entries.zip(0..).map(|(raw, n): (_, u64)| self.entry(*raw, table.start + n * 12)).collect();
        let link = self.window.clamp(u64::from(offset) + 2 + declared as u64 * 12, 4);
        let next = if link.len() == 4 { self.endian.u32(source.array(link.start)?) } else { 0 };
        let span = Span::new(head.start, link.end.max(table.end));
        Ok(Some((Ifd { role, index, span, entries }, next)))
    }

    fn entry(&self, raw: [u8; 12], at: u64) -> Entry {
        let [t0, t1, k0, k1, c0, c1, c2, c3, v0, v1, v2, v3] = raw;
        let kind = self.endian.u16([k0, k1]);
        let count = self.endian.u32([c0, c1, c2, c3]);
        let len = u64::from(count) * value_bytes(kind);
        let value = if len <= 4 {
            Span::new(at + 8, at + 8 + len)
        } else {
            self.window.clamp(self.endian.u32([v0, v1, v2, v3]).into(), len)
        };
        Entry { tag: self.endian.u16([t0, t1]), kind, value }
    }

    /// The first number of a BYTE, SHORT, LONG or IFD field.
    pub(crate) fn number(&self, source: &mut Source<'_>, entry: Entry) -> Result<Option<u32>, MediaError> {
        Ok(self.numbers(source, entry, 1)?.first().copied())
    }

    /// Up to `max` numbers of a BYTE, SHORT, LONG or IFD field.
    pub(crate) fn numbers(&self, source: &mut Source<'_>, entry: Entry, max: usize) -> Result<Vec<u32>, MediaError> {
        let width = value_bytes(entry.kind);
        let raw = source.head(entry.value, width * max as u64)?;
        Ok(match entry.kind {
            1 => raw.into_iter().map(u32::from).collect(),
            3 => raw.as_chunks().0.iter().map(|b| self.endian.u16(*b).into()).collect(),
            4 | 13 => raw.as_chunks().0.iter().map(|b| self.endian.u32(*b)).collect(),
            _ => Vec::new(),
        })
    }

    /// The bytes of the picture that a directory embeds as JPEG.
    pub(crate) fn embedded_jpeg(&self, source: &mut Source<'_>, ifd: &Ifd) -> Result<Option<Span>, MediaError> {
        let (Some(at), Some(len)) = (ifd.find(tag::THUMBNAIL), ifd.find(tag::THUMBNAIL_BYTES)) else {
            return Ok(None);
        };
        let (Some(at), Some(len)) = (self.number(source, at)?, self.number(source, len)?) else {
            return Ok(None);
        };
        let span = self.window.clamp(at.into(), len.into());
        Ok((!span.is_empty()).then_some(span))
    }
}

const APPLE_NOTE: &[u8] = b"Apple iOS\0";

/// Whether a maker note is Apple's, which is documented to hold neither location nor serial numbers.
pub(crate) fn is_apple_note(source: &mut Source<'_>, note: Span) -> Result<bool, MediaError> {
    Ok(source.head(note, APPLE_NOTE.len() as u64)? == APPLE_NOTE)
}

/// Bytes of one value, by field type.
fn value_bytes(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 1,
    }
}
