//! Plain streams of one protocol, each bound to the connection it was opened on.
//!
//! libp2p's own `libp2p-stream` picks any connection of a peer, and drops inbound streams that come in a burst. The door has
//! to know which connection it opens, and a member may ask for sixteen things at once.

use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol,
    core::{Endpoint, transport::PortUse, upgrade::ReadyUpgrade},
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
        NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Answers a wish to open a stream.
pub(crate) type Opened = oneshot::Sender<io::Result<Stream>>;

/// A stream that the other side opened.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) peer: PeerId,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
    /// To be kept as long as the stream: bounds how many the other side has open.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Opens and accepts streams of one protocol.
pub(crate) struct Streams {
    protocol: StreamProtocol,
    inbound_per_connection: usize,
    queue: VecDeque<ToSwarm<Inbound, Opened>>,
}

impl Streams {
    pub(crate) fn new(protocol: &'static str, inbound_per_connection: usize) -> Self {
        Self { protocol: StreamProtocol::new(protocol), inbound_per_connection, queue: VecDeque::new() }
    }

    /// Opens a stream on one connection. `opened` is dropped when the connection is gone.
    pub(crate) fn open(&mut self, peer_id: PeerId, connection: ConnectionId, opened: Opened) {
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id,
            handler: NotifyHandler::One(connection),
            event: opened,
        });
    }

    fn handler(&self) -> Handler {
        Handler {
            protocol: self.protocol.clone(),
            permits: Arc::new(Semaphore::new(self.inbound_per_connection)),
            wanted: VecDeque::new(),
            accepted: VecDeque::new(),
        }
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = Handler;
    type ToSwarm = Inbound;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        (stream, permit): THandlerOutEvent<Self>,
    ) {
        self.queue.push_back(ToSwarm::GenerateEvent(Inbound { peer, connection, stream, permit }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Inbound, THandlerInEvent<Self>>> {
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// One connection's part of [`Streams`].
pub(crate) struct Handler {
    protocol: StreamProtocol,
    permits: Arc<Semaphore>,
    wanted: VecDeque<Opened>,
    accepted: VecDeque<(Stream, OwnedSemaphorePermit)>,
}

impl Handler {
    fn upgrade<Info>(&self, info: Info) -> SubstreamProtocol<ReadyUpgrade<StreamProtocol>, Info> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), info)
    }

    /// Takes a stream in when the other side has not too many open; otherwise it is dropped, which resets it.
    fn accept(&mut self, stream: Stream) {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            self.accepted.push_back((stream, permit));
        }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Opened;
    type ToBehaviour = (Stream, OwnedSemaphorePermit);
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Opened;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, ()> {
        self.upgrade(())
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Opened, Self::ToBehaviour>> {
        if let Some(accepted) = self.accepted.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(accepted));
        }
        let Some(opened) = self.wanted.pop_front() else {
            return Poll::Pending;
        };
        Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol: self.upgrade(opened) })
    }

    fn on_behaviour_event(&mut self, opened: Opened) {
        self.wanted.push_back(opened);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), Opened>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => self.accept(protocol),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                // Whoever no longer waits needs no stream.
                let _ = info.send(Ok(protocol));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let _ = info.send(Err(to_io_error(error)));
            }
            _ => {}
        }
    }
}

fn to_io_error(error: StreamUpgradeError<std::convert::Infallible>) -> io::Error {
    match error {
        StreamUpgradeError::Timeout => io::ErrorKind::TimedOut.into(),
        StreamUpgradeError::NegotiationFailed => io::ErrorKind::Unsupported.into(),
        StreamUpgradeError::Io(error) => error,
        StreamUpgradeError::Apply(never) => match never {},
    }
}
