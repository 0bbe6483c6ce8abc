//! What this device sends at once: answers that matter first, bulk in small steps that yield.
//!
//! Two queues stand between a step and the air. Yamux takes many frames of a stream before any is sent, so a step of bulk is
//! only taken while little that was handed to its connection has not reached the socket ([`Meter`]); and the kernel is told
//! to take little that it cannot send yet ([`Metered`]). What matters then stands behind a few steps, not behind a piece.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{AsyncRead, AsyncWrite};
use glow_model::DeviceId;
use glow_sync::{Budget, wire::Lane};
use libp2p::tcp::tokio::TcpStream;
use tokio::{
    sync::Notify,
    time::{timeout, timeout_at},
};

/// How much of a frame is written at once in a lane that yields.
pub(crate) const STEP_BYTES: usize = 16 * 1024;
/// What may be handed to a connection before it has reached the socket.
const LEAD_BYTES: u64 = 48 * 1024;
/// What noise and yamux add to a step.
const OVERHEAD_BYTES: u64 = 30;
/// What the kernel takes although it cannot send it yet.
const UNSENT_BYTES: u32 = 32 * 1024;
/// A step waits no longer than this for the socket: the connection may be another than was thought.
const LEAD_WAIT: Duration = Duration::from_millis(500);

/// The lanes of a swarm. Clones are the same lanes.
#[derive(Debug, Clone)]
pub struct Lanes {
    budget: Arc<Mutex<Budget>>,
    changed: Arc<Notify>,
    meters: Meters,
    since: Instant,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Self { budget: Arc::default(), changed: Arc::default(), meters: Meters::default(), since: Instant::now() }
    }

    /// A neighbour asks to send nothing large for a while; 0 takes it back.
    pub fn hush(&self, from: DeviceId, for_ms: u64) {
        let now_ms = self.now_ms();
        self.budget().hush(from, for_ms, now_ms);
        self.changed.notify_waiters();
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Waits until the next step in this lane may be written.
    pub(crate) async fn turn(&self, lane: Lane) {
        loop {
            let changed = self.changed.notified();
            let now_ms = self.now_ms();
            let Err(until_ms) = self.budget().may_write(lane, now_ms) else { return };
            let until = self.since + Duration::from_millis(until_ms);
            // Either way it is asked again.
            let _ = timeout_at(until.into(), changed).await;
        }
    }

    /// Holds bulk back until it is dropped.
    pub(crate) fn press(&self) -> Pressing {
        let now_ms = self.now_ms();
        self.budget().pressing_began(now_ms);
        Pressing(self.clone())
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// How the steps of an answer follow each other.
#[derive(Debug)]
pub(crate) struct Pace<'a> {
    pub(crate) lanes: &'a Lanes,
    pub(crate) meter: Option<&'a Meter>,
    pub(crate) lane: Lane,
}

impl Pace<'_> {
    /// Waits until a step of so many bytes may be handed over.
    pub(crate) async fn keep(&self, step_bytes: usize) {
        self.lanes.turn(self.lane).await;
        let Some(meter) = self.meter else { return };
        if self.lane == Lane::Bulk {
            meter.has_room().await;
        }
        meter.hand(step_bytes);
    }
}

/// An answer that matters is being written.
#[derive(Debug)]
pub(crate) struct Pressing(Lanes);

impl Drop for Pressing {
    fn drop(&mut self) {
        self.0.budget().pressing_ended();
        self.0.changed.notify_waiters();
    }
}

/// How much was handed to a connection, and how much of it the socket took.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    handed: AtomicU64,
    taken: AtomicU64,
    moved: Notify,
}

impl Meter {
    /// Notes what is handed to the connection.
    pub(crate) fn hand(&self, bytes: usize) {
        // What libp2p says beside requests is not handed over here: a connection that is quiet starts even.
        self.handed.fetch_max(self.taken.load(Ordering::Relaxed), Ordering::Relaxed);
        self.handed.fetch_add(bytes as u64 + OVERHEAD_BYTES, Ordering::Relaxed);
    }

    /// Waits until little stands before the socket.
    pub(crate) async fn has_room(&self) {
        let room = async {
            loop {
                let moved = self.moved.notified();
                if self.waiting_bytes() <= LEAD_BYTES {
                    return;
                }
                moved.await;
            }
        };
        // The step is late enough then.
        let _ = timeout(LEAD_WAIT, room).await;
    }

    fn waiting_bytes(&self) -> u64 {
        self.handed.load(Ordering::Relaxed).saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
        self.moved.notify_waiters();
    }
}

/// The meters of all TCP connections, by the other end's address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meters(Arc<Mutex<HashMap<SocketAddr, Weak<Meter>>>>);

impl Meters {
    /// A new meter for a new connection.
    fn make(&self, address: SocketAddr) -> Arc<Meter> {
        let meter = Arc::<Meter>::default();
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|_, meter| meter.strong_count() > 0);
        meters.insert(address, Arc::downgrade(&meter));
        meter
    }

    /// The meter of a connection; nothing where there is none, as for QUIC.
    pub(crate) fn of(&self, address: SocketAddr) -> Option<Arc<Meter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&address).and_then(Weak::upgrade)
    }

    /// Puts a meter on a connection.
    pub(crate) fn put_on(&self, stream: TcpStream) -> Metered {
        keep_unsent_short(&stream);
        let meter = stream.0.peer_addr().map(|address| self.make(address)).unwrap_or_default();
        Metered { stream, meter }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn keep_unsent_short(stream: &TcpStream) {
    if let Err(error) = socket2::SockRef::from(&stream.0).set_tcp_notsent_lowat(UNSENT_BYTES) {
        tracing::debug!(%error, "the kernel buffers as it likes");
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn keep_unsent_short(_: &TcpStream) {}

/// A TCP connection that tells its meter what it took.
#[derive(Debug)]
pub(crate) struct Metered {
    stream: TcpStream,
    meter: Arc<Meter>,
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.meter.take(count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: DeviceId = DeviceId([2; 32]);

    #[tokio::test]
    async fn bulk_goes_on_as_soon_as_quiet_is_taken_back() {
        let lanes = Lanes::new();
        lanes.hush(BOB, 1_000);
        lanes.turn(Lane::Now).await;
        let waiting = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.turn(Lane::Bulk).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        lanes.hush(BOB, 0);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_step_waits_for_the_socket_and_not_for_what_went_before() {
        let meter = Arc::<Meter>::default();
        meter.take(1_000_000);
        meter.hand(STEP_BYTES);
        meter.has_room().await;
        (0..3).for_each(|_| meter.hand(STEP_BYTES));
        let waiting = tokio::spawn({
            let meter = Arc::clone(&meter);
            async move { meter.has_room().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "four steps stand before the socket");
        meter.take(2 * STEP_BYTES);
        waiting.await.unwrap();
    }
}
