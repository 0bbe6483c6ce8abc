//! Connections: how many, how long one may take to say what it wants, and how they end.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::heard::Heard;
use axum::extract::Request;
use axum::middleware::{AddExtension, Next};
use axum::response::Response;
use axum::{Extension, Router};
use glow_engine::Seats;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Layer;

/// Largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Bytes read ahead of a handler.
const READ_AHEAD_BYTES: usize = 256 * 1024;
/// Running requests may go on for this long when the server closes.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Wait after a failed accept: the cause, such as too many open files, does not go by itself at once.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How many may be connected, and how slow they may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// Connections at once; a further one waits in the system's queue.
    pub(crate) connections: usize,
    /// Connections at once from one address of another machine; a further one is closed.
    pub(crate) per_address: Option<usize>,
    /// A request's head must have come within this, and an idle connection is closed after it.
    pub(crate) head_time: Duration,
    /// A client that takes nothing of what is there for it for this long is gone; absent: it is waited for.
    pub(crate) deaf_time: Option<Duration>,
}

impl Crowd {
    /// How many may be connected from an address; this machine's own has no limit.
    fn of_address(&self, address: IpAddr) -> usize {
        let limited = self.per_address.filter(|_| !address.to_canonical().is_loopback());
        limited.unwrap_or(self.connections)
    }

    /// How many may be connected from an IPv6 network. One device has as many addresses in it as it likes, and all others of a Wi-Fi
    /// are in it, too: it gets most places, and those who come by IPv4 the rest.
    fn of_network(&self) -> usize {
        self.connections - self.connections / 4
    }
}

/// The network of an IPv6 address, its first 64 bits.
fn network(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(_) => None,
        IpAddr::V6(ip) if ip.is_loopback() => None,
        IpAddr::V6(ip) => Some(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into()),
    }
}

/// The two ends of a request's connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    /// The address that it came to.
    pub(crate) local: SocketAddr,
    /// The address that it came from.
    pub(crate) peer: SocketAddr,
}

/// Accepts connections until told to close.
pub(crate) async fn serve(listener: TcpListener, router: Router, crowd: Crowd, closing: CancellationToken) {
    let places = Arc::new(Semaphore::new(crowd.connections));
    let (seats, networks) = (Seats::default(), Seats::default());
    let tracker = TaskTracker::new();
    let accepting = async {
        while let Ok(place) = places.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let seat = seats.take(peer.ip(), crowd.of_address(peer.ip()));
                    let in_network = network(peer.ip()).map(|network| networks.take(network, crowd.of_network()));
                    let (Some(seat), None | Some(Some(_))) = (seat, &in_network) else {
                        tracing::debug!("an address has too many connections");
                        continue;
                    };
                    let Ok(local) = stream.local_addr() else { continue };
                    let service = Extension(Ends { local, peer }).layer(router.clone());
                    let closing = closing.clone();
                    tracker.spawn(async move {
                        converse(stream, service, crowd, closing).await;
                        drop((place, seat, in_network));
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    };
    tokio::select! {
        () = closing.cancelled() => {}
        () = accepting => {}
    }
    tracker.close();
    if timeout(LAST_WORDS, tracker.wait()).await.is_err() {
        tracing::warn!(open = tracker.len(), "some connections did not end in time");
    }
}

async fn converse(stream: TcpStream, service: AddExtension<Router, Ends>, crowd: Crowd, closing: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(crowd.head_time)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(READ_AHEAD_BYTES)
        .serve_connection(TokioIo::new(Heard::new(stream, crowd.deaf_time)), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Logs each request, without its secret.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = redacted(request.uri().path());
    let began = Instant::now();
    let response = next.run(request).await;
    tracing::debug!(%method, path, status = response.status().as_u16(), took_ms = began.elapsed().as_millis(), "served");
    response
}

/// A path fit for a log: whatever stands where a session stands is left out.
fn redacted(path: &str) -> String {
    let inside = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    match inside {
        Some(("g", rest)) => match rest.split_once('/') {
            Some(("assets", _)) | None => path.to_owned(),
            Some((_, rest)) => format!("/g/<session>/{rest}"),
        },
        Some((first, rest)) if first != "assets" => format!("/<session>/{rest}"),
        _ if path.len() > "/session".len() && !path.contains('.') => "/<session>".to_owned(),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_counted_together_and_leave_room() {
        let net = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(net("2001:db8:0:7::1"), net("2001:db8:0:7:ffff:ffff:ffff:ffff"));
        assert_ne!(net("2001:db8:0:7::1"), net("2001:db8:0:8::1"));
        assert_eq!((net("10.0.0.1"), net("::ffff:10.0.0.1"), net("::1")), (None, None, None));
        let crowd = Crowd { connections: 768, per_address: Some(64), head_time: Duration::ZERO, deaf_time: None };
        assert_eq!(crowd.of_network(), 576);
    }

    #[test]
    fn a_log_never_holds_a_session() {
        assert_eq!(redacted("/00112233445566778899aabbccddeeff/media/a/b/grid"), "/<session>/media/a/b/grid");
        assert_eq!(redacted("/00112233445566778899aabbccddeeff"), "/<session>");
        assert_eq!(redacted("/g/00112233445566778899aabbccddeeff/bytes/a/0"), "/g/<session>/bytes/a/0");
        assert_eq!(redacted("/g/enter"), "/g/enter");
        assert_eq!(redacted("/assets/index-abc.js"), "/assets/index-abc.js");
        assert_eq!(redacted("/session"), "/session");
        assert_eq!(redacted("/"), "/");
    }
}
