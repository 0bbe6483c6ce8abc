//! WebM and Matroska.

use super::eraser::Eraser;
use super::{Doubt, names};
use crate::container::ebml::{self, Element, id};
use crate::error::MediaError;
use crate::source::Span;

const TRACK_VIDEO: u64 = 1;
const TRACK_AUDIO: u64 = 2;

/// Blanks a Matroska file.
pub(super) fn blank(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let top = ebml::elements(eraser.source, window)?;
    for found in &top.list {
        match found.id {
            id::EBML => {}
            id::SEGMENT => blank_segment(eraser, found.body)?,
            _ => retire(eraser, *found)?,
        }
    }
    if !eraser.is_zero(Span::new(top.end, window.end))? {
        eraser.doubt(Doubt::Trailer);
    }
    Ok(())
}

/// Blanks the elements of a segment, or some of them.
pub(super) fn blank_segment(eraser: &mut Eraser<'_, '_>, segment: Span) -> Result<(), MediaError> {
    let parts = ebml::elements(eraser.source, segment)?;
    for found in &parts.list {
        match found.id {
            id::SEEK_HEAD | id::INFO | id::CLUSTER | id::CUES | id::CHAPTERS | id::CRC => {}
            id::TRACKS => check_tracks(eraser, found.body)?,
            id::TAGS => blank_tags(eraser, found.body)?,
            id::VOID => eraser.zero(found.body)?,
            _ => retire(eraser, *found)?,
        }
    }
    if !eraser.is_zero(Span::new(parts.end, segment.end))? {
        eraser.doubt(Doubt::Malformed);
    }
    Ok(())
}

/// Text and metadata tracks may hold positions among the pictures, where they cannot be told apart cheaply.
fn check_tracks(eraser: &mut Eraser<'_, '_>, tracks: Span) -> Result<(), MediaError> {
    for entry in ebml::elements(eraser.source, tracks)?.all(id::TRACK_ENTRY) {
        let kind = match ebml::elements(eraser.source, entry.body)?.find(id::TRACK_TYPE) {
            Some(kind) => ebml::uint(eraser.source, kind)?,
            None => 0,
        };
        if !matches!(kind, TRACK_VIDEO | TRACK_AUDIO) {
            eraser.doubt(Doubt::MetadataTrack);
        }
    }
    Ok(())
}

fn blank_tags(eraser: &mut Eraser<'_, '_>, tags: Span) -> Result<(), MediaError> {
    let parts = ebml::elements(eraser.source, tags)?;
    let mark = eraser.mark();
    for tag in parts.all(id::TAG) {
        for simple in ebml::elements(eraser.source, tag.body)?.all(id::SIMPLE_TAG) {
            blank_simple_tag(eraser, simple.body, false)?;
        }
    }
    // A checksum of changed content would be wrong; without one the content is as valid.
    if let Some(crc) = parts.find(id::CRC).filter(|_| eraser.mark() > mark) {
        retire(eraser, crc)?;
    }
    Ok(())
}

/// Blanks the value of a tag with a private name, and those of all tags nested in it.
fn blank_simple_tag(eraser: &mut Eraser<'_, '_>, tag: Span, in_private: bool) -> Result<(), MediaError> {
    let parts = ebml::elements(eraser.source, tag)?;
    let name = match parts.find(id::TAG_NAME) {
        Some(name) => eraser.source.text(name.body)?.unwrap_or_default(),
        None => String::new(),
    };
    let is_private = in_private || names::is_private(name.as_bytes());
    for part in &parts.list {
        match part.id {
            id::TAG_STRING if is_private => eraser.space(part.body)?,
            id::TAG_BINARY if is_private => eraser.zero(part.body)?,
            id::SIMPLE_TAG => eraser.nested(|eraser| blank_simple_tag(eraser, part.body, is_private))?,
            _ => {}
        }
    }
    Ok(())
}

/// Turns an element into a void one of the same size.
fn retire(eraser: &mut Eraser<'_, '_>, found: Element) -> Result<(), MediaError> {
    let total = found.body.end - found.start;
    let header = match total {
        0..2 => return Ok(()),
        2..=128 => vec![id::VOID as u8, 0x80 | (total - 2) as u8],
        _ => [[id::VOID as u8].as_slice(), &(1 << 56 | (total - 9)).to_be_bytes()].concat(),
    };
    eraser.zero(Span::new(found.start, found.body.end))?;
    eraser.put(found.start, &header)
}
