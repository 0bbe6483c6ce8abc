//! The gate: keeps every behaviour behind it ignorant of a connection until the door is passed.
//!
//! libp2p's gossipsub and identify talk to whoever connects. [`Gate`] wraps them. Of each connection it knows a [`Stage`]:
//!
//! - **closed**: the inner behaviour has not been told of the connection and has no handler on it; every protocol is denied.
//! - **opening** (the listener, once the dialer is verified): the inner behaviour is told, inbound streams are taken, streams
//!   it wants to open wait.
//! - **open**: nothing is held back.
//!
//! The listener goes to *opening* before it answers, the dialer to *open* before it says that it is convinced, and the
//! listener to *open* when it hears that: neither side ever meets a denied protocol. Each step is confirmed by
//! [`GateEvent::Ready`] when the connection's handler has taken it.
//!
//! It also bounds inbound connections that have not passed, in all and by address.

mod handler;

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    task::{Context, Poll},
};

pub(crate) use handler::Stage;
use handler::{FromHandler, Handler, ToHandler};
use libp2p::{
    Multiaddr, PeerId,
    core::{ConnectedPoint, Endpoint, transport::PortUse},
    swarm::{
        ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm, behaviour::ConnectionEstablished,
    },
};

use crate::{ConnectionLimits, address};

/// What the gate tells.
#[derive(Debug)]
pub(crate) enum GateEvent<E> {
    /// The connection's handler has taken the newest step.
    Ready(ConnectionId),
    /// The inner behaviour says something.
    Inner(E),
}

/// Why the gate turns a connection away.
#[derive(Debug, thiserror::Error)]
#[error("too many connections are waiting at the door")]
struct Crowded;

/// A behaviour behind the gate.
pub(crate) struct Gate<B: NetworkBehaviour> {
    pub(crate) inner: B,
    limits: ConnectionLimits,
    connections: HashMap<ConnectionId, Held>,
    /// Inbound connections that have not passed, from the first packet on.
    waiting: HashMap<ConnectionId, Option<IpAddr>>,
    queue: VecDeque<ToSwarm<GateEvent<B::ToSwarm>, THandlerInEvent<Self>>>,
}

struct Held {
    peer: PeerId,
    endpoint: ConnectedPoint,
    /// Whether the inner behaviour knows of it.
    told: bool,
}

impl<B: NetworkBehaviour> Gate<B> {
    pub(crate) fn new(inner: B, limits: ConnectionLimits) -> Self {
        Self { inner, limits, connections: HashMap::new(), waiting: HashMap::new(), queue: VecDeque::new() }
    }

    /// Takes a connection one step further. Answers whether it could; [`GateEvent::Ready`] follows.
    pub(crate) fn step(&mut self, connection: ConnectionId, stage: Stage) -> bool {
        let event = if self.is_told(connection) {
            ToHandler::Step(stage)
        } else {
            let Some(handler) = self.tell(connection) else {
                return false;
            };
            ToHandler::Install(Box::new(handler), stage)
        };
        let Some(held) = self.connections.get(&connection) else {
            return false;
        };
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id: held.peer,
            handler: NotifyHandler::One(connection),
            event,
        });
        if stage == Stage::Open {
            self.waiting.remove(&connection);
        }
        true
    }

    /// Gives a connection up: for the inner behaviour it is closed now, whenever the transport notices.
    pub(crate) fn abandon(&mut self, connection: ConnectionId) {
        self.waiting.remove(&connection);
        let Some(held) = self.connections.remove(&connection) else {
            return;
        };
        if held.told {
            let remaining_established = self.told_count(held.peer);
            self.inner.on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
                peer_id: held.peer,
                connection_id: connection,
                endpoint: &held.endpoint,
                cause: None,
                remaining_established,
            }));
        }
    }

    fn is_told(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|held| held.told)
    }

    /// How many connections of a peer the inner behaviour knows.
    fn told_count(&self, peer: PeerId) -> usize {
        self.connections.values().filter(|held| held.told && held.peer == peer).count()
    }

    /// Tells the inner behaviour of a connection and gets its handler for it.
    fn tell(&mut self, connection: ConnectionId) -> Option<THandler<B>> {
        let other_established = self.told_count(self.connections.get(&connection)?.peer);
        let held = self.connections.get_mut(&connection)?;
        let (peer, inner) = (held.peer, &mut self.inner);
        let handler = match &held.endpoint {
            ConnectedPoint::Dialer { address, role_override, port_use } => {
                inner.handle_established_outbound_connection(connection, peer, address, *role_override, *port_use)
            }
            ConnectedPoint::Listener { local_addr, send_back_addr } => {
                inner.handle_established_inbound_connection(connection, peer, local_addr, send_back_addr)
            }
        };
        let handler = handler.ok()?;
        held.told = true;
        inner.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
            peer_id: peer,
            connection_id: connection,
            endpoint: &held.endpoint,
            failed_addresses: &[],
            other_established,
        }));
        Some(handler)
    }

    fn admit_waiting(&mut self, connection: ConnectionId, ip: Option<IpAddr>) -> Result<(), ConnectionDenied> {
        let from_there = self.waiting.values().filter(|other| **other == ip).count();
        if self.waiting.len() >= self.limits.pending as usize || from_there >= self.limits.pending_per_address as usize
        {
            return Err(ConnectionDenied::new(Crowded));
        }
        self.waiting.insert(connection, ip);
        Ok(())
    }

    /// What the inner behaviour may ask of the swarm: to speak, and to close. It neither dials nor listens nor knows addresses.
    fn relay(
        &self,
        event: ToSwarm<B::ToSwarm, THandlerInEvent<B>>,
    ) -> Option<ToSwarm<GateEvent<B::ToSwarm>, THandlerInEvent<Self>>> {
        match event {
            ToSwarm::GenerateEvent(event) => Some(ToSwarm::GenerateEvent(GateEvent::Inner(event))),
            ToSwarm::NotifyHandler { peer_id, handler, event } => {
                let connection = self.told_connection(peer_id, &handler)?;
                Some(ToSwarm::NotifyHandler {
                    peer_id,
                    handler: NotifyHandler::One(connection),
                    event: ToHandler::Inner(event),
                })
            }
            ToSwarm::CloseConnection { peer_id, connection } => Some(ToSwarm::CloseConnection { peer_id, connection }),
            _ => None,
        }
    }

    fn told_connection(&self, peer: PeerId, handler: &NotifyHandler) -> Option<ConnectionId> {
        match handler {
            NotifyHandler::One(connection) => self.is_told(*connection).then_some(*connection),
            NotifyHandler::Any => self
                .connections
                .iter()
                .find(|(_, held)| held.told && held.peer == peer)
                .map(|(connection, _)| *connection),
        }
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Gate<B> {
    type ConnectionHandler = Handler<THandler<B>>;
    type ToSwarm = GateEvent<B::ToSwarm>;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let ip = address::from_multiaddr(remote).map(|(_, address)| address.ip());
        self.admit_waiting(connection, ip)
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if self.connections.len() >= (self.limits.connections + self.limits.pending) as usize {
            return Err(ConnectionDenied::new(Crowded));
        }
        Ok(Handler::closed())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::closed())
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                let held = Held { peer: event.peer_id, endpoint: event.endpoint.clone(), told: false };
                self.connections.insert(event.connection_id, held);
            }
            FromSwarm::ConnectionClosed(event) => self.abandon(event.connection_id),
            FromSwarm::AddressChange(event) => {
                if let Some(held) = self.connections.get_mut(&event.connection_id) {
                    held.endpoint = event.new.clone();
                }
                if self.is_told(event.connection_id) {
                    self.inner.on_swarm_event(FromSwarm::AddressChange(event));
                }
            }
            FromSwarm::ListenFailure(event) => {
                self.waiting.remove(&event.connection_id);
            }
            FromSwarm::DialFailure(_) | FromSwarm::NewExternalAddrOfPeer(_) => {}
            event => self.inner.on_swarm_event(event),
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {
            FromHandler::Ready => self.queue.push_back(ToSwarm::GenerateEvent(GateEvent::Ready(connection))),
            FromHandler::Inner(event) => {
                if self.is_told(connection) {
                    self.inner.on_connection_handler_event(peer, connection, event);
                }
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Poll::Ready(event);
            }
            let Poll::Ready(event) = self.inner.poll(cx) else {
                return Poll::Pending;
            };
            self.queue.extend(self.relay(event));
        }
    }
}

#[cfg(test)]
mod tests;
