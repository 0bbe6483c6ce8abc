//! Where things stand on disk. Names are made from ids and numbers alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glow_model::BlobId;

use crate::{
    disk,
    error::{BlobError, Trying},
};

const TREE: &str = ".tree";

/// The paths of one store.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Makes what has to be there, finishes a destruction that was cut short, and sweeps what was being written.
    pub(crate) fn open(root: &Path) -> Result<Self, BlobError> {
        let layout = Self { root: root.to_owned() };
        if layout.marker().exists() {
            layout.destroy()?;
        }
        for dir in [root, &layout.partials(), &layout.temporary()] {
            disk::make_dir(dir).trying("making a directory")?;
        }
        close_to_others(root).trying("closing the store to others")?;
        for entry in fs::read_dir(layout.temporary()).trying("listing temporary files")? {
            let entry = entry.trying("listing temporary files")?;
            disk::remove(&entry.path()).trying("sweeping a temporary file")?;
        }
        disk::sync_dir(root).trying("syncing a directory")?;
        if let Some(parent) = root.parent().filter(|parent| *parent != Path::new("")) {
            disk::sync_dir(parent).trying("syncing a directory")?;
        }
        Ok(layout)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn shard(&self, first: u8) -> PathBuf {
        self.root.join(format!("{first:02x}"))
    }

    pub(crate) fn blob(&self, id: BlobId) -> PathBuf {
        self.shard(id.0[0]).join(id.to_string())
    }

    pub(crate) fn tree(&self, id: BlobId) -> PathBuf {
        self.shard(id.0[0]).join(format!("{id}{TREE}"))
    }

    pub(crate) fn partials(&self) -> PathBuf {
        self.root.join("partial")
    }

    pub(crate) fn partial(&self, id: BlobId, size: u64) -> PathBuf {
        self.partials().join(format!("{id}.{size}"))
    }

    pub(crate) fn partial_tree(&self, id: BlobId, size: u64) -> PathBuf {
        self.partials().join(format!("{id}.{size}{TREE}"))
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Which small blobs have names although the disk may not have their bytes.
    pub(crate) fn unsynced(&self) -> PathBuf {
        self.root.join("unsynced")
    }

    fn marker(&self) -> PathBuf {
        self.root.join("destroying")
    }

    /// The whole blobs in a shard, ascending, and the tree files that stand there alone.
    pub(crate) fn blobs_in(&self, shard: u8) -> Result<(Vec<BlobId>, Vec<BlobId>), BlobError> {
        let entries = match fs::read_dir(self.shard(shard)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            entries => entries.trying("listing blobs")?,
        };
        let (mut blobs, mut trees) = (Vec::new(), Vec::new());
        for entry in entries {
            let name = entry.trying("listing blobs")?.file_name();
            let Some(name) = name.to_str() else { continue };
            match name.strip_suffix(TREE) {
                Some(id) => trees.extend(id.parse::<BlobId>().ok()),
                None => blobs.extend(name.parse::<BlobId>().ok()),
            }
        }
        blobs.sort_unstable();
        trees.retain(|id| blobs.binary_search(id).is_err());
        Ok((blobs, trees))
    }

    /// Ids and sizes of the partial blobs. A tree file without one goes.
    pub(crate) fn find_partials(&self) -> Result<Vec<(BlobId, u64)>, BlobError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.partials()).trying("listing partial blobs")? {
            let path = entry.trying("listing partial blobs")?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if let Some(data) = name.strip_suffix(TREE) {
                if !path.with_file_name(data).exists() {
                    disk::remove(&path).trying("removing a lone tree file")?;
                }
            } else if let Some((id, size)) = name.split_once('.')
                && let (Ok(id), Ok(size)) = (id.parse(), size.parse())
            {
                found.push((id, size));
            }
        }
        Ok(found)
    }

    /// Removes everything, so that it goes on at the next opening if it is cut short.
    pub(crate) fn destroy(&self) -> Result<(), BlobError> {
        let marker = self.marker();
        // a new name for an old directory: it takes no room where there is none
        if !marker.exists() {
            disk::rename(&self.temporary(), &marker).trying("marking the store")?;
            disk::sync_dir(&self.root).trying("marking the store")?;
        }
        for entry in fs::read_dir(&self.root).trying("listing the store")? {
            let path = entry.trying("listing the store")?.path();
            if path == marker {
                continue;
            }
            disk::remove_all(&path).trying("removing blobs")?;
        }
        disk::sync_dir(&self.root).trying("removing blobs")?;
        disk::remove_all(&marker).trying("removing the store")?;
        disk::absent_is_fine(fs::remove_dir(&self.root)).trying("removing the store")
    }
}

#[cfg(unix)]
fn close_to_others(root: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(root, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}
