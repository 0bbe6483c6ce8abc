//! Private places of an MP4 or MOV file: `loci` and `©xyz` boxes in user data, and values of metadata keys (`mdta`) that
//! name a location.

use std::ops::Range;

use anyhow::{Context, Result, ensure};

const LOCATION_BOXES: [&[u8; 4]; 2] = [b"loci", b"\xA9xyz"];

struct Found<'a> {
    kind: &'a [u8],
    /// The box with its header.
    whole: Range<usize>,
    body: Range<usize>,
}

pub(super) fn private_ranges(file: &[u8]) -> Result<Vec<Range<usize>>> {
    let mut private = vec![];
    for top in boxes(file, 0..file.len())?.iter().filter(|found| found.kind == b"moov") {
        for child in boxes(file, top.body.clone())? {
            match child.kind {
                b"udta" => private.extend(user_data(file, &child)?),
                b"meta" => private.extend(metadata(file, &child)?),
                _ => {}
            }
        }
    }
    Ok(private)
}

fn user_data(file: &[u8], udta: &Found<'_>) -> Result<Vec<Range<usize>>> {
    let mut private = vec![];
    for child in boxes(file, udta.body.clone())? {
        if LOCATION_BOXES.iter().any(|kind| child.kind == *kind) {
            private.push(child.whole);
        } else if child.kind == b"meta" {
            private.extend(metadata(file, &child)?);
        }
    }
    Ok(private)
}

/// Values of the keys that name a location, and location items of the iTunes kind.
fn metadata(file: &[u8], meta: &Found<'_>) -> Result<Vec<Range<usize>>> {
    // QuickTime's `meta` is a plain box, ISO's starts with a version.
    let is_plain = file.get(meta.body.start + 4..meta.body.start + 8) == Some(b"hdlr");
    let children = boxes(file, meta.body.start + if is_plain { 0 } else { 4 }..meta.body.end)?;
    let find = |kind: &[u8]| children.iter().find(|found| found.kind == kind);
    let names = find(b"keys").map(|keys| key_names(file, keys)).transpose()?.unwrap_or_default();
    let Some(list) = find(b"ilst") else { return Ok(vec![]) };
    let mut private = vec![];
    for item in boxes(file, list.body.clone())? {
        let index = u32::from_be_bytes(item.kind.try_into()?) as usize;
        let name = index.checked_sub(1).and_then(|index| names.get(index));
        if name.is_some_and(|name| name.contains("location")) || LOCATION_BOXES.iter().any(|kind| item.kind == *kind) {
            private.push(item.whole);
        }
    }
    Ok(private)
}

fn key_names(file: &[u8], keys: &Found<'_>) -> Result<Vec<String>> {
    let entries = boxes(file, keys.body.start + 8..keys.body.end)?;
    Ok(entries.iter().map(|entry| String::from_utf8_lossy(&file[entry.body.clone()]).into_owned()).collect())
}

fn boxes(file: &[u8], within: Range<usize>) -> Result<Vec<Found<'_>>> {
    let mut found = vec![];
    let mut at = within.start;
    while at + 8 <= within.end {
        let head = file.get(at..at + 8).context("a box is cut short")?;
        let size = u32::from_be_bytes(head[..4].try_into()?) as usize;
        ensure!(size >= 8 && at + size <= within.end, "a box of {size} bytes at {at}");
        found.push(Found { kind: &head[4..], whole: at..at + size, body: at + 8..at + size });
        at += size;
    }
    Ok(found)
}
