//! A peer that lies in the middle of a piece: what it costs, and what is kept.

use glow_blobs::{BlobError, BlobState, Checked, Checker, PIECE_BYTES, PieceOutcome};
use glow_model::BlobRef;
use proptest::prelude::*;

use crate::{KIB, Place, SECRET, noise, place};

const GROUP: usize = 16 * 1024;

fn photo(alice: &Place, size: u64) -> BlobRef {
    alice.store.import(&SECRET, noise(size, size)).unwrap()
}

/// Gives a slice to a checker as a stream would, so many bytes at a time. Answers how much it took before it saw a lie.
fn until_lie(checker: &mut Checker, slice: &[u8], step: usize) -> Option<usize> {
    let ends = (step..slice.len()).step_by(step).chain([slice.len()]);
    ends.into_iter().find(|end| checker.check(&slice[..*end]).is_err())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_lie_wastes_one_group_and_the_rest_comes_from_another(
        size in 1..600 * KIB, piece in 0..3_u32, lie_at in 0..1_000_usize, step in 1..5_000_usize,
    ) {
        let (alice, bob) = (place(), place());
        let blob = photo(&alice, size);
        let piece = piece.min(u32::try_from((size - 1) / PIECE_BYTES).unwrap());
        let slice = alice.store.encode_piece(blob.id, blob.size, piece).unwrap();
        let mut lie = slice.clone();
        let at = lie_at * slice.len() / 1_000;
        lie[at] ^= 1;
        let mut checker = Checker::new(blob.id, blob.size, piece, 0).unwrap();
        let taken = until_lie(&mut checker, &lie, step).expect("it is found out");
        prop_assert!(checker.right_bytes() <= at, "nothing wrong was taken for right");
        prop_assert!(taken - checker.right_bytes() <= GROUP + step, "{} of {taken} were right", checker.right_bytes());
        let checked = checker.finish();
        prop_assert!(!checked.is_all());
        bob.store.keep_beginning(&checked).unwrap();
        prop_assert_eq!(bob.store.state(blob.id, blob.size), BlobState::Missing, "a beginning is no piece");

        let begun = bob.store.begun(blob.id, blob.size, piece);
        let rest = alice.store.encode_rest(blob.id, blob.size, piece, begun).unwrap();
        prop_assert!(rest.len() <= slice.len() - usize::from(begun) * GROUP, "what was right does not come again");
        let mut checker = Checker::new(blob.id, blob.size, piece, begun).unwrap();
        prop_assert_eq!(until_lie(&mut checker, &rest, step), None);
        let outcome = bob.store.accept_pieces(vec![checker.finish()]).pop().unwrap().unwrap();
        prop_assert!(outcome != PieceOutcome::Duplicate);
        for other in bob.store.missing_pieces(blob.id, blob.size) {
            crate::give(&alice.store, &bob.store, &blob, other);
        }
        prop_assert_eq!(bob.store.read(&blob).unwrap(), alice.store.read(&blob).unwrap());
    }
}

#[test]
fn what_came_whole_on_a_stream_that_broke_can_still_be_asked_for() {
    let (alice, bob) = (place(), place());
    let blob = photo(&alice, 512 * KIB);
    let slice = alice.store.encode_piece(blob.id, blob.size, 0).unwrap();
    let mut checker = Checker::new(blob.id, blob.size, 0, 0).unwrap();
    checker.check(&slice).unwrap();
    bob.store.keep_beginning(&checker.finish()).unwrap();
    let begun = bob.store.begun(blob.id, blob.size, 0);
    assert!(begun > 0);
    let rest = alice.store.encode_rest(blob.id, blob.size, 0, begun).unwrap();
    let mut checker = Checker::new(blob.id, blob.size, 0, begun).unwrap();
    checker.check(&rest).unwrap();
    assert!(bob.store.accept_pieces(vec![checker.finish()]).remove(0).is_ok());
    crate::give(&alice.store, &bob.store, &blob, 1);
    assert_eq!(bob.store.read(&blob).unwrap(), alice.store.read(&blob).unwrap());
}

#[test]
fn one_who_lies_again_costs_one_group_again() {
    let (alice, bob) = (place(), place());
    let blob = photo(&alice, 256 * KIB);
    // So many groups at the end are right; pairs stand between them, so the wrong byte is in the group before.
    for group in [3, 9] {
        let begun = bob.store.begun(blob.id, blob.size, 0);
        let mut lie = alice.store.encode_rest(blob.id, blob.size, 0, begun).unwrap();
        let at = lie.len() - (15 - group) * GROUP - 1;
        lie[at] ^= 1;
        let mut checker = Checker::new(blob.id, blob.size, 0, begun).unwrap();
        assert!(checker.check(&lie).is_err());
        bob.store.keep_beginning(&checker.finish()).unwrap();
        assert_eq!(usize::from(bob.store.begun(blob.id, blob.size, 0)), group + 1, "up to the one that is wrong");
    }
}

#[test]
fn a_rest_without_its_beginning_is_no_piece() {
    let (alice, bob) = (place(), place());
    let blob = photo(&alice, 600 * KIB);
    let rest = alice.store.encode_rest(blob.id, blob.size, 1, 4).unwrap();
    let mut checker = Checker::new(blob.id, blob.size, 1, 4).unwrap();
    checker.check(&rest).unwrap();
    let outcome = bob.store.accept_pieces(vec![checker.finish()]).pop().unwrap();
    assert!(matches!(outcome, Err(BlobError::Lie)), "{outcome:?}");
    assert_eq!(bob.store.state(blob.id, blob.size), BlobState::Missing);
    assert!(matches!(Checker::new(blob.id, blob.size, 2, 16), Err(BlobError::NoSuchPiece { piece: 2 })));
    assert!(alice.store.encode_rest(blob.id, blob.size, 0, 16).is_err());
}

#[test]
fn nothing_at_all_has_to_prove_itself_too() {
    let empty = place().store.import(&SECRET, Vec::new()).unwrap();
    assert!(Checked::whole(empty.id, 0, 0, &[]).is_ok());
    assert!(Checked::whole(glow_model::BlobId([7; 32]), 0, 0, &[]).is_err());
    let unseen = Checker::new(glow_model::BlobId([7; 32]), 0, 0, 0).unwrap().finish();
    assert!(!unseen.is_all());
}

#[test]
fn a_slice_that_is_cut_short_or_too_long_is_a_lie() {
    let alice = place();
    let blob = photo(&alice, 100 * KIB);
    let slice = alice.store.encode_piece(blob.id, blob.size, 0).unwrap();
    assert!(Checked::whole(blob.id, blob.size, 0, &slice).is_ok());
    assert!(matches!(Checked::whole(blob.id, blob.size, 0, &slice[..slice.len() - 1]), Err(BlobError::Lie)));
    let long = [&slice[..], &[0]].concat();
    assert!(matches!(Checked::whole(blob.id, blob.size, 0, &long), Err(BlobError::Lie)));
}
