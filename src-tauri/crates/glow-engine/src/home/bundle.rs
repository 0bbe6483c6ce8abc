//! Packing a bundle. It grows beside its name and takes it when it is whole; what was interrupted goes on there.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use glow_api::{ApiError, BundleReport, BundleWish, Caller, ErrorCode, ShareView};
use glow_blobs::{BlobError, BlobStore};
use glow_model::{BlobId, limits};
use glow_store::{AlbumBlob, AlbumShare, ShareWish};
use glow_sync::bundle::{About, CHUNK_BYTES, HEAD_BYTES, Head, Packer, Piece, Record, Resume, Unpacker};

use super::{HomeProgress, Stop, stoppable};
use crate::{
    clock::random,
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request},
    group::Group,
    guest::require_owner,
    view,
};

/// Operations read at once.
const BATCH: usize = 200;

impl Engine {
    /// Packs a bundle into a file that is not there yet. What an interrupted attempt left beside it is continued.
    ///
    /// # Errors
    /// [`ErrorCode::FileExists`], [`ErrorCode::Unreadable`], [`ErrorCode::DiskFull`], [`ErrorCode::UnknownMember`].
    pub async fn bundle(
        &self,
        caller: Caller,
        group: &str,
        wish: BundleWish,
        path: PathBuf,
        progress: impl Fn(HomeProgress) + Send + Sync + 'static,
    ) -> Result<BundleReport, ApiError> {
        require_owner(caller)?;
        let group = self.group(group)?;
        stoppable(move |stop| to_file(&group, &wish, &path, &stop, &progress)).await
    }

    /// Packs a bundle and hands its bytes over as they are made.
    ///
    /// # Errors
    /// What `write` says, and as [`Engine::bundle`].
    pub async fn bundle_to(
        &self,
        caller: Caller,
        group: &str,
        wish: BundleWish,
        write: impl Write + Send + 'static,
    ) -> Result<BundleReport, ApiError> {
        require_owner(caller)?;
        let group = self.group(group)?;
        stoppable(move |stop| {
            let share = share(&group, &wish)?;
            let head = Head::new(&group.secrets().secret, random());
            let mut out = Counted { write, bytes: 0 };
            out.write_all(&head.encode()).map_err(IntoApi::into_api)?;
            pack(&group, &share, &head, Written::default(), &mut out, &stop, &|_| ())
        })
        .await
    }
}

/// What a bundle would hold.
pub(crate) fn plan(group: &Group, wish: &BundleWish) -> ApiResult<ShareView> {
    let share = share(group, wish)?;
    Ok(ShareView {
        moments: view::count64(share.moments),
        operations: view::count(share.operations.len()),
        blobs: view::count(share.blobs.len()),
        bytes: share.bytes,
    })
}

fn share(group: &Group, wish: &BundleWish) -> ApiResult<AlbumShare> {
    if !group.can_read() {
        // What seals a bundle is a secret that a carrier was not given.
        return Err(crate::group::cannot_read());
    }
    let membership = group.membership();
    let others = || membership.members().keys().copied().filter(|device| *device != group.me).collect();
    let named = wish.lacked_by.iter().map(|id| {
        let device = id.parse().map_err(|_| bad_request("the device id is malformed"))?;
        let unknown = || ApiError::new(ErrorCode::UnknownMember, "there is no such member");
        membership.contains(device).then_some(device).ok_or_else(unknown)
    });
    let named = named.collect::<ApiResult<Vec<_>>>()?;
    let lacked_by = match (wish.whole, named.is_empty()) {
        (true, _) => None,
        (false, true) => Some(others()),
        (false, false) => Some(named),
    };
    let wish = ShareWish { lacked_by, previews_only: wish.previews_only };
    group.store.share(&wish).map_err(IntoApi::into_api)
}

fn to_file(
    group: &Arc<Group>,
    wish: &BundleWish,
    path: &Path,
    stop: &Stop,
    progress: &dyn Fn(HomeProgress),
) -> ApiResult<BundleReport> {
    super::require_free(path)?;
    let growing = growing(path);
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&growing)
        .map_err(IntoApi::into_api)?;
    file.try_lock().map_err(|_| ApiError::new(ErrorCode::InUse, "this bundle is being written already"))?;
    let (head, written) = go_on(group, &mut file)?;
    let share = share(group, wish)?;
    let start = file.stream_position().map_err(IntoApi::into_api)?;
    let mut out = Counted { write: &file, bytes: start };
    let report = pack(group, &share, &head, written, &mut out, stop, progress)?;
    file.sync_all().map_err(IntoApi::into_api)?;
    super::require_free(path)?;
    std::fs::rename(&growing, path).map_err(IntoApi::into_api)?;
    Ok(report)
}

/// Where a bundle grows.
fn growing(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// What stands in a bundle already.
#[derive(Default)]
struct Written {
    /// Hashes of operations and fragment records.
    said: BTreeSet<[u8; 32]>,
    pieces: BTreeSet<(BlobId, u32)>,
    has_about: bool,
    resume: Resume,
}

impl Written {
    fn note(&mut self, record: &Record) {
        match record {
            Record::About(_) => self.has_about = true,
            Record::Operation(bytes) | Record::Fragment(bytes) => drop(self.said.insert(blake3::hash(bytes).into())),
            Record::Piece(piece) => drop(self.pieces.insert((piece.blob, piece.piece))),
            Record::Unknown(_) => {}
        }
    }
}

/// Reads what an interrupted attempt left, and stands where it goes on. A file of somebody else is left alone.
fn go_on(group: &Group, file: &mut File) -> ApiResult<(Head, Written)> {
    let secret = group.secrets().secret.clone();
    let mut begin = Vec::new();
    Read::by_ref(file).take(HEAD_BYTES as u64).read_to_end(&mut begin).map_err(IntoApi::into_api)?;
    if begin.is_empty() {
        let head = Head::new(&secret, random());
        file.write_all(&head.encode()).map_err(IntoApi::into_api)?;
        return Ok((head, Written::default()));
    }
    let head = Head::decode(&begin).ok().filter(|head| head.is_of(&secret)).ok_or_else(super::exists)?;
    let mut written = Written::default();
    let mut unpacker = Unpacker::new(&head.key(&secret));
    loop {
        let (mut chunk, mut records) = (Vec::new(), Vec::new());
        Read::by_ref(file).take(CHUNK_BYTES as u64).read_to_end(&mut chunk).map_err(IntoApi::into_api)?;
        // What does not open was not written to its end.
        if chunk.is_empty() || unpacker.take(&chunk, &mut records).is_err() {
            break;
        }
        records.iter().for_each(|record| written.note(record));
    }
    written.resume = unpacker.into_resume();
    let kept = HEAD_BYTES as u64 + written.resume.chunks() * CHUNK_BYTES as u64;
    file.set_len(kept).map_err(IntoApi::into_api)?;
    file.seek(SeekFrom::Start(kept)).map_err(IntoApi::into_api)?;
    Ok((head, written))
}

/// Writes what is missing of a bundle, and its end.
fn pack(
    group: &Group,
    share: &AlbumShare,
    head: &Head,
    mut written: Written,
    out: &mut Counted<impl Write>,
    stop: &Stop,
    progress: &dyn Fn(HomeProgress),
) -> ApiResult<BundleReport> {
    let resume = std::mem::take(&mut written.resume);
    let mut packer = Packer::new(&head.key(&group.secrets().secret), resume);
    let mut push = |record: &Record, out: &mut Counted<_>| {
        stop.check()?;
        out.write_all(&packer.push(record, random)).map_err(IntoApi::into_api)
    };
    if !written.has_about {
        let (operations, blobs) = (share.operations.len() as u64, share.blobs.len() as u64);
        push(&Record::About(About { operations, blobs, bytes: share.bytes }), out)?;
    }
    for ids in share.operations.chunks(BATCH) {
        for bytes in group.store.encoded_operations(ids).map_err(IntoApi::into_api)? {
            if !written.said.contains(blake3::hash(&bytes).as_bytes()) {
                push(&Record::Operation(bytes), out)?;
            }
        }
    }
    for clip in group.store.unclosed_clips().map_err(IntoApi::into_api)? {
        for row in group.store.fragments(clip.id, 0, limits::SEGMENTS).map_err(IntoApi::into_api)? {
            if !written.said.contains(blake3::hash(&row.record).as_bytes()) {
                push(&Record::Fragment(row.record), out)?;
            }
        }
    }
    let (total, mut missing) = (view::count(share.blobs.len()), 0);
    for (blob, done) in share.blobs.iter().zip(1..) {
        if !push_blob(group, *blob, &written, &mut |record| push(record, out))? {
            missing += 1;
        }
        progress(HomeProgress { done, total, bytes: out.bytes });
    }
    out.write_all(&packer.finish(random())).map_err(IntoApi::into_api)?;
    out.flush().map_err(IntoApi::into_api)?;
    Ok(BundleReport {
        operations: view::count(share.operations.len()),
        blobs: total.saturating_sub(missing),
        missing,
        bytes: out.bytes,
    })
}

/// Writes the pieces of a blob. Answers whether all of it could be read: what is damaged is found here.
fn push_blob(
    group: &Group,
    blob: AlbumBlob,
    written: &Written,
    push: &mut dyn FnMut(&Record) -> ApiResult<()>,
) -> ApiResult<bool> {
    for piece in 0..BlobStore::piece_count(blob.size) {
        if written.pieces.contains(&(blob.id, piece)) {
            continue;
        }
        match group.blobs.encode_piece(blob.id, blob.size, piece) {
            Ok(slice) => push(&Record::Piece(Piece { blob: blob.id, size: blob.size, piece, slice }))?,
            Err(BlobError::Missing | BlobError::Damaged) => {
                tracing::warn!(blob = ?blob.id, "a blob was damaged and stays out of the bundle");
                group.store.blob_held(blob.id, false).map_err(IntoApi::into_api)?;
                return Ok(false);
            }
            Err(error) => return Err(error.into_api()),
        }
    }
    Ok(true)
}

/// Counts what goes through.
struct Counted<W> {
    write: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.write.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.write.flush()
    }
}
