//! The whole album: what its fingerprint says, and what others lack of it.

use glow_model::{
    BlobId, OperationId,
    state::{Holdings, Marks, TakebackDone},
};

use super::{
    Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast},
};
use crate::{Said, ShareWish};

fn party() -> (Cast, Scratch) {
    let (cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
    (cast, scratch)
}

/// The three blobs of a photo with this number.
fn blobs(media: u8) -> [BlobId; 3] {
    [0, 1, 2].map(|part| BlobId([media * 8 + part; 32]))
}

fn lacked_by(cast: &Cast, who: &[usize]) -> ShareWish {
    ShareWish { lacked_by: Some(who.iter().map(|one| cast.id(*one)).collect()), previews_only: false }
}

fn marks(cast: &Cast, author: usize, seqs: &[u64]) -> Marks {
    let mut marks = Marks::default();
    seqs.iter().for_each(|seq| marks.insert(cast.id(author), *seq));
    marks
}

#[test]
fn a_fingerprint_is_that_of_the_set_where_nothing_is_lacking() {
    let (mut cast, scratch) = party();
    let posts = [cast.posts(ALICE, 1), cast.posts(BOB, 2)];
    let mut ids: Vec<OperationId> = posts.iter().map(|post| post.operation.id()).collect();
    scratch.accept(posts.to_vec(), None).unwrap();
    let before = scratch.fingerprint().unwrap();
    assert_eq!((before.operations, before.blobs, before.lacking), (2, 6, 6));
    assert_ne!(before.album, before.held);

    scratch.blobs_held(&[blobs(1), blobs(2)].concat(), true).unwrap();
    let whole = scratch.fingerprint().unwrap();
    ids.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for id in &ids {
        hasher.update(id.as_bytes());
    }
    assert_eq!(whole.album, *hasher.finalize().as_bytes(), "BLAKE3 over the sorted ids");
    assert_eq!((whole.held, whole.lacking, before.album), (whole.album, 0, whole.album));

    scratch.blob_held(blobs(2)[1], false).unwrap();
    let lost = scratch.fingerprint().unwrap();
    assert_eq!((lost.album, lost.lacking, lost.lacking_bytes), (whole.album, 1, 200_000));
    assert_ne!(lost.held, whole.held);
    scratch.blobs_held(&[blobs(2)[1]], true).unwrap();
    scratch.blob_held(blobs(1)[0], false).unwrap();
    assert_ne!(scratch.fingerprint().unwrap().held, lost.held, "it tells which one");
}

#[test]
fn what_is_taken_back_is_not_lacking() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let back = cast.retracts(BOB, post.operation.id());
    scratch.accept(vec![post, back], None).unwrap();
    let print = scratch.fingerprint().unwrap();
    assert_eq!((print.operations, print.blobs, print.held), (2, 0, print.album));
}

#[test]
fn everything_that_is_here_goes_in_once_and_what_names_it_comes_first() {
    let (mut cast, scratch) = party();
    let (first, second) = (cast.posts(ALICE, 1), cast.posts(BOB, 2));
    let caption = cast.captions(BOB, first.operation.id(), None, "dusk");
    scratch.accept(vec![first, second, caption.clone()], None).unwrap();
    scratch.blobs_held(&[blobs(1).as_slice(), &blobs(2)[..1]].concat(), true).unwrap();
    let share = scratch.share(&ShareWish::default()).unwrap();
    assert_eq!((share.moments, share.operations.len(), share.blobs.len()), (2, 3, 4));
    assert_eq!(share.operations[0], caption.operation.id(), "the newest first");
    let ids: Vec<BlobId> = share.blobs.iter().map(|blob| blob.id).collect();
    assert_eq!(ids, [blobs(2)[0], blobs(1)[0], blobs(1)[1], blobs(1)[2]], "small ones first, of each kind the newest");
    let previews = scratch.share(&ShareWish { previews_only: true, ..ShareWish::default() }).unwrap();
    assert_eq!((previews.blobs.len(), previews.bytes), (3, 240_000));
}

#[test]
fn what_all_hold_by_their_own_word_stays_out() {
    let (mut cast, scratch) = party();
    let posts = vec![cast.posts(ALICE, 1), cast.posts(ALICE, 2)];
    let second = posts[1].operation.id();
    scratch.accept(posts, None).unwrap();
    scratch.blobs_held(&[blobs(1), blobs(2)].concat(), true).unwrap();
    assert_eq!(scratch.share(&lacked_by(&cast, &[BOB])).unwrap().blobs.len(), 6, "he never said anything");

    let bobs = Holdings { originals: marks(&cast, ALICE, &[0]), previews: marks(&cast, ALICE, &[0, 1]) };
    scratch.accept_state(&cast.states(BOB, 1, Said::Holdings(bobs))).unwrap();
    let for_bob = scratch.share(&lacked_by(&cast, &[BOB])).unwrap();
    assert_eq!(for_bob.blobs.iter().map(|blob| blob.id).collect::<Vec<_>>(), [blobs(2)[2]]);
    assert_eq!(for_bob.operations, [second], "it comes with what names it, though he knows that");
    assert_eq!(scratch.share(&lacked_by(&cast, &[BOB, CAROL])).unwrap().blobs.len(), 6, "Carol lacks all");

    let carols = TakebackDone(marks(&cast, ALICE, &[0, 1]));
    scratch.accept_state(&cast.states(CAROL, 1, Said::TakebackDone(carols))).unwrap();
    let held = Holdings { originals: marks(&cast, ALICE, &[0, 1]), previews: marks(&cast, ALICE, &[0, 1]) };
    scratch.accept_state(&cast.states(CAROL, 1, Said::Holdings(held))).unwrap();
    let for_carol = scratch.share(&lacked_by(&cast, &[CAROL])).unwrap();
    assert_eq!((for_carol.blobs.len(), for_carol.operations.len()), (0, 0), "she has it all");
}

#[test]
fn of_two_histories_nobody_is_believed_to_have_both() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    scratch.accept(vec![post], None).unwrap();
    let fork = cast.forks(BOB, glow_model::Body::Moment(super::cast::moment(2)));
    scratch.accept(vec![fork], None).unwrap();
    scratch.blobs_held(&[blobs(1), blobs(2)].concat(), true).unwrap();
    let held = Holdings { originals: marks(&cast, BOB, &[0]), previews: marks(&cast, BOB, &[0]) };
    scratch.accept_state(&cast.states(CAROL, 1, Said::Holdings(held))).unwrap();
    let share = scratch.share(&lacked_by(&cast, &[CAROL])).unwrap();
    assert_eq!((share.operations.len(), share.blobs.len()), (2, 6));
}

#[test]
fn of_a_clip_that_went_out_while_it_was_recorded_the_closing_tells_who_has_it() {
    let (mut cast, scratch) = party();
    let open = cast.opens_clip(ALICE, 6);
    let clip = open.operation.id();
    scratch.accept(vec![open], None).unwrap();
    scratch.add_fragments(&cast.records(ALICE, clip, &[150, 151])).unwrap();
    scratch.blobs_held(&[150, 151, 240].map(|seed| cast::blob(seed, 0).id), true).unwrap();
    let close = cast.closes_clip(ALICE, clip, cast::inline("video/webm", &[150, 151]));
    let lacking = || {
        let share = scratch.share(&lacked_by(&cast, &[BOB])).unwrap();
        (share.moments, share.operations.len(), share.blobs.len())
    };
    let says = |counter, originals: &[u64], previews: &[u64]| {
        let held = Holdings { originals: marks(&cast, ALICE, originals), previews: marks(&cast, ALICE, previews) };
        scratch.accept_state(&cast.states(BOB, counter, Said::Holdings(held))).unwrap();
    };
    says(1, &[0, 1, 2], &[0, 1, 2]);
    assert_eq!(lacking(), (1, 1, 2), "nobody closed it: what he has of it he did not say");

    scratch.accept(vec![close], None).unwrap();
    says(2, &[0], &[0]);
    assert_eq!(lacking(), (1, 2, 3), "he knows that it was opened: of its bytes that says nothing");
    says(3, &[0], &[0, 1]);
    assert_eq!(lacking(), (1, 2, 2), "he has its picture");
    says(4, &[0, 1], &[0, 1]);
    assert_eq!(lacking(), (0, 0, 0), "he has all that the closing names");
    says(5, &[0], &[0, 1]);
    assert_eq!(lacking(), (1, 2, 2), "and gave it up");
}
