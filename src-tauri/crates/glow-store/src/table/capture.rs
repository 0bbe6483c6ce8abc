//! What the owner's device keeps of its own captures and does not share.

use glow_model::OperationId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    CapturedPart, GroupStore, LocalCapture, Part, Patch, StoreError,
    connection::Durability,
    projection::{moment, original},
    sql::{self, Code},
    table::blob,
};

impl GroupStore {
    /// Replaces what is kept of an own moment, synced to the disk. With the moment itself, give it to
    /// [`GroupStore::accept`] instead: one transaction then holds both.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_capture(&self, moment: OperationId, capture: &LocalCapture) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| {
            keep(db, moment, capture)?;
            original::derive(db, moment)?;
            Ok(())
        })
    }

    /// What is kept of an own moment, or of the own moment with the same capture ([`GroupStore::own_twin`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn capture(&self, moment: OperationId) -> Result<Option<LocalCapture>, StoreError> {
        self.read(|db| {
            let moment = moment::own_twin(db, moment)?.unwrap_or(moment);
            let Some(needs_choice) = needs_choice(db, moment)? else {
                return Ok(None);
            };
            let mut parts = Vec::new();
            for part in [Part::Original, Part::Motion] {
                let kept = captured_part(db, moment, part)?;
                parts.extend((!kept.patches.is_empty() || kept.held_back.is_some()).then_some(kept));
            }
            Ok(Some(LocalCapture { parts, needs_choice, held: Vec::new() }))
        })
    }
}

pub(crate) fn keep(db: &Connection, moment: OperationId, capture: &LocalCapture) -> Result<(), StoreError> {
    forget(db, moment)?;
    db.prepare_cached("INSERT INTO capture (moment, needs_choice) VALUES (?1, ?2)")?
        .execute(params![moment.0, capture.needs_choice])?;
    for part in &capture.parts {
        keep_part(db, moment, part)?;
    }
    blob::note_held(db, &capture.held, true)?;
    Ok(())
}

fn keep_part(db: &Connection, moment: OperationId, part: &CapturedPart) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("INSERT INTO capture_patch (moment, part, start, bytes) VALUES (?1, ?2, ?3, ?4)")?;
    for patch in &part.patches {
        statement.execute(params![moment.0, part.part.code(), sql::int(patch.offset), patch.bytes])?;
    }
    let mut statement = db.prepare_cached(
        "INSERT INTO capture_segment (moment, part, position, blob, key, size) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, segment) in (1_i64..).zip(part.held_back.iter().flatten()) {
        statement.execute(params![
            moment.0,
            part.part.code(),
            position,
            segment.id.0,
            segment.key.0,
            sql::int(segment.size)
        ])?;
    }
    Ok(())
}

pub(crate) fn forget(db: &Connection, moment: OperationId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM capture WHERE moment = ?1")?.execute([moment.0])?;
    Ok(())
}

/// Whether the owner is to be asked; nothing where nothing is kept.
pub(crate) fn needs_choice(db: &Connection, moment: OperationId) -> Result<Option<bool>, StoreError> {
    let mut statement = db.prepare_cached("SELECT needs_choice FROM capture WHERE moment = ?1")?;
    Ok(statement.query_row([moment.0], |row| row.get(0)).optional()?)
}

fn captured_part(db: &Connection, moment: OperationId, part: Part) -> Result<CapturedPart, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT start, bytes FROM capture_patch WHERE moment = ?1 AND part = ?2 ORDER BY start")?;
    let patches = statement.query_map(params![moment.0, part.code()], |row| {
        Ok(Patch { offset: sql::uint(row, 0)?, bytes: row.get(1)? })
    })?;
    let patches = patches.collect::<Result<_, _>>()?;
    let mut statement = db.prepare_cached(
        "SELECT blob, key, size FROM capture_segment WHERE moment = ?1 AND part = ?2 ORDER BY position",
    )?;
    let segments = statement.query_map(params![moment.0, part.code()], |row| sql::blob_ref(row, 0))?;
    let segments = segments.collect::<Result<Vec<_>, _>>()?;
    Ok(CapturedPart { part, patches, held_back: (!segments.is_empty()).then_some(segments) })
}
