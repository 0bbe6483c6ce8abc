//! Private places of a JPEG: in its EXIF segment, the GPS directory, serial numbers and the maker note.

use std::ops::Range;

use anyhow::{Context, Result, ensure};

const EXIF: &[u8] = b"Exif\0\0";
const GPS_DIRECTORY: u16 = 0x8825;
const EXIF_DIRECTORY: u16 = 0x8769;
/// Camera owner, serial numbers of body and lens, unique image id.
const DEVICE: [u16; 4] = [0xA420, 0xA430, 0xA431, 0xA435];
const MAKER_NOTE: u16 = 0x927C;

pub(super) fn private_ranges(file: &[u8]) -> Result<Vec<Range<usize>>> {
    let mut at = 2;
    loop {
        let head = file.get(at..at + 4).context("a segment is cut short")?;
        ensure!(head[0] == 0xFF, "no marker at {at}");
        let body = at + 4..at + 2 + usize::from(u16::from_be_bytes([head[2], head[3]]));
        if head[1] == 0xDA {
            return Ok(vec![]);
        }
        let bytes = file.get(body.clone()).context("a segment is longer than the file")?;
        if head[1] == 0xE1 && bytes.starts_with(EXIF) {
            return Tiff::open(file, body.start + EXIF.len(), body.end)?.private_ranges();
        }
        at = body.end;
    }
}

struct Tiff<'a> {
    bytes: &'a [u8],
    start: usize,
    is_little_endian: bool,
}

struct Entry {
    tag: u16,
    /// Where the value stands in the file.
    value: Range<usize>,
}

impl<'a> Tiff<'a> {
    fn open(file: &'a [u8], start: usize, end: usize) -> Result<Self> {
        let bytes = &file[start..end];
        ensure!(bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*"), "no TIFF header");
        Ok(Self { bytes, start, is_little_endian: bytes[0] == b'I' })
    }

    fn private_ranges(&self) -> Result<Vec<Range<usize>>> {
        let mut private = vec![];
        for entry in self.directory(self.u32(4)?)? {
            match entry.tag {
                GPS_DIRECTORY => private.extend(self.whole_directory(&entry)?),
                EXIF_DIRECTORY => private.extend(self.devices(&entry)?),
                _ => {}
            }
        }
        Ok(private)
    }

    fn devices(&self, pointer: &Entry) -> Result<impl Iterator<Item = Range<usize>>> {
        let entries = self.directory(self.pointed(pointer)?)?.into_iter();
        Ok(entries.filter(|entry| DEVICE.contains(&entry.tag) || entry.tag == MAKER_NOTE).map(|entry| entry.value))
    }

    /// The directory itself and the values it points to.
    fn whole_directory(&self, pointer: &Entry) -> Result<Vec<Range<usize>>> {
        let at = self.pointed(pointer)?;
        let entries = self.directory(at)?;
        let start = self.start + at;
        let directory = start..start + 2 + 12 * entries.len() + 4;
        let mut ranges = entries.into_iter().map(|entry| entry.value).collect::<Vec<_>>();
        ranges.push(directory);
        Ok(ranges)
    }

    fn directory(&self, at: usize) -> Result<Vec<Entry>> {
        let count = usize::from(self.u16(at)?);
        (0..count).map(|index| self.entry(at + 2 + 12 * index)).collect()
    }

    fn entry(&self, at: usize) -> Result<Entry> {
        let unit = match self.u16(at + 2)? {
            3 => 2,
            4 | 9 => 4,
            5 | 10 => 8,
            _ => 1,
        };
        let size = unit * self.u32(at + 4)?;
        let value_at = if size <= 4 { at + 8 } else { self.u32(at + 8)? };
        ensure!(value_at + size <= self.bytes.len(), "a value is longer than the block");
        let start = self.start + value_at;
        Ok(Entry { tag: self.u16(at)?, value: start..start + size })
    }

    fn pointed(&self, pointer: &Entry) -> Result<usize> {
        self.u32(pointer.value.start - self.start)
    }

    fn u16(&self, at: usize) -> Result<u16> {
        let bytes = self.bytes.get(at..at + 2).context("the block is cut short")?;
        let bytes = [bytes[0], bytes[1]];
        Ok(if self.is_little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Result<usize> {
        let bytes: [u8; 4] = self.bytes.get(at..at + 4).context("the block is cut short")?.try_into()?;
        let number = if self.is_little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        Ok(usize::try_from(number)?)
    }
}
