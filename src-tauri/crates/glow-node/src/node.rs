//! The node that a command speaks to: one that runs already, or the engine in this process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use directories::ProjectDirs;
use glow_api::{
    ApiError, BundleReceipt, BundleReport, BundleWish, Call, Caller, ErrorCode, ExportFormat, ExportReceipt,
    ImportReceipt, ImportSurvey, PostReceipt, WatchView,
};
use glow_engine::{CaptureFile, Engine, EngineConfig, HomeProgress, ImmichServer, WatchEvent};
use serde::de::DeserializeOwned;

use crate::cli::Global;
use crate::control::{Ask, Progress, Recorded, Remote, Secret, Step, Watched};

/// A node that has just started may hold the directory before it can be reached.
const STARTING: Duration = Duration::from_secs(2);
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Whether a command talks to members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// It does: members are looked for.
    Wanted,
    /// It reads or writes what is here; nobody is looked for.
    Spared,
}

/// Who answers this command's requests.
pub(crate) enum Node {
    /// The engine in this process.
    Here(Engine),
    /// A node that runs already.
    There(Remote),
}

impl Node {
    /// Reaches the running node, or starts the engine.
    pub(crate) async fn reach(global: &Global, network: Network) -> Result<Self> {
        let mut config = config(global).await?;
        config.mdns &= network == Network::Wanted;
        let began = Instant::now();
        loop {
            if let Some(remote) = Remote::connect(&config.data_dir).await {
                return Ok(Self::There(remote));
            }
            match Engine::start(config.clone()).await {
                Err(error) if error.code == ErrorCode::InUse && began.elapsed() < STARTING => {
                    tokio::time::sleep(TRY_AGAIN).await
                }
                started => return Ok(Self::Here(started?)),
            }
        }
    }

    pub(crate) async fn ask<C>(&mut self, request: C) -> Result<C::View, ApiError>
    where
        C: Call,
        C::View: DeserializeOwned,
    {
        match self {
            Self::Here(engine) => engine.ask(Caller::Owner, request).await,
            Self::There(remote) => ask(remote, &Ask::Call { request: request.into() }, &mut |_| ()).await,
        }
    }

    pub(crate) async fn post(
        &mut self,
        group: &str,
        files: Vec<PathBuf>,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<PostReceipt, ApiError> {
        match self {
            Self::Here(engine) => post(engine, group, files, on_step).await,
            Self::There(remote) => {
                ask(remote, &Ask::Post { group: group.to_owned(), files }, &mut |step| on_step(step)).await
            }
        }
    }

    pub(crate) async fn record(
        &mut self,
        group: &str,
        path: PathBuf,
        name: &str,
        rest: Option<Duration>,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<PostReceipt, ApiError> {
        match self {
            Self::Here(engine) => record(engine, group, path, name, rest, on_step).await,
            Self::There(remote) => {
                let rest_ms = rest.and_then(|rest| u64::try_from(rest.as_millis()).ok());
                let asked = Ask::Record { group: group.to_owned(), path, name: name.to_owned(), rest_ms };
                ask(remote, &asked, &mut |step| on_step(step)).await
            }
        }
    }

    pub(crate) async fn export(
        &mut self,
        group: &str,
        format: ExportFormat,
        path: PathBuf,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<ExportReceipt, ApiError> {
        match self {
            Self::Here(engine) => export(engine, group, format, path, on_step).await,
            Self::There(remote) => {
                ask(remote, &Ask::Export { group: group.to_owned(), format, path }, &mut |step| on_step(step)).await
            }
        }
    }

    pub(crate) async fn export_to_immich(
        &mut self,
        group: &str,
        url: String,
        key: String,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<ExportReceipt, ApiError> {
        match self {
            Self::Here(engine) => export_to_immich(engine, group, url, key, on_step).await,
            Self::There(remote) => {
                ask(remote, &Ask::Immich { group: group.to_owned(), url, key: Secret(key) }, &mut |step| on_step(step))
                    .await
            }
        }
    }

    pub(crate) async fn survey(&mut self, dir: PathBuf) -> Result<ImportSurvey, ApiError> {
        match self {
            Self::Here(engine) => engine.survey(Caller::Owner, dir).await,
            Self::There(remote) => ask(remote, &Ask::Survey { dir }, &mut |_| ()).await,
        }
    }

    pub(crate) async fn import(
        &mut self,
        group: &str,
        dir: PathBuf,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<ImportReceipt, ApiError> {
        match self {
            Self::Here(engine) => import(engine, group, dir, on_step).await,
            Self::There(remote) => {
                ask(remote, &Ask::Import { group: group.to_owned(), dir }, &mut |step| on_step(step)).await
            }
        }
    }

    pub(crate) async fn bundle(
        &mut self,
        group: &str,
        wish: BundleWish,
        path: PathBuf,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<BundleReport, ApiError> {
        match self {
            Self::Here(engine) => bundle(engine, group, wish, path, on_step).await,
            Self::There(remote) => {
                ask(remote, &Ask::Bundle { group: group.to_owned(), wish, path }, &mut |step| on_step(step)).await
            }
        }
    }

    pub(crate) async fn open_bundle(
        &mut self,
        path: PathBuf,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<BundleReceipt, ApiError> {
        match self {
            Self::Here(engine) => open_bundle(engine, path, on_step).await,
            Self::There(remote) => ask(remote, &Ask::OpenBundle { path }, &mut |step| on_step(step)).await,
        }
    }

    pub(crate) async fn watch(
        &mut self,
        group: &str,
        dir: PathBuf,
        delay: Duration,
        on_step: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<(), ApiError> {
        match self {
            Self::Here(engine) => watch(engine, group, dir, delay, on_step).await,
            Self::There(remote) => {
                let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                ask(remote, &Ask::Watch { group: group.to_owned(), dir, delay_ms }, &mut |step| on_step(step)).await
            }
        }
    }

    /// Watches a folder for a group until that is switched off.
    pub(crate) async fn keep_watching(&mut self, group: &str, dir: PathBuf) -> Result<WatchView, ApiError> {
        match self {
            Self::Here(engine) => engine.watch_folder(Caller::Owner, group, dir).await,
            Self::There(remote) => ask(remote, &Ask::KeepWatching { group: group.to_owned(), dir }, &mut |_| ()).await,
        }
    }

    /// Ends what was started for this command.
    pub(crate) async fn close(self) {
        if let Self::Here(engine) = self {
            engine.shutdown().await;
        }
    }
}

async fn ask<T: DeserializeOwned>(
    remote: &mut Remote,
    ask: &Ask,
    on_step: &mut (dyn FnMut(Step) + Send),
) -> Result<T, ApiError> {
    let value = remote.ask(ask, on_step).await?;
    serde_json::from_value(value).map_err(|error| {
        ApiError::new(ErrorCode::Internal, format!("The running node is of another version: {error}. Start it again."))
    })
}

/// Adds files, with their names and modification times.
pub(crate) async fn post(
    engine: &Engine,
    group: &str,
    files: Vec<PathBuf>,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<PostReceipt, ApiError> {
    let files = files.into_iter().map(capture_file).collect();
    let progress = move |at: glow_engine::PostProgress| {
        on_step(Step::Progress(Progress { done: at.done, total: at.total, note: at.name }))
    };
    engine.post(Caller::Owner, group, files, progress).await
}

/// Records what a file brings while it grows, or a pipe to its end.
pub(crate) async fn record(
    engine: &Engine,
    group: &str,
    path: PathBuf,
    name: &str,
    rest: Option<Duration>,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<PostReceipt, ApiError> {
    let source = tokio::fs::File::open(&path).await.map_err(|error| {
        ApiError::new(ErrorCode::Unreadable, format!("{} cannot be read: {error}.", path.display()))
    })?;
    let progress = move |receipt: &glow_api::ClipReceipt| {
        on_step(Step::Recorded(Recorded { taken_bytes: receipt.offset, moment: receipt.moment.clone() }));
    };
    let grows = rest.map(|rest| glow_engine::Growing { path: &path, rest });
    engine.record_from(Caller::Owner, group, name, source, grows, progress).await
}

fn capture_file(path: PathBuf) -> CaptureFile {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    let modified_at_ms = modified
        .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
        .and_then(|since| since.as_millis().try_into().ok());
    CaptureFile { path, name, modified_at_ms }
}

/// Takes an album home.
pub(crate) async fn export(
    engine: &Engine,
    group: &str,
    format: ExportFormat,
    path: PathBuf,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<ExportReceipt, ApiError> {
    engine.export(Caller::Owner, group, format, path, home_progress(on_step)).await
}

/// Uploads an album to an Immich server.
pub(crate) async fn export_to_immich(
    engine: &Engine,
    group: &str,
    url: String,
    key: String,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<ExportReceipt, ApiError> {
    let to = ImmichServer { url, key: key.into() };
    engine.export_to_immich(Caller::Owner, group, to, home_progress(on_step)).await
}

/// Adds what a folder holds.
pub(crate) async fn import(
    engine: &Engine,
    group: &str,
    dir: PathBuf,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<ImportReceipt, ApiError> {
    engine.import(Caller::Owner, group, dir, home_progress(on_step)).await
}

/// Packs a bundle into a file.
pub(crate) async fn bundle(
    engine: &Engine,
    group: &str,
    wish: BundleWish,
    path: PathBuf,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<BundleReport, ApiError> {
    engine.bundle(Caller::Owner, group, wish, path, home_progress(on_step)).await
}

/// Opens a bundle.
pub(crate) async fn open_bundle(
    engine: &Engine,
    path: PathBuf,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<BundleReceipt, ApiError> {
    engine.open_bundle(Caller::Owner, path, home_progress(on_step)).await
}

fn home_progress(on_step: impl Fn(Step) + Send + Sync + 'static) -> impl Fn(HomeProgress) + Send + Sync + 'static {
    move |at| on_step(Step::Progress(Progress { done: at.done, total: at.total, note: crate::output::size(at.bytes) }))
}

/// Watches a folder until the engine ends.
pub(crate) async fn watch(
    engine: &Engine,
    group: &str,
    dir: PathBuf,
    delay: Duration,
    on_step: impl Fn(Step) + Send + Sync + 'static,
) -> Result<(), ApiError> {
    let mut watch = engine.watch(Caller::Owner, group, dir, delay).await?;
    while let Some(event) = watch.next().await {
        on_step(Step::Watched(match event {
            WatchEvent::Seen { name, delay } => {
                Watched::Seen { name, delay_ms: delay.as_millis().try_into().unwrap_or(u64::MAX) }
            }
            WatchEvent::Held { name } => Watched::Held { name },
            WatchEvent::Missing { is_missing } => Watched::Missing { is_missing },
            WatchEvent::Posted { name, receipt } => Watched::Posted { name, receipt },
            WatchEvent::Failed { name, error } => Watched::Failed { name, error },
        }));
    }
    Ok(())
}

/// The engine's configuration as the command line says.
pub(crate) async fn config(global: &Global) -> Result<EngineConfig> {
    if global.no_quic && global.no_tcp {
        return Err(ApiError::new(
            ErrorCode::BadRequest,
            "Members are reached by QUIC or by TCP: leave one of them on.",
        )
        .into());
    }
    let mut addresses = Vec::new();
    for peer in &global.peers {
        addresses.extend(resolved(peer).await?);
    }
    let mut config = EngineConfig::new(data_dir(global)?);
    config.mdns = !global.no_mdns;
    config.loopback = global.loopback;
    config.port = global.listen_port;
    config.addresses = addresses;
    config.quic = !global.no_quic;
    config.tcp = !global.no_tcp;
    Ok(config)
}

async fn resolved(peer: &str) -> Result<Vec<SocketAddr>, ApiError> {
    if let Ok(address) = peer.parse() {
        return Ok(vec![address]);
    }
    let found = tokio::net::lookup_host(peer).await;
    found.map(Iterator::collect).map_err(|error| {
        ApiError::new(
            ErrorCode::BadRequest,
            format!("`{peer}` is no address of a member: {error}. Give it as HOST:PORT."),
        )
    })
}

/// Where everything is kept: the same place that the app uses.
pub(crate) fn data_dir(global: &Global) -> Result<PathBuf> {
    let dir = match &global.data_dir {
        Some(dir) => dir.clone(),
        None => {
            let system = ProjectDirs::from("app", "afterglow", "Afterglow")
                .context("this system has no place for data: give one with --data-dir")?;
            system.data_local_dir().to_path_buf()
        }
    };
    absolute(&dir)
}

/// A path that means the same in another process.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))
}
