//! Saving an original among the person's photos, where the page cannot: the webview of a phone saves no files.

use std::path::{Path, PathBuf};

use glow_api::{ApiError, Caller, ErrorCode, MediaPart};
use glow_engine::Media;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_afterglow::Bridge;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use crate::shell::Shell;

/// Puts the original of a moment among the person's photos.
#[tauri::command]
pub(crate) async fn save_original(
    app: AppHandle,
    shell: State<'_, Shell>,
    bridge: State<'_, Bridge>,
    group: String,
    moment: String,
) -> Result<(), ApiError> {
    let media = shell.engine.media(Caller::Owner, &group, &moment, MediaPart::Original).await?;
    let folder = app.path().app_cache_dir().map_err(not_saved)?;
    let copy = copy(&media, folder).await?;
    bridge.0.save(copy.path(), &media.file_name).await.map_err(not_saved)
}

/// A copy for the system to take, which is gone when it has been taken.
async fn copy(media: &Media, folder: PathBuf) -> Result<NamedTempFile, ApiError> {
    let made = tokio::task::spawn_blocking(move || private_file(&folder)).await.map_err(not_saved)?;
    let (copy, file) = made.map_err(not_saved)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut written = 0;
    while written < media.size_bytes {
        let bytes = media.read(written..media.size_bytes).await?;
        file.write_all(&bytes).await.map_err(not_saved)?;
        written += bytes.len() as u64;
    }
    file.flush().await.map_err(not_saved)?;
    Ok(copy)
}

fn private_file(folder: &Path) -> std::io::Result<(NamedTempFile, std::fs::File)> {
    std::fs::create_dir_all(folder)?;
    let copy = NamedTempFile::new_in(folder)?;
    let file = copy.reopen()?;
    Ok((copy, file))
}

fn not_saved(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::Internal, format!("It was not saved: {error}."))
}
