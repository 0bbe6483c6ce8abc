//! Files of guests on their way in: a folder each, which survives a restart.
//!
//! ```text
//! guests/<guest>-<post>/said      what the guest signed, with its signature
//! guests/<guest>-<post>/data      the chunks in their places
//! guests/<guest>-<post>/have      32 bytes a chunk: BLAKE3 of it, zero while it has not come
//! guests/<guest>-<post>/preview   what the page made to be shown first
//! ```
//!
//! Nothing is synced to the disk: after a power cut a chunk that is not what `have` says has not come, and the page sends
//! it again.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use glow_api::{ApiError, ChunkRun, ErrorCode};
use glow_model::{GuestFile, GuestKey, GuestPostId, GuestSaid, What, codec, limits};
use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    directory::make_private_dir,
    error::{ApiResult, IntoApi, bad_request},
};

/// A file that nothing was added to for this long is given up.
const ABANDONED: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Runs of missing chunks that are told at once.
const RUNS: usize = 1_000;
const HASH_BYTES: usize = 32;

/// Who posts, and which of its posts it is.
pub(crate) type Key = (GuestKey, GuestPostId);

/// The files on their way in through one door.
pub(crate) struct Uploads {
    root: PathBuf,
    table: Mutex<Option<BTreeMap<Key, Entry>>>,
}

struct Entry {
    size: u64,
    partial: Option<Arc<Mutex<Partial>>>,
}

/// One file that has not come whole.
pub(crate) struct Partial {
    folder: PathBuf,
    /// What its guest said of it.
    pub(crate) file: GuestFile,
    /// As it was signed.
    pub(crate) said: Vec<u8>,
    pub(crate) signature: [u8; 64],
    have: Vec<bool>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Kept {
    #[n(0)]
    said: ByteVec,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
}

/// What is on its way in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Underway {
    /// Files of one guest.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Files of all guests.
    pub(crate) all_files: usize,
    /// Their bytes.
    pub(crate) all_bytes: u64,
}

impl Uploads {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, table: Mutex::new(None) }
    }

    /// What is on its way in, of a guest and of all, without this one file.
    pub(crate) fn underway(&self, but: Key) -> ApiResult<Underway> {
        let mut table = self.table();
        let mut sum = Underway::default();
        for (key, entry) in self.loaded(&mut table)?.iter().filter(|(key, _)| **key != but) {
            sum.all_files += 1;
            sum.all_bytes += entry.size;
            if key.0 == but.0 {
                sum.files += 1;
                sum.bytes += entry.size;
            }
        }
        Ok(sum)
    }

    /// Whether this file has begun to come.
    pub(crate) fn has(&self, key: Key) -> ApiResult<bool> {
        let mut table = self.table();
        Ok(self.loaded(&mut table)?.contains_key(&key))
    }

    /// The file that has begun to come.
    pub(crate) fn find(&self, key: Key) -> ApiResult<Arc<Mutex<Partial>>> {
        let mut table = self.table();
        let folder = self.folder(key);
        let entry = self.loaded(&mut table)?.get_mut(&key).ok_or_else(unknown)?;
        if let Some(partial) = &entry.partial {
            return Ok(partial.clone());
        }
        let partial = Arc::new(Mutex::new(Partial::load(folder)?));
        entry.partial = Some(partial.clone());
        Ok(partial)
    }

    /// Begins a file, or goes on with it.
    pub(crate) fn begin(
        &self,
        key: Key,
        file: GuestFile,
        said: Vec<u8>,
        signature: [u8; 64],
    ) -> ApiResult<Arc<Mutex<Partial>>> {
        if self.has(key)? {
            let partial = self.find(key)?;
            partial.lock().unwrap_or_else(PoisonError::into_inner).say(file, said, signature)?;
            return Ok(partial);
        }
        let partial = Partial::create(self.folder(key), file, said, signature)?;
        let mut table = self.table();
        let size = partial.file.size;
        let partial = Arc::new(Mutex::new(partial));
        self.loaded(&mut table)?.insert(key, Entry { size, partial: Some(partial.clone()) });
        Ok(partial)
    }

    /// Forgets a file and what came of it.
    pub(crate) fn remove(&self, key: Key) -> ApiResult<()> {
        let mut table = self.table();
        self.loaded(&mut table)?.remove(&key);
        match fs::remove_dir_all(self.folder(key)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into_api()),
            _ => Ok(()),
        }
    }

    fn folder(&self, (guest, post): Key) -> PathBuf {
        self.root.join(format!("{guest}-{post}"))
    }

    fn table(&self) -> MutexGuard<'_, Option<BTreeMap<Key, Entry>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table, read from the disk the first time.
    fn loaded<'a>(&self, table: &'a mut Option<BTreeMap<Key, Entry>>) -> ApiResult<&'a mut BTreeMap<Key, Entry>> {
        if table.is_none() {
            make_private_dir(&self.root)?;
            let mut found = BTreeMap::new();
            for folder in fs::read_dir(&self.root).map_err(IntoApi::into_api)? {
                let folder = folder.map_err(IntoApi::into_api)?.path();
                match key_of(&folder).filter(|_| !is_abandoned(&folder)).zip(read_said(&folder).ok()) {
                    Some((key, (file, ..))) => {
                        found.insert(key, Entry { size: file.size, partial: None });
                    }
                    None => fs::remove_dir_all(&folder).map_err(IntoApi::into_api)?,
                }
            }
            *table = Some(found);
        }
        Ok(table.get_or_insert_with(BTreeMap::new))
    }
}

impl Partial {
    fn create(folder: PathBuf, file: GuestFile, said: Vec<u8>, signature: [u8; 64]) -> ApiResult<Self> {
        make_private_dir(&folder)?;
        let chunks = chunk_count(file.size);
        let partial = Self { folder, have: vec![false; chunks], file, said, signature };
        let sized = |name, size| File::create(partial.folder.join(name)).and_then(|file| file.set_len(size));
        sized("data", partial.file.size).map_err(IntoApi::into_api)?;
        sized("have", (chunks * HASH_BYTES) as u64).map_err(IntoApi::into_api)?;
        partial.keep()?;
        Ok(partial)
    }

    /// Reads what came before a restart: only chunks that are what was noted of them have come.
    fn load(folder: PathBuf) -> ApiResult<Self> {
        let (file, said, signature) = read_said(&folder)?;
        let marks = fs::read(folder.join("have")).map_err(IntoApi::into_api)?;
        let mut data = File::open(folder.join("data")).map_err(IntoApi::into_api)?;
        let mut have = vec![false; chunk_count(file.size)];
        let mut chunk = Vec::new();
        for ((number, has), mark) in (0..).zip(have.iter_mut()).zip(marks.chunks(HASH_BYTES)) {
            if mark.iter().all(|byte| *byte == 0) {
                continue;
            }
            chunk.clear();
            data.seek(SeekFrom::Start(number * limits::GUEST_CHUNK_BYTES)).map_err(IntoApi::into_api)?;
            let mut piece = Read::by_ref(&mut data).take(limits::GUEST_CHUNK_BYTES);
            piece.read_to_end(&mut chunk).map_err(IntoApi::into_api)?;
            *has = blake3::hash(&chunk).as_bytes() == mark;
        }
        Ok(Self { folder, file, said, signature, have })
    }

    /// Takes what the guest says anew of the same file.
    pub(crate) fn say(&mut self, file: GuestFile, said: Vec<u8>, signature: [u8; 64]) -> ApiResult<()> {
        if (file.hash, file.size) != (self.file.hash, self.file.size) {
            return Err(bad_request("this id belongs to another file"));
        }
        if said != self.said {
            (self.file, self.said, self.signature) = (file, said, signature);
            self.keep()?;
        }
        Ok(())
    }

    /// Writes a piece in its place: a preview, or a chunk by its number.
    pub(crate) fn put(&mut self, part: &str, bytes: &[u8]) -> ApiResult<()> {
        if matches!(part, "grid" | "screen") {
            // The larger one is the better picture of the two.
            let is_better = self.preview_size().is_none_or(|size| size <= bytes.len() as u64);
            return if is_better { fs::write(self.preview_path(), bytes).map_err(IntoApi::into_api) } else { Ok(()) };
        }
        let number: usize = part.parse().map_err(|_| bad_request("there is no such piece"))?;
        let start = number as u64 * limits::GUEST_CHUNK_BYTES;
        let Some(wanted) = self.file.size.checked_sub(start).filter(|_| number < self.have.len()) else {
            return Err(bad_request("there is no such piece"));
        };
        if bytes.len() as u64 != wanted.min(limits::GUEST_CHUNK_BYTES) {
            return Err(bad_request("the piece has another length"));
        }
        self.write_at("data", start, bytes)?;
        self.write_at("have", (number * HASH_BYTES) as u64, blake3::hash(bytes).as_bytes())?;
        self.have[number] = true;
        Ok(())
    }

    /// Whether a preview has come.
    pub(crate) fn has_preview(&self) -> bool {
        self.preview_size().is_some()
    }

    /// The preview that its page made.
    pub(crate) fn preview(&self) -> ApiResult<Option<Vec<u8>>> {
        if !self.has_preview() {
            return Ok(None);
        }
        fs::read(self.preview_path()).map(Some).map_err(IntoApi::into_api)
    }

    /// The chunks that have not come.
    pub(crate) fn missing(&self) -> Vec<ChunkRun> {
        let mut runs: Vec<ChunkRun> = Vec::new();
        for (number, _) in (0_u32..).zip(&self.have).filter(|(_, has)| !**has) {
            let is_next = runs.last().is_some_and(|run| run.from + run.count == number);
            match runs.last_mut().filter(|_| is_next) {
                Some(run) => run.count += 1,
                None => {
                    if runs.len() == RUNS {
                        break;
                    }
                    runs.push(ChunkRun { from: number, count: 1 });
                }
            }
        }
        runs
    }

    /// The whole file, once its bytes are those that its guest signed; otherwise all of it is to come again.
    pub(crate) fn whole(&mut self) -> ApiResult<PathBuf> {
        if !self.missing().is_empty() {
            return Err(bad_request("some of it has not come yet"));
        }
        let path = self.folder.join("data");
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(&path).map_err(IntoApi::into_api)?).map_err(IntoApi::into_api)?;
        if *hasher.finalize().as_bytes() == self.file.hash {
            return Ok(path);
        }
        self.have.fill(false);
        fs::write(self.folder.join("have"), vec![0; self.have.len() * HASH_BYTES]).map_err(IntoApi::into_api)?;
        Err(ApiError::new(ErrorCode::DamagedFile, "what came is not the file that was promised: send it again"))
    }

    fn keep(&self) -> ApiResult<()> {
        let kept = Kept { said: self.said.clone().into(), signature: self.signature };
        let (path, fresh) = (self.folder.join("said"), self.folder.join("said.new"));
        fs::write(&fresh, codec::encode(&kept)).and_then(|()| fs::rename(&fresh, &path)).map_err(IntoApi::into_api)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> ApiResult<()> {
        let write = || {
            let mut file = OpenOptions::new().write(true).open(self.folder.join(name))?;
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        };
        write().map_err(IntoApi::into_api)
    }

    fn preview_path(&self) -> PathBuf {
        self.folder.join("preview")
    }

    fn preview_size(&self) -> Option<u64> {
        fs::metadata(self.preview_path()).ok().map(|metadata| metadata.len())
    }
}

fn chunk_count(size: u64) -> usize {
    usize::try_from(size.div_ceil(limits::GUEST_CHUNK_BYTES)).unwrap_or(usize::MAX)
}

fn key_of(folder: &Path) -> Option<Key> {
    let (guest, post) = folder.file_name()?.to_str()?.split_once('-')?;
    Some((guest.parse().ok()?, post.parse().ok()?))
}

fn read_said(folder: &Path) -> ApiResult<(GuestFile, Vec<u8>, [u8; 64])> {
    let bytes = fs::read(folder.join("said")).map_err(IntoApi::into_api)?;
    let kept: Kept = codec::decode(&bytes, "kept upload").map_err(IntoApi::into_api)?;
    let said = Vec::from(kept.said);
    match GuestSaid::decode(&said).map_err(IntoApi::into_api)?.what {
        What::File(file) => Ok((file, said, kept.signature)),
        What::Reaction(_) | What::Retraction(_) => Err(bad_request("this is no file")),
    }
}

fn is_abandoned(folder: &Path) -> bool {
    let changed = fs::metadata(folder.join("have")).and_then(|metadata| metadata.modified());
    changed.ok().and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ABANDONED)
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::UnknownUpload, "there is no such upload: begin it again, what came is kept")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const KEY: Key = (GuestKey([1; 32]), GuestPostId([2; 16]));

    fn promised(bytes: &[u8]) -> (GuestFile, Vec<u8>) {
        let file = GuestFile {
            hash: blake3::hash(bytes).into(),
            size: bytes.len() as u64,
            media_type: "image/jpeg".into(),
            file_name: "a.jpg".into(),
            captured_ms: 1,
            width: 0,
            height: 0,
            duration_ms: None,
            caption: String::new(),
            as_it_is: false,
        };
        let said = GuestSaid { name: "Zoë".into(), time_ms: 1, what: What::File(file.clone()) };
        (file, said.encode())
    }

    #[test]
    fn a_file_goes_on_after_a_restart_and_a_torn_chunk_has_not_come() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
        let chunks: Vec<&[u8]> = bytes.chunks(limits::GUEST_CHUNK_BYTES as usize).collect();
        let (file, said) = promised(&bytes);
        let uploads = Uploads::new(folder.path().join("guests"));
        let partial = uploads.begin(KEY, file, said, [0; 64]).unwrap();
        for number in [2, 0] {
            partial.lock().unwrap().put(&number.to_string(), chunks[number]).unwrap();
        }
        assert_eq!(partial.lock().unwrap().missing(), [ChunkRun { from: 1, count: 1 }]);
        // What a power cut may leave: the note of a chunk without the chunk.
        let data =
            OpenOptions::new().write(true).open(folder.path().join("guests").join(format!("{}-{}/data", KEY.0, KEY.1)));
        data.unwrap().write_all(b"torn").unwrap();

        let again = Uploads::new(folder.path().join("guests"));
        assert_eq!(again.underway((KEY.0, GuestPostId([9; 16]))).unwrap().bytes, 700_000);
        let partial = again.find(KEY).unwrap();
        let mut partial = partial.lock().unwrap();
        assert_eq!(partial.missing(), [ChunkRun { from: 0, count: 2 }]);
        partial.put("0", chunks[0]).unwrap();
        partial.put("1", chunks[1]).unwrap();
        partial.put("1", chunks[1]).unwrap();
        assert_eq!(fs::read(partial.whole().unwrap()).unwrap(), bytes);
    }

    #[test]
    fn pieces_in_the_wrong_place_or_of_the_wrong_length_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (file, said) = promised(&[7; 300_000]);
        let uploads = Uploads::new(folder.path().to_owned());
        let partial = uploads.begin(KEY, file, said, [0; 64]).unwrap();
        let mut partial = partial.lock().unwrap();
        for (part, bytes) in
            [("0", vec![7; 3]), ("1", vec![7; 262_144]), ("2", vec![7; 1]), ("-1", vec![7]), ("../said", vec![7])]
        {
            assert!(partial.put(part, &bytes).is_err(), "{part}");
        }
        partial.put("0", &vec![7; 262_144]).unwrap();
        partial.put("1", &vec![8; 37_856]).unwrap();
        assert_eq!(partial.whole().unwrap_err().code, ErrorCode::DamagedFile, "these are other bytes");
        assert_eq!(partial.missing(), [ChunkRun { from: 0, count: 2 }], "all of it is to come again");
    }
}
