//! The timeline: pages and counts by hour.

use glow_api::{Bucket, BucketPage, TimelineBuckets, TimelinePage, TimelineQuery};
use glow_model::OperationId;

use crate::{
    engine::Engine,
    error::{ApiResult, bad_request, blocking},
    view,
};

/// Moments in one page.
const MAX_PAGE: u32 = 500;

pub(super) async fn page(engine: &Engine, query: TimelineQuery) -> ApiResult<TimelinePage> {
    let group = engine.group(&query.group)?;
    let limit = query.limit.clamp(1, MAX_PAGE) as usize;
    let stored = glow_store::TimelineQuery {
        after: query.cursor.as_deref().map(parse_cursor).transpose()?,
        limit: limit + 1,
        author: query
            .filter
            .author
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| bad_request("the author is malformed"))?,
        from_ms: query.filter.from_ms.map(|ms| u64::try_from(ms).unwrap_or(0)),
        until_ms: query.filter.until_ms.map(|ms| u64::try_from(ms).unwrap_or(0)),
    };
    let this = group.clone();
    let (mut rows, reactions, total) = blocking(move || {
        let rows = this.store.timeline(&stored)?;
        let ids: Vec<OperationId> = rows.iter().map(|row| row.id).collect();
        Ok::<_, glow_store::StoreError>((rows, this.store.reactions(&ids)?, this.store.timeline_count(&stored)?))
    })
    .await?;
    let next = if rows.len() > limit {
        rows.truncate(limit);
        rows.last().map(|row| format!("{}.{}", row.sort_ms, row.id))
    } else {
        None
    };
    let moments = view::moments(&group, rows, &reactions);
    Ok(TimelinePage { moments, next, total: view::count64(total) })
}

pub(super) async fn buckets(engine: &Engine, buckets: TimelineBuckets) -> ApiResult<BucketPage> {
    let group = engine.group(&buckets.group)?;
    let hours = blocking(move || group.store.buckets()).await?;
    let bucket = |(start_ms, count)| Bucket { start_ms: view::time(start_ms), count: view::count64(count) };
    Ok(BucketPage { buckets: hours.into_iter().map(bucket).collect() })
}

fn parse_cursor(text: &str) -> ApiResult<(u64, OperationId)> {
    let parts = text.split_once('.').and_then(|(sort_ms, id)| Some((sort_ms.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| bad_request("the cursor is malformed"))
}
