#![allow(clippy::unwrap_used)]

mod album;
mod blobs;
mod cast;
mod clips;
mod clocks;
mod device;
mod faults;
mod fold;
mod guests;
mod queries;
mod rules;
mod schema;
mod states;

use std::path::PathBuf;

use rusqlite::{Connection, types::ValueRef};

use crate::GroupStore;

/// When the group of the tests ends.
const ENDS_MS: u64 = 1_800_000_000_000;

/// A store in a folder that goes with it.
struct Scratch {
    store: GroupStore,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("group.db");
        Self { store: GroupStore::create(&path, ENDS_MS).unwrap(), path, _folder: folder }
    }

    /// A connection beside the store's own.
    fn raw(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    fn dump(&self) -> String {
        dump(&self.raw())
    }
}

impl std::ops::Deref for Scratch {
    type Target = GroupStore;
    fn deref(&self) -> &GroupStore {
        &self.store
    }
}

/// Every row of every table, in an order that does not depend on arrival. Long bytes are cut.
fn dump(db: &Connection) -> String {
    let tables = db
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND substr(name, 1, 10) <> 'said_index' ORDER BY name",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<Vec<String>, _>>()
        .unwrap();
    let mut out = String::new();
    for table in tables {
        let mut statement = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = statement.column_names().iter().map(ToString::to_string).collect();
        let rows = statement
            .query_map([], |row| {
                let values = columns.iter().enumerate();
                let cells = values.map(|(at, name)| Ok(format!("{name}={}", cell(row.get_ref(at)?))));
                Ok(cells.collect::<Result<Vec<_>, rusqlite::Error>>()?.join(" "))
            })
            .unwrap();
        let mut rows = rows.collect::<Result<Vec<_>, _>>().unwrap();
        rows.sort();
        out += &format!("{table}\n");
        for row in rows {
            out += &format!("  {row}\n");
        }
    }
    out
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "-".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) if bytes.len() <= 4 => hex(bytes),
        ValueRef::Blob(bytes) => {
            format!("{}..{}({})", hex(&bytes[..2]), hex(&blake3::hash(bytes).as_bytes()[..4]), bytes.len())
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
