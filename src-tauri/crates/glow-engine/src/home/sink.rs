//! Where exported files go: a folder, or a ZIP that is written in one go.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use glow_api::ApiError;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use super::layout::Sound;
use crate::error::{ApiResult, IntoApi, internal};

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put {
    /// The path it has, which may be another than was asked for: somebody's own file is never overwritten.
    pub(super) path: String,
    /// Whether it was written; otherwise it was there already, byte for byte.
    pub(super) is_new: bool,
}

/// A place for files. Paths have forward slashes and stand below it.
pub(super) trait Sink {
    /// Puts a file there.
    fn put(&mut self, path: &str, content: &Sound<'_>, captured_ms: u64) -> ApiResult<Put>;
    /// Puts a text that Afterglow makes. One that it made before, which its mark tells, is replaced; answers whether it is
    /// there now, and not somebody's own of that name.
    fn put_text(&mut self, path: &str, text: &str, mark: &str) -> ApiResult<bool>;
    /// Writes what is left to write.
    fn finish(self: Box<Self>) -> ApiResult<()>;
}

/// A folder. Each file appears under its name when it is whole.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(path: &Path) -> ApiResult<Self> {
        fs::create_dir_all(path).map_err(IntoApi::into_api)?;
        Ok(Self(path.to_owned()))
    }

    fn write(&self, path: &Path, fill: impl FnOnce(&mut File) -> ApiResult<()>) -> ApiResult<()> {
        let parent = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(parent).map_err(IntoApi::into_api)?;
        let mut temporary = tempfile::NamedTempFile::new_in(parent).map_err(IntoApi::into_api)?;
        fill(temporary.as_file_mut())?;
        set_readable(temporary.as_file());
        temporary.as_file().sync_all().map_err(IntoApi::into_api)?;
        temporary.persist(path).map_err(|error| error.error.into_api())?;
        Ok(())
    }
}

impl Sink for Folder {
    fn put(&mut self, path: &str, content: &Sound<'_>, _: u64) -> ApiResult<Put> {
        let (stem, ending) = path.rsplit_once('.').unwrap_or((path, ""));
        let mut n = 1;
        loop {
            let path = if n == 1 { path.to_owned() } else { format!("{stem} ({n}).{ending}") };
            let full = self.0.join(&path);
            if fs::symlink_metadata(&full).is_err() {
                self.write(&full, |file| copy(content, file))?;
                return Ok(Put { path, is_new: true });
            }
            if is_same(&full, content) {
                return Ok(Put { path, is_new: false });
            }
            n += 1;
        }
    }

    fn put_text(&mut self, path: &str, text: &str, mark: &str) -> ApiResult<bool> {
        let full = self.0.join(path);
        match fs::read_to_string(&full) {
            Ok(before) if before == text => return Ok(true),
            Ok(before) if before.contains(mark) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Ok(_) | Err(_) => return Ok(false),
        }
        self.write(&full, |file| file.write_all(text.as_bytes()).map_err(IntoApi::into_api))?;
        Ok(true)
    }

    fn finish(self: Box<Self>) -> ApiResult<()> {
        Ok(())
    }
}

/// A ZIP. Photos and clips are compressed already, so nothing is compressed again.
pub(super) struct Zip<W: Write>(ZipWriter<StreamWriter<BufWriter<W>>>);

impl<W: Write> Zip<W> {
    pub(super) fn new(write: W) -> Self {
        Self(ZipWriter::new_stream(BufWriter::new(write)))
    }
}

impl<W: Write> Sink for Zip<W> {
    fn put(&mut self, path: &str, content: &Sound<'_>, captured_ms: u64) -> ApiResult<Put> {
        let options =
            options().large_file(content.size >= u64::from(u32::MAX)).last_modified_time(zip_time(captured_ms));
        self.0.start_file(path, options).map_err(zip_error)?;
        copy(content, &mut self.0)?;
        Ok(Put { path: path.to_owned(), is_new: true })
    }

    fn put_text(&mut self, path: &str, text: &str, _: &str) -> ApiResult<bool> {
        self.0.start_file(path, options()).map_err(zip_error)?;
        self.0.write_all(text.as_bytes()).map_err(IntoApi::into_api)?;
        Ok(true)
    }

    fn finish(self: Box<Self>) -> ApiResult<()> {
        let written = self.0.finish().map_err(zip_error)?;
        written.into_inner().flush().map_err(IntoApi::into_api)
    }
}

fn copy(content: &Sound<'_>, write: &mut impl Write) -> ApiResult<()> {
    std::io::copy(&mut content.reader(), write).map(drop).map_err(IntoApi::into_api)
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644)
}

fn zip_error(error: zip::result::ZipError) -> ApiError {
    match error {
        zip::result::ZipError::Io(error) => error.into_api(),
        other => internal(&other),
    }
}

/// The time in an archive, which has no zone: that of the camera's day.
fn zip_time(captured_ms: u64) -> zip::DateTime {
    let at = i64::try_from(captured_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let at = at.unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    zip::DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or(1980),
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
    )
    .unwrap_or_default()
}

/// Whether the file is there already, byte for byte.
fn is_same(path: &Path, content: &Sound<'_>) -> bool {
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut hasher = blake3::Hasher::new();
    file.metadata().is_ok_and(|metadata| metadata.len() == content.size)
        && std::io::copy(&mut file, &mut hasher).is_ok()
        && hasher.finalize() == content.hash
}

/// Temporary files are private; what was taken home has the mode of ordinary files.
fn set_readable(file: &File) {
    #[cfg(unix)]
    if let Err(error) = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)) {
        tracing::debug!(%error, "mode");
    }
    #[cfg(not(unix))]
    let _ = file;
}
