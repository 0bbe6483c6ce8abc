//! Connected devices: several connections to one, what is asked of them, and who is gone.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use glow_model::{DeviceId, limits};
use glow_sync::{
    door::Certificate,
    proximity::{self, Place},
};
use libp2p::{PeerId, identify, ping, swarm::ConnectionId};
use tokio::sync::{Semaphore, oneshot};

use super::{EventLoop, OUTBOX};
use crate::{
    FoundBy, NetEvent, Peer, Transport,
    address::{self, Lost},
    connections::{self, Link},
    discovery::Found,
    net::OpenedStream,
    protocol::{self, Way},
    streams::Inbound,
};

/// How long a connection that was replaced is left to finish what it does.
pub(super) const DRAIN: Duration = Duration::from_secs(2);
/// A connection on which bytes came or went within this time is not dead, whatever its pings say.
const ALIVE: Duration = Duration::from_secs(4);

/// A connected device.
pub(super) struct Device {
    pub(super) links: Vec<Link>,
    /// Bounds the requests in flight to it.
    pub(super) seats: Arc<Semaphore>,
}

impl EventLoop {
    /// A connection has passed the door.
    pub(super) fn link(&mut self, id: ConnectionId) {
        let open = self.connections.values().filter(|other| other.is_open);
        let is_full = open.count() >= self.config.limits.connections as usize;
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Some(device) = connection.certificate.as_ref().map(|shown| shown.device) else {
            return;
        };
        if is_full || self.outbox.len() >= 2 * OUTBOX {
            self.close_connection(id);
            return;
        }
        connection.is_open = true;
        let early = connection.take_early();
        let (peer, address, dialer) = (connection.peer, connection.address, connection.dialer);
        let (found_by, transport) = (connection.found_by, connection.transport);
        let now = Instant::now();
        if dialer {
            self.book.met(address, peer, now);
            self.outbox.push_back(NetEvent::Reached(address));
        }
        self.book.connected(peer);
        self.wiring.linked(peer, found_by);
        if let Some(old) = self.last_keys.insert(device, peer).filter(|old| *old != peer) {
            self.book.replaced(old);
        }
        let is_new = !self.devices.contains_key(&device);
        let links = &mut self.devices.entry(device).or_insert_with(Device::new).links;
        let goodput_bps = self.wiring.goodput_bps(device, transport);
        links.push(Link { connection: id, peer, dialer, opened: now, transport, goodput_bps });
        let surplus = connections::surplus(*self.swarm.local_peer_id(), links);
        self.drain(surplus, now);
        if is_new {
            self.outbox.push_back(NetEvent::Connected { device, address, dialer, found_by });
        }
        for inbound in early {
            self.handle_request_stream(inbound);
        }
        self.count_links();
        self.part_if_too_many();
    }

    /// An open connection is gone.
    pub(super) fn unlink(&mut self, device: DeviceId, id: ConnectionId, peer: PeerId, now: Instant) {
        let Some(links) = self.devices.get_mut(&device).map(|device| &mut device.links) else {
            return;
        };
        links.retain(|link| link.connection != id);
        let peer_is_gone = links.iter().all(|link| link.peer != peer);
        let device_is_gone = links.is_empty();
        if device_is_gone {
            self.devices.remove(&device);
            self.outbox.push_back(NetEvent::Disconnected { device });
        }
        if peer_is_gone {
            self.book.lost(peer, now, rand::random());
            self.wiring.unlinked(peer);
        }
        self.count_links();
    }

    fn count_links(&mut self) {
        let links = self.devices.len();
        self.surroundings.count_links(links, &self.config.limits);
    }

    pub(super) fn is_connected(&self, peer: PeerId) -> bool {
        self.device_of(peer).is_some()
    }

    /// The device behind a transport key.
    pub(super) fn device_of(&self, peer: PeerId) -> Option<DeviceId> {
        let connections = self.connections.values();
        let mut of_peer = connections.filter(|connection| connection.peer == peer);
        of_peer.find_map(super::Connection::device)
    }

    pub(super) fn link_in_use(&self, device: DeviceId) -> Option<Link> {
        let links = &self.devices.get(&device)?.links;
        connections::choose(*self.swarm.local_peer_id(), links)
    }

    /// Opens a stream for a request.
    pub(super) fn open_request(&mut self, device: DeviceId) -> Option<OpenedStream> {
        let link = self.link_in_use(device)?;
        let connection = self.connections.get(&link.connection)?;
        let (activity, meter) = (connection.activity.clone(), connection.meter.clone());
        let (opened, stream) = oneshot::channel();
        let requests = &mut self.swarm.behaviour_mut().gate.inner.requests;
        requests.open(link.peer, link.connection, opened);
        Some(OpenedStream { stream, activity, meter })
    }

    /// A member opened a stream for a request.
    pub(super) fn handle_request_stream(&mut self, inbound: Inbound) {
        let Some(connection) = self.connections.get_mut(&inbound.connection) else {
            return;
        };
        let Some(device) = connection.device() else {
            connection.keep_early(inbound);
            return;
        };
        let way =
            Way { activity: connection.activity.clone(), meter: connection.meter.clone(), lanes: self.lanes.clone() };
        let asked = self.asked.0.clone();
        tokio::spawn(async move {
            match protocol::take_request(inbound.stream, way, inbound.permit).await {
                // The event loop is gone: the stream goes with it.
                Ok((request, answers)) => {
                    let _ = asked.send((device, request, answers)).await;
                }
                Err(error) => tracing::debug!(%device, %error, "request refused"),
            }
        });
    }

    /// Disconnects a device and leaves its addresses alone for a while.
    pub(super) fn send_away(&mut self, device: DeviceId) {
        let Some(links) = self.devices.get(&device).map(|device| device.links.clone()) else {
            return;
        };
        for link in links {
            self.close_connection(link.connection);
            self.book.send_away(link.peer, Instant::now());
        }
    }

    /// Ends the connections that went through a network this device has left.
    pub(super) fn close_stranded(&mut self, lost: &Lost) {
        let stranded: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|(_, connection)| lost.strands(connection.address.ip()))
            .map(|(id, _)| *id)
            .collect();
        for id in stranded {
            self.close_connection(id);
        }
    }

    pub(super) fn handle_ping(&mut self, event: ping::Event) {
        let Some(connection) = self.connections.get_mut(&event.connection) else {
            return;
        };
        match event.result {
            Ok(round_trip) => {
                connection.measured(round_trip);
                self.wiring.measured(connection.peer, round_trip);
                let goodput_bps = connection.activity.goodput_bps();
                let (device, ip) = (connection.device(), connection.address.ip());
                if let Some(device) = device.filter(|_| self.outbox.len() < OUTBOX) {
                    let place = proximity::place(&self.networks(), self.surroundings.routers(), ip);
                    self.outbox.push_back(NetEvent::Measured { device, round_trip, goodput_bps, place });
                }
                self.look_after(event.connection);
            }
            Err(ping::Failure::Unsupported) => {}
            Err(error) => {
                if connection.activity.quiet_for() >= ALIVE {
                    tracing::debug!(address = %connection.address, %error, "no answer to pings");
                    self.close_connection(event.connection);
                }
            }
        }
    }

    /// A member says where it listens. Only the port is taken from that: the IP is the one it is seen under.
    pub(super) fn handle_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { connection_id, info, .. } = event else {
            return;
        };
        let Some(connection) = self.connections.get(&connection_id) else {
            return;
        };
        let said = info.listen_addrs.iter().find_map(address::from_multiaddr);
        let Some((_, said)) = said.filter(|_| !connection.dialer && connection.is_open) else {
            return;
        };
        let (peer, here) = (connection.peer, SocketAddr::new(connection.address.ip(), said.port()));
        let seen = Some(Instant::now());
        self.handle_found(Found { peer: Some(peer), seen, ..Found::at(vec![here], FoundBy::Exchange) });
        if self.book.found_by(here).is_some() && !self.book.is_met(here, peer) {
            self.book.met(here, peer, Instant::now());
            self.outbox.push_back(NetEvent::Reached(here));
        }
    }

    /// What connected devices showed at the door.
    pub(super) fn certificates(&self) -> Vec<Certificate> {
        let links = self.devices.keys().filter_map(|id| self.link_in_use(*id));
        links.filter_map(|link| self.connections.get(&link.connection)?.certificate.clone()).collect()
    }

    pub(super) fn peers(&self) -> Vec<Peer> {
        let mut peers: Vec<Peer> = self
            .devices
            .keys()
            .filter_map(|device| {
                let link = self.link_in_use(*device)?;
                let connection = self.connections.get(&link.connection)?;
                Some(Peer {
                    device: *device,
                    transport: connection.transport,
                    address: connection.address,
                    found_by: connection.found_by,
                    rtt_ms: connection.rtt_ms,
                    dialer: connection.dialer,
                    goodput_bps: connection.activity.goodput_bps(),
                    tcp_bps: self.wiring.goodput_bps(*device, Transport::Tcp),
                    quic_bps: self.wiring.goodput_bps(*device, Transport::Quic),
                    place: Place::default(),
                })
            })
            .collect();
        self.place(&mut peers);
        peers
    }
}

impl Device {
    fn new() -> Self {
        Self { links: Vec::new(), seats: Arc::new(Semaphore::new(limits::REQUESTS_PER_PEER)) }
    }
}
