//! PNG chunks (ISO/IEC 15948).

use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// A chunk; its type stands 4 bytes before the body, its CRC right behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) kind: [u8; 4],
    pub(crate) body: Span,
}

/// The chunks in order, and where they end.
pub(crate) fn chunks(source: &mut Source<'_>, window: Span) -> Result<(Vec<Chunk>, u64), MediaError> {
    let mut found = Vec::new();
    let mut at = window.start + 8;
    while at + 12 <= window.end && found.len() < limits::SIBLINGS {
        let [l0, l1, l2, l3, kind @ ..]: [u8; 8] = source.array(at)?;
        let len = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
        let body = Span::new(at + 8, at + 8 + len);
        if body.end + 4 > window.end {
            break;
        }
        found.push(Chunk { kind, body });
        at = body.end + 4;
        if &kind == b"IEND" {
            break;
        }
    }
    Ok((found, at))
}
