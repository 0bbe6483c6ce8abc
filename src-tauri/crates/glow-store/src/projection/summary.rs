//! What home shows of a group.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{Cover, GroupStore, StoreError, Summary, WantFilter, projection::blob_use::WISHED, sql};

/// How far back a cover that is here is looked for.
const COVER_WITHIN: i64 = 500;

impl GroupStore {
    /// Figures of the group. What is missing is counted as far as it is wished for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn summary(&self, wishes: &WantFilter) -> Result<Summary, StoreError> {
        self.read(|db| {
            let count = |sql: &str| db.prepare_cached(sql)?.query_row([], |row| sql::uint(row, 0));
            Ok(Summary {
                moment_count: count("SELECT coalesce(sum(moments), 0) FROM bucket")?,
                missing_count: missing_count(db, wishes)?,
                only_here_count: count(
                    "SELECT count(*) FROM moment INDEXED BY moment_only_here
                     WHERE shown = 1 AND own = 1 AND copies = 0 AND original_size IS NOT NULL",
                )?,
                cover: cover(db)?,
                last_moment_ms: last_moment_ms(db)?,
            })
        })
    }
}

fn missing_count(db: &Connection, wishes: &WantFilter) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT count(*) FROM moment INDEXED BY moment_missing WHERE shown = 1 AND missing = 1
           AND EXISTS (SELECT 1 FROM blob_use WHERE blob_use.moment = moment.id AND wanted = 1 AND {WISHED})"
    ))?;
    let count = statement.query_row(params![wishes.previews, wishes.photos, wishes.clips], |row| sql::uint(row, 0))?;
    Ok(count)
}

fn cover(db: &Connection) -> Result<Option<Cover>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, placeholder, held FROM
           (SELECT id, placeholder, grid_size = grid_held AS held, sort_ms FROM moment
            WHERE shown = 1 AND grid_size IS NOT NULL ORDER BY sort_ms DESC, id DESC LIMIT ?1)
         ORDER BY held DESC, sort_ms DESC, id DESC LIMIT 1",
    )?;
    let cover = statement.query_row([COVER_WITHIN], |row| {
        Ok(Cover { moment: sql::operation_id(row)?, placeholder: row.get(1)?, held: row.get(2)? })
    });
    Ok(cover.optional()?)
}

fn last_moment_ms(db: &Connection) -> Result<Option<u64>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT captured_ms + shift_ms FROM moment WHERE shown = 1 ORDER BY sort_ms DESC, id DESC LIMIT 1",
    )?;
    Ok(statement.query_row([], |row| sql::uint(row, 0)).optional()?)
}
