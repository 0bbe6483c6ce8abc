//! Own operations that were not announced yet, in the order of authoring.

use glow_model::OperationId;
use rusqlite::Connection;

use crate::{GroupStore, StoreError, sql};

impl GroupStore {
    /// What is to be announced, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox(&self) -> Result<Vec<OperationId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT outbox.operation FROM outbox JOIN operation ON operation.id = outbox.operation
                 ORDER BY operation.author, operation.seq, operation.id",
            )?;
            let ids = statement.query_map([], sql::operation_id)?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that these were announced.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_done(&self, ids: &[OperationId]) -> Result<(), StoreError> {
        self.write(|db| {
            let mut statement = db.prepare_cached("DELETE FROM outbox WHERE operation = ?1")?;
            for id in ids {
                statement.execute([id.0])?;
            }
            Ok(())
        })
    }
}

pub(crate) fn insert(db: &Connection, id: OperationId) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO outbox (operation) VALUES (?1)")?.execute([id.0])?;
    Ok(())
}
