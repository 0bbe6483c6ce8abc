//! What the app asks of the operating system.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use glow_engine::SystemDiscovery;
use tokio::sync::mpsc;

use crate::contract::{NativeEvent, NativeFile, Permission, Permissions, Sign};
use crate::error::BridgeError;

/// Where new captures of this device's camera appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// The folder to watch.
    pub folder: PathBuf,
    /// Whether what appears there are copies, to be removed when they are done with, or the person's own files.
    pub is_copy: bool,
}

/// What only the operating system can do. On a desktop the same is done in the way that is usual there.
#[async_trait]
pub trait NativeBridge: fmt::Debug + Send + Sync {
    /// What the app may do.
    async fn permissions(&self) -> Result<Permissions, BridgeError>;

    /// Asks the person for a permission; answers what the app may do afterwards.
    async fn ask(&self, what: Permission) -> Result<Permissions, BridgeError>;

    /// The system's own discovery; nothing where the engine may send multicast itself.
    fn discovery(&self) -> Option<Arc<dyn SystemDiscovery>>;

    /// Keeps the app running and hearing its network while it is not looked at, under a sign that says so. Telling it again
    /// changes the sign.
    async fn start_sharing(&self, sign: Sign) -> Result<(), BridgeError>;

    /// Lets the app sleep again.
    async fn stop_sharing(&self) -> Result<(), BridgeError>;

    /// Makes captures that the camera takes from now on appear in a folder: the given one, or where they appear anyway.
    async fn watch_roll(&self, folder: &Path) -> Result<Roll, BridgeError>;

    /// Ends [`NativeBridge::watch_roll`].
    async fn stop_roll(&self) -> Result<(), BridgeError>;

    /// Lets the person pick photos and clips, as they were taken, into a folder. Nothing where the page's own picker does
    /// that.
    async fn pick(&self, folder: &Path) -> Result<Option<Vec<NativeFile>>, BridgeError>;

    /// Moves what other apps have handed over into a folder.
    async fn take_shared(&self, folder: &Path) -> Result<Vec<NativeFile>, BridgeError>;

    /// Opens the system's own settings of this app: the way back from a refusal. Answers whether there are such.
    async fn open_settings(&self) -> Result<bool, BridgeError>;

    /// Hands files to another app that the person chooses. Answers whether the system has a way to do that.
    async fn share(&self, files: &[NativeFile]) -> Result<bool, BridgeError>;

    /// Where [`NativeBridge::save`] puts files, where that is a folder that can be opened.
    fn pictures(&self) -> Option<PathBuf>;

    /// Puts a file among the person's photos.
    async fn save(&self, file: &Path, name: &str) -> Result<(), BridgeError>;

    /// Writes a JPEG of a picture that only the system can decode (HEIC on iOS): upright, at most `pixels` long. Answers
    /// whether the system can.
    async fn preview(&self, picture: &Path, jpeg: &Path, pixels: u32) -> Result<bool, BridgeError>;

    /// What happens to the app from now on.
    async fn events(&self) -> Result<mpsc::Receiver<NativeEvent>, BridgeError>;
}
