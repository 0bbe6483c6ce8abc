//! Blobs: wanted, held, counted, and given up.

use glow_model::{BlobId, BlobRef, Body, OperationId, Original, Segments};

use super::{
    Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast, DAVE, blob},
};
use crate::{BlobRow, CapturedPart, Incoming, LocalCapture, Part, PartRow, Patch, Tier, WantFilter};

fn party() -> (Cast, Scratch) {
    let (cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
    (cast, scratch)
}

fn wants(scratch: &Scratch) -> Vec<(Tier, BlobId)> {
    let wants = scratch.blob_wants(100).unwrap();
    wants.into_iter().map(|want| (want.tier, want.blob.id)).collect()
}

fn id(seed: u8) -> BlobId {
    BlobId([seed; 32])
}

#[test]
fn previews_of_all_come_before_originals_and_newest_first() {
    let (mut cast, scratch) = party();
    let posts = vec![cast.posts(BOB, 1), cast.posts(BOB, 2)];
    scratch.accept(posts, None).unwrap();
    let expected = [
        (Tier::Grid, id(16)),
        (Tier::Grid, id(8)),
        (Tier::Screen, id(17)),
        (Tier::Screen, id(9)),
        (Tier::Original, id(18)),
        (Tier::Original, id(10)),
    ];
    assert_eq!(wants(&scratch), expected);
    assert_eq!(scratch.blob_wants(2).unwrap().len(), 2);
}

#[test]
fn a_blob_that_came_is_counted_and_no_longer_wanted() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let moment = post.operation.id();
    scratch.blob_held(id(9), true).unwrap();
    scratch.accept(vec![post], None).unwrap();
    assert_eq!(wants(&scratch).len(), 2, "what was here before is not wanted");
    assert_eq!(scratch.blob_held(id(8), true).unwrap(), [moment]);
    let row = scratch.moment(moment).unwrap().unwrap();
    assert_eq!(row.grid, Some(PartRow { size_bytes: 20_000, held_bytes: 20_000 }));
    assert!(!row.original.unwrap().is_complete());
    assert_eq!(scratch.summary(&WantFilter::default()).unwrap().missing_count, 1);
    let previews = WantFilter { photos: false, ..WantFilter::default() };
    assert_eq!(
        scratch.summary(&previews).unwrap().missing_count,
        0,
        "an original that nobody wishes for is not missed"
    );
    scratch.blob_held(id(10), true).unwrap();
    assert_eq!(scratch.summary(&WantFilter::default()).unwrap().missing_count, 0);
    assert_eq!(scratch.blob_held(id(10), false).unwrap(), [moment], "lost again");
    assert_eq!(wants(&scratch), [(Tier::Original, id(10))]);
    let row = BlobRow { key: blob(10, 0).key, size: 1_000_000, held: false };
    assert_eq!(scratch.blob(id(10)).unwrap(), Some(row));
    assert_eq!(scratch.blob(id(77)).unwrap(), None);
}

#[test]
fn what_no_live_moment_names_can_go() {
    let (mut cast, scratch) = party();
    let posts = [cast.posts(BOB, 1), cast.posts(CAROL, 1)];
    let ids = posts.clone().map(|post| post.operation.id());
    scratch.accept(posts.into(), None).unwrap();
    scratch.blobs_held(&[id(8), id(9)], true).unwrap();
    scratch.accept(vec![cast.retracts(BOB, ids[0])], None).unwrap();
    assert_eq!(scratch.unused_blobs().unwrap(), [], "the other moment names them");
    scratch.accept(vec![cast.retracts(CAROL, ids[1])], None).unwrap();
    assert_eq!(scratch.unused_blobs().unwrap(), [id(8), id(9)]);
    assert_eq!(wants(&scratch), []);
    scratch.forget_blob(id(8)).unwrap();
    assert_eq!(scratch.unused_blobs().unwrap(), [id(9)]);
    assert_eq!(scratch.held_blobs().unwrap(), [id(9)]);
}

/// A clip of three segments behind a manifest.
fn clip(cast: &mut Cast) -> (Incoming, Vec<BlobRef>) {
    let segments: Vec<_> = (50..53).map(|seed| blob(seed, 8_000_000)).collect();
    let original =
        Original { media_type: "video/mp4".into(), size: 24_000_000, segments: Segments::Manifest(blob(49, 270)) };
    let moment = glow_model::Moment { original: Some(original), ..cast::previews_only(1) };
    (cast.says(BOB, Body::Moment(moment)), segments)
}

#[test]
fn segments_of_a_manifest_are_wanted_once_it_was_read() {
    let (mut cast, scratch) = party();
    let (post, segments) = clip(&mut cast);
    let moment = post.operation.id();
    scratch.accept(vec![post], None).unwrap();
    assert!(wants(&scratch).contains(&(Tier::Manifest, id(49))));
    assert_eq!(scratch.segments(moment, Part::Original).unwrap(), []);
    scratch.manifest_read(moment, Part::Original, &segments).unwrap();
    scratch.blob_held(id(49), true).unwrap();
    assert_eq!(scratch.segments(moment, Part::Original).unwrap(), segments);
    assert_eq!(wants(&scratch)[2..], [50, 51, 52].map(|seed| (Tier::Original, id(seed))));
    scratch.blob_held(id(51), true).unwrap();
    let original = scratch.moment(moment).unwrap().unwrap().original.unwrap();
    assert_eq!(original, PartRow { size_bytes: 24_000_000, held_bytes: 8_000_000 });

    let before = scratch.dump();
    scratch.rebuild(cast.members(&[ALICE]), |operation| cast.open(operation)).unwrap();
    assert_eq!(before, scratch.dump(), "a rebuild remembers what the manifest said");
}

#[test]
fn copies_are_members_that_hold_every_segment() {
    let (mut cast, scratch) = party();
    let (post, segments) = clip(&mut cast);
    let moment = post.operation.id();
    scratch.accept(vec![post], None).unwrap();
    scratch.manifest_read(moment, Part::Original, &segments).unwrap();
    let copies = || scratch.moment(moment).unwrap().unwrap().copies;
    let stranger = glow_model::DeviceId([66; 32]);
    for segment in &segments {
        assert_eq!(copies(), 0, "a part is no copy");
        scratch.holder(segment.id, cast.id(CAROL)).unwrap();
        scratch.holder(segment.id, stranger).unwrap();
    }
    assert_eq!(copies(), 1);
    let all: Vec<_> = segments.iter().map(|segment| (segment.id, cast.id(DAVE), true)).collect();
    assert_eq!(scratch.holders(&all).unwrap(), [moment]);
    assert_eq!(copies(), 2);
    scratch.holders(&[(id(51), cast.id(DAVE), false)]).unwrap();
    assert_eq!(copies(), 1);
    let mut few = cast.members(&[ALICE]);
    few.members.retain(|member| member.device != cast.id(CAROL));
    scratch.accept(Vec::new(), Some(few)).unwrap();
    assert_eq!(copies(), 0, "who left does not count");
}

#[test]
fn an_own_moment_is_only_here_until_another_holds_it() {
    let (mut cast, scratch) = party();
    let post = cast.posts(ALICE, 1);
    scratch.accept(vec![post, cast.posts(BOB, 2)], None).unwrap();
    assert_eq!(scratch.summary(&WantFilter::default()).unwrap().only_here_count, 1);
    scratch.holder(id(10), cast.id(BOB)).unwrap();
    assert_eq!(scratch.summary(&WantFilter::default()).unwrap().only_here_count, 0);
}

fn held_back() -> LocalCapture {
    LocalCapture {
        parts: vec![CapturedPart {
            part: Part::Original,
            patches: vec![Patch { offset: 42, bytes: b"47.37 N".to_vec() }],
            held_back: Some(vec![blob(200, 1_000_000)]),
        }],
        needs_choice: true,
        held: vec![id(8), id(9), id(200)],
    }
}

/// A moment of Alice whose original she was not asked about yet.
fn unanswered(cast: &mut Cast, scratch: &Scratch) -> OperationId {
    let post = cast.says(ALICE, Body::Moment(cast::previews_only(1)));
    let moment = post.operation.id();
    scratch.accept(vec![Incoming { local: Some(held_back()), ..post }], None).unwrap();
    moment
}

#[test]
fn a_capture_that_is_held_back_stays_here_and_is_told_to_nobody() {
    let (mut cast, scratch) = party();
    let moment = unanswered(&mut cast, &scratch);
    let kept = LocalCapture { held: Vec::new(), ..held_back() };
    assert_eq!(scratch.capture(moment).unwrap(), Some(kept));
    let row = scratch.moment(moment).unwrap().unwrap();
    assert!(row.needs_choice && row.grid.unwrap().is_complete());
    assert_eq!(scratch.blob(id(200)).unwrap(), None, "no peer gets it");
    assert_eq!(scratch.unused_blobs().unwrap(), [], "but it is needed");
    assert_eq!(scratch.held_blobs().unwrap().len(), 3);
}

#[test]
fn the_owner_answers_once() {
    let (mut cast, scratch) = party();
    let moment = unanswered(&mut cast, &scratch);
    let answered = LocalCapture { needs_choice: false, ..held_back() };
    scratch.keep_capture(moment, &answered).unwrap();
    assert!(!scratch.moment(moment).unwrap().unwrap().needs_choice);

    let added = cast.adds_original(ALICE, moment, 200);
    let shared = LocalCapture { parts: Vec::new(), needs_choice: true, held: vec![id(200), id(201)] };
    let changes = scratch.accept(vec![Incoming { local: Some(shared), ..added }], None).unwrap();
    assert_eq!(changes.changed, [moment]);
    let row = scratch.moment(moment).unwrap().unwrap();
    assert!(!row.needs_choice, "there is nothing to ask");
}

#[test]
fn a_capture_goes_with_its_moment() {
    let (mut cast, scratch) = party();
    let moment = unanswered(&mut cast, &scratch);
    scratch.accept(vec![cast.retracts(ALICE, moment)], None).unwrap();
    assert_eq!(scratch.capture(moment).unwrap(), None);
    assert_eq!(scratch.unused_blobs().unwrap(), [id(8), id(9), id(200)]);
}

#[test]
fn what_the_owner_keeps_is_found_behind_the_moment_of_another() {
    let (mut cast, scratch) = party();
    let (own, theirs) = loop {
        let pair = (cast.posts(ALICE, 1), cast.posts(BOB, 1));
        if pair.1.operation.id() < pair.0.operation.id() {
            break pair;
        }
    };
    let (own_id, shown) = (own.operation.id(), theirs.operation.id());
    let own = Incoming { local: Some(held_back()), ..own };
    scratch.accept(vec![own, theirs], None).unwrap();
    assert_eq!(scratch.moment(own_id).unwrap().unwrap().id, shown);
    assert_eq!(scratch.own_twin(shown).unwrap(), Some(own_id));
    assert_eq!(scratch.own_twin(own_id).unwrap(), Some(own_id));
    assert!(scratch.capture(shown).unwrap().is_some());
}
