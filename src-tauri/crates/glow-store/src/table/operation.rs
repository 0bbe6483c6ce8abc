//! Operations: every one of the group that this device knows.
//!
//! One that came without its payload counts as held only when a retraction explains that; otherwise whoever strips payloads
//! could keep this device from ever fetching the whole operation.

use glow_model::{DeviceId, Operation, OperationId, Plane, Verified};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    Fork, Gap, GroupStore, Incoming, OperationState, StoreError,
    sql::{self, Code},
};

const PARTS: &str = "header, signature, payload";

impl GroupStore {
    /// Whether each of these operations is held.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn contains(&self, ids: &[OperationId]) -> Result<Vec<bool>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT 1 FROM operation WHERE id = ?1 AND state < 2")?;
            let held = ids.iter().map(|id| statement.exists([id.0]));
            Ok(held.collect::<Result<_, _>>()?)
        })
    }

    /// These operations in the order asked for; those that are not held are left out.
    ///
    /// # Errors
    /// [`StoreError`], [`StoreError::DamagedRow`] when a stored one does not verify.
    pub fn operations(&self, ids: &[OperationId]) -> Result<Vec<Verified>, StoreError> {
        self.stored(ids)?.into_iter().map(verify).collect()
    }

    /// As [`GroupStore::operations`], as they go over the wire: not verified again, the receiver does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn encoded_operations(&self, ids: &[OperationId]) -> Result<Vec<Vec<u8>>, StoreError> {
        let stored = self.stored(ids)?;
        Ok(stored.iter().map(Operation::encode).collect())
    }

    fn stored(&self, ids: &[OperationId]) -> Result<Vec<Operation>, StoreError> {
        self.read(|db| {
            let sql = format!("SELECT {PARTS} FROM operation WHERE id = ?1 AND state < 2");
            let mut statement = db.prepare_cached(&sql)?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                let parts = statement.query_row([id.0], read_parts).optional()?;
                found.extend(parts.map(operation).transpose()?);
            }
            Ok(found)
        })
    }

    /// All control operations, each author's in its order.
    ///
    /// # Errors
    /// As [`GroupStore::operations`].
    pub fn control_operations(&self) -> Result<Vec<Verified>, StoreError> {
        let stored = self.read(|db| {
            let sql = format!("SELECT {PARTS} FROM operation WHERE plane = 0 AND state < 2 ORDER BY author, seq, id");
            let mut statement = db.prepare_cached(&sql)?;
            let parts = statement.query_map([], read_parts)?;
            parts.map(|parts| operation(parts?)).collect::<Result<Vec<_>, _>>()
        })?;
        stored.into_iter().map(verify).collect()
    }

    /// Time and id of every operation of a plane that is held, oldest first: what set reconciliation compares.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reconcile_items(&self, plane: Plane) -> Result<Vec<(u64, OperationId)>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT time_ms, id FROM operation WHERE plane = ?1 AND state < 2 ORDER BY time_ms, id",
            )?;
            let items =
                statement.query_map([plane.code()], |row| Ok((sql::uint(row, 0)?, OperationId(row.get(1)?))))?;
            Ok(items.collect::<Result<_, _>>()?)
        })
    }

    /// The highest sequence number of an author and its operation; of two with the same number the higher id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head(&self, author: DeviceId) -> Result<Option<(u64, OperationId)>, StoreError> {
        self.read(|db| {
            let mut statement = db
                .prepare_cached("SELECT seq, id FROM operation WHERE author = ?1 ORDER BY seq DESC, id DESC LIMIT 1")?;
            let head = statement.query_row([author.0], |row| Ok((sql::uint(row, 0)?, OperationId(row.get(1)?))));
            Ok(head.optional()?)
        })
    }

    /// Authors with missing sequence numbers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn gaps(&self) -> Result<Vec<Gap>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT author, max(seq), max(seq) + 1 - count(DISTINCT seq) AS missing
                 FROM operation WHERE state < 2 GROUP BY author HAVING missing > 0",
            )?;
            let gaps = statement.query_map([], |row| {
                Ok(Gap { author: DeviceId(row.get(0)?), highest: sql::uint(row, 1)?, missing: sql::uint(row, 2)? })
            })?;
            Ok(gaps.collect::<Result<_, _>>()?)
        })
    }

    /// Authors with two histories: two operations at one sequence number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forks(&self) -> Result<Vec<Fork>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT author, min(seq) FROM
                   (SELECT author, seq FROM operation GROUP BY author, seq HAVING count(*) > 1)
                 GROUP BY author",
            )?;
            let forks =
                statement.query_map([], |row| Ok(Fork { author: DeviceId(row.get(0)?), seq: sql::uint(row, 1)? }))?;
            Ok(forks.collect::<Result<_, _>>()?)
        })
    }

    /// What of an operation is here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operation_state(&self, id: OperationId) -> Result<Option<OperationState>, StoreError> {
        self.read(|db| Ok(find(db, id)?.map(|stored| stored.state)))
    }

    /// Whole operations whose body was never given to [`GroupStore::accept`]: to be opened when a new key comes, and given
    /// again.
    ///
    /// # Errors
    /// As [`GroupStore::operations`].
    pub fn unopened(&self, limit: usize) -> Result<Vec<Verified>, StoreError> {
        let ids = self.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT id FROM operation WHERE kind IS NULL AND state = 0 ORDER BY id LIMIT ?1")?;
            let ids = statement.query_map([sql::int(limit as u64)], sql::operation_id)?;
            Ok(ids.collect::<Result<Vec<_>, _>>()?)
        })?;
        self.operations(&ids)
    }
}

/// What `accept` needs to know of an operation that is stored.
pub(crate) struct Stored {
    pub(crate) author: DeviceId,
    pub(crate) plane: Plane,
    pub(crate) kind: Option<u16>,
    pub(crate) state: OperationState,
}

pub(crate) fn find(db: &Connection, id: OperationId) -> Result<Option<Stored>, StoreError> {
    let mut statement = db.prepare_cached("SELECT author, plane, kind, state FROM operation WHERE id = ?1")?;
    let stored = statement.query_row([id.0], |row| {
        Ok(Stored {
            author: DeviceId(row.get(0)?),
            plane: Plane::read(row, 1)?,
            kind: row.get(2)?,
            state: OperationState::read(row, 3)?,
        })
    });
    Ok(stored.optional()?)
}

pub(crate) fn insert(db: &Connection, incoming: &Incoming, state: OperationState) -> Result<(), StoreError> {
    let operation = &incoming.operation;
    let header = operation.header();
    let payload = operation.payload().filter(|_| state == OperationState::Whole);
    db.prepare_cached(
        "INSERT INTO operation
           (id, author, seq, time_ms, plane, kind, state, header, signature, payload, received_ms, own)
         VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        operation.id().0,
        header.author.0,
        sql::int(header.seq),
        sql::int(header.time_ms),
        header.plane.code(),
        state.code(),
        operation.header_bytes(),
        operation.signature(),
        payload,
        sql::int(incoming.received_ms),
        incoming.own,
    ])?;
    Ok(())
}

/// Gives a stripped operation all of its parts.
pub(crate) fn complete(db: &Connection, operation: &Verified) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE operation SET header = ?2, signature = ?3, payload = ?4, state = 0 WHERE id = ?1")?
        .execute(params![operation.id().0, operation.header_bytes(), operation.signature(), operation.payload()])?;
    Ok(())
}

/// Notes that the body was opened.
pub(crate) fn set_kind(db: &Connection, id: OperationId, kind: u16) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE operation SET kind = ?2 WHERE id = ?1")?.execute(params![id.0, kind])?;
    Ok(())
}

/// Takes the payload away.
pub(crate) fn strip(db: &Connection, id: OperationId, state: OperationState) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE operation SET payload = NULL, kind = NULL, state = ?2 WHERE id = ?1")?
        .execute(params![id.0, state.code()])?;
    Ok(())
}

/// A stored operation with what the store adds to it, for a rebuild.
pub(crate) struct Record {
    pub(crate) row: i64,
    pub(crate) id: OperationId,
    pub(crate) received_ms: u64,
    pub(crate) own: bool,
    /// Nothing when what is stored is damaged.
    pub(crate) operation: Option<Verified>,
}

/// The next stored operations of a plane after a row, in order of arrival.
pub(crate) fn page(db: &Connection, plane: Plane, after: i64, limit: i64) -> Result<Vec<Record>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT header, signature, payload, rowid, id, received_ms, own FROM operation
         WHERE rowid > ?1 AND plane = ?2 ORDER BY rowid LIMIT ?3",
    )?;
    let records = statement.query_map(params![after, plane.code(), limit], |row| {
        Ok((read_parts(row)?, row.get(3)?, OperationId(row.get(4)?), sql::uint(row, 5)?, row.get(6)?))
    })?;
    records
        .map(|record| {
            let (parts, row, id, received_ms, own) = record?;
            let verified = operation(parts).and_then(verify).ok();
            Ok(Record { row, id, received_ms, own, operation: verified.filter(|verified| verified.id() == id) })
        })
        .collect()
}

type Parts = (Vec<u8>, [u8; 64], Option<Vec<u8>>);

fn read_parts(row: &Row<'_>) -> rusqlite::Result<Parts> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn operation((header, signature, payload): Parts) -> Result<Operation, StoreError> {
    Operation::from_parts(header, signature, payload).map_err(StoreError::row("operation"))
}

fn verify(operation: Operation) -> Result<Verified, StoreError> {
    operation.verify().map_err(StoreError::row("operation"))
}
