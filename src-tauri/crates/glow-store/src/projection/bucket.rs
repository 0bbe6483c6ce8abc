//! Buckets: how many moments stand in each stretch of time and the shape of each, so that a screen knows the height of the
//! whole timeline before it has read any of it.
//!
//! They are kept by quarters of an hour, because every zone's hours and days begin with one. Stacks are found here as well:
//! they never reach over a quarter's end, so that a quarter is derived from itself alone.

use glow_model::{DeviceId, MomentKind, OperationId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    BucketRow, GroupStore, StoreError, TimelineQuery,
    projection::{search, stack, timeline},
    sql::{self, Code},
};

const QUARTER_MS: i64 = 15 * 60 * 1000;
const HOUR_MS: i64 = 4 * QUARTER_MS;
/// Hours are joined until no more buckets than this are left, or they are days.
const MOST: usize = 500;
const JOINS: [i64; 5] = [HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS];

impl GroupStore {
    /// The buckets of what the query matches, newest first: hours, or when these are more than 500, longer parts of a day.
    /// Hours and days are those of a zone that is `offset_ms` ahead of UTC.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn buckets(&self, query: &TimelineQuery, offset_ms: i64) -> Result<Vec<BucketRow>, StoreError> {
        let quarters = self.read(|db| if is_kept(query) { kept(db, query) } else { counted(db, query) })?;
        Ok(join(&quarters, offset_ms))
    }
}

/// One quarter: its start, how many moments, their shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quarter {
    start_ms: i64,
    moments: u64,
    shapes: Vec<u8>,
}

/// The quarter that a time lies in.
pub(crate) fn quarter(sort_ms: i64) -> i64 {
    sort_ms - sort_ms.rem_euclid(QUARTER_MS)
}

/// Width over height as one byte, in even steps of its logarithm from 1/2 to 3: beyond, a grid crops.
pub(crate) fn shape(width: u32, height: u32) -> u8 {
    const NARROWEST: f64 = 0.5;
    const WIDEST: f64 = 3.0;
    let ratio = if width == 0 || height == 0 { 1.0 } else { f64::from(width) / f64::from(height) };
    let step = (ratio.clamp(NARROWEST, WIDEST) / NARROWEST).ln() / (WIDEST / NARROWEST).ln() * 255.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255 by the clamp")]
    let step = step.round() as u8;
    step
}

/// Whether the table holds the answer: every moment of whole quarters.
fn is_kept(query: &TimelineQuery) -> bool {
    let whole = |ms: Option<u64>| ms.is_none_or(|ms| sql::int(ms) % QUARTER_MS == 0);
    let bare = TimelineQuery {
        from_ms: query.from_ms,
        until_ms: query.until_ms,
        stacked: query.stacked,
        after: query.after,
        limit: query.limit,
        ..TimelineQuery::default()
    };
    *query == bare && whole(query.from_ms) && whole(query.until_ms)
}

fn kept(db: &Connection, query: &TimelineQuery) -> Result<Vec<Quarter>, StoreError> {
    let shapes = if query.stacked { "coalesce(stacked, shapes)" } else { "shapes" };
    let mut statement = db.prepare_cached(&format!(
        "SELECT start_ms, moments, {shapes} FROM bucket WHERE start_ms >= ?1 AND start_ms < ?2 ORDER BY start_ms DESC"
    ))?;
    let span = params![sql::int(query.from_ms.unwrap_or(0)), sql::int(query.until_ms.unwrap_or(u64::MAX))];
    let quarters = statement.query_map(span, |row| {
        Ok(Quarter { start_ms: row.get(0)?, moments: sql::uint(row, 1)?, shapes: row.get(2)? })
    })?;
    Ok(quarters.collect::<Result<_, _>>()?)
}

/// Counts what the query matches, where no table says it.
fn counted(db: &Connection, query: &TimelineQuery) -> Result<Vec<Quarter>, StoreError> {
    let mut quarters: Vec<Quarter> = Vec::new();
    let mut take = |sort_ms: i64, shape: u8| {
        let start_ms = quarter(sort_ms);
        match quarters.last_mut().filter(|last| last.start_ms == start_ms) {
            Some(last) => {
                last.moments += 1;
                last.shapes.push(shape);
            }
            None => quarters.push(Quarter { start_ms, moments: 1, shapes: vec![shape] }),
        }
    };
    let Some(text) = &query.text else {
        let mut statement = db.prepare_cached(&format!(
            "SELECT sort_ms, width, height FROM {} WHERE {} ORDER BY sort_ms DESC, id DESC",
            timeline::source(query),
            timeline::conditions(query)
        ))?;
        timeline::bind_conditions(&mut statement, query)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            take(row.get(0)?, shape(row.get(1)?, row.get(2)?));
        }
        return Ok(quarters);
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT width, height FROM moment WHERE id = :id AND {}",
        timeline::conditions(query)
    ))?;
    timeline::bind_conditions(&mut statement, query)?;
    for (sort_ms, id) in search::find(db, text)? {
        timeline::bind(&mut statement, ":id", &id.0)?;
        let mut rows = statement.raw_query();
        if let Some(row) = rows.next()? {
            take(sql::int(sort_ms), shape(row.get(0)?, row.get(1)?));
        }
    }
    Ok(quarters)
}

/// Joins quarters, newest first, to the shortest stretches that are few enough.
fn join(quarters: &[Quarter], offset_ms: i64) -> Vec<BucketRow> {
    let joined = |step: i64| {
        let start = |ms: i64| ms - (ms + offset_ms).rem_euclid(step);
        let mut buckets: Vec<BucketRow> = Vec::new();
        for Quarter { start_ms, moments, shapes } in quarters {
            let from = start(*start_ms).max(0).unsigned_abs();
            match buckets.last_mut().filter(|bucket| bucket.start_ms == from) {
                Some(bucket) => {
                    bucket.moments += moments;
                    bucket.shapes.extend(shapes);
                }
                None => buckets.push(BucketRow {
                    start_ms: from,
                    until_ms: from + step.unsigned_abs(),
                    moments: *moments,
                    shapes: shapes.clone(),
                }),
            }
        }
        buckets
    };
    let starts = |step: i64| {
        let mut last = None;
        quarters.iter().filter(|quarter| last.replace((quarter.start_ms + offset_ms).div_euclid(step)) != last).count()
    };
    let step = JOINS.into_iter().find(|step| starts(*step) <= MOST).unwrap_or(24 * HOUR_MS);
    joined(step)
}

/// A moment of a quarter as it is read to derive the quarter.
struct Seen {
    id: OperationId,
    shape: u8,
    frame: stack::Frame,
    stack: Option<OperationId>,
    stack_count: u32,
}

/// Derives a quarter: its row, and the stacks of its moments. Answers the moments whose stack became another.
pub(crate) fn derive(db: &Connection, start_ms: i64) -> Result<Vec<OperationId>, StoreError> {
    let seen = read(db, start_ms)?;
    if seen.is_empty() {
        db.prepare_cached("DELETE FROM bucket WHERE start_ms = ?1")?.execute([start_ms])?;
        return Ok(Vec::new());
    }
    let frames: Vec<_> = seen.iter().map(|seen| seen.frame.clone()).collect();
    let stacks = stack::find(&frames);
    let mut update = db.prepare_cached("UPDATE moment SET stack = ?2, stack_count = ?3 WHERE id = ?1")?;
    let mut changed = Vec::new();
    let mut heads = Vec::with_capacity(seen.len());
    for (moment, place) in seen.iter().zip(stacks) {
        let (stack, count) = place.map_or((None, 0), |(head, count)| (Some(seen[head].id), count));
        if stack.is_none_or(|head| head == moment.id) {
            heads.push(moment.shape);
        }
        if (stack, count) != (moment.stack, moment.stack_count) {
            update.execute(params![moment.id.0, stack.map(|id| id.0), count])?;
            changed.push(moment.id);
        }
    }
    let shapes: Vec<u8> = seen.iter().map(|moment| moment.shape).collect();
    let stacked = (heads.len() < shapes.len()).then_some(heads);
    db.prepare_cached(
        "INSERT INTO bucket (start_ms, moments, shapes, stacked) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (start_ms) DO UPDATE
         SET moments = excluded.moments, shapes = excluded.shapes, stacked = excluded.stacked",
    )?
    .execute(params![start_ms, sql::int(shapes.len() as u64), shapes, stacked])?;
    Ok(changed)
}

fn read(db: &Connection, start_ms: i64) -> Result<Vec<Seen>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, person, sort_ms, width, height, kind, look.hash, stack, stack_count
         FROM moment LEFT JOIN look ON look.moment = moment.id
         WHERE shown = 1 AND sort_ms >= ?1 AND sort_ms < ?2 ORDER BY sort_ms DESC, id DESC",
    )?;
    let seen = statement.query_map([start_ms, start_ms + QUARTER_MS], |row| {
        Ok(Seen {
            id: sql::operation_id(row)?,
            shape: shape(row.get(3)?, row.get(4)?),
            frame: stack::Frame {
                author: DeviceId(row.get(1)?),
                at_ms: sql::uint(row, 2)?,
                is_still: MomentKind::read(row, 5)? != MomentKind::Clip,
                look: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
            },
            stack: row.get::<_, Option<_>>(7)?.map(OperationId),
            stack_count: row.get(8)?,
        })
    })?;
    Ok(seen.collect::<Result<_, _>>()?)
}

/// The quarter in which a moment is shown.
pub(crate) fn of(db: &Connection, moment: OperationId) -> Result<Option<i64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT sort_ms FROM moment WHERE id = ?1 AND shown = 1")?;
    Ok(statement.query_row([moment.0], |row| row.get(0)).optional()?.map(quarter))
}

/// How many moments of each person, member or guest, are shown, kept beside the buckets.
pub(crate) fn tally(db: &Connection, author: [u8; 32], step: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO tally (author, moments) VALUES (?1, ?2)
         ON CONFLICT (author) DO UPDATE SET moments = moments + excluded.moments",
    )?
    .execute(params![author, step])?;
    if step < 0 {
        db.prepare_cached("DELETE FROM tally WHERE author = ?1 AND moments = 0")?.execute([author])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(count: i64, every: i64) -> Vec<Quarter> {
        (0..count)
            .rev()
            .map(|n| Quarter { start_ms: n * every * QUARTER_MS, moments: 1, shapes: vec![n as u8] })
            .collect()
    }

    #[test]
    fn a_shape_steps_evenly_from_a_tower_to_a_panorama() {
        assert_eq!([shape(1, 2), shape(1, 9), shape(3, 1), shape(0, 5)], [0, 0, 255, shape(1, 1)]);
        let ratio = |byte: u8| 0.5 * 6_f64.powf(f64::from(byte) / 255.0);
        for (width, height) in [(4_032, 3_024), (3_024, 4_032), (1_920, 1_080), (1, 1)] {
            let given = f64::from(width) / f64::from(height);
            assert!((ratio(shape(width, height)) / given - 1.0).abs() < 0.004, "{width}x{height}");
        }
    }

    #[test]
    fn hours_are_joined_until_they_are_few() {
        let day = join(&quarters(96, 1), 0);
        assert_eq!((day.len(), day[0].moments), (24, 4));
        assert_eq!(day[0].shapes, [95, 94, 93, 92], "newest first");
        let month = join(&quarters(31 * 24, 4), 0);
        assert_eq!((month.len(), month[0].until_ms - month[0].start_ms), (31 * 8, 3 * 3_600_000));
        let years = join(&quarters(3 * 365 * 24, 4), 0);
        assert_eq!(years.len(), 3 * 365, "days at the longest");
    }

    #[test]
    fn hours_begin_where_the_zone_says() {
        let india = join(&quarters(8, 1), 5 * HOUR_MS + HOUR_MS / 2);
        let starts: Vec<_> = india.iter().map(|bucket| bucket.start_ms / 60_000).collect();
        assert_eq!(starts, [90, 30, 0]);
    }
}
