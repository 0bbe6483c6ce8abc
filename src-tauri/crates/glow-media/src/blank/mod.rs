//! Blanking: what tells where a moment was captured or which very device captured it is overwritten in place, and
//! nothing else is touched. The file keeps its length, its structure and its pixels.
//!
//! # What is blanked
//!
//! | where | what becomes of it |
//! |---|---|
//! | EXIF (JPEG, HEIF, AVIF, TIFF, PNG, WebP) | the GPS directory becomes an empty one; serial numbers, owner's name, unique image id and GeoTIFF tags become zeros; the maker note too, unless it is Apple's |
//! | XMP, standard and extended | properties that name a place, a serial number or an owner become spaces |
//! | IPTC | city, region, country and their kin become spaces |
//! | JPEG | unknown application segments become zeros; pictures and clips behind the image are blanked like files |
//! | PNG, GIF, WebP | the same by their chunks; PNG's checksums are computed anew |
//! | MP4, MOV, 3GP, HEIF | location atoms, unknown user data and padding become empty `free` boxes; metadata tracks that may hold positions become zeros |
//! | WebM | private tags become spaces; attachments and unknown elements become void |
//!
//! Maker notes are undocumented, partly encrypted, and known to hold serial numbers, names of places and of babies: no
//! list of their fields could be proved complete, so they go as a whole. Apple's note is the exception: it holds neither,
//! and Live Photos need it. What cannot be parsed inside a metadata block is blanked as a whole block.
//!
//! # What is not looked at
//!
//! Pixels, coded frames, and what people wrote themselves (captions, comments without such words, names, copyright).
//!
//! # When it cannot be proved
//!
//! [`Verdict::NotProvable`] says why; the patches found so far are given all the same. Blanking twice is blanking once.

mod eraser;
mod exif;
mod heif;
mod iptc;
mod jpeg;
mod matroska;
mod movie;
pub(crate) mod names;
mod picture;
#[cfg(test)]
mod tests;
pub(crate) mod xmp;

use std::io::{Read, Seek};

use crate::error::MediaError;
use crate::format::Format;
use crate::source::{ReadSeek, Source};
use eraser::Eraser;

/// Bytes to write over a file's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where they go, from the start of the file.
    pub offset: u64,
    /// The bytes that replace as many of the file.
    pub bytes: Vec<u8>,
}

/// Why a file cannot be proved clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Bytes of unknown meaning behind the picture or clip.
    Trailer,
    /// The structure is broken, so that other readers may see more than was seen here.
    Malformed,
    /// A raw photo whose private data cannot be blanked without harm to its pixels.
    RawPrivateData,
    /// Metadata in a form that cannot be changed in place: compressed, derived or scattered.
    Unreachable,
    /// Metadata tracks in fragments or with unusual tables.
    MetadataTrack,
    /// An item, chunk or track of unknown kind that pixels may depend on.
    UnknownPart,
    /// More to blank than [`crate::limits::BLANKED_BYTES`].
    TooMuch,
}

/// What blanking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing to blank.
    Clean,
    /// With the patches applied nothing is left.
    Blanked,
    /// Something may be left even with the patches applied: the owner has to be asked.
    NotProvable(Doubt),
}

/// The outcome of [`blank`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blanking {
    /// What to overwrite: sorted by offset, without overlaps, within the file.
    pub patches: Vec<Patch>,
    /// Whether that is enough.
    pub verdict: Verdict,
}

impl Blanking {
    /// Applies the patches to a stretch of the file that starts at `offset`; for copying in pieces.
    pub fn apply(&self, offset: u64, piece: &mut [u8]) {
        let end = offset + piece.len() as u64;
        let first = self.patches.partition_point(|patch| patch.offset + patch.bytes.len() as u64 <= offset);
        for patch in self.patches[first..].iter().take_while(|patch| patch.offset < end) {
            let from = patch.offset.max(offset);
            let to = (patch.offset + patch.bytes.len() as u64).min(end);
            let bytes = &patch.bytes[(from - patch.offset) as usize..(to - patch.offset) as usize];
            piece[(from - offset) as usize..(to - offset) as usize].copy_from_slice(bytes);
        }
    }
}

/// Finds what has to be overwritten before a file of this format may be shared.
///
/// # Errors
/// [`MediaError::Io`] when the file cannot be read, [`MediaError::TooComplex`] when its structure is absurd. A broken
/// structure is no error but a [`Doubt`].
pub fn blank<R: Read + Seek>(reader: &mut R, format: Format) -> Result<Blanking, MediaError> {
    blank_source(reader, format)
}

/// As [`blank`], for elements that stand inside the segment of a WebM file.
pub(crate) fn blank_inside_segment<R: Read + Seek>(reader: &mut R) -> Result<Blanking, MediaError> {
    let mut source = Source::new(reader)?;
    let whole = source.whole();
    let mut eraser = Eraser::new(&mut source);
    judge(&mut eraser, |eraser| matroska::blank_segment(eraser, whole))?;
    Ok(eraser.finish())
}

fn blank_source(reader: &mut dyn ReadSeek, format: Format) -> Result<Blanking, MediaError> {
    let mut source = Source::new(reader)?;
    let whole = source.whole();
    let mut eraser = Eraser::new(&mut source);
    judge(&mut eraser, |eraser| match format {
        Format::Jpeg => jpeg::blank(eraser, whole),
        Format::Png => picture::png(eraser, whole),
        Format::WebP => picture::webp(eraser, whole),
        Format::Gif => picture::gif(eraser, whole),
        Format::Tiff => exif::blank_file(eraser, whole),
        Format::Heif | Format::Avif | Format::Mp4 | Format::Mov | Format::ThreeGp => movie::blank(eraser, whole),
        Format::WebM | Format::Matroska => matroska::blank(eraser, whole),
    })?;
    Ok(eraser.finish())
}

/// Takes a broken structure for a doubt.
fn judge<'s, 'r>(
    eraser: &mut Eraser<'s, 'r>,
    walk: impl FnOnce(&mut Eraser<'s, 'r>) -> Result<(), MediaError>,
) -> Result<(), MediaError> {
    match walk(eraser) {
        Err(MediaError::Malformed { .. } | MediaError::TooLarge { .. }) => eraser.doubt(Doubt::Malformed),
        walked => walked?,
    }
    Ok(())
}
