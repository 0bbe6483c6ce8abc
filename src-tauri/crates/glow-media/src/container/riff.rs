//! RIFF chunks of a WebP file (RFC 9649).

use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// A chunk of a WebP file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) kind: [u8; 4],
    pub(crate) body: Span,
}

/// The chunks in order, and where they end.
pub(crate) fn chunks(source: &mut Source<'_>, window: Span) -> Result<(Vec<Chunk>, u64), MediaError> {
    let [.., s0, s1, s2, s3]: [u8; 8] = source.array(window.start)?;
    let declared = window.clamp(8, u32::from_le_bytes([s0, s1, s2, s3]).into());
    let mut found = Vec::new();
    let mut at = window.start + 12;
    while at + 8 <= declared.end && found.len() < limits::SIBLINGS {
        let [kind @ .., l0, l1, l2, l3]: [u8; 8] = source.array(at)?;
        let len = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        let body = Span::new(at + 8, (at + 8 + len).min(declared.end));
        found.push(Chunk { kind, body });
        at = body.end + len % 2;
    }
    Ok((found, at.max(declared.end).min(window.end)))
}

/// Some writers put JPEG's `Exif\0\0` in front of the block.
pub(crate) fn exif_block(source: &mut Source<'_>, body: Span) -> Result<Span, MediaError> {
    Ok(if crate::container::jpeg::starts_with(source, body, b"Exif\0\0")? { body.from(6) } else { body })
}
