//! Search over captions and the names of members and guests: every word of the question begins a word of the caption or of the author's
//! name, whatever its case and accents. Notices and threads are further sources of the same index.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{DeviceId, GuestKey, OperationId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{StoreError, sql};

/// Matches that are looked at, the newest first.
const MOST: i64 = 2_000;
/// Words of a question, and characters of a word.
const WORDS: usize = 8;
const WORD_CHARS: usize = 40;
/// Rows of moments are numbered by their time, with so many bits to tell those of one millisecond apart.
const ROW_BITS: u32 = 20;

/// One part in so many of the index that moves at once is as much work as all of it.
const BUILT_ANEW: u64 = 16;

/// Where a text was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Caption = 0,
    Name = 1,
    GuestName = 2,
}

/// Moments that match, newest first, at most 2,000.
pub(crate) fn find(db: &Connection, text: &str) -> Result<Vec<(u64, OperationId)>, StoreError> {
    let words = words(text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: BTreeSet<(u64, OperationId)> = captioned(db, &words, None)?.into_iter().collect();
    for (author, named) in named(db, &words)? {
        let rest: Vec<_> =
            words.iter().enumerate().filter(|(at, _)| !named.contains(at)).map(|(_, w)| w.clone()).collect();
        found.extend(if rest.is_empty() { newest(db, author)? } else { captioned(db, &rest, Some(author))? });
    }
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    Ok(found.into_iter().rev().take(most).collect())
}

/// The words of a question, each as a prefix query.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(WORDS).map(|word| format!("\"{}\"*", word.chars().take(WORD_CHARS).collect::<String>())).collect()
}

fn captioned(
    db: &Connection,
    words: &[String],
    author: Option<DeviceId>,
) -> Result<Vec<(u64, OperationId)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT moment.id, moment.sort_ms FROM
           (SELECT rowid AS row FROM said_index WHERE said_index MATCH ?1 AND rowid > 0 ORDER BY rowid DESC LIMIT ?3)
         CROSS JOIN said USING (row) CROSS JOIN moment ON moment.id = said.subject
         WHERE moment.shown = 1 AND (?2 IS NULL OR moment.person = ?2)",
    )?;
    let found = statement.query_map(params![words.join(" "), author.map(|author| author.0), MOST], |row| {
        Ok((sql::uint(row, 1)?, sql::operation_id(row)?))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Members and guests whose name has some of the words, with the places of those words.
fn named(db: &Connection, words: &[String]) -> Result<BTreeMap<DeviceId, BTreeSet<usize>>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT said.subject FROM (SELECT rowid AS row FROM said_index WHERE said_index MATCH ?1 AND rowid < 0)
         CROSS JOIN said USING (row)",
    )?;
    let mut members: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (at, word) in words.iter().enumerate() {
        let devices = statement.query_map([word], |row| Ok(DeviceId(row.get(0)?)))?;
        for device in devices {
            members.entry(device?).or_default().insert(at);
        }
    }
    Ok(members)
}

fn newest(db: &Connection, author: DeviceId) -> Result<Vec<(u64, OperationId)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, sort_ms FROM moment WHERE shown = 1 AND person = ?1 ORDER BY sort_ms DESC, id DESC LIMIT ?2",
    )?;
    let found =
        statement.query_map(params![author.0, MOST], |row| Ok((sql::uint(row, 1)?, sql::operation_id(row)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Sets the caption by which a moment is found; an empty one removes it.
pub(crate) fn set_caption(db: &Connection, moment: OperationId, sort_ms: u64, text: &str) -> Result<(), StoreError> {
    remove(db, Source::Caption, &moment.0)?;
    if text.is_empty() {
        return Ok(());
    }
    insert(db, caption_row(db, moment, sort_ms)?, Source::Caption, &moment.0, text)
}

/// Numbers the captions of moments anew that stand at another time.
pub(crate) fn move_captions(db: &Connection, moments: &[(OperationId, u64)]) -> Result<(), StoreError> {
    let mut take = db.prepare_cached("DELETE FROM said WHERE subject = ?1 AND source = 0 RETURNING row, text")?;
    let mut going: Vec<(i64, String)> = Vec::with_capacity(moments.len());
    let mut coming: Vec<(i64, String)> = Vec::with_capacity(moments.len());
    let mut texts = Vec::with_capacity(moments.len());
    for (moment, sort_ms) in moments {
        let taken = take.query_row([moment.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).optional()?;
        let Some((row, text)) = taken else { continue };
        going.push((row, text.clone()));
        texts.push((*moment, *sort_ms, text));
    }
    let mut put = db.prepare_cached("INSERT INTO said (row, source, subject, text) VALUES (?1, ?2, ?3, ?4)")?;
    for (moment, sort_ms, text) in texts {
        let row = caption_row(db, moment, sort_ms)?;
        put.execute(params![row, Source::Caption as i64, moment.0, text])?;
        coming.push((row, text));
    }
    reindex(db, going, coming)
}

/// Brings many rows of the index to other numbers. It takes rows in ascending order in one go and writes itself out at each step
/// back, so what goes and what comes is sorted; where much of it moves it is built anew.
fn reindex(db: &Connection, mut going: Vec<(i64, String)>, mut coming: Vec<(i64, String)>) -> Result<(), StoreError> {
    let all: i64 = db.prepare_cached("SELECT count(*) FROM said")?.query_row([], |row| row.get(0))?;
    if going.len() as u64 * BUILT_ANEW > all.unsigned_abs() {
        db.execute("INSERT INTO said_index (said_index) VALUES ('rebuild')", [])?;
        return Ok(());
    }
    going.sort_unstable();
    coming.sort_unstable();
    let mut remove = db.prepare_cached("INSERT INTO said_index (said_index, rowid, text) VALUES ('delete', ?1, ?2)")?;
    for (row, text) in going {
        remove.execute(params![row, text])?;
    }
    let mut add = db.prepare_cached("INSERT INTO said_index (rowid, text) VALUES (?1, ?2)")?;
    for (row, text) in coming {
        add.execute(params![row, text])?;
    }
    Ok(())
}

/// Removes what a moment is found by.
pub(crate) fn forget(db: &Connection, moment: OperationId) -> Result<(), StoreError> {
    remove(db, Source::Caption, &moment.0)
}

/// Sets the names of the members, wholesale.
pub(crate) fn set_names<'a>(
    db: &Connection,
    names: impl Iterator<Item = (DeviceId, &'a str)>,
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT subject FROM said WHERE source = 1")?;
    let before = statement.query_map([], |row| row.get::<_, [u8; 32]>(0))?.collect::<Result<Vec<_>, _>>()?;
    for subject in before {
        remove(db, Source::Name, &subject)?;
    }
    for (number, (device, name)) in (1..).zip(names.filter(|(_, name)| !name.is_empty())) {
        insert(db, -number, Source::Name, &device.0, name)?;
    }
    Ok(())
}

/// Sets the name of a guest; an empty one removes it.
pub(crate) fn set_guest_name(db: &Connection, guest: GuestKey, name: &str) -> Result<(), StoreError> {
    remove(db, Source::GuestName, &guest.0)?;
    if name.is_empty() {
        return Ok(());
    }
    // The number follows from the key, far below those of members, so that no order of arrival shows.
    let [a, b, c, d, e, ..] = guest.0;
    let mut row = -(i64::from_be_bytes([0, 0, 1, a, b, c, d, e]));
    let mut taken = db.prepare_cached("SELECT 1 FROM said WHERE row = ?1")?;
    while taken.exists([row])? {
        row -= 1;
    }
    insert(db, row, Source::GuestName, &guest.0, name)
}

/// Empties the index with its table.
pub(crate) fn clear(db: &Connection) -> Result<(), StoreError> {
    db.execute("DELETE FROM said", [])?;
    db.execute("INSERT INTO said_index (said_index) VALUES ('delete-all')", [])?;
    Ok(())
}

/// A free number whose order is the timeline's.
fn caption_row(db: &Connection, moment: OperationId, sort_ms: u64) -> Result<i64, StoreError> {
    let [a, b, c, ..] = moment.0;
    let low = i64::from(u32::from_be_bytes([0, a, b, c])) >> (24 - ROW_BITS);
    let mut row = sql::int(sort_ms.min(1 << 42)) << ROW_BITS | low;
    let mut taken = db.prepare_cached("SELECT 1 FROM said WHERE row = ?1")?;
    while row <= 0 || taken.exists([row])? {
        row += 1;
    }
    Ok(row)
}

fn insert(db: &Connection, row: i64, source: Source, subject: &[u8; 32], text: &str) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO said (row, source, subject, text) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        row,
        source as i64,
        subject,
        text
    ])?;
    db.prepare_cached("INSERT INTO said_index (rowid, text) VALUES (?1, ?2)")?.execute(params![row, text])?;
    Ok(())
}

fn remove(db: &Connection, source: Source, subject: &[u8; 32]) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM said WHERE subject = ?1 AND source = ?2 RETURNING row, text")?;
    let removed = statement
        .query_row(params![subject, source as i64], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let Some((row, text)) = removed else { return Ok(()) };
    db.prepare_cached("INSERT INTO said_index (said_index, rowid, text) VALUES ('delete', ?1, ?2)")?
        .execute(params![row, text])?;
    Ok(())
}
