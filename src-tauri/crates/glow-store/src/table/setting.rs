//! What the owner of this device chose for this group. Keys and values are texts of whoever asks.

use crate::{GroupStore, StoreError, connection::Durability};
use rusqlite::{Connection, OptionalExtension};

impl GroupStore {
    /// A setting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| get(db, key))
    }

    /// Sets a setting, synced to the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| set(db, key, value))
    }
}

pub(crate) fn get(db: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(crate) fn set(db: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO setting (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute([key, value])?;
    Ok(())
}
