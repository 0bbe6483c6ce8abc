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
    assert_eq!(all_pages(&scratch, bobs).len(), 30);
    let hours = TimelineQuery { from_ms: Some(1_010 * HOUR), until_ms: Some(1_015 * HOUR), ..bobs };
    assert_eq!(all_pages(&scratch, hours).len(), 5);
    let counts = [bobs, hours, TimelineQuery { author: None, ..hours }, TimelineQuery::default()];
    let counts = counts.map(|query| scratch.timeline_count(&query).unwrap());
    assert_eq!(counts, [30, 5, 10, 60]);
}

#[test]
fn buckets_count_hours() {
    let (mut cast, scratch) = album();
    let newest = scratch.timeline(&TimelineQuery { limit: 1, ..TimelineQuery::default() }).unwrap();
    scratch.accept(vec![cast.retracts(ALICE, newest[0].id)], None).unwrap();
    let buckets = scratch.buckets().unwrap();
    assert_eq!(buckets[..2], [(1_029 * HOUR, 1), (1_028 * HOUR, 2)]);
    assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), 59);
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
    let summary = scratch.summary().unwrap();
    assert_eq!(summary.cover.unwrap().moment, newest[0].id);
    assert_eq!(summary.last_moment_ms, Some(newest[0].captured_ms));
    let grid = scratch.segments(newest[2].id, crate::Part::Grid).unwrap();
    scratch.blob_held(grid[0].id, true).unwrap();
    let cover = scratch.summary().unwrap().cover.unwrap();
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
    let by_author = TimelineQuery { author: Some(cast.id(BOB)), ..plain };
    let in_time = TimelineQuery { from_ms: Some(0), until_ms: Some(2_000 * HOUR), ..by_author };
    let mut queries: Vec<_> = [plain, by_author, in_time].iter().map(timeline::page_sql).collect();
    queries.push(blob_use::WANTED.to_owned());
    let db = scratch.raw();
    for sql in queries {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            assert!(step.contains("USING INDEX") && !step.contains("TEMP"), "{sql}\n{step}");
        }
    }
}
