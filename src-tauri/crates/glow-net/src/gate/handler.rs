//! One connection's part of the gate.

use std::{
    collections::VecDeque,
    fmt,
    task::{Context, Poll, ready},
};

use either::Either;
use futures::future;
use libp2p::{
    core::upgrade::DeniedUpgrade,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound, ListenUpgradeError,
            SendWrapper,
        },
    },
};

/// How far a connection has come. *Closed* is having no inner handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Inbound streams are taken, outbound ones wait.
    Opening,
    /// Nothing is held back.
    Open,
}

/// What the gate says to a connection.
pub(crate) enum ToHandler<H: ConnectionHandler> {
    /// The first step: the inner behaviour's handler.
    Install(Box<H>, Stage),
    /// A further step.
    Step(Stage),
    /// For the inner handler.
    Inner(H::FromBehaviour),
}

impl<H: ConnectionHandler> fmt::Debug for ToHandler<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToHandler::Install(_, stage) => f.debug_tuple("Install").field(stage).finish(),
            ToHandler::Step(stage) => f.debug_tuple("Step").field(stage).finish(),
            ToHandler::Inner(event) => f.debug_tuple("Inner").field(event).finish(),
        }
    }
}

/// What a connection says to the gate.
#[derive(Debug)]
pub(crate) enum FromHandler<E> {
    /// A step was taken.
    Ready,
    /// From the inner handler.
    Inner(E),
}

/// Denies everything until the inner handler is installed.
pub(crate) struct Handler<H: ConnectionHandler> {
    inner: Option<H>,
    stage: Stage,
    steps_to_report: usize,
    waiting: VecDeque<SubstreamProtocol<H::OutboundProtocol, H::OutboundOpenInfo>>,
}

impl<H: ConnectionHandler> Handler<H> {
    pub(crate) fn closed() -> Self {
        Self { inner: None, stage: Stage::Opening, steps_to_report: 0, waiting: VecDeque::new() }
    }

    fn step(&mut self, stage: Stage) {
        self.stage = stage;
        self.steps_to_report += 1;
    }

    fn tell_inner(
        &mut self,
        event: ConnectionEvent<'_, H::InboundProtocol, H::OutboundProtocol, H::InboundOpenInfo, H::OutboundOpenInfo>,
    ) {
        if let Some(inner) = &mut self.inner {
            inner.on_connection_event(event);
        }
    }
}

type Event<H> = ConnectionHandlerEvent<
    <H as ConnectionHandler>::OutboundProtocol,
    <H as ConnectionHandler>::OutboundOpenInfo,
    FromHandler<<H as ConnectionHandler>::ToBehaviour>,
>;

impl<H: ConnectionHandler> ConnectionHandler for Handler<H> {
    type FromBehaviour = ToHandler<H>;
    type ToBehaviour = FromHandler<H::ToBehaviour>;
    type InboundProtocol = Either<SendWrapper<H::InboundProtocol>, SendWrapper<DeniedUpgrade>>;
    type OutboundProtocol = H::OutboundProtocol;
    type InboundOpenInfo = Either<H::InboundOpenInfo, ()>;
    type OutboundOpenInfo = H::OutboundOpenInfo;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, Self::InboundOpenInfo> {
        match &self.inner {
            Some(inner) => {
                inner.listen_protocol().map_upgrade(|upgrade| Either::Left(SendWrapper(upgrade))).map_info(Either::Left)
            }
            None => SubstreamProtocol::new(Either::Right(SendWrapper(DeniedUpgrade)), Either::Right(())),
        }
    }

    /// The event loop decides when a connection ends, not idleness.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event<H>> {
        if self.steps_to_report > 0 {
            self.steps_to_report -= 1;
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(FromHandler::Ready));
        }
        if self.stage == Stage::Open
            && let Some(protocol) = self.waiting.pop_front()
        {
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        let Some(inner) = &mut self.inner else {
            return Poll::Pending;
        };
        loop {
            match ready!(inner.poll(cx)) {
                ConnectionHandlerEvent::OutboundSubstreamRequest { protocol } if self.stage == Stage::Opening => {
                    self.waiting.push_back(protocol);
                }
                event => return Poll::Ready(event.map_custom(FromHandler::Inner)),
            }
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        match &mut self.inner {
            Some(inner) => inner.poll_close(cx).map(|event| event.map(FromHandler::Inner)),
            None => Poll::Ready(None),
        }
    }

    fn on_behaviour_event(&mut self, event: ToHandler<H>) {
        match event {
            ToHandler::Install(inner, stage) => {
                self.inner = Some(*inner);
                self.step(stage);
            }
            ToHandler::Step(stage) => self.step(stage),
            ToHandler::Inner(event) => {
                if let Some(inner) = &mut self.inner {
                    inner.on_behaviour_event(event);
                }
            }
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            '_,
            Self::InboundProtocol,
            Self::OutboundProtocol,
            Self::InboundOpenInfo,
            Self::OutboundOpenInfo,
        >,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: future::Either::Left(protocol),
                info: Either::Left(info),
            }) => self.tell_inner(ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, info })),
            ConnectionEvent::ListenUpgradeError(ListenUpgradeError {
                info: Either::Left(info),
                error: Either::Left(error),
            }) => self.tell_inner(ConnectionEvent::ListenUpgradeError(ListenUpgradeError { info, error })),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                self.tell_inner(ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }))
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                self.tell_inner(ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }));
            }
            ConnectionEvent::AddressChange(change) => {
                self.tell_inner(ConnectionEvent::AddressChange(change));
            }
            ConnectionEvent::LocalProtocolsChange(change) => {
                self.tell_inner(ConnectionEvent::LocalProtocolsChange(change));
            }
            ConnectionEvent::RemoteProtocolsChange(change) => {
                self.tell_inner(ConnectionEvent::RemoteProtocolsChange(change));
            }
            _ => {}
        }
    }
}
