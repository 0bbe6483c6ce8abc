//! The timeline: moments that are shown, newest first, and how many stand where.

use glow_model::OperationId;
use rusqlite::{Connection, ToSql, named_params, params};

use crate::{
    GroupStore, MomentRow, StoreError, TimelineQuery,
    projection::{blob_use, moment},
    sql,
};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// The largest page.
const PAGE: usize = 1_000;

impl GroupStore {
    /// A page of the timeline, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn timeline(&self, query: &TimelineQuery) -> Result<Vec<MomentRow>, StoreError> {
        let sql = page_sql(query);
        let limit = sql::int(query.limit.min(PAGE) as u64);
        let after = query.after.map(|(ms, id)| (sql::int(ms), id.0));
        let mut values: Vec<(&str, &dyn ToSql)> = vec![(":limit", &limit)];
        if let Some((ms, id)) = &after {
            values.extend([(":after_ms", ms as &dyn ToSql), (":after_id", id)]);
        }
        self.read(|db| {
            let mut statement = db.prepare_cached(&sql)?;
            bind_conditions(&mut statement, query)?;
            for (name, value) in values {
                bind(&mut statement, name, value)?;
            }
            let mut rows = statement.raw_query();
            let mut page = Vec::with_capacity(query.limit.min(PAGE));
            while let Some(row) = rows.next()? {
                page.push(moment::read(row)?);
            }
            Ok(page)
        })
    }

    /// How many moments the query matches over all its pages.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn timeline_count(&self, query: &TimelineQuery) -> Result<u64, StoreError> {
        let in_all_time = query.from_ms.is_none() && query.until_ms.is_none();
        let sql = match query.author {
            None if in_all_time => "SELECT coalesce(sum(moments), 0) FROM bucket".to_owned(),
            Some(_) if in_all_time => "SELECT coalesce(sum(moments), 0) FROM tally WHERE author = :author".to_owned(),
            _ => format!("SELECT count(*) FROM moment WHERE {}", conditions(query)),
        };
        self.read(|db| {
            let mut statement = db.prepare_cached(&sql)?;
            bind_conditions(&mut statement, query)?;
            let mut rows = statement.raw_query();
            let count = rows.next()?.map(|row| sql::uint(row, 0)).transpose()?;
            Ok(count.unwrap_or(0))
        })
    }

    /// Hours (UTC) that hold moments, with their counts, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn buckets(&self) -> Result<Vec<(u64, u64)>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT start_ms, moments FROM bucket ORDER BY start_ms DESC")?;
            let buckets = statement.query_map([], |row| Ok((sql::uint(row, 0)?, sql::uint(row, 1)?)))?;
            Ok(buckets.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn page_sql(query: &TimelineQuery) -> String {
    let after = match query.after {
        Some(_) => " AND (sort_ms, id) < (:after_ms, :after_id)",
        None => "",
    };
    format!(
        "SELECT {} FROM moment WHERE {}{after} ORDER BY sort_ms DESC, id DESC LIMIT :limit",
        moment::COLUMNS,
        conditions(query)
    )
}

fn conditions(query: &TimelineQuery) -> String {
    let mut sql = "shown = 1".to_owned();
    if query.author.is_some() {
        sql += " AND author = :author";
    }
    if query.from_ms.is_some() {
        sql += " AND sort_ms >= :from_ms";
    }
    if query.until_ms.is_some() {
        sql += " AND sort_ms < :until_ms";
    }
    sql
}

fn bind_conditions(statement: &mut rusqlite::Statement<'_>, query: &TimelineQuery) -> Result<(), StoreError> {
    if let Some(author) = query.author {
        bind(statement, ":author", &author.0)?;
    }
    if let Some(ms) = query.from_ms {
        bind(statement, ":from_ms", &sql::int(ms))?;
    }
    if let Some(ms) = query.until_ms {
        bind(statement, ":until_ms", &sql::int(ms))?;
    }
    Ok(())
}

/// Binds a value where the statement has a place for it.
fn bind(statement: &mut rusqlite::Statement<'_>, name: &str, value: &dyn ToSql) -> Result<(), StoreError> {
    if let Some(place) = statement.parameter_index(name)? {
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}

/// Puts a moment on the timeline or takes it from there, and counts it.
pub(crate) fn set_shown(db: &Connection, moment: OperationId, shown: bool) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("UPDATE moment SET shown = ?2 WHERE id = ?1 AND shown <> ?2 RETURNING sort_ms, author")?;
    let mut rows = statement.query(params![moment.0, shown])?;
    let Some(row) = rows.next()? else {
        return Ok(());
    };
    let (sort_ms, author): (i64, [u8; 32]) = (row.get(0)?, row.get(1)?);
    drop(rows);
    let step = if shown { 1 } else { -1 };
    count(db, "bucket", "start_ms", &(sort_ms - sort_ms % HOUR_MS), step)?;
    count(db, "tally", "author", &author, step)?;
    blob_use::set_shown(db, moment, shown)
}

fn count(db: &Connection, table: &str, column: &str, key: &dyn ToSql, step: i64) -> Result<(), StoreError> {
    db.prepare_cached(&format!(
        "INSERT INTO {table} ({column}, moments) VALUES (:key, :step)
         ON CONFLICT ({column}) DO UPDATE SET moments = moments + :step"
    ))?
    .execute(named_params! {":key": key, ":step": step})?;
    if step < 0 {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1 AND moments = 0"))?.execute([key])?;
    }
    Ok(())
}
