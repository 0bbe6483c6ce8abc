//! The timeline: moments that are shown, newest first.

use glow_model::OperationId;
use rusqlite::{Connection, ToSql, params};

use crate::{
    GroupStore, MomentRow, StoreError, TimelineQuery,
    projection::{blob_use, bucket, moment, search},
    sql,
};

/// The largest page.
const PAGE: usize = 1_000;

impl GroupStore {
    /// A page of the timeline, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn timeline(&self, query: &TimelineQuery) -> Result<Vec<MomentRow>, StoreError> {
        if let Some(text) = &query.text {
            return self.read(|db| found_page(db, query, text));
        }
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
        let bare = TimelineQuery { author: query.author, after: query.after, limit: query.limit, ..Default::default() };
        let sql = match query.author {
            None if *query == bare => "SELECT coalesce(sum(moments), 0) FROM bucket".to_owned(),
            Some(_) if *query == bare => {
                "SELECT coalesce(sum(moments), 0) FROM tally WHERE author = :author".to_owned()
            }
            _ => format!("SELECT count(*) FROM {} WHERE {}", source(query), conditions(query)),
        };
        if query.text.is_some() {
            return Ok(self.buckets(query, 0)?.iter().map(|bucket| bucket.moments).sum());
        }
        self.read(|db| {
            let mut statement = db.prepare_cached(&sql)?;
            bind_conditions(&mut statement, query)?;
            let mut rows = statement.raw_query();
            let count = rows.next()?.map(|row| sql::uint(row, 0)).transpose()?;
            Ok(count.unwrap_or(0))
        })
    }
}

/// A page of what a search found.
fn found_page(db: &Connection, query: &TimelineQuery, text: &str) -> Result<Vec<MomentRow>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {} FROM moment WHERE id = :id AND {}", moment::COLUMNS, conditions(query)))?;
    bind_conditions(&mut statement, query)?;
    let mut page = Vec::new();
    for found in search::find(db, text)? {
        if query.after.is_some_and(|after| found >= after) {
            continue;
        }
        if page.len() >= query.limit.min(PAGE) {
            break;
        }
        bind(&mut statement, ":id", &found.1.0)?;
        let mut rows = statement.raw_query();
        if let Some(row) = rows.next()? {
            page.push(moment::read(row)?);
        }
    }
    Ok(page)
}

pub(crate) fn page_sql(query: &TimelineQuery) -> String {
    let after = match query.after {
        Some(_) => " AND (sort_ms, id) < (:after_ms, :after_id)",
        None => "",
    };
    format!(
        "SELECT {} FROM {} WHERE {}{after} ORDER BY sort_ms DESC, id DESC LIMIT :limit",
        moment::COLUMNS,
        source(query),
        conditions(query)
    )
}

/// The table, with the index that holds the fewest moments besides those asked for.
pub(crate) fn source(query: &TimelineQuery) -> &'static str {
    if query.favourites {
        "moment INDEXED BY moment_favourite"
    } else if query.located {
        "moment INDEXED BY moment_place"
    } else if query.received_after_ms.is_some() {
        "moment INDEXED BY moment_received"
    } else if query.author.is_some() {
        "moment INDEXED BY moment_person"
    } else if query.clips == Some(true) {
        "moment INDEXED BY moment_clip"
    } else {
        "moment INDEXED BY moment_timeline"
    }
}

pub(crate) fn conditions(query: &TimelineQuery) -> String {
    let asked = [
        (query.author.is_some(), "person = :author"),
        (query.from_ms.is_some(), "sort_ms >= :from_ms"),
        (query.until_ms.is_some(), "sort_ms < :until_ms"),
        (query.clips == Some(true), "kind = 1"),
        (query.clips == Some(false), "kind <> 1"),
        (query.favourites, "favourite = 1"),
        (query.located, "latitude_e6 IS NOT NULL"),
        (query.received_after_ms.is_some(), "received_ms > :received_after_ms AND (own = 0 OR person <> author)"),
        (query.stacked, "(stack IS NULL OR stack = id)"),
        (query.screens, "held_back = 0"),
    ];
    let mut sql = "shown = 1".to_owned();
    for (_, condition) in asked.into_iter().filter(|(is_asked, _)| *is_asked) {
        sql += " AND ";
        sql += condition;
    }
    sql
}

pub(crate) fn bind_conditions(
    statement: &mut rusqlite::Statement<'_>,
    query: &TimelineQuery,
) -> Result<(), StoreError> {
    if let Some(author) = query.author {
        bind(statement, ":author", &author.0)?;
    }
    let times =
        [(":from_ms", query.from_ms), (":until_ms", query.until_ms), (":received_after_ms", query.received_after_ms)];
    for (name, ms) in times {
        if let Some(ms) = ms {
            bind(statement, name, &sql::int(ms))?;
        }
    }
    Ok(())
}

/// Binds a value where the statement has a place for it.
pub(crate) fn bind(statement: &mut rusqlite::Statement<'_>, name: &str, value: &dyn ToSql) -> Result<(), StoreError> {
    if let Some(place) = statement.parameter_index(name)? {
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}

/// Puts a moment on the timeline or takes it from there. Answers the quarter that has to be derived again.
pub(crate) fn set_shown(db: &Connection, moment: OperationId, shown: bool) -> Result<Option<i64>, StoreError> {
    let mut statement =
        db.prepare_cached("UPDATE moment SET shown = ?2 WHERE id = ?1 AND shown <> ?2 RETURNING sort_ms, person")?;
    let mut rows = statement.query(params![moment.0, shown])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (sort_ms, person): (i64, [u8; 32]) = (row.get(0)?, row.get(1)?);
    drop(rows);
    bucket::tally(db, person, if shown { 1 } else { -1 })?;
    if !shown {
        db.prepare_cached("UPDATE moment SET stack = NULL, stack_count = 0 WHERE id = ?1 AND stack IS NOT NULL")?
            .execute([moment.0])?;
    }
    blob_use::set_shown(db, moment, shown)?;
    Ok(Some(bucket::quarter(sort_ms)))
}
