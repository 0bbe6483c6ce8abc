//! Members that go, stall and lie.

use super::*;

#[test]
fn a_request_for_many_that_breaks_is_one_stall() {
    let mut picker = picker([1, 2]);
    (1..=60).for_each(|n| picker.want(Want { size: 10_000, ..want(n, Tier::Grid, 1, 1) }, 0));
    let asked = asks(picker.assign(LATER));
    for ask in asked.iter().filter(|ask| ask.peer == peer(1)) {
        picker.ended(ask.ticket, Ended::Broken, LATER);
    }
    assert!(picker.links[&peer(1)].is_fit(LATER), "it is asked again");
    let again = asks(picker.assign(LATER + BROKEN_MS));
    let again = again.into_iter().find(|ask| ask.peer == peer(1)).unwrap();
    picker.ended(again.ticket, Ended::Broken, LATER + BROKEN_MS);
    assert!(!picker.links[&peer(1)].is_fit(LATER + BROKEN_MS), "and not for ever");
}

#[test]
fn what_a_member_was_asked_for_is_free_when_it_leaves() {
    let mut picker = picker([1]);
    picker.want(want(1, Tier::Grid, 1, 2), 0);
    assert_eq!(asks(picker.assign(LATER)).len(), 1);
    picker.left(peer(1));
    picker.joined(peer(2), LATER);
    assert_eq!(asks(picker.assign(LATER))[0].peer, peer(2));
}

#[test]
fn a_liar_is_not_asked_for_that_blob_for_a_minute_and_after_two_lies_for_nothing() {
    let mut picker = picker([1]);
    picker.want(want(1, Tier::Grid, 2, 1), 0);
    picker.want(want(2, Tier::Grid, 1, 1), 0);
    picker.want(want(3, Tier::Grid, 0, 1), 0);
    let first = asks(picker.assign(LATER));
    picker.ended(first[0].ticket, Ended::Lied, LATER);
    assert_eq!(asks(picker.assign(LATER)), [], "the others are on their way");
    picker.ended(first[1].ticket, Ended::Lied, LATER);
    picker.ended(first[2].ticket, Ended::NotHere, LATER);
    picker.holds(peer(1), blob(1), LATER);
    assert!(picker.avoid.contains_key(&(blob(1), peer(1))), "its word that it has it counts for nothing");
    picker.joined(peer(2), LATER);
    assert_eq!(asks(picker.assign(LATER))[0].peer, peer(2));
    picker.left(peer(2));
    assert_eq!(asks(picker.assign(LATER + 599_999)), []);
    assert_eq!(asks(picker.assign(LATER + 600_000))[0].peer, peer(1), "its disk may have been wrong, and mended");
}

#[test]
fn whoever_lied_once_is_asked_for_that_blob_again_after_a_minute() {
    let mut picker = picker([1]);
    picker.want(want(1, Tier::Grid, 2, 1), 0);
    let lie = asks(picker.assign(LATER)).remove(0);
    picker.ended(lie.ticket, Ended::Lied, LATER);
    picker.holds(peer(1), blob(1), LATER + 1_000);
    assert_eq!(asks(picker.assign(LATER + 59_999)), [], "its word that it has it counts for nothing");
    assert_eq!(asks(picker.assign(LATER + 60_000))[0].peer, peer(1));
}

#[test]
fn a_liar_that_comes_again_is_still_one() {
    let mut picker = picker([1]);
    picker.want(want(1, Tier::Grid, 2, 1), 0);
    picker.want(want(2, Tier::Grid, 1, 1), 0);
    let asked = asks(picker.assign(LATER));
    picker.ended(asked[0].ticket, Ended::Lied, LATER);
    picker.left(peer(1));
    picker.joined(peer(1), LATER + 1_000);
    let again = asks(picker.assign(LATER + 1_000));
    assert_eq!(again.iter().map(|ask| ask.blob).collect::<Vec<_>>(), [blob(2)], "not for what it lied of");
    picker.ended(again[0].ticket, Ended::Lied, LATER + 2_000);
    picker.left(peer(1));
    picker.joined(peer(1), LATER + 3_000);
    assert_eq!(asks(picker.assign(LATER + 500_000)), [], "two lies are two");
}

#[test]
fn a_member_that_crawls_is_left_for_a_faster_one_within_ten_seconds() {
    let mut picker = picker([1, 2]);
    for n in 1..=40 {
        picker.want(Want { size: 10_000, ..want(n, Tier::Grid, 1, 1) }, 0);
        [1, 2].into_iter().for_each(|of| picker.holds(peer(of), blob(n), 0));
    }
    let asked = asks(picker.assign(LATER));
    let (crawls, fast): (Vec<_>, Vec<_>) = asked.into_iter().partition(|ask| ask.peer == peer(1));
    assert!(crawls.len() > 5 && fast.len() > 5, "both are asked");
    for ask in &fast {
        picker.arrived(Some(ask.ticket), ask.blob, 0, LATER + 100);
        picker.ended(ask.ticket, Ended::Complete, LATER + 100);
        picker.drop_want(ask.blob);
    }
    let mut now_ms = LATER;
    let mut again = Vec::new();
    for ask in &crawls {
        now_ms += 2_400;
        again = asks(picker.assign(now_ms));
        if !again.is_empty() {
            break;
        }
        picker.arrived(Some(ask.ticket), ask.blob, 0, now_ms);
        picker.drop_want(ask.blob);
    }
    assert!(now_ms <= LATER + 10_000, "at {now_ms}");
    assert!(again.iter().all(|ask| ask.peer == peer(2)) && again.len() == crawls.len() - 3, "{again:?}");
}

#[test]
fn whoever_alone_has_something_may_crawl() {
    let mut picker = picker([1]);
    (1..=40).for_each(|n| picker.want(Want { size: 10_000, ..want(n, Tier::Grid, 1, 1) }, 0));
    let asked = asks(picker.assign(LATER));
    for (ask, now_ms) in asked.iter().zip((LATER..).step_by(2_400)) {
        assert_eq!(cancels(&picker.assign(now_ms)), []);
        picker.arrived(Some(ask.ticket), ask.blob, 0, now_ms);
    }
}

#[test]
fn a_request_that_stalls_is_asked_of_another_within_ten_seconds() {
    let mut picker = picker([1, 2]);
    picker.want(want(1, Tier::Grid, 1, 1), 0);
    let hung = asks(picker.assign(LATER)).remove(0);
    let wake_ms = picker.next_wake_ms(LATER).unwrap();
    assert!(wake_ms <= LATER + 10_000);
    let actions = picker.assign(wake_ms);
    assert_eq!(cancels(&actions), [hung.ticket]);
    let again = asks(actions);
    assert!(again[0].peer != hung.peer && again[0].blob == hung.blob);
}

#[test]
fn a_slow_source_of_many_screen_previews_is_not_taken_for_one_that_hangs() {
    let mut picker = picker([1]);
    (1..=6).for_each(|n| picker.want(want(n, Tier::Screen, 1, 1), 0));
    let mut now_ms = LATER;
    while !picker.is_empty() {
        let asked = asks(picker.assign(now_ms));
        assert!(asked.len() <= 2, "so many that each comes late");
        now_ms += 6_000;
        assert_eq!(cancels(&picker.assign(now_ms)), []);
        let next = picker.flights.iter().next().map(|(ticket, flight)| (*ticket, flight.blob)).unwrap();
        picker.arrived(Some(next.0), next.1, 0, now_ms);
        picker.ended(next.0, Ended::Complete, now_ms);
        picker.drop_want(next.1);
    }
}

#[test]
fn a_member_that_stalls_again_and_again_is_left_alone() {
    let mut picker = picker([1]);
    (1..=8).for_each(|n| picker.want(want(n, Tier::Grid, 1, 1), 0));
    assert_eq!(asks(picker.assign(LATER)).len(), 8);
    assert_eq!(cancels(&picker.assign(LATER + 10_000)).len(), 8);
    assert_eq!(asks(picker.assign(LATER + 12_000)).len(), 8, "they were one request");
    assert_eq!(cancels(&picker.assign(LATER + 16_000)).len(), 8);
    assert_eq!(asks(picker.assign(LATER + 18_000)), [], "it is suspended");
    assert!(!asks(picker.assign(LATER + 60_000)).is_empty(), "and tried again later");
}
