//! One rule of the fold each.

use glow_model::{Body, DeviceId, OperationId};

use super::{
    ENDS_MS, Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast, DAVE},
};
use crate::{Changes, Incoming, OperationState, TimelineQuery};

/// A store that knows the members; Alice is host.
fn party() -> (Cast, Scratch) {
    let (cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
    (cast, scratch)
}

fn timeline(scratch: &Scratch) -> Vec<OperationId> {
    let query = TimelineQuery { limit: 100, ..TimelineQuery::default() };
    scratch.timeline(&query).unwrap().iter().map(|moment| moment.id).collect()
}

fn caption(scratch: &Scratch, moment: OperationId) -> String {
    scratch.moment(moment).unwrap().unwrap().caption
}

fn reactions(scratch: &Scratch, moment: OperationId) -> Vec<(String, DeviceId)> {
    let rows = scratch.reactions(&[moment]).unwrap();
    rows.into_iter().map(|row| (row.emoji, row.author)).collect()
}

fn take(scratch: &Scratch, incoming: Incoming) -> Changes {
    scratch.accept(vec![incoming], None).unwrap()
}

#[test]
fn moments_stand_by_capture_time_and_none_far_behind_the_end() {
    let (mut cast, scratch) = party();
    let at = |ms| Body::Moment(glow_model::Moment { captured_ms: ms, ..cast::moment((ms % 251) as u8) });
    let day = 24 * 60 * 60 * 1000;
    let far = cast.says(BOB, at(ENDS_MS + 1_000 * day));
    let late = cast.says(BOB, at(ENDS_MS + day + 5));
    let early = cast.says(BOB, at(5));
    let ids = [&far, &late, &early].map(|incoming| incoming.operation.id());
    scratch.accept(vec![early, late, far], None).unwrap();
    let mut clamped = [ids[0], ids[1]];
    clamped.sort();
    assert_eq!(timeline(&scratch), [clamped[1], clamped[0], ids[2]], "equal times go by id");
    let row = scratch.moment(ids[0]).unwrap().unwrap();
    assert_eq!(row.sort_ms, ENDS_MS + day);
    assert_eq!(row.captured_ms, ENDS_MS + 1_000 * day, "the file's own time is kept");
}

#[test]
fn the_author_and_hosts_caption_and_nobody_else() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    take(&scratch, post);
    let first = cast.captions(BOB, id, None, "by the author");
    let head = first.operation.id();
    assert_eq!(take(&scratch, first).changed, [id]);
    let foreign = cast.captions(CAROL, id, Some(head), "by a guest");
    assert_eq!(take(&scratch, foreign).changed, []);
    assert_eq!(caption(&scratch, id), "by the author");
    let edit = cast.captions(ALICE, id, Some(head), "by a host");
    let edit_id = edit.operation.id();
    take(&scratch, edit);
    assert_eq!(caption(&scratch, id), "by a host");
    assert_eq!(scratch.caption_head(id).unwrap(), Some(edit_id));
    take(&scratch, cast.captions(BOB, id, Some(edit_id), ""));
    assert_eq!(caption(&scratch, id), "", "an empty text removes it");
    assert!(scratch.caption_head(id).unwrap().is_some(), "and can be replaced");
}

#[test]
fn a_moment_is_off_the_screens_as_long_as_its_author_or_a_host_says_so() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    take(&scratch, post);
    let on_screens = |scratch: &Scratch| {
        let query = TimelineQuery { limit: 10, screens: true, ..TimelineQuery::default() };
        scratch.timeline(&query).unwrap().len()
    };
    assert_eq!(take(&scratch, cast.holds(CAROL, id, None, true)).changed, [], "a guest cannot");
    assert_eq!(on_screens(&scratch), 1);
    let by_host = cast.holds(ALICE, id, None, true);
    let host_head = by_host.operation.id();
    assert_eq!(take(&scratch, by_host).changed, [id]);
    assert_eq!((on_screens(&scratch), timeline(&scratch).len()), (0, 1), "the timeline keeps it");
    // Neither undoes what the other said.
    take(&scratch, cast.holds(BOB, id, Some(host_head), false));
    take(&scratch, cast.holds(BOB, id, None, false));
    assert_eq!(on_screens(&scratch), 0);
    let hold = scratch.moment(id).unwrap().unwrap().hold;
    assert_eq!((hold.by_author, hold.by_hosts, hold.host_head), (false, true, Some(host_head)));
    assert_eq!(take(&scratch, cast.holds(ALICE, id, Some(host_head), false)).changed, [id]);
    assert_eq!(on_screens(&scratch), 1, "undone");
}

#[test]
fn an_edit_waits_for_what_it_replaces() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    let first = cast.captions(BOB, id, None, "one");
    let second = cast.captions(BOB, id, Some(first.operation.id()), "two");
    scratch.accept(vec![second, post], None).unwrap();
    assert_eq!(caption(&scratch, id), "");
    take(&scratch, first);
    assert_eq!(caption(&scratch, id), "two");
}

#[test]
fn the_last_reaction_of_an_author_counts() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    let on = cast.reacts(CAROL, id, "🎉", true);
    let off = cast.reacts(CAROL, id, "🎉", false);
    let other = cast.reacts(DAVE, id, "🎉", true);
    scratch.accept(vec![off.clone(), other, on, post], None).unwrap();
    assert_eq!(reactions(&scratch, id), [("🎉".to_owned(), cast.id(DAVE))]);
    // Taking back the removal brings the reaction again.
    let back = cast.retracts(CAROL, off.operation.id());
    assert_eq!(take(&scratch, back).changed, [id]);
    assert_eq!(reactions(&scratch, id).len(), 2);
}

#[test]
fn only_the_author_and_hosts_take_back_and_the_payload_goes() {
    let (mut cast, scratch) = party();
    let (bobs, carols) = (cast.posts(BOB, 1), cast.posts(CAROL, 2));
    let (bobs_id, carols_id) = (bobs.operation.id(), carols.operation.id());
    scratch.accept(vec![bobs.clone(), carols], None).unwrap();
    assert_eq!(take(&scratch, cast.retracts(DAVE, bobs_id)).removed, []);
    assert_eq!(take(&scratch, cast.retracts(BOB, bobs_id)).removed, [bobs_id]);
    assert_eq!(take(&scratch, cast.retracts(ALICE, carols_id)).removed, [carols_id]);
    assert_eq!(timeline(&scratch), []);
    let stored = scratch.operations(&[bobs_id]).unwrap();
    assert_eq!(stored[0].payload(), None, "the header stays, the payload is gone");
    assert_eq!(scratch.operation_state(bobs_id).unwrap(), Some(OperationState::Retracted));
    assert!(take(&scratch, bobs).is_empty(), "it does not come back");
    assert!(scratch.contains(&[bobs_id]).unwrap()[0]);
}

#[test]
fn a_retraction_before_its_target_keeps_the_payload_out() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    take(&scratch, cast.retracts(BOB, id));
    let changes = take(&scratch, post);
    assert_eq!((changes.new.len(), changes.added.len()), (1, 0));
    assert_eq!(scratch.operations(&[id]).unwrap()[0].payload(), None);
}

#[test]
fn control_operations_cannot_be_taken_back() {
    let (mut cast, scratch) = party();
    let profile = cast.says(BOB, Body::Profile(glow_model::Profile { name: "Bob".into(), colour: 1 }));
    let id = profile.operation.id();
    take(&scratch, profile);
    take(&scratch, cast.retracts(BOB, id));
    assert_eq!(scratch.operation_state(id).unwrap(), Some(OperationState::Whole));
}

#[test]
fn the_same_capture_twice_is_one_moment() {
    let (mut cast, scratch) = party();
    let posts = [cast.posts(BOB, 1), cast.posts(CAROL, 1)];
    let mut ids = posts.clone().map(|post| post.operation.id());
    ids.sort();
    let [shown, hidden] = ids;
    let cheer = cast.reacts(DAVE, hidden, "🎉", true);
    scratch.accept(posts.into(), None).unwrap();
    take(&scratch, cheer);
    assert_eq!(timeline(&scratch), [shown]);
    assert_eq!(scratch.moment_by_media(glow_model::MediaId([1; 32])).unwrap(), Some(shown));
    assert_eq!(scratch.moment(hidden).unwrap().unwrap().id, shown, "asked for, the shown one answers");
    assert_eq!(reactions(&scratch, shown), [("🎉".to_owned(), cast.id(DAVE))], "reactions to either count");
    assert_eq!(scratch.summary(&crate::WantFilter::default()).unwrap().moment_count, 1);

    let changes = take(&scratch, cast.retracts(ALICE, shown));
    assert_eq!((changes.removed, changes.added), (vec![shown], vec![hidden]));
    assert_eq!(reactions(&scratch, hidden).len(), 1);
}

#[test]
fn moments_of_one_capture_share_the_caption() {
    let (mut cast, scratch) = party();
    let posts = [cast.posts(BOB, 1), cast.posts(CAROL, 1)];
    let ids = posts.clone().map(|post| post.operation.id());
    let shown = ids[0].min(ids[1]);
    scratch.accept(posts.into(), None).unwrap();
    let bobs = cast.captions(BOB, ids[0], None, "Bob's");
    let bobs_id = bobs.operation.id();
    take(&scratch, bobs);
    assert_eq!(caption(&scratch, shown), "Bob's", "wherever it was said");
    take(&scratch, cast.captions(CAROL, ids[1], Some(bobs_id), "Carol's"));
    assert_eq!(caption(&scratch, shown), "Carol's");
}

#[test]
fn an_original_comes_later_from_the_author_once() {
    let (mut cast, scratch) = party();
    let post = cast.says(BOB, Body::Moment(cast::previews_only(1)));
    let id = post.operation.id();
    let foreign = cast.adds_original(CAROL, id, 60);
    scratch.accept(vec![foreign, post], None).unwrap();
    assert_eq!(scratch.moment(id).unwrap().unwrap().original, None);
    let added = cast.adds_original(BOB, id, 70);
    let added_id = added.operation.id();
    let again = cast.adds_original(BOB, id, 80);
    scratch.accept(vec![again, added], None).unwrap();
    let segments = |part| scratch.segments(id, part).unwrap();
    assert_eq!(segments(crate::Part::Original)[0], cast::blob(70, 1_000_000), "the first in the log");
    take(&scratch, cast.retracts(BOB, added_id));
    assert_eq!(segments(crate::Part::Original)[0], cast::blob(80, 1_000_000));
}

#[test]
fn a_new_host_makes_what_it_said_count() {
    let (mut cast, scratch) = party();
    let (first, second) = (cast.posts(BOB, 1), cast.posts(BOB, 2));
    let (first_id, second_id) = (first.operation.id(), second.operation.id());
    let taken = cast.retracts(CAROL, first_id);
    let said = cast.captions(CAROL, second_id, None, "by Carol");
    scratch.accept(vec![first.clone(), second, taken, said], None).unwrap();
    assert_eq!(timeline(&scratch).len(), 2);

    let changes = scratch.accept(Vec::new(), Some(cast.members(&[ALICE, CAROL]))).unwrap();
    assert_eq!((changes.removed, changes.changed), (vec![first_id], vec![second_id]));
    assert!(changes.members);
    assert_eq!(caption(&scratch, second_id), "by Carol");

    scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
    assert_eq!(caption(&scratch, second_id), "");
    assert_eq!(scratch.contains(&[first_id]).unwrap(), [false], "its payload is to be fetched again");
    assert_eq!(take(&scratch, first).added, [first_id]);
}

#[test]
fn a_stripped_operation_does_not_count_as_held() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    let stripped = Incoming { operation: post.operation.clone().without_payload(), body: None, ..post.clone() };
    assert_eq!(take(&scratch, stripped).new, []);
    assert_eq!(scratch.contains(&[id]).unwrap(), [false]);
    assert_eq!(scratch.operations(&[id]).unwrap(), []);
    assert_eq!(scratch.reconcile_items(glow_model::Plane::Content).unwrap(), []);
    let changes = take(&scratch, post);
    assert_eq!((changes.new, changes.added), (vec![id], vec![id]));
}

#[test]
fn an_unknown_body_is_kept_and_passed_on() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let (id, operation) = (post.operation.id(), post.operation.clone());
    let unknown = Incoming { body: Some(Body::Unknown(900, vec![0xa0])), ..post.clone() };
    assert_eq!(take(&scratch, unknown).new, [id]);
    assert_eq!(scratch.operations(&[id]).unwrap(), std::slice::from_ref(&operation));
    assert_eq!(scratch.encoded_operations(&[id]).unwrap(), [operation.encode()]);
    assert_eq!(scratch.unopened(10).unwrap(), [], "opened, though not understood");
    assert_eq!(timeline(&scratch), []);
}

#[test]
fn an_operation_can_be_opened_later() {
    let (mut cast, scratch) = party();
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    let sealed = Incoming { body: None, ..post.clone() };
    assert_eq!(take(&scratch, sealed).new, [id]);
    assert_eq!(scratch.unopened(10).unwrap(), std::slice::from_ref(&post.operation));
    let changes = take(&scratch, post);
    assert_eq!((changes.new, changes.added), (vec![], vec![id]));
    assert_eq!(scratch.unopened(10).unwrap(), []);
}

#[test]
fn gaps_and_second_histories_are_known() {
    let (mut cast, scratch) = party();
    let log: Vec<_> = (0..4).map(|media| cast.posts(BOB, media)).collect();
    let fork = cast.forks(BOB, Body::Moment(cast::moment(9)));
    take(&scratch, log[0].clone());
    take(&scratch, log[3].clone());
    let gap = crate::Gap { author: cast.id(BOB), highest: 3, missing: 2 };
    assert_eq!(scratch.gaps().unwrap(), [gap]);
    assert_eq!(scratch.forks().unwrap(), []);
    let head = scratch.head(cast.id(BOB)).unwrap();
    assert_eq!(head, Some((3, log[3].operation.id())));
    scratch.accept([&log[1..3], &[fork]].concat(), None).unwrap();
    assert_eq!(scratch.gaps().unwrap(), []);
    assert_eq!(scratch.forks().unwrap(), [crate::Fork { author: cast.id(BOB), seq: 3 }]);
    assert_eq!(timeline(&scratch).len(), 5, "both are kept");
}

#[test]
fn own_operations_wait_in_the_outbox() {
    let (mut cast, scratch) = party();
    let (own, theirs) = (cast.posts(ALICE, 1), cast.posts(BOB, 2));
    let own_id = own.operation.id();
    let later = cast.reacts(ALICE, own_id, "🎉", true);
    let later_id = later.operation.id();
    scratch.accept(vec![later, theirs, own.clone()], None).unwrap();
    assert_eq!(scratch.outbox().unwrap(), [own_id, later_id], "in the order of authoring");
    scratch.outbox_done(&[own_id]).unwrap();
    take(&scratch, own);
    assert_eq!(scratch.outbox().unwrap(), [later_id], "announced once");
}

#[test]
fn control_operations_come_in_the_order_of_their_logs() {
    let (mut cast, scratch) = party();
    let names: Vec<_> = (0..3)
        .map(|n| cast.says(BOB, Body::Profile(glow_model::Profile { name: format!("Bob {n}"), colour: 0 })))
        .collect();
    let post = cast.posts(BOB, 1);
    let ids: Vec<_> = names.iter().map(|name| name.operation.id()).collect();
    scratch.accept(names.into_iter().rev().chain([post]).collect(), None).unwrap();
    let stored: Vec<_> = scratch.control_operations().unwrap().iter().map(|o| o.id()).collect();
    assert_eq!(stored, ids);
    assert_eq!(scratch.reconcile_items(glow_model::Plane::Control).unwrap().len(), 3);
}
