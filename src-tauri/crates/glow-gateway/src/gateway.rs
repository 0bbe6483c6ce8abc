//! Starting and ending the server, and the table of its routes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};
use glow_engine::Engine;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::body::MAX_BODY_BYTES;
use crate::connection::Crowd;
use crate::fence::Fence;
use crate::page::UiFiles;
use crate::session::Sessions;
use crate::{album, call, clip, connection, events, fence, media, page, session, upload};

/// The owner's browser keeps few connections, may be slow when a laptop wakes, and takes nothing of a clip that is paused.
const CROWD: Crowd = Crowd { connections: 128, per_address: None, head_time: Duration::from_secs(20), deaf_time: None };
/// Event streams open at once.
const MAX_LISTENERS: usize = 32;

/// Where the gateway listens and what it serves.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Address to listen on; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The files of the page.
    pub ui: UiFiles,
    /// Origins of pages that are not served from here but may use it, such as the app's window: `tauri://localhost`.
    pub allowed_origins: Vec<String>,
}

impl Default for GatewayConfig {
    /// A free port on loopback, the built-in page, and no other origin.
    fn default() -> Self {
        Self { bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ui: UiFiles::Embedded, allowed_origins: Vec::new() }
    }
}

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address is taken, or is not one of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// An allowed origin has characters that no origin has.
    #[error("{origin:?} is not an origin")]
    BadOrigin {
        /// The origin that was asked for.
        origin: String,
    },
}

/// What every route needs.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) listeners: Arc<Semaphore>,
    pub(crate) closing: CancellationToken,
}

/// A running server. Dropping it closes it.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    sessions: Arc<Sessions>,
    closing: CancellationToken,
    serving: JoinHandle<()>,
}

impl Gateway {
    /// Listens and serves until it is shut down.
    ///
    /// # Errors
    /// When the address cannot be listened on or an allowed origin is none.
    pub async fn start(engine: Engine, config: GatewayConfig) -> Result<Self, GatewayError> {
        let listen = |source| GatewayError::Listen { address: config.bind, source };
        let listener = TcpListener::bind(config.bind).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let fence = Fence::owner(address, &config.allowed_origins)?;
        let sessions = Arc::new(Sessions::default());
        let closing = CancellationToken::new();
        let host = Host {
            engine,
            sessions: sessions.clone(),
            listeners: Arc::new(Semaphore::new(MAX_LISTENERS)),
            closing: closing.clone(),
        };
        let router = router(host, fence, config.ui);
        let serving = tokio::spawn(connection::serve(listener, router, CROWD, closing.clone()));
        tracing::info!(%address, "the page is served");
        Ok(Self { address, sessions, closing, serving })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page's address with a fresh one-time token: whoever opens it first is the owner.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("{}#token={}", self.base(), self.sessions.new_token())
    }

    /// Opens a session for a page that runs in this process and returns its base address: the routes stand below it.
    #[must_use]
    pub fn open_session(&self) -> String {
        format!("{}{}/", self.base(), self.sessions.open())
    }

    /// Takes no more requests, lets the running ones end, and closes.
    pub async fn shutdown(mut self) {
        self.closing.cancel();
        if let Err(error) = (&mut self.serving).await {
            tracing::error!(%error, "the page's server ended badly");
        }
    }

    /// The address that a browser on this machine reaches.
    fn base(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        format!("http://{address}/")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

fn router(host: Host, fence: Fence, ui: UiFiles) -> Router {
    let inside = Router::new()
        .route("/{session}/call", post(call::handle))
        .route("/{session}/events", get(events::handle))
        .route("/{session}/media/{group}/{moment}/{part}", get(media::handle))
        .route("/{session}/clip", put(clip::handle).layer(DefaultBodyLimit::disable()))
        .route("/{session}/album/{group}/{form}", get(album::take))
        .route("/{session}/bundle", put(album::open).layer(DefaultBodyLimit::disable()))
        .route("/{session}/upload", put(upload::handle).layer(DefaultBodyLimit::disable()))
        .route_layer(from_fn_with_state(host.clone(), session::require));
    let cors = fence.cors();
    page::serve(Router::new().route("/session", post(session::sign_in)).merge(inside), ui)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(cors)
        .layer(from_fn_with_state(Arc::new(fence), fence::guard))
        .layer(from_fn(connection::log))
        .with_state(host)
}
