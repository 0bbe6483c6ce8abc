//! Blobs that are complete here, what manifests said, and which other devices hold what.

use std::collections::BTreeSet;

use glow_model::{BlobId, BlobRef, DeviceId, OperationId};
use rusqlite::{Connection, params};

use crate::{
    GroupStore, Part, StoreError,
    projection::{blob_use, clip},
    sql,
};

impl GroupStore {
    /// Notes that a blob is complete on this device, or no longer there. Answers the moments on the timeline that name it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn blob_held(&self, id: BlobId, held: bool) -> Result<Vec<OperationId>, StoreError> {
        self.blobs_held(&[id], held)
    }

    /// As [`GroupStore::blob_held`], for many at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn blobs_held(&self, ids: &[BlobId], held: bool) -> Result<Vec<OperationId>, StoreError> {
        self.write(|db| note_held(db, ids, held))
    }

    /// Forgets a blob whose file was deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_blob(&self, id: BlobId) -> Result<(), StoreError> {
        self.write(|db| {
            note_held(db, &[id], false)?;
            if blob_use::moments_of(db, id)?.is_empty() {
                forget_traces(db, id)?;
            }
            Ok(())
        })
    }

    /// Every blob noted as complete on this device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        self.blob_ids("SELECT blob FROM held_blob")
    }

    /// Whether a blob is on this device without anything to stay for: see [`GroupStore::unused_blobs`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_unused(&self, id: BlobId) -> Result<bool, StoreError> {
        self.read(|db| Ok(db.prepare_cached(&format!("{UNUSED} AND held_blob.blob = ?1"))?.exists([id.0])?))
    }

    /// Blobs on this device that no live moment names and that are not held back here: their files can go, and then
    /// [`GroupStore::forget_blob`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unused_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        self.blob_ids(UNUSED)
    }

    fn blob_ids(&self, sql: &str) -> Result<Vec<BlobId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(sql)?;
            let ids = statement.query_map([], |row| Ok(BlobId(row.get(0)?)))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Notes what the manifest of a moment's original (or moving part) says, after it was fetched and opened. Its segments are
    /// then wanted. To be called before the manifest is noted as held: a held one is not wanted again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn manifest_read(&self, moment: OperationId, part: Part, segments: &[BlobRef]) -> Result<(), StoreError> {
        self.write(|db| {
            let Some(manifest) = blob_use::manifest(db, moment, part)? else {
                return Ok(());
            };
            insert_segments(db, manifest, segments)?;
            let touched = blob_use::spread_manifest(db, manifest)?;
            blob_use::refresh(db, &touched)?;
            for moment in touched {
                clip::derive(db, moment)?;
            }
            Ok(())
        })
    }

    /// Notes that another device holds a blob. Answers the moments on the timeline that name it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holder(&self, blob: BlobId, device: DeviceId) -> Result<Vec<OperationId>, StoreError> {
        self.holders(&[(blob, device, true)])
    }

    /// Notes whether other devices hold blobs: `(blob, device, holds it)`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holders(&self, holdings: &[(BlobId, DeviceId, bool)]) -> Result<Vec<OperationId>, StoreError> {
        self.write(|db| {
            let mut touched = BTreeSet::new();
            for (blob, device, holds) in holdings {
                let sql = if *holds {
                    "INSERT INTO holder (device, blob) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
                } else {
                    "DELETE FROM holder WHERE device = ?1 AND blob = ?2"
                };
                if db.prepare_cached(sql)?.execute([device.0, blob.0])? > 0 {
                    touched.extend(blob_use::moments_of(db, *blob)?);
                }
            }
            blob_use::refresh(db, &touched)
        })
    }
}

const UNUSED: &str = "SELECT blob FROM held_blob
    WHERE NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.blob = held_blob.blob)
      AND NOT EXISTS (SELECT 1 FROM fragment WHERE fragment.blob = held_blob.blob)
      AND NOT EXISTS (SELECT 1 FROM capture_segment WHERE capture_segment.blob = held_blob.blob)
      AND NOT EXISTS (SELECT 1 FROM cargo JOIN operation ON operation.id = cargo.operation
        WHERE cargo.blob = held_blob.blob AND operation.state = 0)";

pub(crate) fn is_held(db: &Connection, id: BlobId) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM held_blob WHERE blob = ?1")?;
    Ok(statement.exists([id.0])?)
}

/// Notes whether blobs are here, with all moments that name them. Answers those on the timeline.
pub(crate) fn note_held(db: &Connection, ids: &[BlobId], held: bool) -> Result<Vec<OperationId>, StoreError> {
    let mut touched = BTreeSet::new();
    for id in ids {
        if held {
            db.prepare_cached("INSERT INTO held_blob (blob) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([id.0])?;
            // What was to be given up is here for good again.
            db.prepare_cached("DELETE FROM released WHERE blob = ?1")?.execute([id.0])?;
        } else {
            db.prepare_cached("DELETE FROM held_blob WHERE blob = ?1")?.execute([id.0])?;
        }
        touched.extend(blob_use::set_held(db, *id, held)?);
    }
    blob_use::refresh(db, &touched)
}

/// The segments that a manifest lists; none when it was not read yet.
pub(crate) fn segments_of(db: &Connection, manifest: BlobId) -> Result<Vec<BlobRef>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT blob, key, size FROM manifest_segment WHERE manifest = ?1 ORDER BY position")?;
    let segments = statement.query_map([manifest.0], |row| sql::blob_ref(row, 0))?;
    Ok(segments.collect::<Result<_, _>>()?)
}

fn insert_segments(db: &Connection, manifest: BlobId, segments: &[BlobRef]) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "INSERT INTO manifest_segment (manifest, position, blob, key, size) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?;
    for (position, segment) in (1_i64..).zip(segments) {
        statement.execute(params![manifest.0, position, segment.id.0, segment.key.0, sql::int(segment.size)])?;
    }
    Ok(())
}

/// A blob that nothing names leaves no keys and no holders behind.
fn forget_traces(db: &Connection, id: BlobId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM manifest_segment WHERE manifest = ?1")?.execute([id.0])?;
    db.prepare_cached("DELETE FROM holder WHERE blob = ?1")?.execute([id.0])?;
    db.prepare_cached("DELETE FROM carried WHERE blob = ?1")?.execute([id.0])?;
    Ok(())
}
