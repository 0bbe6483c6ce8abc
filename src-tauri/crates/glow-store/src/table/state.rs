//! What devices say of themselves, newest only, opened as far as queries need it.

use std::collections::BTreeMap;

use glow_model::{
    BlobId, DeviceId, VerifiedState,
    state::{GuestDoor, Holdings, Keeps, Marks, Presence, SeenUpTo, Slot, TakebackDone, Wakefulness},
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    GroupStore, StoreError,
    connection::Durability,
    projection::{blob_use, copies},
    sql::{self, Code},
};

/// A state on its way in.
#[derive(Debug, Clone)]
pub struct IncomingState {
    /// The state.
    pub state: VerifiedState,
    /// What it says.
    pub said: Said,
    /// The blob that its value stands in.
    pub sheet: Option<BlobId>,
    /// When this device learned of it.
    pub received_ms: u64,
    /// Whether this device says it: the transaction is synced to the disk, and copies do not count it.
    pub own: bool,
}

/// An opened value, out of its sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Whether the device is around, and what it keeps.
    Presence(Presence),
    /// How far its owner has seen.
    SeenUpTo(SeenUpTo),
    /// What was taken back and is gone there.
    TakebackDone(TakebackDone),
    /// What it holds for good.
    Holdings(Holdings),
    /// A door for guests, which whoever needs it opens again.
    GuestDoor(GuestDoor),
    /// A slot of a newer version: kept and passed on.
    Unknown,
}

/// Which state of which device is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateKey {
    /// The device.
    pub device: DeviceId,
    /// The slot.
    pub slot: Slot,
    /// The counter of the state that stands.
    pub counter: u64,
}

/// What a device last said of its being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceRow {
    /// The device.
    pub device: DeviceId,
    /// What it said.
    pub presence: Presence,
}

impl GroupStore {
    /// Keeps a state if it is newer than the one of its device and slot. Answers whether it was, and the sheet that nobody
    /// needs any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn accept_state(&self, incoming: &IncomingState) -> Result<(bool, Option<BlobId>), StoreError> {
        let durability = if incoming.own { Durability::Full } else { Durability::Normal };
        self.database.write(durability, |db| {
            let header = incoming.state.header();
            let before = find(db, header.device, header.slot)?;
            if before.as_ref().is_some_and(|before| before.rank >= incoming.state.rank()) {
                return Ok((false, None));
            }
            insert(db, incoming)?;
            if !incoming.own {
                apply(db, header.device, &incoming.said)?;
            }
            Ok((true, before.and_then(|before| before.sheet).filter(|sheet| Some(*sheet) != incoming.sheet)))
        })
    }

    /// Whether a state would be new here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_new_state(&self, state: &VerifiedState) -> Result<bool, StoreError> {
        let header = state.header();
        let before = self.read(|db| find(db, header.device, header.slot))?;
        Ok(before.is_none_or(|before| before.rank < state.rank()))
    }

    /// Which states are here, by device and slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state_keys(&self) -> Result<Vec<StateKey>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT device, slot, counter FROM state ORDER BY device, slot")?;
            let keys =
                statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get::<_, u8>(1)?, sql::uint(row, 2)?)))?;
            let keys = keys.collect::<Result<Vec<_>, _>>()?;
            let key = |(device, slot, counter)| Some(StateKey { device, slot: Slot::new(slot).ok()?, counter });
            Ok(keys.into_iter().filter_map(key).collect())
        })
    }

    /// These states as they go over the wire; those not here are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn encoded_states(&self, wanted: &[(DeviceId, Slot)]) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT encoded FROM state WHERE device = ?1 AND slot = ?2")?;
            let mut states = Vec::with_capacity(wanted.len());
            for (device, slot) in wanted {
                states.extend(statement.query_row(params![device.0, slot.number()], |row| row.get(0)).optional()?);
            }
            Ok(states)
        })
    }

    /// What every device said last in a slot, as it goes over the wire.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn states_in(&self, slot: Slot) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT encoded FROM state WHERE slot = ?1 ORDER BY device")?;
            let states = statement.query_map([slot.number()], |row| row.get(0))?;
            Ok(states.collect::<Result<_, _>>()?)
        })
    }

    /// The counter of what a device said last in a slot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state_counter(&self, device: DeviceId, slot: Slot) -> Result<Option<u64>, StoreError> {
        Ok(self.read(|db| find(db, device, slot))?.map(|found| found.rank.0))
    }

    /// What other devices last said of their being there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn presences(&self) -> Result<Vec<PresenceRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT device, wakefulness, photos, clips FROM presence WHERE wakefulness IS NOT NULL ORDER BY device",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(PresenceRow {
                    device: DeviceId(row.get(0)?),
                    presence: Presence {
                        wakefulness: Wakefulness::read(row, 1)?,
                        photos: Keeps::read(row, 2)?,
                        clips: Keeps::read(row, 3)?,
                    },
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets what a device announced in earlier connections: it says anew what it holds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_announced(&self, device: DeviceId) -> Result<(), StoreError> {
        self.write(|db| {
            for moment in blob_use::moments_held_by(db, device)? {
                copies::recount_moment(db, moment)?;
            }
            db.prepare_cached("DELETE FROM holder WHERE device = ?1")?.execute([device.0])?;
            Ok(())
        })
    }

    /// How many other members have seen a moment: the timeline up to its place, at or after it was posted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn seen_by(&self, sort_ms: u64) -> Result<u64, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT count(*) FROM presence JOIN member ON member.device = presence.device WHERE presence.seen_ms >= ?1",
            )?;
            Ok(statement.query_row([sql::int(sort_ms)], |row| sql::uint(row, 0))?)
        })
    }
}

struct Found {
    rank: (u64, [u8; 32]),
    sheet: Option<BlobId>,
}

fn find(db: &Connection, device: DeviceId, slot: Slot) -> Result<Option<Found>, StoreError> {
    let mut statement = db.prepare_cached("SELECT counter, hash, sheet FROM state WHERE device = ?1 AND slot = ?2")?;
    let found = statement.query_row(params![device.0, slot.number()], |row| {
        Ok(Found { rank: (sql::uint(row, 0)?, row.get(1)?), sheet: row.get::<_, Option<[u8; 32]>>(2)?.map(BlobId) })
    });
    Ok(found.optional()?)
}

fn insert(db: &Connection, incoming: &IncomingState) -> Result<(), StoreError> {
    let header = incoming.state.header();
    let (counter, hash) = incoming.state.rank();
    db.prepare_cached(
        "INSERT OR REPLACE INTO state (device, slot, counter, hash, time_ms, received_ms, encoded, sheet)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        header.device.0,
        header.slot.number(),
        sql::int(counter),
        hash,
        sql::int(header.time_ms),
        sql::int(incoming.received_ms),
        incoming.state.encode(),
        incoming.sheet.map(|sheet| sheet.0),
    ])?;
    Ok(())
}

fn apply(db: &Connection, device: DeviceId, said: &Said) -> Result<(), StoreError> {
    match said {
        Said::Presence(presence) => apply_presence(db, device, *presence),
        Said::SeenUpTo(seen) => {
            db.prepare_cached(
                "INSERT INTO presence (device, seen_ms) VALUES (?1, ?2)
                 ON CONFLICT (device) DO UPDATE SET seen_ms = excluded.seen_ms",
            )?
            .execute(params![device.0, sql::int(seen.sort_ms)])?;
            Ok(())
        }
        Said::TakebackDone(done) => {
            delete_marks(db, device, copies::TAKEN_BACK)?;
            insert_marks(db, device, copies::TAKEN_BACK, &done.0)
        }
        Said::Holdings(holdings) => apply_holdings(db, device, holdings),
        Said::GuestDoor(_) | Said::Unknown => Ok(()),
    }
}

/// Who leaves holds nothing: what it said of its holdings no longer counts.
fn apply_presence(db: &Connection, device: DeviceId, presence: Presence) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO presence (device, wakefulness, photos, clips) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (device) DO UPDATE SET
           wakefulness = excluded.wakefulness, photos = excluded.photos, clips = excluded.clips",
    )?
    .execute(params![device.0, presence.wakefulness.code(), presence.photos.code(), presence.clips.code()])?;
    if presence.wakefulness == Wakefulness::Leaving {
        apply_holdings(db, device, &Holdings::default())?;
    }
    Ok(())
}

/// What a device no longer says that it holds, it has not announced either.
fn apply_holdings(db: &Connection, device: DeviceId, holdings: &Holdings) -> Result<(), StoreError> {
    for (kind, marks) in [(copies::ORIGINALS, &holdings.originals), (copies::PREVIEWS, &holdings.previews)] {
        let before = marks_of(db, device, kind)?;
        for (author, was, is) in by_author(&before, marks) {
            for (first, last) in minus(&was, &is) {
                blob_use::forget_announced(db, device, author, (first, last))?;
                copies::recount(db, author, first, last)?;
            }
            for (first, last) in minus(&is, &was) {
                copies::recount(db, author, first, last)?;
            }
        }
        delete_marks(db, device, kind)?;
        insert_marks(db, device, kind, marks)?;
    }
    Ok(())
}

/// A run of sequence numbers in the log of an author.
type Run = (DeviceId, (u64, u64));

fn marks_of(db: &Connection, device: DeviceId, kind: i64) -> Result<Vec<Run>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT author, first, last FROM mark INDEXED BY mark_device WHERE device = ?1 AND kind = ?2
         ORDER BY author, first",
    )?;
    let marks = statement.query_map(params![device.0, kind], |row| {
        Ok((DeviceId(row.get(0)?), (sql::uint(row, 1)?, sql::uint(row, 2)?)))
    })?;
    Ok(marks.collect::<Result<_, _>>()?)
}

fn delete_marks(db: &Connection, device: DeviceId, kind: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM mark WHERE device = ?1 AND kind = ?2")?.execute(params![device.0, kind])?;
    Ok(())
}

fn insert_marks(db: &Connection, device: DeviceId, kind: i64, marks: &Marks) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("INSERT INTO mark (kind, author, first, last, device) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (author, set) in marks.iter() {
        for (first, last) in set.runs() {
            statement.execute(params![kind, author.0, sql::int(*first), sql::int(*last), device.0])?;
        }
    }
    Ok(())
}

type Runs = Vec<(u64, u64)>;

/// The runs of each author before and after.
fn by_author(before: &[Run], after: &Marks) -> Vec<(DeviceId, Runs, Runs)> {
    let mut authors: BTreeMap<DeviceId, (Runs, Runs)> = BTreeMap::new();
    for (author, run) in before {
        authors.entry(*author).or_default().0.push(*run);
    }
    for (author, set) in after.iter() {
        authors.entry(author).or_default().1 = set.runs().to_vec();
    }
    authors.into_iter().map(|(author, (was, is))| (author, was, is)).collect()
}

/// The numbers of `a` that are not in `b`: two ascending lists of runs.
fn minus(a: &[(u64, u64)], b: &[(u64, u64)]) -> Runs {
    let mut left = Vec::new();
    for (first, last) in a {
        let mut from = *first;
        let overlapping = b.partition_point(|(_, end)| end < first);
        for (start, end) in b[overlapping..].iter().take_while(|(start, _)| start <= last) {
            if *start > from {
                left.push((from, start - 1));
            }
            from = end + 1;
        }
        if from <= *last {
            left.push((from, *last));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::minus;

    #[test]
    fn runs_are_taken_from_runs() {
        assert_eq!(minus(&[(0, 9)], &[(0, 9)]), []);
        assert_eq!(minus(&[(0, 9)], &[(0, 11)]), []);
        assert_eq!(minus(&[(0, 11)], &[(0, 9)]), [(10, 11)]);
        assert_eq!(minus(&[(0, 9)], &[(3, 4), (6, 6)]), [(0, 2), (5, 5), (7, 9)]);
        assert_eq!(minus(&[(0, 3), (6, 9)], &[(2, 7)]), [(0, 1), (8, 9)]);
        assert_eq!(minus(&[(1, 1)], &[]), [(1, 1)]);
        assert_eq!(minus(&[], &[(1, 1)]), []);
    }
}
