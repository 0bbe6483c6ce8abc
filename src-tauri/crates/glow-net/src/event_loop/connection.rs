//! What the event loop knows of a connection.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use glow_model::DeviceId;
use glow_sync::door::Certificate;
use libp2p::{PeerId, core::ConnectedPoint};
use tokio::sync::oneshot;

use crate::{FoundBy, Transport, activity::Activity, address, door, meter::Meter, streams::Inbound};

/// Requests of a peer that passed, kept until this side hears so too.
const EARLY_REQUESTS: usize = glow_model::limits::REQUESTS_PER_PEER;

/// A connection, from the moment the transport is secured.
pub(super) struct Connection {
    pub(super) peer: PeerId,
    pub(super) transport: Transport,
    pub(super) address: SocketAddr,
    pub(super) dialer: bool,
    pub(super) found_by: FoundBy,
    pub(super) activity: Activity,
    /// What stands before its socket; nothing for QUIC.
    pub(super) meter: Option<Arc<Meter>>,
    pub(super) rtt_ms: Option<u32>,
    pub(super) shortest_us: Option<u64>,
    pub(super) opened: Instant,
    /// When the door closes, as long as it was not passed.
    door_closes: Instant,
    /// Whether a handshake is under way, or over.
    pub(super) door_in_use: bool,
    /// What the other side showed.
    pub(super) certificate: Option<Certificate>,
    /// Waits for the gate to take its step.
    pub(super) step_taken: Option<oneshot::Sender<()>>,
    /// Whether the door was passed.
    pub(super) is_open: bool,
    early: Vec<Inbound>,
}

impl Connection {
    pub(super) fn new(peer: PeerId, endpoint: &ConnectedPoint, found_by: Option<FoundBy>, now: Instant) -> Self {
        let nowhere = (Transport::Tcp, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let (transport, address) = address::from_multiaddr(endpoint.get_remote_address()).unwrap_or(nowhere);
        Self {
            peer,
            transport,
            address,
            dialer: endpoint.is_dialer(),
            found_by: found_by.unwrap_or(FoundBy::Inbound),
            activity: Activity::new(),
            meter: None,
            rtt_ms: None,
            shortest_us: None,
            opened: now,
            door_closes: now + door::TIME,
            door_in_use: false,
            certificate: None,
            step_taken: None,
            is_open: false,
            early: Vec::new(),
        }
    }

    /// A ping was answered.
    pub(super) fn measured(&mut self, round_trip: Duration) {
        let us = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX);
        self.rtt_ms = u32::try_from(round_trip.as_millis()).ok();
        let shortest_us = self.shortest_us.map_or(us, |shortest| shortest.min(us));
        self.shortest_us = Some(shortest_us);
        if let Some(meter) = &self.meter {
            meter.note_round_trip(shortest_us);
        }
    }

    /// When it is to be closed.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.is_open).then_some(self.door_closes)
    }

    /// The device, once the door was passed.
    pub(super) fn device(&self) -> Option<DeviceId> {
        let certificate = self.certificate.as_ref().filter(|_| self.is_open)?;
        Some(certificate.device)
    }

    /// Keeps a request that came before the door was seen to be passed.
    pub(super) fn keep_early(&mut self, inbound: Inbound) {
        if self.early.len() < EARLY_REQUESTS {
            self.early.push(inbound);
        }
    }

    /// The requests that were kept.
    pub(super) fn take_early(&mut self) -> Vec<Inbound> {
        std::mem::take(&mut self.early)
    }
}
