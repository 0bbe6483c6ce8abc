#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::fixtures::atom;

/// A box with a version and flags in front.
fn full(kind: &[u8; 4], flags: u32, body: &[u8]) -> Vec<u8> {
    atom(kind, &[&flags.to_be_bytes(), body].concat())
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn track(handler: &[u8; 4]) -> Vec<u8> {
    let matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    let tkhd = [words(&[0, 0, 1, 0, 0, 0, 0, 0, 0]), words(&matrix), words(&[320 << 16, 240 << 16])].concat();
    let hdlr = full(b"hdlr", 0, &[&[0; 4], handler.as_slice(), &[0; 13]].concat());
    let mdhd = full(b"mdhd", 0, &words(&[0, 0, 1_000, 0, 0]));
    let stsd = full(b"stsd", 0, &[words(&[1]), atom(b"avc1", &[0; 78])].concat());
    let mdia = [mdhd, hdlr, atom(b"minf", &atom(b"stbl", &stsd))].concat();
    atom(b"trak", &[full(b"tkhd", 0, &tkhd), atom(b"mdia", &mdia)].concat())
}

/// What prepares a player: with a place in its user data, which is blanked.
fn movie_init(handler: &[u8; 4]) -> Vec<u8> {
    let trex = full(b"trex", 0, &words(&[1, 1, 500, 0, 0]));
    let place = atom(b"udta", &atom(b"\xA9xyz", b"\0\x12\x15\xC7+52.5200+013.4050/"));
    let mvhd = full(b"mvhd", 0, &words(&[0, 0, 1_000, 0]));
    let moov = atom(b"moov", &[mvhd, atom(b"mvex", &trex), track(handler), place].concat());
    [atom(b"ftyp", b"iso5\0\0\x02\0iso5iso6mp41"), moov].concat()
}

/// A second of two pictures.
fn movie_fragment(number: u32, media: &[u8]) -> Vec<u8> {
    let tfhd = full(b"tfhd", 0, &words(&[1]));
    let tfdt = full(b"tfdt", 0, &words(&[number * 1_000]));
    let trun = full(b"trun", 4, &words(&[2, if number.is_multiple_of(2) { 0x0200_0000 } else { 0x1_0000 }]));
    let moof = [full(b"mfhd", 0, &words(&[number])), atom(b"traf", &[tfhd, tfdt, trun].concat())].concat();
    [atom(b"moof", &moof), atom(b"mdat", media)].concat()
}

fn movie(fragments: u32) -> Vec<u8> {
    let media = |number: u32| vec![number as u8; 3_000 + 17 * number as usize];
    let fragments = (0..fragments).flat_map(|number| movie_fragment(number, &media(number)));
    movie_init(b"vide").into_iter().chain(fragments).collect()
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap() | 0x1000_0000;
    [id, &size.to_be_bytes(), body].concat()
}

/// A recording with clusters of unknown length, five pictures a second, one cluster each two seconds.
fn webm(seconds: u16) -> Vec<u8> {
    let video = element(&[0xE0], &[element(&[0xB0], &[64]), element(&[0xBA], &[48])].concat());
    let entry = [element(&[0xD7], &[1]), element(&[0x83], &[1]), video].concat();
    let doc = element(&[0x42, 0x82], b"webm");
    let place = [element(&[0x45, 0xA3], b"LOCATION"), element(&[0x44, 0x87], b"+52.5+013.4/")].concat();
    let tags = element(&[0x12, 0x54, 0xC3, 0x67], &element(&[0x73, 0x73], &element(&[0x67, 0xC8], &place)));
    let mut out = element(&[0x1A, 0x45, 0xDF, 0xA3], &doc);
    out.extend([0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    out.extend(element(&[0x15, 0x49, 0xA9, 0x66], &element(&[0x2A, 0xD7, 0xB1], &[0x0F, 0x42, 0x40])));
    out.extend(element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &entry)));
    out.extend(tags);
    for cluster in 0..seconds.div_ceil(2) {
        out.extend([0x1F, 0x43, 0xB6, 0x75, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        out.extend(element(&[0xE7], &(u32::from(cluster) * 2_000).to_be_bytes()));
        for picture in 0..10_u16.min((seconds - 2 * cluster) * 5) {
            let time = (picture * 200).to_be_bytes();
            out.extend(element(&[0xA3], &[&[0x81, time[0], time[1], 0x80], vec![7; 900].as_slice()].concat()));
        }
    }
    out
}

fn split(bytes: &[u8], steps: &[usize]) -> Result<Vec<Part>, NotStreamable> {
    let (mut splitter, mut parts, mut at) = (Splitter::default(), Vec::new(), 0);
    for step in steps.iter().cycle() {
        let end = bytes.len().min(at + step);
        parts.extend(splitter.push(&bytes[at..end])?);
        at = end;
        if at == bytes.len() {
            break;
        }
    }
    parts.extend(splitter.finish()?);
    Ok(parts)
}

fn shared(parts: &[Part]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| {
            let mut bytes = part.bytes.clone();
            part.blanking.apply(0, &mut bytes);
            bytes
        })
        .collect()
}

/// What the whole file would be shared as.
fn blanked(bytes: &[u8], format: Format) -> Vec<u8> {
    let blanking = blank::blank(&mut std::io::Cursor::new(bytes), format).unwrap();
    assert_eq!(blanking.verdict, Verdict::Blanked);
    let mut bytes = bytes.to_vec();
    blanking.apply(0, &mut bytes);
    bytes
}

#[test]
fn a_movie_is_cut_behind_each_fragment() {
    let parts = split(&movie(3), &[usize::MAX / 2]).unwrap();
    let kinds: Vec<_> = parts.iter().map(|part| part.kind).collect();
    let second = |begins| PartKind::Fragment { duration_ms: 1_000, begins };
    assert_eq!(kinds, [PartKind::Init(Format::Mp4), second(true), second(false), second(true)]);
    assert!(parts[1].bytes.starts_with(&movie_fragment(0, &[0; 3_000])[..8]));
}

#[test]
fn a_fragment_is_there_with_its_last_byte() {
    let bytes = movie(1);
    let mut splitter = Splitter::default();
    let before = splitter.push(&bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(before.len(), 1, "what prepares a player");
    assert_eq!(splitter.push(&bytes[bytes.len() - 1..]).unwrap().len(), 1);
}

#[test]
fn webm_is_cut_inside_its_clusters() {
    let parts = split(&webm(4), &[usize::MAX / 2]).unwrap();
    let kinds: Vec<_> = parts.iter().map(|part| part.kind).collect();
    let piece = |duration_ms, begins| PartKind::Fragment { duration_ms, begins };
    assert_eq!(kinds[0], PartKind::Init(Format::WebM));
    assert_eq!(kinds[1..4], [piece(400, true), piece(400, false), piece(400, false)]);
    assert_eq!(kinds.iter().filter(|kind| matches!(kind, PartKind::Fragment { begins: true, .. })).count(), 2);
}

#[test]
fn what_is_finished_at_its_end_is_no_stream() {
    for (name, _, bytes) in crate::fixtures::all() {
        if let Ok(parts) = split(&bytes, &[1_000]) {
            assert_eq!(shared(&parts).len(), bytes.len(), "{name}");
            assert!(name.contains("webm"), "{name} is complete only with its last byte");
        }
    }
}

#[test]
fn a_track_that_may_hold_places_is_no_stream() {
    let bytes = [movie_init(b"meta"), movie_fragment(0, &[0; 10])].concat();
    assert!(split(&bytes, &[100]).is_err());
    let two = [movie_init(b"vide"), movie_fragment(0, &[0; 10]), movie_init(b"vide")].concat();
    assert!(split(&two, &[100]).is_err(), "a second header is not part of a recording");
}

#[test]
fn a_large_fragment_is_cut_and_memory_stays_small() {
    let mut splitter = Splitter::default();
    let mut parts = splitter.push(&movie_init(b"vide")).unwrap();
    let bytes = movie_fragment(0, &vec![1; 3 * limits::PART_BYTES]);
    for piece in bytes.chunks(1 << 20) {
        parts.extend(splitter.push(piece).unwrap());
        assert!(splitter.ahead.len() + splitter.part.len() <= limits::PART_BYTES + (1 << 20));
    }
    parts.extend(splitter.finish().unwrap());
    assert!(parts.iter().all(|part| part.bytes.len() <= limits::PART_BYTES));
    assert_eq!(shared(&parts).len(), movie_init(b"vide").len() + bytes.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn parts_are_the_blanked_file_however_its_bytes_come(
        steps in prop::collection::vec(1_usize..5_000, 1..20),
        seconds in 1_u16..9,
    ) {
        for (bytes, format) in [(movie(seconds.into()), Format::Mp4), (webm(seconds), Format::WebM)] {
            let parts = split(&bytes, &steps).unwrap();
            prop_assert_eq!(&parts, &split(&bytes, &[bytes.len()]).unwrap(), "the same parts");
            prop_assert!(shared(&parts) == blanked(&bytes, format), "blanked like a file");
            let whole: Vec<u8> = parts.iter().flat_map(|part| part.bytes.clone()).collect();
            prop_assert!(whole == bytes, "nothing is lost");
        }
    }

    #[test]
    fn a_broken_recording_never_panics(
        steps in prop::collection::vec(1_usize..3_000, 1..8),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        for mut bytes in [movie(3), webm(3)] {
            for (at, value) in &flips {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            if let Ok(parts) = split(&bytes, &steps) {
                prop_assert_eq!(shared(&parts).len(), bytes.len());
            }
        }
    }
}
