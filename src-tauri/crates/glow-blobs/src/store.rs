//! The store: opening, importing, committing, removing.
//!
//! Whole blobs are read without a lock: a name appears with all of its bytes behind it, by a rename. Whatever writes or
//! removes holds the stripe of the blob's id; the ledger is locked inside a stripe, never the other way round.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use glow_model::{BlobId, BlobRef, GroupSecret, limits};

use crate::{
    disk,
    error::{BlobError, Trying},
    layout::Layout,
    piece::Pieces,
    proof::{self, Shape},
    unsynced::Unsynced,
    usage::Ledger,
};

const STRIPES: usize = 64;

/// Sealed blobs of one group on disk. Clones are the same store.
#[derive(Debug, Clone)]
pub struct BlobStore {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) layout: Layout,
    stripes: Vec<Mutex<Stripe>>,
    pub(crate) ledger: Mutex<Ledger>,
    /// Which directories of first bytes are synced into the root.
    durable: [AtomicBool; 256],
    next_temporary: AtomicU64,
    pub(crate) unsynced: Unsynced,
    pub(crate) lost: Vec<BlobId>,
    /// Groups at the beginning of pieces whose rest was wrong.
    pub(crate) begun: Mutex<BTreeMap<(BlobId, u64, u32), u8>>,
    destroyed: RwLock<bool>,
}

/// Partial blobs by id and size, and which pieces proved themselves; `None` if nobody looked yet.
pub(crate) type Stripe = BTreeMap<(BlobId, u64), Option<Pieces>>;

impl BlobStore {
    /// Opens the store in a directory, which is made if need be. Finds partial blobs; removes what was being written when
    /// a process ended, and everything if that process was destroying the store. What may not have reached the disk then has
    /// to prove itself: see [`BlobStore::lost`].
    ///
    /// # Errors
    /// [`BlobError::Io`] or [`BlobError::DiskFull`].
    pub fn open(root: &Path) -> Result<Self, BlobError> {
        let layout = Layout::open(root)?;
        let partials = layout.find_partials()?;
        // the root was synced a moment ago, and with it the directories that stand in it
        let durable = std::array::from_fn(|first| {
            AtomicBool::new(u8::try_from(first).is_ok_and(|first| layout.shard(first).is_dir()))
        });
        let (unsynced, listed) = Unsynced::open(&layout.unsynced()).trying("opening a list")?;
        // the list has a name that outlives a power loss before anything is put on it
        disk::sync_dir(root).trying("syncing a directory")?;
        let inner = Inner {
            layout,
            stripes: (0..STRIPES).map(|_| Mutex::default()).collect(),
            ledger: Mutex::default(),
            durable,
            next_temporary: AtomicU64::new(0),
            unsynced,
            lost: Vec::new(),
            begun: Mutex::default(),
            destroyed: RwLock::new(false),
        };
        let mut store = Self { inner: Arc::new(inner) };
        for (id, size) in partials {
            let mut stripe = store.stripe(id);
            stripe.insert((id, size), None);
            if size > limits::SEGMENT_BYTES || store.inner.layout.blob(id).exists() {
                store.forget_partials(&mut stripe, id)?;
            }
        }
        let lost = store.prove(listed)?;
        if let Some(inner) = Arc::get_mut(&mut store.inner) {
            inner.lost = lost;
        }
        Ok(store)
    }

    /// Seals bytes of at most [`limits::SEGMENT_BYTES`] and stores them durably. The same bytes twice are one blob.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], [`BlobError::DiskFull`] or [`BlobError::Io`]; nothing is stored then.
    pub fn import(&self, secret: &GroupSecret, mut plaintext: Vec<u8>) -> Result<BlobRef, BlobError> {
        let bytes = plaintext.len() as u64;
        if bytes > limits::SEGMENT_BYTES {
            return Err(BlobError::TooLarge { bytes });
        }
        let _open = self.enter()?;
        let blob = BlobRef::seal(secret, &mut plaintext);
        let shape = Shape::new(blob.id, blob.size)?;
        if self.renew(&shape)? {
            return Ok(blob);
        }
        let (_, tree) = proof::hash(&plaintext[..], blob.size).trying("hashing a blob")?;
        let data = self.temporary(&plaintext)?;
        disk::sync(&data.file).trying("syncing a blob")?;
        let tree = self.temporary_tree(&tree)?;
        let tree = tree.as_ref().map(|tree| &*tree.path);
        let mut stripe = self.stripe(blob.id);
        self.commit(&mut stripe, &shape, &data.path, tree)?;
        if let Err(error) = self.sync_shard(blob.id) {
            self.withdraw(blob.id)?;
            return Err(error);
        }
        Ok(blob)
    }

    /// The partial blobs: ids, and the sizes that were claimed for them.
    #[must_use]
    pub fn partials(&self) -> Vec<(BlobId, u64)> {
        let mut partials = Vec::new();
        for stripe in &self.inner.stripes {
            partials.extend(lock(stripe).keys());
        }
        partials.sort_unstable();
        partials
    }

    /// Removes a blob and what there is of it in parts. Without it, nothing happens.
    ///
    /// # Errors
    /// [`BlobError::Io`]; some of it may be gone then.
    pub fn remove(&self, id: BlobId) -> Result<(), BlobError> {
        let _open = self.enter()?;
        let mut stripe = self.stripe(id);
        self.withdraw(id)?;
        self.forget_partials(&mut stripe, id)?;
        let layout = &self.inner.layout;
        disk::absent_is_fine(disk::sync_dir(&layout.shard(id.0[0])))
            .and_then(|()| disk::sync_dir(&layout.partials()))
            .trying("removing a blob")
    }

    /// Removes everything, and the directory. Other clones get [`BlobError::Destroyed`]. If it is cut short, the next
    /// [`BlobStore::open`] goes on with it and then starts empty.
    ///
    /// # Errors
    /// [`BlobError::Io`]; the rest goes at the next opening.
    pub fn destroy(self) -> Result<(), BlobError> {
        let mut destroyed = self.inner.destroyed.write().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *destroyed, true) {
            return Err(BlobError::Destroyed);
        }
        self.inner.layout.destroy()
    }

    /// Keeps [`BlobStore::destroy`] waiting while something is done.
    pub(crate) fn enter(&self) -> Result<RwLockReadGuard<'_, bool>, BlobError> {
        let destroyed = self.inner.destroyed.read().unwrap_or_else(PoisonError::into_inner);
        if *destroyed { Err(BlobError::Destroyed) } else { Ok(destroyed) }
    }

    pub(crate) fn stripe(&self, id: BlobId) -> MutexGuard<'_, Stripe> {
        lock(&self.inner.stripes[usize::from(id.0[0]) % STRIPES])
    }

    /// The file of a whole blob and its length, if there is one.
    pub(crate) fn whole(&self, id: BlobId) -> Result<Option<(File, u64)>, BlobError> {
        let file = match File::open(self.inner.layout.blob(id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.trying("opening a blob")?,
        };
        let length = file.metadata().trying("opening a blob")?.len();
        Ok(Some((file, length)))
    }

    /// Lets a blob appear under its name. Its bytes are synced; its tree file need not be, for it is made anew from them.
    /// There is none for a blob of one group.
    pub(crate) fn commit(
        &self,
        stripe: &mut Stripe,
        shape: &Shape,
        data: &Path,
        tree: Option<&Path>,
    ) -> Result<(), BlobError> {
        let layout = &self.inner.layout;
        self.make_shard(shape.id)?;
        let mut ledger = self.ledger();
        let before = fs::metadata(layout.blob(shape.id)).map(|metadata| metadata.len());
        if let Some(tree) = tree {
            disk::rename(tree, &layout.tree(shape.id)).trying("naming a blob")?;
        }
        disk::rename(data, &layout.blob(shape.id)).trying("naming a blob")?;
        ledger.changed(before.ok(), Some(shape.size));
        drop(ledger);
        if let Err(error) = self.forget_partials(stripe, shape.id) {
            tracing::warn!(%error, "remains of a partial blob stay until the next opening");
        }
        Ok(())
    }

    /// Writes a file that is gone again unless it is renamed.
    pub(crate) fn temporary(&self, bytes: &[u8]) -> Result<Temporary, BlobError> {
        let number = self.inner.next_temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.inner.layout.temporary().join(number.to_string());
        let file = disk::create(&path).trying("making a file")?;
        let mut temporary = Temporary { path, file };
        disk::write_at(&mut temporary.file, 0, bytes).trying("writing a file")?;
        Ok(temporary)
    }

    /// The tree file of a blob, if it has one.
    pub(crate) fn temporary_tree(&self, tree: &[u8]) -> Result<Option<Temporary>, BlobError> {
        (!tree.is_empty()).then(|| self.temporary(tree)).transpose()
    }

    /// Removes the partial files of an id, of whatever size was claimed.
    pub(crate) fn forget_partials(&self, stripe: &mut Stripe, id: BlobId) -> Result<(), BlobError> {
        let sizes: Vec<u64> = stripe.range((id, 0)..=(id, u64::MAX)).map(|((_, size), _)| *size).collect();
        for size in sizes {
            self.forget_partial(stripe, id, size)?;
        }
        Ok(())
    }

    pub(crate) fn forget_partial(&self, stripe: &mut Stripe, id: BlobId, size: u64) -> Result<(), BlobError> {
        let layout = &self.inner.layout;
        disk::remove(&layout.partial(id, size))
            .and_then(|()| disk::remove(&layout.partial_tree(id, size)))
            .trying("removing a partial blob")?;
        stripe.remove(&(id, size));
        Ok(())
    }

    /// Takes a whole blob away.
    pub(crate) fn withdraw(&self, id: BlobId) -> Result<(), BlobError> {
        let layout = &self.inner.layout;
        let mut ledger = self.ledger();
        let before = fs::metadata(layout.blob(id)).map(|metadata| metadata.len());
        disk::remove(&layout.blob(id)).trying("removing a blob")?;
        ledger.changed(before.ok(), None);
        drop(ledger);
        disk::remove(&layout.tree(id)).trying("removing a blob")
    }

    /// Whether a blob is held already, rightly and durably: its directory may not have been synced by a process that ended.
    fn renew(&self, shape: &Shape) -> Result<bool, BlobError> {
        if !self.inner.layout.blob(shape.id).exists() {
            return Ok(false);
        }
        let _stripe = self.stripe(shape.id);
        let Some((file, length)) = self.whole(shape.id)? else {
            return Ok(false);
        };
        let right = length == shape.size && proof::hash_file(&file, length).is_ok_and(|(id, _)| id == shape.id);
        if right {
            self.make_shard(shape.id)?;
            self.sync_shard(shape.id)?;
        }
        Ok(right)
    }

    fn make_shard(&self, id: BlobId) -> Result<(), BlobError> {
        let durable = &self.inner.durable[usize::from(id.0[0])];
        if durable.load(Ordering::Acquire) {
            return Ok(());
        }
        disk::make_dir(&self.inner.layout.shard(id.0[0]))
            .and_then(|()| disk::sync_dir(self.inner.layout.root()))
            .trying("making a directory")?;
        durable.store(true, Ordering::Release);
        Ok(())
    }

    fn sync_shard(&self, id: BlobId) -> Result<(), BlobError> {
        disk::sync_dir(&self.inner.layout.shard(id.0[0])).trying("syncing a directory")
    }
}

/// A file in the temporary directory, removed when dropped unless it was renamed.
#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) path: PathBuf,
    file: File,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // what stays is swept at the next opening
        let _ = disk::remove(&self.path);
    }
}

/// Locks what stays consistent between any two statements, also when a thread panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
