//! A desktop: it asks nobody, hears multicast, and keeps running anyway.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use directories::UserDirs;
use glow_engine::SystemDiscovery;
use tokio::sync::mpsc;

use crate::bridge::{NativeBridge, Roll};
use crate::contract::{Grant, NativeEvent, NativeFile, Permission, Permissions, Sign};
use crate::error::BridgeError;

/// Names that are tried for a file before giving up.
const NAMES: u32 = 1_000;

/// What takes a phone's place on a desktop.
#[derive(Debug, Default)]
pub struct Desktop {
    /// Where pictures are kept, unless it is the system's place.
    pictures: Option<PathBuf>,
}

impl Desktop {
    /// With the system's folder of pictures.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With another folder of pictures.
    #[must_use]
    pub fn with_pictures(folder: PathBuf) -> Self {
        Self { pictures: Some(folder) }
    }
}

#[async_trait]
impl NativeBridge for Desktop {
    async fn permissions(&self) -> Result<Permissions, BridgeError> {
        let granted = Grant::Granted;
        Ok(Permissions { local_network: granted, photos: granted, camera: granted, notifications: granted })
    }

    async fn ask(&self, _: Permission) -> Result<Permissions, BridgeError> {
        self.permissions().await
    }

    fn discovery(&self) -> Option<Arc<dyn SystemDiscovery>> {
        None
    }

    async fn start_sharing(&self, _: Sign) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn stop_sharing(&self) -> Result<(), BridgeError> {
        Ok(())
    }

    /// A camera's files come to the folder of pictures by themselves.
    async fn watch_roll(&self, _: &Path) -> Result<Roll, BridgeError> {
        let folder = self.pictures().ok_or(BridgeError::NoPictures)?;
        Ok(Roll { folder, is_copy: false })
    }

    async fn stop_roll(&self) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn pick(&self, _: &Path) -> Result<Option<Vec<NativeFile>>, BridgeError> {
        Ok(None)
    }

    async fn take_shared(&self, _: &Path) -> Result<Vec<NativeFile>, BridgeError> {
        Ok(Vec::new())
    }

    async fn open_settings(&self) -> Result<bool, BridgeError> {
        Ok(false)
    }

    async fn share(&self, _: &[NativeFile]) -> Result<bool, BridgeError> {
        Ok(false)
    }

    fn pictures(&self) -> Option<PathBuf> {
        let system = || UserDirs::new()?.picture_dir().map(Path::to_path_buf);
        self.pictures.clone().or_else(system)
    }

    async fn save(&self, file: &Path, name: &str) -> Result<(), BridgeError> {
        let pictures = self.pictures().ok_or(BridgeError::NoPictures)?;
        let (file, name) = (file.to_owned(), name.to_owned());
        let copied = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&pictures)?;
            copy(&file, &pictures, &name)
        })
        .await;
        copied.map_err(io::Error::other)??;
        Ok(())
    }

    async fn preview(&self, _: &Path, _: &Path, _: u32) -> Result<bool, BridgeError> {
        Ok(false)
    }

    async fn events(&self) -> Result<mpsc::Receiver<NativeEvent>, BridgeError> {
        // Nothing happens to an app on a desktop: it is there until it is closed.
        Ok(mpsc::channel(1).1)
    }
}

/// Copies a file into a folder under a name that is free there: `photo.jpg`, then `photo (2).jpg`.
fn copy(file: &Path, folder: &Path, name: &str) -> io::Result<()> {
    let wanted = Path::new(name).file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let wanted = folder.join(wanted);
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = wanted.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let numbered = (2..NAMES).map(|number| wanted.with_file_name(format!("{stem} ({number}){ending}")));
    for free in std::iter::once(wanted.clone()).chain(numbered) {
        match OpenOptions::new().write(true).create_new(true).open(&free) {
            Ok(mut copy) => return io::copy(&mut File::open(file)?, &mut copy).map(drop),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
