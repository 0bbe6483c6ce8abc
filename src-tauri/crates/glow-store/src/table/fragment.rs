//! The records of clips that are being recorded, as they came.

use glow_model::{FragmentBody, FragmentId, OperationId, VerifiedFragment};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{FragmentRow, GroupStore, StoreError, connection::Durability, projection::clip, sql};

/// A record on its way in, own or received.
#[derive(Debug, Clone)]
pub struct IncomingFragment {
    /// The record.
    pub record: VerifiedFragment,
    /// What it says.
    pub body: FragmentBody,
    /// When this device learned of it.
    pub received_ms: u64,
    /// Whether this device holds its bytes: it made them. The transaction is then synced to the disk.
    pub own: bool,
}

impl GroupStore {
    /// Stores records of clips that are not closed; those of other moments, of others than the clip's author and those that
    /// are here already change nothing. Answers for each whether it was stored.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was stored then.
    pub fn add_fragments(&self, batch: &[IncomingFragment]) -> Result<Vec<bool>, StoreError> {
        let durability = if batch.iter().any(|incoming| incoming.own) { Durability::Full } else { Durability::Normal };
        self.database.write(durability, |db| batch.iter().map(|incoming| add(db, incoming)).collect())
    }

    /// The records of a clip from a place on, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fragments(&self, clip: OperationId, from: u32, limit: usize) -> Result<Vec<FragmentRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT blob, key, size, place, id, record, duration_ms, begins FROM fragment
                 WHERE clip = ?1 AND place >= ?2 ORDER BY place LIMIT ?3",
            )?;
            let rows = statement.query_map(params![clip.0, from, sql::int(limit as u64)], |row| {
                Ok(FragmentRow {
                    index: row.get(3)?,
                    id: FragmentId(row.get(4)?),
                    record: row.get(5)?,
                    body: FragmentBody { blob: sql::blob_ref(row, 0)?, duration_ms: row.get(6)?, begins: row.get(7)? },
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn add(db: &Connection, incoming: &IncomingFragment) -> Result<bool, StoreError> {
    let at = incoming.record.position();
    let Some(known) = clip::find(db, at.clip)?.filter(|known| known.author == incoming.record.author()) else {
        return Ok(false);
    };
    if !clip::takes_fragments(db, &known)? {
        return Ok(false);
    }
    let before = id_at(db, at.clip, Some(at.index))?;
    if before.is_some_and(|before| before <= incoming.record.id()) {
        return Ok(false);
    }
    insert(db, incoming)?;
    if incoming.own {
        crate::table::blob::note_held(db, &[incoming.body.blob.id], true)?;
    }
    let follows = known.unclosed
        && before.is_none()
        && at.index == known.fragments
        && id_at(db, at.clip, at.index.checked_sub(1))?.unwrap_or(FragmentId(at.clip.0)) == at.previous
        && id_at(db, at.clip, Some(at.index + 1))?.is_none();
    if follows {
        clip::append(db, &known, incoming)?;
    } else {
        clip::derive(db, at.clip)?;
    }
    Ok(true)
}

fn insert(db: &Connection, incoming: &IncomingFragment) -> Result<(), StoreError> {
    let (at, body) = (incoming.record.position(), &incoming.body);
    db.prepare_cached(
        "INSERT OR REPLACE INTO fragment
           (clip, place, id, previous, record, blob, key, size, duration_ms, begins, received_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        at.clip.0,
        at.index,
        incoming.record.id().0,
        at.previous.0,
        incoming.record.encode(),
        body.blob.id.0,
        body.blob.key.0,
        sql::int(body.blob.size),
        body.duration_ms,
        body.begins,
        sql::int(incoming.received_ms)
    ])?;
    Ok(())
}

fn id_at(db: &Connection, clip: OperationId, place: Option<u32>) -> Result<Option<FragmentId>, StoreError> {
    let Some(place) = place else { return Ok(None) };
    let mut statement = db.prepare_cached("SELECT id FROM fragment WHERE clip = ?1 AND place = ?2")?;
    Ok(statement.query_row(params![clip.0, place], |row| Ok(FragmentId(row.get(0)?))).optional()?)
}
