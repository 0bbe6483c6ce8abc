//! The Afterglow app.
#![forbid(unsafe_code)]
// No console window beside the app's own on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> anyhow::Result<()> {
    afterglow::start(afterglow::Settings::from_command_line())
}
