//! EBML elements (RFC 8794) of Matroska and WebM (RFC 9559).

use crate::error::MediaError;
use crate::format::Format;
use crate::limits;
use crate::source::{Source, Span};

/// Element ids, marker bits included.
pub(crate) mod id {
    pub(crate) const EBML: u32 = 0x1A45_DFA3;
    pub(crate) const DOC_TYPE: u32 = 0x4282;
    pub(crate) const VOID: u32 = 0xEC;
    pub(crate) const CRC: u32 = 0xBF;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const SEEK_HEAD: u32 = 0x114D_9B74;
    pub(crate) const INFO: u32 = 0x1549_A966;
    pub(crate) const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
    pub(crate) const DURATION: u32 = 0x4489;
    pub(crate) const DATE_UTC: u32 = 0x4461;
    pub(crate) const TRACKS: u32 = 0x1654_AE6B;
    pub(crate) const TRACK_ENTRY: u32 = 0xAE;
    pub(crate) const TRACK_TYPE: u32 = 0x83;
    pub(crate) const VIDEO: u32 = 0xE0;
    pub(crate) const PIXEL_WIDTH: u32 = 0xB0;
    pub(crate) const PIXEL_HEIGHT: u32 = 0xBA;
    pub(crate) const DISPLAY_WIDTH: u32 = 0x54B0;
    pub(crate) const DISPLAY_HEIGHT: u32 = 0x54BA;
    pub(crate) const DISPLAY_UNIT: u32 = 0x54B2;
    pub(crate) const PROJECTION: u32 = 0x7670;
    pub(crate) const POSE_ROLL: u32 = 0x7675;
    pub(crate) const CLUSTER: u32 = 0x1F43_B675;
    pub(crate) const TIMESTAMP: u32 = 0xE7;
    pub(crate) const SIMPLE_BLOCK: u32 = 0xA3;
    pub(crate) const BLOCK_GROUP: u32 = 0xA0;
    pub(crate) const BLOCK: u32 = 0xA1;
    pub(crate) const CUES: u32 = 0x1C53_BB6B;
    pub(crate) const CHAPTERS: u32 = 0x1043_A770;
    pub(crate) const TAGS: u32 = 0x1254_C367;
    pub(crate) const TAG: u32 = 0x7373;
    pub(crate) const SIMPLE_TAG: u32 = 0x67C8;
    pub(crate) const TAG_NAME: u32 = 0x45A3;
    pub(crate) const TAG_STRING: u32 = 0x4487;
    pub(crate) const TAG_BINARY: u32 = 0x4485;
}

/// An element: `start` is that of its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element {
    pub(crate) id: u32,
    pub(crate) start: u64,
    pub(crate) body: Span,
}

/// The elements of a window, and where they stop making sense.
pub(crate) struct Elements {
    pub(crate) list: Vec<Element>,
    pub(crate) end: u64,
}

impl Elements {
    pub(crate) fn find(&self, id: u32) -> Option<Element> {
        self.all(id).next()
    }

    pub(crate) fn all(&self, id: u32) -> impl Iterator<Item = Element> {
        self.list.iter().copied().filter(move |found| found.id == id)
    }
}

/// Walks the elements of `window` without entering them. An element of unknown size, as in live recordings, ends where
/// an element of its own level begins.
pub(crate) fn elements(source: &mut Source<'_>, window: Span) -> Result<Elements, MediaError> {
    let mut list = Vec::new();
    let mut at = window.start;
    while at < window.end {
        let Some(head) = head_at(source, window, at)? else {
            break;
        };
        let end = match head.size {
            Some(size) if size <= window.end - head.body => head.body + size,
            // A recording that was cut off: its last element is as long as the file is.
            Some(_) if is_top_level(head.id) => window.end,
            Some(_) => break,
            None => unknown_end(source, window, &head)?,
        };
        if list.len() >= limits::SIBLINGS {
            return Err(MediaError::TooComplex);
        }
        list.push(Element { id: head.id, start: at, body: Span::new(head.body, end) });
        at = end;
    }
    Ok(Elements { list, end: at })
}

/// The format that an EBML header declares, from the first bytes of a file.
pub(crate) fn doc_type(head: &[u8]) -> Option<Format> {
    let mut cursor = std::io::Cursor::new(head);
    let mut source = Source::new(&mut cursor).ok()?;
    let whole = source.whole();
    let header = elements(&mut source, whole).ok()?.find(id::EBML)?;
    let doc_type = elements(&mut source, header.body).ok()?.find(id::DOC_TYPE)?;
    match source.text(doc_type.body).ok()??.as_str() {
        "webm" => Some(Format::WebM),
        "matroska" => Some(Format::Matroska),
        _ => None,
    }
}

/// A float of 4 or 8 bytes.
pub(crate) fn float(source: &mut Source<'_>, element: Element) -> Result<Option<f64>, MediaError> {
    Ok(match element.body.len() {
        4 => Some(f32::from_bits(source.u32(element.body.start)?).into()),
        8 => Some(f64::from_bits(source.u64(element.body.start)?)),
        _ => None,
    })
}

/// An unsigned integer of up to 8 bytes.
pub(crate) fn uint(source: &mut Source<'_>, element: Element) -> Result<u64, MediaError> {
    source.uint(element.body.start, element.body.len().min(9) as usize)
}

/// The header of an element.
pub(crate) struct Head {
    pub(crate) id: u32,
    /// Bytes of the header itself.
    pub(crate) bytes: u64,
    /// Bytes of what follows; nothing while that is unknown.
    pub(crate) size: Option<u64>,
}

/// The header at the start of `raw`; nothing when it is cut off or none.
pub(crate) fn head(raw: &[u8]) -> Option<Head> {
    let id_bytes = raw.first().map_or(9, |b| b.leading_zeros() as usize + 1);
    let size_bytes = raw.get(id_bytes).map_or(9, |b| b.leading_zeros() as usize + 1);
    if id_bytes > 4 || size_bytes > 8 || raw.len() < id_bytes + size_bytes {
        return None;
    }
    let (id, size) = raw[..id_bytes + size_bytes].split_at(id_bytes);
    let id = id.iter().fold(0, |id, b| id << 8 | u32::from(*b));
    let size = size.iter().fold(0, |size, b| size << 8 | u64::from(*b));
    let mask = (1 << (7 * size_bytes)) - 1;
    let size = (size & mask != mask).then_some(size & mask);
    Some(Head { id, bytes: (id_bytes + size_bytes) as u64, size })
}

struct HeadAt {
    id: u32,
    body: u64,
    size: Option<u64>,
}

fn head_at(source: &mut Source<'_>, window: Span, at: u64) -> Result<Option<HeadAt>, MediaError> {
    let raw = source.head(window.from(at - window.start), 12)?;
    Ok(head(&raw).map(|head| HeadAt { id: head.id, body: at + head.bytes, size: head.size }))
}

fn unknown_end(source: &mut Source<'_>, window: Span, head: &HeadAt) -> Result<u64, MediaError> {
    if head.id != id::CLUSTER {
        return Ok(window.end);
    }
    let mut at = head.body;
    while let Some(child) = head_at(source, window, at)? {
        if is_top_level(child.id) || child.id == id::SEGMENT || child.id == id::EBML {
            return Ok(at);
        }
        let Some(size) = child.size.filter(|size| *size <= window.end - child.body) else {
            break;
        };
        at = child.body + size;
    }
    Ok(window.end)
}

/// Whether an element stands right inside the segment.
pub(crate) fn is_top_level(id: u32) -> bool {
    matches!(
        id,
        id::SEGMENT
            | id::SEEK_HEAD
            | id::INFO
            | id::TRACKS
            | id::CLUSTER
            | id::CUES
            | id::CHAPTERS
            | id::TAGS
            | 0x1941_A469
    )
}
