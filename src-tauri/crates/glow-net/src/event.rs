//! What a swarm tells: events, the answers they ask for, and its status.

use std::{net::SocketAddr, time::Duration};

use glow_model::DeviceId;
use glow_sync::{Request, proximity::Place};
use libp2p::{
    PeerId,
    gossipsub::{MessageAcceptance, MessageId},
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::protocol::AnswerSink;

/// What happened.
#[derive(Debug)]
pub enum NetEvent {
    /// A device is connected: both passed the door. Comes once until [`NetEvent::Disconnected`], whatever becomes of the
    /// connections below.
    Connected {
        /// The device.
        device: DeviceId,
        /// Its address, as seen here.
        address: SocketAddr,
        /// Whether this side dialled.
        dialer: bool,
        /// How the address was found; [`FoundBy::Inbound`] when the other side dialled.
        found_by: FoundBy,
    },
    /// A device is gone.
    Disconnected {
        /// The device.
        device: DeviceId,
    },
    /// A gossip message to be judged.
    Gossip {
        /// The neighbour it came from, which need not be its author.
        from: DeviceId,
        /// Its bytes.
        message: Vec<u8>,
        /// Says whether it is passed on.
        verdict: Verdict,
    },
    /// A request to be answered.
    Request {
        /// Who asks.
        from: DeviceId,
        /// What.
        request: Request,
        /// Takes the answers.
        answers: AnswerSink,
    },
    /// A round trip to a device was measured.
    Measured {
        /// The device.
        device: DeviceId,
        /// How long it took.
        round_trip: Duration,
        /// What comes over the connection in bits a second while it is busy; nothing until enough has come.
        goodput_bps: Option<u64>,
        /// Where it is, as far as its address tells.
        place: Place,
    },
    /// Here a member was reached, or says that it listens: worth remembering.
    Reached(SocketAddr),
    /// The addresses at which this device can be reached.
    ListeningChanged(Vec<SocketAddr>),
}

/// How an address was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundBy {
    /// It dialled this device.
    Inbound,
    /// Announced by mDNS.
    Mdns,
    /// Stood in an invite.
    Invite,
    /// Told by another member.
    Exchange,
    /// Reached in an earlier session.
    Remembered,
    /// Typed by a person.
    Manual,
}

/// A transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// QUIC over UDP.
    Quic,
    /// TCP with Noise and Yamux.
    Tcp,
}

/// The state of a swarm at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Where it listens.
    pub listening: Vec<(Transport, SocketAddr)>,
    /// Who is connected.
    pub peers: Vec<Peer>,
    /// Whether this device has opened the hotspot that others use.
    pub is_hotspot: bool,
}

/// A connected device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The device.
    pub device: DeviceId,
    /// By which transport.
    pub transport: Transport,
    /// Its address, as seen here.
    pub address: SocketAddr,
    /// How the address was found.
    pub found_by: FoundBy,
    /// The newest round trip, when there was one.
    pub rtt_ms: Option<u32>,
    /// Whether this side dialled.
    pub dialer: bool,
    /// What comes over this connection in bits a second while it is busy; nothing until enough has come.
    pub goodput_bps: Option<u64>,
    /// The same of the last connection by TCP, this one or one before.
    pub tcp_bps: Option<u64>,
    /// The same by QUIC.
    pub quic_bps: Option<u64>,
    /// Where it is, as far as addresses and round trips tell.
    pub place: Place,
}

/// Where a member was met lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquaintance {
    /// The address.
    pub address: SocketAddr,
    /// Its transport's public identity.
    pub transport_key: Vec<u8>,
    /// How long ago.
    pub age: Duration,
}

/// Says whether a gossip message is passed on. Dropping it is [`Verdict::ignore`].
#[derive(Debug)]
pub struct Verdict {
    pub(crate) pending: Option<PendingVerdict>,
}

/// What the event loop needs to report a verdict. The permit bounds how many are out at once.
#[derive(Debug)]
pub(crate) struct PendingVerdict {
    pub(crate) message: MessageId,
    pub(crate) source: PeerId,
    pub(crate) verdicts: mpsc::UnboundedSender<GivenVerdict>,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// A verdict on its way to gossipsub.
#[derive(Debug)]
pub(crate) struct GivenVerdict {
    pub(crate) message: MessageId,
    pub(crate) source: PeerId,
    pub(crate) acceptance: MessageAcceptance,
    _permit: OwnedSemaphorePermit,
}

impl Verdict {
    /// Passes the message on.
    pub fn accept(self) {
        self.give(MessageAcceptance::Accept);
    }

    /// Neither passes it on nor blames the sender: it cannot be judged here.
    pub fn ignore(self) {
        self.give(MessageAcceptance::Ignore);
    }

    /// Stops it: it is forged or malformed.
    pub fn reject(self) {
        self.give(MessageAcceptance::Reject);
    }

    fn give(mut self, acceptance: MessageAcceptance) {
        if let Some(pending) = self.pending.take() {
            pending.give(acceptance);
        }
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            pending.give(MessageAcceptance::Ignore);
        }
    }
}

impl PendingVerdict {
    fn give(self, acceptance: MessageAcceptance) {
        let given = GivenVerdict { message: self.message, source: self.source, acceptance, _permit: self.permit };
        // A swarm that has shut down needs no verdict.
        let _ = self.verdicts.send(given);
    }
}
