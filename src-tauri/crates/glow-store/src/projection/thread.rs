//! What is said about a capture: its caption and reactions. Moments of one capture share both.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{Caption, DeviceId, OperationId, Reaction, limits};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    GroupStore, ReactionRow, StoreError,
    projection::{chain, moment::Live, search},
    sql,
};

impl GroupStore {
    /// The reactions shown at these moments, by moment, emoji and author.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reactions(&self, ids: &[OperationId]) -> Result<Vec<ReactionRow>, StoreError> {
        const AT_ONCE: usize = 250;
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT shown_at, emoji, author FROM reaction WHERE shown_at IN ({}) AND shown_at IS NOT NULL",
                sql::marks(AT_ONCE)
            ))?;
            let mut found = Vec::new();
            for ids in ids.chunks(AT_ONCE) {
                // NULL is in no list: it fills the unused places of the one prepared statement.
                let places = ids.iter().map(|id| Some(id.0)).chain(std::iter::repeat(None));
                let rows = statement.query_map(rusqlite::params_from_iter(places.take(AT_ONCE)), |row| {
                    Ok(ReactionRow {
                        moment: sql::operation_id(row)?,
                        emoji: row.get(1)?,
                        author: DeviceId(row.get(2)?),
                    })
                })?;
                for row in rows {
                    found.push(row?);
                }
            }
            found.sort_unstable();
            Ok(found)
        })
    }

    /// The operation that set the caption of a moment, empty texts too: what the next edit replaces.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn caption_head(&self, moment: OperationId) -> Result<Option<OperationId>, StoreError> {
        Ok(self.moment(moment)?.and_then(|moment| moment.caption_head))
    }
}

pub(crate) fn insert_caption(
    db: &Connection,
    id: OperationId,
    author: DeviceId,
    caption: &Caption,
) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO caption (id, author, moment, replaces, text) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id.0, author.0, caption.moment.0, caption.replaces.map(|id| id.0), caption.text])?;
    Ok(())
}

pub(crate) fn insert_reaction(
    db: &Connection,
    (id, author, seq): (OperationId, DeviceId, u64),
    reaction: &Reaction,
) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO reaction (id, author, seq, moment, emoji, given) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![id.0, author.0, sql::int(seq), reaction.moment.0, reaction.emoji, reaction.on])?;
    Ok(())
}

/// Removes a caption. Answers the moment it was about.
pub(crate) fn delete_caption(db: &Connection, id: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM caption WHERE id = ?1 RETURNING moment")?;
    Ok(statement.query_row([id.0], sql::operation_id).optional()?)
}

/// The moment that a reaction is about.
pub(crate) fn reacted_to(db: &Connection, id: OperationId) -> Result<Option<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT moment FROM reaction WHERE id = ?1")?;
    Ok(statement.query_row([id.0], sql::operation_id).optional()?)
}

/// Removes a reaction. Answers the moment it was about and whether it was shown.
pub(crate) fn delete_reaction(db: &Connection, id: OperationId) -> Result<Option<(OperationId, bool)>, StoreError> {
    let mut statement =
        db.prepare_cached("DELETE FROM reaction WHERE id = ?1 RETURNING moment, shown_at IS NOT NULL")?;
    let removed = statement.query_row([id.0], |row| Ok((sql::operation_id(row)?, row.get(1)?)));
    Ok(removed.optional()?)
}

/// Moments whose caption somebody else than their author has written: it hangs on who is a host.
pub(crate) fn captioned_by_others(db: &Connection) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT moment.id FROM caption JOIN moment ON moment.id = caption.moment
         WHERE moment.author <> caption.author",
    )?;
    let moments = statement.query_map([], sql::operation_id)?;
    Ok(moments.collect::<Result<_, _>>()?)
}

/// Derives the caption of a capture. Answers whether it became another one.
pub(crate) fn derive_caption(db: &Connection, live: &[Live], hosts: &BTreeSet<DeviceId>) -> Result<bool, StoreError> {
    let mut allowed = BTreeMap::new();
    let mut statement = db.prepare_cached("SELECT id, author, replaces FROM caption WHERE moment = ?1")?;
    for moment in live {
        let mut rows = statement.query([moment.id.0])?;
        while let Some(row) = rows.next()? {
            let author = DeviceId(row.get(1)?);
            if author == moment.author || hosts.contains(&author) {
                let replaces = row.get::<_, Option<_>>(2)?.map(OperationId);
                allowed.insert(sql::operation_id(row)?, replaces);
            }
        }
    }
    let mut changed = false;
    for moment in live {
        let head = moment.shown.then(|| chain::winner(&allowed, limits::CAPTION_EDITS)).flatten();
        let set = db
            .prepare_cached(
                "UPDATE moment SET caption_head = ?2,
                   caption = coalesce((SELECT text FROM caption WHERE caption.id = ?2), '')
                 WHERE id = ?1 AND caption_head IS NOT ?2 RETURNING sort_ms, caption",
            )?
            .query_row(params![moment.id.0, head.map(|id| id.0)], |row| {
                Ok((sql::uint(row, 0)?, row.get::<_, String>(1)?))
            })
            .optional()?;
        if let Some((sort_ms, caption)) = set {
            search::set_caption(db, moment.id, sort_ms, &caption)?;
            changed = true;
        }
    }
    Ok(changed)
}

/// Derives the reactions of a capture: of one author's for one emoji the last in its log counts, and of a guest's, who has no
/// log, the last by its own clock. Answers whether any became
/// another.
pub(crate) fn derive_reactions(db: &Connection, live: &[Live]) -> Result<bool, StoreError> {
    let shown_at = live.iter().find(|moment| moment.shown).map(|moment| moment.id);
    let mut last = BTreeMap::new();
    let mut said = Vec::new();
    let mut statement = db.prepare_cached(
        "SELECT reaction.id, reaction.author, emoji, seq, given, shown_at, coalesce(hidden, 0) = 0 FROM reaction
         LEFT JOIN guest_post ON guest_post.id = reaction.id WHERE moment = ?1",
    )?;
    for moment in live {
        let mut rows = statement.query([moment.id.0])?;
        while let Some(row) = rows.next()? {
            let id = sql::operation_id(row)?;
            let (author, emoji): ([u8; 32], String) = (row.get(1)?, row.get(2)?);
            let rank = (sql::uint(row, 3)?, id, row.get::<_, bool>(4)?);
            if row.get(6)? {
                let entry = last.entry((author, emoji)).or_insert(rank);
                *entry = rank.max(*entry);
            }
            said.push((id, row.get::<_, Option<_>>(5)?.map(OperationId)));
        }
    }
    let given = last.into_values().filter(|(_, _, given)| *given);
    let counting: BTreeSet<_> = given.map(|(_, id, _)| id).collect();
    let mut changed = false;
    for (id, before) in said {
        let after = shown_at.filter(|_| counting.contains(&id));
        if after != before {
            changed = true;
            db.prepare_cached("UPDATE reaction SET shown_at = ?2 WHERE id = ?1")?
                .execute(params![id.0, after.map(|id| id.0)])?;
        }
    }
    Ok(changed)
}

/// Takes the reactions to a moment from view, before it goes itself. Answers whether any was shown.
pub(crate) fn hide_reactions(db: &Connection, moment: OperationId) -> Result<bool, StoreError> {
    let hidden = db
        .prepare_cached("UPDATE reaction SET shown_at = NULL WHERE moment = ?1 AND shown_at IS NOT NULL")?
        .execute([moment.0])?;
    Ok(hidden > 0)
}
