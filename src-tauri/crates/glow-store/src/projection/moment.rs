//! Moments: one row each as long as they are not taken back.

use glow_model::{CameraBodyId, DeviceId, MediaId, Moment, MomentKind, OperationId, Place, codec};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    GroupStore, HoldRow, MomentRow, Part, PartRow, StoreError, Tier,
    projection::{blob_use, clip, hold, search},
    sql::{self, Code},
};

pub(crate) const COLUMNS: &str =
    "id, author, kind, media, media_type, width, height, duration_ms, captured_ms, offset_min,
    camera, file_name, placeholder, sort_ms, received_ms, own, shown, caption, caption_head,
    grid_size, grid_held, screen_size, screen_held, original_size, original_held, motion_size,
    motion_held, motion_type, needs_choice, copies, favourite, stack, stack_count, latitude_e6, longitude_e6, unclosed, heard_ms,
    camera_body, shift_ms, held_back, author_hold, host_hold, person";

impl GroupStore {
    /// The moment of an operation; where another moment with the same capture is in its place on the timeline, that one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn moment(&self, id: OperationId) -> Result<Option<MomentRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM moment
                 WHERE media = (SELECT media FROM moment WHERE id = ?1) AND shown = 1"
            ))?;
            Ok(statement.query_row([id.0], read).optional()?)
        })
    }

    /// These moments in the order asked for, whether or not they are shown; others are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn moments(&self, ids: &[OperationId]) -> Result<Vec<MomentRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM moment WHERE id = ?1"))?;
            let mut moments = Vec::with_capacity(ids.len());
            for id in ids {
                moments.extend(statement.query_row([id.0], read).optional()?);
            }
            Ok(moments)
        })
    }

    /// The moment on the timeline that shows a capture.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn moment_by_media(&self, media: MediaId) -> Result<Option<OperationId>, StoreError> {
        self.read(|db| match shown(db, media)? {
            Some(id) => Ok(Some(id)),
            None => recorded(db, media),
        })
    }

    /// This device's own moment with the same capture: the moment itself, or one behind it that somebody else's stands in
    /// front of. That one's segments are what this device shared, and that one this device can take back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_twin(&self, id: OperationId) -> Result<Option<OperationId>, StoreError> {
        self.read(|db| own_twin(db, id))
    }
}

/// A moment that lives, in the set of those with the same capture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    pub(crate) id: OperationId,
    pub(crate) author: DeviceId,
    pub(crate) shown: bool,
    /// Whether it may be shown at all: what guests post may be held back.
    pub(crate) visible: bool,
}

/// Live moments of one capture, lowest id first and those of guests without an original last: the first visible one is shown.
pub(crate) fn of_media(db: &Connection, media: MediaId) -> Result<Vec<Live>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT moment.id, moment.author, shown, coalesce(hidden, 0) = 0 FROM moment
         LEFT JOIN guest_post ON guest_post.id = moment.id WHERE moment.media = ?1 ORDER BY early, moment.id",
    )?;
    let live = statement.query_map([media.0], |row| {
        Ok(Live {
            id: sql::operation_id(row)?,
            author: DeviceId(row.get(1)?),
            shown: row.get(2)?,
            visible: row.get(3)?,
        })
    })?;
    Ok(live.collect::<Result<_, _>>()?)
}

pub(crate) fn shown(db: &Connection, media: MediaId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id FROM moment WHERE media = ?1 AND shown = 1")?;
    Ok(statement.query_row([media.0], sql::operation_id).optional()?)
}

/// The clip on the timeline whose whole recording this capture is.
fn recorded(db: &Connection, media: MediaId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT moment.id FROM clip_close JOIN moment ON moment.id = clip_close.clip AND moment.author = clip_close.author
         WHERE clip_close.media = ?1 AND moment.opened = 1 AND moment.shown = 1 LIMIT 1",
    )?;
    Ok(statement.query_row([media.0], sql::operation_id).optional()?)
}

pub(crate) fn own_twin(db: &Connection, id: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id FROM moment WHERE media = (SELECT media FROM moment WHERE id = ?1) AND own = 1
         ORDER BY id = ?1 DESC, id LIMIT 1",
    )?;
    Ok(statement.query_row([id.0], sql::operation_id).optional()?)
}

/// The capture that a live moment is of.
pub(crate) fn media(db: &Connection, id: OperationId) -> Result<Option<MediaId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT media FROM moment WHERE id = ?1")?;
    let media = statement.query_row([id.0], |row| Ok(MediaId(row.get(0)?)));
    Ok(media.optional()?)
}

/// What stands beside a moment's body.
pub(crate) struct Posted {
    pub(crate) id: OperationId,
    pub(crate) author: DeviceId,
    pub(crate) received_ms: u64,
    pub(crate) own: bool,
    pub(crate) shift_ms: i64,
    pub(crate) sort_ms: u64,
    /// Who posted it, as people see it.
    pub(crate) person: DeviceId,
    /// Whether it is a guest's, and its original is to come.
    pub(crate) early: bool,
}

/// Stores what a moment says. It is not shown before its capture is derived.
pub(crate) fn insert(db: &Connection, posted: &Posted, moment: &Moment) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO moment
           (id, author, kind, media, media_type, width, height, duration_ms, captured_ms, offset_min, camera, file_name,
            placeholder, sort_ms, received_ms, own, grid_size, screen_size, brought_original, brought_motion,
            latitude_e6, longitude_e6, camera_body, shift_ms, person, early, favourite, looked)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
            ?21, ?22, ?23, ?24, ?25, ?26, EXISTS (SELECT 1 FROM favourite WHERE media = ?4), EXISTS (SELECT 1 FROM look WHERE moment = ?1))",
    )?
    .execute(params![
        posted.id.0,
        posted.author.0,
        moment.kind.code(),
        moment.media.0,
        moment.media_type,
        moment.width,
        moment.height,
        moment.duration_ms,
        sql::int(moment.captured_ms),
        moment.offset_min,
        moment.camera,
        moment.file_name,
        moment.placeholder.as_slice(),
        sql::int(posted.sort_ms),
        sql::int(posted.received_ms),
        posted.own,
        moment.grid.as_ref().map(|blob| sql::int(blob.size)),
        moment.screen.as_ref().map(|blob| sql::int(blob.size)),
        moment.original.as_ref().map(codec::encode),
        moment.motion.as_ref().map(codec::encode),
        moment.place.map(|place| place.latitude_e6),
        moment.place.map(|place| place.longitude_e6),
        moment.camera_body.map(|body| body.0),
        posted.shift_ms,
        posted.person.0,
        posted.early,
    ])?;
    let place = blob_use::Place { moment: posted.id, sort_ms: posted.sort_ms, shown: false };
    for (part, tier, preview) in [(Part::Grid, Tier::Grid, &moment.grid), (Part::Screen, Tier::Screen, &moment.screen)]
    {
        if let Some(blob) = preview {
            blob_use::insert(db, place, (part, tier, 1), blob)?;
        }
    }
    Ok(())
}

/// Removes what a moment said, after it was taken from the timeline.
pub(crate) fn delete(db: &Connection, id: OperationId) -> Result<(), StoreError> {
    blob_use::delete(db, id)?;
    search::forget(db, id)?;
    db.prepare_cached("DELETE FROM look WHERE moment = ?1")?.execute([id.0])?;
    clip::forget_fragments(db, id)?;
    db.prepare_cached("DELETE FROM moment WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<MomentRow> {
    Ok(MomentRow {
        id: sql::operation_id(row)?,
        author: DeviceId(row.get(1)?),
        kind: MomentKind::read(row, 2)?,
        media: MediaId(row.get(3)?),
        media_type: row.get(4)?,
        width: row.get(5)?,
        height: row.get(6)?,
        duration_ms: row.get(7)?,
        captured_ms: sql::uint(row, 8)?,
        offset_min: row.get(9)?,
        camera: row.get(10)?,
        file_name: row.get(11)?,
        placeholder: row.get(12)?,
        sort_ms: sql::uint(row, 13)?,
        received_ms: sql::uint(row, 14)?,
        own: row.get(15)?,
        shown: row.get(16)?,
        caption: row.get(17)?,
        caption_head: row.get::<_, Option<_>>(18)?.map(OperationId),
        grid: part(row, 19)?,
        screen: part(row, 21)?,
        original: part(row, 23)?,
        motion: part(row, 25)?,
        motion_type: row.get(27)?,
        needs_choice: row.get(28)?,
        copies: row.get(29)?,
        favourite: row.get(30)?,
        stack: row.get::<_, Option<_>>(31)?.map(OperationId),
        stack_count: row.get(32)?,
        place: place(row)?,
        unclosed: row.get(35)?,
        heard_ms: sql::uint_or_null(row, 36)?,
        person: DeviceId(row.get(42)?),
        camera_body: row.get::<_, Option<_>>(37)?.map(CameraBodyId),
        shift_ms: row.get(38)?,
        hold: HoldRow {
            by_author: row.get::<_, u8>(39)? & hold::BY_AUTHOR != 0,
            by_hosts: row.get::<_, u8>(39)? & hold::BY_HOSTS != 0,
            author_head: row.get::<_, Option<_>>(40)?.map(OperationId),
            host_head: row.get::<_, Option<_>>(41)?.map(OperationId),
        },
    })
}

fn place(row: &Row<'_>) -> rusqlite::Result<Option<Place>> {
    let (latitude_e6, longitude_e6) = (row.get::<_, Option<i32>>(33)?, row.get::<_, Option<i32>>(34)?);
    Ok(latitude_e6.zip(longitude_e6).map(|(latitude_e6, longitude_e6)| Place { latitude_e6, longitude_e6 }))
}

fn part(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<PartRow>> {
    let Some(size_bytes) = sql::uint_or_null(row, first)? else {
        return Ok(None);
    };
    Ok(Some(PartRow { size_bytes, held_bytes: sql::uint(row, first + 1)? }))
}
