//! The app: the engine in a window.
//!
//! Owns the window, the process (one at a time for a person's data, told to end in order), and the passing on of requests
//! and events between the window's page and the engine. Media and uploads go past it: the page reads and writes them at a
//! gateway on loopback, because a webview plays clips from HTTP only and bytes are never JSON. Never decides anything about
//! groups or moments, and gives the page no way to files, programs or the network.
//!
//! Switches for Linux, read from the environment by WebKitGTK: `WEBKIT_DISABLE_DMABUF_RENDERER=1` helps where the window
//! stays blank with some graphics drivers, `WEBKIT_DISABLE_COMPOSITING_MODE=1` where that is not enough. The app sets
//! neither. `TAURI_WEBVIEW_AUTOMATION=true` lets a WebDriver control the window, for tests.
#![forbid(unsafe_code)]
#![cfg_attr(mobile, allow(missing_docs, reason = "the entry point that Tauri makes of `run` has none"))]

mod call;
#[cfg(desktop)]
mod home;
mod link;
mod log;
mod phone;
mod save;
mod settings;
mod shell;
mod system;
mod trouble;
#[cfg(desktop)]
mod watch;
mod window;

pub use settings::Settings;

use std::sync::Arc;

use tauri::ipc::Invoke;
use tauri::{App, AppHandle, Builder, Context, Manager, RunEvent, Wry};
use tauri_plugin_afterglow::Bridge;

use crate::shell::Shell;
use crate::system::System;

/// Runs the app on a phone, where nothing is set by a command line.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    if let Err(error) = start(Settings::default()) {
        tracing::error!("the app ended: {error:#}");
    }
}

/// Runs the app until its window is closed or the process is told to end.
///
/// # Errors
/// When there is no place for data, or no window can be opened: there may be no display.
pub fn start(settings: Settings) -> anyhow::Result<()> {
    #[cfg(desktop)]
    let _log = log::start(&settings.data_dir()?)?;
    let mut context = context();
    // The window is opened in `set_up`: what it shows depends on whether the engine starts.
    for window in &mut context.config_mut().app.windows {
        window.create = false;
    }
    let builder = plugins(Builder::default(), &settings)
        .plugin(tauri_plugin_afterglow::init())
        .register_uri_scheme_protocol(trouble::SCHEME, |asked, _| trouble::page(asked.app_handle()))
        .invoke_handler(commands())
        .setup(move |app| set_up(app, &settings).map_err(Into::into));
    #[cfg(desktop)]
    let builder = builder.on_window_event(window::handle_event);
    builder.build(context)?.run(|app, event| match event {
        RunEvent::Exit => {
            if let Some(shell) = app.try_state::<Shell>() {
                tauri::async_runtime::block_on(shell.close());
            }
        }
        #[cfg(any(target_os = "macos", target_os = "ios", target_os = "android"))]
        RunEvent::Opened { urls } => opened(app, &urls),
        _ => {}
    });
    Ok(())
}

#[cfg(desktop)]
fn commands() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        call::call,
        call::media_base,
        call::system,
        save::save_original,
        home::take_home,
        home::choose_import,
        home::start_import,
        watch::watch_folder
    ]
}

/// A phone has no folders to choose from.
#[cfg(mobile)]
fn commands() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![call::call, call::media_base, call::system, save::save_original]
}

#[expect(
    clippy::disallowed_methods,
    reason = "the generated code ends the process where its own configuration is broken"
)]
fn context() -> Context {
    tauri::generate_context!()
}

fn set_up(app: &mut App, settings: &Settings) -> anyhow::Result<()> {
    #[cfg(mobile)]
    let settings = &on_a_phone(app, settings)?;
    #[cfg(desktop)]
    app.manage(home::Chosen::default());
    let mut config = settings.engine_config()?;
    let bridge = app.state::<Bridge>().0.clone();
    let opened = tauri::async_runtime::block_on(async {
        config.system_discovery = bridge.discovery();
        #[cfg(mobile)]
        {
            config.system_decoder = Some(phone::decoder(bridge.clone()));
        }
        Shell::open(app.handle(), config).await.inspect(|shell| {
            tauri::async_runtime::spawn(phone::keep_sign(bridge.clone(), shell.engine.clone()));
        })
    });
    match opened {
        Ok(shell) => {
            let system = System::start(app.handle(), shell.engine.clone(), bridge, &settings.data_dir()?)?;
            #[cfg(desktop)]
            system.offer_files(&settings.given, &std::env::current_dir().unwrap_or_default());
            app.manage(shell);
            app.manage(system);
            window::open(app.handle(), settings)?;
        }
        Err(error) => {
            tracing::error!(code = ?error.code, "the app cannot start: {error}");
            app.manage(trouble::Trouble(error));
            trouble::open(app.handle())?;
        }
    }
    #[cfg(all(desktop, unix))]
    tauri::async_runtime::spawn(shell::end_when_told(app.handle().clone()));
    Ok(())
}

/// A phone has one place for an app, and says where only once it runs.
#[cfg(mobile)]
fn on_a_phone(app: &App, settings: &Settings) -> anyhow::Result<Settings> {
    let data_dir = app.path().app_local_data_dir()?;
    app.manage(log::start(&data_dir)?);
    Ok(Settings { data_dir: Some(data_dir), ..settings.clone() })
}

/// Takes what a second start was given: an invite to open, or files to offer.
#[cfg(desktop)]
fn hand_over(app: &AppHandle, given: &[String], folder: &std::path::Path) {
    if let Some(link) = given.iter().find(|argument| link::is_link(argument)) {
        window::show_link(app, link);
    }
    if let Some(system) = app.try_state::<Arc<System>>() {
        system.offer_files(given, folder);
    }
}

/// Takes what the system opens with the app, where it does so by an event and not by a command line.
#[cfg(any(target_os = "macos", target_os = "ios", target_os = "android"))]
fn opened(app: &AppHandle, urls: &[tauri::Url]) {
    let urls: Vec<String> = urls.iter().map(ToString::to_string).collect();
    #[cfg(desktop)]
    hand_over(app, &urls, std::path::Path::new("/"));
    #[cfg(mobile)]
    if let Some(link) = urls.iter().find(|url| link::is_link(url)) {
        window::show_link(app, link);
    }
}

#[cfg(desktop)]
fn plugins(builder: Builder<Wry>, settings: &Settings) -> Builder<Wry> {
    use tauri_plugin_window_state::StateFlags;

    // It comes first: a second app for the same data ends before anything of it starts. Whoever names a data directory
    // wants another app beside the first; the directory's own lock then tells two of them apart.
    let builder = match settings.data_dir {
        None => builder.plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            window::focus(app);
            hand_over(app, arguments.get(1..).unwrap_or_default(), std::path::Path::new(&folder));
        })),
        Some(_) => builder,
    };
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    builder
        .plugin(
            tauri_plugin_window_state::Builder::new().with_state_flags(kept).with_denylist(&[trouble::WINDOW]).build(),
        )
        .plugin(tauri_plugin_dialog::init())
}

#[cfg(mobile)]
fn plugins(builder: Builder<Wry>, _settings: &Settings) -> Builder<Wry> {
    builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_notification::init())
}
