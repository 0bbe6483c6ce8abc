//! Handing originals to other programs: by a phone's own sharing, or as files among the person's pictures.

use std::path::{Path, PathBuf};

use glow_api::{ApiError, Caller, ErrorCode, MediaPart, SHARED_AT_ONCE, ShareOut, SharedView};
use glow_engine::{Engine, Media};
use tauri_plugin_afterglow::NativeBridge;
use tauri_plugin_afterglow::contract::NativeFile;
use tempfile::{NamedTempFile, TempDir};
use tokio::io::AsyncWriteExt;

/// Hands originals over. Copies that a phone's other programs read are made in `folder`, which the system empties.
pub(crate) async fn out(
    engine: &Engine,
    bridge: &dyn NativeBridge,
    folder: PathBuf,
    share: ShareOut,
) -> Result<SharedView, ApiError> {
    if share.moments.is_empty() || share.moments.len() > SHARED_AT_ONCE {
        return Err(ApiError::new(ErrorCode::BadRequest, format!("1 to {SHARED_AT_ONCE} moments are shared at once")));
    }
    let mut copies = Vec::new();
    for moment in &share.moments {
        let media = engine.media(Caller::Owner, &share.group, moment, MediaPart::Original).await?;
        copies.push((copy(&media, folder.clone()).await?, media.file_name.clone()));
    }
    let count = u32::try_from(copies.len()).unwrap_or(u32::MAX);
    let named = tokio::task::spawn_blocking(move || named(copies, &folder)).await.map_err(not_shared)?;
    let (kept, files) = named.map_err(not_shared)?;
    if bridge.share(&files).await.map_err(not_shared)? {
        // Another program may read them for a while yet; what lies in the cache is the system's to remove.
        let _ = kept.keep();
        return Ok(SharedView { count, folder: None });
    }
    for file in &files {
        bridge.save(Path::new(&file.path), &file.name).await.map_err(not_shared)?;
    }
    let folder = bridge.pictures().map(|folder| folder.display().to_string());
    Ok(SharedView { count, folder })
}

/// Files under the names that other programs are to see, in a folder of their own.
fn named(copies: Vec<(NamedTempFile, String)>, folder: &Path) -> std::io::Result<(TempDir, Vec<NativeFile>)> {
    let folder = TempDir::with_prefix_in("share-", folder)?;
    let mut files = Vec::new();
    for (number, (copy, name)) in copies.into_iter().enumerate() {
        let name = if name.is_empty() { format!("moment-{}", number + 1) } else { name };
        let place = folder.path().join(number.to_string());
        std::fs::create_dir(&place)?;
        let path = place.join(&name);
        copy.persist(&path)?;
        files.push(NativeFile { path: path.to_string_lossy().into_owned(), name, modified_ms: None });
    }
    Ok((folder, files))
}

/// A copy of an original that is gone when it has been taken.
pub(crate) async fn copy(media: &Media, folder: PathBuf) -> Result<NamedTempFile, ApiError> {
    let made = tokio::task::spawn_blocking(move || private_file(&folder)).await.map_err(not_shared)?;
    let (copy, file) = made.map_err(not_shared)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut written = 0;
    while written < media.size_bytes {
        let bytes = media.read(written..media.size_bytes).await?;
        file.write_all(&bytes).await.map_err(not_shared)?;
        written += bytes.len() as u64;
    }
    file.flush().await.map_err(not_shared)?;
    Ok(copy)
}

fn private_file(folder: &Path) -> std::io::Result<(NamedTempFile, std::fs::File)> {
    std::fs::create_dir_all(folder)?;
    let copy = NamedTempFile::new_in(folder)?;
    let file = copy.reopen()?;
    Ok((copy, file))
}

/// For what the system or the disk refuses.
pub(crate) fn not_shared(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::Internal, format!("It was not handed over: {error}."))
}
