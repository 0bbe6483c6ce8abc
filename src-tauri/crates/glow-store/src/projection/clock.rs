//! Clocks of cameras: what each was set to, and where its moments stand because of it. A clip that goes out while it is recorded
//! is none of a camera's: its time is that of the device that records.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{
    CameraBodyId, CameraClock, CameraIdentity, ClockShift, DeviceId, ModelError, OperationId, body::shift_at, codec,
    limits,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    CameraRow, ClockRow, GroupStore, StoreError,
    projection::{blob_use, bucket, chain, member, search},
    sql,
};

impl GroupStore {
    /// The cameras that moments on the timeline were captured with, of one device or of all, most moments first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cameras(&self, author: Option<DeviceId>) -> Result<Vec<CameraRow>, StoreError> {
        self.read(|db| {
            let whose = if author.is_some() { "author = ?1" } else { "?1 IS NULL" };
            let mut statement = db.prepare_cached(&format!(
                "SELECT author, camera, camera_body, count(*), min(captured_ms), max(captured_ms)
                 FROM moment INDEXED BY moment_camera WHERE {whose} AND shown = 1 AND opened = 0 AND person = author
                 GROUP BY author, camera, camera_body ORDER BY 4 DESC, 1, 2, 3"
            ))?;
            let found = statement.query_map([author.map(|author| author.0)], |row| {
                Ok((camera(row, 0)?, sql::uint(row, 3)?, sql::uint(row, 4)?, sql::uint(row, 5)?))
            })?;
            let mut cameras = Vec::new();
            for row in found {
                let (camera, moments, first_ms, last_ms) = row?;
                let clock = find(db, &camera)?;
                cameras.push(CameraRow { camera, moments, first_ms, last_ms, clock });
            }
            Ok(cameras)
        })
    }

    /// Moments of a camera spread over what it captured, at most so many: enough to recognise it by.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn camera_samples(&self, camera: &CameraIdentity, most: usize) -> Result<Vec<OperationId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT id FROM
                   (SELECT id, captured_ms, row_number() OVER (ORDER BY captured_ms, id) - 1 AS place, count(*) OVER () AS count
                    FROM moment INDEXED BY moment_camera
                    WHERE author = ?1 AND camera IS ?2 AND camera_body IS ?3 AND shown = 1 AND opened = 0
                      AND person = author)
                 WHERE place = 0 OR place = count - 1 OR place % max(1, (count - 1) / max(1, ?4 - 1)) = 0
                 ORDER BY captured_ms, id LIMIT ?4",
            )?;
            let (author, name, body) = parts(camera);
            let ids = statement.query_map(params![author, name, body, sql::int(most as u64)], sql::operation_id)?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// What the clock of a camera was set to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clock(&self, camera: &CameraIdentity) -> Result<ClockRow, StoreError> {
        self.read(|db| find(db, camera))
    }
}

type Parts<'a> = ([u8; 32], Option<&'a str>, Option<[u8; 8]>);

fn parts(camera: &CameraIdentity) -> Parts<'_> {
    (camera.author.0, camera.name.as_deref(), camera.body.map(|body| body.0))
}

fn camera(row: &Row<'_>, first: usize) -> rusqlite::Result<CameraIdentity> {
    Ok(CameraIdentity {
        author: DeviceId(row.get(first)?),
        name: row.get(first + 1)?,
        body: row.get::<_, Option<_>>(first + 2)?.map(CameraBodyId),
    })
}

pub(crate) fn insert(
    db: &Connection,
    (id, author): (OperationId, DeviceId),
    clock: &CameraClock,
) -> Result<(), StoreError> {
    let (owner, name, body) = parts(&clock.camera);
    db.prepare_cached(
        "INSERT INTO clock (id, author, owner, camera, camera_body, replaces, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![id.0, author.0, owner, name, body, clock.replaces.map(|id| id.0), codec::encode(clock)])?;
    Ok(())
}

/// Removes a setting. Answers its camera.
pub(crate) fn delete(db: &Connection, id: OperationId) -> Result<Option<CameraIdentity>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM clock WHERE id = ?1 RETURNING owner, camera, camera_body")?;
    Ok(statement.query_row([id.0], |row| camera(row, 0)).optional()?)
}

/// Cameras whose clock somebody else than their owner has set: it hangs on who is a host.
pub(crate) fn set_by_others(db: &Connection) -> Result<Vec<CameraIdentity>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT DISTINCT owner, camera, camera_body FROM clock WHERE author <> owner")?;
    let cameras = statement.query_map([], |row| camera(row, 0))?;
    Ok(cameras.collect::<Result<_, _>>()?)
}

/// The setting of a camera's clock that counts.
pub(crate) fn find(db: &Connection, camera: &CameraIdentity) -> Result<ClockRow, StoreError> {
    let (owner, name, body) = parts(camera);
    let mut statement = db.prepare_cached(
        "SELECT id, author, replaces, said FROM clock WHERE owner = ?1 AND camera IS ?2 AND camera_body IS ?3",
    )?;
    let settings = statement.query_map(params![owner, name, body], |row| {
        let replaces = row.get::<_, Option<_>>(2)?.map(OperationId);
        Ok((sql::operation_id(row)?, DeviceId(row.get(1)?), replaces, row.get::<_, Vec<u8>>(3)?))
    })?;
    let mut settings = settings.collect::<Result<Vec<_>, _>>()?;
    if settings.is_empty() {
        return Ok(ClockRow::default());
    }
    let hosts = member::hosts(db)?;
    settings.retain(|(_, author, ..)| *author == camera.author || hosts.contains(author));
    let replaces: BTreeMap<_, _> = settings.iter().map(|(id, _, replaces, _)| (*id, *replaces)).collect();
    let head = chain::winner(&replaces, limits::CLOCK_EDITS);
    let find = |id: Option<OperationId>| settings.iter().find(|(other, ..)| Some(*other) == id);
    let (winner, before) = (find(head), find(head.and_then(|head| replaces[&head])));
    Ok(ClockRow {
        head,
        author: winner.map(|(_, author, ..)| *author),
        shifts: winner.map(|(.., said)| shifts(said)).transpose()?.unwrap_or_default(),
        before: before.map(|(.., said)| shifts(said)).transpose()?.unwrap_or_default(),
    })
}

fn shifts(said: &[u8]) -> Result<Vec<ClockShift>, StoreError> {
    let clock: Result<CameraClock, ModelError> = codec::decode(said, "clock");
    Ok(clock.map_err(StoreError::row("clock"))?.shifts)
}

/// What setting a clock moved.
pub(crate) struct Moved {
    /// Moments on the timeline.
    pub(crate) shown: Vec<OperationId>,
    /// Quarters of an hour that they left, and those that they came to.
    pub(crate) quarters: BTreeSet<i64>,
}

/// Puts every moment of a camera where its clock says: thousands at once, so each table and index is walked in its own order.
pub(crate) fn derive(store: &GroupStore, db: &Connection, camera: &CameraIdentity) -> Result<Moved, StoreError> {
    let shifts = find(db, camera)?.shifts;
    let mut moved = Moved { shown: Vec::new(), quarters: BTreeSet::new() };
    let mut followers = Vec::new();
    let mut captions = Vec::new();
    let mut stand = db.prepare_cached("UPDATE moment SET shift_ms = ?2, sort_ms = ?3 WHERE rowid = ?1")?;
    for stands in moments(db, camera)? {
        let shift_after = shift_at(&shifts, stands.captured_ms);
        if shift_after == stands.shift_ms {
            continue;
        }
        let sort_after = store.sort_ms(stands.captured_ms.saturating_add_signed(shift_after));
        stand.execute(params![stands.row, shift_after, sql::int(sort_after)])?;
        if sort_after != stands.sort_ms {
            followers.push((stands.id, sort_after));
            if stands.is_captioned {
                captions.push((stands.id, sort_after));
            }
        }
        if stands.is_shown {
            moved.shown.push(stands.id);
            moved.quarters.extend([stands.sort_ms, sort_after].map(|ms| bucket::quarter(sql::int(ms))));
        }
    }
    blob_use::set_times(db, followers)?;
    search::move_captions(db, &captions)?;
    Ok(moved)
}

/// Where a moment of a camera stands.
struct Stands {
    row: i64,
    id: OperationId,
    captured_ms: u64,
    shift_ms: i64,
    sort_ms: u64,
    is_shown: bool,
    is_captioned: bool,
}

fn moments(db: &Connection, camera: &CameraIdentity) -> Result<Vec<Stands>, StoreError> {
    let (author, name, body) = parts(camera);
    let mut statement = db.prepare_cached(
        "SELECT id, captured_ms, shift_ms, sort_ms, shown, caption <> '', rowid FROM moment INDEXED BY moment_camera
         WHERE author = ?1 AND camera IS ?2 AND camera_body IS ?3 AND opened = 0 AND person = author",
    )?;
    let moments = statement.query_map(params![author, name, body], |row| {
        Ok(Stands {
            row: row.get(6)?,
            id: sql::operation_id(row)?,
            captured_ms: sql::uint(row, 1)?,
            shift_ms: row.get(2)?,
            sort_ms: sql::uint(row, 3)?,
            is_shown: row.get(4)?,
            is_captioned: row.get(5)?,
        })
    })?;
    Ok(moments.collect::<Result<_, _>>()?)
}
