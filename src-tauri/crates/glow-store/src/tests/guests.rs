//! What guests post: once, whichever door it came through, and only while it may be seen.

use glow_model::{GuestPostId, OperationId, Reaction, What};

use super::{
    Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast, DAVE, guest},
};
use crate::{Incoming, MomentRow, TimelineQuery};

fn play() -> (Cast, Scratch) {
    let (cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
    (cast, scratch)
}

fn timeline(scratch: &Scratch) -> Vec<MomentRow> {
    scratch.timeline(&TimelineQuery { limit: 100, ..TimelineQuery::default() }).unwrap()
}

fn file(cast: &mut Cast, door: usize, post: u8, media: u8, kind: (bool, bool)) -> Incoming {
    cast.says(door, glow_model::Body::GuestPost(cast::guest_file(0, post, media, kind)))
}

const PREVIEWS: (bool, bool) = (false, false);
const WHOLE: (bool, bool) = (true, false);
const REVIEWED: (bool, bool) = (true, true);

#[test]
fn a_file_that_comes_through_two_doors_stands_once() {
    let (mut cast, scratch) = play();
    let early = file(&mut cast, BOB, 1, 4, PREVIEWS);
    let first = scratch.accept(vec![early.clone()], None).unwrap();
    assert_eq!(first.added, [early.operation.id()]);
    let there = [file(&mut cast, CAROL, 1, 4, WHOLE), file(&mut cast, DAVE, 1, 4, WHOLE)];
    let ids: Vec<OperationId> = there.iter().map(|incoming| incoming.operation.id()).collect();
    let changes = scratch.accept(there.to_vec(), None).unwrap();
    let [shown] = timeline(&scratch).try_into().unwrap();
    assert_eq!(shown.id, *ids.iter().min().unwrap(), "the original goes before the previews, then the lowest id");
    assert_eq!((changes.added, changes.removed), (vec![shown.id], vec![early.operation.id()]));
    assert_eq!(scratch.moment(early.operation.id()).unwrap().unwrap().id, shown.id, "the old id leads to the new one");
    assert_eq!(shown.person, guest(0).person());
    assert_eq!(shown.caption, "by guest 0");
    let by_guest = TimelineQuery { limit: 9, author: Some(guest(0).person()), ..TimelineQuery::default() };
    assert_eq!(scratch.timeline(&by_guest).unwrap().len(), 1);
    assert_eq!(scratch.timeline_count(&by_guest).unwrap(), 1);
    let found = TimelineQuery { limit: 9, text: Some("guest 0".into()), ..TimelineQuery::default() };
    assert_eq!(scratch.timeline(&found).unwrap().len(), 1, "found by the guest's name");
}

#[test]
fn a_guests_photo_that_a_member_has_posted_too_is_one_moment() {
    let (mut cast, scratch) = play();
    let early = file(&mut cast, BOB, 1, 4, PREVIEWS);
    let cheer = cast.reacts(DAVE, early.operation.id(), "🎉", true);
    let own = cast.posts(ALICE, 4);
    let whole = file(&mut cast, BOB, 1, 4, WHOLE);
    scratch.accept(vec![early.clone(), cheer, own], None).unwrap();
    assert_eq!(timeline(&scratch).len(), 2, "nobody can know yet");
    scratch.set_favourite(&[early.operation.id()], true).unwrap();
    scratch.accept(vec![whole], None).unwrap();
    let [shown] = timeline(&scratch).try_into().unwrap();
    assert!(shown.favourite, "a favourite stays one");
    assert_eq!(scratch.reactions(&[shown.id]).unwrap().len(), 1, "its reactions came along");
}

#[test]
fn a_retraction_of_its_guest_hides_a_post_and_asks_the_door_to_erase_it() {
    let (mut cast, scratch) = play();
    let photo = file(&mut cast, BOB, 1, 4, WHOLE);
    let gone = cast::guest_says(0, 2, 9, What::Retraction(GuestPostId([1; 16])));
    let others = cast::guest_says(1, 2, 9, What::Retraction(GuestPostId([1; 16])));
    let others = cast.says(CAROL, glow_model::Body::GuestPost(others));
    scratch.accept(vec![photo.clone(), others], None).unwrap();
    assert_eq!(timeline(&scratch).len(), 1, "another guest cannot");
    let gone = cast.says(CAROL, glow_model::Body::GuestPost(gone));
    let changes = scratch.accept(vec![gone], None).unwrap();
    assert_eq!(changes.removed, [photo.operation.id()]);
    assert_eq!(scratch.guest_takebacks(cast.id(BOB)).unwrap(), [photo.operation.id()]);
    let erased = cast.retracts(BOB, photo.operation.id());
    scratch.accept(vec![erased], None).unwrap();
    assert!(scratch.guest_takebacks(cast.id(BOB)).unwrap().is_empty());
    assert!(timeline(&scratch).is_empty());
}

#[test]
fn what_is_to_be_looked_at_waits_for_a_host_or_its_door() {
    let (mut cast, scratch) = play();
    let photo = file(&mut cast, BOB, 1, 4, REVIEWED);
    scratch.accept(vec![photo.clone()], None).unwrap();
    assert!(timeline(&scratch).is_empty());
    let [waiting] = scratch.guest_posts_waiting(10).unwrap().try_into().unwrap();
    assert_eq!((waiting.moment, waiting.held_back), (photo.operation.id(), false));
    let judge = |cast: &mut Cast, who, positive, turn| {
        cast.says(who, glow_model::Body::GuestVerdict(cast::judged(0, Some(1), positive, turn)))
    };
    let stranger = judge(&mut cast, CAROL, true, 1);
    scratch.accept(vec![stranger], None).unwrap();
    assert!(timeline(&scratch).is_empty(), "carol is neither a host nor the door");
    let door = judge(&mut cast, BOB, true, 1);
    assert_eq!(scratch.accept(vec![door], None).unwrap().added, [photo.operation.id()]);
    let host = judge(&mut cast, ALICE, false, 0);
    scratch.accept(vec![host], None).unwrap();
    assert!(timeline(&scratch).is_empty(), "a host's word goes before the door's");
    assert!(scratch.guest_posts_waiting(10).unwrap()[0].held_back);
    let later = judge(&mut cast, ALICE, true, 1);
    scratch.accept(vec![later], None).unwrap();
    assert_eq!(timeline(&scratch).len(), 1, "the later turn counts");
}

#[test]
fn nothing_of_a_blocked_guest_is_seen() {
    let (mut cast, scratch) = play();
    let photo = file(&mut cast, BOB, 1, 4, WHOLE);
    let other = cast.posts(DAVE, 2);
    let cheer = What::Reaction(Reaction { moment: other.operation.id(), emoji: "🎉".into(), on: true });
    let cheer = cast.says(CAROL, glow_model::Body::GuestPost(cast::guest_says(0, 3, 5, cheer)));
    scratch.accept(vec![photo, other.clone(), cheer], None).unwrap();
    assert_eq!(scratch.reactions(&[other.operation.id()]).unwrap()[0].author, guest(0).person());
    let at_the_door = cast.says(BOB, glow_model::Body::GuestVerdict(cast::judged(0, None, false, 0)));
    scratch.accept(vec![at_the_door], None).unwrap();
    assert_eq!(timeline(&scratch).len(), 1, "bob's door, bob's decision");
    assert_eq!(scratch.reactions(&[other.operation.id()]).unwrap().len(), 1, "it came through carol's");
    assert!(scratch.is_blocked(guest(0), cast.id(BOB)).unwrap());
    assert!(!scratch.is_blocked(guest(0), cast.id(CAROL)).unwrap());
    let by_host = cast.says(ALICE, glow_model::Body::GuestVerdict(cast::judged(0, None, false, 1)));
    scratch.accept(vec![by_host], None).unwrap();
    assert!(scratch.reactions(&[other.operation.id()]).unwrap().is_empty());
    assert!(scratch.is_blocked(guest(0), cast.id(CAROL)).unwrap());
    let back = cast.says(ALICE, glow_model::Body::GuestVerdict(cast::judged(0, None, true, 2)));
    scratch.accept(vec![back], None).unwrap();
    assert_eq!(timeline(&scratch).len(), 2);
}

#[test]
fn the_last_reaction_by_the_guests_clock_counts() {
    let (mut cast, scratch) = play();
    let photo = cast.posts(DAVE, 2);
    let id = photo.operation.id();
    let mut says = |door, post, time_ms, on| {
        let reaction = What::Reaction(Reaction { moment: id, emoji: "🎉".into(), on });
        cast.says(door, glow_model::Body::GuestPost(cast::guest_says(0, post, time_ms, reaction)))
    };
    let history = vec![says(BOB, 1, 10, true), says(CAROL, 2, 30, false), says(BOB, 3, 20, true), photo];
    scratch.accept(history, None).unwrap();
    assert!(scratch.reactions(&[id]).unwrap().is_empty(), "it was taken away last");
}

#[test]
fn what_a_guest_used_of_a_door_is_counted_once_a_file() {
    let (mut cast, scratch) = play();
    let history = vec![
        file(&mut cast, BOB, 1, 4, PREVIEWS),
        file(&mut cast, BOB, 1, 4, WHOLE),
        file(&mut cast, BOB, 2, 3, WHOLE),
        file(&mut cast, CAROL, 3, 2, WHOLE),
    ];
    scratch.accept(history, None).unwrap();
    assert_eq!(scratch.guest_usage(guest(0), cast.id(BOB)).unwrap(), (2, 2_000_000, 2_000_000));
    assert_eq!(scratch.guest_usage(guest(1), cast.id(BOB)).unwrap(), (0, 0, 2_000_000));
}
