//! What was taken back. A retraction counts when its author is the target's author or a host, whichever came first.

use glow_model::{DeviceId, OperationId};
use rusqlite::{Connection, params};

use crate::{
    OperationState, StoreError,
    sql::{self, Code},
};

pub(crate) fn insert(
    db: &Connection,
    id: OperationId,
    author: DeviceId,
    target: OperationId,
) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO retraction (id, author, target) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![id.0, author.0, target.0])?;
    Ok(())
}

/// Whether a content operation of this author is taken back.
pub(crate) fn stands(db: &Connection, target: OperationId, author: DeviceId) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM retraction WHERE target = ?1 AND (author = ?2
           OR EXISTS (SELECT 1 FROM member WHERE device = retraction.author AND role = 0))",
    )?;
    Ok(statement.exists([target.0, author.0])?)
}

/// Targets whose fate hangs on who is a host, with what they are now and their author.
pub(crate) fn of_others(db: &Connection) -> Result<Vec<(OperationId, DeviceId, OperationState)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT operation.id, operation.author, operation.state FROM retraction
         JOIN operation ON operation.id = retraction.target
         WHERE operation.plane = 1 AND operation.author <> retraction.author",
    )?;
    let targets = statement
        .query_map([], |row| Ok((sql::operation_id(row)?, DeviceId(row.get(1)?), OperationState::read(row, 2)?)))?;
    Ok(targets.collect::<Result<_, _>>()?)
}
