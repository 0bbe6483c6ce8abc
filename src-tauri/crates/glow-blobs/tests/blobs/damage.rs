use std::fs;

use glow_blobs::{BlobError, BlobState, BlobStore, PieceOutcome};
use glow_model::BlobRef;

use crate::{KIB, Place, SECRET, flip, give, noise, place};

fn with_blob(size: u64) -> (Place, BlobRef, Vec<u8>) {
    let place = place();
    let plaintext = noise(size, size);
    let blob = place.store.import(&SECRET, plaintext.clone()).unwrap();
    (place, blob, plaintext)
}

fn mend(from: &Place, to: &Place, blob: &BlobRef) -> usize {
    let missing = to.store.missing_pieces(blob.id, blob.size);
    for &piece in &missing {
        give(&from.store, &to.store, blob, piece);
    }
    missing.len()
}

#[test]
fn a_flipped_byte_is_found_and_only_its_piece_is_fetched_again() {
    for (size, at) in [(1, 0), (15 * KIB, 99), (17 * KIB, 16 * KIB), (2000 * KIB, 700 * KIB)] {
        let (alice, blob, plaintext) = with_blob(size);
        let (bob, ..) = with_blob(size);
        flip(&bob.whole(&blob), at);
        assert!(matches!(bob.store.read(&blob), Err(BlobError::Damaged)));
        assert_ne!(bob.store.state(blob.id, size), BlobState::Complete);
        let bob = bob.reopen();
        assert_eq!(mend(&alice, &bob, &blob), 1, "the other pieces are still good");
        assert_eq!(bob.store.read(&blob).unwrap(), plaintext);
        assert_eq!(bob.store.usage().partial_bytes, 0);
    }
}

#[test]
fn damage_is_found_by_ranges_and_pieces_too_and_the_rest_goes_on_being_served() {
    for by_piece in [true, false] {
        let (alice, blob, plaintext) = with_blob(1024 * KIB);
        flip(&alice.whole(&blob), 600 * KIB);
        assert_eq!(alice.store.read_range(&blob, 0..10).unwrap(), &plaintext[..10]);
        let error = match by_piece {
            true => alice.store.encode_piece(blob.id, blob.size, 2).unwrap_err(),
            false => alice.store.read_range(&blob, 500 * KIB..700 * KIB).unwrap_err(),
        };
        assert!(matches!(error, BlobError::Damaged | BlobError::Missing), "{error:?}");
        assert_eq!(alice.store.missing_pieces(blob.id, blob.size), [2]);
        assert_eq!(give(&alice.store, &place().store, &blob, 3), PieceOutcome::Stored);
    }
}

#[test]
fn a_lost_or_damaged_tree_file_is_made_anew() {
    let (alice, blob, plaintext) = with_blob(1024 * KIB);
    let tree = alice.whole(&blob).with_extension("tree");
    let right = fs::read(&tree).unwrap();
    let harms: [&dyn Fn(); 3] =
        [&|| fs::remove_file(&tree).unwrap(), &|| flip(&tree, 7), &|| fs::write(&tree, b"short").unwrap()];
    for harm in harms {
        harm();
        alice.store.encode_piece(blob.id, blob.size, 3).unwrap();
        assert_eq!(fs::read(&tree).unwrap(), right);
        harm();
        assert!(alice.store.scrub(None).all(|checked| !checked.unwrap().damaged));
        assert_eq!(fs::read(&tree).unwrap(), right);
        assert_eq!(alice.store.read(&blob).unwrap(), plaintext);
    }
}

#[test]
fn a_cut_file_is_damaged_and_a_whole_one_with_a_wrong_claim_is_not() {
    let (alice, blob, plaintext) = with_blob(700 * KIB);
    let claim = BlobRef { size: 600 * KIB, ..blob.clone() };
    assert!(matches!(alice.store.read(&claim), Err(BlobError::WrongSize { held }) if held == 700 * KIB));
    assert_eq!(alice.store.read(&blob).unwrap(), plaintext);
    fs::File::options().write(true).open(alice.whole(&blob)).unwrap().set_len(600 * KIB).unwrap();
    assert!(matches!(alice.store.read(&blob), Err(BlobError::Damaged)));
    assert_eq!(alice.store.state(blob.id, blob.size), BlobState::Missing);
    let (bob, ..) = with_blob(700 * KIB);
    mend(&bob, &alice, &blob);
    assert_eq!(alice.store.read(&blob).unwrap(), plaintext);
    assert!(alice.store.partials().is_empty());
}

#[test]
fn importing_again_heals() {
    let (alice, blob, plaintext) = with_blob(700 * KIB);
    flip(&alice.whole(&blob), 5);
    alice.store.import(&SECRET, plaintext.clone()).unwrap();
    assert_eq!(alice.store.read(&blob).unwrap(), plaintext);
}

#[test]
fn scrubbing_finds_all_damage_and_can_be_interrupted() {
    let alice = place();
    let mut blobs: Vec<_> = (0..20).map(|n| alice.store.import(&SECRET, noise(30 * KIB * n, n)).unwrap()).collect();
    blobs.sort();
    let before = alice.store.usage();
    for n in [3, 11, 17] {
        // an empty blob has no byte to flip
        let blob = &blobs[n];
        if blob.size > 0 {
            flip(&alice.whole(blob), blob.size / 2)
        } else {
            fs::write(alice.whole(blob), b"x").unwrap()
        }
    }
    let first: Vec<_> = alice.store.scrub(None).take(7).map(Result::unwrap).collect();
    let rest = alice.store.scrub(Some(first[6].id)).map(Result::unwrap);
    let checked: Vec<_> = first.iter().copied().chain(rest).collect();
    assert_eq!(checked.iter().map(|c| c.id).collect::<Vec<_>>(), blobs.iter().map(|b| b.id).collect::<Vec<_>>());
    let damaged: Vec<_> = (0..20).filter(|&n| checked[n].damaged).collect();
    assert_eq!(damaged, [3, 11, 17]);
    assert_eq!(alice.store.usage().blobs, before.blobs - 3);
    assert_eq!(alice.store.walk(None).count(), 17);
    assert_eq!(alice.reopen().store.walk(Some(blobs[9].id)).count(), 8);
}

/// The power goes: unsynced writes are lost, whole or torn. What is left is reported as it is.
#[test]
fn lost_writes_are_missing_pieces() {
    let (alice, blob, plaintext) = with_blob(1500 * KIB);
    type Loss<'a> = (&'a dyn Fn(&Place), usize);
    let losses: [Loss; 5] = [
        (&|bob| flip(&bob.partial(&blob), 300 * KIB), 2),
        (&|bob| fs::File::options().write(true).open(bob.partial(&blob)).unwrap().set_len(512 * KIB).unwrap(), 4),
        (&|bob| fs::remove_file(bob.path(&format!("partial/{}.{}.tree", blob.id, blob.size))).unwrap(), 6),
        (&|bob| fs::remove_file(bob.partial(&blob)).unwrap(), 6),
        (&|_| (), 1),
    ];
    for (lose, expected) in losses {
        let bob = place();
        for piece in [4, 1, 0, 3, 2] {
            give(&alice.store, &bob.store, &blob, piece);
        }
        lose(&bob);
        let bob = bob.reopen();
        assert_eq!(mend(&alice, &bob, &blob), expected);
        assert_eq!(bob.store.read(&blob).unwrap(), plaintext);
    }
}

/// The process ends between the last piece and the new name.
#[test]
fn a_partial_blob_that_is_whole_gets_its_name() {
    for (size, with_tree) in [(10, false), (1500 * KIB, true), (1500 * KIB, false)] {
        let (alice, blob, plaintext) = with_blob(size);
        fs::rename(alice.whole(&blob), alice.partial(&blob)).unwrap();
        let tree = alice.whole(&blob).with_extension("tree");
        if with_tree {
            fs::rename(&tree, alice.path(&format!("partial/{}.{size}.tree", blob.id))).unwrap();
        }
        let alice = alice.reopen();
        assert!(alice.store.is_complete(blob.id));
        assert_eq!(alice.store.read(&blob).unwrap(), plaintext);
        assert_eq!(alice.store.missing_pieces(blob.id, size), [0; 0]);
    }
}

#[test]
fn a_partial_blob_that_rots_while_open_is_not_served() {
    let (alice, blob, plaintext) = with_blob(700 * KIB);
    let bob = place();
    give(&alice.store, &bob.store, &blob, 0);
    give(&alice.store, &bob.store, &blob, 1);
    flip(&bob.partial(&blob), 1);
    assert!(matches!(bob.store.encode_piece(blob.id, blob.size, 0), Err(BlobError::Damaged)));
    assert_eq!(bob.store.missing_pieces(blob.id, blob.size), [0, 2]);
    flip(&bob.partial(&blob), 256 * KIB);
    give(&alice.store, &bob.store, &blob, 0);
    let encoded = alice.store.encode_piece(blob.id, blob.size, 2).unwrap();
    let last = bob.store.accept_piece(blob.id, blob.size, 2, &encoded);
    assert!(matches!(last, Err(BlobError::Damaged)), "the whole is checked before it gets its name");
    assert_eq!(bob.store.missing_pieces(blob.id, blob.size), [1]);
    assert_eq!(give(&alice.store, &bob.store, &blob, 1), PieceOutcome::Completed);
    assert_eq!(bob.store.read(&blob).unwrap(), plaintext);
}

#[test]
fn a_destroyed_store_is_gone_for_all_clones_and_destruction_resumes() {
    let (alice, blob, _) = with_blob(700 * KIB);
    let clone = alice.store.clone();
    alice.store.destroy().unwrap();
    assert!(!alice.dir.path().join("blobs").exists());
    assert!(matches!(clone.read(&blob), Err(BlobError::Destroyed)));
    assert!(matches!(clone.import(&SECRET, vec![1]), Err(BlobError::Destroyed)));
    assert_eq!(clone.state(blob.id, blob.size), BlobState::Missing);

    let (bob, blob, _) = with_blob(700 * KIB);
    fs::rename(bob.path("tmp"), bob.path("destroying")).unwrap();
    let bob = bob.reopen();
    assert_eq!(bob.store.usage(), glow_blobs::Usage::default(), "opening goes on with it");
    assert!(!bob.store.is_complete(blob.id) && !bob.path("destroying").exists());
    bob.store.import(&SECRET, vec![1]).unwrap();
    assert_eq!(BlobStore::piece_count(0), 1);
}
