//! Proving a database: SQLite's own check, every signature, and projections equal to a rebuild.

use glow_model::{Body, OperationId, Verified};
use rusqlite::{Connection, types::ValueRef};

use crate::{GroupStore, MemberTable, StoreError, projection, projection::copies, rebuild};

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What SQLite found damaged, in its words.
    pub integrity: Vec<String>,
    /// Operations read.
    pub operations: u64,
    /// Operations whose stored bytes do not verify.
    pub damaged: Vec<OperationId>,
    /// Tables that differ from what the operations say.
    pub different: Vec<&'static str>,
}

impl CheckReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.integrity.is_empty() && self.damaged.is_empty() && self.different.is_empty()
    }
}

impl GroupStore {
    /// Checks the whole database. Projections are rebuilt in a transaction that is rolled back: nothing changes.
    ///
    /// # Errors
    /// [`StoreError`] when the check could not be made.
    pub fn check(
        &self,
        open: impl FnMut(&Verified) -> Option<Body>,
        members: MemberTable,
    ) -> Result<CheckReport, StoreError> {
        self.database.rehearse(|db| {
            let integrity = integrity(db)?;
            if !integrity.is_empty() {
                return Ok(CheckReport { integrity, ..CheckReport::default() });
            }
            // What is only noted to be counted again is no difference.
            copies::recount_some(db, usize::MAX)?;
            let before = digests(db)?;
            let rebuilt = rebuild::refill(self, db, &members, open)?;
            let after = digests(db)?;
            let pairs = before.into_iter().zip(after);
            let different = pairs.filter(|(before, after)| before != after);
            Ok(CheckReport {
                integrity,
                operations: rebuilt.operations,
                damaged: rebuilt.damaged,
                different: different.map(|((table, _), _)| table).collect(),
            })
        })
    }
}

fn integrity(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
    lines.retain(|line| line != "ok");
    Ok(lines)
}

/// One hash a derived table, over its content in an order that does not depend on arrival.
fn digests(db: &Connection) -> Result<Vec<(&'static str, blake3::Hash)>, StoreError> {
    let tables = projection::TABLES.into_iter().chain([projection::OPENED]);
    tables.map(|(table, columns)| Ok((table, digest(db, table, columns)?))).collect()
}

fn digest(db: &Connection, table: &str, columns: &str) -> Result<blake3::Hash, StoreError> {
    let count = columns.split(',').count();
    let order = ["1", "2", "3"][..count.min(3)].join(", ");
    let mut statement = db.prepare(&format!("SELECT {columns} FROM {table} ORDER BY {order}"))?;
    let mut rows = statement.query([])?;
    let mut hasher = blake3::Hasher::new();
    while let Some(row) = rows.next()? {
        for column in 0..count {
            hash_value(&mut hasher, row.get_ref(column)?);
        }
    }
    Ok(hasher.finalize())
}

fn hash_value(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    let (tag, bytes): (u8, &[u8]) = match &value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(number) => (1, &number.to_le_bytes()),
        ValueRef::Real(number) => (2, &number.to_le_bytes()),
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    hasher.update(&[tag]);
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}
