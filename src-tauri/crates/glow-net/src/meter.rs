//! What stands between a step of an answer and the air, on each TCP connection, and how little of it there is to be.
//!
//! Three queues do. Yamux takes many frames of a stream before any is sent, so a step of bulk is only taken while little that
//! was handed to its connection has not reached the socket ([`Meter`]). The kernel is told to take little that it cannot send
//! yet. And what it has sent stands in the queue of an access point, which takes it for as long as nothing is lost: so as long
//! as something that matters may come at any time, a socket takes no more than what leaves it in a moment ([`Depth`]).
//! QUIC has none of this.

mod depth;

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::tcp::tokio::TcpStream;
use tokio::{sync::Notify, time::timeout};

use depth::Depth;

/// What may be handed to a connection before it has reached the socket, at most.
const LEAD_BYTES: u64 = 48 * 1024;
/// What noise and yamux add to a step.
const OVERHEAD_BYTES: u64 = 30;
/// What the kernel takes although it cannot send it yet.
const UNSENT_BYTES: u32 = 32 * 1024;
/// A step waits no longer than this for the socket: the connection may be another than was thought.
const LEAD_WAIT: Duration = Duration::from_millis(500);
/// Queues are short for so long after a member asked for quiet: photos come in bunches.
const SHORT_FOR: Duration = Duration::from_secs(30);

/// How much was handed to a connection, and how much of it the socket took.
#[derive(Debug)]
pub(crate) struct Meter {
    handed: AtomicU64,
    taken: AtomicU64,
    /// What the socket takes at most before it was acknowledged.
    depth: AtomicU64,
    /// The shortest round trip, in microseconds.
    round_trip_us: AtomicU64,
    moved: Notify,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            handed: AtomicU64::default(),
            taken: AtomicU64::default(),
            depth: AtomicU64::new(Depth::MOST),
            round_trip_us: AtomicU64::default(),
            moved: Notify::default(),
        }
    }
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
                if self.waiting_bytes() <= LEAD_BYTES.min(self.depth.load(Ordering::Relaxed)) {
                    return;
                }
                moved.await;
            }
        };
        // The step is late enough then.
        let _ = timeout(LEAD_WAIT, room).await;
    }

    /// Notes the shortest round trip that was seen.
    pub(crate) fn note_round_trip(&self, us: u64) {
        self.round_trip_us.store(us, Ordering::Relaxed);
    }

    fn waiting_bytes(&self) -> u64 {
        self.handed.load(Ordering::Relaxed).saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
        self.moved.notify_waiters();
    }
}

/// The meters of all TCP connections, by the other end's address. Clones are the same meters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meters {
    by_address: Arc<Mutex<HashMap<SocketAddr, Weak<Meter>>>>,
    short_until: Arc<Mutex<Option<Instant>>>,
}

impl Meters {
    /// A new meter for a new connection.
    fn make(&self, address: SocketAddr) -> Arc<Meter> {
        let meter = Arc::<Meter>::default();
        let mut meters = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|_, meter| meter.strong_count() > 0);
        meters.insert(address, Arc::downgrade(&meter));
        meter
    }

    /// The meter of a connection; nothing where there is none, as for QUIC.
    pub(crate) fn of(&self, address: SocketAddr) -> Option<Arc<Meter>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner).get(&address).and_then(Weak::upgrade)
    }

    /// Puts a meter on a connection.
    pub(crate) fn put_on(&self, stream: TcpStream) -> Metered {
        kernel::keep_unsent_short(&stream);
        let meter = stream.0.peer_addr().map(|address| self.make(address)).unwrap_or_default();
        Metered { stream, meter, meters: self.clone(), depth: Depth::new(Instant::now()) }
    }

    /// Something that matters comes soon, and more of it perhaps for a while.
    pub(crate) fn keep_short(&self) {
        *self.short_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + SHORT_FOR);
    }

    fn are_short(&self, now: Instant) -> bool {
        self.short_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| now < until)
    }
}

/// A TCP connection that tells its meter what it took.
#[derive(Debug)]
pub(crate) struct Metered {
    stream: TcpStream,
    meter: Arc<Meter>,
    meters: Meters,
    depth: Depth,
}

impl Metered {
    fn note(&mut self, written: &Poll<io::Result<usize>>) {
        let now = Instant::now();
        match written {
            Poll::Ready(Ok(count)) => {
                self.meter.take(*count);
                self.depth.took(self.meter.taken.load(Ordering::Relaxed), now);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let round_trip = Duration::from_micros(self.meter.round_trip_us.load(Ordering::Relaxed));
                let taken = self.meter.taken.load(Ordering::Relaxed);
                if let Some(bytes) = self.depth.full(taken, round_trip, self.meters.are_short(now), now) {
                    kernel::set_depth(&self.stream, bytes);
                    self.meter.depth.store(bytes, Ordering::Relaxed);
                }
            }
        }
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// What is asked of the kernel. One that does not do it buffers as it likes.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod kernel {
    use libp2p::tcp::tokio::TcpStream;
    use socket2::SockRef;

    pub(super) fn keep_unsent_short(stream: &TcpStream) {
        if let Err(error) = SockRef::from(&stream.0).set_tcp_notsent_lowat(super::UNSENT_BYTES) {
            tracing::debug!(%error, "the kernel buffers as it likes");
        }
    }

    pub(super) fn set_depth(stream: &TcpStream, bytes: u64) {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        if let Err(error) = SockRef::from(&stream.0).set_send_buffer_size(bytes) {
            tracing::debug!(%error, "the kernel buffers as it likes");
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod kernel {
    use libp2p::tcp::tokio::TcpStream;

    pub(super) fn keep_unsent_short(_: &TcpStream) {}

    pub(super) fn set_depth(_: &TcpStream, _: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::STEP_BYTES;

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
