//! Small blobs of others are named before the disk has them: what a power loss does to them, written by hand.

use std::fs;

use glow_blobs::{BlobState, Checked, PieceOutcome};
use glow_model::BlobRef;

use crate::{KIB, Place, SECRET, noise, place};

/// Blobs of one piece with a tree and without, and their pieces.
fn previews(alice: &Place) -> Vec<(BlobRef, Vec<u8>)> {
    let sizes = [0, 10 * KIB, 16 * KIB, 16 * KIB + 1, 100 * KIB, 256 * KIB];
    let import = |size: u64| {
        let blob = alice.store.import(&SECRET, noise(size, size)).unwrap();
        let encoded = alice.store.encode_piece(blob.id, blob.size, 0).unwrap();
        (blob, encoded)
    };
    sizes.into_iter().map(import).collect()
}

fn checked(previews: &[(BlobRef, Vec<u8>)]) -> Vec<Checked> {
    previews.iter().map(|(blob, encoded)| Checked::whole(blob.id, blob.size, 0, encoded).unwrap()).collect()
}

fn take(bob: &Place, previews: &[(BlobRef, Vec<u8>)]) {
    let outcomes = bob.store.accept_pieces(checked(previews));
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(PieceOutcome::Completed))), "{outcomes:?}");
}

#[test]
fn many_are_taken_in_together_in_their_order() {
    let (alice, bob) = (place(), place());
    let previews = previews(&alice);
    let large = alice.store.import(&SECRET, noise(300 * KIB, 1)).unwrap();
    let first = alice.store.encode_piece(large.id, large.size, 0).unwrap();
    let mut all = checked(&previews);
    all.extend(checked(&previews[2..3]));
    all.push(Checked::whole(large.id, large.size, 0, &first).unwrap());
    let outcomes: Vec<_> = bob.store.accept_pieces(all).into_iter().map(Result::unwrap).collect();
    let mut expected = vec![PieceOutcome::Completed; previews.len()];
    expected.extend([PieceOutcome::Duplicate, PieceOutcome::Stored]);
    assert_eq!(outcomes, expected);
    for (blob, _) in &previews {
        assert_eq!(bob.store.read(blob).unwrap(), alice.store.read(blob).unwrap());
        assert_eq!(bob.store.state(blob.id, blob.size), BlobState::Complete);
    }
    assert_eq!(fs::read_dir(bob.path("tmp")).unwrap().count(), 0, "nothing is left over");
}

#[test]
fn what_the_disk_had_not_got_is_lost_and_known_to_be() {
    let (alice, bob) = (place(), place());
    let previews = previews(&alice);
    take(&bob, &previews);
    assert!(bob.store.is_unsynced());
    // Of one nothing was written, of one its length alone, and one has no name.
    let [empty, zeros, nameless] = [4, 1, 5].map(|place: usize| previews[place].0.clone());
    fs::write(bob.whole(&empty), b"").unwrap();
    fs::write(bob.whole(&zeros), vec![0; usize::try_from(zeros.size).unwrap()]).unwrap();
    fs::remove_file(bob.whole(&nameless)).unwrap();
    let bob = bob.reopen();
    let mut expected = [empty.id, zeros.id, nameless.id];
    expected.sort_unstable();
    assert_eq!(bob.store.lost(), expected);
    for (blob, _) in &previews {
        assert_eq!(bob.store.is_complete(blob.id), !expected.contains(&blob.id));
    }
    take(&bob, &previews.into_iter().filter(|(blob, _)| expected.contains(&blob.id)).collect::<Vec<_>>());
    assert_eq!(bob.reopen().store.lost(), [], "they were sent again");
}

#[test]
fn what_was_synced_need_not_prove_itself() {
    let (alice, bob) = (place(), place());
    let previews = previews(&alice);
    take(&bob, &previews);
    assert!(bob.store.sync().unwrap());
    assert!(!bob.store.is_unsynced());
    assert_eq!(fs::metadata(bob.path("unsynced")).unwrap().len(), 0);
    let bob = bob.reopen();
    assert_eq!(bob.store.lost(), []);
    assert!(previews.iter().all(|(blob, _)| bob.store.is_complete(blob.id)));
}

#[test]
fn a_torn_end_of_the_list_is_no_blob() {
    let (alice, bob) = (place(), place());
    let previews = previews(&alice);
    take(&bob, &previews[..2]);
    let mut list = fs::read(bob.path("unsynced")).unwrap();
    list.extend([7; 11]);
    fs::write(bob.path("unsynced"), list).unwrap();
    let bob = bob.reopen();
    assert_eq!(bob.store.lost(), []);
    take(&bob, &previews[2..]);
    fs::write(bob.whole(&previews[4].0), b"").unwrap();
    assert_eq!(bob.reopen().store.lost(), [previews[4].0.id], "it was written over, not after");
}
