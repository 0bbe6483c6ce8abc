//! The whole album: its fingerprint, and what of it others lack.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{BlobId, DeviceId, OperationId};
use rusqlite::Connection;

use crate::{
    AlbumBlob, AlbumShare, Fingerprint, GroupStore, ShareWish, StoreError,
    projection::copies::{NAMED_AT, ORIGINALS, PREVIEWS},
    sql,
};

/// What separates the ids of operations from those of blobs that are lacking.
const LACKING: &[u8] = b"lacking";

impl GroupStore {
    /// The album's fingerprint, and what it says of the bytes that are here.
    ///
    /// `album` is BLAKE3 over the ids of all operations of both planes that are held (whole, or taken back by a retraction that
    /// stands), sorted, 32 bytes each. `held` is the same with, where blobs are lacking, the word `lacking` and the sorted
    /// ids of the blobs that moments on the timeline name and that are not complete here. So it equals `album` on every device
    /// that holds everything, and is equal on two devices that hold the same. Whether what counts as complete is so is for the
    /// caller to make sure of, by reading it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fingerprint(&self) -> Result<Fingerprint, StoreError> {
        self.read(|db| {
            let operations = operation_ids(db)?;
            let mut hasher = blake3::Hasher::new();
            for id in &operations {
                hasher.update(id.as_bytes());
            }
            let album = hasher.finalize().into();
            let (mut blobs, mut lacking) = (0, Vec::new());
            let mut statement = db.prepare_cached(
                "SELECT blob_use.blob, blob_use.size, min(blob_use.held) FROM blob_use
                 JOIN moment ON moment.id = blob_use.moment WHERE moment.shown = 1 GROUP BY blob_use.blob",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                blobs += 1;
                if !row.get::<_, bool>(2)? {
                    lacking.push((BlobId(row.get(0)?), sql::uint(row, 1)?));
                }
            }
            lacking.sort_unstable();
            if !lacking.is_empty() {
                hasher.update(LACKING);
            }
            for (id, _) in &lacking {
                hasher.update(id.as_bytes());
            }
            Ok(Fingerprint {
                album,
                held: hasher.finalize().into(),
                operations: operations.len() as u64,
                blobs,
                lacking: lacking.len() as u64,
                lacking_bytes: lacking.iter().map(|(_, size)| size).sum(),
            })
        })
    }

    /// What to put into a bundle: control operations first, then content from the newest, then blobs from the smallest kind and
    /// the newest moment on. Whatever names a blob is with it, so that each share stands for itself.
    ///
    /// By the signed word of the devices that are meant; what a device never spoke of counts as lacking.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn share(&self, wish: &ShareWish) -> Result<AlbumShare, StoreError> {
        self.read(|db| {
            let said = wish.lacked_by.as_ref().map(|devices| Said::load(db, devices)).transpose()?;
            let lacking = lacking_moments(db, said.as_ref())?;
            let blobs = blobs_of(db, &lacking, wish.previews_only)?;
            let named: BTreeSet<OperationId> = blobs.iter().map(|(moment, _)| *moment).collect();
            let operations = operations_of(db, said.as_ref(), &named)?;
            let mut seen = BTreeSet::new();
            let blobs: Vec<AlbumBlob> =
                blobs.into_iter().map(|(_, blob)| blob).filter(|blob| seen.insert(blob.id)).collect();
            let bytes = blobs.iter().map(|blob| blob.size).sum();
            Ok(AlbumShare { moments: named.len() as u64, operations, blobs, bytes })
        })
    }

    /// The moments on the timeline that name a blob, with what it is to them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wants_of(&self, blob: BlobId) -> Result<Vec<crate::BlobWant>, StoreError> {
        self.read(|db| super::blob_use::wants_of(db, blob))
    }
}

fn operation_ids(db: &Connection) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id FROM operation INDEXED BY operation_held WHERE state < 2")?;
    let ids = statement.query_map([], sql::operation_id)?;
    let mut ids = ids.collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// What devices said of authors' logs.
struct Said {
    devices: Vec<DeviceId>,
    runs: BTreeMap<(DeviceId, i64, DeviceId), Vec<(u64, u64)>>,
    /// Places with two operations: nobody can say which of the two is meant.
    forks: BTreeSet<(DeviceId, u64)>,
}

impl Said {
    fn load(db: &Connection, devices: &[DeviceId]) -> Result<Self, StoreError> {
        let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut statement = db.prepare_cached(
            "SELECT kind, author, first, last FROM mark INDEXED BY mark_device WHERE device = ?1 ORDER BY kind, author, first",
        )?;
        for device in devices {
            let mut rows = statement.query([device.0])?;
            while let Some(row) = rows.next()? {
                let of = (*device, row.get(0)?, DeviceId(row.get(1)?));
                runs.entry(of).or_default().push((sql::uint(row, 2)?, sql::uint(row, 3)?));
            }
        }
        let mut statement =
            db.prepare_cached("SELECT author, seq FROM operation GROUP BY author, seq HAVING count(*) > 1")?;
        let forks = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), sql::uint(row, 1)?)))?;
        Ok(Self { devices: devices.to_vec(), runs, forks: forks.collect::<Result<_, _>>()? })
    }

    /// Whether each of the devices marked this place in one of these kinds.
    fn all_have(&self, kinds: &[i64], author: DeviceId, seq: u64) -> bool {
        !self.forks.contains(&(author, seq))
            && self.devices.iter().all(|device| kinds.iter().any(|kind| self.has(*device, *kind, author, seq)))
    }

    fn has(&self, device: DeviceId, kind: i64, author: DeviceId, seq: u64) -> bool {
        let Some(runs) = self.runs.get(&(device, kind, author)) else { return false };
        let next = runs.partition_point(|(_, last)| *last < seq);
        runs.get(next).is_some_and(|(first, _)| *first <= seq)
    }
}

/// Which parts of a moment somebody lacks.
struct Lacking {
    previews: bool,
    originals: bool,
}

fn lacking_moments(db: &Connection, said: Option<&Said>) -> Result<BTreeMap<OperationId, Lacking>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT moment.id, moment.author, (SELECT seq FROM operation WHERE id = moment.id), {NAMED_AT}, moment.opened
         FROM moment WHERE shown = 1"
    ))?;
    let mut rows = statement.query([])?;
    let mut lacking = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let author = DeviceId(row.get(1)?);
        let posted_at = sql::uint(row, 2)?;
        let named_at = sql::uint_or_null(row, 3)?;
        let opened: bool = row.get(4)?;
        // The opening of a clip names no previews: its closing does.
        let previews_at = if opened { named_at } else { Some(posted_at) };
        let all_have =
            |kind, at: Option<u64>| said.zip(at).is_some_and(|(said, at)| said.all_have(&[kind], author, at));
        let one = Lacking { previews: !all_have(PREVIEWS, previews_at), originals: !all_have(ORIGINALS, named_at) };
        lacking.insert(sql::operation_id(row)?, one);
    }
    Ok(lacking)
}

fn blobs_of(
    db: &Connection,
    lacking: &BTreeMap<OperationId, Lacking>,
    previews_only: bool,
) -> Result<Vec<(OperationId, AlbumBlob)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT blob_use.moment, blob_use.blob, blob_use.size, blob_use.part FROM blob_use
         JOIN moment ON moment.id = blob_use.moment WHERE moment.shown = 1 AND blob_use.held = 1
         ORDER BY blob_use.tier, blob_use.sort_ms DESC, blob_use.moment DESC, blob_use.part, blob_use.position",
    )?;
    let mut rows = statement.query([])?;
    let mut blobs = Vec::new();
    while let Some(row) = rows.next()? {
        let moment = sql::operation_id(row)?;
        let is_preview = row.get::<_, i64>(3)? < 2;
        let wanted = lacking.get(&moment).is_some_and(|lacking| match is_preview {
            true => lacking.previews,
            false => lacking.originals && !previews_only,
        });
        if wanted {
            blobs.push((moment, AlbumBlob { id: BlobId(row.get(1)?), size: sql::uint(row, 2)? }));
        }
    }
    Ok(blobs)
}

/// Kinds of marks that tell that an operation is known: its bytes are held, or it is told among what was looked at for takebacks.
const KNOWN: [i64; 3] = [ORIGINALS, PREVIEWS, super::copies::TAKEN_BACK];

fn operations_of(
    db: &Connection,
    said: Option<&Said>,
    named: &BTreeSet<OperationId>,
) -> Result<Vec<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT operation.id, operation.author, operation.seq, operation.plane,
           coalesce((SELECT moment FROM added_original WHERE added_original.id = operation.id),
             (SELECT clip FROM clip_close WHERE clip_close.id = operation.id), operation.id)
         FROM operation WHERE state < 2 ORDER BY plane, time_ms DESC, id",
    )?;
    let mut rows = statement.query([])?;
    let mut operations = Vec::new();
    while let Some(row) = rows.next()? {
        let (author, seq) = (DeviceId(row.get(1)?), sql::uint(row, 2)?);
        let is_control = row.get::<_, i64>(3)? == 0;
        let about = OperationId(row.get(4)?);
        let is_lacked = said.is_none_or(|said| !said.all_have(&KNOWN, author, seq));
        if is_control || is_lacked || named.contains(&about) {
            operations.push(sql::operation_id(row)?);
        }
    }
    Ok(operations)
}
