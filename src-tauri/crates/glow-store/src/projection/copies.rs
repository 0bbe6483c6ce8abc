//! On how many devices things are, by those devices' own signed word, and what this device can say of itself.
//!
//! What a device says of a moment is said of the operation that names its bytes: the moment itself, the original added to
//! it, or the closing of a clip that went out while it was recorded. Of a clip that nobody closed nothing can be said. A place
//! in a log at which there are two operations counts for nobody.

use glow_model::{
    BlobId, DeviceId, OperationId,
    state::{Holdings, Marks, TakebackDone},
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{CopiesReport, GroupStore, StoreError, TakebackRow, sql};

/// Kinds of marks.
pub(crate) const ORIGINALS: i64 = 0;
pub(crate) const PREVIEWS: i64 = 1;
pub(crate) const TAKEN_BACK: i64 = 2;

/// Kinds of operations that name no bytes.
const NAMES_NO_BYTES: [u16; 12] = [1, 2, 3, 4, 5, 12, 66, 67, 71, 74, 75, 76];
const MOMENT: u16 = 64;
const ORIGINAL_ADDED: u16 = 65;
const CLIP_CLOSE: u16 = 72;
const GUEST_POST: u16 = 73;

/// The place of the operation that names the original of `moment`, or its previews where it has no original; nothing for a
/// clip that nobody closed.
pub(crate) const NAMED_AT: &str = "(CASE
    WHEN moment.opened
      THEN (SELECT seq FROM clip_close WHERE clip_close.clip = moment.id
            AND clip_close.author = moment.author ORDER BY seq, id LIMIT 1)
    WHEN moment.original_size IS NULL OR moment.brought_original IS NOT NULL
      THEN (SELECT seq FROM operation WHERE id = moment.id)
    ELSE (SELECT seq FROM added_original WHERE added_original.moment = moment.id
            AND added_original.author = moment.author ORDER BY seq, id LIMIT 1) END)";

impl GroupStore {
    /// What this device holds for good: the operations of which it knows what they say and holds every byte they name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_holdings(&self) -> Result<Holdings, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(OWN)?;
            let mut rows = statement.query([])?;
            let mut holdings = Holdings::default();
            let mut last: Option<Known> = None;
            while let Some(row) = rows.next()? {
                let known = Known::read(row)?;
                match &mut last {
                    // Two histories: nobody can say which of the two is meant.
                    Some(last) if (last.author, last.seq) == (known.author, known.seq) => {
                        (last.originals, last.previews) = (false, false);
                    }
                    _ => last.replace(known).iter().for_each(|before| before.mark(&mut holdings)),
                }
            }
            last.iter().for_each(|known| known.mark(&mut holdings));
            Ok(holdings)
        })
    }

    /// What was taken back and is erased here; nothing while bytes that nothing names are still on the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_takebacks(&self) -> Result<Option<TakebackDone>, StoreError> {
        if !self.unused_blobs()?.is_empty() {
            return Ok(None);
        }
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT author, seq FROM operation WHERE state = 1 OR (state = 0 AND kind IS NOT NULL)
                 ORDER BY author, seq",
            )?;
            let mut rows = statement.query([])?;
            let mut marks = Marks::default();
            while let Some(row) = rows.next()? {
                marks.insert(DeviceId(row.get(0)?), sql::uint(row, 1)?);
            }
            Ok(Some(TakebackDone(marks)))
        })
    }

    /// The places of all retractions known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retractions(&self) -> Result<Vec<(DeviceId, u64)>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT operation.author, operation.seq FROM retraction JOIN operation ON operation.id = retraction.id",
            )?;
            let places = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), sql::uint(row, 1)?)))?;
            Ok(places.collect::<Result<_, _>>()?)
        })
    }

    /// Counts the copies of moments again of which somebody's word changed, at most so many runs. Answers the moments on the
    /// timeline whose count is another, and whether there is more to do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn recount_copies(&self, limit: usize) -> Result<(Vec<OperationId>, bool), StoreError> {
        self.write(|db| recount_some(db, limit))
    }

    /// The state of the copies of everything on the timeline.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn copies_report(&self) -> Result<CopiesReport, StoreError> {
        self.read(|db| {
            let here = "(copies + CASE WHEN original_size IS NULL
                THEN (own OR coalesce(grid_size, 0) = grid_held AND coalesce(screen_size, 0) = screen_held)
                ELSE coalesce(original_size, 0) = original_held AND coalesce(motion_size, 0) = motion_held END)";
            let mut statement = db.prepare_cached(&format!(
                "SELECT count(*), min({here}), coalesce(sum({here} < 3), 0),
                   coalesce(sum(own AND copies = 0), 0), coalesce(sum(NOT own AND {here} = 1 AND copies = 0), 0)
                 FROM moment WHERE shown = 1"
            ))?;
            let report = statement.query_row([], |row| {
                Ok(CopiesReport {
                    moments: sql::uint(row, 0)?,
                    at_least: sql::uint_or_null(row, 1)?.unwrap_or(0),
                    below_three: sql::uint(row, 2)?,
                    own_only_here: sql::uint(row, 3)?,
                    others_only_here: sql::uint(row, 4)?,
                    heard_ms: None,
                })
            })?;
            let mut statement = db.prepare_cached(
                "SELECT min(state.time_ms) FROM state JOIN member ON member.device = state.device
                 WHERE slot = 3 AND EXISTS (SELECT 1 FROM mark WHERE mark.device = state.device)",
            )?;
            let heard_ms = statement.query_row([], |row| sql::uint_or_null(row, 0))?;
            Ok(CopiesReport { heard_ms, ..report })
        })
    }

    /// The devices that say that they hold what the operation at this place names, with when they said it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holders_of(&self, author: DeviceId, seq: u64) -> Result<Vec<(DeviceId, u64)>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT DISTINCT mark.device, state.time_ms FROM mark
                 JOIN member ON member.device = mark.device
                 JOIN state ON state.device = mark.device AND state.slot = 3
                 WHERE mark.kind = 0 AND mark.author = ?1 AND mark.first <= ?2 AND mark.last >= ?2
                   AND (SELECT count(*) FROM operation WHERE author = ?1 AND seq = ?2) = 1",
            )?;
            let holders = statement
                .query_map(params![author.0, sql::int(seq)], |row| Ok((DeviceId(row.get(0)?), sql::uint(row, 1)?)))?;
            Ok(holders.collect::<Result<_, _>>()?)
        })
    }

    /// What this device took back, newest first, and from how many other members it is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn takebacks(&self, me: DeviceId, limit: usize) -> Result<Vec<TakebackRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT retraction.target, operation.time_ms,
                   (SELECT count(DISTINCT mark.device) FROM mark JOIN member ON member.device = mark.device
                    WHERE mark.kind = 2 AND mark.author = operation.author AND mark.device <> ?1
                      AND mark.first <= operation.seq AND mark.last >= operation.seq)
                 FROM retraction JOIN operation ON operation.id = retraction.id
                 WHERE retraction.author = ?1 ORDER BY operation.seq DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![me.0, sql::int(limit as u64)], |row| {
                Ok(TakebackRow { moment: sql::operation_id(row)?, at_ms: sql::uint(row, 1)?, gone: sql::uint(row, 2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

const OWN: &str = "SELECT operation.author, operation.seq, operation.state, operation.kind,
      about.id IS NOT NULL, about.id = operation.id AND about.brought_original IS NULL AND about.brought_motion IS NULL,
      coalesce(about.original_size, 0) = about.original_held AND coalesce(about.motion_size, 0) = about.motion_held
        AND NOT EXISTS (SELECT 1 FROM blob_use JOIN carried ON carried.blob = blob_use.blob WHERE blob_use.moment = about.id),
      coalesce(about.grid_size, 0) = about.grid_held AND coalesce(about.screen_size, 0) = about.screen_held,
      CASE WHEN closed.id IS NULL THEN 0 ELSE about.unclosed = 0 AND about.fragments = 0
        AND closed.id = (SELECT id FROM clip_close AS one WHERE one.clip = about.id AND one.author = about.author
          ORDER BY seq, id LIMIT 1)
        AND NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.moment = about.id AND part >= 2 AND held = 0) END
    FROM operation
    LEFT JOIN added_original ON added_original.id = operation.id
    LEFT JOIN clip_close AS closed ON closed.id = operation.id
    LEFT JOIN moment AS about ON about.id = coalesce(added_original.moment, closed.clip, operation.id)
    WHERE operation.state < 2 ORDER BY operation.author, operation.seq";

/// An operation as this device knows it: whether it holds what it names.
struct Known {
    author: DeviceId,
    seq: u64,
    originals: bool,
    previews: bool,
}

impl Known {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let (retracted, kind) = (row.get::<_, i64>(2)? == 1, row.get::<_, Option<u16>>(3)?);
        let (live, names_no_original) = (row.get::<_, bool>(4)?, row.get::<_, Option<bool>>(5)?.unwrap_or(false));
        let whole = live && row.get::<_, Option<bool>>(6)?.unwrap_or(false);
        let previewed = live && row.get::<_, Option<bool>>(7)?.unwrap_or(false);
        // The closing that counts, and it is known what it names: until then a clip is as long as its records say.
        let closes = live && row.get::<_, Option<bool>>(8)?.unwrap_or(false);
        let (originals, previews) = match kind {
            _ if retracted => (true, true),
            Some(MOMENT) => (names_no_original || whole, previewed),
            // Of a guest's, only files name bytes.
            Some(GUEST_POST) => (!live || names_no_original || whole, !live || previewed),
            Some(ORIGINAL_ADDED) => (whole, true),
            Some(CLIP_CLOSE) => (closes && whole, closes && previewed),
            Some(kind) if NAMES_NO_BYTES.contains(&kind) => (true, true),
            Some(_) | None => (false, false),
        };
        Ok(Self { author: DeviceId(row.get(0)?), seq: sql::uint(row, 1)?, originals, previews })
    }

    fn mark(&self, holdings: &mut Holdings) {
        if self.originals {
            holdings.originals.insert(self.author, self.seq);
        }
        if self.previews {
            holdings.previews.insert(self.author, self.seq);
        }
    }
}

/// Notes that the moments named in this run of a log are to be counted again.
pub(crate) fn recount(db: &Connection, author: DeviceId, first: u64, last: u64) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO recount (author, first, last) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![author.0, sql::int(first), sql::int(last)])?;
    Ok(())
}

/// As [`recount`], for one moment.
pub(crate) fn recount_moment(db: &Connection, moment: OperationId) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT author, seq FROM operation WHERE id = ?1")?;
    let place = statement.query_row([moment.0], |row| Ok((DeviceId(row.get(0)?), sql::uint(row, 1)?))).optional()?;
    match place {
        Some((author, seq)) => recount(db, author, seq, seq),
        None => Ok(()),
    }
}

/// Counts the copies in so many noted runs. Answers moments whose count is another, and whether there may be more to do.
pub(crate) fn recount_some(db: &Connection, limit: usize) -> Result<(Vec<OperationId>, bool), StoreError> {
    let mut changed = Vec::new();
    let runs = take_runs(db, limit)?;
    for (author, first, last) in &runs {
        for moment in moments_in(db, *author, *first, *last)? {
            changed.extend(count_again(db, moment)?);
        }
    }
    Ok((changed, runs.len() == limit))
}

fn take_runs(db: &Connection, limit: usize) -> Result<Vec<(DeviceId, u64, u64)>, StoreError> {
    let mut statement = db.prepare_cached(
        "DELETE FROM recount WHERE (author, first, last) IN (SELECT author, first, last FROM recount LIMIT ?1)
         RETURNING author, first, last",
    )?;
    let runs = statement.query_map([sql::int(limit as u64)], |row| {
        Ok((DeviceId(row.get(0)?), sql::uint(row, 1)?, sql::uint(row, 2)?))
    })?;
    Ok(runs.collect::<Result<_, _>>()?)
}

pub(crate) fn moments_in(
    db: &Connection,
    author: DeviceId,
    first: u64,
    last: u64,
) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(added_original.moment, clip_close.clip, operation.id) FROM operation
         LEFT JOIN added_original ON added_original.id = operation.id
         LEFT JOIN clip_close ON clip_close.id = operation.id
         WHERE operation.author = ?1 AND operation.seq BETWEEN ?2 AND ?3 AND operation.kind IN (64, 65, 71, 72, 73)",
    )?;
    let moments = statement.query_map(params![author.0, sql::int(first), sql::int(last)], sql::operation_id)?;
    Ok(moments.collect::<Result<_, _>>()?)
}

fn count_again(db: &Connection, moment: OperationId) -> Result<Option<OperationId>, StoreError> {
    let copies = count(db, moment)?;
    let mut statement =
        db.prepare_cached("UPDATE moment SET copies = ?2 WHERE id = ?1 AND copies <> ?2 RETURNING shown")?;
    let shown: Option<bool> = statement.query_row(params![moment.0, copies], |row| row.get(0)).optional()?;
    Ok(shown.filter(|shown| *shown).map(|_| moment))
}

/// Other members that hold the original of a moment, or its previews where it has none: by their own word, or by what they
/// announced since.
pub(crate) fn count(db: &Connection, moment: OperationId) -> Result<i64, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT count(*) FROM
           (SELECT mark.device FROM moment JOIN mark
              ON mark.kind = (moment.original_size IS NULL) AND mark.author = moment.author
             AND mark.first <= {NAMED_AT} AND mark.last >= {NAMED_AT}
            WHERE moment.id = ?1
              AND (SELECT count(*) FROM operation WHERE author = moment.author AND seq = {NAMED_AT}) = 1
            UNION
            SELECT holder.device FROM blob_use JOIN holder ON holder.blob = blob_use.blob
            WHERE blob_use.moment = ?1 AND blob_use.part = 2 AND blob_use.position > 0
            GROUP BY holder.device
            HAVING count(*) = (SELECT count(*) FROM blob_use WHERE moment = ?1 AND part = 2 AND position > 0)) AS held
         WHERE EXISTS (SELECT 1 FROM member WHERE member.device = held.device)
           AND NOT EXISTS (SELECT 1 FROM presence WHERE presence.device = held.device AND presence.wakefulness = 2)"
    ))?;
    Ok(statement.query_row([moment.0], |row| row.get(0))?)
}

/// The blobs that an original and its moving part are made of, and their manifests.
pub(crate) fn blobs_of(db: &Connection, moment: OperationId) -> Result<Vec<(BlobId, u64)>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT blob, size FROM blob_use WHERE moment = ?1 AND part >= 2 ORDER BY part, position")?;
    let blobs = statement.query_map([moment.0], |row| Ok((BlobId(row.get(0)?), sql::uint(row, 1)?)))?;
    Ok(blobs.collect::<Result<_, _>>()?)
}
