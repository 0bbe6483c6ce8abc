//! Originals: brought by the moment itself, or added later by its author where it brought none.

use glow_model::{DeviceId, ModelError, OperationId, Original, OriginalAdded, codec};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    Part, StoreError,
    projection::{
        blob_use::{self, Place},
        clip,
    },
    sql,
    table::capture,
};

pub(crate) fn insert(
    db: &Connection,
    (id, author, seq): (OperationId, DeviceId, u64),
    added: &OriginalAdded,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO added_original (id, author, seq, moment, original, motion)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id.0,
        author.0,
        sql::int(seq),
        added.moment.0,
        codec::encode(&added.original),
        added.motion.as_ref().map(codec::encode)
    ])?;
    Ok(())
}

/// Removes an added original. Answers the moment it was added to.
pub(crate) fn delete(db: &Connection, id: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM added_original WHERE id = ?1 RETURNING moment")?;
    Ok(statement.query_row([id.0], sql::operation_id).optional()?)
}

/// Derives the original and the moving part of a moment, and the blobs they use. Answers whether they became others.
pub(crate) fn derive(db: &Connection, moment: OperationId) -> Result<bool, StoreError> {
    if let Some(changed) = clip::derive(db, moment)? {
        return Ok(changed);
    }
    let Some((place, original, motion)) = effective(db, moment)? else {
        return Ok(false);
    };
    blob_use::replace_part(db, place, Part::Original, original.as_ref())?;
    blob_use::replace_part(db, place, Part::Motion, motion.as_ref())?;
    let asks = original.is_none() && capture::needs_choice(db, moment)?.unwrap_or(false);
    let changed = db
        .prepare_cached(
            "UPDATE moment SET original_size = ?2, motion_size = ?3, motion_type = ?4, needs_choice = ?5
             WHERE id = ?1 AND (original_size, motion_size, motion_type, needs_choice) IS NOT (?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            moment.0,
            original.as_ref().map(|original| sql::int(original.size)),
            motion.as_ref().map(|motion| sql::int(motion.size)),
            motion.as_ref().map(|motion| &motion.media_type),
            asks
        ])?;
    blob_use::refresh_one(db, moment)?;
    Ok(changed > 0)
}

type Effective = (Place, Option<Original>, Option<Original>);

/// The original that a moment brought, or else the first that its author added; its moving part likewise.
fn effective(db: &Connection, moment: OperationId) -> Result<Option<Effective>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT brought_original, brought_motion, author, sort_ms, shown FROM moment WHERE id = ?1")?;
    let mut rows = statement.query([moment.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (mut original, mut motion) = (decode(row, 0)?, decode(row, 1)?);
    let author = DeviceId(row.get(2)?);
    let place = Place { moment, sort_ms: sql::uint(row, 3)?, shown: row.get(4)? };
    if original.is_none() {
        let mut statement = db.prepare_cached(
            "SELECT original, motion FROM added_original WHERE moment = ?1 AND author = ?2
             ORDER BY seq, id LIMIT 1",
        )?;
        let mut rows = statement.query([moment.0, author.0])?;
        if let Some(row) = rows.next()? {
            original = decode(row, 0)?;
            motion = motion.or(decode(row, 1)?);
        }
    }
    Ok(Some((place, original, motion)))
}

fn decode(row: &Row<'_>, column: usize) -> Result<Option<Original>, StoreError> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    let read = |bytes: Vec<u8>| -> Result<Original, ModelError> { codec::decode(&bytes, "original") };
    bytes.map(read).transpose().map_err(StoreError::row("moment"))
}
