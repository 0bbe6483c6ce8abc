//! Reads `tauri.conf.json` and the capabilities into the app, and makes permissions of our commands.

use tauri_build::{AppManifest, Attributes};

fn main() {
    // The webview may call what is listed here and granted in capabilities/, nothing else.
    let manifest = AppManifest::new().commands(&[
        "call",
        "media_base",
        "save_original",
        "system",
        "take_home",
        "choose_import",
        "start_import",
        "watch_folder",
    ]);
    if let Err(error) = tauri_build::try_build(Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
