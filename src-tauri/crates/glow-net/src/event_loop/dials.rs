//! Dialling, and connections as the transport knows them.

use std::{net::SocketAddr, time::Instant};

use libp2p::{
    PeerId,
    core::ConnectedPoint,
    swarm::{ConnectionId, DialError},
};

use super::{EventLoop, connection::Connection};
use crate::{Transport, dialing::Dial, discovery::Found, transport};

impl EventLoop {
    pub(super) fn handle_found(&mut self, mut found: Found) {
        found.addresses.retain(|address| {
            self.surroundings.reach().is_worth_dialling(*address, found.found_by) && !self.surroundings.is_own(address)
        });
        self.book.add(&found, Instant::now());
    }

    /// Dials; answers the connection that may come of it.
    pub(super) fn dial(&mut self, dial: Dial, now: Instant) -> Option<ConnectionId> {
        let options = transport::dial_options(dial);
        let connection = options.connection_id();
        self.book.dialling(dial, connection);
        if self.swarm.dial(options).is_ok() {
            self.dialling.insert(connection, (dial.address, now));
            return Some(connection);
        }
        self.book.dial_failed(dial.address, connection, false, now, rand::random());
        None
    }

    pub(super) fn handle_dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let Some((address, since)) = self.dialling.remove(&connection) else {
            return;
        };
        tracing::debug!(%address, %error, "dial failed");
        let now = Instant::now();
        if matches!(error, DialError::LocalPeerId { .. }) {
            self.book.forget(address);
        } else {
            let timed_out = now - since >= transport::TIMED_OUT;
            self.book.dial_failed(address, connection, timed_out, now, rand::random());
        }
    }

    pub(super) fn handle_established(&mut self, peer: PeerId, id: ConnectionId, endpoint: &ConnectedPoint) {
        let now = Instant::now();
        let dialled = self.dialling.remove(&id).map(|(address, _)| address);
        let found_by = dialled.and_then(|address| self.book.found_by(address));
        let mut connection = Connection::new(peer, endpoint, found_by, now);
        if connection.transport == Transport::Tcp {
            connection.meter = self.lanes.meters().of(connection.address);
        }
        self.connections.insert(id, connection);
        if let Some(address) = dialled {
            self.handle_answered(address, peer, id, now);
        }
    }

    /// Somebody answered a dial: goes to the door, unless this peer is here already.
    fn handle_answered(&mut self, address: SocketAddr, peer: PeerId, id: ConnectionId, now: Instant) {
        let is_wanted = self.book.answered(address, id);
        if self.is_trial(id, peer) {
            self.knock(id);
        } else if self.is_connected(peer) {
            self.book.met(address, peer, now);
            self.close_connection(id);
        } else if is_wanted {
            self.knock(id);
        } else {
            self.close_connection(id);
        }
    }

    /// A connection ended by itself.
    pub(super) fn handle_closed(&mut self, id: ConnectionId) {
        self.leaving.retain(|leaving| leaving.connection != id);
        self.note_goodput(id);
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        let now = Instant::now();
        if connection.dialer && !connection.is_open {
            self.book.door_shut(connection.address, id, now, rand::random());
        }
        if let Some(device) = connection.device() {
            self.unlink(device, id, connection.peer, now);
        }
    }

    /// Ends a connection. For everyone here it is gone at once: with a dead peer the transport may take long to notice.
    pub(super) fn close_connection(&mut self, id: ConnectionId) {
        self.swarm.behaviour_mut().gate.abandon(id);
        self.swarm.close_connection(id);
        self.handle_closed(id);
    }
}
