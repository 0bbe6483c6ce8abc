//! What is held back from big screens: by its author, by hosts, each in a chain of its own.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{DeviceId, Hold, OperationId, limits};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    StoreError,
    projection::{chain, moment::Live},
    sql,
};

/// Bit of the author in `moment.held_back`.
pub(crate) const BY_AUTHOR: u8 = 1;
/// Bit of the hosts.
pub(crate) const BY_HOSTS: u8 = 2;

pub(crate) fn insert(db: &Connection, id: OperationId, author: DeviceId, hold: &Hold) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO hold (id, author, moment, replaces, held) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id.0, author.0, hold.moment.0, hold.replaces.map(|id| id.0), hold.on])?;
    Ok(())
}

/// Removes a hold. Answers the moment it was about.
pub(crate) fn delete(db: &Connection, id: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM hold WHERE id = ?1 RETURNING moment")?;
    Ok(statement.query_row([id.0], sql::operation_id).optional()?)
}

/// Moments of which anything was said: what counts hangs on who is a host.
pub(crate) fn moments(db: &Connection) -> Result<Vec<OperationId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT DISTINCT moment.id FROM hold JOIN moment ON moment.id = hold.moment")?;
    let moments = statement.query_map([], sql::operation_id)?;
    Ok(moments.collect::<Result<_, _>>()?)
}

/// Derives who holds a capture back. Answers whether that became another.
pub(crate) fn derive(db: &Connection, live: &[Live], hosts: &BTreeSet<DeviceId>) -> Result<bool, StoreError> {
    let (mut by_author, mut by_hosts, mut holding) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let mut statement = db.prepare_cached("SELECT id, author, replaces, held FROM hold WHERE moment = ?1")?;
    for moment in live {
        let mut rows = statement.query([moment.id.0])?;
        while let Some(row) = rows.next()? {
            let (id, author) = (sql::operation_id(row)?, DeviceId(row.get(1)?));
            let replaces = row.get::<_, Option<_>>(2)?.map(OperationId);
            if row.get(3)? {
                holding.insert(id);
            }
            if hosts.contains(&author) {
                by_hosts.insert(id, replaces);
            } else if author == moment.author {
                by_author.insert(id, replaces);
            }
        }
    }
    let heads = [by_author, by_hosts].map(|said| chain::winner(&said, limits::HOLD_EDITS));
    let mut changed = false;
    for moment in live {
        let [author, hosts] = if moment.shown { heads } else { [None; 2] };
        let bit = |head: Option<OperationId>, bit| if head.is_some_and(|id| holding.contains(&id)) { bit } else { 0 };
        let held_back = bit(author, BY_AUTHOR) | bit(hosts, BY_HOSTS);
        let updated = db
            .prepare_cached(
                "UPDATE moment SET held_back = ?2, author_hold = ?3, host_hold = ?4
                 WHERE id = ?1 AND (held_back <> ?2 OR author_hold IS NOT ?3 OR host_hold IS NOT ?4)",
            )?
            .execute(params![moment.id.0, held_back, author.map(|id| id.0), hosts.map(|id| id.0)])?;
        changed |= updated > 0;
    }
    Ok(changed)
}
