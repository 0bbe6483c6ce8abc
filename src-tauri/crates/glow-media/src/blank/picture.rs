//! PNG, WebP and GIF.

use super::eraser::Eraser;
use super::{Doubt, exif, names, xmp};
use crate::container::gif::{self, Block};
use crate::container::png::{self, Chunk};
use crate::container::riff;
use crate::error::MediaError;
use crate::limits;
use crate::source::Span;

const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp";
/// GIF applications that are no metadata: looping and colour.
const GIF_APPLICATIONS: [&[u8; 11]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];
/// Behind an XMP packet in a GIF stands a ladder of bytes that leads every reader to the end of the block.
const GIF_XMP_TRAILER: u64 = 258;

/// Blanks a PNG. Checksums of changed chunks are computed anew.
pub(super) fn png(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let (chunks, end) = png::chunks(eraser.source, window)?;
    for chunk in &chunks {
        let mark = eraser.mark();
        blank_png_chunk(eraser, *chunk)?;
        let covered = Span::new(chunk.body.start - 4, chunk.body.end);
        if let Some(bytes) = eraser.changed_since(mark, covered)? {
            eraser.put(chunk.body.end, &crc32fast::hash(&bytes).to_be_bytes())?;
        }
    }
    doubt_unless_zero(eraser, Span::new(end, window.end))
}

fn blank_png_chunk(eraser: &mut Eraser<'_, '_>, chunk: Chunk) -> Result<(), MediaError> {
    match &chunk.kind {
        b"eXIf" => exif::blank_block(eraser, chunk.body),
        b"tEXt" | b"zTXt" | b"iTXt" => blank_text(eraser, chunk),
        b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"acTL" | b"fcTL" | b"fdAT" | b"tRNS" | b"cHRM" | b"gAMA" | b"iCCP"
        | b"sBIT" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI" | b"mDCv" | b"cLLi" | b"bKGD" | b"hIST" | b"pHYs"
        | b"sPLT" | b"tIME" | b"oFFs" | b"pCAL" | b"sCAL" | b"gIFg" | b"sTER" | b"iDOT" | b"CgBI" | b"vpAg"
        | b"orNT" => Ok(()),
        [kind, ..] if kind.is_ascii_uppercase() => {
            eraser.doubt(Doubt::UnknownPart);
            Ok(())
        }
        _ => eraser.zero(chunk.body),
    }
}

/// Text chunks by their keyword. Compressed ones to be blanked become uncompressed ones of spaces.
fn blank_text(eraser: &mut Eraser<'_, '_>, chunk: Chunk) -> Result<(), MediaError> {
    let head = eraser.source.head(chunk.body, 81)?;
    let Some(keyword) = head.iter().position(|b| *b == 0).map(|len| &head[..len]) else {
        return eraser.zero(chunk.body);
    };
    let after_keyword = chunk.body.from(keyword.len() as u64 + 1);
    let is_compressed = &chunk.kind == b"zTXt" || (&chunk.kind == b"iTXt" && head.get(keyword.len() + 1) == Some(&1));
    let is_xmp = keyword == XMP_KEYWORD;
    let is_private = names::is_private(keyword) || keyword.starts_with(b"Raw profile type");
    match (is_xmp, is_compressed) {
        (true, false) if &chunk.kind == b"iTXt" => {
            let packet = itxt_text(eraser, after_keyword)?;
            xmp::blank(eraser, packet)
        }
        _ if !is_xmp && !is_private => Ok(()),
        _ if &chunk.kind == b"iTXt" => {
            eraser.zero(after_keyword.clamp(0, 4))?;
            eraser.space(after_keyword.from(4))
        }
        _ => {
            eraser.put(chunk.body.start - 4, b"tEXt")?;
            eraser.space(after_keyword)
        }
    }
}

/// The text of an `iTXt` chunk behind its flags, language and translated keyword.
fn itxt_text(eraser: &mut Eraser<'_, '_>, after_keyword: Span) -> Result<Span, MediaError> {
    let head = eraser.source.head(after_keyword.from(2), limits::TEXT_BYTES)?;
    let mut ends = head.iter().enumerate().filter(|(_, b)| **b == 0).map(|(n, _)| n as u64 + 1);
    let (_, second) = (ends.next(), ends.next());
    Ok(after_keyword.from(2 + second.unwrap_or(0)))
}

/// Blanks a WebP.
pub(super) fn webp(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let (chunks, end) = riff::chunks(eraser.source, window)?;
    for chunk in chunks {
        match &chunk.kind {
            b"EXIF" => {
                let block = riff::exif_block(eraser.source, chunk.body)?;
                exif::blank_block(eraser, block)?;
            }
            b"XMP " => xmp::blank(eraser, chunk.body)?,
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {}
            _ => eraser.zero(chunk.body)?,
        }
    }
    doubt_unless_zero(eraser, Span::new(end, window.end))
}

/// Blanks a GIF.
pub(super) fn gif(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let (blocks, end) = gif::blocks(eraser.source, window)?;
    for block in blocks {
        match block {
            Block::Delay(_) | Block::Picture => {}
            Block::Comment(parts) => {
                let mut text = Vec::new();
                for part in &parts {
                    text.extend(eraser.source.bytes(*part, 255)?);
                }
                if names::text_is_private(&text) {
                    parts.into_iter().try_for_each(|part| eraser.space(part))?;
                }
            }
            Block::Application(name, body) if &name == b"XMP DataXMP" => {
                xmp::blank(eraser, body.clamp(0, body.len().saturating_sub(GIF_XMP_TRAILER)))?;
            }
            Block::Application(name, _) if GIF_APPLICATIONS.contains(&&name) => {}
            Block::Application(_, body) => blank_application(eraser, body)?,
        }
    }
    doubt_unless_zero(eraser, Span::new(end, window.end))
}

/// Zeros the data of an application block, keeping the length bytes.
fn blank_application(eraser: &mut Eraser<'_, '_>, body: Span) -> Result<(), MediaError> {
    let mut rest = body;
    while rest.len() > 1 {
        let len = u64::from(eraser.source.u8(rest.start)?);
        eraser.zero(rest.clamp(1, len))?;
        rest = rest.from(1 + len);
    }
    Ok(())
}

fn doubt_unless_zero(eraser: &mut Eraser<'_, '_>, rest: Span) -> Result<(), MediaError> {
    if !eraser.is_zero(rest)? {
        eraser.doubt(Doubt::Trailer);
    }
    Ok(())
}
