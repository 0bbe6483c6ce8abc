//! The timeline: pages, buckets, stacks, places, and what was seen of it.

use std::sync::Arc;

use data_encoding::BASE64;
use glow_api::{
    Bucket, BucketPage, MomentKind, PlacePage, PlacedMoment, SeenView, StackPage, TimelineBuckets, TimelineFilter,
    TimelinePage, TimelinePlaces, TimelineQuery, TimelineSeen, TimelineStack,
};
use glow_model::OperationId;
use glow_store::StoreError;

use crate::{
    engine::Engine,
    error::{ApiResult, bad_request, blocking},
    group::Group,
    view::{self, Beside, Viewer},
};

/// Moments in one page.
const MAX_PAGE: u32 = 500;
/// Characters of a search.
const SEARCH_CHARS: usize = 200;
/// The setting that holds until when everything was seen.
const SEEN: &str = "seen_ms";

pub(super) async fn page(engine: &Engine, viewer: Viewer, query: TimelineQuery) -> ApiResult<TimelinePage> {
    let group = engine.group(&query.group)?;
    let limit = query.limit.clamp(1, MAX_PAGE) as usize;
    let stored = glow_store::TimelineQuery {
        after: query.cursor.as_deref().map(parse_cursor).transpose()?,
        limit: limit + 1,
        ..stored(&query.filter)?
    };
    let this = group.clone();
    let (mut rows, beside, total) = blocking(move || {
        let rows = this.store.timeline(&stored)?;
        let ids: Vec<OperationId> = rows.iter().map(|row| row.id).collect();
        Ok::<_, StoreError>((rows, Beside::read(&this.store, &ids)?, this.store.timeline_count(&stored)?))
    })
    .await?;
    let next = if rows.len() > limit {
        rows.truncate(limit);
        rows.last().map(|row| format!("{}.{}", row.sort_ms, row.id))
    } else {
        None
    };
    let moments = view::moments(&group, viewer, rows, &beside);
    Ok(TimelinePage { moments, next, total: view::count64(total) })
}

pub(super) async fn buckets(engine: &Engine, buckets: TimelineBuckets) -> ApiResult<BucketPage> {
    let group = engine.group(&buckets.group)?;
    let (query, offset_ms) = (stored(&buckets.filter)?, i64::from(buckets.offset_min) * 60_000);
    let found = blocking(move || group.store.buckets(&query, offset_ms)).await?;
    let bucket = |bucket: glow_store::BucketRow| Bucket {
        start_ms: view::time(bucket.start_ms),
        until_ms: view::time(bucket.until_ms),
        count: view::count64(bucket.moments),
        shapes: BASE64.encode(&bucket.shapes),
    };
    Ok(BucketPage { buckets: found.into_iter().map(bucket).collect() })
}

pub(super) async fn stack(engine: &Engine, stack: TimelineStack) -> ApiResult<StackPage> {
    let group = engine.group(&stack.group)?;
    let id: OperationId = stack.moment.parse().map_err(|_| bad_request("the moment id is malformed"))?;
    let this = group.clone();
    let (rows, beside) = blocking(move || {
        let rows = this.store.stack(id)?;
        let ids: Vec<OperationId> = rows.iter().map(|row| row.id).collect();
        Ok::<_, StoreError>((rows, Beside::read(&this.store, &ids)?))
    })
    .await?;
    Ok(StackPage { moments: view::moments(&group, Viewer::Owner, rows, &beside) })
}

pub(super) async fn places(engine: &Engine, places: TimelinePlaces) -> ApiResult<PlacePage> {
    let group = engine.group(&places.group)?;
    let query = stored(&places.filter)?;
    let found = blocking(move || group.store.places(&query)).await?;
    let placed = |(id, place): (OperationId, _)| PlacedMoment { moment: id.to_string(), place: view::place(place) };
    Ok(PlacePage { places: found.into_iter().map(placed).collect() })
}

pub(super) async fn seen(engine: &Engine, seen: TimelineSeen) -> ApiResult<SeenView> {
    let group = engine.group(&seen.group)?;
    let said = seen.until_ms.and_then(|ms| u64::try_from(ms).ok());
    let (until_ms, unseen) = blocking(move || move_seen(&group, said)).await?;
    Ok(SeenView { until_ms: view::time(until_ms), unseen: view::count64(unseen) })
}

fn move_seen(group: &Arc<Group>, said: Option<u64>) -> Result<(u64, u64), StoreError> {
    let before = group.store.setting(SEEN)?.and_then(|ms| ms.parse().ok()).unwrap_or(0);
    let until_ms = said.unwrap_or(0).max(before);
    if until_ms > before {
        group.store.set_setting(SEEN, &until_ms.to_string())?;
    }
    let unseen = glow_store::TimelineQuery { received_after_ms: Some(until_ms), ..Default::default() };
    Ok((until_ms, group.store.timeline_count(&unseen)?))
}

fn stored(filter: &TimelineFilter) -> ApiResult<glow_store::TimelineQuery> {
    let author = filter.author.as_deref().map(str::parse).transpose();
    let time = |ms: Option<i64>| ms.map(|ms| u64::try_from(ms).unwrap_or(0));
    Ok(glow_store::TimelineQuery {
        author: author.map_err(|_| bad_request("the author is malformed"))?,
        from_ms: time(filter.from_ms),
        until_ms: time(filter.until_ms),
        clips: filter.kind.map(|kind| kind == MomentKind::Clip),
        favourites: filter.favourites,
        received_after_ms: time(filter.received_after_ms),
        text: filter.text.as_ref().map(|text| text.chars().take(SEARCH_CHARS).collect()),
        stacked: filter.stacked,
        screens: filter.screens,
        ..glow_store::TimelineQuery::default()
    })
}

fn parse_cursor(text: &str) -> ApiResult<(u64, OperationId)> {
    let parts = text.split_once('.').and_then(|(sort_ms, id)| Some((sort_ms.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| bad_request("the cursor is malformed"))
}
