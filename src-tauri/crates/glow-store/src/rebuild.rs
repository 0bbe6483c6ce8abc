//! Dropping everything that is derived and filling it again from the operations.

use glow_model::{Body, OperationId, Plane, Verified};
use rusqlite::Connection;

use crate::{
    GroupStore, Incoming, MemberTable, OperationState, StoreError,
    accept::Fold,
    connection::Durability,
    group::FOLD_VERSION,
    projection,
    table::operation::{self, Record},
};

/// Operations that are read at once.
const AT_ONCE: i64 = 1_000;

/// What a rebuild found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RebuildReport {
    /// Operations read.
    pub operations: u64,
    /// Those whose body was opened.
    pub opened: u64,
    /// Moments on the timeline afterwards.
    pub moments: u64,
    /// Operations whose stored bytes do not verify. They no longer count as held and are to be fetched again.
    pub damaged: Vec<OperationId>,
}

impl GroupStore {
    /// Drops all projections and refills them, in one transaction. `open` yields the body of an operation whose key is held.
    /// What this device holds, has seen and keeps of its captures stays.
    ///
    /// # Errors
    /// [`StoreError`]; everything is as before then.
    pub fn rebuild(
        &self,
        members: MemberTable,
        open: impl FnMut(&Verified) -> Option<Body>,
    ) -> Result<RebuildReport, StoreError> {
        self.database.write(Durability::Full, |tx| refill(self, tx, &members, open))
    }
}

pub(crate) fn refill(
    store: &GroupStore,
    db: &Connection,
    members: &MemberTable,
    mut open: impl FnMut(&Verified) -> Option<Body>,
) -> Result<RebuildReport, StoreError> {
    clear(db)?;
    let mut report = RebuildReport::default();
    let mut fold = Fold::new(store, db);
    fold.replace_members(members)?;
    // Retractions first: what they take back is then never filled in.
    for plane in [Plane::Control, Plane::Content] {
        let mut after = 0;
        loop {
            let page = operation::page(db, plane, after, AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.row;
            for record in page {
                refill_one(&mut fold, db, record, &mut open, &mut report)?;
            }
        }
    }
    fold.finish()?;
    db.execute("UPDATE album SET projections = ?1", [FOLD_VERSION])?;
    let moments: i64 = db.query_row("SELECT coalesce(sum(moments), 0) FROM bucket", [], |row| row.get(0))?;
    report.moments = moments.unsigned_abs();
    report.damaged.sort_unstable();
    Ok(report)
}

fn refill_one(
    fold: &mut Fold<'_>,
    db: &Connection,
    record: Record,
    open: &mut impl FnMut(&Verified) -> Option<Body>,
    report: &mut RebuildReport,
) -> Result<(), StoreError> {
    report.operations += 1;
    let Some(verified) = record.operation else {
        report.damaged.push(record.id);
        return operation::strip(db, record.id, OperationState::Stripped);
    };
    let body = verified.payload().and_then(|_| open(&verified));
    let Some(body) = body else { return Ok(()) };
    report.opened += 1;
    operation::set_kind(db, record.id, body.kind())?;
    let incoming =
        Incoming { operation: verified, body: None, received_ms: record.received_ms, own: record.own, local: None };
    fold.apply(&incoming, &body)
}

/// Empties every table that is derived, and forgets of each operation what opening it had found.
fn clear(db: &Connection) -> Result<(), StoreError> {
    for (table, _) in projection::TABLES {
        db.execute(&format!("DELETE FROM {table}"), [])?;
    }
    projection::search::clear(db)?;
    db.execute("UPDATE operation SET kind = NULL, state = (CASE WHEN payload IS NULL THEN 2 ELSE 0 END)", [])?;
    Ok(())
}
