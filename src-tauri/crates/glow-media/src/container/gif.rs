//! GIF blocks (GIF89a specification).

use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// A block that is of interest; pictures are counted only.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// Delay of the next picture, in hundredths of a second.
    Delay(u16),
    Picture,
    /// Each sub-block's data.
    Comment(Vec<Span>),
    /// An application's 11-byte name and everything behind it, length bytes included.
    Application([u8; 11], Span),
}

/// The blocks in order, and where they end.
pub(crate) fn blocks(source: &mut Source<'_>, window: Span) -> Result<(Vec<Block>, u64), MediaError> {
    let screen: [u8; 13] = source.array(window.start)?;
    let mut at = window.start + 13 + colour_table_bytes(screen[10]);
    let mut found = Vec::new();
    while at < window.end && found.len() < limits::SIBLINGS {
        match source.u8(at)? {
            0x2C => {
                let descriptor: [u8; 10] = source.array(at)?;
                at += 11 + colour_table_bytes(descriptor[9]);
                at = sub_blocks(source, at, window.end)?.1;
                found.push(Block::Picture);
            }
            0x21 => at = extension(source, at, window.end, &mut found)?,
            0x3B => return Ok((found, at + 1)),
            _ => return Err(MediaError::malformed("GIF block")),
        }
    }
    Ok((found, at.min(window.end)))
}

fn extension(source: &mut Source<'_>, at: u64, end: u64, found: &mut Vec<Block>) -> Result<u64, MediaError> {
    let label = source.u8(at + 1)?;
    let (parts, next) = sub_blocks(source, at + 2, end)?;
    match (label, parts.first()) {
        (0xF9, Some(part)) if part.len() >= 4 => {
            let [_, d0, d1] = source.array(part.start)?;
            found.push(Block::Delay(u16::from_le_bytes([d0, d1])));
        }
        (0xFE, _) => found.push(Block::Comment(parts)),
        (0xFF, Some(part)) if part.len() == 11 => {
            found.push(Block::Application(source.array(part.start)?, Span::new(part.end, next)));
        }
        _ => {}
    }
    Ok(next)
}

fn sub_blocks(source: &mut Source<'_>, mut at: u64, end: u64) -> Result<(Vec<Span>, u64), MediaError> {
    let mut parts = Vec::new();
    while at < end {
        let len = u64::from(source.u8(at)?);
        at += 1;
        if len == 0 {
            break;
        }
        if parts.len() < limits::SIBLINGS {
            parts.push(Span::new(at, (at + len).min(end)));
        }
        at += len;
    }
    Ok((parts, at.min(end)))
}

fn colour_table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
