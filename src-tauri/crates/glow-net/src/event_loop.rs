//! The task that owns a swarm: everything that happens to it comes in here, one thing at a time.
//!
//! Nothing in it waits for anyone. Handshakes and requests run in tasks of their own and report back; events for the engine
//! stand in an outbox until it takes them, and while that is long, gossip is ignored and requests wait.

mod connection;
mod dials;
mod doors;
mod gossip;
mod links;
mod surroundings;
mod topology;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use connection::Connection;
use doors::DoorStep;
use futures::{StreamExt, future::join_all};
use glow_model::DeviceId;
use glow_sync::Request;
use gossip::Gossip;
use libp2p::{
    PeerId, Swarm,
    identity::Keypair,
    swarm::{ConnectionId, SwarmEvent},
};
use links::Device;
use surroundings::{Change, Surroundings};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep_until, timeout},
};
use topology::{Leaving, PartAnswer, Wiring};

use crate::{
    AnswerSink, Gatekeeper, Lanes, NetConfig, NetError, NetEvent, Status, address,
    behaviour::{Behaviour, BehaviourEvent, InnerEvent},
    dialing::AddressBook,
    discovery::{Discovery, Found, Told},
    event::GivenVerdict,
    gate::GateEvent,
    net::Command,
    transport,
};

/// Events in the outbox from which on gossip is ignored and requests wait.
const OUTBOX: usize = 256;
/// Steps of handshakes, and requests, that may wait for the event loop.
const STEPS: usize = 128;
const REQUESTS: usize = 64;
/// How long to wait for connections to close in the end.
const CLOSING: Duration = Duration::from_millis(500);
/// With nothing to wait for, look again after this time.
const NOTHING_DUE: Duration = Duration::from_secs(3_600);

/// A request on its way to the engine.
type Asked = (DeviceId, Request, AnswerSink);

/// The state of a running swarm.
pub(crate) struct EventLoop {
    config: NetConfig,
    gatekeeper: Arc<dyn Gatekeeper>,
    swarm: Swarm<Behaviour>,
    /// Where it was told to listen, with the port it got.
    address: SocketAddr,
    book: AddressBook,
    /// Dials under way: where to, and since when.
    dialling: HashMap<ConnectionId, (SocketAddr, Instant)>,
    connections: HashMap<ConnectionId, Connection>,
    devices: BTreeMap<DeviceId, Device>,
    /// The transport key that each device came with last.
    last_keys: BTreeMap<DeviceId, PeerId>,
    /// Connections that are to be closed because a better one took their place.
    leaving: Vec<Leaving>,
    wiring: Wiring,
    part_answers: mpsc::Receiver<PartAnswer>,
    gossip: Gossip,
    surroundings: Surroundings,
    lanes: Lanes,
    outbox: VecDeque<NetEvent>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<NetEvent>,
    steps: (mpsc::Sender<DoorStep>, mpsc::Receiver<DoorStep>),
    asked: (mpsc::Sender<Asked>, mpsc::Receiver<Asked>),
    verdicts: mpsc::UnboundedReceiver<GivenVerdict>,
}

impl EventLoop {
    /// Makes a swarm that listens.
    ///
    /// # Errors
    /// As [`crate::start`].
    pub(crate) fn new(
        config: NetConfig,
        gatekeeper: Arc<dyn Gatekeeper>,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<NetEvent>,
        told: mpsc::Receiver<Found>,
        lanes: Lanes,
    ) -> Result<Self, NetError> {
        let key = Keypair::generate_ed25519();
        let (gossip, verdicts) = Gossip::new(&config.topic);
        let (wiring, part_answers) = Wiring::new(key.public().to_peer_id());
        let behaviour = Behaviour::new(key.public(), gossip.topic(), config.limits);
        let mut swarm = Swarm::new(
            transport::build(&key, &config.listen, &lanes)?,
            behaviour,
            key.public().to_peer_id(),
            transport::swarm_config(),
        );
        let address = listen(&mut swarm, &config)?;
        let sources: Vec<Box<dyn Discovery>> = vec![Box::new(Told::new(told))];
        let surroundings = Surroundings::new(&config, *swarm.local_peer_id(), sources);
        Ok(Self {
            book: AddressBook::new(transport::transports(&config.listen)),
            config,
            gatekeeper,
            swarm,
            address,
            dialling: HashMap::new(),
            connections: HashMap::new(),
            devices: BTreeMap::new(),
            last_keys: BTreeMap::new(),
            leaving: Vec::new(),
            wiring,
            part_answers,
            gossip,
            surroundings,
            lanes,
            outbox: VecDeque::new(),
            commands,
            events,
            steps: mpsc::channel(STEPS),
            asked: mpsc::channel(REQUESTS),
            verdicts,
        })
    }

    /// Runs until it is told to shut down, every handle is dropped, or nobody takes the events any more.
    pub(crate) async fn run(mut self) {
        let events = self.events.clone();
        let done = loop {
            let wake = self.next_wake();
            tokio::select! {
                event = self.swarm.select_next_some() => self.handle_swarm_event(event),
                command = self.commands.recv() => match command {
                    Some(Command::Shutdown(done)) => break Some(done),
                    Some(command) => self.handle_command(command),
                    None => break None,
                },
                Some(step) = self.steps.1.recv() => self.handle_door_step(step),
                Some((from, request, answers)) = self.asked.1.recv(), if self.outbox.len() < OUTBOX => {
                    self.handle_request(from, request, answers);
                }
                Some(answer) = self.part_answers.recv() => self.handle_part_answer(answer),
                Some(verdict) = self.verdicts.recv() => self.handle_verdict(verdict),
                change = poll_fn(|cx| self.surroundings.poll_change(cx)) => match change {
                    Change::Found(found) => self.handle_found(found),
                    Change::Network => self.handle_network_change(),
                },
                permit = events.reserve(), if !self.outbox.is_empty() => match permit {
                    Ok(permit) => {
                        if let Some(event) = self.outbox.pop_front() {
                            permit.send(event);
                        }
                    }
                    Err(_) => break None,
                },
                () = sleep_until(wake.into()) => self.handle_time(Instant::now()),
            }
        };
        self.close(done).await;
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Publish(message) => self.publish(message),
            // Whoever no longer waits for a reply needs none.
            Command::Seat(device, reply) => {
                if let Some(device) = self.devices.get(&device) {
                    let _ = reply.send(Arc::clone(&device.seats));
                }
            }
            Command::Open(device, reply) => {
                if let Some(opened) = self.open_request(device) {
                    let _ = reply.send(opened);
                }
            }
            Command::SetTags { announce, recognise } => self.surroundings.set_tags(announce, recognise),
            Command::Acquaintances(device, reply) => {
                let _ = reply.send(self.acquaintances(device));
            }
            Command::Acquaint(told) => self.handle_acquaintances(told),
            Command::Reconsider => self.reconsider(),
            Command::Disconnect(device) => self.send_away(device),
            Command::Status(reply) => {
                let _ = reply.send(self.status());
            }
            Command::Shutdown(_) => {}
        }
    }

    fn handle_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.handle_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.handle_established(peer_id, connection_id, &endpoint)
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => self.handle_closed(connection_id),
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.handle_dial_failed(connection_id, &error)
            }
            SwarmEvent::NewListenAddr { .. } | SwarmEvent::ExpiredListenAddr { .. } => self.handle_listening(),
            SwarmEvent::ListenerClosed { reason, .. } => {
                if let Err(error) = reason {
                    tracing::warn!(%error, "nobody can come by one of the transports any more");
                }
                self.handle_listening();
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "somebody could not come"),
            _ => {}
        }
    }

    fn handle_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Door(inbound) => self.handle_door_stream(inbound),
            BehaviourEvent::Gate(GateEvent::Ready(connection)) => {
                self.handle_step_taken(connection);
            }
            BehaviourEvent::Gate(GateEvent::Inner(event)) => match event {
                InnerEvent::Gossipsub(event) => self.handle_gossip(event),
                InnerEvent::Identify(event) => self.handle_identify(event),
                InnerEvent::Ping(event) => self.handle_ping(event),
                InnerEvent::Requests(inbound) => self.handle_request_stream(inbound),
            },
        }
    }

    fn next_wake(&mut self) -> Instant {
        let wiring = self.next_wiring();
        let doors = self.connections.values().filter_map(Connection::deadline);
        let leaving = self.leaving.iter().map(|leaving| leaving.due);
        doors.chain(leaving).chain(wiring).min().unwrap_or_else(|| Instant::now() + NOTHING_DUE)
    }

    fn handle_time(&mut self, now: Instant) {
        self.dial_what_is_due(now);
        self.part_if_too_many();
        let mut over = self.drained(now);
        let late = self.connections.iter().filter(|(_, connection)| connection.deadline().is_some_and(|at| at <= now));
        over.extend(late.map(|(id, _)| *id));
        for connection in over {
            self.close_connection(connection);
        }
    }

    fn status(&self) -> Status {
        let listening = self
            .swarm
            .listeners()
            .filter_map(address::from_multiaddr)
            .filter(|(_, address)| self.surroundings.reach().is_worth_announcing(address.ip()))
            .collect();
        Status { listening, peers: self.peers(), is_hotspot: self.is_hotspot() }
    }

    /// Says goodbye, closes every connection, and waits a little until that is done.
    async fn close(mut self, done: Option<oneshot::Sender<()>>) {
        let goodbyes = join_all(self.surroundings.close());
        let peers: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let closed = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.select_next_some().await;
            }
        };
        let _ = timeout(CLOSING, async { tokio::join!(goodbyes, closed) }).await;
        let address = self.address;
        drop(self);
        transport::until_free(address).await;
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

fn listen(swarm: &mut Swarm<Behaviour>, config: &NetConfig) -> Result<SocketAddr, NetError> {
    let [v4, v6] = transport::listen_addresses(&config.listen)?;
    for transport in transport::transports(&config.listen) {
        swarm
            .listen_on(address::to_multiaddr(v4, transport))
            .map_err(|error| NetError::NoPort { address: v4, source: std::io::Error::other(error.to_string()) })?;
        if let Err(error) = swarm.listen_on(address::to_multiaddr(v6, transport)) {
            tracing::debug!(%error, "no ipv6");
        }
    }
    Ok(v4)
}
