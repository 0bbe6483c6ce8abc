//! The main window.

#[cfg(desktop)]
use std::sync::Arc;

use anyhow::{Context, Result};
#[cfg(desktop)]
use tauri::WindowEvent;
use tauri::webview::{DownloadEvent, PermissionKind, PermissionResponse};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

#[cfg(desktop)]
use crate::system::System;
use crate::{Settings, link};

/// The window's label, as in `tauri.conf.json` and the capabilities.
const MAIN: &str = "main";
const PAGE: &str = "index.html";

/// Opens the window as the configuration describes it, at an invite if there is one.
pub(crate) fn open(app: &AppHandle, settings: &Settings) -> Result<()> {
    let mut config = app.config().app.windows.first().context("the configuration names a window")?.clone();
    if let Some(link) = settings.link() {
        config.url = WebviewUrl::App(format!("{PAGE}#{}", link::place(link)).into());
    }
    let builder = WebviewWindowBuilder::from_config(app, &config)?
        // Two apps on two data directories share nothing.
        .data_directory(settings.data_dir()?.join("window"))
        // The page takes dropped files itself: what it is given then are their bytes, never their paths.
        .disable_drag_drop_handler()
        .on_navigation(is_ours)
        .on_permission_request(|_, kind| answer(&kind))
        .on_download(|_, event| {
            if let DownloadEvent::Requested { destination, .. } = event {
                *destination = free(destination);
            }
            true
        });
    let window = builder.build()?;
    prepare(&window)?;
    Ok(())
}

/// Brings the window to the front.
#[cfg(desktop)]
pub(crate) fn focus(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window did not come to the front");
    }
}

/// Shows the window that was hidden, and leaves the focus where it is.
#[cfg(target_os = "linux")]
pub(crate) fn reveal(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN)
        && let Err(error) = window.show()
    {
        tracing::warn!(%error, "the window was not shown");
    }
}

/// Shows an invite in the window that is open.
pub(crate) fn show_link(app: &AppHandle, link: &str) {
    go(app, &link::place(link));
}

/// Brings a group to the front.
pub(crate) fn show_group(app: &AppHandle, group: &str) {
    #[cfg(desktop)]
    focus(app);
    go(app, &link::group(group));
}

fn go(app: &AppHandle, place: &str) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let shown = window.url().and_then(|mut url| {
        url.set_fragment(Some(place));
        window.navigate(url)
    });
    if let Err(error) = shown {
        tracing::warn!(%error, "the window did not go there");
    }
}

/// What the window's state means to the rest of the app. Closing it hides it where the person wants that and can get it back.
#[cfg(desktop)]
pub(crate) fn handle_event(window: &tauri::Window, event: &WindowEvent) {
    let Some(system) = window.try_state::<Arc<System>>().filter(|_| window.label() == MAIN) else { return };
    match event {
        WindowEvent::Focused(focused) => system.handle_look(*focused),
        WindowEvent::CloseRequested { api, .. } if system.hides() => {
            api.prevent_close();
            if let Err(error) = window.hide() {
                tracing::warn!(%error, "the window was not hidden");
            }
            system.handle_look(false);
        }
        _ => {}
    }
}

/// Opens a folder in the desktop's file manager.
#[cfg(desktop)]
pub(crate) fn open_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    std::process::Command::new(program).arg(folder).spawn().map(drop)
}

/// The window shows the app's own page and nothing else. A `blob:` is the page's own too: files are saved from it.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" | "blob" | "about" => true,
        "http" | "https" if url.host_str() == Some("tauri.localhost") => true,
        "http" => tauri::is_dev() && url.host_str() == Some("127.0.0.1"),
        _ => false,
    }
}

/// The capture screen may see and hear; the person was asked by opening it, and by the system where it asks. Nothing else is
/// given to the page.
fn answer(kind: &PermissionKind) -> PermissionResponse {
    match kind {
        PermissionKind::Camera | PermissionKind::Microphone if cfg!(mobile) => PermissionResponse::Default,
        PermissionKind::Camera | PermissionKind::Microphone => PermissionResponse::Allow,
        _ => PermissionResponse::Deny,
    }
}

/// A path at which no file is yet: `photo.jpg`, then `photo (2).jpg`.
fn free(wanted: &std::path::Path) -> std::path::PathBuf {
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = wanted.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let numbered = (2..1_000).map(|number| wanted.with_file_name(format!("{stem} ({number}){ending}")));
    let first_free = std::iter::once(wanted.to_path_buf()).chain(numbered).find(|path| !path.exists());
    first_free.unwrap_or_else(|| wanted.to_path_buf())
}

/// In a debug build: the webview's own moving test picture instead of a camera.
#[cfg(target_os = "linux")]
const MOCK_CAMERA: &str = "AFTERGLOW_MOCK_CAMERA";

/// What WebKitGTK has to be told: that cameras may be used, and that what is shown leaves no copies in its cache on disk.
#[cfg(target_os = "linux")]
fn prepare(window: &WebviewWindow) -> Result<()> {
    use webkit2gtk::{CacheModel, SettingsExt, WebContextExt, WebViewExt};
    let mock_camera = cfg!(debug_assertions) && std::env::var_os(MOCK_CAMERA).is_some();
    window.with_webview(move |webview| {
        let view = webview.inner();
        if let Some(context) = view.context() {
            context.set_cache_model(CacheModel::DocumentViewer);
        }
        if let Some(settings) = view.settings() {
            settings.set_enable_media_stream(true);
            settings.set_enable_mock_capture_devices(mock_camera);
        }
    })?;
    Ok(())
}

/// Other webviews offer the camera by themselves and keep their cache within the app's data.
#[cfg(not(target_os = "linux"))]
fn prepare(_window: &WebviewWindow) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_its_own_page_is_shown() {
        for own in ["tauri://localhost/index.html#/join", "http://tauri.localhost/", "blob:tauri://localhost/1234"] {
            assert!(is_ours(&own.parse().unwrap()), "{own}");
        }
        for other in
            ["https://example.org/", "file:///etc/passwd", "http://tauri.localhost.example.org/", "data:text/html,x"]
        {
            assert!(!is_ours(&other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn saving_never_replaces_a_file() {
        let free = free(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")));
        assert!(free.ends_with("Cargo (2).toml"), "{}", free.display());
    }
}
