//! What only the operating system of a phone can do for the app, and what takes its place on a desktop.
//!
//! Owns the seam to Kotlin and Swift: one trait, [`NativeBridge`], with [`Phone`] for what a phone does and [`Desktop`] for
//! what takes its place; the names and shapes of everything that crosses ([`contract`]) stand here once, and a test holds the
//! Kotlin and Swift sources to them. Never decides anything about groups or moments: it is told what to do and says what
//! happened. The page can call nothing of it.
//!
//! ```no_run
//! # async fn example(bridge: std::sync::Arc<dyn tauri_plugin_afterglow::NativeBridge>) -> Result<(), tauri_plugin_afterglow::BridgeError> {
//! use tauri_plugin_afterglow::contract::Permission;
//!
//! let granted = bridge.ask(Permission::LocalNetwork).await?;
//! println!("members can be found: {}", granted.local_network.allows());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod bridge;
pub mod contract;
mod desktop;
mod discovery;
mod error;
#[cfg(mobile)]
mod handle;
mod phone;

use std::sync::Arc;

pub use bridge::{NativeBridge, Roll};
pub use desktop::Desktop;
pub use error::BridgeError;
pub use phone::{Listener, Native, Phone};
use tauri::{Manager, Runtime, plugin::TauriPlugin};

/// The plugin's name, as Tauri knows it.
pub const NAME: &str = "afterglow";

/// The bridge of this system, as the app's state.
#[derive(Debug, Clone)]
pub struct Bridge(pub Arc<dyn NativeBridge>);

/// The plugin: it puts a [`Bridge`] into the app's state.
#[must_use]
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    tauri::plugin::Builder::new(NAME)
        .setup(|app, api| {
            #[cfg(mobile)]
            app.manage(Bridge(Arc::new(Phone::new(handle::register(api)?))));
            #[cfg(desktop)]
            {
                let _ = api;
                app.manage(Bridge(Arc::new(Desktop::new())));
            }
            Ok(())
        })
        .build()
}
