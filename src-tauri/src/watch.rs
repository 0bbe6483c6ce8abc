//! Choosing the folder that is watched for a group: the system's own picker opens here, so that no path comes from the page.

use glow_api::{ApiError, Caller, WatchView};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder};

use crate::home;
use crate::shell::Shell;

/// Lets the person choose a folder, and watches it. Answers nothing when they thought better of it.
#[tauri::command]
pub(crate) async fn watch_folder(
    app: AppHandle,
    shell: State<'_, Shell>,
    group: String,
) -> Result<Option<WatchView>, ApiError> {
    let Some(folder) = home::ask(app.dialog().file(), FileDialogBuilder::pick_folder).await else {
        return Ok(None);
    };
    shell.engine.watch_folder(Caller::Owner, &group, folder).await.map(Some)
}
