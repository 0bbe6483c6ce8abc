//! What can go wrong with a database.

use glow_model::ModelError;
use rusqlite::ErrorCode;

/// Why a store refused or failed. Nothing of the transaction it happened in is left.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer version wrote the file; it was not touched.
    #[error("the database has schema {found}, this version knows {known}: install the newer version to open it")]
    Newer {
        /// The schema of the file.
        found: u32,
        /// The newest schema this version knows.
        known: u32,
    },
    /// The file is no database, or not one of this kind.
    #[error("the file is not a database of this kind")]
    NotADatabase,
    /// The database contradicts itself.
    #[error("the database is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// A stored operation does not verify, or a stored value is none that was ever written.
    #[error("a row of {table} is damaged")]
    DamagedRow {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        source: ModelError,
    },
    /// No room is left on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// The file could not be read, written or made.
    #[error("the database file cannot be read or written")]
    Io(#[source] std::io::Error),
    /// Reading or writing failed below the database.
    #[error("the database cannot be read or written")]
    Disk(#[source] rusqlite::Error),
    /// Another process is writing.
    #[error("the database is busy with another process")]
    Busy,
    /// A migration failed; the file is as it was.
    #[error("the database could not be brought to this version")]
    Migration(#[source] rusqlite_migration::Error),
    /// A statement was refused: a defect of this crate.
    #[error("the database refused a statement")]
    Statement(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport,
            ) => Self::Disk(error),
            _ if is_bad_value(&error) => Self::Damaged(error),
            _ => Self::Statement(error),
        }
    }
}

fn is_bad_value(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}

impl From<rusqlite_migration::Error> for StoreError {
    fn from(error: rusqlite_migration::Error) -> Self {
        match error {
            rusqlite_migration::Error::RusqliteError { err, query } => match Self::from(err) {
                Self::Statement(err) => Self::Migration(rusqlite_migration::Error::RusqliteError { err, query }),
                known => known,
            },
            other => Self::Migration(other),
        }
    }
}

impl StoreError {
    /// Wraps what the model says of a stored row.
    pub(crate) fn row(table: &'static str) -> impl FnOnce(ModelError) -> Self {
        move |source| Self::DamagedRow { table, source }
    }
}
