//! What is done to files, one step a function: every step can fail, and none is taken for done before the system said so.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use bao_tree::io::sync::WriteAt;

/// A file that did not exist before.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    fault::point()?;
    options().create_new(true).open(path)
}

/// A file to read and write, made if need be.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    fault::point()?;
    options().create(true).truncate(false).open(path)
}

/// Gives a file its size; what was not written reads as zeros.
pub(crate) fn set_size(file: &File, size: u64) -> io::Result<()> {
    fault::point()?;
    file.set_len(size)
}

/// Writes all bytes at an offset.
pub(crate) fn write_at(file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    if let Err(error) = fault::point() {
        file.write_all_at(offset, &bytes[..bytes.len() / 2])?;
        return Err(error);
    }
    file.write_all_at(offset, bytes)
}

/// Waits until a file's bytes are on the disk.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    fault::point()?;
    file.sync_all()
}

/// Waits until all that was written to the file system of a directory is on the disk.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn sync_file_system(dir: &Path) -> io::Result<()> {
    fault::point()?;
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

/// Moves a file over another.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::point()?;
    fs::rename(from, to)
}

/// Waits until the names in a directory are on the disk.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    fault::point()?;
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fault::point()?;
    absent_is_fine(fs::remove_file(path))
}

/// Removes a file, or a directory with all that is in it.
pub(crate) fn remove_all(path: &Path) -> io::Result<()> {
    fault::point()?;
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// Makes a directory that only its owner can look into, and those above it, if they are not there.
pub(crate) fn make_dir(path: &Path) -> io::Result<()> {
    fault::point()?;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Takes "there was none" for done.
pub(crate) fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Where tests let a step fail.
#[cfg(not(test))]
mod fault {
    #[inline]
    pub(super) fn point() -> std::io::Result<()> {
        Ok(())
    }
}

/// Lets the n-th step of this thread fail, and those after it too if it is to look like the end of the process.
#[cfg(test)]
pub(crate) mod fault {
    use std::{cell::Cell, io};

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Fault {
        /// One step fails; what cleans up after it works.
        Once,
        /// Nothing works from that step on.
        Forever,
    }

    thread_local! {
        static PLAN: Cell<Option<(u32, Fault)>> = const { Cell::new(None) };
    }

    /// Runs `act` with its n-th step failing; tells also whether it came that far.
    pub(crate) fn with<T>(n: u32, fault: Fault, act: impl FnOnce() -> T) -> (T, bool) {
        PLAN.set(Some((n, fault)));
        let result = act();
        let reached = !matches!(PLAN.take(), Some((left, _)) if left > 0);
        (result, reached)
    }

    pub(super) fn point() -> io::Result<()> {
        match PLAN.get() {
            None => Ok(()),
            Some((0, Fault::Once)) => {
                PLAN.set(None);
                Err(io::ErrorKind::StorageFull.into())
            }
            Some((0, Fault::Forever)) => Err(io::ErrorKind::StorageFull.into()),
            Some((left, fault)) => {
                PLAN.set(Some((left - 1, fault)));
                Ok(())
            }
        }
    }
}
