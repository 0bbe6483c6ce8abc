//! Whether a file ends where its own structure says that it does. Transports such as FTP cannot tell an upload that was
//! broken off from one that is complete; most containers can.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use crate::format::{Format, SNIFF_BYTES};

/// Top-level structures walked before a file is taken as it is.
const MAX_STEPS: usize = 100_000;

/// Whether a file stops before its end. What is none of our formats, or of one that does not mark its end, is never found to.
///
/// # Errors
/// What reading the file fails with.
pub fn is_cut_short<R: Read + Seek>(file: &mut R) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    file.by_ref().take(SNIFF_BYTES).read_to_end(&mut head)?;
    Format::sniff(&head).map_or(Ok(false), |format| ends_early(file, format))
}

fn ends_early(file: &mut (impl Read + Seek), format: Format) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    match format {
        Format::Jpeg => jpeg(file),
        Format::Png => png(file, length),
        Format::WebP => Ok(u64::from(u32::from_le_bytes(read_at(file, 4)?)) + 8 > length),
        Format::Heif | Format::Avif | Format::Mp4 | Format::Mov | Format::ThreeGp => boxes(file, length),
        Format::Gif | Format::Tiff | Format::WebM | Format::Matroska => Ok(false),
    }
}

/// After the start of scan comes entropy-coded data, in which the end marker cannot occur by chance.
fn jpeg(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut at = 2;
    for _ in 0..MAX_STEPS {
        let Some([0xFF, marker]) = maybe(read_at(file, at))? else { return Ok(true) };
        match marker {
            0xFF => at += 1,
            0xD9 => return Ok(false),
            0x01 | 0xD0..=0xD8 => at += 2,
            _ => {
                let Some(length) = maybe(read_at(file, at + 2))? else { return Ok(true) };
                at += 2 + u64::from(u16::from_be_bytes(length)).max(2);
                if marker == 0xDA {
                    file.seek(SeekFrom::Start(at))?;
                    return Ok(!has_end_marker(BufReader::with_capacity(64 * 1024, file))?);
                }
            }
        }
    }
    Ok(false)
}

fn has_end_marker(mut scan: impl BufRead) -> io::Result<bool> {
    let mut after_ff = false;
    loop {
        let piece = scan.fill_buf()?;
        if piece.is_empty() {
            return Ok(false);
        }
        if (after_ff && piece[0] == 0xD9) || piece.windows(2).any(|pair| pair == [0xFF, 0xD9]) {
            return Ok(true);
        }
        after_ff = piece.last() == Some(&0xFF);
        let read = piece.len();
        scan.consume(read);
    }
}

fn png(file: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let mut at = 8;
    for _ in 0..MAX_STEPS {
        let Some(head) = maybe(read_at::<8>(file, at))? else { return Ok(true) };
        let [a, b, c, d, kind @ ..] = head;
        at += 12 + u64::from(u32::from_be_bytes([a, b, c, d]));
        if at > length || &kind == b"IEND" {
            return Ok(at > length);
        }
    }
    Ok(false)
}

/// The boxes of an ISO base media file cover it exactly, or its last one reaches to the end.
fn boxes(file: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let mut at = 0;
    for _ in 0..MAX_STEPS {
        if at >= length {
            return Ok(at > length);
        }
        let Some(size) = maybe(read_at(file, at))? else { return Ok(true) };
        let size = match u32::from_be_bytes(size) {
            0 => return Ok(false),
            1 => match maybe(read_at(file, at + 8))? {
                Some(size) => u64::from_be_bytes(size),
                None => return Ok(true),
            },
            size => u64::from(size),
        };
        at = at.saturating_add(size.max(8));
    }
    Ok(false)
}

fn read_at<const N: usize>(file: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Nothing where the file ended.
fn maybe<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use super::*;

    fn cut(bytes: &[u8], format: Format) -> bool {
        ends_early(&mut Cursor::new(bytes), format).unwrap()
    }

    /// Markers, a thumbnail with an end of its own in the header, and a scan.
    fn jpeg_bytes() -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 8, 0xFF, 0xD8, 1, 2, 0xFF, 0xD9];
        bytes.extend([0xFF, 0xDA, 0, 4, 1, 2]);
        bytes.extend([0x55; 100_000]);
        bytes.extend([0xFF, 0x00, 0xFF, 0xD9, 0, 0]);
        bytes
    }

    #[test]
    fn a_jpeg_ends_with_its_scan_and_not_with_its_thumbnail() {
        let whole = jpeg_bytes();
        assert!(!cut(&whole, Format::Jpeg), "what follows the end does not matter");
        for length in [2, 10, 13, 16, 18, 50_000, whole.len() - 3] {
            assert!(cut(&whole[..length], Format::Jpeg), "cut at {length}");
        }
    }

    #[test]
    fn boxes_and_chunks_are_counted_to_the_end() {
        let mut movie = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
        movie.extend(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x20");
        movie.extend([7; 16]);
        assert!(!cut(&movie, Format::Mp4));
        assert!(cut(&movie[..movie.len() - 1], Format::Mp4));
        assert!(cut(&movie[..20], Format::Mp4), "in the middle of a size");
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.extend(b"\0\0\0\x02IDATxxcccc\0\0\0\0IENDcccc");
        assert!(!cut(&png, Format::Png));
        assert!(cut(&png[..png.len() - 1], Format::Png));
        assert!(cut(&png[..22], Format::Png), "without its last chunk");
        assert!(cut(b"RIFF\x10\0\0\0WEBP1234", Format::WebP));
        assert!(!cut(b"RIFF\x08\0\0\0WEBP1234", Format::WebP));
    }
}
