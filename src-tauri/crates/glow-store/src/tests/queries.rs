//! Pages, counts and plans.

use glow_model::{Body, Moment};

use super::{
    Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast},
};
use crate::{
    TimelineQuery,
    projection::{blob_use, timeline},
};

const HOUR: u64 = 60 * 60 * 1000;

/// 60 moments, one each half hour, by turns Bob's and Carol's.
fn album() -> (Cast, Scratch) {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let posts = (0..60_u8).map(|n| {
        let moment = Moment { captured_ms: 1_000 * HOUR + u64::from(n) * HOUR / 2, ..cast::moment(n) };
        cast.says(if n % 2 == 0 { BOB } else { CAROL }, Body::Moment(moment))
    });
    let posts = posts.collect();
    scratch.accept(posts, Some(cast.members(&[ALICE]))).unwrap();
    (cast, scratch)
}

fn all_pages(scratch: &Scratch, mut query: TimelineQuery) -> Vec<u64> {
    let mut times = Vec::new();
    loop {
        let page = scratch.timeline(&query).unwrap();
        assert!(page.len() <= query.limit);
        let Some(last) = page.last() else {
            return times;
        };
        query.after = Some((last.sort_ms, last.id));
        times.extend(page.iter().map(|moment| moment.sort_ms));
    }
}

#[test]
fn pages_together_are_the_timeline() {
    let (cast, scratch) = album();
    let all = all_pages(&scratch, TimelineQuery { limit: 7, ..TimelineQuery::default() });
    assert_eq!(all.len(), 60);
    assert!(all.is_sorted_by(|a, b| a > b), "newest first");
    let bobs = TimelineQuery { limit: 7, author: Some(cast.id(BOB)), ..TimelineQuery::default() };
    assert_eq!(all_pages(&scratch, bobs.clone()).len(), 30);
    let hours = TimelineQuery { from_ms: Some(1_010 * HOUR), until_ms: Some(1_015 * HOUR), ..bobs.clone() };
    assert_eq!(all_pages(&scratch, hours.clone()).len(), 5);
    let counts = [bobs, hours.clone(), TimelineQuery { author: None, ..hours }, TimelineQuery::default()];
    let counts = counts.map(|query| scratch.timeline_count(&query).unwrap());
    assert_eq!(counts, [30, 5, 10, 60]);
}

#[test]
fn buckets_tell_counts_and_shapes() {
    let (mut cast, scratch) = album();
    let newest = scratch.timeline(&TimelineQuery { limit: 1, ..TimelineQuery::default() }).unwrap();
    scratch.accept(vec![cast.retracts(ALICE, newest[0].id)], None).unwrap();
    let buckets = scratch.buckets(&TimelineQuery::default(), 0).unwrap();
    let counts: Vec<_> = buckets.iter().map(|bucket| (bucket.start_ms, bucket.moments)).collect();
    assert_eq!(counts[..2], [(1_029 * HOUR, 1), (1_028 * HOUR, 2)]);
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 59);
    let shapes = buckets.iter().flat_map(|bucket| &bucket.shapes);
    assert!(shapes.copied().all(|shape| shape == crate::projection::bucket::shape(4_000, 3_000)));
    let until = TimelineQuery { until_ms: Some(1_001 * HOUR), ..TimelineQuery::default() };
    assert_eq!(scratch.buckets(&until, 0).unwrap().len(), 1);
}

#[test]
fn members_come_with_their_moments_and_when_they_were_seen() {
    let (cast, scratch) = album();
    scratch.seen(cast.id(BOB), 500).unwrap();
    scratch.seen(cast.id(BOB), 400).unwrap();
    let members = scratch.members().unwrap();
    let bob = members.iter().find(|member| member.device == cast.id(BOB)).unwrap();
    assert_eq!((bob.moment_count, bob.last_seen_ms, bob.name.as_str()), (30, Some(500), "Bob"));
    assert_eq!(scratch.last_seen(cast.id(BOB)).unwrap(), Some(500));
    assert_eq!(scratch.last_seen(cast.id(ALICE)).unwrap(), None);
}

#[test]
fn the_cover_is_rather_one_that_is_here() {
    let (_, scratch) = album();
    let newest = scratch.timeline(&TimelineQuery { limit: 3, ..TimelineQuery::default() }).unwrap();
    let summary = scratch.summary(&crate::WantFilter::default()).unwrap();
    assert_eq!(summary.cover.unwrap().moment, newest[0].id);
    assert_eq!(summary.last_moment_ms, Some(newest[0].captured_ms));
    let grid = scratch.segments(newest[2].id, crate::Part::Grid).unwrap();
    scratch.blob_held(grid[0].id, true).unwrap();
    let cover = scratch.summary(&crate::WantFilter::default()).unwrap().cover.unwrap();
    assert_eq!((cover.moment, cover.held), (newest[2].id, true));
}

#[test]
fn addresses_are_remembered_newest_first() {
    let scratch = Scratch::new();
    let address = |n: u16| std::net::SocketAddr::from(([192, 168, 0, 1], n));
    for n in 1..=300 {
        scratch.remember_address(address(n), u64::from(n)).unwrap();
    }
    scratch.remember_address(address(299), 1_000).unwrap();
    let newest = scratch.remembered_addresses(2).unwrap();
    assert_eq!(newest, [address(299), address(300)]);
    assert_eq!(scratch.remembered_addresses(1_000).unwrap().len(), 256, "the oldest go");
}

#[test]
fn settings_are_texts() {
    let scratch = Scratch::new();
    assert_eq!(scratch.setting("shares_location").unwrap(), None);
    scratch.set_setting("shares_location", "true").unwrap();
    scratch.set_setting("shares_location", "false").unwrap();
    assert_eq!(scratch.setting("shares_location").unwrap().as_deref(), Some("false"));
}

#[test]
fn pages_are_read_along_an_index_without_sorting() {
    let (cast, scratch) = album();
    let after = Some((1_020 * HOUR, glow_model::OperationId([0; 32])));
    let plain = TimelineQuery { limit: 10, after, ..TimelineQuery::default() };
    let by_author = TimelineQuery { author: Some(cast.id(BOB)), ..plain.clone() };
    let in_time = TimelineQuery { from_ms: Some(0), until_ms: Some(2_000 * HOUR), ..by_author.clone() };
    let stacked = TimelineQuery { stacked: true, ..plain.clone() };
    let clips = TimelineQuery { clips: Some(true), ..plain.clone() };
    let favourites = TimelineQuery { favourites: true, ..plain.clone() };
    let queries = [plain, by_author, in_time, stacked, clips, favourites];
    let mut queries: Vec<_> = queries.iter().map(timeline::page_sql).collect();
    queries.push(blob_use::WANTED.to_owned());
    let db = scratch.raw();
    for sql in queries {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // A subquery announces itself; how it searches is a step of its own.
            let is_title = step.starts_with("CORRELATED SCALAR SUBQUERY");
            assert!(is_title || step.contains("USING INDEX") && !step.contains("TEMP"), "{sql}\n{step}");
        }
    }
}

fn ids(scratch: &Scratch, query: TimelineQuery) -> Vec<glow_model::OperationId> {
    let page = scratch.timeline(&TimelineQuery { limit: 100, ..query.clone() }).unwrap();
    let counted: u64 = scratch.buckets(&query, 0).unwrap().iter().map(|bucket| bucket.shapes.len() as u64).sum();
    assert_eq!(counted, page.len() as u64, "buckets lay out what pages hold: {query:?}");
    page.iter().map(|moment| moment.id).collect()
}

#[test]
fn filters_list_what_they_say() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let photo = cast.posts(BOB, 1);
    let clip = cast.says(
        CAROL,
        Body::Moment(Moment { kind: glow_model::MomentKind::Clip, duration_ms: Some(9), ..cast::moment(2) }),
    );
    let own = cast.posts(ALICE, 3);
    let [photo_id, clip_id, own_id] = [&photo, &clip, &own].map(|incoming| incoming.operation.id());
    let arrived = photo.received_ms;
    scratch.accept(vec![photo, clip, own], Some(cast.members(&[ALICE]))).unwrap();
    let all = TimelineQuery::default();
    assert_eq!(ids(&scratch, TimelineQuery { clips: Some(true), ..all.clone() }), [clip_id]);
    assert_eq!(ids(&scratch, TimelineQuery { clips: Some(false), ..all.clone() }), [own_id, photo_id]);
    let newer = TimelineQuery { received_after_ms: Some(arrived), ..all.clone() };
    assert_eq!(ids(&scratch, newer), [clip_id], "one's own is never new");
    assert_eq!(scratch.set_favourite(&[photo_id, photo_id], true).unwrap().changed, [photo_id]);
    assert_eq!(ids(&scratch, TimelineQuery { favourites: true, ..all.clone() }), [photo_id]);
    assert_eq!(scratch.set_favourite(&[photo_id], false).unwrap().changed, [photo_id]);
    assert!(ids(&scratch, TimelineQuery { favourites: true, ..all }).is_empty());
}

#[test]
fn favourites_and_looks_outlive_a_rebuild() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let members = cast.members(&[ALICE]);
    let (first, second) = (burst(&mut cast, 0), burst(&mut cast, 1));
    let [one, two] = [&first, &second].map(|incoming| incoming.operation.id());
    scratch.accept(vec![first, second], Some(members.clone())).unwrap();
    scratch.set_favourite(&[one], true).unwrap();
    scratch.set_looks(&[(one, Some(0xF0F0)), (two, Some(0xF0F1))]).unwrap();
    let before = scratch.dump();
    assert!(scratch.check(|operation| cast.open(operation), members.clone()).unwrap().is_sound());
    scratch.rebuild(members, |operation| cast.open(operation)).unwrap();
    assert_eq!(scratch.dump(), before);
    assert_eq!(ids(&scratch, TimelineQuery { favourites: true, ..TimelineQuery::default() }), [one]);
}

fn burst(cast: &mut Cast, number: u8) -> crate::Incoming {
    let captured_ms = 1_799_900_000_000 + 700 * u64::from(number);
    cast.says(BOB, Body::Moment(Moment { captured_ms, ..cast::moment(number) }))
}

#[test]
fn a_burst_is_one_tile_that_opens() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let shots: Vec<_> = (0..3).map(|number| burst(&mut cast, number)).collect();
    let shot: Vec<_> = shots.iter().map(|incoming| incoming.operation.id()).collect();
    scratch.accept(shots, Some(cast.members(&[ALICE]))).unwrap();
    assert!(scratch.unlooked(10).unwrap().is_empty(), "no grid preview is here");
    for id in &shot {
        let grid = scratch.segments(*id, crate::Part::Grid).unwrap();
        scratch.blob_held(grid[0].id, true).unwrap();
    }
    assert_eq!(scratch.unlooked(10).unwrap().len(), 3);
    let changes = scratch.set_looks(&[(shot[0], Some(0b111_0000)), (shot[1], Some(0b111_0001))]).unwrap();
    assert_eq!(changes.changed.len(), 2);
    scratch.set_looks(&[(shot[2], Some(0b111_0011))]).unwrap();
    assert!(scratch.unlooked(10).unwrap().is_empty());
    let stacked = TimelineQuery { stacked: true, ..TimelineQuery::default() };
    assert_eq!(ids(&scratch, stacked.clone()), [shot[0]], "the first stands for all");
    assert_eq!(scratch.buckets(&stacked, 0).unwrap()[0].moments, 3);
    let open: Vec<_> = scratch.stack(shot[1]).unwrap().iter().map(|moment| moment.id).collect();
    assert_eq!(open, [shot[2], shot[1], shot[0]]);
    let retract = cast.retracts(BOB, shot[0]);
    let changes = scratch.accept(vec![retract], None).unwrap();
    assert_eq!((changes.removed, changes.changed.len()), (vec![shot[0]], 2), "those that stay learn of their new head");
    assert_eq!(ids(&scratch, stacked), [shot[1]]);
    assert_eq!(scratch.stack(shot[2]).unwrap()[0].stack_count, 2);
}

#[test]
fn search_folds_accents_and_finds_beginnings_in_captions_and_names() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let posts: Vec<_> = (1..=4).map(|number| cast.posts(if number < 3 { BOB } else { CAROL }, number)).collect();
    let post: Vec<_> = posts.iter().map(|incoming| incoming.operation.id()).collect();
    scratch.accept(posts, Some(cast.members(&[ALICE]))).unwrap();
    let sunset = cast.captions(BOB, post[0], None, "Abendröte über Zürich, première");
    let edit = cast.captions(BOB, post[0], Some(sunset.operation.id()), "Abendröte am Zürisee, première");
    let dance = cast.captions(CAROL, post[2], None, "Bob dances");
    let dance_id = dance.operation.id();
    scratch.accept(vec![sunset, edit, dance], None).unwrap();
    let found = |text: &str| ids(&scratch, TimelineQuery { text: Some(text.into()), ..TimelineQuery::default() });
    assert_eq!(found("abendrote"), [post[0]]);
    assert_eq!(found("PREM zuri"), [post[0]], "every word, from its beginning");
    assert!(found("Zürich").is_empty(), "the caption before the edit is gone");
    assert_eq!(found("bob"), [post[2], post[1], post[0]], "a caption and a name");
    assert_eq!(found("bob abend"), [post[0]]);
    assert_eq!(found("carol danc"), [post[2]]);
    assert!(found("carol abend").is_empty());
    assert!(found("\" * OR (").is_empty(), "what is no word is no question");
    scratch.accept(vec![cast.retracts(CAROL, dance_id)], None).unwrap();
    assert_eq!(found("bob"), [post[1], post[0]]);
    let page = TimelineQuery { text: Some("bob".into()), limit: 1, ..TimelineQuery::default() };
    assert_eq!(all_pages(&scratch, page).len(), 2);
}

#[test]
fn places_are_listed_where_they_were_shared() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let place = glow_model::Place { latitude_e6: 46_558_860, longitude_e6: -7_892_010 };
    let there = cast.says(BOB, Body::Moment(Moment { place: Some(place), ..cast::moment(1) }));
    let id = there.operation.id();
    scratch.accept(vec![there, cast.posts(BOB, 2)], Some(cast.members(&[ALICE]))).unwrap();
    assert_eq!(scratch.places(&TimelineQuery::default()).unwrap(), [(id, place)]);
    assert_eq!(scratch.moment(id).unwrap().unwrap().place, Some(place));
}
