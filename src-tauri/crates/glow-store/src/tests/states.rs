//! What devices say of themselves, the copies that follow from it, and what this device keeps by it.

use std::collections::BTreeSet;

use glow_model::{
    BlobId, Body, Moment, MomentKind, OperationId,
    state::{Holdings, Keeps, Marks, Presence, SeenUpTo, Slot, TakebackDone, Wakefulness},
};

use super::{
    Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast, DAVE, blob},
};
use crate::{IncomingState, Part, Said, Tier, WantFilter};

fn party() -> (Cast, Scratch) {
    let (cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
    (cast, scratch)
}

fn holds(places: &[(glow_model::DeviceId, u64)]) -> Said {
    let mut originals = Marks::default();
    places.iter().for_each(|(author, seq)| originals.insert(*author, *seq));
    Said::Holdings(Holdings { previews: originals.clone(), originals })
}

fn copies(scratch: &Scratch, moment: OperationId) -> u32 {
    while scratch.recount_copies(64).unwrap().1 {}
    scratch.moment(moment).unwrap().unwrap().copies
}

fn say(scratch: &Scratch, state: IncomingState) -> bool {
    scratch.accept_state(&state).unwrap().0
}

#[test]
fn only_the_newest_word_stands() {
    let (cast, scratch) = party();
    assert!(say(&scratch, cast.states(BOB, 5, holds(&[]))));
    assert!(!say(&scratch, cast.states(BOB, 5, holds(&[]))), "known");
    assert!(!say(&scratch, cast.states(BOB, 4, holds(&[(cast.id(ALICE), 0)]))), "older");
    let newer = cast.states(BOB, 6, holds(&[]));
    assert!(scratch.is_new_state(&newer.state).unwrap());
    assert!(say(&scratch, newer.clone()));
    let keys = scratch.state_keys().unwrap();
    assert_eq!((keys.len(), keys[0].counter, keys[0].slot), (1, 6, Slot::HOLDINGS));
    let encoded = scratch.encoded_states(&[(cast.id(BOB), Slot::HOLDINGS), (cast.id(CAROL), Slot::HOLDINGS)]).unwrap();
    assert_eq!(encoded, [newer.state.encode()]);
}

#[test]
fn copies_are_counted_by_each_devices_own_word() {
    let (mut cast, scratch) = party();
    let (first, second) = (cast.posts(ALICE, 1), cast.posts(ALICE, 2));
    let moment = first.operation.id();
    let seq = first.operation.header().seq;
    let other = second.operation.header().seq;
    scratch.accept(vec![first, second], None).unwrap();
    assert_eq!(copies(&scratch, moment), 0);
    say(&scratch, cast.states(BOB, 1, holds(&[(cast.id(ALICE), seq)])));
    say(&scratch, cast.states(CAROL, 1, holds(&[(cast.id(ALICE), other)])));
    assert_eq!(copies(&scratch, moment), 1, "Carol speaks of the other one");
    say(&scratch, cast.states(CAROL, 2, holds(&[(cast.id(ALICE), seq), (cast.id(ALICE), other)])));
    assert_eq!(copies(&scratch, moment), 2);
    assert_eq!(scratch.holders_of(cast.id(ALICE), seq).unwrap().len(), 2);
    say(&scratch, cast.states(BOB, 2, holds(&[])));
    assert_eq!(copies(&scratch, moment), 1, "lower holdings count at once");
    let leaving = Presence { wakefulness: Wakefulness::Leaving, photos: Keeps::All, clips: Keeps::All };
    say(&scratch, cast.states(CAROL, 1, Said::Presence(leaving)));
    assert_eq!(copies(&scratch, moment), 0, "who leaves holds nothing");
    assert_eq!(scratch.presences().unwrap()[0].presence, leaving);
}

#[test]
fn what_a_device_announced_counts_until_it_says_otherwise() {
    let (mut cast, scratch) = party();
    let post = cast.posts(ALICE, 1);
    let (moment, seq) = (post.operation.id(), post.operation.header().seq);
    scratch.accept(vec![post], None).unwrap();
    let announce = || scratch.holder(BlobId([10; 32]), cast.id(BOB)).unwrap();
    announce();
    say(&scratch, cast.states(BOB, 1, holds(&[])));
    assert_eq!(copies(&scratch, moment), 1, "it came after that word was made");
    say(&scratch, cast.states(BOB, 2, holds(&[(cast.id(ALICE), seq)])));
    assert_eq!(copies(&scratch, moment), 1, "one device, once");
    say(&scratch, cast.states(BOB, 3, holds(&[])));
    assert_eq!(copies(&scratch, moment), 0, "lower holdings take the announcement along");
    announce();
    scratch.forget_announced(cast.id(BOB)).unwrap();
    assert_eq!(copies(&scratch, moment), 0, "a new connection begins anew");
}

#[test]
fn where_two_operations_stand_at_one_place_nobody_counts() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let (moment, seq) = (post.operation.id(), post.operation.header().seq);
    let fork = cast.forks(BOB, glow_model::Body::Moment(super::cast::moment(2)));
    scratch.accept(vec![post], None).unwrap();
    say(&scratch, cast.states(CAROL, 1, holds(&[(cast.id(BOB), seq)])));
    assert_eq!(copies(&scratch, moment), 1);
    scratch.accept(vec![fork], None).unwrap();
    say(&scratch, cast.states(CAROL, 2, holds(&[])));
    say(&scratch, cast.states(CAROL, 3, holds(&[(cast.id(BOB), seq)])));
    assert_eq!(copies(&scratch, moment), 0);
    assert!(!scratch.own_holdings().unwrap().originals.contains(cast.id(BOB), seq));
}

#[test]
fn this_device_says_what_it_holds_for_good() {
    let (mut cast, scratch) = party();
    let (photo, asked) = (cast.posts(BOB, 1), cast.says(BOB, glow_model::Body::Moment(super::cast::previews_only(2))));
    let added = cast.adds_original(BOB, asked.operation.id(), 120);
    let cheer = cast.reacts(BOB, photo.operation.id(), "🎉", true);
    let seqs: Vec<u64> = [&photo, &asked, &added, &cheer].map(|one| one.operation.header().seq).to_vec();
    scratch.accept(vec![photo, asked, added, cheer], None).unwrap();
    let held = |which: usize| scratch.own_holdings().unwrap().originals.contains(cast.id(BOB), seqs[which]);
    assert_eq!([held(0), held(1), held(2), held(3)], [false, true, false, true], "what names no original is held");
    scratch.blobs_held(&[blob(10, 0).id, blob(120, 0).id], true).unwrap();
    assert_eq!([held(0), held(2)], [true, false], "half an original is none");
    scratch.blob_held(blob(121, 0).id, true).unwrap();
    assert!(held(2));
    assert!(!scratch.own_holdings().unwrap().previews.contains(cast.id(BOB), seqs[0]));
}

#[test]
fn this_device_says_of_a_closing_that_it_holds_the_clip_only_when_all_of_it_is_here() {
    let (mut cast, scratch) = party();
    let open = cast.opens_clip(BOB, 6);
    let clip = open.operation.id();
    let close = cast.closes_clip(BOB, clip, cast::long("video/webm", 104));
    let [other, of_carol] = [BOB, CAROL].map(|who| cast.closes_clip(who, clip, cast::inline("video/webm", &[150])));
    let place = |one: &crate::Incoming| (one.operation.header().author, one.operation.header().seq);
    let places = [&open, &close, &other, &of_carol].map(place);
    let segments = [150, 151].map(|seed| blob(seed, 10_000_000));
    let held = || {
        let holdings = scratch.own_holdings().unwrap();
        places.map(|(author, seq)| holdings.originals.contains(author, seq))
    };
    scratch.accept(vec![close], None).unwrap();
    assert!(!held()[1], "nothing is known of the clip");
    scratch.accept(vec![open, other, of_carol], None).unwrap();
    scratch.blobs_held(&segments.each_ref().map(|blob| blob.id), true).unwrap();
    assert_eq!(held(), [true, false, false, false], "the opening names no bytes; what the closing names is not known");
    scratch.manifest_read(clip, Part::Original, &segments).unwrap();
    scratch.blob_held(segments[1].id, false).unwrap();
    scratch.blob_held(blob(104, 0).id, true).unwrap();
    assert!(!held()[1], "half of it");
    scratch.blob_held(segments[1].id, true).unwrap();
    assert_eq!(held(), [true, true, false, false], "of the closing that counts, and of no other");
    assert!(!scratch.own_holdings().unwrap().previews.contains(places[1].0, places[1].1), "its poster is missing");
    scratch.blob_held(blob(104, 0).id, false).unwrap();
    assert!(!held()[1], "without their list, the segments are no clip to others");
}

#[test]
fn copies_of_a_closed_clip_are_counted_by_its_closing() {
    let (mut cast, scratch) = party();
    let open = cast.opens_clip(BOB, 6);
    let clip = open.operation.id();
    let close = cast.closes_clip(BOB, clip, cast::inline("video/webm", &[150, 151]));
    let [opened, closed] = [&open, &close].map(|one| (cast.id(BOB), one.operation.header().seq));
    scratch.accept(vec![open], None).unwrap();
    scratch.add_fragments(&cast.records(BOB, clip, &[150, 151])).unwrap();
    say(&scratch, cast.states(CAROL, 1, holds(&[opened])));
    assert_eq!(copies(&scratch, clip), 0, "she knows of it");
    say(&scratch, cast.states(CAROL, 2, holds(&[opened, closed])));
    scratch.accept(vec![close], None).unwrap();
    assert_eq!(copies(&scratch, clip), 1, "she spoke of the closing before it was here");
    scratch.blobs_held(&[150, 151].map(|seed| blob(seed, 0).id), true).unwrap();
    let candidates = scratch.evictable(None, 10).unwrap();
    assert_eq!((candidates[0].moment, candidates[0].seq), (clip, closed.1), "it can be given up by her word");
    scratch.holder(blob(150, 0).id, cast.id(DAVE)).unwrap();
    scratch.holder(blob(151, 0).id, cast.id(DAVE)).unwrap();
    say(&scratch, cast.states(DAVE, 1, holds(&[opened, closed])));
    assert_eq!(copies(&scratch, clip), 2);
    say(&scratch, cast.states(DAVE, 2, holds(&[opened])));
    say(&scratch, cast.states(CAROL, 3, holds(&[opened])));
    assert_eq!(copies(&scratch, clip), 0, "lower holdings count at once, and take announcements along");
}

#[test]
fn what_is_released_is_held_no_more_and_not_wanted_again() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let (moment, seq) = (post.operation.id(), post.operation.header().seq);
    scratch.accept(vec![post], None).unwrap();
    let original = blob(10, 0).id;
    scratch.blobs_held(&[blob(8, 0).id, blob(9, 0).id, original], true).unwrap();
    let candidates = scratch.evictable(None, 10).unwrap();
    assert_eq!((candidates.len(), candidates[0].moment, candidates[0].seq), (1, moment, seq));
    assert_eq!(candidates[0].blobs, [(original, 1_000_000)]);

    assert_eq!(scratch.release(&[original]).unwrap(), [moment]);
    assert!(!scratch.own_holdings().unwrap().originals.contains(cast.id(BOB), seq));
    assert!(scratch.own_holdings().unwrap().previews.contains(cast.id(BOB), seq));
    let filter = WantFilter::default();
    assert_eq!(scratch.wished_wants(10, &filter).unwrap(), []);
    assert_eq!(scratch.released().unwrap(), [original]);
    scratch.release_done(original).unwrap();
    assert_eq!(scratch.released().unwrap(), []);
    scratch.wish_anew(&filter).unwrap();
    assert_eq!(scratch.wished_wants(10, &filter).unwrap().len(), 1, "other wishes, other wants");
}

#[test]
fn own_captures_and_their_twins_are_never_given_up() {
    let (mut cast, scratch) = party();
    let (own, twin) = (cast.posts(ALICE, 1), cast.posts(BOB, 1));
    scratch.accept(vec![own, twin], None).unwrap();
    scratch.blob_held(blob(10, 0).id, true).unwrap();
    assert_eq!(scratch.evictable(None, 10).unwrap(), []);
}

#[test]
fn only_what_is_wished_for_is_wanted_and_some_is_carried() {
    let (mut cast, scratch) = party();
    let posts = vec![cast.posts(BOB, 1), cast.posts(BOB, 2)];
    let (newer, seq) = (posts[1].operation.id(), posts[1].operation.header().seq);
    scratch.accept(posts, None).unwrap();
    let tiers = |filter: &WantFilter| {
        scratch.wished_wants(10, filter).unwrap().into_iter().map(|want| want.tier).collect::<Vec<_>>()
    };
    let previews = WantFilter { photos: false, clips: false, ..WantFilter::default() };
    assert_eq!(tiers(&previews), [Tier::Grid, Tier::Grid, Tier::Screen, Tier::Screen]);
    assert_eq!(scratch.wanted_bytes(&previews).unwrap(), [(4, 440_000), (0, 0)]);
    assert_eq!(tiers(&WantFilter { previews: false, ..previews }), []);
    assert_eq!(tiers(&WantFilter::default()).len(), 6);

    let carrying = WantFilter { carry_bytes: 1_500_000, ..previews };
    let carried = |filter| {
        let wants = scratch.wished_wants(10, filter).unwrap();
        wants.into_iter().filter(|want| want.tier == Tier::Original).map(|want| want.moment).collect::<Vec<_>>()
    };
    assert_eq!(carried(&carrying), [newer], "the newest, as far as there is room");
    assert_eq!(carried(&carrying), [newer], "and the same when asked again");
    assert_eq!(scratch.carried_bytes().unwrap(), 1_000_000);
    scratch.blobs_held(&[blob(16, 0).id, blob(17, 0).id, blob(18, 0).id], true).unwrap();
    assert!(!scratch.own_holdings().unwrap().originals.contains(cast.id(BOB), seq), "not for good");
    assert_eq!(scratch.evictable(None, 10).unwrap(), [], "a quota does not look at it");
    assert_eq!(scratch.carried_of(&[blob(17, 0).id, blob(18, 0).id]).unwrap(), [blob(18, 0).id].into());
    scratch.wish_anew(&WantFilter::default()).unwrap();
    assert!(scratch.own_holdings().unwrap().originals.contains(cast.id(BOB), seq), "until it is wished for");
}

#[test]
fn what_is_carried_is_carried_whole() {
    let (mut cast, scratch) = party();
    let original = Some(cast::inline("video/mp4", &[50, 51, 52]));
    let clip = cast.says(BOB, Body::Moment(Moment { kind: MomentKind::Clip, original, ..cast::moment(2) }));
    let photo = cast.posts(BOB, 1);
    let [clip_id, photo_id] = [&clip, &photo].map(|post| post.operation.id());
    let retracts = cast.retracts(BOB, clip_id);
    scratch.accept(vec![clip, photo], None).unwrap();
    let carried = |carry_bytes| {
        let filter = WantFilter { photos: false, clips: false, carry_bytes, ..WantFilter::default() };
        let wants = scratch.wished_wants(20, &filter).unwrap();
        wants.into_iter().filter(|want| want.tier == Tier::Original).map(|want| want.moment).collect::<Vec<_>>()
    };
    assert_eq!(carried(2_000_000), [photo_id], "a clip that does not fit leaves room for what does");
    assert_eq!(carried(4_000_000), [clip_id, clip_id, clip_id, photo_id]);
    scratch.blob_held(blob(50, 0).id, true).unwrap();
    assert_eq!(carried(2_000_000), [clip_id, clip_id, photo_id], "what was begun goes on");
    let given = scratch.carried().unwrap();
    assert_eq!(
        given.iter().map(|one| one.moment).collect::<BTreeSet<_>>(),
        [clip_id, photo_id].into(),
        "in parts, too"
    );
    scratch.accept(vec![retracts], None).unwrap();
    assert_eq!(scratch.carried_bytes().unwrap(), 1_000_000, "what was taken back takes up no room");
}

#[test]
fn what_is_held_again_is_released_no_more() {
    let (mut cast, scratch) = party();
    scratch.accept(vec![cast.posts(BOB, 1)], None).unwrap();
    let original = blob(10, 0).id;
    scratch.blob_held(original, true).unwrap();
    scratch.release(&[original]).unwrap();
    assert!(scratch.is_released(original).unwrap());
    scratch.blob_held(original, true).unwrap();
    assert!(!scratch.is_released(original).unwrap());
    assert_eq!(scratch.released().unwrap(), []);
}

#[test]
fn what_waits_for_its_deletion_is_wanted_again_where_new_wishes_include_it() {
    let (mut cast, scratch) = party();
    scratch.accept(vec![cast.posts(BOB, 1)], None).unwrap();
    let original = blob(10, 0).id;
    scratch.blob_held(original, true).unwrap();
    scratch.release(&[original]).unwrap();
    let previews = WantFilter { photos: false, clips: false, ..WantFilter::default() };
    scratch.wish_anew(&previews).unwrap();
    assert!(scratch.is_released(original).unwrap(), "clips or photos of which previews are kept");
    let all = WantFilter::default();
    scratch.wish_anew(&all).unwrap();
    assert!(!scratch.is_released(original).unwrap());
    let wants = scratch.wished_wants(10, &all).unwrap();
    assert!(wants.iter().any(|want| want.blob.id == original), "whether it still is on the disk is seen there");
}

#[test]
fn giving_up_goes_on_behind_what_was_looked_at() {
    let (mut cast, scratch) = party();
    let posts: Vec<_> = (1..4).map(|number| cast.posts(BOB, number)).collect();
    let ids: Vec<_> = posts.iter().map(|post| post.operation.id()).collect();
    scratch.accept(posts, None).unwrap();
    scratch.blobs_held(&[10, 18, 26].map(|seed| blob(seed, 0).id), true).unwrap();
    let first = scratch.evictable(None, 2).unwrap();
    let rest = scratch.evictable(first.last(), 2).unwrap();
    assert_eq!([first, rest].concat().iter().map(|one| one.moment).collect::<Vec<_>>(), ids, "oldest first");
}

#[test]
fn what_was_taken_back_is_reported_by_each_device() {
    let (mut cast, scratch) = party();
    let post = cast.posts(ALICE, 1);
    let moment = post.operation.id();
    let retract = cast.retracts(ALICE, moment);
    let seq = retract.operation.header().seq;
    scratch.accept(vec![post], None).unwrap();
    scratch.blob_held(blob(10, 0).id, true).unwrap();
    scratch.accept(vec![retract], None).unwrap();
    assert_eq!(scratch.own_takebacks().unwrap(), None, "its bytes are still there");
    scratch.forget_blob(blob(10, 0).id).unwrap();
    assert!(scratch.own_takebacks().unwrap().unwrap().0.contains(cast.id(ALICE), seq));
    assert_eq!(scratch.retractions().unwrap(), [(cast.id(ALICE), seq)]);

    let mut done = Marks::default();
    done.insert(cast.id(ALICE), seq);
    for who in [BOB, DAVE] {
        say(&scratch, cast.states(who, 1, Said::TakebackDone(TakebackDone(done.clone()))));
    }
    let report = scratch.takebacks(cast.id(ALICE), 10).unwrap();
    assert_eq!((report.len(), report[0].moment, report[0].gone), (1, moment, 2));
}

#[test]
fn the_report_says_the_least_copies_and_what_is_only_here() {
    let (mut cast, scratch) = party();
    assert_eq!(scratch.copies_report().unwrap().moments, 0);
    let (mine, theirs) = (cast.posts(ALICE, 1), cast.posts(BOB, 2));
    let seq = theirs.operation.header().seq;
    scratch.accept(vec![mine, theirs], None).unwrap();
    scratch.blobs_held(&[blob(10, 0).id, blob(18, 0).id], true).unwrap();
    let report = scratch.copies_report().unwrap();
    assert_eq!((report.moments, report.at_least, report.below_three, report.own_only_here), (2, 1, 2, 1));
    for who in [BOB, CAROL, DAVE] {
        say(&scratch, cast.states(who, 1, holds(&[(cast.id(BOB), seq)])));
    }
    while scratch.recount_copies(64).unwrap().1 {}
    let report = scratch.copies_report().unwrap();
    assert_eq!((report.at_least, report.below_three, report.heard_ms), (1, 1, Some(1)));
}

#[test]
fn who_has_seen_a_moment_is_counted() {
    let (cast, scratch) = party();
    say(&scratch, cast.states(BOB, 1, Said::SeenUpTo(SeenUpTo { at_ms: 9, sort_ms: 100 })));
    say(&scratch, cast.states(CAROL, 1, Said::SeenUpTo(SeenUpTo { at_ms: 9, sort_ms: 50 })));
    assert_eq!([scratch.seen_by(50).unwrap(), scratch.seen_by(51).unwrap()], [2, 1]);
}
