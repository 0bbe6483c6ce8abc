//! One door: its listener, its routes, and who is on the way in.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};
use glow_engine::{Engine, OpenDoor, limits};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use x25519_dalek::StaticSecret;

use super::keys::DoorKeys;
use super::pace::Addresses;
use super::session::Session;
use super::{bytes, entering, files, streams};
use crate::connection::{self, Crowd};
use crate::fence::{self, Fence};
use crate::page::UiFiles;

/// Connections that the system may hold before they are accepted.
const BACKLOG: i32 = 1_024;
/// A head must have come within this.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// A page that takes nothing of its answer for this long is gone: it fetches pieces, and each at once.
const DEAF_TIME: Duration = Duration::from_secs(30);
/// How long wrong proofs of an address are remembered.
const GUESSING: Duration = Duration::from_secs(60);
/// A knock waits for this long.
const KNOCKING: Duration = Duration::from_secs(30);
/// Addresses whose wrong proofs are remembered.
const GUESSERS: usize = 1_024;

/// What every route of a door needs.
#[derive(Clone)]
pub(super) struct Door(Arc<Inner>);

pub(super) struct Inner {
    pub(super) engine: Engine,
    pub(super) group: String,
    pub(super) keys: DoorKeys,
    pub(super) ui: UiFiles,
    sessions: Mutex<HashMap<[u8; 16], Arc<Session>>>,
    knocks: Mutex<VecDeque<Knock>>,
    guesses: Mutex<HashMap<IpAddr, VecDeque<Instant>>>,
    said: Mutex<Addresses>,
}

/// A page that has shown its key and not yet proved anything.
pub(super) struct Knock {
    pub(super) page: [u8; 32],
    pub(super) own: StaticSecret,
    pub(super) from: IpAddr,
    pub(super) at: Instant,
}

impl std::ops::Deref for Door {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Door {
    /// Gives the door back while it is there.
    pub(super) fn downgrade(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let weak = Arc::downgrade(&self.0);
        move || weak.upgrade().map(Self)
    }
}

/// A door that listens. Dropping it closes it.
pub(super) struct Listening {
    pub(super) port: u16,
    closing: CancellationToken,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// Listens for a door, at the port it had before if that is free.
pub(super) fn listen(
    engine: &Engine,
    open: &OpenDoor,
    ui: &UiFiles,
    tasks: &TaskTracker,
) -> std::io::Result<Listening> {
    let listener = match open.port {
        Some(port) => bind(port).or_else(|_| bind(0))?,
        None => bind(0)?,
    };
    let port = listener.local_addr()?.port();
    let door = Door(Arc::new(Inner {
        engine: engine.clone(),
        group: open.group.clone(),
        keys: DoorKeys::new(open.secret()),
        ui: ui.clone(),
        sessions: Mutex::default(),
        knocks: Mutex::default(),
        guesses: Mutex::default(),
        said: Mutex::default(),
    }));
    let crowd = Crowd {
        connections: limits::GUEST_CONNECTIONS,
        per_address: Some(limits::GUEST_CONNECTIONS_PER_ADDRESS),
        head_time: HEAD_TIME,
        deaf_time: Some(DEAF_TIME),
    };
    let closing = CancellationToken::new();
    tasks.spawn(connection::serve(listener, router(door), crowd, closing.clone()));
    Ok(Listening { port, closing })
}

/// A listener on every address of the machine, of both families where the system has both.
fn bind(port: u16) -> std::io::Result<TcpListener> {
    let both = || {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_only_v6(false)?;
        start(socket, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port))
    };
    let four = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        start(socket, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))
    };
    both().or_else(|_| four())
}

fn start(socket: Socket, address: SocketAddr) -> std::io::Result<TcpListener> {
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn router(door: Door) -> Router {
    let fence = Fence::door(door.engine.clone(), door.group.clone());
    let cors = fence.cors();
    Router::new()
        .route("/g", get(files::page))
        .route("/screen", get(files::page))
        .route("/assets/{*path}", get(files::asset))
        .route("/g/assets/{*path}", get(files::asset))
        .route("/g/knock", post(entering::knock))
        .route("/g/enter", post(entering::enter))
        .route("/g/{session}/socket", get(streams::socket))
        .route("/g/{session}/events", get(streams::events))
        .route("/g/{session}/send", post(streams::send))
        .route("/g/{session}/bytes/{post}/{part}", put(bytes::put))
        .route("/g/{session}/blob/{blob}", get(bytes::blob))
        .fallback(files::nothing)
        .layer(DefaultBodyLimit::disable())
        .layer(cors)
        .layer(from_fn_with_state(Arc::new(fence), fence::guard))
        .layer(from_fn(connection::log))
        .with_state(door)
}

impl Inner {
    /// Notes a knock; nothing when too many wait.
    pub(super) fn note_knock(&self, knock: Knock) -> Option<()> {
        let mut knocks = locked(&self.knocks);
        knocks.retain(|known| known.at.elapsed() < KNOCKING);
        let here = knocks.iter().filter(|known| known.from == knock.from).count();
        let is_own_machine = knock.from.is_loopback();
        if knocks.len() >= limits::GUEST_KNOCKS || (here >= limits::GUEST_KNOCKS_PER_ADDRESS && !is_own_machine) {
            return None;
        }
        knocks.push_back(knock);
        Some(())
    }

    /// The knock of a page, which is good once.
    pub(super) fn take_knock(&self, page: &[u8; 32]) -> Option<Knock> {
        let mut knocks = locked(&self.knocks);
        knocks.retain(|known| known.at.elapsed() < KNOCKING);
        let at = knocks.iter().position(|known| known.page == *page)?;
        knocks.remove(at)
    }

    /// Whether an address is heard: it has not guessed too often.
    pub(super) fn hears(&self, from: IpAddr) -> bool {
        let guesses = locked(&self.guesses);
        let recent = guesses.get(&from).map_or(0, |at| at.iter().filter(|at| at.elapsed() < GUESSING).count());
        recent < limits::GUEST_GUESSES
    }

    /// Notes a wrong proof.
    pub(super) fn note_guess(&self, from: IpAddr) {
        let mut guesses = locked(&self.guesses);
        if guesses.len() >= GUESSERS && !guesses.contains_key(&from) {
            guesses.retain(|_, at| at.back().is_some_and(|last| last.elapsed() < GUESSING));
            if guesses.len() >= GUESSERS {
                return;
            }
        }
        let of_address = guesses.entry(from).or_default();
        of_address.push_back(Instant::now());
        while of_address.len() > limits::GUEST_GUESSES {
            of_address.pop_front();
        }
    }

    /// Whether one more thing may be said from an address now; this machine's own has no limit.
    pub(super) fn may_say(&self, from: IpAddr, now: Instant) -> bool {
        from.is_loopback() || locked(&self.said).take_one(from, now)
    }

    pub(super) fn session(&self, id: &str) -> Option<Arc<Session>> {
        let id: [u8; 16] = data_encoding::HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
        locked(&self.sessions).get(&id).cloned()
    }

    pub(super) fn add_session(&self, session: Arc<Session>) {
        locked(&self.sessions).insert(session.id, session);
    }

    /// Ends a session: its paths are good no more.
    pub(super) fn end_session(&self, session: &Session) {
        if locked(&self.sessions).remove(&session.id).is_some() {
            self.engine.guest_leaves(session.ticket);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
