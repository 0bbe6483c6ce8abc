//! Clips that go out while they are recorded: the opening is the moment, its original grows with its fragments, and the
//! closing says what it came to.

use glow_model::{BlobRef, ClipClose, DeviceId, FragmentId, ModelError, OperationId, Segments, codec};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    ClipRow, GroupStore, IncomingFragment, Part, StoreError, Tier,
    projection::blob_use::{self, Place},
    sql,
    table::blob,
};

impl GroupStore {
    /// Clips on the timeline that nobody closed, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unclosed_clips(&self) -> Result<Vec<ClipRow>, StoreError> {
        self.read(|db| {
            let mut statement =
                db.prepare_cached(&format!("{CLIP} unclosed = 1 AND shown = 1 ORDER BY sort_ms DESC"))?;
            let clips = statement.query_map([], read)?;
            Ok(clips.collect::<Result<_, _>>()?)
        })
    }

    /// What is known of an opened clip; nothing for another moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clip(&self, id: OperationId) -> Result<Option<ClipRow>, StoreError> {
        self.read(|db| find(db, id))
    }
}

const CLIP: &str = "SELECT id, author, own, sort_ms, shown, unclosed, fragments, heard_ms, received_ms FROM moment
    WHERE opened = 1 AND ";

pub(crate) fn find(db: &Connection, id: OperationId) -> Result<Option<ClipRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{CLIP} id = ?1"))?;
    Ok(statement.query_row([id.0], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ClipRow> {
    Ok(ClipRow {
        id: sql::operation_id(row)?,
        author: DeviceId(row.get(1)?),
        own: row.get(2)?,
        sort_ms: sql::uint(row, 3)?,
        shown: row.get(4)?,
        unclosed: row.get(5)?,
        fragments: row.get(6)?,
        heard_ms: sql::uint_or_null(row, 7)?.unwrap_or(sql::uint(row, 8)?),
    })
}

/// Notes that a moment is an opened clip.
pub(crate) fn open(db: &Connection, id: OperationId) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE moment SET opened = 1 WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// Stores what a closing says.
pub(crate) fn insert_close(
    db: &Connection,
    (id, author, seq): (OperationId, DeviceId, u64),
    close: &ClipClose,
) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO clip_close (id, author, seq, clip, media, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![id.0, author.0, sql::int(seq), close.clip.0, close.media.0, codec::encode(close)])?;
    Ok(())
}

/// Removes a closing. Answers its clip.
pub(crate) fn delete_close(db: &Connection, id: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM clip_close WHERE id = ?1 RETURNING clip")?;
    Ok(statement.query_row([id.0], sql::operation_id).optional()?)
}

/// The closing that counts: the first in the log of the clip's author.
fn closing(db: &Connection, clip: &ClipRow) -> Result<Option<ClipClose>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT said FROM clip_close WHERE clip = ?1 AND author = ?2 ORDER BY seq, id LIMIT 1")?;
    let said: Option<Vec<u8>> = statement.query_row(params![clip.id.0, clip.author.0], |row| row.get(0)).optional()?;
    let read = |bytes: Vec<u8>| -> Result<ClipClose, ModelError> { codec::decode(&bytes, "clip") };
    said.map(read).transpose().map_err(StoreError::row("clip_close"))
}

/// The fragments that follow each other from the first, and how long they play.
fn prefix(db: &Connection, clip: OperationId) -> Result<(Vec<BlobRef>, u64), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT blob, key, size, place, id, previous, duration_ms FROM fragment WHERE clip = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([clip.0])?;
    let (mut segments, mut duration_ms, mut last) = (Vec::new(), 0, FragmentId(clip.0));
    while let Some(row) = rows.next()? {
        let follows = sql::uint(row, 3)? == segments.len() as u64 && FragmentId(row.get(5)?) == last;
        if !follows {
            break;
        }
        segments.push(sql::blob_ref(row, 0)?);
        last = FragmentId(row.get(4)?);
        duration_ms += sql::uint(row, 6)?;
    }
    Ok((segments, duration_ms))
}

/// Derives an opened clip; nothing for another moment. Answers whether it became another.
pub(crate) fn derive(db: &Connection, moment: OperationId) -> Result<Option<bool>, StoreError> {
    let Some(clip) = find(db, moment)? else {
        return Ok(None);
    };
    let place = Place { moment, sort_ms: clip.sort_ms, shown: clip.shown };
    let close = closing(db, &clip)?;
    let (prefix, prefix_ms) = prefix(db, moment)?;
    let fragments = prefix.len() as u64;
    let heard_ms: Option<i64> = db
        .prepare_cached("SELECT max(received_ms) FROM fragment WHERE clip = ?1")?
        .query_row([moment.0], |row| row.get(0))?;
    let (manifest, named) = match close.as_ref().map(|close| &close.original.segments) {
        None => (None, None),
        Some(Segments::Inline(segments)) => (None, Some(segments.clone())),
        Some(Segments::Manifest(manifest)) => {
            let named = blob::segments_of(db, manifest.id)?;
            (Some(manifest), (!named.is_empty()).then_some(named))
        }
    };
    let is_known = named.is_some();
    let segments = named.unwrap_or(prefix);
    let size = match &close {
        Some(close) => Some(close.original.size),
        None if segments.is_empty() => None,
        None => Some(segments.iter().map(|segment| segment.size).sum()),
    };
    blob_use::replace_segments(db, place, Part::Original, manifest, &segments)?;
    let previews = close.as_ref().map(|close| (close.grid.as_ref(), close.screen.as_ref()));
    let (grid, screen) = previews.unwrap_or_default();
    blob_use::replace_preview(db, place, (Part::Grid, Tier::Grid), grid)?;
    blob_use::replace_preview(db, place, (Part::Screen, Tier::Screen), screen)?;
    let duration_ms = close.as_ref().map_or(prefix_ms, |close| close.duration_ms.into());
    let changed = db
        .prepare_cached(
            "UPDATE moment SET original_size = ?2, grid_size = ?3, screen_size = ?4, placeholder = ?5, duration_ms = ?6,
               unclosed = ?7, fragments = ?8, heard_ms = ?9
             WHERE id = ?1
               AND (original_size, grid_size, screen_size, placeholder, duration_ms, unclosed, fragments, heard_ms)
               IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            moment.0,
            size.map(sql::int),
            grid.map(|blob| sql::int(blob.size)),
            screen.map(|blob| sql::int(blob.size)),
            close.as_ref().map_or(&[][..], |close| close.placeholder.as_slice()),
            (duration_ms > 0).then_some(sql::int(duration_ms)),
            close.is_none(),
            if is_known { 0 } else { sql::int(fragments) },
            heard_ms.filter(|_| close.is_none()),
        ])?;
    if is_known {
        forget_fragments(db, moment)?;
    }
    blob_use::refresh_one(db, moment)?;
    Ok(Some(changed > 0))
}

/// Whether a clip's records are of use: it is not closed, or what it came to was not read yet.
pub(crate) fn takes_fragments(db: &Connection, clip: &ClipRow) -> Result<bool, StoreError> {
    match closing(db, clip)?.map(|close| close.original.segments) {
        None => Ok(true),
        Some(Segments::Inline(_)) => Ok(false),
        Some(Segments::Manifest(manifest)) => Ok(blob::segments_of(db, manifest.id)?.is_empty()),
    }
}

/// Appends a fragment that follows those there are.
pub(crate) fn append(db: &Connection, clip: &ClipRow, fragment: &IncomingFragment) -> Result<(), StoreError> {
    let (segment, duration_ms) = (&fragment.body.blob, fragment.body.duration_ms);
    let place = Place { moment: clip.id, sort_ms: clip.sort_ms, shown: clip.shown };
    blob_use::insert(db, place, (Part::Original, Tier::Original, i64::from(clip.fragments) + 1), segment)?;
    db.prepare_cached(
        "UPDATE moment SET original_size = coalesce(original_size, 0) + ?2, fragments = fragments + 1,
           duration_ms = nullif(coalesce(duration_ms, 0) + ?3, 0), heard_ms = max(coalesce(heard_ms, 0), ?4)
         WHERE id = ?1",
    )?
    .execute(params![clip.id.0, sql::int(segment.size), duration_ms, sql::int(fragment.received_ms)])?;
    blob_use::refresh_one(db, clip.id)?;
    Ok(())
}

pub(crate) fn forget_fragments(db: &Connection, clip: OperationId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM fragment WHERE clip = ?1")?.execute([clip.0])?;
    Ok(())
}
