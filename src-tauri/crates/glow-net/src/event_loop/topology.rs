//! Keeps the links that [`Topology`] decides on: dials the wanted, asks to part where there are too many, tries the better
//! transport, and tells members of each other.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use glow_model::DeviceId;
use glow_sync::{
    Frame, NodeId, Request, Topology,
    proximity::{self, Network},
    topology::{self, ENOUGH_LINKS},
    wire::{ADDRESSES_PER_FRAME, TRANSPORT_KEY_BYTES},
};
use libp2p::{PeerId, swarm::ConnectionId};
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};

use super::{EventLoop, links::DRAIN};
use crate::{
    Acquaintance, AnswerSink, FoundBy, NetError, NetEvent, Peer, Transport,
    connections::{self, Link},
    dialing::{AddressBook, Dial, Sighting, Wanted},
    discovery::Found,
    protocol, transport,
};

/// How long an answer to the wish to part is waited for.
const ANSWER: Duration = Duration::from_secs(4);
/// Answers that may wait for the event loop: one is asked for at a time.
const ANSWERS: usize = 4;
/// A link is idle, and may change its transport, when nothing large came or went for so long.
const IDLE: Duration = Duration::from_secs(10);
/// How long a transport that could not be reached is not tried beside a link.
const TRY_AGAIN: Duration = Duration::from_secs(600);

/// What a member that was asked to part has answered.
pub(super) struct PartAnswer {
    device: DeviceId,
    node: NodeId,
    agrees: bool,
}

/// Who is wanted, and what is known of the ways.
pub(super) struct Wiring {
    topology: Topology,
    since: Instant,
    wanted: Wanted,
    next_dial: Option<Instant>,
    /// The version of the address book that this was worked out from; nothing when the links have changed.
    version: Option<u64>,
    answers: mpsc::Sender<PartAnswer>,
    /// Dials by another transport to peers that are connected.
    trials: HashMap<ConnectionId, PeerId>,
    /// When another transport was tried last.
    tried: BTreeMap<DeviceId, Instant>,
    goodputs_bps: BTreeMap<(DeviceId, Transport), u64>,
}

impl Wiring {
    pub(super) fn new(local: PeerId) -> (Self, mpsc::Receiver<PartAnswer>) {
        let (answers, given) = mpsc::channel(ANSWERS);
        let wiring = Self {
            topology: Topology::new(node(local)),
            since: Instant::now(),
            wanted: Wanted::default(),
            next_dial: None,
            version: None,
            answers,
            trials: HashMap::new(),
            tried: BTreeMap::new(),
            goodputs_bps: BTreeMap::new(),
        };
        (wiring, given)
    }

    pub(super) fn linked(&mut self, peer: PeerId, found_by: FoundBy) {
        let is_insisted_on = matches!(found_by, FoundBy::Manual | FoundBy::Invite);
        self.topology.linked(node(peer), is_insisted_on);
        self.version = None;
    }

    pub(super) fn unlinked(&mut self, peer: PeerId) {
        self.topology.unlinked(node(peer));
        self.version = None;
    }

    pub(super) fn measured(&mut self, peer: PeerId, round_trip: Duration) {
        self.topology.measured(node(peer), u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX));
    }

    /// What was measured of a transport to a device.
    pub(super) fn goodput_bps(&self, device: DeviceId, transport: Transport) -> Option<u64> {
        self.goodputs_bps.get(&(device, transport)).copied()
    }

    fn ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.since).as_millis()).unwrap_or(u64::MAX)
    }

    /// Works out anew who is wanted, when anything has changed.
    fn rewire(&mut self, book: &AddressBook, now: Instant) {
        if self.version == Some(book.version()) {
            return;
        }
        self.version = Some(book.version());
        let now_ms = self.ms(now);
        let peers: BTreeMap<NodeId, PeerId> = book.candidates().map(|(peer, _)| (node(peer), peer)).collect();
        self.topology.set_known(book.candidates().map(|(peer, answers)| (node(peer), answers)));
        let wanted = self.topology.wanted(now_ms);
        let peers = wanted.iter().filter_map(|node| peers.get(node).copied()).collect();
        let is_short = self.topology.is_short_of_links(now_ms);
        let strangers = if is_short { ENOUGH_LINKS.saturating_sub(self.topology.links()) } else { 0 };
        self.wanted = Wanted { peers, strangers };
        self.next_dial = book.next_due(&self.wanted);
    }

    fn next_wake(&self, now: Instant) -> Option<Instant> {
        let parting = self.topology.next_ms(self.ms(now)).map(|ms| self.since + Duration::from_millis(ms));
        self.next_dial.into_iter().chain(parting).min()
    }
}

impl EventLoop {
    /// When links are worth looking after again.
    pub(super) fn next_wiring(&mut self) -> Option<Instant> {
        let now = Instant::now();
        self.wiring.rewire(&self.book, now);
        self.wiring.next_wake(now)
    }

    pub(super) fn dial_what_is_due(&mut self, now: Instant) {
        self.wiring.rewire(&self.book, now);
        for dial in self.book.due(now, &self.wiring.wanted) {
            self.dial(dial, now);
        }
    }

    /// Asks one member to part when there are too many links.
    pub(super) fn part_if_too_many(&mut self) {
        let now_ms = self.wiring.ms(Instant::now());
        let Some(node) = self.wiring.topology.ask_to_part(now_ms) else {
            return;
        };
        let found = self.devices.keys().find(|device| self.node_of(**device) == Some(node)).copied();
        let opened = found.and_then(|device| Some((device, self.open_request(device)?)));
        let Some((device, opened)) = opened else {
            self.wiring.topology.answered(node, false, now_ms);
            return;
        };
        let answers = self.wiring.answers.clone();
        tokio::spawn(async move {
            let asked = async {
                let stream = opened.stream.await.map_err(|_| NetError::NotConnected { device })??;
                // No seat: it must not wait behind what is being fetched.
                let seat = Arc::new(Semaphore::new(1)).acquire_owned().await.map_err(|_| NetError::ShutDown)?;
                let mut frames = protocol::ask(stream, &Request::Part, (opened.activity, opened.meter), seat).await?;
                Ok::<_, NetError>(matches!(frames.next().await, Some(Ok(Frame::Done))))
            };
            let agrees = matches!(timeout(ANSWER, asked).await, Ok(Ok(true)));
            // The event loop is gone: there is nothing to part with.
            let _ = answers.send(PartAnswer { device, node, agrees }).await;
        });
    }

    pub(super) fn handle_part_answer(&mut self, answer: PartAnswer) {
        let now = Instant::now();
        self.wiring.topology.answered(answer.node, answer.agrees, self.wiring.ms(now));
        if answer.agrees {
            tracing::debug!(device = %answer.device, "parted: there are links enough");
            self.drain(self.links_of(answer.device).into_iter().map(|link| link.connection).collect(), now);
        }
        self.part_if_too_many();
    }

    /// A request came in: what concerns links alone is answered here.
    pub(super) fn handle_request(&mut self, from: DeviceId, request: Request, mut answers: AnswerSink) {
        if request != Request::Part {
            self.outbox.push_back(NetEvent::Request { from, request, answers });
            return;
        }
        let now_ms = self.wiring.ms(Instant::now());
        let agrees = self.node_of(from).is_some_and(|node| self.wiring.topology.may_part(node, now_ms));
        self.wiring.version = None;
        tokio::spawn(async move {
            let frame = if agrees { Frame::Done } else { Frame::Refused };
            // Whoever asked may be gone by now.
            if answers.send(frame).await.is_ok() {
                let _ = answers.finish().await;
            }
        });
    }

    /// Members to tell a member of.
    pub(super) fn acquaintances(&self, of: DeviceId) -> Vec<Acquaintance> {
        let now = Instant::now();
        let Some(to) = self.node_of(of) else {
            return Vec::new();
        };
        let mut sightings: BTreeMap<NodeId, Sighting> = BTreeMap::new();
        for sighting in self.book.sightings(now) {
            sightings.entry(node(sighting.peer)).or_insert(sighting);
        }
        let met: BTreeSet<NodeId> = sightings.keys().copied().collect();
        let told = topology::introduce(to, &met, ADDRESSES_PER_FRAME, rand::random());
        let told = told.iter().filter_map(|node| sightings.get(node));
        let acquaintance = |sighting: &Sighting| Acquaintance {
            address: sighting.address,
            transport_key: sighting.peer.to_bytes(),
            age: now.saturating_duration_since(sighting.at),
        };
        told.map(acquaintance).collect()
    }

    /// A member tells of others.
    pub(super) fn handle_acquaintances(&mut self, told: Vec<Acquaintance>) {
        let now = Instant::now();
        for Acquaintance { address, transport_key, age } in told.into_iter().take(ADDRESSES_PER_FRAME) {
            let is_bounded = transport_key.len() <= TRANSPORT_KEY_BYTES;
            let Ok(peer) = PeerId::from_bytes(if is_bounded { &transport_key } else { &[] }) else {
                continue;
            };
            if let Some(seen) = now.checked_sub(age).filter(|_| peer != *self.swarm.local_peer_id()) {
                let found = Found::at(vec![address], FoundBy::Exchange);
                self.handle_found(Found { peer: Some(peer), seen: Some(seen), ..found });
            }
        }
    }

    /// Notes how fast a connection is, and looks for a better transport while it is idle.
    pub(super) fn look_after(&mut self, id: ConnectionId) {
        self.note_goodput(id);
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let Some(device) = connection.device().filter(|_| connection.dialer) else {
            return;
        };
        let goodput = |transport| self.wiring.goodput_bps(device, transport);
        let better = connections::better(goodput(Transport::Tcp), goodput(Transport::Quic));
        let is_spoken = transport::transports(&self.config.listen).contains(&better);
        let now = Instant::now();
        let was_tried = self.wiring.tried.get(&device).is_some_and(|at| now - *at < TRY_AGAIN);
        let is_idle = connection.activity.quiet_for() >= IDLE && connection.opened.elapsed() >= IDLE;
        if better == connection.transport || !is_spoken || was_tried || !is_idle || self.links_of(device).len() > 1 {
            return;
        }
        let (peer, dial) = (connection.peer, Dial { address: connection.address, transport: better });
        self.wiring.tried.insert(device, now);
        if let Some(trial) = self.dial(dial, now) {
            self.wiring.trials.insert(trial, peer);
        }
    }

    /// Remembers what a connection's transport gives.
    pub(super) fn note_goodput(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let Some((device, bps)) = connection.device().zip(connection.activity.goodput_bps()) else {
            return;
        };
        self.wiring.goodputs_bps.insert((device, connection.transport), bps);
        if connection.dialer {
            self.book.measured(connection.address, connection.transport, bps);
        }
    }

    /// Whether a dial was made to a peer although it is connected: by another transport.
    pub(super) fn is_trial(&mut self, dial: ConnectionId, peer: PeerId) -> bool {
        self.wiring.trials.remove(&dial) == Some(peer)
    }

    /// Whether this device has opened the hotspot that others use.
    pub(super) fn is_hotspot(&self) -> bool {
        proximity::is_own_hotspot(&self.networks())
    }

    /// Puts connected devices on the map: who shares the access point, who is the hotspot.
    pub(super) fn place(&self, peers: &mut [Peer]) {
        let members: Vec<_> =
            peers.iter().map(|peer| (peer.address.ip(), self.shortest_round_trip_us(peer.device))).collect();
        let places = proximity::places(&self.networks(), self.surroundings.routers(), &members);
        for (peer, place) in peers.iter_mut().zip(places) {
            peer.place = place;
        }
    }

    fn shortest_round_trip_us(&self, device: DeviceId) -> Option<u64> {
        let connection = self.connections.get(&self.link_in_use(device)?.connection)?;
        connection.shortest_us
    }

    pub(super) fn networks(&self) -> Vec<Network> {
        let networks = self.surroundings.reach().networks().iter();
        networks.map(|network| Network { address: network.addr(), prefix_bits: network.prefix_len() }).collect()
    }

    fn node_of(&self, device: DeviceId) -> Option<NodeId> {
        Some(node(self.link_in_use(device)?.peer))
    }

    /// Closes connections once they have done what they are at.
    pub(super) fn drain(&mut self, connections: Vec<ConnectionId>, now: Instant) {
        for connection in connections {
            if !self.leaving.iter().any(|leaving| leaving.connection == connection) {
                self.leaving.push(Leaving { connection, due: now + DRAIN, at_the_latest: now + LONGEST_DRAIN });
            }
        }
    }

    /// The drained connections whose time has come. Those that still carry something get a little more.
    pub(super) fn drained(&mut self, now: Instant) -> Vec<ConnectionId> {
        let connections = &self.connections;
        let mut over = Vec::new();
        self.leaving.retain_mut(|leaving| {
            if leaving.due > now {
                return true;
            }
            let connection = connections.get(&leaving.connection);
            let is_busy = connection.is_some_and(|connection| connection.activity.quiet_for() < DRAIN / 2);
            if is_busy && now < leaving.at_the_latest {
                leaving.due = now + DRAIN / 2;
                return true;
            }
            over.push(leaving.connection);
            false
        });
        over
    }

    fn links_of(&self, device: DeviceId) -> Vec<Link> {
        self.devices.get(&device).map(|device| device.links.clone()).unwrap_or_default()
    }
}

/// How long a connection that was replaced may take to finish, at most.
const LONGEST_DRAIN: Duration = Duration::from_secs(30);

/// A connection that is to be closed.
pub(super) struct Leaving {
    pub(super) connection: ConnectionId,
    pub(super) due: Instant,
    at_the_latest: Instant,
}

fn node(peer: PeerId) -> NodeId {
    NodeId::of(&peer.to_bytes())
}
