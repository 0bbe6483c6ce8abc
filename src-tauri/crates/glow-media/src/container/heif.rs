//! Items of a HEIF file (ISO/IEC 23008-12): where the pictures, EXIF and XMP stand, and the main picture's geometry.

use std::collections::BTreeMap;

use crate::container::bmff::{self, Box4, Boxes, FourCc};
use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// An item of a `meta` box.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) kind: FourCc,
    pub(crate) content_type: String,
    /// Where the bytes stand; `None` when they are derived from another item.
    pub(crate) extents: Option<Vec<Span>>,
}

/// The main picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// As coded, before rotation.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The rotation and mirroring to apply, as an EXIF orientation.
    pub(crate) orientation: u8,
}

/// The items of the `meta` box with this body; offsets count from the start of `file`.
pub(crate) fn items(source: &mut Source<'_>, meta: Span, file: Span) -> Result<Vec<Item>, MediaError> {
    let window = bmff::meta_children(source, meta)?;
    let children = bmff::boxes(source, window)?;
    let Some(iinf) = children.find(b"iinf") else {
        return Ok(Vec::new());
    };
    let mut places = locations(source, &children, file)?;
    let version = source.u8(iinf.body.start)?;
    let entries = bmff::boxes(source, iinf.body.from(if version == 0 { 6 } else { 8 }))?;
    if entries.list.len() > limits::ITEMS {
        return Err(MediaError::TooComplex);
    }
    let mut found = Vec::new();
    for entry in entries.all(b"infe") {
        if let Some((id, kind, content_type)) = item_entry(source, entry)? {
            let extents = places.remove(&id).unwrap_or_default();
            found.push(Item { kind, content_type, extents });
        }
    }
    Ok(found)
}

/// The size and rotation of the primary item, from its properties.
pub(crate) fn geometry(source: &mut Source<'_>, meta: Span) -> Result<Option<Geometry>, MediaError> {
    let window = bmff::meta_children(source, meta)?;
    let children = bmff::boxes(source, window)?;
    let (Some(pitm), Some(iprp)) = (children.find(b"pitm"), children.find(b"iprp")) else {
        return Ok(None);
    };
    let wide = source.u8(pitm.body.start)? != 0;
    let primary = source.uint(pitm.body.start + 4, if wide { 4 } else { 2 })?;
    let parts = bmff::boxes(source, iprp.body)?;
    let Some(ipco) = parts.find(b"ipco") else {
        return Ok(None);
    };
    let properties = bmff::boxes(source, ipco.body)?.list;
    let mut geometry = Geometry { width: 0, height: 0, orientation: 1 };
    for ipma in parts.all(b"ipma") {
        for index in associations(source, ipma, primary)? {
            let property = index.checked_sub(1).and_then(|n| properties.get(n));
            if let Some(property) = property {
                apply(source, &mut geometry, *property)?;
            }
        }
    }
    Ok((geometry.width > 0 && geometry.height > 0).then_some(geometry))
}

/// The TIFF block of a HEIF Exif item, which starts with the block's offset.
pub(crate) fn exif_block(source: &mut Source<'_>, extent: Span) -> Result<Span, MediaError> {
    if extent.len() < 4 {
        return Ok(Span::new(extent.end, extent.end));
    }
    let skipped = u64::from(source.u32(extent.start)?);
    Ok(extent.from(4 + skipped))
}

fn apply(source: &mut Source<'_>, geometry: &mut Geometry, property: Box4) -> Result<(), MediaError> {
    match &property.kind {
        b"ispe" if property.body.len() >= 12 => {
            geometry.width = source.u32(property.body.start + 4)?;
            geometry.height = source.u32(property.body.start + 8)?;
        }
        b"irot" if !property.body.is_empty() => {
            for _ in 0..source.u8(property.body.start)? & 3 {
                geometry.orientation = turned_left(geometry.orientation);
            }
        }
        b"imir" if !property.body.is_empty() => {
            let flips_rows = source.u8(property.body.start)? & 1 == 0;
            geometry.orientation = mirrored(geometry.orientation, flips_rows);
        }
        _ => {}
    }
    Ok(())
}

/// A further quarter turn anticlockwise after an EXIF orientation.
fn turned_left(orientation: u8) -> u8 {
    match orientation {
        1 => 8,
        8 => 3,
        3 => 6,
        6 => 1,
        2 => 5,
        5 => 4,
        4 => 7,
        _ => 2,
    }
}

/// A further mirroring after an EXIF orientation: top to bottom, or left to right.
fn mirrored(orientation: u8, top_to_bottom: bool) -> u8 {
    let left_to_right = match orientation {
        1 => 2,
        2 => 1,
        3 => 4,
        4 => 3,
        5 => 6,
        6 => 5,
        7 => 8,
        _ => 7,
    };
    if top_to_bottom { turned_left(turned_left(left_to_right)) } else { left_to_right }
}

fn item_entry(source: &mut Source<'_>, entry: Box4) -> Result<Option<(u32, FourCc, String)>, MediaError> {
    let at = entry.body.start;
    let version = source.u8(at)?;
    let id_bytes = match version {
        2 => 2,
        3 => 4,
        _ => return Ok(None),
    };
    let id = source.uint(at + 4, id_bytes)? as u32;
    let kind_at = at + 4 + id_bytes as u64 + 2;
    let kind = source.array(kind_at)?;
    let names = source.head(Span::new(kind_at + 4, entry.body.end), limits::TEXT_BYTES * 2)?;
    let mut names = names.split(|b| *b == 0);
    let content_type = if &kind == b"mime" { names.nth(1) } else { None };
    Ok(Some((id, kind, String::from_utf8_lossy(content_type.unwrap_or_default()).into_owned())))
}

type Places = BTreeMap<u32, Option<Vec<Span>>>;

fn locations(source: &mut Source<'_>, children: &Boxes, file: Span) -> Result<Places, MediaError> {
    let Some(iloc) = children.find(b"iloc") else {
        return Ok(Places::new());
    };
    let idat = children.find(b"idat").map(|idat| idat.body);
    let mut at = iloc.body.start;
    let version = source.u8(at)?;
    let sizes = source.u16(at + 4)?;
    let width = |shift: u16| usize::from(sizes >> shift & 15);
    let (offset_bytes, length_bytes, base_bytes) = (width(12), width(8), width(4));
    let index_bytes = if version == 0 { 0 } else { width(0) };
    let id_bytes = if version < 2 { 2 } else { 4 };
    let count = source.uint(at + 6, id_bytes)?;
    if count > limits::ITEMS as u64 {
        return Err(MediaError::TooComplex);
    }
    at += 6 + id_bytes as u64;
    let mut places = Places::new();
    let mut next = |source: &mut Source<'_>, width: usize| {
        let value = source.uint(at, width);
        at += width as u64;
        value
    };
    for _ in 0..count {
        let id = next(source, id_bytes)? as u32;
        let method = if version == 0 { 0 } else { next(source, 2)? & 15 };
        next(source, 2)?;
        let base = next(source, base_bytes)?;
        let extent_count = next(source, 2)?;
        let container = match method {
            0 => Some(file),
            1 => idat,
            _ => None,
        };
        let mut extents = container.map(|_| Vec::new());
        for _ in 0..extent_count {
            next(source, index_bytes)?;
            let offset = base.saturating_add(next(source, offset_bytes)?);
            let length = next(source, length_bytes)?;
            if let (Some(container), Some(extents)) = (container, &mut extents) {
                let to_the_end = length == 0 && length_bytes == 0;
                extents.push(container.clamp(offset, if to_the_end { u64::MAX } else { length }));
            }
        }
        places.insert(id, extents);
    }
    Ok(places)
}

fn associations(source: &mut Source<'_>, ipma: Box4, item: u64) -> Result<Vec<usize>, MediaError> {
    let mut at = ipma.body.start + 8;
    let [version, .., flags] = source.array::<4>(ipma.body.start)?;
    let id_bytes = if version == 0 { 2 } else { 4 };
    let index_bytes = if flags & 1 == 0 { 1 } else { 2 };
    let mut found = Vec::new();
    for _ in 0..source.u32(ipma.body.start + 4)?.min(limits::ITEMS as u32) {
        let id = source.uint(at, id_bytes)?;
        at += id_bytes as u64;
        let count = source.u8(at)?;
        at += 1;
        for _ in 0..count {
            let raw = source.uint(at, index_bytes)?;
            at += index_bytes as u64;
            if id == item {
                found.push((raw & if index_bytes == 1 { 0x7F } else { 0x7FFF }) as usize);
            }
        }
    }
    Ok(found)
}
