//! Joining: a short-lived swarm that only knocks.
//!
//! A joiner has no group yet, so it neither listens nor announces; it speaks the door's protocol alone. It dials the invite's
//! addresses and whoever announces the invite's tag, all at once, but knocks at one door at a time, so that it is not
//! admitted twice.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{StreamExt, future::BoxFuture, future::join_all};
use glow_model::InviteKeys;
use glow_sync::door::{Admission, Certificate, DOOR_PROTOCOL, DoorError, Refusal};
use libp2p::{
    PeerId, Swarm,
    identity::Keypair,
    swarm::{ConnectionId, SwarmEvent},
};
use tokio::{
    sync::oneshot,
    time::{sleep_until, timeout},
};

use crate::{
    FoundBy, JoinConfig, JoinError, Lanes, NetError,
    address::Reach,
    dialing::{AddressBook, Dial},
    discovery::{self, Discovery, Found, Situation},
    door::{self, Failure},
    streams::{Inbound, Streams},
    transport,
};

/// How long to look for another member after one has refused.
const SECOND_OPINION: Duration = Duration::from_secs(1);
/// With nothing to wait for, look again after this time.
const NOTHING_DUE: Duration = Duration::from_secs(60);

/// What became of joining.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The group's keys and operations. Its chain is not verified yet: it has to lead from the genesis of the invite's group
    /// to the device of `certificate`.
    pub admission: Admission,
    /// Of the member that let the joiner in; its signature over the handshake was verified.
    pub certificate: Certificate,
    /// Where that member was reached.
    pub address: SocketAddr,
}

/// How joining goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinProgress {
    /// Looks for a member.
    Looking,
    /// Somebody is reached here and asked.
    Knocking(SocketAddr),
    /// Whoever is here did not let the joiner in: with a reason when it is a member.
    TurnedAway(SocketAddr, Option<Refusal>),
}

/// Knocks at the doors of members until one admits.
///
/// # Errors
/// [`JoinError::Refused`] when members refused and none admitted, [`JoinError::NobodyNear`] and [`JoinError::Broken`] when
/// time is up.
pub async fn join(config: JoinConfig, progress: impl Fn(JoinProgress) + Send + Sync) -> Result<Joined, JoinError> {
    progress(JoinProgress::Looking);
    let mut joiner = Joiner::new(config)?;
    let result = joiner.run(&progress).await;
    join_all(joiner.sources.iter_mut().map(|source| source.close())).await;
    result
}

type Knocked = Result<(Admission, Certificate), Failure>;
type Knock = BoxFuture<'static, Knocked>;

/// Somebody who was reached.
struct Reached {
    connection: ConnectionId,
    peer: PeerId,
    address: SocketAddr,
}

struct Joiner {
    config: Arc<JoinConfig>,
    swarm: Swarm<Streams>,
    reach: Reach,
    book: AddressBook,
    dialling: HashMap<ConnectionId, (SocketAddr, Instant)>,
    /// Reached, and to be asked in turn.
    waiting: VecDeque<Reached>,
    knocking: Option<(Reached, Knock)>,
    sources: Vec<Box<dyn Discovery>>,
    until: Instant,
    refused: Option<Refusal>,
    broken: bool,
}

impl Joiner {
    fn new(config: JoinConfig) -> Result<Self, JoinError> {
        let key = Keypair::generate_ed25519();
        let local = key.public().to_peer_id();
        let swarm = Swarm::new(
            transport::build(&key, &config.listen, &Lanes::new())?,
            Streams::new(DOOR_PROTOCOL, 1),
            local,
            transport::swarm_config(),
        );
        let now = Instant::now();
        let mut joiner = Self {
            swarm,
            reach: Reach::new(config.listen.interfaces),
            book: AddressBook::new(transport::transports(&config.listen)),
            dialling: HashMap::new(),
            waiting: VecDeque::new(),
            knocking: None,
            sources: Vec::new(),
            until: now + config.timeout,
            refused: None,
            broken: false,
            config: Arc::new(config),
        };
        joiner.look(local, now);
        Ok(joiner)
    }

    fn look(&mut self, local: PeerId, now: Instant) {
        let link = &self.config.link;
        let hints = Found::at(link.addresses.clone(), FoundBy::Invite);
        let extra = Found::at(self.config.extra.clone(), FoundBy::Manual);
        let situation = Situation {
            recognise: vec![InviteKeys::from_seed(&link.seed).tag_key.clone()],
            browse: true,
            ..Situation::default()
        };
        if self.config.mdns {
            let config = &self.config;
            let nearby = discovery::nearby(config.system_discovery.clone(), local, config.listen.interfaces);
            self.sources.extend(nearby.map(|mut nearby| {
                nearby.handle_situation(&situation);
                nearby
            }));
        }
        self.handle_found(hints, now);
        self.handle_found(extra, now);
    }

    async fn run(&mut self, progress: &(impl Fn(JoinProgress) + Send + Sync)) -> Result<Joined, JoinError> {
        loop {
            let now = Instant::now();
            if now >= self.until {
                return Err(self.failure());
            }
            let anyone = self.book.anyone();
            for dial in self.book.due(now, &anyone) {
                self.dial(dial, now);
            }
            self.knock_next(progress);
            let due = self.book.next_due(&anyone);
            let wake = due.unwrap_or(now + NOTHING_DUE).min(self.until);
            tokio::select! {
                event = self.swarm.select_next_some() => self.handle_swarm_event(event),
                found = poll_fn(|cx| discovery::poll_first(&mut self.sources, cx)) => {
                    self.handle_found(found, Instant::now());
                }
                result = poll_fn(|cx| poll_knock(&mut self.knocking, cx)) => {
                    if let Some(joined) = self.handle_knocked(result, progress) {
                        return Ok(joined);
                    }
                }
                () = sleep_until(wake.into()) => {}
            }
        }
    }

    fn failure(&self) -> JoinError {
        match self.refused {
            Some(refusal) => JoinError::Refused(refusal),
            None if self.broken => JoinError::Broken,
            None => JoinError::NobodyNear,
        }
    }

    fn handle_found(&mut self, mut found: Found, now: Instant) {
        found.addresses.retain(|address| self.reach.is_worth_dialling(*address, found.found_by));
        self.book.add(&found, now);
    }

    fn dial(&mut self, dial: Dial, now: Instant) {
        let options = transport::dial_options(dial);
        let connection = options.connection_id();
        self.book.dialling(dial, connection);
        if self.swarm.dial(options).is_ok() {
            self.dialling.insert(connection, (dial.address, now));
        } else {
            self.book.dial_failed(dial.address, connection, false, now, rand::random());
        }
    }

    fn handle_swarm_event(&mut self, event: SwarmEvent<Inbound>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. } => {
                self.handle_established(peer_id, connection_id)
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => self.handle_closed(connection_id),
            SwarmEvent::OutgoingConnectionError { connection_id, .. } => {
                if let Some((address, since)) = self.dialling.remove(&connection_id) {
                    let now = Instant::now();
                    let timed_out = now - since >= transport::TIMED_OUT;
                    self.book.dial_failed(address, connection_id, timed_out, now, rand::random());
                }
            }
            _ => {}
        }
    }

    fn handle_established(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some((address, _)) = self.dialling.remove(&connection) else {
            return;
        };
        let knocking = self.knocking.as_ref().map(|(reached, _)| reached);
        let is_known = self.waiting.iter().chain(knocking).any(|reached| reached.peer == peer);
        if !self.book.answered(address, connection) || is_known {
            self.turn_away(connection, address);
            return;
        }
        self.waiting.push_back(Reached { connection, peer, address });
    }

    /// A connection that waits for its turn was closed by the other side. (One that is being asked fails by itself.)
    fn handle_closed(&mut self, connection: ConnectionId) {
        let position = self.waiting.iter().position(|reached| reached.connection == connection);
        if let Some(reached) = position.and_then(|position| self.waiting.remove(position)) {
            self.turn_away(connection, reached.address);
        }
    }

    fn turn_away(&mut self, connection: ConnectionId, address: SocketAddr) {
        self.swarm.close_connection(connection);
        self.book.door_shut(address, connection, Instant::now(), rand::random());
    }

    fn knock_next(&mut self, progress: &(impl Fn(JoinProgress) + Send + Sync)) {
        if self.knocking.is_some() {
            return;
        }
        let Some(reached) = self.waiting.pop_front() else {
            return;
        };
        progress(JoinProgress::Knocking(reached.address));
        let (opened, stream) = oneshot::channel();
        self.swarm.behaviour_mut().open(reached.peer, reached.connection, opened);
        let ends = door::ends(*self.swarm.local_peer_id(), reached.peer, true);
        let config = Arc::clone(&self.config);
        let knock = async move {
            let stream = stream.await.map_err(|_| Failure::Gone)?;
            let stream = stream.map_err(NetError::from)?;
            door::knock(stream, ends, &config.link, &config.keys, config.link.role).await
        };
        let knock = async { timeout(door::TIME, knock).await.unwrap_or(Err(Failure::Gone)) };
        self.knocking = Some((reached, Box::pin(knock)));
    }

    fn handle_knocked(
        &mut self,
        (reached, result): (Reached, Knocked),
        progress: &(impl Fn(JoinProgress) + Send + Sync),
    ) -> Option<Joined> {
        let address = reached.address;
        let failure = match result {
            Ok((admission, certificate)) => {
                return Some(Joined { admission, certificate, address });
            }
            Err(failure) => failure,
        };
        tracing::debug!(%address, %failure, "not let in");
        let refusal = match failure {
            Failure::Door(DoorError::Refused(refusal)) => Some(refusal),
            Failure::Door(DoorError::Broken | DoorError::NotConvincing(_)) => {
                self.broken = true;
                None
            }
            Failure::Door(DoorError::NoProof)
            | Failure::Stream(_)
            | Failure::Unwelcome(_)
            | Failure::Myself
            | Failure::Gone => None,
        };
        match refusal {
            None => {}
            // Somebody else may have time, or the same one soon.
            Some(Refusal::Busy) => self.refused = self.refused.or(refusal),
            Some(refusal) => {
                self.refused = Some(refusal);
                self.until = self.until.min(Instant::now() + SECOND_OPINION);
            }
        }
        progress(JoinProgress::TurnedAway(address, refusal));
        self.turn_away(reached.connection, address);
        None
    }
}

fn poll_knock(knocking: &mut Option<(Reached, Knock)>, cx: &mut Context<'_>) -> Poll<(Reached, Knocked)> {
    let Some((_, knock)) = knocking else {
        return Poll::Pending;
    };
    let Poll::Ready(result) = knock.as_mut().poll(cx) else {
        return Poll::Pending;
    };
    match knocking.take() {
        Some((reached, _)) => Poll::Ready((reached, result)),
        None => Poll::Pending,
    }
}
