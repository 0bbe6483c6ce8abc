//! Every decoder of bytes from outside survives arbitrary bytes and mutated files.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::sync::LazyLock;

use proptest::prelude::*;

use crate::fixtures;
use crate::{Format, PreviewKind, blank, check_preview, preview_bytes, probe};

const FORMATS: [Format; 12] = [
    Format::Jpeg,
    Format::Png,
    Format::WebP,
    Format::Gif,
    Format::Heif,
    Format::Avif,
    Format::Tiff,
    Format::Mp4,
    Format::Mov,
    Format::ThreeGp,
    Format::WebM,
    Format::Matroska,
];

static FILES: LazyLock<Vec<(&str, Format, Vec<u8>)>> = LazyLock::new(fixtures::all);

/// Everything that is ever done to a file, with the promises that hold for any file.
fn survive(bytes: &[u8], format: Format) {
    if let Ok(blanking) = blank(&mut Cursor::new(bytes), format) {
        let mut end = 0;
        for patch in &blanking.patches {
            assert!(patch.offset >= end, "patches are sorted and apart");
            end = patch.offset + patch.bytes.len() as u64;
        }
        assert!(end <= bytes.len() as u64, "patches stay within the file");
        let mut shared = bytes.to_vec();
        blanking.apply(0, &mut shared);
        assert_eq!(shared.len(), bytes.len(), "blanking keeps the length");
    }
    if let Ok(found) = probe(&mut Cursor::new(bytes)) {
        // Sizes that decode quickly: limits have their own tests.
        if u64::from(found.width) * u64::from(found.height) < 4_000_000 {
            let _ = preview_bytes(bytes, &found);
        }
    }
    let _ = check_preview(bytes, PreviewKind::Screen);
}

fn magic() -> impl Strategy<Value = Vec<u8>> {
    let heads = fixtures::all().into_iter().map(|(_, _, bytes)| bytes[..bytes.len().min(40)].to_vec());
    prop::sample::select(heads.chain([Vec::new()]).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn arbitrary_bytes(
        head in magic(),
        tail in prop::collection::vec(any::<u8>(), 0..2000),
        format in prop::sample::select(FORMATS.to_vec()),
    ) {
        survive(&[head, tail].concat(), format);
    }

    #[test]
    fn mutated_files(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::weighted(0.3, any::<prop::sample::Index>()),
        doubled in prop::option::weighted(0.2, (any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let (_, format, mut bytes) = FILES[which].clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some((from, to)) = doubled {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(from..from, piece);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survive(&bytes, format);
    }
}

#[test]
fn deep_nesting_ends() {
    let mut boxes = Vec::new();
    for _ in 0..5000 {
        boxes = fixtures::atom(b"mpvd", &[fixtures::atom(b"ftyp", b"isom\0\0\0\0"), boxes].concat());
    }
    survive(&boxes, Format::Mp4);
    survive(&b"<a>".repeat(100_000), Format::Jpeg);
    let xml = b"<a>".repeat(10_000);
    let jpeg = fixtures::segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", xml.as_slice()].concat());
    survive(&[[0xFF, 0xD8].as_slice(), &jpeg].concat(), Format::Jpeg);
}

#[test]
fn directories_that_point_at_each_other_end() {
    let mut exif = fixtures::Exif::default().block();
    // The exif pointer leads back to the first directory.
    let entry = exif.windows(2).position(|window| window == [0x87, 0x69]).unwrap();
    exif[entry + 8..entry + 12].copy_from_slice(&8_u32.to_be_bytes());
    survive(&fixtures::jpeg_with(&exif), Format::Jpeg);
}
