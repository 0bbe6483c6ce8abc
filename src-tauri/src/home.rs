//! Taking an album home and taking a folder in: the person chooses where in the system's own dialog, so that no path ever
//! comes from the page or goes to it.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use glow_api::{ApiError, BundleWish, Caller, ErrorCode, ExportFormat, ImportSurvey, JobPage};
use glow_engine::Job;
use serde::Deserialize;
use tauri::Wry;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::shell::Shell;

/// What is taken home.
#[derive(Debug, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum Taking {
    /// The album.
    Export { format: ExportFormat },
    /// A bundle.
    Bundle { wish: BundleWish },
}

/// The folder that was chosen last, until it is taken in.
#[derive(Default)]
pub(crate) struct Chosen(Mutex<Option<PathBuf>>);

/// Asks where to, and starts. Answers with no job when the person thought better of it.
#[tauri::command]
pub(crate) async fn take_home(
    app: AppHandle,
    shell: State<'_, Shell>,
    group: String,
    taking: Taking,
) -> Result<JobPage, ApiError> {
    let title = shell.engine.ask(Caller::Owner, glow_api::GroupGet { group: group.clone() }).await?.title;
    let dialog = app.dialog().file();
    let chosen = match &taking {
        Taking::Export { format: ExportFormat::Zip } => {
            let dialog = dialog.set_file_name(format!("{}.zip", plain(&title))).add_filter("ZIP", &["zip"]);
            ask(dialog, FileDialogBuilder::save_file).await
        }
        Taking::Export { format: ExportFormat::Tree | ExportFormat::Web } => {
            ask(dialog, FileDialogBuilder::pick_folder).await.map(|folder| folder.join(plain(&title)))
        }
        // A bundle tells nothing of its group, by its name neither.
        Taking::Bundle { .. } => {
            let dialog = dialog.set_file_name("bundle.afterglow").add_filter("Afterglow", &["afterglow"]);
            ask(dialog, FileDialogBuilder::save_file).await
        }
    };
    let Some(path) = chosen else { return Ok(JobPage::default()) };
    let job = match taking {
        Taking::Export { format } => Job::Export { format, path },
        Taking::Bundle { wish } => Job::Bundle { wish, path },
    };
    Ok(JobPage { job: Some(shell.engine.start_job(Caller::Owner, &group, job)?) })
}

/// Asks for a folder, and counts what is in it. Answers nothing when the person thought better of it.
#[tauri::command]
pub(crate) async fn choose_import(
    app: AppHandle,
    shell: State<'_, Shell>,
    chosen: State<'_, Chosen>,
) -> Result<Option<ImportSurvey>, ApiError> {
    let Some(folder) = ask(app.dialog().file(), FileDialogBuilder::pick_folder).await else {
        return Ok(None);
    };
    let survey = shell.engine.survey(Caller::Owner, folder.clone()).await?;
    *chosen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder);
    Ok(Some(survey))
}

/// Takes in the folder that was chosen.
#[tauri::command]
pub(crate) async fn start_import(
    shell: State<'_, Shell>,
    chosen: State<'_, Chosen>,
    group: String,
) -> Result<JobPage, ApiError> {
    let folder = chosen.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let folder = folder.ok_or_else(|| ApiError::new(ErrorCode::BadRequest, "Choose a folder first."))?;
    Ok(JobPage { job: Some(shell.engine.start_job(Caller::Owner, &group, Job::Import { folder })?) })
}

pub(crate) type Answer = Box<dyn FnOnce(Option<FilePath>) + Send>;

/// Opens a dialog. Answers nothing when the person thought better of it.
pub(crate) async fn ask(
    dialog: FileDialogBuilder<Wry>,
    open: impl FnOnce(FileDialogBuilder<Wry>, Answer),
) -> Option<PathBuf> {
    let (answer, answered) = oneshot::channel();
    open(dialog, Box::new(move |path| drop(answer.send(path))));
    answered.await.ok()??.into_path().ok()
}

/// A title as the name of a file.
fn plain(title: &str) -> String {
    let kept: String =
        title.chars().map(|c| if c.is_alphanumeric() || " -_&'".contains(c) { c } else { '_' }).collect();
    match kept.trim() {
        "" => "Afterglow".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_no_path() {
        assert_eq!(plain("Anna & Ben"), "Anna & Ben");
        assert_eq!(plain("../../etc/passwd"), "______etc_passwd");
        assert_eq!(plain(" "), "Afterglow");
    }
}
