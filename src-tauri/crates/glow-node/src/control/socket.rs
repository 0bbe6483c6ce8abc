//! Where the socket is, and reading and writing lines on it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::MAX_LINE_BYTES;

const NAME: &str = "control.sock";
/// The address of a socket has room for a path of about this many bytes.
const ADDRESS_BYTES: usize = 100;

/// The path of the socket in a form that fits into an address; the folder stays open as long as it is needed.
pub(super) struct Place {
    pub(super) path: PathBuf,
    _folder: Option<File>,
}

/// Finds the socket of a data directory, however long the directory's path is.
pub(super) fn place(data_dir: &Path) -> io::Result<Place> {
    let path = data_dir.join(NAME);
    if path.as_os_str().len() <= ADDRESS_BYTES || !cfg!(target_os = "linux") {
        return Ok(Place { path, _folder: None });
    }
    use std::os::fd::AsRawFd;
    let folder = File::open(data_dir)?;
    let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(NAME);
    Ok(Place { path, _folder: Some(folder) })
}

/// Reads one line; nothing at the end.
pub(super) async fn read<T: DeserializeOwned>(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let length = reader.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    if length == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long or was cut"));
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

pub(super) async fn write(writer: &mut (impl AsyncWrite + Unpin), value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
