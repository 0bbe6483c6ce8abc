//! The database of the device: what belongs to no group.

use std::{path::Path, sync::Arc};

use glow_model::GroupId;
use rusqlite::params;
use rusqlite_migration::M;

use crate::{
    StoreError,
    connection::{Database, Durability, Schema},
    sql::{self, Code},
    table::setting,
};

static SCHEMA: Schema =
    Schema { application_id: 0x676c_6476, steps: &[M::up(include_str!("migrations/device/0001_device.sql"))] };

/// The database of the device. Cheap to clone; every method blocks, and what it wrote is synced to the disk.
#[derive(Debug, Clone)]
pub struct DeviceStore {
    database: Arc<Database>,
}

/// A group that this device has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// The group.
    pub id: GroupId,
    /// The name of its folder.
    pub folder: String,
    /// When this device joined it.
    pub joined_ms: u64,
    /// Where it stands.
    pub state: GroupState,
}

/// Where a group stands on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupState {
    /// Joined.
    Active,
    /// Being left: whatever is left of it has to be destroyed before [`DeviceStore::forget_group`].
    Leaving,
}

impl Code for GroupState {
    const ALL: &'static [Self] = &[Self::Active, Self::Leaving];
    fn code(self) -> i64 {
        match self {
            Self::Active => 0,
            Self::Leaving => 1,
        }
    }
}

impl DeviceStore {
    /// Opens the database, making it where there is none.
    ///
    /// # Errors
    /// As [`crate::GroupStore::open`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = if path.try_exists()? {
            Database::open(path, &SCHEMA)?
        } else {
            Database::create(path, &SCHEMA, |_| Ok(()))?
        };
        Ok(Self { database: Arc::new(database) })
    }

    /// A setting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.database.read(|db| setting::get(db, key))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| setting::set(db, key, value))
    }

    /// All groups, newest joined first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn groups(&self) -> Result<Vec<GroupEntry>, StoreError> {
        self.database.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT id, folder, joined_ms, state FROM joined ORDER BY joined_ms DESC, id")?;
            let groups = statement.query_map([], |row| {
                Ok(GroupEntry {
                    id: GroupId(row.get(0)?),
                    folder: row.get(1)?,
                    joined_ms: sql::uint(row, 2)?,
                    state: GroupState::read(row, 3)?,
                })
            })?;
            Ok(groups.collect::<Result<_, _>>()?)
        })
    }

    /// Adds a group, or replaces what is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_group(&self, group: &GroupEntry) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| {
            db.prepare_cached(
                "INSERT INTO joined (id, folder, joined_ms, state) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET
                   folder = excluded.folder, joined_ms = excluded.joined_ms, state = excluded.state",
            )?
            .execute(params![group.id.0, group.folder, sql::int(group.joined_ms), group.state.code()])?;
            Ok(())
        })
    }

    /// Notes where a group stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_group_state(&self, id: GroupId, state: GroupState) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| {
            db.prepare_cached("UPDATE joined SET state = ?2 WHERE id = ?1")?.execute(params![id.0, state.code()])?;
            Ok(())
        })
    }

    /// Forgets a group of which nothing is left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_group(&self, id: GroupId) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| {
            db.prepare_cached("DELETE FROM joined WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        })?;
        self.database.truncate_log()
    }
}
