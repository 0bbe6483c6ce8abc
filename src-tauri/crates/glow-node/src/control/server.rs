//! The node's side of the control socket.

use std::future::Future;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use glow_api::{ApiError, Caller, ErrorCode};
use glow_engine::Engine;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Ask, PageUrl, Step, Tell, socket};
use crate::node;

/// Commands served at once.
const MAX_CLIENTS: usize = 32;
/// Steps that wait for a slow client; further ones are dropped, the end never is.
const STEPS: usize = 64;

/// A listening control socket. Dropping it closes it.
pub(crate) struct Control {
    path: PathBuf,
    _stop: DropGuard,
}

struct Host {
    engine: Engine,
    page_url: PageUrl,
    owner: u32,
}

impl Control {
    /// Listens in the data directory, which the engine has locked: a socket that is there already is a dead node's.
    pub(crate) fn start(data_dir: &Path, engine: Engine, page_url: PageUrl) -> io::Result<Self> {
        let place = socket::place(data_dir)?;
        if let Err(error) = std::fs::remove_file(&place.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let listener = UnixListener::bind(&place.path)?;
        std::fs::set_permissions(&place.path, PermissionsExt::from_mode(0o600))?;
        let owner = std::fs::metadata(data_dir)?.uid();
        let stop = CancellationToken::new();
        let host = Arc::new(Host { engine, page_url, owner });
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(listener, host, stop.clone())));
        Ok(Self { path: data_dir.join(place.path.file_name().unwrap_or_default()), _stop: stop.drop_guard() })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, host: Arc<Host>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CLIENTS));
    while let Ok(place) = places.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (host, stop) = (host.clone(), stop.clone());
        tokio::spawn(async move {
            if let Some(Err(error)) = stop.run_until_cancelled(Box::pin(converse(stream, &host))).await {
                tracing::debug!(%error, "a command went away");
            }
            drop(place);
        });
    }
}

async fn converse(stream: UnixStream, host: &Host) -> io::Result<()> {
    let caller = stream.peer_cred()?.uid();
    if caller != host.owner && caller != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the caller is another user"));
    }
    let mut stream = BufReader::new(stream);
    while let Some(ask) = socket::read(&mut stream).await? {
        let end = answer(&mut stream, host, ask).await?;
        socket::write(&mut stream, &end).await?;
    }
    Ok(())
}

async fn answer(stream: &mut BufReader<UnixStream>, host: &Host, ask: Ask) -> io::Result<Tell> {
    let (steps, news) = mpsc::channel(STEPS);
    let engine = &host.engine;
    match ask {
        Ask::Call { request } => tell_steps(stream, news, engine.call(Caller::Owner, request)).await,
        Ask::Post { group, files } => tell_steps(stream, news, node::post(engine, &group, files, sender(steps))).await,
        Ask::Export { group, format, path } => {
            tell_steps(stream, news, node::export(engine, &group, format, path, sender(steps))).await
        }
        Ask::Immich { group, url, key } => {
            tell_steps(stream, news, node::export_to_immich(engine, &group, url, key.0, sender(steps))).await
        }
        Ask::Survey { dir } => tell_steps(stream, news, engine.survey(Caller::Owner, dir)).await,
        Ask::Import { group, dir } => tell_steps(stream, news, node::import(engine, &group, dir, sender(steps))).await,
        Ask::Bundle { group, wish, path } => {
            tell_steps(stream, news, node::bundle(engine, &group, wish, path, sender(steps))).await
        }
        Ask::OpenBundle { path } => tell_steps(stream, news, node::open_bundle(engine, path, sender(steps))).await,
        Ask::KeepWatching { group, dir } => {
            tell_steps(stream, news, engine.watch_folder(Caller::Owner, &group, dir)).await
        }
        Ask::Watch { group, dir, delay_ms } => {
            let delay = Duration::from_millis(delay_ms);
            tell_steps(stream, news, node::watch(engine, &group, dir, delay, sender(steps))).await
        }
        Ask::Record { group, path, name, rest_ms } => {
            let rest = rest_ms.map(Duration::from_millis);
            tell_steps(stream, news, node::record(engine, &group, path, &name, rest, sender(steps))).await
        }
        Ask::PageUrl => Ok(end((host.page_url)().ok_or_else(no_page))),
    }
}

fn sender(steps: mpsc::Sender<Step>) -> impl Fn(Step) + Send + Sync + 'static {
    move |step| drop(steps.try_send(step))
}

/// Passes steps on until the work has ended. Given up when the client goes away: it says nothing while it waits.
async fn tell_steps<T: Serialize>(
    stream: &mut BufReader<UnixStream>,
    mut news: mpsc::Receiver<Step>,
    work: impl Future<Output = Result<T, ApiError>>,
) -> io::Result<Tell> {
    let mut work = pin!(work);
    loop {
        let step = tokio::select! {
            biased;
            Some(step) = news.recv() => step,
            result = work.as_mut() => return Ok(end(result)),
            gone = left(stream.get_mut()) => return Err(gone),
        };
        socket::write(stream, &Tell::Step { step }).await?;
    }
}

/// Ends when the other side has closed, or speaks out of turn.
async fn left(stream: &mut (impl AsyncRead + Unpin)) -> io::Error {
    match stream.read_u8().await {
        Ok(_) => io::Error::new(io::ErrorKind::InvalidData, "the client spoke out of turn"),
        Err(error) => error,
    }
}

fn end<T: Serialize>(result: Result<T, ApiError>) -> Tell {
    let value = result.and_then(|value| {
        serde_json::to_value(value)
            .map_err(|error| ApiError::new(ErrorCode::Internal, format!("The answer is no JSON: {error}.")))
    });
    match value {
        Ok(value) => Tell::Done { value },
        Err(error) => Tell::Failed { error },
    }
}

fn no_page() -> ApiError {
    ApiError::new(ErrorCode::NotAllowed, "The running node has no page. End it and start it with `afterglow serve`.")
}
