mod faults;
mod group;
mod lan;

use group::{Group, blob, peer};
use lan::Lan;
use proptest::prelude::*;

use super::*;

fn want(n: u8, tier: Tier, sort_ms: u64, pieces: u32) -> Want {
    Want {
        blob: blob(n),
        size: u64::from(pieces) * PIECE_BYTES,
        tier,
        sort_ms,
        missing: group::first(pieces),
        author: None,
    }
}

/// A picker that has known these members for long.
fn picker(members: impl IntoIterator<Item = u8>) -> Picker {
    let mut picker = Picker::new(peer(0), 7);
    for n in members {
        picker.joined(peer(n), 0);
        picker.measured(peer(n), 2_000);
    }
    picker
}

fn in_network() -> Place {
    Place { is_in_network: true, ..Place::default() }
}

fn asks(actions: Vec<Action>) -> Vec<Assignment> {
    actions
        .into_iter()
        .filter_map(|action| match action {
            Action::Ask(assignment) => Some(assignment),
            Action::Cancel(_) => None,
        })
        .collect()
}

fn cancels(actions: &[Action]) -> Vec<u64> {
    let cancelled = actions.iter().filter_map(|action| match action {
        Action::Ask(_) => None,
        Action::Cancel(ticket) => Some(*ticket),
    });
    cancelled.collect()
}

/// A time at which nothing waits for a neighbour any more.
const LATER: u64 = 60_000;

#[test]
fn previews_come_before_originals_and_newer_before_older() {
    let mut picker = picker([1]);
    picker.want(want(1, Tier::Original, 9, 3), 0);
    picker.want(want(2, Tier::Grid, 1, 1), 0);
    picker.want(want(3, Tier::Grid, 5, 1), 0);
    picker.want(want(4, Tier::Screen, 5, 1), 0);
    let mut rounds = Vec::new();
    while !picker.is_empty() {
        let asked = asks(picker.assign(LATER));
        rounds.push(asked.iter().map(|assignment| assignment.blob).collect::<Vec<_>>());
        for assignment in asked {
            picker.ended(assignment.ticket, Ended::Complete, LATER);
            picker.drop_want(assignment.blob);
        }
    }
    assert_eq!(
        rounds,
        [[blob(3), blob(2)], [blob(4), blob(1)]],
        "what is tiny comes alone, what is small beside a few originals"
    );
}

#[test]
fn what_is_played_comes_in_order_from_where_it_is_played() {
    let mut picker = picker([1]);
    picker.want(want(1, Tier::Screen, 9, 1), 0);
    picker.want(want(2, Tier::Original, 1, 8), 0);
    picker.want(want(3, Tier::Original, 1, 8), 0);
    picker.play(&[blob(3), blob(2)], 5);
    let first = asks(picker.assign(LATER));
    let played: Vec<_> = first.iter().map(|assignment| (assignment.blob, assignment.pieces.clone())).collect();
    assert_eq!(played, [(blob(3), vec![5, 6]), (blob(2), vec![0, 1])], "the screen preview waits meanwhile");
    picker.play(&[], 0);
    assert!(picker.wants.bulk().count() == 2, "both are originals again");
}

#[test]
fn a_grid_preview_is_awaited_from_its_author_and_asked_for_when_it_does_not_come() {
    let mut picker = picker([1, 2]);
    picker.want(Want { author: Some(peer(1)), ..want(1, Tier::Grid, 1, 1) }, 1_000);
    assert_eq!(asks(picker.assign(1_000)), []);
    let wake_ms = picker.next_wake_ms(1_000).unwrap();
    assert_eq!(asks(picker.assign(wake_ms))[0].peer, peer(1), "the author has it for certain");
}

#[test]
fn nothing_but_grid_previews_is_asked_for_while_a_neighbour_wants_quiet() {
    let mut picker = picker([1, 2]);
    picker.want(want(1, Tier::Original, 1, 3), 0);
    picker.want(want(2, Tier::Screen, 1, 1), 0);
    picker.want(want(3, Tier::Grid, 1, 1), 0);
    picker.hush(peer(2), 500, LATER);
    let asked = asks(picker.assign(LATER));
    assert_eq!(asked.iter().map(|assignment| assignment.blob).collect::<Vec<_>>(), [blob(3)]);
    assert!(picker.next_wake_ms(LATER).is_some_and(|at_ms| at_ms <= LATER + 500));
    assert_eq!(asks(picker.assign(LATER + 500))[0].blob, blob(2));
}

#[test]
fn few_originals_are_on_their_way_while_photos_come_one_after_another() {
    let room_after = |photos_ms: &[u64]| {
        let mut picker = picker([1]);
        picker.room = 20;
        photos_ms.iter().for_each(|at_ms| picker.hush(peer(1), 0, *at_ms));
        picker.bulk_room(*photos_ms.last().unwrap_or(&0))
    };
    assert_eq!(room_after(&[]), 20);
    assert_eq!(room_after(&[LATER, LATER + 500, LATER + 1_500]), 20, "they were added together");
    assert_eq!(room_after(&[LATER, LATER + 1_000, LATER + 2_000]), 3);
    assert_eq!(room_after(&[LATER, LATER + 1_000, LATER + 9_000]), 20, "a pause");
}

#[test]
fn nobody_is_asked_for_more_than_the_window() {
    let mut picker = picker([1]);
    (1..=100).for_each(|n| picker.want(want(n, Tier::Grid, 1, 1), 0));
    let asked = asks(picker.assign(LATER));
    let many = u64::try_from(asked.len()).unwrap() * PIECE_BYTES;
    assert_eq!(asked.len(), link::IN_FLIGHT, "these are as large as can be: {many} bytes are enough");
    assert_eq!(asks(picker.assign(LATER)), []);
}

#[test]
fn small_previews_are_asked_for_many_together() {
    let mut picker = picker([1]);
    (1..=200).for_each(|n| picker.want(Want { size: 10_000, ..want(n, Tier::Grid, 1, 1) }, 0));
    let first = asks(picker.assign(LATER));
    assert_eq!(first.len(), link::GRIDS_IN_FLIGHT);
    let come = |picker: &mut Picker, some: &[Assignment]| {
        for ask in some {
            picker.arrived(Some(ask.ticket), ask.blob, 0, LATER);
            picker.ended(ask.ticket, Ended::Complete, LATER);
            picker.drop_want(ask.blob);
        }
        asks(picker.assign(LATER)).len()
    };
    assert_eq!(come(&mut picker, &first[..31]), 0, "not one by one as they come");
    assert_eq!(come(&mut picker, &first[31..32]), 32);
}

#[test]
fn a_preview_is_asked_of_who_has_it_however_many_originals_come_from_there() {
    let mut picker = picker([1, 2]);
    picker.want(want(1, Tier::Original, 1, 32), 0);
    picker.holds(peer(1), blob(1), 0);
    let first = asks(picker.assign(LATER)).remove(0);
    picker.arrived(Some(first.ticket), blob(1), first.pieces[0], LATER + 1);
    picker.ended(first.ticket, Ended::Complete, LATER + 1);
    assert!(asks(picker.assign(LATER + 1)).len() > link::in_flight(Tier::Screen), "its link is quick");
    (2..=9).for_each(|n| {
        picker.want(want(n, Tier::Screen, 1, 1), LATER + 1);
        picker.holds(peer(1), blob(n), LATER + 1);
    });
    let previews = asks(picker.assign(LATER + 1));
    let from_there = previews.iter().filter(|ask| ask.peer == peer(1) && ask.tier == Tier::Screen);
    assert_eq!(from_there.count(), link::in_flight(Tier::Screen), "{previews:?}");
}

#[test]
fn of_those_that_are_near_the_fastest_is_asked_first() {
    let mut picker = picker([1, 2, 3]);
    for (n, goodput_bps) in [(1, 2_000_000), (2, 9_000_000), (3, 4_000_000)] {
        picker.located(peer(n), in_network(), Some(goodput_bps));
    }
    picker.want(want(1, Tier::Grid, 1, 1), 0);
    (1..=3).for_each(|n| picker.holds(peer(n), blob(1), LATER));
    assert_eq!(asks(picker.assign(LATER))[0].peer, peer(2));
    picker.located(peer(2), in_network(), None);
    assert_eq!(picker.links[&peer(2)].rate_bps(), 9_000_000, "what was measured counts until something else is");
}

#[test]
fn whoever_is_in_another_network_is_far_however_short_the_way() {
    let mut picker = picker([1, 2]);
    assert!(picker.is_near(peer(1)) && picker.is_near(peer(2)), "nothing is known of networks");
    picker.located(peer(1), in_network(), None);
    assert!(picker.is_near(peer(1)) && !picker.is_near(peer(2)));
    picker.want(want(1, Tier::Screen, 1, 1), 0);
    (1..=2).for_each(|n| picker.holds(peer(n), blob(1), LATER));
    assert_eq!(asks(picker.assign(LATER))[0].peer, peer(1));
    picker.left(peer(1));
    assert!(picker.is_near(peer(2)), "of those that are left it is as near as any");
}

#[test]
fn originals_do_not_hide_that_few_previews_are_left() {
    let mut picker = picker([1]);
    for n in 1..=3 {
        picker.want(want(n, Tier::Grid, 1, 1), 0);
    }
    for n in 4..=9 {
        picker.want(want(n, Tier::Original, 1, 1), 0);
    }
    assert!(picker.has_many(3, Tier::Grid) && !picker.has_many(4, Tier::Grid) && !picker.has_many(4, Tier::Manifest));
    assert!(picker.has_many(9, Tier::Original) && !picker.has_many(10, Tier::Original));
}

#[test]
fn in_the_end_game_a_late_piece_is_asked_of_a_second_and_the_first_is_cancelled() {
    let mut picker = picker([1, 2]);
    picker.want(want(1, Tier::Original, 1, 1), 0);
    (1..=2).for_each(|n| picker.holds(peer(n), blob(1), 0));
    let first = asks(picker.assign(1_000)).remove(0);
    assert_eq!(asks(picker.assign(1_100)), []);
    let second = asks(picker.assign(4_500)).remove(0);
    assert!(second.peer != first.peer && second.pieces == first.pieces);
    picker.arrived(Some(second.ticket), blob(1), 0, 4_600);
    assert_eq!(cancels(&picker.assign(4_600)), [first.ticket]);
}

#[test]
fn a_partial_holder_is_asked_for_what_it_has() {
    let mut picker = picker([1, 2]);
    picker.want(want(1, Tier::Original, 1, 4), 0);
    picker.holds_pieces(peer(1), blob(1), 0b0100, 100);
    picker.holds_pieces(peer(2), blob(1), 0b0100, 100);
    let asked = asks(picker.assign(200));
    assert_eq!(asked.iter().map(|assignment| assignment.pieces.clone()).collect::<Vec<_>>(), [vec![2]]);
}

#[test]
fn the_rarest_piece_is_asked_for_first() {
    let mut picker = picker(1..=6);
    picker.want(want(1, Tier::Original, 1, 12), 0);
    (1..=6).for_each(|n| picker.holds_pieces(peer(n), blob(1), 0b1111_1101_1111, 0));
    (1..=3).for_each(|n| picker.holds_pieces(peer(n), blob(1), 0b10_0000, 0));
    assert_eq!(asks(picker.assign(10))[0].pieces, [5]);
}

#[test]
fn a_source_sends_about_one_copy_to_a_group_on_separate_lines() {
    let group = Group::with_lines(9, 105).post(0, 80).run();
    assert!(group.all_complete(), "after {} ms", group.now_ms);
    let (bound_ms, sent) = (80 * 105, group.sent_by(0));
    assert!(sent <= 104, "1.3 copies of 80 pieces, but {sent}");
    assert!(group.now_ms <= bound_ms * 14 / 10, "{} ms", group.now_ms);
    assert!(group.wasted() <= 8, "{} pieces came twice", group.wasted());
}

#[test]
fn a_line_between_two_access_points_carries_each_piece_once() {
    let far = |a: usize, b: usize| (a < 5) != (b < 5);
    let group = Group::with_lines(9, 20).round_trips(move |a, b| if far(a, b) { 12 } else { 1 }).post(0, 80).run();
    assert!(group.all_complete());
    let crossed = group.sent_where(far);
    assert!(crossed <= 84, "{crossed} of 80 pieces crossed");
}

#[test]
fn whoever_does_not_get_on_does_not_hold_up_the_others() {
    let group = Group::with_lines(9, 20).mute(3).post(0, 40).run();
    assert!(group.complete_but([3]), "after {} ms", group.now_ms);
    assert!(group.now_ms < 20_000, "{} ms", group.now_ms);
}

#[test]
fn a_source_that_leaves_does_not_matter_when_the_others_have_all() {
    let group = Group::with_lines(6, 20).post(0, 40).leaves_when_spread(0).run();
    assert!(group.complete_but([0]), "after {} ms", group.now_ms);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn everything_arrives_whoever_holds_what(
        members in 2_usize..9, pieces in 1_u32..60, line_ms in 1_u64..60, seed in any::<u64>(),
    ) {
        let group = Group::with_lines(members, line_ms).seed(seed).scatter(pieces).run();
        prop_assert!(group.all_complete(), "after {} ms", group.now_ms);
        prop_assert!(group.wasted() <= members * 2, "{} pieces came twice", group.wasted());
    }

    #[test]
    fn no_input_breaks_the_bookkeeping(steps in prop::collection::vec((0_u8..9, 0_u8..5, 0_u8..4, 0_u32..33), 0..200)) {
        let mut picker = picker([1]);
        for (now_ms, (step, n, member, number)) in (0_u64..).map(|i| i * 97).zip(steps) {
            match step {
                0 => picker.want(want(n, Tier::Original, 1, number % 33), now_ms),
                1 => picker.want(want(n, Tier::Grid, 1, 1), now_ms),
                2 => picker.drop_want(blob(n)),
                3 => picker.joined(peer(member), now_ms),
                4 => picker.left(peer(member)),
                5 => picker.holds_pieces(peer(member), blob(n), number, now_ms),
                6 => picker.arrived(Some(u64::from(number)), blob(n), number, now_ms),
                7 => picker.ended(u64::from(number), Ended::NotHere, now_ms),
                _ => picker.play(&[blob(n)], number),
            }
            for assignment in asks(picker.assign(now_ms)) {
                prop_assert!(picker.is_wanted(assignment.blob));
                prop_assert!(!assignment.pieces.is_empty());
                prop_assert!(picker.links.contains_key(&assignment.peer));
            }
            for want in picker.wants.iter() {
                let flying = picker.flights.values().filter(|flight| flight.blob == want.blob);
                prop_assert_eq!(want.asked, flying.fold(0, |all, flight| all | flight.open) & want.missing);
            }
        }
    }
}

/// Photos of 2 MiB, by device 0, in a burst: S1, S2 and S3 of the project's promises.
fn burst(lan: Lan) -> Lan {
    let lan = lan.shots(10, 8, 75_000, |_| 0).run();
    assert!(lan.all_complete(), "after {} ms", lan.done_ms());
    lan
}

const BURST_BYTES: u64 = 10 * 8 * PIECE_BYTES;

#[test]
fn a_burst_over_separate_lines_takes_little_more_than_its_source_needs_to_send_it_once() {
    let lan = burst(Lan::separate(9, 20.0, 100.0, 2_000));
    assert!(lan.done_ms() <= 12_500, "1.4 times the 8.9 s that one copy takes, but {} ms", lan.done_ms());
    assert!(lan.carried(0) * 10 <= BURST_BYTES * 13, "1.3 copies, but {} bytes", lan.carried(0));
    assert_eq!((lan.wasted, lan.sent(2, |from, _| from == 0)), (0, 80));
    let fetched: Vec<usize> = (1..9).map(|n| lan.sent(2, |from, to| from == 0 && to == n)).collect();
    assert!(fetched.iter().all(|pieces| (9..=11).contains(pieces)), "each passes on its share: {fetched:?}");
}

#[test]
fn a_burst_on_one_channel_costs_no_more_than_sending_everything_once_to_each() {
    let lan = burst(Lan::shared(9, 100.0));
    assert!(lan.done_ms() <= 32_800, "1.15 times the 28.5 s that the originals take, but {} ms", lan.done_ms());
    assert_eq!((lan.wasted, lan.sent(2, |_, _| true), lan.sent(1, |_, _| true)), (0, 8 * 80, 8 * 10));
}

#[test]
fn a_burst_at_a_hotspot_is_on_the_air_once_for_each() {
    for hotspot in [0, 3] {
        let lan = burst(Lan::hotspot(9, 100.0, hotspot));
        assert!(lan.done_ms() <= 17_500, "1.2 times the 14.3 s that the originals take, but {} ms", lan.done_ms());
        let between_stations = lan.sent(2, |from, to| from != hotspot && to != hotspot);
        assert!(between_stations <= 4, "{between_stations} pieces of 640 went twice over the air");
        assert_eq!((lan.wasted, lan.sent(2, |_, _| true)), (0, 8 * 80));
    }
}

#[test]
fn a_hotspot_that_hangs_is_not_waited_for() {
    let lan = burst(Lan::hotspot(9, 100.0, 3).mute(3));
    assert!(lan.done_ms() <= 40_000, "1.4 times what the originals take between stations, but {} ms", lan.done_ms());
}

#[test]
fn a_hotspot_is_told_once_that_it_is_one() {
    let mut picker = picker([1, 2]);
    let hotspot = Place { is_hotspot: true, ..in_network() };
    assert!(!picker.located(peer(1), in_network(), None));
    assert!(picker.located(peer(2), hotspot, None), "it is to be told");
    assert!(!picker.located(peer(2), hotspot, None), "it was told");
    assert_eq!(picker.hotspot(LATER), Some(peer(2)));
    picker.hosts(peer(1));
    assert_eq!(picker.hotspot(LATER), Some(DeviceId([0; 32])), "this device is one itself");
}

#[test]
fn a_hotspot_is_one_whatever_its_round_trips_and_hears_of_it_before_anybody_has_come() {
    let mut picker = picker([1, 2]);
    picker.measured(peer(1), 300);
    picker.measured(peer(2), 60_000);
    picker.located(peer(2), Place { is_hotspot: true, ..in_network() }, None);
    assert!(picker.is_near(peer(2)), "a busy one answers late");
    assert_eq!(picker.hotspot(LATER), Some(peer(2)));
    picker.hosts(peer(3));
    assert_eq!(picker.hotspot(LATER), Some(peer(2)), "the one that says so is not here yet");
    picker.joined(peer(3), LATER);
    assert_eq!(picker.hotspot(LATER), Some(DeviceId([0; 32])));
    picker.left(peer(3));
    assert_eq!(picker.hotspot(LATER), Some(peer(2)));
}

#[test]
fn a_burst_crosses_a_slow_line_between_two_access_points_once() {
    let lan = burst(Lan::two_cells(9, 5, 100.0));
    let crosses = |from: usize, to: usize| (from < 5) != (to < 5);
    assert!(lan.done_ms() <= 20_000, "{} ms", lan.done_ms());
    assert_eq!((lan.wasted, lan.sent(2, crosses)), (0, 80));
    assert!(lan.carried(2) <= 26_000_000, "22.3 MB for the originals, the rest for previews: {} bytes", lan.carried(2));
}

#[test]
fn a_preview_is_soon_everywhere_while_originals_fill_the_channel() {
    let lan = Lan::shared(8, 100.0).shots(20, 12, 1_000_000, |photo| (usize::from(photo) * 5 + 3) % 8).run();
    let delays_ms = lan.preview_delays_ms();
    assert_eq!(delays_ms.len(), 20 * 7, "none is lost");
    // Of this, 150 ms are the photo's own, and 100 ms what a queue on the way may hold.
    assert!(delays_ms[delays_ms.len() / 2] <= 350, "{delays_ms:?}");
    assert!(delays_ms[delays_ms.len() - 2] <= 900, "{delays_ms:?}");
    assert_eq!(lan.wasted, 0);
}

#[test]
fn one_that_hangs_slows_the_others_by_little() {
    let without = burst(Lan::separate(8, 20.0, 100.0, 2_000)).done_ms();
    let with = burst(Lan::separate(9, 20.0, 100.0, 2_000).mute(4)).done_ms();
    assert!(with * 100 <= without * 105, "{with} ms with it, {without} ms without");
}

#[test]
fn one_that_lies_is_soon_asked_for_nothing() {
    let lan = burst(Lan::separate(9, 20.0, 100.0, 2_000).lie(4));
    assert!(lan.lies <= 7 * 3, "{} lies told to seven", lan.lies);
}

#[test]
fn a_seek_into_the_last_third_of_a_long_clip_on_a_slow_line_is_served_long_before_the_rest() {
    // Twelve segments of 8 MiB: 40 seconds at 20 Mbit/s. After 3 seconds somebody looks at the ninth.
    let (sought_ms, from_piece) = (3_000, 5);
    let lan = Lan::separate(2, 20.0, 100.0, 2_000).shots(12, 32, 0, |_| 0);
    let lan = lan.seeks(1, sought_ms * 1_000, vec![8, 9, 10], from_piece).run();
    assert!(lan.all_complete(), "after {} ms", lan.done_ms());
    let sought = |(at_ms, photo, piece): &(u64, u8, u32)| *at_ms > sought_ms && *photo == 8 && *piece >= from_piece;
    let played: Vec<(u64, u8, u32)> =
        lan.came_to(1).filter(sought).skip_while(|(.., piece)| *piece != from_piece).collect();
    let first_ms = played[0].0;
    assert!(first_ms <= sought_ms + 1_000, "it plays at {first_ms} ms");
    let here = lan.came_to(1).filter(|(at_ms, ..)| *at_ms <= first_ms).count();
    assert!(here < 12 * 32 / 4, "{here} of 384 pieces are here by then");
    let last_ms = played[played.len() - 1].0;
    assert!(last_ms <= sought_ms + 6_000, "the segment plays to its end: {last_ms} ms");
    let late = |pair: &[(u64, u8, u32)]| pair[0].2 > pair[1].2 + 2;
    assert!(!played.windows(2).any(late), "about in order: {played:?}");
}
