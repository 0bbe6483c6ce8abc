//! The database of one group. Its methods stand beside the tables they read: `accept.rs`, `table/`, `projection/`.

use std::{path::Path, sync::Arc};

use rusqlite::{Connection, params};
use rusqlite_migration::M;

use crate::{
    StoreError,
    connection::{Database, Durability, Schema},
    sql,
};

/// The version of the fold; when it differs from the one in the file, the projections are to be rebuilt.
pub(crate) const FOLD_VERSION: i64 = 6;

/// Captures sort at most this far behind the end of their group.
const AFTER_END_MS: u64 = 24 * 60 * 60 * 1000;

static SCHEMA: Schema = Schema {
    application_id: 0x676c_6f77,
    steps: &[
        M::up(include_str!("migrations/group/0001_facts.sql")),
        M::up(include_str!("migrations/group/0002_projections.sql")),
        M::up(include_str!("migrations/group/0003_timeline.sql")),
        M::up(include_str!("migrations/group/0004_states.sql")),
        M::up(include_str!("migrations/group/0005_clips.sql")),
        M::up(include_str!("migrations/group/0006_clocks.sql")),
        M::up(include_str!("migrations/group/0007_holds.sql")),
        M::up(include_str!("migrations/group/0008_guests.sql")),
        M::up(include_str!("migrations/group/0010_cargo.sql")),
    ],
};

/// The database of one group. Cheap to clone; every method blocks.
#[derive(Debug, Clone)]
pub struct GroupStore {
    pub(crate) database: Arc<Database>,
    latest_ms: u64,
}

impl GroupStore {
    /// Makes the database of a group that ends at `ends_ms`.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the file exists or cannot be made, [`StoreError::DiskFull`].
    pub fn create(path: &Path, ends_ms: u64) -> Result<Self, StoreError> {
        let database = Database::create(path, &SCHEMA, |tx| {
            tx.execute(
                "INSERT INTO album (one, ends_ms, projections) VALUES (1, ?1, ?2)",
                params![sql::int(ends_ms), FOLD_VERSION],
            )?;
            Ok(())
        })?;
        Self::new(database)
    }

    /// Opens the database of a group; an older one is brought to this version.
    ///
    /// # Errors
    /// [`StoreError::Newer`] (the file is untouched), [`StoreError::NotADatabase`], [`StoreError::Damaged`], or what the disk
    /// says.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::new(Database::open(path, &SCHEMA)?)
    }

    fn new(database: Database) -> Result<Self, StoreError> {
        let ends_ms =
            database.read(|db| Ok(db.query_row("SELECT ends_ms FROM album", [], |row| sql::uint(row, 0))?))?;
        Ok(Self { database: Arc::new(database), latest_ms: ends_ms.saturating_add(AFTER_END_MS) })
    }

    /// Whether another version made the projections, so that [`GroupStore::rebuild`] must run before they are shown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn needs_rebuild(&self) -> Result<bool, StoreError> {
        self.read(|db| {
            let made_by: i64 = db.query_row("SELECT projections FROM album", [], |row| row.get(0))?;
            Ok(made_by != FOLD_VERSION)
        })
    }

    /// Where a capture of this corrected time stands on the timeline.
    pub(crate) fn sort_ms(&self, corrected_ms: u64) -> u64 {
        corrected_ms.min(self.latest_ms)
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.database.read(work)
    }

    /// A transaction whose loss in a power failure does no harm.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.database.write(Durability::Normal, |tx| work(tx))
    }
}
