//! The engine with its gateway, as long as the app runs.

use std::sync::{Mutex, PoisonError};

use glow_api::{ApiError, ErrorCode, Event};
use glow_engine::{Engine, EngineConfig};
use glow_gateway::{Gateway, GatewayConfig, GuestDoors, UiFiles};
use tauri::{AppHandle, Emitter};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The name under which the page listens.
const EVENT: &str = "event";
/// Where the window's page comes from, by system.
const ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];
/// Where it comes from while it is developed.
const DEVELOPMENT: &str = "http://127.0.0.1:5173";

/// What runs behind the window.
pub(crate) struct Shell {
    pub(crate) engine: Engine,
    pub(crate) media_base: String,
    gateway: Mutex<Option<(Gateway, GuestDoors)>>,
}

impl Shell {
    /// Starts the engine and its gateway, and begins to pass events on.
    pub(crate) async fn open(app: &AppHandle, config: EngineConfig) -> Result<Self, ApiError> {
        let engine = Engine::start(config).await?;
        tauri::async_runtime::spawn(pass_on(app.clone(), engine.events()));
        let mut allowed_origins = ORIGINS.map(str::to_owned).to_vec();
        if tauri::is_dev() {
            allowed_origins.push(DEVELOPMENT.to_owned());
        }
        let gateway = Gateway::start(engine.clone(), GatewayConfig { allowed_origins, ..GatewayConfig::default() });
        let gateway = gateway.await.map_err(|error| {
            ApiError::new(
                ErrorCode::Internal,
                format!("Pictures cannot be shown: {error}. Restart this device and try again."),
            )
        })?;
        let doors = GuestDoors::start(engine.clone(), UiFiles::Embedded);
        Ok(Self { engine, media_base: gateway.open_session(), gateway: Mutex::new(Some((gateway, doors))) })
    }

    /// Ends in order: no more bytes, then no more groups.
    pub(crate) async fn close(&self) {
        let gateway = self.gateway.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((gateway, doors)) = gateway {
            drop(doors);
            gateway.shutdown().await;
            self.engine.clone().shutdown().await;
        }
    }
}

async fn pass_on(app: AppHandle, mut events: Receiver<Event>) {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Lagged,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = app.emit(EVENT, event) {
            tracing::warn!(%error, "an event did not reach the window");
        }
    }
}

/// Ends the app in order when the system asks the process to.
#[cfg(all(desktop, unix))]
pub(crate) async fn end_when_told(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals cannot be heard: the app ends at once when it is told to");
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    app.exit(0);
}
