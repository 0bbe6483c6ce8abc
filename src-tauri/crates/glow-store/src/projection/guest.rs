//! Guests: what they said through members' doors, what was decided about them, and what follows for each post.
//!
//! The operations of one guest and post are one post: those that bring a file have one media id, that of the lowest operation
//! among those with the original, or else the one that guest and post yield. A post is hidden per operation, because a
//! door's member decides about what came through its own door only.

use std::collections::BTreeMap;

use glow_model::{
    DeviceId, GuestKey, GuestPost, GuestPostId, GuestSaid, GuestVerdict, MediaId, OperationId, Verdict, What,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    GroupStore, GuestPostRow, GuestRow, StoreError, WaitingRow,
    projection::search,
    sql::{self, Code},
};

/// Why an operation of a guest does not count, by number; 0: it does.
const COUNTS: i64 = 0;
const UNSEEN: i64 = 1;
const HELD_BACK: i64 = 2;
const TAKEN_BACK: i64 = 3;
const BLOCKED: i64 = 4;

const FILE: i64 = 0;
const REACTION: i64 = 1;
const RETRACTION: i64 = 2;

/// The verdicts that count about an operation's author `author`: hosts' before its own, then the highest turn, ties by id.
const WINNER: &str = "AND (guest_verdict.author = :author OR EXISTS (SELECT 1 FROM member WHERE device = guest_verdict.author AND role = 0))
     ORDER BY EXISTS (SELECT 1 FROM member WHERE device = guest_verdict.author AND role = 0) DESC, turn DESC, id DESC LIMIT 1";

impl GroupStore {
    /// Guests that said something in the group, by key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guests(&self, limit: usize) -> Result<Vec<GuestRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT guest.guest, name, coalesce(tally.moments, 0),
                   (SELECT count(DISTINCT post) FROM guest_post
                    WHERE guest_post.guest = guest.guest AND what = 0 AND hidden IN (1, 2)),
                   EXISTS (SELECT 1 FROM guest_post WHERE guest_post.guest = guest.guest AND hidden = 4)
                 FROM guest LEFT JOIN tally ON tally.author = guest.guest ORDER BY guest.guest LIMIT ?1",
            )?;
            let guests = statement.query_map([sql::int(limit as u64)], |row| {
                Ok(GuestRow {
                    guest: GuestKey(row.get(0)?),
                    name: row.get(1)?,
                    moment_count: sql::uint(row, 2)?,
                    waiting_count: sql::uint(row, 3)?,
                    blocked: row.get(4)?,
                })
            })?;
            Ok(guests.collect::<Result<_, _>>()?)
        })
    }

    /// What guests call themselves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_names(&self) -> Result<BTreeMap<DeviceId, String>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT guest, name FROM guest")?;
            let names = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }

    /// Files of guests that wait or were held back, oldest first, each once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_posts_waiting(&self, limit: usize) -> Result<Vec<WaitingRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT guest_post.id, guest, post, guest_post.author, hidden FROM guest_post
                 JOIN moment ON moment.id = guest_post.id
                 WHERE hidden IN (1, 2) ORDER BY moment.received_ms, moment.early, guest_post.id",
            )?;
            let mut rows = statement.query([])?;
            let mut waiting: Vec<WaitingRow> = Vec::new();
            while let Some(row) = rows.next()? {
                let found = WaitingRow {
                    moment: sql::operation_id(row)?,
                    guest: GuestKey(row.get(1)?),
                    post: GuestPostId(row.get(2)?),
                    door: DeviceId(row.get(3)?),
                    held_back: row.get::<_, i64>(4)? == HELD_BACK,
                };
                let known = waiting.iter().position(|known| (known.guest, known.post) == (found.guest, found.post));
                match known {
                    // With the original it is more than with previews alone.
                    Some(known) => waiting[known] = found,
                    None if waiting.len() < limit => waiting.push(found),
                    None => break,
                }
            }
            Ok(waiting)
        })
    }

    /// What became of a file that a guest posted, through whichever door; nothing when it did not arrive here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_post(&self, guest: GuestKey, post: GuestPostId) -> Result<Option<GuestPostRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT guest_post.id, whole, hidden FROM guest_post JOIN moment ON moment.id = guest_post.id
                 WHERE guest = ?1 AND post = ?2 ORDER BY hidden = 0 DESC, whole DESC, guest_post.id LIMIT 1",
            )?;
            let row = statement.query_row(params![guest.0, post.0], |row| {
                Ok(GuestPostRow {
                    moment: sql::operation_id(row)?,
                    whole: row.get(1)?,
                    waits: matches!(row.get::<_, i64>(2)?, UNSEEN | HELD_BACK),
                    gone: matches!(row.get::<_, i64>(2)?, TAKEN_BACK | BLOCKED),
                })
            });
            Ok(row.optional()?)
        })
    }

    /// Whether this is known of a guest and a post already, through whichever door it was said.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_guest_said(&self, guest: GuestKey, post: GuestPostId) -> Result<bool, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT 1 FROM guest_post WHERE guest = ?1 AND post = ?2")?;
            Ok(statement.exists(params![guest.0, post.0])?)
        })
    }

    /// The guest and the post that a moment is of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_of(&self, moment: OperationId) -> Result<Option<(GuestKey, GuestPostId)>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT guest, post FROM guest_post WHERE id = ?1")?;
            let said = statement.query_row([moment.0], |row| Ok((GuestKey(row.get(0)?), GuestPostId(row.get(1)?))));
            Ok(said.optional()?)
        })
    }

    /// Files and bytes that a guest has posted through a member's door, and the bytes of all guests there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_usage(&self, guest: GuestKey, door: DeviceId) -> Result<(u64, u64, u64), StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT coalesce(sum(guest = ?1), 0), coalesce(sum(size * (guest = ?1)), 0), coalesce(sum(size), 0) FROM
                   (SELECT guest, max(size) AS size FROM guest_post WHERE author = ?2 AND what = 0 GROUP BY guest, post)",
            )?;
            Ok(statement.query_row(params![guest.0, door.0], |row| {
                Ok((sql::uint(row, 0)?, sql::uint(row, 1)?, sql::uint(row, 2)?))
            })?)
        })
    }

    /// What guests said through a member's door and is not erased, in operations.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_operations(&self, door: DeviceId) -> Result<u64, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT count(*) FROM guest_post WHERE author = ?1")?;
            Ok(statement.query_row([door.0], |row| sql::uint(row, 0))?)
        })
    }

    /// Whether a post of a guest came through a member's door and was not taken back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_post_stands(&self, guest: GuestKey, post: GuestPostId, door: DeviceId) -> Result<bool, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT 1 FROM guest_post WHERE guest = ?1 AND post = ?2 AND author = ?3 AND hidden <> ?4 AND what <> ?5",
            )?;
            Ok(statement.exists(params![guest.0, post.0, door.0, TAKEN_BACK, RETRACTION])?)
        })
    }

    /// Whether a guest is blocked at a member's door.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_blocked(&self, guest: GuestKey, door: DeviceId) -> Result<bool, StoreError> {
        self.read(|db| Ok(verdict(db, guest, None, door)? == Some(Verdict::Block)))
    }

    /// Whether a guest said anything through a member's door; of one post, when that is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn came_through(&self, guest: GuestKey, post: Option<GuestPostId>, door: DeviceId) -> Result<bool, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT 1 FROM guest_post WHERE guest = ?1 AND author = ?2 AND (?3 IS NULL OR post = ?3)",
            )?;
            Ok(statement.exists(params![guest.0, door.0, post.map(|post| post.0)])?)
        })
    }

    /// The turn of the last verdict about a guest, or about a post of one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn verdict_turn(&self, guest: GuestKey, post: Option<GuestPostId>) -> Result<Option<u64>, StoreError> {
        self.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT max(turn) FROM guest_verdict WHERE guest = ?1 AND post IS ?2")?;
            let turn = statement.query_row(params![guest.0, post.map(|post| post.0)], |row| sql::uint_or_null(row, 0));
            Ok(turn?)
        })
    }

    /// Operations of a member's door that guests took back and that still have their payload: it is to take them back in turn.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn guest_takebacks(&self, door: DeviceId) -> Result<Vec<OperationId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT id FROM guest_post WHERE hidden = ?1 AND author = ?2")?;
            let posts = statement.query_map(params![TAKEN_BACK, door.0], sql::operation_id)?;
            Ok(posts.collect::<Result<_, _>>()?)
        })
    }
}

/// A moment of a guest whose capture is another than its siblings say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strayed {
    pub(crate) moment: OperationId,
    pub(crate) from: MediaId,
    pub(crate) to: MediaId,
}

/// What was removed with an operation of a guest.
pub(crate) struct Removed {
    pub(crate) guest: GuestKey,
    pub(crate) post: GuestPostId,
    /// The post that a retraction was about.
    pub(crate) target: Option<GuestPostId>,
}

pub(crate) fn insert(
    db: &Connection,
    (id, author): (OperationId, DeviceId),
    post: &GuestPost,
    said: &GuestSaid,
) -> Result<(), StoreError> {
    let (what, size, target) = match &said.what {
        What::File(file) => (FILE, file.size, None),
        What::Reaction(_) => (REACTION, 0, None),
        What::Retraction(target) => (RETRACTION, 0, Some(target.0)),
    };
    db.prepare_cached(
        "INSERT INTO guest_post (id, author, guest, post, what, name, time_ms, size, review, whole, media, target)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        id.0,
        author.0,
        post.guest.0,
        post.id.0,
        what,
        said.name,
        sql::int(said.time_ms),
        sql::int(size),
        post.review,
        post.is_whole(),
        post.moment.as_ref().map(|moment| moment.media.0),
        target,
    ])?;
    derive_name(db, post.guest)
}

/// Removes what an operation of a guest said.
pub(crate) fn delete(db: &Connection, id: OperationId) -> Result<Option<Removed>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM guest_post WHERE id = ?1 RETURNING guest, post, target")?;
    let removed = statement.query_row([id.0], |row| {
        Ok(Removed {
            guest: GuestKey(row.get(0)?),
            post: GuestPostId(row.get(1)?),
            target: row.get::<_, Option<_>>(2)?.map(GuestPostId),
        })
    });
    let Some(removed) = removed.optional()? else { return Ok(None) };
    derive_name(db, removed.guest)?;
    Ok(Some(removed))
}

pub(crate) fn insert_verdict(
    db: &Connection,
    (id, author): (OperationId, DeviceId),
    verdict: &GuestVerdict,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO guest_verdict (id, author, guest, post, verdict, turn) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id.0,
        author.0,
        verdict.guest.0,
        verdict.post.map(|post| post.0),
        verdict.verdict.code(),
        sql::int(verdict.turn)
    ])?;
    Ok(())
}

/// Removes a verdict. Answers the guest it was about.
pub(crate) fn delete_verdict(db: &Connection, id: OperationId) -> Result<Option<GuestKey>, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM guest_verdict WHERE id = ?1 RETURNING guest")?;
    Ok(statement.query_row([id.0], |row| Ok(GuestKey(row.get(0)?))).optional()?)
}

/// Guests about whom something was decided: who is a host matters for them.
pub(crate) fn judged_guests(db: &Connection) -> Result<Vec<GuestKey>, StoreError> {
    let mut statement = db.prepare_cached("SELECT DISTINCT guest FROM guest_verdict")?;
    let guests = statement.query_map([], |row| Ok(GuestKey(row.get(0)?)))?;
    Ok(guests.collect::<Result<_, _>>()?)
}

/// The moments of a post whose capture is not the one that all its operations share.
pub(crate) fn strayed(db: &Connection, guest: GuestKey, post: GuestPostId) -> Result<Vec<Strayed>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT guest_post.id, moment.media, guest_post.media FROM guest_post JOIN moment ON moment.id = guest_post.id
         WHERE guest = ?1 AND post = ?2 ORDER BY whole DESC, guest_post.id",
    )?;
    let rows = statement.query_map(params![guest.0, post.0], |row| {
        Ok((sql::operation_id(row)?, MediaId(row.get(1)?), MediaId(row.get(2)?)))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let Some((_, _, to)) = rows.first().copied() else { return Ok(Vec::new()) };
    let strayed = rows.into_iter().filter(|(_, is, _)| *is != to);
    Ok(strayed.map(|(moment, from, _)| Strayed { moment, from, to }).collect())
}

/// Gives a moment the capture of its siblings. A favourite stays one.
pub(crate) fn move_capture(db: &Connection, strayed: Strayed) -> Result<(), StoreError> {
    let Strayed { moment, from, to } = strayed;
    db.prepare_cached(
        "INSERT INTO favourite (media) SELECT ?2 FROM favourite WHERE media = ?1 ON CONFLICT DO NOTHING",
    )?
    .execute(params![from.0, to.0])?;
    db.prepare_cached("UPDATE moment SET media = ?2 WHERE id = ?1")?.execute(params![moment.0, to.0])?;
    db.prepare_cached(
        "UPDATE moment SET favourite = EXISTS (SELECT 1 FROM favourite WHERE media = ?1) WHERE media = ?1",
    )?
    .execute([to.0])?;
    db.prepare_cached(
        "DELETE FROM favourite WHERE media = ?1 AND NOT EXISTS (SELECT 1 FROM moment WHERE media = ?1)
           AND EXISTS (SELECT 1 FROM guest_post WHERE media = ?1 AND whole = 0)",
    )?
    .execute([from.0])?;
    Ok(())
}

/// Judges what a guest said: one post, or all. Answers the operations that became visible or hidden.
pub(crate) fn judge(
    db: &Connection,
    guest: GuestKey,
    post: Option<GuestPostId>,
) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, author, post, what, review, hidden,
           EXISTS (SELECT 1 FROM guest_post AS gone
                   WHERE gone.guest = guest_post.guest AND gone.what = 2 AND gone.target = guest_post.post)
         FROM guest_post WHERE guest = ?1 AND (?2 IS NULL OR post = ?2)",
    )?;
    let rows = statement.query_map(params![guest.0, post.map(|post| post.0)], |row| {
        let (id, author) = (sql::operation_id(row)?, DeviceId(row.get(1)?));
        let (what, review, gone): (i64, bool, bool) = (row.get(3)?, row.get(4)?, row.get(6)?);
        Ok((id, author, GuestPostId(row.get(2)?), what, review, row.get::<_, i64>(5)?, gone))
    })?;
    let mut judged = Vec::new();
    for (id, author, post, what, review, before, gone) in rows.collect::<Result<Vec<_>, _>>()? {
        let after = match () {
            () if what == RETRACTION => COUNTS,
            () if gone => TAKEN_BACK,
            () if verdict(db, guest, None, author)? == Some(Verdict::Block) => BLOCKED,
            () => match verdict(db, guest, Some(post), author)? {
                Some(Verdict::HoldBack) => HELD_BACK,
                None if review => UNSEEN,
                Some(Verdict::Approve | Verdict::Block | Verdict::Unblock) | None => COUNTS,
            },
        };
        if after != before {
            db.prepare_cached("UPDATE guest_post SET hidden = ?2 WHERE id = ?1")?.execute(params![id.0, after])?;
            judged.push(id);
        }
    }
    Ok(judged)
}

/// The verdict that counts for what came through a member's door.
fn verdict(
    db: &Connection,
    guest: GuestKey,
    post: Option<GuestPostId>,
    door: DeviceId,
) -> Result<Option<Verdict>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT verdict FROM guest_verdict WHERE guest = :guest AND post IS :post {WINNER}"
    ))?;
    let found = statement.query_row(
        rusqlite::named_params! { ":guest": guest.0, ":post": post.map(|post| post.0), ":author": door.0 },
        |row| Verdict::read(row, 0),
    );
    Ok(found.optional()?)
}

/// A guest is called what it said last.
fn derive_name(db: &Connection, guest: GuestKey) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("SELECT name FROM guest_post WHERE guest = ?1 ORDER BY time_ms DESC, id DESC LIMIT 1")?;
    let name: Option<String> = statement.query_row([guest.0], |row| row.get(0)).optional()?;
    let mut statement = db.prepare_cached("SELECT name FROM guest WHERE guest = ?1")?;
    let before: Option<String> = statement.query_row([guest.0], |row| row.get(0)).optional()?;
    if name == before {
        return Ok(());
    }
    match &name {
        Some(name) => db
            .prepare_cached(
                "INSERT INTO guest (guest, name) VALUES (?1, ?2) ON CONFLICT (guest) DO UPDATE SET name = excluded.name",
            )?
            .execute(params![guest.0, name])?,
        None => db.prepare_cached("DELETE FROM guest WHERE guest = ?1")?.execute([guest.0])?,
    };
    search::set_guest_name(db, guest, name.as_deref().unwrap_or_default())
}
