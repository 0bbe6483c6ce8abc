//! Choosing the folder that is watched for a group: the system's own picker opens here, so that no path comes from the page.

use glow_api::{ApiError, WatchView};
use tauri::{AppHandle, State};

use crate::shell::Shell;

/// Lets the person choose a folder, and watches it; nothing when they thought better of it.
#[cfg(desktop)]
#[tauri::command]
pub(crate) async fn watch_folder(
    app: AppHandle,
    shell: State<'_, Shell>,
    group: String,
) -> Result<Option<WatchView>, ApiError> {
    use glow_api::{Caller, ErrorCode};
    use tauri_plugin_dialog::DialogExt;

    let (chosen, choice) = tokio::sync::oneshot::channel();
    app.dialog().file().pick_folder(move |folder| drop(chosen.send(folder)));
    let Some(folder) = choice.await.ok().flatten() else { return Ok(None) };
    let folder = folder.into_path().map_err(|error| {
        ApiError::new(ErrorCode::Unreadable, format!("This folder has no path that can be read: {error}."))
    })?;
    shell.engine.watch_folder(Caller::Owner, &group, folder).await.map(Some)
}

/// A phone's photos are not a folder: the share sheet and the picker bring them.
#[cfg(mobile)]
#[tauri::command]
pub(crate) async fn watch_folder(
    _app: AppHandle,
    _shell: State<'_, Shell>,
    _group: String,
) -> Result<Option<WatchView>, ApiError> {
    Ok(None)
}
