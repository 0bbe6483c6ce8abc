//! Which format a file is, by its content. The file's name is never asked.

use crate::container::ebml;

/// A container that is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, with or without pictures or a clip after it.
    Jpeg,
    /// PNG and APNG.
    Png,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
    /// HEIC and other HEIF but AVIF.
    Heif,
    /// AVIF.
    Avif,
    /// TIFF, and raw photos built on it.
    Tiff,
    /// MP4.
    Mp4,
    /// QuickTime movie.
    Mov,
    /// 3GP and 3G2.
    ThreeGp,
    /// WebM.
    WebM,
    /// Matroska.
    Matroska,
}

/// How much of the start of a file [`Format::sniff`] needs at most.
pub const SNIFF_BYTES: u64 = 4096;

impl Format {
    /// Recognises the format from the first bytes of a file (4 KiB are enough).
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 13, 10, 26, 10, ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Self::Tiff),
            [0x1A, 0x45, 0xDF, 0xA3, ..] => ebml::doc_type(head),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => sniff_brands(head),
            [_, _, _, _, b'm', b'o', b'o', b'v', ..]
            | [_, _, _, _, b'm', b'd', b'a', b't', ..]
            | [_, _, _, _, b'w', b'i', b'd', b'e', ..]
            | [_, _, _, _, b'p', b'n', b'o', b't', ..] => Some(Self::Mov),
            _ => None,
        }
    }

    /// The media type, as in HTTP's `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Heif => "image/heic",
            Self::Avif => "image/avif",
            Self::Tiff => "image/tiff",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::ThreeGp => "video/3gpp",
            Self::WebM => "video/webm",
            Self::Matroska => "video/x-matroska",
        }
    }

    /// The usual file name extension, without dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Heif => "heic",
            Self::Avif => "avif",
            Self::Tiff => "tif",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::ThreeGp => "3gp",
            Self::WebM => "webm",
            Self::Matroska => "mkv",
        }
    }

    /// Whether the format holds clips rather than pictures.
    pub const fn is_clip(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov | Self::ThreeGp | Self::WebM | Self::Matroska)
    }
}

/// Decides by the brands of an `ftyp` box: the major brand first, then the compatible ones in order.
fn sniff_brands(head: &[u8]) -> Option<Format> {
    let declared = u32::from_be_bytes(head.first_chunk().copied()?) as usize;
    let body = head.get(8..declared.clamp(8, head.len()))?;
    let major = body.first_chunk().copied()?;
    let compatible = body.get(8..).unwrap_or_default().chunks_exact(4).filter_map(|b| b.first_chunk().copied());
    // `mif1` and `msf1` are structure only: the compatible brands name the codec.
    let structural = matches!(&major, b"mif1" | b"msf1");
    let brands = std::iter::once(major).chain(compatible);
    let mut known = brands.filter_map(|brand: [u8; 4]| brand_format(brand));
    let first = known.next()?;
    if structural && known.any(|format| format == Format::Avif) {
        return Some(Format::Avif);
    }
    Some(first)
}

fn brand_format(brand: [u8; 4]) -> Option<Format> {
    match &brand {
        b"avif" | b"avis" => Some(Format::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" | b"mif1" | b"msf1" => {
            Some(Format::Heif)
        }
        b"qt  " => Some(Format::Mov),
        [b'3', b'g', b'p' | b'g' | b'r' | b's' | b'e' | b'2', _] => Some(Format::ThreeGp),
        b"mp41" | b"mp42" | b"avc1" | b"hvc1" | b"dash" | b"cmfc" | b"cmf2" | b"mmp4" | b"MSNV" | b"XAVC" | b"f4v " => {
            Some(Format::Mp4)
        }
        [b'i', b's', b'o', _] | [b'M', b'4', b'V', _] => Some(Format::Mp4),
        _ => None,
    }
}
