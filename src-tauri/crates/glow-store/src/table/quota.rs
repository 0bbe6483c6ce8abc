//! What this device gives up, and what it only carries.
//!
//! Giving up has three steps, each durable: released (no longer held, so the next word about holdings does not count it),
//! told, and only then deleted.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use glow_model::{BlobId, BlobRef, DeviceId, MomentKind, OperationId};
use rusqlite::{Connection, params};

use crate::{
    BlobWant, Evictable, GroupStore, Part, StoreError, Tier, WantFilter,
    connection::Durability,
    projection::{
        blob_use::WISHED,
        copies::{self, NAMED_AT},
    },
    sql::{self, Code},
    table::blob,
};

impl GroupStore {
    /// As [`GroupStore::blob_wants`], but only what the owner of this device wishes to have here. Originals that the wishes
    /// exclude and too few others hold are carried within the filter's bounds, and noted as that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wished_wants(&self, limit: usize, filter: &WantFilter) -> Result<Vec<BlobWant>, StoreError> {
        let (mut wants, carry) = self.read(|db| Ok((wished(db, limit, filter)?, to_carry(db, limit, filter)?)))?;
        if !carry.is_empty() {
            self.write(|db| note_carried(db, carry.iter().map(|want| &want.blob)))?;
            wants.extend(carry);
            wants.truncate(limit);
        }
        Ok(wants)
    }

    /// Whole originals of others that this device keeps, in the order in which they are given up: clips first, then photos,
    /// oldest first; at most so many, those behind `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn evictable(&self, after: Option<&Evictable>, limit: usize) -> Result<Vec<Evictable>, StoreError> {
        let (is_photo, sort_ms, moment) = after.map_or((false, 0, OperationId([0; 32])), |after| {
            (after.kind != MomentKind::Clip, after.sort_ms, after.moment)
        });
        self.read(|db| {
            let rest = "original_held = original_size AND motion_held = coalesce(motion_size, 0)
                AND NOT EXISTS (SELECT 1 FROM blob_use JOIN carried ON carried.blob = blob_use.blob
                  WHERE blob_use.moment = moment.id)
                AND (kind <> 1, sort_ms, id) > (?1, ?2, ?3)
                ORDER BY kind <> 1, sort_ms, id LIMIT ?4";
            givable(db, rest, params![is_photo, sql::int(sort_ms), moment.0, sql::int(limit as u64)])
        })
    }

    /// What is here for others only, whole or in part.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn carried(&self) -> Result<Vec<Evictable>, StoreError> {
        self.read(|db| {
            let rest = "id IN (SELECT blob_use.moment FROM carried JOIN blob_use ON blob_use.blob = carried.blob)";
            givable(db, rest, [])
        })
    }

    /// Which of these blobs are here for others only.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn carried_of(&self, blobs: &[BlobId]) -> Result<BTreeSet<BlobId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT 1 FROM carried WHERE blob = ?1")?;
            let mut carried = BTreeSet::new();
            for blob in blobs {
                if statement.exists([blob.0])? {
                    carried.insert(*blob);
                }
            }
            Ok(carried)
        })
    }

    /// Gives blobs up, synced to the disk: they are no longer held and not wanted again. Answers the moments on the timeline
    /// that name them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release(&self, blobs: &[BlobId]) -> Result<Vec<OperationId>, StoreError> {
        self.database.write(Durability::Full, |db| {
            let mut statement =
                db.prepare_cached("INSERT INTO released (blob) VALUES (?1) ON CONFLICT (blob) DO UPDATE SET gone = 0")?;
            for blob in blobs {
                statement.execute([blob.0])?;
                db.prepare_cached("DELETE FROM carried WHERE blob = ?1")?.execute([blob.0])?;
            }
            blob::note_held(db, blobs, false)
        })
    }

    /// Released blobs whose files are still there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn released(&self) -> Result<Vec<BlobId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT blob FROM released WHERE gone = 0")?;
            let blobs = statement.query_map([], |row| Ok(BlobId(row.get(0)?)))?;
            Ok(blobs.collect::<Result<_, _>>()?)
        })
    }

    /// Whether a blob is released and its file still to go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_released(&self, blob: BlobId) -> Result<bool, StoreError> {
        self.read(|db| {
            Ok(db.prepare_cached("SELECT 1 FROM released WHERE blob = ?1 AND gone = 0")?.exists([blob.0])?)
        })
    }

    /// Notes that the file of a released blob is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_done(&self, blob: BlobId) -> Result<(), StoreError> {
        self.write(|db| {
            db.prepare_cached("UPDATE released SET gone = 1 WHERE blob = ?1")?.execute([blob.0])?;
            Ok(())
        })
    }

    /// Wants again what was given up: the owner of this device has other wishes. Where they include it, what still waits for
    /// its deletion stays, and what only was carried is kept for good.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wish_anew(&self, filter: &WantFilter) -> Result<(), StoreError> {
        self.database.write(Durability::Full, |db| {
            let included = "blob IN (SELECT blob_use.blob FROM blob_use JOIN moment ON moment.id = blob_use.moment
                WHERE (moment.kind = 1 AND ?1) OR (moment.kind <> 1 AND ?2))";
            let wishes = params![filter.clips, filter.photos];
            db.prepare_cached(&format!("DELETE FROM released WHERE gone = 1 OR {included}"))?.execute(wishes)?;
            db.prepare_cached(&format!("DELETE FROM carried WHERE {included}"))?.execute(wishes)?;
            Ok(())
        })
    }

    /// Bytes of what is only carried, here or on its way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn carried_bytes(&self) -> Result<u64, StoreError> {
        self.read(carried_bytes)
    }

    /// What is still to come within the wishes: blobs and bytes, previews and originals.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wanted_bytes(&self, filter: &WantFilter) -> Result<[(u64, u64); 2], StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT coalesce(sum(tier < 2), 0), coalesce(sum(CASE WHEN tier < 2 THEN blob_use.size ELSE 0 END), 0),
                   coalesce(sum(tier >= 2), 0), coalesce(sum(CASE WHEN tier >= 2 THEN blob_use.size ELSE 0 END), 0)
                 FROM blob_use JOIN moment ON moment.id = blob_use.moment WHERE wanted = 1 AND {WISHED}"
            ))?;
            let sums = statement.query_row(params![filter.previews, filter.photos, filter.clips], |row| {
                Ok([(sql::uint(row, 0)?, sql::uint(row, 1)?), (sql::uint(row, 2)?, sql::uint(row, 3)?)])
            })?;
            Ok(sums)
        })
    }
}

fn wished(db: &Connection, limit: usize, filter: &WantFilter) -> Result<Vec<BlobWant>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT blob_use.blob, blob_use.key, blob_use.size, blob_use.moment, part, tier, blob_use.sort_ms,
           moment.author
         FROM blob_use INDEXED BY blob_use_wanted JOIN moment ON moment.id = blob_use.moment
         WHERE wanted = 1 AND {WISHED}
         ORDER BY tier, blob_use.sort_ms DESC, blob_use.moment DESC, part, position LIMIT ?4"
    ))?;
    let wants =
        statement.query_map(params![filter.previews, filter.photos, filter.clips, sql::int(limit as u64)], want)?;
    Ok(distinct(wants.collect::<Result<Vec<_>, _>>()?))
}

/// Originals of others, by what holds of their moments. What this device has captured too is never among them.
fn givable(db: &Connection, which: &str, params: impl rusqlite::Params) -> Result<Vec<Evictable>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT id, author, {NAMED_AT} AS seq, kind, sort_ms FROM moment
         WHERE own = 0 AND original_size IS NOT NULL AND seq IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM blob_use AS theirs JOIN blob_use AS mine ON mine.blob = theirs.blob
             JOIN moment AS own_one ON own_one.id = mine.moment
             WHERE theirs.moment = moment.id AND own_one.own = 1)
           AND {which}"
    ))?;
    let rows = statement.query_map(params, |row| {
        Ok(Evictable {
            moment: sql::operation_id(row)?,
            author: DeviceId(row.get(1)?),
            seq: sql::uint(row, 2)?,
            kind: MomentKind::read(row, 3)?,
            sort_ms: sql::uint(row, 4)?,
            blobs: Vec::new(),
        })
    })?;
    let mut givable = rows.collect::<Result<Vec<_>, _>>()?;
    for one in &mut givable {
        one.blobs = copies::blobs_of(db, one.moment)?;
    }
    Ok(givable)
}

/// Originals to bring along: of those that the wishes exclude and too few others hold, the newest that fit into the budget
/// whole. What was begun goes on.
fn to_carry(db: &Connection, limit: usize, filter: &WantFilter) -> Result<Vec<BlobWant>, StoreError> {
    if filter.carry_bytes == 0 || (filter.photos && filter.clips) {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "SELECT blob_use.blob, blob_use.key, blob_use.size, blob_use.moment, part, tier, blob_use.sort_ms,
           moment.author, coalesce(moment.original_size, 0) + coalesce(moment.motion_size, 0)
         FROM blob_use INDEXED BY blob_use_wanted JOIN moment ON moment.id = blob_use.moment
         WHERE wanted = 1 AND tier >= 2 AND NOT (CASE WHEN moment.kind = 1 THEN ?1 ELSE ?2 END)
           AND moment.copies < ?3 AND moment.own = 0
           AND NOT EXISTS (SELECT 1 FROM released WHERE released.blob = blob_use.blob)
         ORDER BY tier, blob_use.sort_ms DESC, blob_use.moment DESC, part, position LIMIT ?4",
    )?;
    let wants = statement
        .query_map(params![filter.clips, filter.photos, filter.enough_copies, sql::int(limit as u64)], |row| {
            Ok((want(row)?, sql::uint(row, 8)?))
        })?;
    let mut room = filter.carry_bytes.saturating_sub(spoken_for(db)?);
    let (mut goes, mut carry) = (BTreeMap::new(), Vec::new());
    for row in wants {
        let (want, original_bytes) = row?;
        let goes = match goes.entry(want.moment) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                let begun = is_carried(db, want.moment)?;
                let fits = begun || original_bytes <= room;
                room -= if fits && !begun { original_bytes } else { 0 };
                *unknown.insert(fits)
            }
        };
        if goes {
            carry.push(want);
        }
    }
    Ok(distinct(carry))
}

/// Bytes of the originals of which anything is carried: the rest of each is to come.
fn spoken_for(db: &Connection) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(coalesce(original_size, 0) + coalesce(motion_size, 0)), 0) FROM moment
         WHERE id IN (SELECT blob_use.moment FROM carried JOIN blob_use ON blob_use.blob = carried.blob)",
    )?;
    Ok(statement.query_row([], |row| sql::uint(row, 0))?)
}

fn want(row: &rusqlite::Row<'_>) -> rusqlite::Result<BlobWant> {
    Ok(BlobWant {
        blob: sql::blob_ref(row, 0)?,
        moment: OperationId(row.get(3)?),
        part: Part::read(row, 4)?,
        tier: Tier::read(row, 5)?,
        sort_ms: sql::uint(row, 6)?,
        author: DeviceId(row.get(7)?),
    })
}

fn distinct(mut wants: Vec<BlobWant>) -> Vec<BlobWant> {
    let mut listed = BTreeSet::new();
    wants.retain(|want| listed.insert(want.blob.id));
    wants
}

fn note_carried<'a>(db: &Connection, blobs: impl Iterator<Item = &'a BlobRef>) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("INSERT INTO carried (blob, size) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for blob in blobs {
        statement.execute(params![blob.id.0, sql::int(blob.size)])?;
    }
    Ok(())
}

fn carried_bytes(db: &Connection) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(size), 0) FROM carried
         WHERE EXISTS (SELECT 1 FROM blob_use WHERE blob_use.blob = carried.blob)",
    )?;
    Ok(statement.query_row([], |row| sql::uint(row, 0))?)
}

fn is_carried(db: &Connection, moment: OperationId) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM blob_use JOIN carried ON carried.blob = blob_use.blob WHERE blob_use.moment = ?1",
    )?;
    Ok(statement.exists([moment.0])?)
}
