#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::fixtures::{self, Exif, KEPT, SECRETS, picture};
use crate::source::Endian;

fn blanked(bytes: &[u8], format: Format) -> (Blanking, Vec<u8>) {
    let blanking = blank(&mut Cursor::new(bytes), format).unwrap();
    let mut shared = bytes.to_vec();
    blanking.apply(0, &mut shared);
    (blanking, shared)
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn pixels(bytes: &[u8]) -> Option<Vec<u8>> {
    image::load_from_memory(bytes).ok().map(|picture| picture.into_rgb8().into_raw())
}

#[test]
fn secrets_go_and_everything_else_stays() {
    for (name, format, bytes) in fixtures::all() {
        let (blanking, shared) = blanked(&bytes, format);
        assert_eq!(blanking.verdict, Verdict::Blanked, "{name}");
        assert_eq!(shared.len(), bytes.len(), "{name}: length");
        for secret in SECRETS {
            let place = shared.windows(secret.len()).position(|window| window == secret);
            assert_eq!(place, None, "{name}: {}", String::from_utf8_lossy(secret));
        }
        assert!(holds(&shared, KEPT), "{name}: fields that tell nothing stay");
        assert_eq!(pixels(&shared), pixels(&bytes), "{name}: pixels");
        let (before, after) = (probed(&bytes), probed(&shared));
        assert!(before.location_present != (format == Format::Gif) && !after.location_present, "{name}: location");
        assert_eq!(after.place, None, "{name}: place");
        assert_eq!(after.camera_serial, None, "{name}: serial number");
        let after = crate::Probe {
            location_present: before.location_present,
            place: before.place,
            camera_serial: before.camera_serial.clone(),
            ..after
        };
        assert_eq!(after, before, "{name}: probe");
    }
}

fn probed(bytes: &[u8]) -> crate::Probe {
    crate::probe(&mut Cursor::new(bytes)).unwrap()
}

#[test]
fn blanking_twice_is_blanking_once() {
    for (name, format, bytes) in fixtures::all() {
        let (_, shared) = blanked(&bytes, format);
        assert_eq!(blanked(&shared, format).0, Blanking { patches: Vec::new(), verdict: Verdict::Clean }, "{name}");
    }
}

#[test]
fn patches_are_sorted_and_apart() {
    for (name, format, bytes) in fixtures::all() {
        let patches = blanked(&bytes, format).0.patches;
        for pair in patches.windows(2) {
            assert!(pair[0].offset + (pair[0].bytes.len() as u64) < pair[1].offset, "{name}");
        }
    }
}

#[test]
fn applying_in_pieces_is_applying_at_once() {
    let (_, format, bytes) = fixtures::all().swap_remove(0);
    let (blanking, shared) = blanked(&bytes, format);
    for piece_bytes in [1, 7, 64, 1000] {
        let mut copied = bytes.clone();
        for (n, piece) in copied.chunks_mut(piece_bytes).enumerate() {
            blanking.apply((n * piece_bytes) as u64, piece);
        }
        assert_eq!(copied, shared, "pieces of {piece_bytes}");
    }
}

#[test]
fn patches_are_as_they_were() {
    let summary: Vec<String> = fixtures::all()
        .into_iter()
        .map(|(name, format, bytes)| {
            let patches = blanked(&bytes, format).0.patches;
            let ranges: Vec<String> = patches.iter().map(|p| format!("{}+{}", p.offset, p.bytes.len())).collect();
            format!("{name}: {}", ranges.join(" "))
        })
        .collect();
    insta::assert_snapshot!(summary.join("\n"));
}

#[test]
fn clean_files_stay_untouched() {
    let jpeg = fixtures::plain_jpeg(&picture(64, 48), turbojpeg::Subsamp::Sub2x2, true);
    assert_eq!(blanked(&jpeg, Format::Jpeg).0.verdict, Verdict::Clean);
    let png = fixtures::encoded(picture(64, 48).into(), image::ImageFormat::Png);
    assert_eq!(blanked(&png, Format::Png).0.verdict, Verdict::Clean);
}

#[test]
fn apples_maker_note_stays_with_its_live_photo_identifier() {
    let exif = Exif { note: fixtures::apple_note(), ..Exif::default() }.block();
    let (_, shared) = blanked(&fixtures::jpeg_with(&exif), Format::Jpeg);
    assert_eq!(probed(&shared).content_identifier.as_deref(), Some(fixtures::CONTENT_IDENTIFIER));
}

#[test]
fn unknown_bytes_behind_the_picture_are_a_doubt() {
    let jpeg = fixtures::plain_jpeg(&picture(64, 48), turbojpeg::Subsamp::Sub2x2, false);
    let padded = [jpeg.as_slice(), &[0; 100]].concat();
    assert_eq!(blanked(&padded, Format::Jpeg).0.verdict, Verdict::Clean, "padding tells nothing");
    let trailed = [jpeg.as_slice(), b"somebody's own format"].concat();
    assert_eq!(blanked(&trailed, Format::Jpeg).0.verdict, Verdict::NotProvable(Doubt::Trailer));
}

#[test]
fn raw_photos_with_private_data_are_a_doubt_but_lose_their_location() {
    let raw = Exif { strip: vec![77; 12], ..Exif::default() }.block();
    let (blanking, shared) = blanked(&raw, Format::Tiff);
    assert_eq!(blanking.verdict, Verdict::NotProvable(Doubt::RawPrivateData));
    assert!(!holds(&shared, SECRETS[0]));
}

#[test]
fn broken_metadata_is_blanked_as_a_whole() {
    let exif = fixtures::segment(0xE1, b"Exif\0\0no TIFF header, but LATITUDE");
    let open = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><tiff:Make>LATITUDE";
    let jpeg = fixtures::jpeg_with_segments(&picture(64, 48), &[exif, fixtures::segment(0xE1, open)]);
    let (blanking, shared) = blanked(&jpeg, Format::Jpeg);
    assert_eq!(blanking.verdict, Verdict::Blanked);
    assert!(!holds(&shared, SECRETS[0]));
    assert_eq!(pixels(&shared), pixels(&jpeg));
}

#[test]
fn a_timed_track_goes_only_if_its_keys_tell_a_place() {
    for (key, goes) in [("com.apple.quicktime.still-image-time", false), ("com.apple.quicktime.location.ISO6709", true)]
    {
        let bytes = fixtures::boxed_metadata_movie(key);
        let (blanking, shared) = blanked(&bytes, Format::Mov);
        assert_eq!(blanking.verdict == Verdict::Blanked, goes, "{key}");
        assert_eq!(holds(&shared, b"+48.8583+002.2944"), !goes, "{key}");
        assert!(holds(&shared, KEPT), "{key}: pictures stay");
    }
}

#[test]
fn the_xml_walk_refuses_what_could_hide_text() {
    for packet in ["<!DOCTYPE x [<!ENTITY e 'GPS'>]><x/>", "<a><b></a></b>", "<a", "<a b=c/>", "<a>"] {
        assert_eq!(xmp::find(packet.as_bytes(), names::is_private), None, "{packet}");
    }
}

proptest! {
    #[test]
    fn any_exif_is_blanked_without_a_trace(
        orientation in 1_u16..=8,
        is_little in any::<bool>(),
        note in prop::collection::vec(any::<u8>(), 0..200),
        (width, height) in (8_u32..80, 8_u32..80),
    ) {
        let endian = if is_little { Endian::Little } else { Endian::Big };
        let exif = Exif { endian, orientation, note, strip: Vec::new() }.block();
        let segment = fixtures::segment(0xE1, &[b"Exif\0\0", exif.as_slice()].concat());
        let jpeg = fixtures::jpeg_with_segments(&picture(width, height), &[segment]);
        let (blanking, shared) = blanked(&jpeg, Format::Jpeg);
        prop_assert_eq!(blanking.verdict, Verdict::Blanked);
        prop_assert_eq!(shared.len(), jpeg.len());
        prop_assert!(!SECRETS.iter().any(|secret| holds(&shared, secret)));
        prop_assert_eq!(pixels(&shared), pixels(&jpeg));
        prop_assert_eq!(probed(&shared).orientation, orientation as u8);
        prop_assert_eq!(blanked(&shared, Format::Jpeg).0.patches, vec![]);
    }
}
