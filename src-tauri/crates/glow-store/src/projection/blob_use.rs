//! Which blobs live moments name, which of them are here, and which are wanted.

use std::collections::BTreeSet;

use glow_model::{BlobId, BlobKey, BlobRef, DeviceId, OperationId, Original, Segments};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    BlobRow, BlobWant, GroupStore, Part, StoreError, Tier,
    projection::copies,
    sql::{self, Code},
    table::blob,
};

impl GroupStore {
    /// Blobs that moments on the timeline name and this device lacks: by tier, then newest first. Each blob once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn blob_wants(&self, limit: usize) -> Result<Vec<BlobWant>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(WANTED)?;
            let wants = statement.query_map([sql::int(limit as u64)], read_want)?;
            let mut wants = wants.collect::<Result<Vec<_>, _>>()?;
            let mut listed = BTreeSet::new();
            wants.retain(|want| listed.insert(want.blob.id));
            Ok(wants)
        })
    }

    /// What is known of a blob that a live moment names. A capture that is held back is named by none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn blob(&self, id: BlobId) -> Result<Option<BlobRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT key, size, held FROM blob_use WHERE blob = ?1 LIMIT 1")?;
            let row = statement.query_row([id.0], |row| {
                Ok(BlobRow { key: BlobKey(row.get(0)?), size: sql::uint(row, 1)?, held: row.get(2)? })
            });
            Ok(row.optional()?)
        })
    }

    /// The size of a blob that a moment on the timeline names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shown_blob_size(&self, id: BlobId) -> Result<Option<u64>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT size FROM blob_use JOIN moment ON moment.id = blob_use.moment
                 WHERE blob = ?1 AND shown = 1 LIMIT 1",
            )?;
            Ok(statement.query_row([id.0], |row| sql::uint(row, 0)).optional()?)
        })
    }

    /// The blobs of a part, in order; none where the moment has no such part or its manifest was not read yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn segments(&self, moment: OperationId, part: Part) -> Result<Vec<BlobRef>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT blob, key, size FROM blob_use
                 WHERE moment = ?1 AND part = ?2 AND position > 0 ORDER BY position",
            )?;
            let segments = statement.query_map(params![moment.0, part.code()], |row| sql::blob_ref(row, 0))?;
            Ok(segments.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) const WANTED: &str = "SELECT blob, key, size, moment, part, tier, sort_ms,
       (SELECT author FROM moment WHERE moment.id = blob_use.moment)
     FROM blob_use WHERE wanted = 1
     ORDER BY tier, sort_ms DESC, moment DESC, part, position LIMIT ?1";

/// The uses of a blob by moments on the timeline.
pub(crate) fn wants_of(db: &Connection, blob: BlobId) -> Result<Vec<BlobWant>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT blob, key, size, moment, part, tier, blob_use.sort_ms, moment.author
         FROM blob_use JOIN moment ON moment.id = blob_use.moment WHERE blob = ?1 AND moment.shown = 1",
    )?;
    let wants = statement.query_map([blob.0], read_want)?;
    Ok(wants.collect::<Result<_, _>>()?)
}

fn read_want(row: &rusqlite::Row<'_>) -> rusqlite::Result<BlobWant> {
    Ok(BlobWant {
        blob: sql::blob_ref(row, 0)?,
        moment: OperationId(row.get(3)?),
        part: Part::read(row, 4)?,
        tier: Tier::read(row, 5)?,
        sort_ms: sql::uint(row, 6)?,
        author: DeviceId(row.get(7)?),
    })
}

/// The moment that a use belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) moment: OperationId,
    pub(crate) sort_ms: u64,
    pub(crate) shown: bool,
}

pub(crate) fn insert(
    db: &Connection,
    place: Place,
    (part, tier, position): (Part, Tier, i64),
    blob: &BlobRef,
) -> Result<(), StoreError> {
    let held = blob::is_held(db, blob.id)?;
    db.prepare_cached(
        "INSERT INTO blob_use (moment, part, position, blob, key, size, tier, sort_ms, held, wanted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        place.moment.0,
        part.code(),
        position,
        blob.id.0,
        blob.key.0,
        sql::int(blob.size),
        tier.code(),
        sql::int(place.sort_ms),
        held,
        place.shown && !held
    ])?;
    Ok(())
}

/// Replaces the blobs of an original or a moving part.
pub(crate) fn replace_part(
    db: &Connection,
    place: Place,
    part: Part,
    original: Option<&Original>,
) -> Result<(), StoreError> {
    match original.map(|original| &original.segments) {
        None => replace_segments(db, place, part, None, &[]),
        Some(Segments::Inline(segments)) => replace_segments(db, place, part, None, segments),
        Some(Segments::Manifest(manifest)) => {
            let segments = blob::segments_of(db, manifest.id)?;
            replace_segments(db, place, part, Some(manifest), &segments)
        }
    }
}

/// Replaces the manifest and the segments of a part.
pub(crate) fn replace_segments(
    db: &Connection,
    place: Place,
    part: Part,
    manifest: Option<&BlobRef>,
    segments: &[BlobRef],
) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM blob_use WHERE moment = ?1 AND part = ?2")?
        .execute(params![place.moment.0, part.code()])?;
    if let Some(manifest) = manifest {
        insert(db, place, (part, Tier::Manifest, 0), manifest)?;
    }
    insert_segments(db, place, part, segments)
}

/// Replaces a preview.
pub(crate) fn replace_preview(
    db: &Connection,
    place: Place,
    (part, tier): (Part, Tier),
    preview: Option<&BlobRef>,
) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM blob_use WHERE moment = ?1 AND part = ?2")?
        .execute(params![place.moment.0, part.code()])?;
    match preview {
        Some(blob) => insert(db, place, (part, tier, 1), blob),
        None => Ok(()),
    }
}

fn insert_segments(db: &Connection, place: Place, part: Part, segments: &[BlobRef]) -> Result<(), StoreError> {
    let tier = match part {
        Part::Grid => Tier::Grid,
        Part::Screen => Tier::Screen,
        Part::Original => Tier::Original,
        Part::Motion => Tier::Motion,
    };
    for (position, segment) in (1..).zip(segments) {
        insert(db, place, (part, tier, position), segment)?;
    }
    Ok(())
}

/// Removes every use by a moment.
pub(crate) fn delete(db: &Connection, moment: OperationId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM blob_use WHERE moment = ?1")?.execute([moment.0])?;
    Ok(())
}

/// Follows the moment onto the timeline or from it.
pub(crate) fn set_shown(db: &Connection, moment: OperationId, shown: bool) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE blob_use SET wanted = (?2 AND NOT held) WHERE moment = ?1")?
        .execute(params![moment.0, shown])?;
    Ok(())
}

/// Follows moments to other times.
pub(crate) fn set_times(db: &Connection, mut moments: Vec<(OperationId, u64)>) -> Result<(), StoreError> {
    // In the order of the table, so that each of its pages is changed once.
    moments.sort_unstable();
    let mut statement = db.prepare_cached("UPDATE blob_use SET sort_ms = ?2 WHERE moment = ?1")?;
    for (moment, sort_ms) in moments {
        statement.execute(params![moment.0, sql::int(sort_ms)])?;
    }
    Ok(())
}

/// Follows a blob onto this device or from it. Answers the moments that name it.
pub(crate) fn set_held(db: &Connection, id: BlobId, held: bool) -> Result<Vec<OperationId>, StoreError> {
    db.prepare_cached(
        "UPDATE blob_use SET held = ?2,
           wanted = (NOT ?2 AND (SELECT shown FROM moment WHERE moment.id = blob_use.moment))
         WHERE blob = ?1",
    )?
    .execute(params![id.0, held])?;
    moments_of(db, id)
}

/// Whether a use of a blob is wished for. `?1`: previews, `?2`: originals of photos, `?3`: originals of clips.
pub(crate) const WISHED: &str = "(CASE WHEN blob_use.tier < 2 THEN ?1 WHEN moment.kind = 1 THEN ?3 ELSE ?2 END)
    AND NOT EXISTS (SELECT 1 FROM released WHERE released.blob = blob_use.blob)";

/// The live moments that name a blob.
pub(crate) fn moments_of(db: &Connection, id: BlobId) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT DISTINCT moment FROM blob_use WHERE blob = ?1")?;
    let moments = statement.query_map([id.0], sql::operation_id)?;
    Ok(moments.collect::<Result<_, _>>()?)
}

/// The live moments of which a device holds something.
pub(crate) fn moments_held_by(db: &Connection, device: glow_model::DeviceId) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT blob_use.moment FROM holder JOIN blob_use ON blob_use.blob = holder.blob
         WHERE holder.device = ?1",
    )?;
    let moments = statement.query_map([device.0], sql::operation_id)?;
    Ok(moments.collect::<Result<_, _>>()?)
}

/// Forgets what a device announced of the moments named in a run of a log.
pub(crate) fn forget_announced(
    db: &Connection,
    device: glow_model::DeviceId,
    author: glow_model::DeviceId,
    (first, last): (u64, u64),
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM holder WHERE device = ?1 AND blob = ?2")?;
    for moment in copies::moments_in(db, author, first, last)? {
        for (blob, _) in copies::blobs_of(db, moment)? {
            statement.execute(params![device.0, blob.0])?;
        }
    }
    Ok(())
}

/// The manifest of a part that has one.
pub(crate) fn manifest(db: &Connection, moment: OperationId, part: Part) -> Result<Option<BlobId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT blob FROM blob_use WHERE moment = ?1 AND part = ?2 AND position = 0")?;
    let blob = statement.query_row(params![moment.0, part.code()], |row| Ok(BlobId(row.get(0)?)));
    Ok(blob.optional()?)
}

/// Gives the segments of a manifest to every part that names it. Answers the moments.
pub(crate) fn spread_manifest(db: &Connection, manifest: BlobId) -> Result<BTreeSet<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT moment.id, moment.sort_ms, moment.shown, blob_use.part FROM blob_use
         JOIN moment ON moment.id = blob_use.moment WHERE blob = ?1 AND position = 0",
    )?;
    let parts = statement.query_map([manifest.0], |row| {
        let place = Place { moment: sql::operation_id(row)?, sort_ms: sql::uint(row, 1)?, shown: row.get(2)? };
        Ok((place, Part::read(row, 3)?))
    })?;
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let segments = blob::segments_of(db, manifest)?;
    for (place, part) in &parts {
        db.prepare_cached("DELETE FROM blob_use WHERE moment = ?1 AND part = ?2 AND position > 0")?
            .execute(params![place.moment.0, part.code()])?;
        insert_segments(db, *place, *part, &segments)?;
    }
    Ok(parts.into_iter().map(|(place, _)| place.moment).collect())
}

/// Counts again what of these moments is here and elsewhere. Answers those on the timeline.
pub(crate) fn refresh(db: &Connection, moments: &BTreeSet<OperationId>) -> Result<Vec<OperationId>, StoreError> {
    let mut shown = Vec::with_capacity(moments.len());
    for moment in moments {
        if refresh_one(db, *moment)? {
            shown.push(*moment);
        }
    }
    Ok(shown)
}

/// Counts again what of a moment is here and elsewhere. Answers whether it is on the timeline.
pub(crate) fn refresh_one(db: &Connection, moment: OperationId) -> Result<bool, StoreError> {
    let held = held_bytes(db, moment)?;
    let copies = copies::count(db, moment)?;
    let mut statement = db.prepare_cached(
        "UPDATE moment SET grid_held = ?2, screen_held = ?3, original_held = ?4, motion_held = ?5, copies = ?6,
           missing = (coalesce(grid_size, 0) <> ?2 OR coalesce(screen_size, 0) <> ?3
             OR coalesce(original_size, 0) <> ?4 OR coalesce(motion_size, 0) <> ?5)
         WHERE id = ?1 RETURNING shown",
    )?;
    let shown = statement.query_row(params![moment.0, held[0], held[1], held[2], held[3], copies], |row| row.get(0));
    Ok(shown.optional()?.unwrap_or(false))
}

/// Bytes of each part that stand in complete blobs here.
fn held_bytes(db: &Connection, moment: OperationId) -> Result<[i64; 4], StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT part, sum(size) FROM blob_use WHERE moment = ?1 AND position > 0 AND held = 1 GROUP BY part",
    )?;
    let mut rows = statement.query([moment.0])?;
    let mut held = [0; 4];
    while let Some(row) = rows.next()? {
        let part: usize = Part::read(row, 0)? as usize;
        held[part] = row.get(1)?;
    }
    Ok(held)
}
