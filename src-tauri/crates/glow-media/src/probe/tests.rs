#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use super::*;
use crate::fixtures::{self, Exif};
use crate::live_photo::{LivePhotoPair, pair_live_photos};

fn probed(bytes: &[u8]) -> Probe {
    probe(&mut Cursor::new(bytes)).unwrap()
}

#[test]
fn probes_are_as_they_were() {
    let probes: Vec<(&str, Probe)> =
        fixtures::all().into_iter().map(|(name, _, bytes)| (name, probed(&bytes))).collect();
    insta::assert_debug_snapshot!(probes);
}

#[test]
fn the_content_decides_the_format() {
    for (name, format, bytes) in fixtures::all() {
        assert_eq!(Format::sniff(&bytes), Some(format), "{name}");
    }
    for stranger in [b"%PDF-1.7".as_slice(), b"<svg xmlns", b"<!DOCTYPE html>", b"", b"\xFF\xD8", b"PK\x03\x04"] {
        assert_eq!(Format::sniff(stranger), None);
    }
}

#[test]
fn brands_name_the_format_of_box_files() {
    let sniff = |brands: &[u8]| Format::sniff(&fixtures::atom(b"ftyp", brands));
    assert_eq!(sniff(b"mif1\0\0\0\0mif1avif"), Some(Format::Avif));
    assert_eq!(sniff(b"mif1\0\0\0\0mif1heic"), Some(Format::Heif));
    assert_eq!(sniff(b"3gp4\0\0\0\0isom"), Some(Format::ThreeGp));
    assert_eq!(sniff(b"qt  \0\0\0\0qt  "), Some(Format::Mov));
    assert_eq!(sniff(b"crx \0\0\0\0"), None, "raw photos of this kind are not known");
}

#[test]
fn all_eight_orientations_turn_the_size() {
    for orientation in 1..=8 {
        let exif = Exif { orientation, ..Exif::default() }.block();
        let probe = probed(&fixtures::jpeg_with(&exif));
        let expected = if orientation > 4 { (48, 64) } else { (64, 48) };
        assert_eq!((probe.width, probe.height), expected, "orientation {orientation}");
    }
}

#[test]
fn live_photos_pair_by_identifier_and_nothing_else_does() {
    let still = probed(&fixtures::heic());
    let clip = probed(&fixtures::mov());
    let alone = probed(&fixtures::mp4());
    let pairs = pair_live_photos(&[alone, clip.clone(), still.clone(), still, clip]);
    assert_eq!(pairs, [LivePhotoPair { still: 2, clip: 1 }]);
}

#[test]
fn recordings_in_fragments_have_a_duration() {
    let mut mp4 = fixtures::mp4();
    // Without a duration in the header, as a recording that is still going on.
    let header = mp4.windows(4).position(|window| window == b"mvhd").unwrap();
    mp4[header + 20..header + 24].fill(0);
    let moov = mp4.windows(4).position(|window| window == b"moov").unwrap() - 4;
    let trex = fixtures::atom(b"trex", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 3, 0xE8, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mvex = fixtures::atom(b"mvex", &trex);
    let size = u32::from_be_bytes(*mp4[moov..].first_chunk().unwrap()) + mvex.len() as u32;
    mp4[moov..moov + 4].copy_from_slice(&size.to_be_bytes());
    let end = moov + size as usize - mvex.len();
    mp4.splice(end..end, mvex);
    let tfhd = fixtures::atom(b"tfhd", &[0, 0, 0, 0, 0, 0, 0, 1]);
    let tfdt = fixtures::atom(b"tfdt", &[0, 0, 0, 0, 0, 0, 0x75, 0x30]);
    let trun = fixtures::atom(b"trun", &[0, 0, 0, 0, 0, 0, 0, 15]);
    mp4.extend(fixtures::atom(b"moof", &fixtures::atom(b"traf", &[tfhd, tfdt, trun].concat())));
    assert_eq!(probed(&mp4).duration_ms, Some(1500), "one second before the last fragment, and 15 frames of 1/30");
}
