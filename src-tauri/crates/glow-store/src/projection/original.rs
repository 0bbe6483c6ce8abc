//! Originals: brought by the moment itself, or added later by its author where it brought none.

use glow_model::{DeviceId, ModelError, OperationId, Original, codec};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    Part, StoreError,
    projection::blob_use::{self, Place},
    sql,
    table::capture,
};

/// Who said which original a moment has.
pub(crate) struct Said {
    pub(crate) operation: OperationId,
    pub(crate) moment: OperationId,
    pub(crate) author: DeviceId,
    pub(crate) seq: u64,
}

pub(crate) fn insert(
    db: &Connection,
    said: &Said,
    original: Option<&Original>,
    motion: Option<&Original>,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO original (operation, moment, author, seq, original, motion)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        said.operation.0,
        said.moment.0,
        said.author.0,
        sql::int(said.seq),
        original.map(codec::encode),
        motion.map(codec::encode)
    ])?;
    Ok(())
}

pub(crate) fn delete(db: &Connection, operation: OperationId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM original WHERE operation = ?1")?.execute([operation.0])?;
    Ok(())
}

/// The moment that an operation added an original to.
pub(crate) fn target(db: &Connection, operation: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT moment FROM original WHERE operation = ?1")?;
    Ok(statement.query_row([operation.0], sql::operation_id).optional()?)
}

/// Derives the original and the moving part of a moment, and the blobs they use. Answers whether they became others.
pub(crate) fn derive(db: &Connection, moment: OperationId) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT author, sort_ms, shown FROM moment WHERE id = ?1")?;
    let found = statement.query_row([moment.0], |row| {
        let place = Place { moment, sort_ms: sql::uint(row, 1)?, shown: row.get(2)? };
        Ok((DeviceId(row.get(0)?), place))
    });
    let Some((author, place)) = found.optional()? else {
        return Ok(false);
    };
    let (original, motion) = effective(db, moment, author)?;
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

/// The moment's own original, or else the first that its author added; its moving part likewise.
fn effective(
    db: &Connection,
    moment: OperationId,
    author: DeviceId,
) -> Result<(Option<Original>, Option<Original>), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT original, motion FROM original WHERE moment = ?1 AND author = ?2
         ORDER BY (operation = moment) DESC, seq, operation",
    )?;
    let mut rows = statement.query(params![moment.0, author.0])?;
    let (mut original, mut motion) = (None, None);
    while let Some(row) = rows.next()? {
        motion = motion.or(decode(row, 1)?);
        original = decode(row, 0)?;
        if original.is_some() {
            break;
        }
    }
    Ok((original, motion))
}

fn decode(row: &Row<'_>, column: usize) -> Result<Option<Original>, StoreError> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    let read = |bytes: Vec<u8>| -> Result<Original, ModelError> { codec::decode(&bytes, "original") };
    bytes.map(read).transpose().map_err(StoreError::row("original"))
}
