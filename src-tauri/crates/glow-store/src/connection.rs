//! One database file: a writer, a few readers, its schema.
//!
//! Writes go through one connection behind a mutex, each in one immediate transaction; reads take a `query_only` connection of
//! their own and see the last committed state, whatever is being written. WAL; `synchronous=FULL` for a transaction that must
//! survive a power loss, `NORMAL` for what others send again. Files are for their owner alone.

use std::{
    fs::{self, File, OpenOptions},
    io::Read,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};
use rusqlite_migration::{M, Migrations};

use crate::StoreError;

const IDLE_READERS: usize = 4;
const CACHED_STATEMENTS: usize = 128;
const BUSY: Duration = Duration::from_secs(5);

/// What kind of database a file is, and how its schema came to be.
pub(crate) struct Schema {
    pub(crate) application_id: u32,
    pub(crate) steps: &'static [M<'static>],
}

impl Schema {
    fn refuse_newer(&self, found: u32) -> Result<(), StoreError> {
        let known = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        Ok(())
    }
}

/// What of a transaction outlives a power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// All of it, once it returned.
    Full,
    /// The database stays whole; the last transactions may be gone.
    Normal,
}

/// An open database file.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    durability: Durability,
}

impl Database {
    /// Makes a new file, which appears under its name when `fill` has succeeded and everything is on the disk.
    pub(crate) fn create(
        path: &Path,
        schema: &Schema,
        fill: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::Io(std::io::ErrorKind::AlreadyExists.into()));
        }
        let unfinished = path.with_extension("new");
        remove_database(&unfinished)?;
        create_private_file(&unfinished)?;
        Self::start(&unfinished, schema)?.write(Durability::Full, fill)?;
        fs::rename(&unfinished, path)?;
        sync_folder_of(path)?;
        Self::open(path, schema)
    }

    /// Opens a file, bringing an older schema to this version's and refusing a newer one untouched.
    pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        refuse_strangers(path, schema)?;
        Self::start(path, schema)
    }

    fn start(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let mut connection = connect(path)?;
        // Until its schema is known, not even closing it may change the file.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        schema.refuse_newer(found)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        set_up_writer(&connection)?;
        Migrations::from_slice(schema.steps).to_latest(&mut connection)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(Writer { connection, durability: Durability::Full }),
            readers: Mutex::default(),
        })
    }

    /// Moves everything into the database file and empties the log beside it, so that what was deleted is in neither.
    pub(crate) fn truncate_log(&self) -> Result<(), StoreError> {
        let writer = lock(&self.writer);
        Ok(writer.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Runs `work` in one transaction: all of it or nothing.
    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = lock(&self.writer);
        writer.set(durability)?;
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `work` in a transaction that is always rolled back.
    pub(crate) fn rehearse<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = lock(&self.writer);
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.rollback()?;
        Ok(value)
    }

    /// Runs `work` on one committed state of the database.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = lock(&self.readers).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect_reader()?,
        };
        let transaction = connection.transaction()?;
        let value = work(&transaction);
        drop(transaction);
        let mut readers = lock(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        value
    }

    fn connect_reader(&self) -> Result<Connection, StoreError> {
        let connection = connect(&self.path)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

impl Writer {
    fn set(&mut self, durability: Durability) -> Result<(), StoreError> {
        if self.durability == durability {
            return Ok(());
        }
        let level = match durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        self.connection.pragma_update(None, "synchronous", level)?;
        self.durability = durability;
        Ok(())
    }
}

/// A panic inside a transaction rolls it back, so what a poisoned lock guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    Ok(connection)
}

fn set_up_writer(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Ids are spread evenly, so a batch touches many pages: it should fit in memory, and pages in the log be written again
    // there before they go to the file.
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 8_192, |_| Ok(()))?;
    Ok(())
}

/// Reads the file's header without opening it as a database (SQLite file format, §1.3): its first bytes, the schema's version
/// at 60 and the application id at 68.
fn refuse_strangers(path: &Path, schema: &Schema) -> Result<(), StoreError> {
    let mut header = Vec::with_capacity(100);
    File::open(path)?.take(100).read_to_end(&mut header)?;
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Err(StoreError::NotADatabase);
    }
    let number = |at: usize| {
        let bytes = header[at..at + 4].iter();
        bytes.fold(0, |number: u32, byte| number << 8 | u32::from(*byte))
    };
    if number(68) != schema.application_id {
        return Err(StoreError::NotADatabase);
    }
    schema.refuse_newer(number(60))
}

fn create_private_file(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

fn remove_database(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
