use glow_blobs::{BlobError, BlobState, BlobStore, ENCODED_PIECE_BYTES, PieceOutcome, Pieces};
use glow_model::{BlobId, limits};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{KIB, SECRET, give, noise, place};

fn sizes() -> impl Strategy<Value = u64> {
    let edges = [0, 1, 1023, 1024, 1025, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 32 * KIB, 32 * KIB + 1]
        .into_iter()
        .chain([1, 2, 3, 5, 8].map(|n| n * 256 * KIB).into_iter().flat_map(|n| [n - 1, n, n + 1]))
        .chain([limits::SEGMENT_BYTES - 1, limits::SEGMENT_BYTES])
        .collect::<Vec<_>>();
    prop_oneof![4 => select(edges), 2 => 0..2048 * KIB, 1 => 0..=limits::SEGMENT_BYTES]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order_and_often_complete_a_blob(
        size in sizes(),
        order in vec(any::<u32>(), 0..40),
        restart in 0usize..80,
    ) {
        let (alice, mut bob) = (place(), place());
        let plaintext = noise(size, 1);
        let blob = alice.store.import(&SECRET, plaintext.clone()).unwrap();
        let count = BlobStore::piece_count(size);
        let mut held = std::collections::BTreeSet::new();
        for (step, piece) in order.iter().map(|piece| piece % count).chain((0..count).rev()).enumerate() {
            if step == restart {
                bob = bob.reopen();
            }
            let expected = match held.insert(piece) {
                false => PieceOutcome::Duplicate,
                true if held.len() == count as usize => PieceOutcome::Completed,
                true => PieceOutcome::Stored,
            };
            prop_assert_eq!(give(&alice.store, &bob.store, &blob, piece), expected);
            let missing: Vec<u32> = (0..count).filter(|piece| !held.contains(piece)).collect();
            prop_assert_eq!(bob.store.missing_pieces(blob.id, size), missing);
        }
        prop_assert_eq!(bob.store.state(blob.id, size), BlobState::Complete);
        prop_assert!(bob.store.partials().is_empty());
        prop_assert_eq!(bob.store.read(&blob).unwrap(), &plaintext[..]);
        let bob = bob.reopen();
        prop_assert_eq!(bob.store.read_with(&SECRET, &blob).unwrap(), plaintext);
    }

    #[test]
    fn any_range_reads_as_the_whole_does(size in sizes(), from in any::<u64>(), to in any::<u64>()) {
        let alice = place();
        let plaintext = noise(size, 2);
        let blob = alice.store.import(&SECRET, plaintext.clone()).unwrap();
        let (from, to) = (from % (size + 1), to % (size + 1));
        let range = from.min(to)..from.max(to);
        let expected = &plaintext[range.start as usize..range.end as usize];
        prop_assert_eq!(&alice.store.read_range(&blob, range).unwrap()[..], expected);
        prop_assert!(matches!(alice.store.read_range(&blob, 0..size + 1), Err(BlobError::OutOfRange)));
    }

    #[test]
    fn a_changed_piece_is_a_lie_and_leaves_nothing(size in sizes(), piece in any::<u32>(), bits in vec(any::<usize>(), 1..20), cut in any::<usize>()) {
        let (alice, bob) = (place(), place());
        let blob = alice.store.import(&SECRET, noise(size, 3)).unwrap();
        let piece = piece % BlobStore::piece_count(size);
        let encoded = alice.store.encode_piece(blob.id, size, piece).unwrap();
        prop_assert!(encoded.len() <= ENCODED_PIECE_BYTES);
        let mut lies = vec![[&encoded[..], &[0]].concat(), vec![1; ENCODED_PIECE_BYTES + 1]];
        if !encoded.is_empty() {
            lies.push(encoded[..cut % encoded.len()].to_vec());
            for bit in bits {
                let mut lie = encoded.clone();
                let bit = bit % (8 * encoded.len());
                lie[bit / 8] ^= 1 << (bit % 8);
                lies.push(lie);
            }
        }
        for lie in lies {
            let refused = bob.store.accept_piece(blob.id, size, piece, &lie);
            prop_assert!(matches!(refused, Err(BlobError::Lie)), "{:?}", refused);
        }
        prop_assert_eq!(bob.store.state(blob.id, size), BlobState::Missing);
        prop_assert_eq!(bob.store.usage(), glow_blobs::Usage::default());
        prop_assert_ne!(give(&alice.store, &bob.store, &blob, piece), PieceOutcome::Duplicate);
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_pass(id in any::<[u8; 32]>(), size in any::<u64>(), small in sizes(), piece in any::<u32>(), bytes in vec(any::<u8>(), 0..4096)) {
        let bob = place();
        for (size, piece) in [(size, piece), (small, piece), (small, piece % 33)] {
            prop_assert!(bob.store.accept_piece(BlobId(id), size, piece, &bytes).is_err());
            prop_assert!(bob.store.encode_piece(BlobId(id), size, piece).is_err());
            prop_assert_eq!(bob.store.state(BlobId(id), size), BlobState::Missing);
        }
    }

    #[test]
    fn a_wrong_size_never_completes_and_never_spoils_the_right_one(size in sizes(), claimed in sizes(), near in -2000i64..2000) {
        let (alice, bob) = (place(), place());
        let plaintext = noise(size, 4);
        let blob = alice.store.import(&SECRET, plaintext.clone()).unwrap();
        for wrong in [claimed, size.saturating_add_signed(near).min(limits::SEGMENT_BYTES)] {
            if wrong == size {
                continue;
            }
            for piece in 0..BlobStore::piece_count(size).min(BlobStore::piece_count(wrong)) {
                let encoded = alice.store.encode_piece(blob.id, size, piece).unwrap();
                let outcome = bob.store.accept_piece(blob.id, wrong, piece, &encoded);
                prop_assert!(matches!(outcome, Err(BlobError::Lie) | Ok(PieceOutcome::Stored | PieceOutcome::Duplicate)));
            }
            prop_assert_ne!(bob.store.state(blob.id, wrong), BlobState::Complete);
            let refused = alice.store.encode_piece(blob.id, wrong, 0);
            let told = matches!(refused, Err(BlobError::WrongSize { held }) if held == size);
            prop_assert!(told, "{:?}", refused);
            prop_assert_eq!(alice.store.state(blob.id, wrong), BlobState::Missing);
        }
        for piece in 0..BlobStore::piece_count(size) {
            give(&alice.store, &bob.store, &blob, piece);
        }
        prop_assert_eq!(bob.store.read(&blob).unwrap(), plaintext);
        prop_assert!(bob.store.partials().is_empty(), "what was claimed of other sizes is gone");
        prop_assert_eq!(alice.store.state(blob.id, size), BlobState::Complete, "a wrong claim damages nothing");
    }
}

#[test]
fn every_flipped_bit_of_a_piece_is_refused() {
    let (alice, bob) = (place(), place());
    for size in [1, 3000, 16 * KIB + 1] {
        let blob = alice.store.import(&SECRET, noise(size, 5)).unwrap();
        let mut encoded = alice.store.encode_piece(blob.id, size, 0).unwrap();
        for bit in 0..8 * encoded.len() {
            encoded[bit / 8] ^= 1 << (bit % 8);
            let refused = bob.store.accept_piece(blob.id, size, 0, &encoded);
            assert!(matches!(refused, Err(BlobError::Lie)), "bit {bit} of {size} bytes: {refused:?}");
            encoded[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(bob.store.state(blob.id, size), BlobState::Missing);
    }
}

#[test]
fn a_partial_blob_serves_what_it_has() {
    let (alice, bob, carol) = (place(), place(), place());
    let plaintext = noise(1000 * KIB, 6);
    let blob = alice.store.import(&SECRET, plaintext.clone()).unwrap();
    assert_eq!(give(&alice.store, &bob.store, &blob, 1), PieceOutcome::Stored);
    let bob = bob.reopen();
    let BlobState::Partial { pieces, bytes } = bob.store.state(blob.id, blob.size) else {
        panic!("one piece is held");
    };
    assert_eq!((pieces.iter().collect::<Vec<_>>(), bytes), (vec![1], 256 * KIB));
    assert_eq!(give(&bob.store, &carol.store, &blob, 1), PieceOutcome::Stored);
    assert!(matches!(bob.store.encode_piece(blob.id, blob.size, 0), Err(BlobError::Missing)));
    assert!(matches!(bob.store.read(&blob), Err(BlobError::Missing)));
    let range = 300 * KIB..300 * KIB + 7;
    assert_eq!(
        bob.store.read_range(&blob, range.clone()).unwrap(),
        &plaintext[range.start as usize..range.end as usize]
    );
    assert!(matches!(bob.store.read_range(&blob, 200 * KIB..300 * KIB), Err(BlobError::Missing)));
    assert_ne!(pieces, Pieces::NONE);
}

#[test]
fn the_same_bytes_twice_are_one_blob() {
    let alice = place();
    let first = alice.store.import(&SECRET, noise(500 * KIB, 7)).unwrap();
    assert_eq!(alice.store.import(&SECRET, noise(500 * KIB, 7)).unwrap(), first);
    let usage = alice.store.usage();
    assert_eq!((usage.blobs, usage.bytes, usage.partial_bytes), (1, 500 * KIB, 0));
    assert!(alice.store.free_bytes().is_some_and(|bytes| bytes > 0));
}

#[test]
fn sizes_beyond_the_limit_are_refused() {
    let alice = place();
    for size in [limits::SEGMENT_BYTES + 1, 100 * limits::SEGMENT_BYTES, u64::MAX] {
        assert!(matches!(alice.store.accept_piece(BlobId([1; 32]), size, 0, &[]), Err(BlobError::TooLarge { .. })));
        assert!(alice.store.missing_pieces(BlobId([1; 32]), size).is_empty());
    }
    let refused = alice.store.import(&SECRET, vec![0; 8 * 1024 * 1024 + 1]);
    assert!(matches!(refused, Err(BlobError::TooLarge { .. })));
    assert!(matches!(alice.store.accept_piece(BlobId([1; 32]), 5, 1, &[]), Err(BlobError::NoSuchPiece { piece: 1 })));
}

#[test]
fn a_key_of_another_group_does_not_open() {
    let alice = place();
    let blob = alice.store.import(&SECRET, noise(10, 8)).unwrap();
    let other = glow_model::GroupSecret([8; 32]);
    assert!(matches!(alice.store.read_with(&other, &blob), Err(BlobError::DoesNotOpen)));
}

#[test]
fn usage_keeps_up_with_what_comes_and_goes() {
    let (alice, bob) = (place(), place());
    let blobs: Vec<_> = (0..5).map(|n| alice.store.import(&SECRET, noise(n * 100 * KIB, n)).unwrap()).collect();
    assert_eq!(bob.store.usage().blobs, 0);
    for blob in &blobs {
        for piece in 0..BlobStore::piece_count(blob.size) {
            give(&alice.store, &bob.store, blob, piece);
        }
    }
    bob.store.remove(blobs[1].id).unwrap();
    bob.store.remove(blobs[1].id).unwrap();
    let counted = bob.store.usage();
    assert_eq!((counted.blobs, counted.bytes), (4, 900 * KIB));
    assert_eq!(bob.reopen().store.usage(), counted);
}

#[test]
fn a_removed_blob_is_gone_whole_or_in_parts() {
    let (alice, bob) = (place(), place());
    let blob = alice.store.import(&SECRET, noise(600 * KIB, 9)).unwrap();
    give(&alice.store, &bob.store, &blob, 2);
    for place in [alice, bob] {
        place.store.remove(blob.id).unwrap();
        assert_eq!(place.store.state(blob.id, blob.size), BlobState::Missing);
        let place = place.reopen();
        assert_eq!(place.store.state(blob.id, blob.size), BlobState::Missing);
        assert_eq!(place.store.usage(), glow_blobs::Usage::default());
    }
}
