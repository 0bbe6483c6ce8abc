//! Movies and HEIF files: boxes by an allow-list, so that what is not known is not shared.

use super::eraser::Eraser;
use super::{Doubt, heif, names, xmp};
use crate::container::bmff::{self, Box4};
use crate::container::movie::Track;
use crate::error::MediaError;
use crate::source::Span;

const XMP_UUID: [u8; 16] = *b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
/// Boxes of extended type that players need: spherical video, and Smooth Streaming's timing.
const NEEDED_UUIDS: [[u8; 16]; 3] = [
    *b"\xFF\xCC\x82\x63\xF8\x55\x4A\x93\x88\x14\x58\x7A\x02\x52\x1F\xDD",
    *b"\x6D\x1D\x9B\x05\x42\xD5\x44\xE6\x80\xE2\x14\x1D\xAF\xF7\x57\xB2",
    *b"\xD4\x80\x7E\xF2\xCA\x39\x46\x95\x8E\x54\x26\xCB\x9E\x46\xA7\x9F",
];

/// Blanks a file made of boxes.
pub(super) fn blank(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<(), MediaError> {
    let end = blank_boxes(eraser, window)?;
    if !eraser.is_zero(Span::new(end, window.end))? {
        eraser.doubt(Doubt::Trailer);
    }
    Ok(())
}

/// Blanks the boxes at the start of `window` and returns where they end.
pub(super) fn blank_boxes(eraser: &mut Eraser<'_, '_>, window: Span) -> Result<u64, MediaError> {
    let top = bmff::boxes(eraser.source, window)?;
    for found in &top.list {
        match &found.kind {
            b"moov" => blank_movie(eraser, found.body, window)?,
            b"meta" => blank_meta(eraser, found.body, window)?,
            b"udta" => blank_user_data(eraser, found.body)?,
            b"moof" => blank_fragment(eraser, found.body)?,
            b"uuid" => blank_uuid(eraser, *found)?,
            b"free" | b"skip" => eraser.zero(found.body)?,
            // A motion photo's clip inside a HEIC.
            b"mpvd" => eraser.nested(|eraser| blank(eraser, found.body))?,
            b"ftyp" | b"styp" | b"mdat" | b"wide" | b"sidx" | b"ssix" | b"mfra" | b"prft" | b"pdin" | b"pnot"
            | b"PICT" | b"idat" => {}
            _ => retire(eraser, *found)?,
        }
    }
    Ok(top.end)
}

fn blank_movie(eraser: &mut Eraser<'_, '_>, moov: Span, file: Span) -> Result<(), MediaError> {
    let children = bmff::boxes(eraser.source, moov)?;
    let is_fragmented = children.find(b"mvex").is_some();
    for found in &children.list {
        match &found.kind {
            b"trak" => blank_track(eraser, found.body, file, is_fragmented)?,
            b"udta" => blank_user_data(eraser, found.body)?,
            b"meta" => blank_meta(eraser, found.body, file)?,
            b"uuid" => blank_uuid(eraser, *found)?,
            b"free" | b"skip" => eraser.zero(found.body)?,
            b"mvhd" | b"mvex" | b"iods" | b"rmra" | b"clip" | b"ctab" | b"trgr" => {}
            b"cmov" => eraser.doubt(Doubt::Unreachable),
            _ => retire(eraser, *found)?,
        }
    }
    Ok(())
}

fn blank_track(eraser: &mut Eraser<'_, '_>, trak: Span, file: Span, is_fragmented: bool) -> Result<(), MediaError> {
    for found in &bmff::boxes(eraser.source, trak)?.list {
        match &found.kind {
            b"udta" => blank_user_data(eraser, found.body)?,
            b"meta" => blank_meta(eraser, found.body, file)?,
            b"uuid" => blank_uuid(eraser, *found)?,
            b"free" | b"skip" => eraser.zero(found.body)?,
            b"tkhd" | b"edts" | b"tref" | b"mdia" | b"load" | b"tapt" | b"clip" | b"matt" | b"imap" | b"txas"
            | b"trgr" => {}
            _ => retire(eraser, *found)?,
        }
    }
    let track = Track::read(eraser.source, trak)?;
    let is_harmless_metadata = &track.entry == b"mebx"
        && !track.metadata_keys.is_empty()
        && !track.metadata_keys.iter().any(|key| names::is_private(key.as_bytes()));
    if track.is_audiovisual() || is_harmless_metadata {
        return Ok(());
    }
    if is_fragmented {
        eraser.doubt(Doubt::MetadataTrack);
    }
    match track.samples(eraser.source, file)? {
        Some(samples) => samples.into_iter().try_for_each(|span| eraser.zero(span)),
        None => {
            eraser.doubt(Doubt::MetadataTrack);
            Ok(())
        }
    }
}

fn blank_fragment(eraser: &mut Eraser<'_, '_>, moof: Span) -> Result<(), MediaError> {
    for found in &bmff::boxes(eraser.source, moof)?.list {
        match &found.kind {
            b"mfhd" | b"traf" => {}
            b"udta" => blank_user_data(eraser, found.body)?,
            b"meta" => blank_meta(eraser, found.body, moof)?,
            b"uuid" => blank_uuid(eraser, *found)?,
            _ => retire(eraser, *found)?,
        }
    }
    Ok(())
}

/// User data: titles, dates, names of software and camera stay; places and everything unknown go.
fn blank_user_data(eraser: &mut Eraser<'_, '_>, udta: Span) -> Result<(), MediaError> {
    let atoms = bmff::boxes(eraser.source, udta)?;
    for found in &atoms.list {
        match &found.kind {
            b"meta" => blank_meta(eraser, found.body, udta)?,
            b"XMP_" => xmp::blank(eraser, found.body)?,
            b"uuid" => blank_uuid(eraser, *found)?,
            b"free" | b"skip" => eraser.zero(found.body)?,
            b"name" | b"titl" | b"dscp" | b"cprt" | b"auth" | b"perf" | b"gnre" | b"rtng" | b"clsf" | b"kywd"
            | b"albm" | b"yrrc" | b"chpl" | b"hnti" | b"hinf" | b"tagc" | b"LOOP" | b"WLOC" | b"AllF" | b"SelO"
            | b"date" | b"modl" | b"manu" => {}
            [0xA9, rest @ ..] if is_harmless_text(*rest) => {}
            _ => retire(eraser, *found)?,
        }
    }
    eraser.zero(Span::new(atoms.end, udta.end))
}

/// QuickTime's text atoms behind the `©`: name, date, software, make, model, artist, comment and so on, not `©xyz`.
fn is_harmless_text(name: [u8; 3]) -> bool {
    const KEPT: [&[u8; 3]; 22] = [
        b"nam", b"day", b"too", b"swr", b"mak", b"mod", b"cmt", b"inf", b"fmt", b"des", b"ART", b"alb", b"aut", b"cpy",
        b"dir", b"prd", b"src", b"wrt", b"enc", b"gen", b"req", b"hst",
    ];
    KEPT.contains(&&name)
}

/// Metadata boxes: key and value lists by name, HEIF items by kind, other handlers not at all.
fn blank_meta(eraser: &mut Eraser<'_, '_>, meta: Span, file: Span) -> Result<(), MediaError> {
    let window = bmff::meta_children(eraser.source, meta)?;
    let children = bmff::boxes(eraser.source, window)?;
    for found in &children.list {
        match &found.kind {
            b"hdlr" | b"keys" | b"ilst" | b"iinf" | b"iloc" | b"iprp" | b"iref" | b"pitm" | b"idat" | b"dinf"
            | b"grpl" | b"ipro" | b"ctry" | b"lang" => {}
            b"free" | b"skip" => eraser.zero(found.body)?,
            b"uuid" => blank_uuid(eraser, *found)?,
            _ => retire(eraser, *found)?,
        }
    }
    for found in bmff::meta_values(eraser.source, meta)? {
        match (names::is_private(found.key.as_bytes()), found.is_text) {
            (true, true) => eraser.space(found.value)?,
            (true, false) => eraser.zero(found.value)?,
            (false, _) => {}
        }
    }
    heif::blank_items(eraser, meta, file)
}

fn blank_uuid(eraser: &mut Eraser<'_, '_>, found: Box4) -> Result<(), MediaError> {
    if found.body.len() < 16 {
        return retire(eraser, found);
    }
    match eraser.source.array(found.body.start)? {
        XMP_UUID => xmp::blank(eraser, found.body.from(16)),
        uuid if NEEDED_UUIDS.contains(&uuid) => Ok(()),
        _ => retire(eraser, found),
    }
}

/// Turns a box into an empty `free` box of the same size.
fn retire(eraser: &mut Eraser<'_, '_>, found: Box4) -> Result<(), MediaError> {
    eraser.put(found.start + 4, b"free")?;
    eraser.zero(found.body)
}
