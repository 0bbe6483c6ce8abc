//! XMP packets (ISO 16684-1): whole properties are overwritten with spaces, which leaves well-formed XML of the same
//! length. A packet that is no plain well-formed UTF-8 XML is overwritten as a whole.

use std::ops::Range;

use super::eraser::Eraser;
use super::names;
use crate::error::MediaError;
use crate::limits;
use crate::source::Span;

/// Whether a HEIF item of this content type is XMP.
pub(crate) fn is_media_type(content_type: &str) -> bool {
    content_type.eq_ignore_ascii_case("application/rdf+xml")
}

/// Whether the packet has a property that tells a place.
pub(crate) fn names_a_place(packet: &[u8]) -> bool {
    find(packet, names::is_place).is_some_and(|found| !found.is_empty())
}

/// Blanks the packet in `span`.
pub(super) fn blank(eraser: &mut Eraser<'_, '_>, span: Span) -> Result<(), MediaError> {
    blank_scattered(eraser, &[span])
}

/// Blanks a packet that stands in several places, as extended XMP in JPEG does.
pub(super) fn blank_scattered(eraser: &mut Eraser<'_, '_>, parts: &[Span]) -> Result<(), MediaError> {
    let mut packet = Vec::new();
    if parts.iter().map(|part| part.len()).sum::<u64>() <= limits::METADATA_BYTES {
        for part in parts {
            packet.extend(eraser.source.bytes(*part, limits::METADATA_BYTES)?);
        }
    }
    let found = find(&packet, names::is_private);
    let Some(found) = found.filter(|_| !packet.is_empty()) else {
        return parts.iter().try_for_each(|part| eraser.space(*part));
    };
    for range in found {
        let (mut start, mut len) = (range.start as u64, range.len() as u64);
        for part in parts {
            let span = part.clamp(start, len);
            eraser.space(span)?;
            start = start.saturating_sub(part.len());
            len -= span.len();
            if len == 0 {
                break;
            }
        }
    }
    Ok(())
}

/// The properties whose names `is_wanted`, as ranges: attributes, or elements with all they hold. `None` when the packet
/// is not the XML that XMP requires.
pub(crate) fn find(packet: &[u8], is_wanted: fn(&[u8]) -> bool) -> Option<Vec<Range<usize>>> {
    // Apple ends its packets with a NUL.
    let packet = &packet[..packet.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1)];
    if packet.contains(&0) || std::str::from_utf8(packet).is_err() {
        return None;
    }
    let mut walk = Walk { packet, at: 0, open: Vec::new(), wanted_from: None, found: Vec::new(), is_wanted };
    while let Some(step) = walk.packet[walk.at..].iter().position(|b| *b == b'<') {
        walk.at += step;
        walk.markup()?;
    }
    walk.open.is_empty().then_some(walk.found)
}

struct Walk<'a> {
    packet: &'a [u8],
    at: usize,
    /// Names of the elements that are open.
    open: Vec<&'a [u8]>,
    /// Start and depth of the wanted element that is open.
    wanted_from: Option<(usize, usize)>,
    found: Vec<Range<usize>>,
    is_wanted: fn(&[u8]) -> bool,
}

impl<'a> Walk<'a> {
    fn markup(&mut self) -> Option<()> {
        let rest = &self.packet[self.at..];
        for (opening, closing) in [("<?", "?>"), ("<!--", "-->"), ("<![CDATA[", "]]>")] {
            if rest.starts_with(opening.as_bytes()) {
                let body = &rest[opening.len()..];
                let end = body.windows(closing.len()).position(|window| window == closing.as_bytes())?;
                self.at += opening.len() + end + closing.len();
                return Some(());
            }
        }
        match rest.get(1)? {
            // A document type could define entities, which hide text from this walk.
            b'!' => None,
            b'/' => self.closing(),
            _ => self.opening(),
        }
    }

    fn closing(&mut self) -> Option<()> {
        let len = self.packet[self.at..].iter().position(|b| *b == b'>')?;
        let name = self.packet[self.at + 2..self.at + len].trim_ascii_end();
        self.at += len + 1;
        if self.open.pop()? != name {
            return None;
        }
        if let Some((start, depth)) = self.wanted_from.filter(|(_, depth)| *depth == self.open.len()) {
            debug_assert_eq!(depth, self.open.len());
            self.found.push(start..self.at);
            self.wanted_from = None;
        }
        Some(())
    }

    fn opening(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1;
        let name = self.name()?;
        let is_wanted = self.wanted_from.is_none() && (self.is_wanted)(local(name));
        let is_empty = self.attributes(is_wanted)?;
        match (is_empty, is_wanted) {
            (true, true) => self.found.push(start..self.at),
            (true, false) => {}
            (false, _) => {
                if is_wanted {
                    self.wanted_from = Some((start, self.open.len()));
                }
                self.open.push(name);
            }
        }
        (self.open.len() <= limits::XML_DEPTH).then_some(())
    }

    /// Reads attributes to the end of the tag, noting wanted ones; returns whether the element ends with its tag.
    fn attributes(&mut self, in_wanted: bool) -> Option<bool> {
        loop {
            self.skip_space();
            match self.packet.get(self.at)? {
                b'>' => {
                    self.at += 1;
                    return Some(false);
                }
                b'/' if self.packet.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    return Some(true);
                }
                _ => self.attribute(in_wanted)?,
            }
        }
    }

    fn attribute(&mut self, in_wanted: bool) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        self.skip_space();
        if self.packet.get(self.at) != Some(&b'=') {
            return None;
        }
        self.at += 1;
        self.skip_space();
        let quote = *self.packet.get(self.at).filter(|b| matches!(b, b'"' | b'\''))?;
        let len = self.packet[self.at + 1..].iter().position(|b| *b == quote)?;
        self.at += len + 2;
        let declares_prefix = name.starts_with(b"xmlns");
        if !in_wanted && self.wanted_from.is_none() && !declares_prefix && (self.is_wanted)(local(name)) {
            self.found.push(start..self.at);
        }
        Some(())
    }

    fn name(&mut self) -> Option<&'a [u8]> {
        let rest = &self.packet[self.at..];
        let len = rest.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'=' | b'<' | b'"'))?;
        self.at += len;
        (len > 0).then(|| &rest[..len])
    }

    fn skip_space(&mut self) {
        self.at += self.packet[self.at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }
}

fn local(name: &[u8]) -> &[u8] {
    name.rsplit(|b| *b == b':').next().unwrap_or(name)
}
