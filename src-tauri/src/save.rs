//! Saving an original among the person's photos, where the page cannot: the webview of a phone saves no files.

use glow_api::{ApiError, Caller, MediaPart};
use tauri::{AppHandle, Manager, State};
use tauri_plugin_afterglow::Bridge;

use crate::shell::Shell;
use crate::system::share::{copy, not_shared};

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
    let folder = app.path().app_cache_dir().map_err(not_shared)?;
    let copy = copy(&media, folder).await?;
    bridge.0.save(copy.path(), &media.file_name).await.map_err(not_shared)
}
