//! Clocks of cameras: where moments stand, whoever set them and whenever they came.

use glow_model::{Body, CameraIdentity, ClockShift, Moment};

use super::{
    ENDS_MS, Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast, DAVE},
};
use crate::{Incoming, TimelineQuery, connection::Durability};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn photo(cast: &mut Cast, who: usize, media: u8, camera: Option<&str>) -> Incoming {
    cast.says(who, Body::Moment(Moment { camera: camera.map(Into::into), ..cast::moment(media) }))
}

fn order(scratch: &Scratch) -> Vec<(u8, i64)> {
    let page = scratch.timeline(&TimelineQuery { limit: 100, ..TimelineQuery::default() }).unwrap();
    page.iter().map(|moment| (moment.media.0[0], moment.shift_ms)).collect()
}

#[test]
fn a_camera_is_corrected_before_and_after_further_photos() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let posts = vec![photo(&mut cast, BOB, 1, Some("Nikon")), photo(&mut cast, CAROL, 2, None)];
    scratch.accept(posts, Some(cast.members(&[ALICE]))).unwrap();
    let set = cast.sets_clock(BOB, (BOB, Some("Nikon")), None, HOUR);
    let changes = scratch.accept(vec![set.clone()], None).unwrap();
    assert_eq!((changes.moved.len(), changes.clocks), (1, true));
    assert_eq!(order(&scratch), [(1, HOUR), (2, 0)], "Bob's is later than Carol's now");
    let later = vec![photo(&mut cast, BOB, 3, Some("Nikon")), photo(&mut cast, BOB, 4, Some("Phone"))];
    scratch.accept(later, None).unwrap();
    assert_eq!(order(&scratch), [(3, HOUR), (1, HOUR), (4, 0), (2, 0)], "what comes after is corrected, too");
    let again = cast.sets_clock(BOB, (BOB, Some("Nikon")), Some(set.operation.id()), -10 * DAY);
    scratch.accept(vec![again.clone()], None).unwrap();
    assert_eq!(order(&scratch), [(4, 0), (2, 0), (3, -10 * DAY), (1, -10 * DAY)]);
    let gone = cast.retracts(BOB, again.operation.id());
    scratch.accept(vec![gone], None).unwrap();
    assert_eq!(order(&scratch)[0], (3, HOUR), "taken back, the one before holds");
}

#[test]
fn only_the_owner_of_the_captures_and_hosts_set_a_clock() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let post = photo(&mut cast, BOB, 1, None);
    let by_dave = cast.sets_clock(DAVE, (BOB, None), None, HOUR);
    let by_alice = cast.sets_clock(ALICE, (BOB, None), None, 2 * HOUR);
    scratch.accept(vec![by_dave, post], Some(cast.members(&[ALICE]))).unwrap();
    assert_eq!(order(&scratch), [(1, 0)], "Dave is no host");
    scratch.accept(vec![by_alice], None).unwrap();
    assert_eq!(order(&scratch), [(1, 2 * HOUR)]);
    scratch.accept(Vec::new(), Some(cast.members(&[BOB]))).unwrap();
    assert_eq!(order(&scratch), [(1, 0)], "Alice is none any more");
}

#[test]
fn a_time_after_the_end_stands_a_day_after_it() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let post = photo(&mut cast, BOB, 1, None);
    let id = post.operation.id();
    let far = cast.sets_clock(BOB, (BOB, None), None, 400 * DAY);
    scratch.accept(vec![post, far.clone()], Some(cast.members(&[]))).unwrap();
    let moment = scratch.moment(id).unwrap().unwrap();
    assert_eq!(moment.sort_ms, ENDS_MS + DAY.unsigned_abs());
    assert_eq!(moment.corrected_ms(), moment.captured_ms + 400 * DAY.unsigned_abs(), "it is told as it was set");
    let past = cast.sets_clock(BOB, (BOB, None), Some(far.operation.id()), -90 * 366 * DAY);
    scratch.accept(vec![past], None).unwrap();
    let moment = scratch.moment(id).unwrap().unwrap();
    assert_eq!((moment.sort_ms, moment.corrected_ms()), (0, 0), "there is no time before the epoch");
}

#[test]
fn buckets_search_and_wants_follow_the_clock() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let posts: Vec<_> = (1..=2).map(|n| photo(&mut cast, BOB, n, Some("Nikon"))).collect();
    let caption = cast.captions(BOB, posts[0].operation.id(), None, "first dance");
    let other = photo(&mut cast, CAROL, 3, None);
    let other_caption = cast.captions(CAROL, other.operation.id(), None, "dance floor");
    let batch = [posts, vec![caption, other, other_caption]].concat();
    scratch.accept(batch, Some(cast.members(&[ALICE]))).unwrap();
    scratch.accept(vec![cast.sets_clock(BOB, (BOB, Some("Nikon")), None, 2 * HOUR)], None).unwrap();
    let first = cast::moment(1).captured_ms + 2 * HOUR.unsigned_abs();
    let during =
        TimelineQuery { from_ms: Some(first), until_ms: Some(first + 1), limit: 9, ..TimelineQuery::default() };
    assert_eq!(scratch.timeline(&during).unwrap().len(), 1);
    let buckets = scratch.buckets(&TimelineQuery::default(), 0).unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket.moments).collect::<Vec<_>>(), [2, 1]);
    let found = TimelineQuery { text: Some("dance".into()), limit: 9, ..TimelineQuery::default() };
    let found: Vec<_> = scratch.timeline(&found).unwrap().iter().map(|moment| moment.media.0[0]).collect();
    assert_eq!(found, [1, 3], "newest first, by the corrected time");
    let wants = scratch.blob_wants(100).unwrap();
    assert_eq!(wants[0].sort_ms, cast::moment(2).captured_ms + 2 * HOUR.unsigned_abs());
    let report = scratch.check(|operation| cast.open(operation), cast.members(&[ALICE])).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn captions_are_found_by_their_time_whether_few_or_most_of_them_move() {
    for moved in [1, 2, 30] {
        let (mut cast, scratch) = (Cast::new(), Scratch::new());
        let mut batch = Vec::new();
        for n in 1..=40 {
            let post = photo(&mut cast, BOB, n, Some(if n <= moved { "Nikon" } else { "Phone" }));
            batch.push(cast.captions(BOB, post.operation.id(), None, &format!("dance {n}")));
            batch.push(post);
        }
        scratch.accept(batch, Some(cast.members(&[ALICE]))).unwrap();
        let mut replaces = None;
        for offset in [DAY, -DAY] {
            let setting = cast.sets_clock(BOB, (BOB, Some("Nikon")), replaces, offset);
            replaces = Some(setting.operation.id());
            scratch.accept(vec![setting], None).unwrap();
            let found = |text: &str| {
                let query = TimelineQuery { text: Some(text.into()), limit: 100, ..TimelineQuery::default() };
                let page = scratch.timeline(&query).unwrap();
                page.iter().map(|moment| moment.media.0[0]).collect::<Vec<_>>()
            };
            let (clocked, rest) = ((1..=moved).rev(), (moved + 1..=40).rev());
            let expected: Vec<_> =
                if offset > 0 { clocked.chain(rest).collect() } else { rest.chain(clocked).collect() };
            assert_eq!(found("dance"), expected, "{moved} moved by {offset} ms");
            assert!(found("dance 1").contains(&1), "found under its new number");
            let whole = "INSERT INTO said_index (said_index, rank) VALUES ('integrity-check', 1)";
            scratch
                .database
                .write(Durability::Normal, |db| Ok(db.execute(whole, [])?))
                .expect("the index is what was said");
            let report = scratch.check(|operation| cast.open(operation), cast.members(&[ALICE])).unwrap();
            assert!(report.is_sound(), "{report:?}");
        }
    }
}

#[test]
fn cameras_are_listed_with_what_their_clock_was_set_to() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let mut posts: Vec<_> = (1..=5).map(|n| photo(&mut cast, BOB, n, (n < 4).then_some("Nikon"))).collect();
    posts.push(photo(&mut cast, CAROL, 6, None));
    scratch.accept(posts, Some(cast.members(&[ALICE]))).unwrap();
    let first = cast.sets_clock(BOB, (BOB, Some("Nikon")), None, HOUR);
    let second = cast.sets_clock(ALICE, (BOB, Some("Nikon")), Some(first.operation.id()), DAY);
    scratch.accept(vec![first, second.clone()], None).unwrap();
    let bobs = scratch.cameras(Some(cast.id(BOB))).unwrap();
    let nikon = CameraIdentity { author: cast.id(BOB), name: Some("Nikon".into()), body: None };
    assert_eq!(bobs.iter().map(|row| row.moments).collect::<Vec<_>>(), [3, 2]);
    assert_eq!((&bobs[0].camera, bobs[0].first_ms), (&nikon, cast::moment(1).captured_ms), "by its own clock");
    let shift = |offset_ms| vec![ClockShift { offset_ms, from_ms: None, until_ms: None, photo_ms: None }];
    let clock = &bobs[0].clock;
    assert_eq!((&clock.shifts, &clock.before), (&shift(DAY), &shift(HOUR)));
    assert_eq!((clock.head, clock.author), (Some(second.operation.id()), Some(cast.id(ALICE))));
    assert_eq!(scratch.cameras(None).unwrap().len(), 3);
    assert_eq!(scratch.camera_samples(&nikon, 2).unwrap().len(), 2);
    assert_eq!(scratch.camera_samples(&nikon, 9).unwrap().len(), 3);
}
