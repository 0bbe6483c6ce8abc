//! Starting and ending the two servers.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use glow_engine::{Seats, Spool};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::gate::Gate;
use crate::{ftp, webdav};

/// Connections at once, of each server; a further one waits in the system's queue.
const MAX_CONNECTIONS: usize = 64;
/// Connections at once from one address, of each server; a further one is closed.
const MAX_CONNECTIONS_PER_ADDRESS: usize = 12;
/// Wait after a failed accept: the cause, such as too many open files, does not go by itself at once.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Where cameras may drop off files, and who they must say to be.
#[derive(Debug, Clone)]
pub struct DropoffConfig {
    /// Address to listen on.
    pub bind: IpAddr,
    /// Port of the FTP server, 0 for any free one; absent: no such server.
    pub ftp_port: Option<u16>,
    /// Port of the WebDAV server, 0 for any free one; absent: no such server.
    pub webdav_port: Option<u16>,
    /// Ports on which FTP takes the files themselves.
    pub passive_ports: RangeInclusive<u16>,
    /// Name that a camera gives.
    pub user: String,
    /// Password that a camera gives.
    pub password: String,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for cameras on {address}: {source}")]
pub struct DropoffError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// The running servers. Dropping it closes them.
#[derive(Debug)]
pub struct Dropoff {
    ftp: Option<SocketAddr>,
    webdav: Option<SocketAddr>,
    _stop: DropGuard,
}

impl Dropoff {
    /// Listens for cameras; what they bring goes into the spool.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn start(spool: Spool, config: DropoffConfig) -> Result<Self, DropoffError> {
        let stop = CancellationToken::new();
        let gate = Arc::new(Gate::new(config.user, config.password));
        let mut ftp = None;
        if let Some(port) = config.ftp_port {
            let (listener, address) = listen(SocketAddr::new(config.bind, port)).await?;
            ftp = Some(address);
            let server = ftp::Server::new(spool.clone(), gate.clone(), config.passive_ports);
            tokio::spawn(accept(listener, stop.clone(), move |stream, from| server.clone().converse(stream, from)));
        }
        let mut webdav = None;
        if let Some(port) = config.webdav_port {
            let (listener, address) = listen(SocketAddr::new(config.bind, port)).await?;
            webdav = Some(address);
            let server = webdav::Server::new(spool, gate);
            tokio::spawn(accept(listener, stop.clone(), move |stream, from| server.clone().converse(stream, from)));
        }
        Ok(Self { ftp, webdav, _stop: stop.drop_guard() })
    }

    /// Where FTP is.
    #[must_use]
    pub fn ftp(&self) -> Option<SocketAddr> {
        self.ftp
    }

    /// Where WebDAV is.
    #[must_use]
    pub fn webdav(&self) -> Option<SocketAddr> {
        self.webdav
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), DropoffError> {
    let failed = |source| DropoffError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tracing::info!(%address, "listening for cameras");
    Ok((listener, address))
}

/// Accepts connections until told to stop, and ends those that are open then.
async fn accept<F>(listener: TcpListener, stop: CancellationToken, converse: impl Fn(TcpStream, IpAddr) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let seats = Seats::default();
    let accepting = async {
        while let Ok(place) = places.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, from)) => {
                    let Some(seat) = seats.take(from.ip(), MAX_CONNECTIONS_PER_ADDRESS) else {
                        tracing::debug!(from = %from.ip(), "an address has too many connections");
                        continue;
                    };
                    let conversation = stop.clone().run_until_cancelled_owned(converse(stream, from.ip()));
                    tokio::spawn(async move {
                        conversation.await;
                        drop((place, seat));
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a camera could not be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accepting => {}
    }
}
