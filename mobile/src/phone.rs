//! A phone: everything is a command to its own language.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use glow_engine::SystemDiscovery;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bridge::{NativeBridge, Roll};
use crate::contract::{
    Ask, Command, Files, Folder, NativeEvent, NativeFile, Permission, Permissions, Preview, Previewed, Save, Sign,
    WatchRoll,
};
use crate::discovery::PhoneDiscovery;
use crate::error::BridgeError;

/// Events of the app that wait to be read; of more the oldest count.
const EVENTS: usize = 32;

/// Hears what a command goes on to tell.
pub type Listener = Box<dyn Fn(Value) + Send + Sync>;

/// The phone's own language.
#[async_trait]
pub trait Native: fmt::Debug + Send + Sync + 'static {
    /// Runs a command to its end. Its listener is called as long as the command has something to tell.
    async fn run(&self, command: Command, request: Value, listener: Option<Listener>) -> Result<Value, BridgeError>;
}

/// What a phone does.
#[derive(Debug)]
pub struct Phone<N> {
    native: Arc<N>,
}

impl<N: Native> Phone<N> {
    /// Through this way into the phone's own language.
    pub fn new(native: N) -> Self {
        Self { native: Arc::new(native) }
    }

    async fn tell(&self, command: Command, request: impl Serialize) -> Result<(), BridgeError> {
        self.native.run(command, value(command, request)?, None).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, command: Command, request: impl Serialize) -> Result<T, BridgeError> {
        let answer = self.native.run(command, value(command, request)?, None).await?;
        understood(command, answer)
    }
}

#[async_trait]
impl<N: Native> NativeBridge for Phone<N> {
    async fn permissions(&self) -> Result<Permissions, BridgeError> {
        Phone::ask(self, Command::Permissions, json!({})).await
    }

    async fn ask(&self, what: Permission) -> Result<Permissions, BridgeError> {
        Phone::ask(self, Command::Ask, Ask { what }).await
    }

    fn discovery(&self) -> Option<Arc<dyn SystemDiscovery>> {
        Some(Arc::new(PhoneDiscovery::new(self.native.clone())))
    }

    async fn start_sharing(&self, sign: Sign) -> Result<(), BridgeError> {
        self.tell(Command::StartSharing, sign).await
    }

    async fn stop_sharing(&self) -> Result<(), BridgeError> {
        self.tell(Command::StopSharing, json!({})).await
    }

    async fn watch_roll(&self, folder: &Path) -> Result<Roll, BridgeError> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        self.tell(Command::WatchRoll, WatchRoll { folder: text(folder), since_ms }).await?;
        Ok(Roll { folder: folder.to_owned(), is_copy: true })
    }

    async fn stop_roll(&self) -> Result<(), BridgeError> {
        self.tell(Command::StopRoll, json!({})).await
    }

    async fn pick(&self, folder: &Path) -> Result<Option<Vec<NativeFile>>, BridgeError> {
        let picked: Files = Phone::ask(self, Command::Pick, Folder { folder: text(folder) }).await?;
        Ok(Some(within(picked, folder)))
    }

    async fn take_shared(&self, folder: &Path) -> Result<Vec<NativeFile>, BridgeError> {
        let shared: Files = Phone::ask(self, Command::TakeShared, Folder { folder: text(folder) }).await?;
        Ok(within(shared, folder))
    }

    async fn open_settings(&self) -> Result<bool, BridgeError> {
        self.tell(Command::OpenSettings, json!({})).await?;
        Ok(true)
    }

    async fn share(&self, files: &[NativeFile]) -> Result<bool, BridgeError> {
        self.tell(Command::Share, Files { files: files.to_vec() }).await?;
        Ok(true)
    }

    fn pictures(&self) -> Option<PathBuf> {
        None
    }

    async fn save(&self, file: &Path, name: &str) -> Result<(), BridgeError> {
        self.tell(Command::Save, Save { path: text(file), name: name.to_owned() }).await
    }

    async fn preview(&self, picture: &Path, jpeg: &Path, pixels: u32) -> Result<bool, BridgeError> {
        let request = Preview { path: text(picture), jpeg: text(jpeg), pixels };
        let previewed: Previewed = Phone::ask(self, Command::Preview, request).await?;
        Ok(previewed.made)
    }

    async fn events(&self) -> Result<mpsc::Receiver<NativeEvent>, BridgeError> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let listener: Listener = Box::new(move |event| match serde_json::from_value(event) {
            Ok(event) => {
                // A full queue holds the same news already; one that nobody reads is of no use.
                let _ = events.try_send(event);
            }
            Err(error) => tracing::warn!(%error, "an event of the system is not understood"),
        });
        self.native.run(Command::Listen, json!({}), Some(listener)).await?;
        Ok(receiver)
    }
}

/// Paths that apps are given by a phone are UTF-8.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Files of another place were never given by the system.
fn within(given: Files, folder: &Path) -> Vec<NativeFile> {
    let inside = |file: &NativeFile| Path::new(&file.path).parent() == Some(folder);
    given.files.into_iter().filter(inside).collect()
}

fn value(command: Command, request: impl Serialize) -> Result<Value, BridgeError> {
    serde_json::to_value(request).map_err(|source| BridgeError::NotUnderstood { command: command.name(), source })
}

fn understood<T: DeserializeOwned>(command: Command, answer: Value) -> Result<T, BridgeError> {
    serde_json::from_value(answer).map_err(|source| BridgeError::NotUnderstood { command: command.name(), source })
}
