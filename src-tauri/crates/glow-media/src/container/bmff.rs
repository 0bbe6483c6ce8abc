//! Boxes of the ISO base media file format (ISO/IEC 14496-12) and atoms of QuickTime, which are the same thing.

use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// Four characters that name a box.
pub(crate) type FourCc = [u8; 4];

/// A box: `start` is that of its header, `body` what follows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Box4 {
    pub(crate) kind: FourCc,
    pub(crate) start: u64,
    pub(crate) body: Span,
}

/// The boxes of a window, and where they stop making sense (`window.end` when they fill it).
pub(crate) struct Boxes {
    pub(crate) list: Vec<Box4>,
    pub(crate) end: u64,
}

impl Boxes {
    pub(crate) fn find(&self, kind: &FourCc) -> Option<Box4> {
        self.all(kind).next()
    }

    pub(crate) fn all(&self, kind: &FourCc) -> impl Iterator<Item = Box4> {
        self.list.iter().copied().filter(move |found| found.kind == *kind)
    }
}

/// Walks the boxes of `window` without entering them.
pub(crate) fn boxes(source: &mut Source<'_>, window: Span) -> Result<Boxes, MediaError> {
    let mut list = Vec::new();
    let mut at = window.start;
    while at + 8 <= window.end {
        let Some(found) = box_at(source, window, at)? else {
            break;
        };
        if list.len() >= limits::SIBLINGS {
            return Err(MediaError::TooComplex);
        }
        at = found.body.end;
        list.push(found);
    }
    Ok(Boxes { list, end: at })
}

fn box_at(source: &mut Source<'_>, window: Span, at: u64) -> Result<Option<Box4>, MediaError> {
    let [s0, s1, s2, s3, kind @ ..]: [u8; 8] = source.array(at)?;
    let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
        0 if is_name(kind) => (8, window.end - at),
        1 if at + 16 <= window.end => (16, source.u64(at + 8)?),
        size => (8, size.into()),
    };
    let fits = size >= header && size <= window.end - at;
    Ok(fits.then(|| Box4 { kind, start: at, body: Span::new(at + header, at + size) }))
}

fn is_name(kind: FourCc) -> bool {
    kind.iter().all(|b| b.is_ascii_graphic() || *b == b' ' || *b == 0xA9)
}

/// The box reached by a path of names, taking the first of each.
pub(crate) fn find_path(source: &mut Source<'_>, window: Span, path: &[&FourCc]) -> Result<Option<Span>, MediaError> {
    let mut window = window;
    for name in path {
        let Some(found) = boxes(source, window)?.find(name) else {
            return Ok(None);
        };
        window = found.body;
    }
    Ok(Some(window))
}

/// The children of a `meta` box, which in QuickTime has no version in front of them.
pub(crate) fn meta_children(source: &mut Source<'_>, body: Span) -> Result<Span, MediaError> {
    let is_quicktime = body.len() >= 8 && &source.array::<4>(body.start + 4)? == b"hdlr";
    Ok(if is_quicktime { body } else { body.from(4) })
}

/// The handler type in a `hdlr` box among `children`.
pub(crate) fn handler(source: &mut Source<'_>, children: &Boxes) -> Result<FourCc, MediaError> {
    match children.find(b"hdlr") {
        Some(found) if found.body.len() >= 12 => source.array(found.body.start + 8),
        _ => Ok([0; 4]),
    }
}

/// A value in a `meta` box of handler `mdta` or `mdir`, under its key.
#[derive(Debug, Clone)]
pub(crate) struct MetaValue {
    pub(crate) key: String,
    pub(crate) is_text: bool,
    pub(crate) value: Span,
}

/// The values of a `meta` box with their keys.
pub(crate) fn meta_values(source: &mut Source<'_>, body: Span) -> Result<Vec<MetaValue>, MediaError> {
    let window = meta_children(source, body)?;
    let children = boxes(source, window)?;
    let keys = match children.find(b"keys") {
        Some(keys) => meta_keys(source, keys.body.from(8))?,
        None => Vec::new(),
    };
    let mut found = Vec::new();
    let Some(list) = children.find(b"ilst") else {
        return Ok(found);
    };
    for item in boxes(source, list.body)?.list {
        let parts = boxes(source, item.body)?;
        let indexed = (u32::from_be_bytes(item.kind) as usize).checked_sub(1).and_then(|n| keys.get(n).cloned());
        let key = match (indexed, parts.find(b"name")) {
            (Some(key), _) => key,
            (None, Some(name)) => source.text(name.body.from(4))?.unwrap_or_default(),
            (None, None) => item.kind.iter().copied().map(char::from).collect(),
        };
        for data in parts.all(b"data").filter(|data| data.body.len() >= 8) {
            let is_text = source.u32(data.body.start)? == 1;
            found.push(MetaValue { key: key.clone(), is_text, value: data.body.from(8) });
        }
    }
    Ok(found)
}

/// Key names of a `keys` box or, in the same shape, of boxed metadata.
fn meta_keys(source: &mut Source<'_>, window: Span) -> Result<Vec<String>, MediaError> {
    let mut keys = Vec::new();
    for key in boxes(source, window)?.list {
        keys.push(source.text(key.body)?.unwrap_or_default());
    }
    Ok(keys)
}
