//! FTP, as many cameras speak it: passive mode, uploads only.
//!
//! In FTP the end of a file is the end of its connection, so a camera that dies looks like one that is done. Three things tell
//! them apart: a connection that breaks is an error, one whose control connection went at the same time was abandoned, and the
//! spool looks whether the file ends where its own structure says.

use std::fmt::{self, Debug, Display};
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::BytesMut;
use glow_api::{ApiError, ErrorCode};
use glow_engine::Spool;
use libunftp::ServerBuilder;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, DefaultUser, Principal};
use unftp_core::storage::{Error, ErrorKind, Fileinfo, Metadata, Result, StorageBackend};

use crate::gate::Gate;
use crate::pace::{Pace, STALLED};

/// A session in which nothing is said for this long is closed.
const IDLE_SECONDS: u64 = 60;
/// A client that is gone closes both connections at once; one that is done waits for the answer.
const HANGING_UP: Duration = Duration::from_millis(200);
/// Bytes read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What every session needs.
#[derive(Clone)]
pub(crate) struct Server {
    spool: Spool,
    gate: Arc<Gate>,
    passive_ports: RangeInclusive<u16>,
}

impl Server {
    pub(crate) fn new(spool: Spool, gate: Arc<Gate>, passive_ports: RangeInclusive<u16>) -> Self {
        Self { spool, gate, passive_ports }
    }

    /// Serves one client until it goes.
    pub(crate) async fn converse(self, stream: TcpStream) {
        let hung_up = CancellationToken::new();
        let box_of_camera = BoxOfCamera { spool: self.spool, hung_up: hung_up.clone() };
        let server =
            ServerBuilder::with_authenticator(Box::new(move || box_of_camera.clone()), Arc::new(Password(self.gate)))
                .greeting("Afterglow takes photos and clips here.")
                .idle_session_timeout(IDLE_SECONDS)
                .passive_ports(self.passive_ports)
                .build();
        // Whatever ends the session, an upload that is under way then is not the whole file.
        let _end = hung_up.drop_guard();
        match server {
            Ok(server) => {
                if let Err(error) = server.service(stream).await {
                    tracing::debug!(%error, "a camera's session");
                }
            }
            Err(error) => tracing::error!(%error, "the FTP server is set up wrongly"),
        }
    }
}

/// Lets in who knows the password.
#[derive(Debug)]
struct Password(Arc<Gate>);

#[async_trait]
impl Authenticator for Password {
    async fn authenticate(
        &self,
        user: &str,
        given: &Credentials,
    ) -> std::result::Result<Principal, AuthenticationError> {
        let password = given.password.as_deref().unwrap_or_default();
        if self.0.admits(user, password, given.source_ip, Instant::now()) {
            return Ok(Principal { username: user.to_owned() });
        }
        Err(AuthenticationError::BadPassword)
    }
}

/// The storage that a session sees: folders without end, all empty, and a slot for files.
#[derive(Debug, Clone)]
struct BoxOfCamera {
    spool: Spool,
    hung_up: CancellationToken,
}

/// What a client is told of a folder, or of the file that it has just sent.
#[derive(Debug)]
enum Seen {
    Folder,
    File(u64),
}

impl Metadata for Seen {
    fn len(&self) -> u64 {
        match self {
            Self::Folder => 0,
            Self::File(bytes) => *bytes,
        }
    }

    fn is_dir(&self) -> bool {
        matches!(self, Self::Folder)
    }

    fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    fn is_symlink(&self) -> bool {
        false
    }

    fn modified(&self) -> Result<SystemTime> {
        Ok(SystemTime::UNIX_EPOCH)
    }

    fn gid(&self) -> u32 {
        0
    }

    fn uid(&self) -> u32 {
        0
    }
}

#[async_trait]
impl StorageBackend<DefaultUser> for BoxOfCamera {
    type Metadata = Seen;

    async fn metadata<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, path: P) -> Result<Seen> {
        match self.spool.sent_lately(&path.as_ref().to_string_lossy()) {
            Some(size_bytes) => Ok(Seen::File(size_bytes)),
            // A name with an ending is asked for by clients that want to know whether they would overwrite something.
            None if path.as_ref().extension().is_some() => Err(ErrorKind::PermanentFileNotAvailable.into()),
            None => Ok(Seen::Folder),
        }
    }

    async fn list<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, _: P) -> Result<Vec<Fileinfo<PathBuf, Seen>>> {
        Ok(Vec::new())
    }

    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        _: &DefaultUser,
        _: P,
        _: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        Err(ErrorKind::PermissionDenied.into())
    }

    async fn put<P: AsRef<Path> + Send + Debug, R: AsyncRead + Send + Sync + Unpin + 'static>(
        &self,
        _: &DefaultUser,
        input: R,
        path: P,
        start_pos: u64,
    ) -> Result<u64> {
        if start_pos > 0 {
            return Err(ErrorKind::CommandNotImplemented.into());
        }
        let name = path.as_ref().to_string_lossy().into_owned();
        tokio::select! {
            () = self.hung_up.cancelled() => {
                self.spool.report_failure(&name, hung_up());
                Err(ErrorKind::ConnectionClosed.into())
            }
            taken = self.take(&name, input) => taken,
        }
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, _: P) -> Result<()> {
        Err(ErrorKind::PermissionDenied.into())
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, _: P) -> Result<()> {
        Ok(())
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, from: P, to: P) -> Result<()> {
        let text = |path: &P| path.as_ref().to_string_lossy().into_owned();
        self.spool.rename(&text(&from), &text(&to)).await.map_err(refused)
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, _: P) -> Result<()> {
        Err(ErrorKind::PermissionDenied.into())
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, _: &DefaultUser, _: P) -> Result<()> {
        Ok(())
    }
}

impl BoxOfCamera {
    async fn take(&self, name: &str, mut input: impl AsyncRead + Unpin) -> Result<u64> {
        let mut incoming = self.spool.begin(name, None).await.map_err(refused)?;
        let pace = Pace::start(Instant::now());
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        loop {
            piece.reserve(PIECE_BYTES);
            let read = timeout(STALLED, input.read_buf(&mut piece)).await;
            let count = match read {
                Ok(Ok(count)) => count,
                Ok(Err(error)) => return Err(self.broken(name, &error)),
                Err(_) => return Err(self.broken(name, &io::ErrorKind::TimedOut.into())),
            };
            if count == 0 {
                break;
            }
            incoming.write(piece.split().freeze()).await.map_err(|error| self.refused(name, error))?;
            if pace.is_crawling(incoming.size_bytes(), Instant::now()) {
                return Err(self.broken(name, &io::ErrorKind::TimedOut.into()));
            }
        }
        if timeout(HANGING_UP, self.hung_up.cancelled()).await.is_ok() {
            return Err(self.broken(name, &io::ErrorKind::ConnectionAborted.into()));
        }
        let size_bytes = incoming.size_bytes();
        incoming.finish().await.map_err(refused)?;
        Ok(size_bytes)
    }

    fn broken(&self, name: &str, error: &io::Error) -> Error {
        tracing::debug!(%error, name, "an upload broke off");
        self.spool.report_failure(name, hung_up());
        ErrorKind::ConnectionClosed.into()
    }

    fn refused(&self, name: &str, error: ApiError) -> Error {
        self.spool.report_failure(name, error.clone());
        refused(error)
    }
}

fn hung_up() -> ApiError {
    ApiError::new(ErrorCode::DamagedFile, "the camera broke the upload off: send the file again")
}

/// What a client is told; a temporary failure makes most of them send the file again.
fn refused(error: ApiError) -> Error {
    let kind = match error.code {
        ErrorCode::DiskFull => ErrorKind::InsufficientStorageSpaceError,
        ErrorCode::FileTooLarge => ErrorKind::ExceededStorageAllocationError,
        ErrorCode::NotHere => ErrorKind::PermanentFileNotAvailable,
        ErrorCode::NotAllowed | ErrorCode::GroupEnded | ErrorCode::RemovedFromGroup => ErrorKind::PermissionDenied,
        _ => ErrorKind::LocalError,
    };
    Error::new(kind, Told(error))
}

#[derive(Debug)]
struct Told(ApiError);

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Told {}
