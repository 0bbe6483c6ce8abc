//! What stands between a step of an answer and the air, on each TCP connection, and how little of it there is to be.
//!
//! Three queues do. Yamux takes many frames of a stream before any is sent, so a step of bulk is only taken while little that
//! was handed to its connection has not reached the socket ([`Meter`]). The kernel is told to take little that it cannot send
//! yet. And what it has sent stands in the queue of an access point, which takes it for as long as nothing is lost: so as long
//! as something that matters may come at any time, a socket takes no more than what leaves it in a moment ([`Depth`]).
//! QUIC has none of this.

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

/// What a socket takes at most, from how fast it took what it got: as much as leaves it within a moment. Pure.
///
/// A socket that is found full holds all that it takes; so what it took between two such times is what left it, and its
/// depth over that rate is how long a byte stands in the queues on the way.
#[derive(Debug)]
struct Depth {
    bytes: u64,
    /// When the socket last got something.
    active: Instant,
    /// Since when it is measured, and what it had taken then.
    since: Instant,
    taken: u64,
}

impl Depth {
    /// The least: a few packets, so that a lost one is noticed by those that follow.
    const LEAST: u64 = 8 * 1024;
    /// The most, which ordinary kernels grant; a socket that may have more is left to its kernel.
    const MOST: u64 = 208 * 1024;
    /// A byte stands in the queues for about so long, beside two round trips without any.
    const MOMENT: Duration = Duration::from_millis(20);
    /// Over how long a rate is taken.
    const WINDOW: Duration = Duration::from_millis(50);

    fn new(now: Instant) -> Self {
        Self { bytes: Self::MOST, active: now, since: now, taken: 0 }
    }

    /// The socket took something; it has taken so much by now.
    fn took(&mut self, taken: u64, now: Instant) {
        if now - self.active > Self::WINDOW {
            // Nobody had anything to send: that was no rate.
            (self.since, self.taken) = (now, taken);
        }
        self.active = now;
    }

    /// The socket was found full. Answers its new depth, if it is to be another.
    fn full(&mut self, taken: u64, round_trip: Duration, is_short: bool, now: Instant) -> Option<u64> {
        let elapsed = now - self.since;
        if elapsed < Self::WINDOW {
            return None;
        }
        let left = taken.saturating_sub(self.taken) as f64 / elapsed.as_secs_f64();
        (self.since, self.taken) = (now, taken);
        let fit = left * (Self::MOMENT + 2 * round_trip).as_secs_f64();
        // A window with a pause in it says too little: the way down has several steps.
        let bytes = if is_short { (fit as u64).max(self.bytes / 2).clamp(Self::LEAST, Self::MOST) } else { Self::MOST };
        (bytes != self.bytes).then(|| {
            self.bytes = bytes;
            bytes
        })
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

    /// A socket on a link of so many bytes a second that is always full, for a while; answers its depth at the end.
    fn kept_full(bytes_per_s: u64, round_trip: Duration, is_short: bool, depth: &mut Depth) -> u64 {
        let start = depth.active;
        let before = depth.taken;
        for ms in 1..=1_000 {
            let now = start + Duration::from_millis(ms);
            let taken = before + bytes_per_s * ms / 1_000;
            depth.took(taken, now);
            depth.full(taken, round_trip, is_short, now);
        }
        depth.bytes
    }

    #[test]
    fn a_socket_takes_what_leaves_it_in_a_moment_while_something_may_come() {
        let mut depth = Depth::new(Instant::now());
        assert_eq!(kept_full(2_000_000, Duration::ZERO, false, &mut depth), Depth::MOST);
        assert_eq!(kept_full(2_000_000, Duration::ZERO, true, &mut depth), 40_000);
        assert_eq!(kept_full(100_000, Duration::ZERO, true, &mut depth), Depth::LEAST);
        assert_eq!(kept_full(100_000, Duration::ZERO, false, &mut depth), Depth::MOST, "and nothing comes any more");
    }

    #[test]
    fn a_long_way_is_no_queue() {
        let mut depth = Depth::new(Instant::now());
        let bytes = kept_full(1_000_000, Duration::from_millis(40), true, &mut depth);
        assert_eq!(bytes, 100_000);
    }

    #[test]
    fn a_socket_that_nobody_fills_is_not_slow() {
        let start = Instant::now();
        let mut depth = Depth::new(start);
        let later = start + Duration::from_secs(60);
        depth.took(16_384, later);
        assert_eq!(depth.full(16_384, Duration::ZERO, true, later + Duration::from_millis(1)), None);
    }
}
