//! What a carrier brings along: blobs that operations name which it cannot read. Members tell it.

use glow_model::{BlobId, BlobKey, BlobRef, DeviceId, OperationId};
use rusqlite::params;

use crate::{
    BlobWant, GroupStore, Part, StoreError, Tier,
    sql::{self, Code},
};

impl GroupStore {
    /// Content operations of which it was not told yet what they name, newest first, without the first `passed`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cargo_untold(&self, passed: usize, limit: usize) -> Result<Vec<OperationId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT id FROM operation WHERE plane = 1 AND state = 0
                   AND NOT EXISTS (SELECT 1 FROM cargo_told WHERE cargo_told.operation = operation.id)
                 ORDER BY time_ms DESC, id LIMIT ?1 OFFSET ?2",
            )?;
            let ids = statement.query_map([sql::int(limit as u64), sql::int(passed as u64)], sql::operation_id)?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Notes what an operation names, as a member tells it, and whether that is all. What was told before stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_cargo(
        &self,
        operation: OperationId,
        blobs: &[(BlobId, u64, Tier)],
        whole: bool,
    ) -> Result<(), StoreError> {
        self.write(|db| {
            let mut statement = db.prepare_cached(
                "INSERT INTO cargo (operation, blob, size, tier) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?;
            for (blob, size, tier) in blobs {
                statement.execute(params![operation.0, blob.0, sql::int(*size), tier.code()])?;
            }
            if whole {
                db.prepare_cached("INSERT INTO cargo_told (operation) VALUES (?1) ON CONFLICT DO NOTHING")?
                    .execute([operation.0])?;
            }
            Ok(())
        })
    }

    /// Blobs that are to be carried and are not here, as [`GroupStore::blob_wants`] tells those that are to be shown. Their keys
    /// are unknown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cargo_wants(&self, limit: usize, originals: bool) -> Result<Vec<BlobWant>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT cargo.blob, cargo.size, operation.id, min(cargo.tier), max(operation.time_ms), operation.author
                 FROM cargo JOIN operation ON operation.id = cargo.operation
                 WHERE operation.state = 0 AND (?2 OR cargo.tier < 3)
                   AND NOT EXISTS (SELECT 1 FROM held_blob WHERE held_blob.blob = cargo.blob)
                 GROUP BY cargo.blob ORDER BY 4, 5 DESC, 1 LIMIT ?1",
            )?;
            let wants = statement.query_map(params![sql::int(limit as u64), originals], |row| {
                let size = sql::uint(row, 1)?;
                Ok(BlobWant {
                    blob: BlobRef { id: BlobId(row.get(0)?), key: BlobKey([0; 32]), size },
                    moment: OperationId(row.get(2)?),
                    part: Part::Original,
                    tier: Tier::read(row, 3)?,
                    sort_ms: sql::uint(row, 4)?,
                    author: DeviceId(row.get(5)?),
                })
            })?;
            Ok(wants.collect::<Result<_, _>>()?)
        })
    }

    /// How many blobs are carried and how many bytes they have, and how many are still to come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cargo_count(&self) -> Result<(u64, u64, u64), StoreError> {
        self.read(|db| {
            Ok(db.query_row(
                "SELECT coalesce(sum(held), 0), coalesce(sum(held * size), 0), coalesce(sum(1 - held), 0) FROM
                   (SELECT max(size) AS size, EXISTS (SELECT 1 FROM held_blob WHERE held_blob.blob = cargo.blob) AS held
                    FROM cargo JOIN operation ON operation.id = cargo.operation WHERE operation.state = 0
                    GROUP BY cargo.blob)",
                [],
                |row| Ok((sql::uint(row, 0)?, sql::uint(row, 1)?, sql::uint(row, 2)?)),
            )?)
        })
    }
}
