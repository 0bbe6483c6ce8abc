//! Bundles: their bytes, what a stranger sees of them, and what is left of damaged ones.
#![allow(clippy::unwrap_used)]

use data_encoding::HEXLOWER;
use glow_model::{BlobId, GroupSecret, limits};
use glow_sync::bundle::{About, BundleError, CHUNK_BYTES, HEAD_BYTES, Head, Packer, Piece, Record, Resume, Unpacker};
use proptest::prelude::*;

const SECRET: GroupSecret = GroupSecret([7; 32]);

/// Nonces that never come twice, as random ones would not.
fn nonces() -> impl FnMut() -> [u8; 24] {
    let mut count = 0_u64;
    move || {
        count += 1;
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&count.to_le_bytes());
        nonce
    }
}

fn head() -> Head {
    Head::new(&SECRET, [3; 16])
}

fn pack(records: &[Record]) -> Vec<u8> {
    let mut nonce = nonces();
    let mut packer = Packer::new(&head().key(&SECRET), Resume::default());
    let mut file = head().encode().to_vec();
    for record in records {
        file.extend(packer.push(record, &mut nonce));
    }
    file.extend(packer.finish(nonce()));
    file
}

/// Everything that comes out of a file, and whether all of it was whole.
fn unpack(file: &[u8]) -> (Vec<Record>, bool) {
    let mut unpacker = Unpacker::new(&head().key(&SECRET));
    let (mut records, mut whole) = (Vec::new(), true);
    for chunk in file[HEAD_BYTES.min(file.len())..].chunks(CHUNK_BYTES) {
        whole &= unpacker.take(chunk, &mut records).is_ok();
    }
    (records, whole && unpacker.is_complete())
}

fn piece(number: u8, bytes: usize) -> Record {
    Record::Piece(Piece { blob: BlobId([number; 32]), size: 300_000, piece: number.into(), slice: vec![number; bytes] })
}

fn some_records() -> Vec<Record> {
    vec![
        Record::About(About { operations: 1, blobs: 3, bytes: 900_000 }),
        Record::Operation(vec![1; 500]),
        piece(1, 260_000),
        Record::Fragment(vec![2; 300]),
        piece(2, 37_856),
        piece(3, limits::BUNDLE_SLICE_BYTES),
        Record::Operation(vec![4; limits::OPERATION_BYTES]),
    ]
}

fn a_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        (0..300_u64).prop_map(|n| Record::About(About { operations: n, blobs: n, bytes: n })),
        (any::<u8>(), 1..2_000_usize).prop_map(|(byte, bytes)| Record::Operation(vec![byte; bytes])),
        (any::<u8>(), 1..limits::FRAGMENT_BYTES).prop_map(|(byte, bytes)| Record::Fragment(vec![byte; bytes])),
        (any::<u8>(), 0..200_000_usize).prop_map(|(byte, bytes)| piece(byte, bytes)),
        (10..=255_u8).prop_map(Record::Unknown),
    ]
}

#[test]
fn the_bytes_of_a_bundle_are_these() {
    let file = pack(&[
        Record::About(About { operations: 1, blobs: 1, bytes: 4 }),
        Record::Operation(vec![1, 2, 3]),
        Record::Fragment(vec![4]),
        Record::Piece(Piece { blob: BlobId([5; 32]), size: 4, piece: 0, slice: vec![6; 4] }),
    ]);
    insta::assert_snapshot!(HEXLOWER.encode(&file));
}

#[test]
fn what_was_packed_comes_out() {
    let records = some_records();
    let file = pack(&records);
    assert!(Head::decode(&file).unwrap().is_of(&SECRET));
    assert_eq!(unpack(&file), (records, true));
    assert_eq!(unpack(&pack(&[])), (vec![], true), "an empty one is whole too");
}

#[test]
fn a_stranger_sees_a_size_and_nothing_else() {
    let file = pack(&[Record::Operation(b"Anna and Ben".repeat(40)), piece(b'X', 100_000)]);
    for planted in [&b"Anna"[..], b"XXXX", SECRET.0.as_slice()] {
        assert!(!file.windows(planted.len()).any(|bytes| bytes == planted), "{planted:?}");
    }
    let other = GroupSecret([8; 32]);
    let head = Head::decode(&file).unwrap();
    assert!(!head.is_of(&other), "it is of no group that one is not in");
    assert_ne!(Head::new(&SECRET, [1; 16]).encode()[25..], Head::new(&SECRET, [2; 16]).encode()[25..], "no two alike");
    let mut unpacker = Unpacker::new(&head.key(&other));
    assert_eq!(unpacker.take(&file[HEAD_BYTES..HEAD_BYTES + CHUNK_BYTES], &mut vec![]), Err(BundleError::Damaged));
}

#[test]
fn what_is_no_bundle_or_a_newer_one_is_told_apart() {
    let file = pack(&[]);
    assert_eq!(Head::decode(b""), Err(BundleError::NotABundle));
    assert_eq!(Head::decode(&file[..20]), Err(BundleError::NotABundle), "cut short inside the head");
    assert_eq!(Head::decode(b"PK\x03\x04 something else entirely, and long enough"), Err(BundleError::NotABundle));
    let mut newer = file;
    newer[8] = 2;
    assert_eq!(Head::decode(&newer), Err(BundleError::Newer));
}

#[test]
fn a_record_over_its_limit_is_refused_and_the_rest_is_read() {
    let too_long = Record::Operation(vec![9; limits::OPERATION_BYTES + 1]);
    let file = pack(&[Record::Operation(vec![1]), too_long, piece(1, 200_000), Record::Operation(vec![2])]);
    let (records, whole) = unpack(&file);
    assert!(!whole);
    assert_eq!(
        records,
        [Record::Operation(vec![1]), Record::Operation(vec![2])],
        "from the next that begins in a chunk"
    );
    for bytes in [limits::BUNDLE_SLICE_BYTES, limits::BUNDLE_SLICE_BYTES + 1, 100 * limits::BUNDLE_SLICE_BYTES] {
        let (records, whole) = unpack(&pack(&[piece(1, bytes)]));
        assert_eq!((records.len(), whole), if bytes == limits::BUNDLE_SLICE_BYTES { (1, true) } else { (0, false) });
    }
}

#[test]
fn chunks_in_another_order_or_of_another_file_do_not_open() {
    let file = pack(&some_records());
    let mut swapped = file.clone();
    let (one, two) = swapped[HEAD_BYTES..].split_at_mut(CHUNK_BYTES);
    one.swap_with_slice(&mut two[..CHUNK_BYTES]);
    assert!(!unpack(&swapped).1);
    let longer = [file.as_slice(), &[0; 100]].concat();
    assert!(!unpack(&longer).1, "nothing may follow the last chunk");
}

proptest! {
    #[test]
    fn any_records_come_out_as_they_went_in(records in prop::collection::vec(a_record(), 0..30)) {
        prop_assert_eq!(unpack(&pack(&records)), (records, true));
    }

    #[test]
    fn a_file_cut_anywhere_gives_a_beginning_and_goes_on_from_there(
        records in prop::collection::vec(a_record(), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let file = pack(&records);
        let cut = &file[..HEAD_BYTES + cut.index(file.len() - HEAD_BYTES)];
        let (found, whole) = unpack(cut);
        prop_assert!(!whole);
        prop_assert!(records.starts_with(&found));

        let key = head().key(&SECRET);
        let mut unpacker = Unpacker::new(&key);
        let mut again = Vec::new();
        for chunk in cut[HEAD_BYTES..].chunks(CHUNK_BYTES) {
            let _ = unpacker.take(chunk, &mut again);
        }
        let resume = unpacker.into_resume();
        let mut resumed = cut[..HEAD_BYTES + usize::try_from(resume.chunks()).unwrap() * CHUNK_BYTES].to_vec();
        let mut nonce = nonces();
        let mut packer = Packer::new(&key, resume);
        for record in &records[again.len()..] {
            resumed.extend(packer.push(record, &mut nonce));
        }
        resumed.extend(packer.finish(nonce()));
        prop_assert_eq!(unpack(&resumed), (records, true));
    }

    #[test]
    fn one_altered_byte_costs_what_touches_its_chunk_and_nothing_else(
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let records = some_records();
        let mut file = pack(&records);
        let at = HEAD_BYTES + at.index(file.len() - HEAD_BYTES);
        file[at] ^= 1 << bit;
        let (found, whole) = unpack(&file);
        prop_assert!(!whole);
        prop_assert!(found.iter().all(|record| records.contains(record)));
        if at >= HEAD_BYTES + 6 * CHUNK_BYTES {
            prop_assert!(found.starts_with(&records[..4]));
        }
    }

    #[test]
    fn arbitrary_bytes_neither_panic_nor_open(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = Head::decode(&bytes);
        prop_assert_eq!(Unpacker::new(&head().key(&SECRET)).take(&bytes, &mut vec![]), Err(BundleError::Damaged));
    }

    #[test]
    fn arbitrary_records_of_a_member_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        // A member can seal anything: what is inside is as hostile as the outside.
        let mut unpacker = Unpacker::new(&head().key(&SECRET));
        let _ = unpacker.take(&hostile(&bytes), &mut vec![]);
    }
}

/// A chunk that a member has sealed over anything at all.
fn hostile(opened: &[u8]) -> Vec<u8> {
    use chacha20poly1305::{
        KeyInit, XChaCha20Poly1305,
        aead::{Aead, Payload},
    };
    let cipher = XChaCha20Poly1305::new(&head().key(&SECRET).bytes().into());
    let sealed = cipher.encrypt(&[0; 24].into(), Payload { msg: opened, aad: &[0, 0, 0, 0, 0, 0, 0, 0, 1] }).unwrap();
    [[0; 24].as_slice(), &sealed].concat()
}
