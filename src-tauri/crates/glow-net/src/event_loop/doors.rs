//! Connections at the door: starts handshakes, takes the gate's steps for them, and hears how they end.

use std::sync::Arc;

use glow_model::DeviceId;
use glow_sync::door::{Certificate, Opens};
use libp2p::{Stream, swarm::ConnectionId};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::EventLoop;
use crate::{
    door::{self, Entered, Failure, Site},
    gate::Stage,
    streams::Inbound,
};

/// What a handshake reports.
pub(super) enum DoorStep {
    /// The other side has proved to be a member: the gate is to take a step, and to say when it has.
    Verified { connection: ConnectionId, stage: Stage, certificate: Certificate, taken: oneshot::Sender<()> },
    /// The handshake is over.
    Ended { connection: ConnectionId, result: Result<Entered, Failure> },
    /// A device that is connected is no longer a member.
    Unwelcome(DeviceId),
}

impl EventLoop {
    /// Starts the dialer's side of the handshake.
    pub(super) fn knock(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.door_in_use = true;
        let (peer, address) = (connection.peer, connection.address);
        let (opened, stream) = oneshot::channel();
        self.swarm.behaviour_mut().door.open(peer, id, opened);
        let epochs: Vec<_> = self
            .gatekeeper
            .doors()
            .into_iter()
            .filter(|(_, opens)| *opens == Opens::Epoch)
            .map(|(key, _)| key)
            .collect();
        let key = self.book.key(address, self.gatekeeper.dial_key(), &epochs);
        let ends = door::ends(*self.swarm.local_peer_id(), peer, true);
        let (group, gatekeeper) = (self.config.group, Arc::clone(&self.gatekeeper));
        self.run_handshake(id, move |steps| async move {
            let stream = open_stream(stream).await?;
            let site = Site { stream, group, ends, gatekeeper: &*gatekeeper };
            let convinced = |certificate| report(steps, id, Stage::Open, certificate);
            door::dial(site, key, convinced).await?;
            Ok(Entered::Member)
        });
    }

    /// Starts the listener's side of the handshake: once a connection.
    pub(super) fn handle_door_stream(&mut self, inbound: Inbound) {
        let id = inbound.connection;
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if connection.dialer || std::mem::replace(&mut connection.door_in_use, true) {
            return;
        }
        let ends = door::ends(*self.swarm.local_peer_id(), inbound.peer, false);
        let (group, gatekeeper) = (self.config.group, Arc::clone(&self.gatekeeper));
        self.run_handshake(id, move |steps| async move {
            let site = Site { stream: inbound.stream, group, ends, gatekeeper: &*gatekeeper };
            let verified = |certificate| report(steps, id, Stage::Opening, certificate);
            door::listen(site, verified).await
        });
    }

    fn run_handshake<Handshake>(
        &self,
        connection: ConnectionId,
        handshake: impl FnOnce(mpsc::Sender<DoorStep>) -> Handshake,
    ) where
        Handshake: Future<Output = Result<Entered, Failure>> + Send + 'static,
    {
        let steps = self.steps.0.clone();
        let handshake = handshake(steps.clone());
        tokio::spawn(async move {
            let result = timeout(door::TIME, handshake).await.unwrap_or(Err(Failure::Gone));
            // The event loop is gone: nobody asks.
            let _ = steps.send(DoorStep::Ended { connection, result }).await;
        });
    }

    pub(super) fn handle_door_step(&mut self, step: DoorStep) {
        match step {
            DoorStep::Verified { connection: id, stage, certificate, taken } => {
                let Some(connection) = self.connections.get_mut(&id) else {
                    return;
                };
                connection.certificate = Some(certificate);
                connection.step_taken = Some(taken);
                if !self.swarm.behaviour_mut().gate.step(id, stage) {
                    self.close_connection(id);
                }
            }
            DoorStep::Ended { connection, result } => self.handle_handshake_ended(connection, result),
            DoorStep::Unwelcome(device) => self.send_away(device),
        }
    }

    /// The gate's handler has taken the step that a handshake waits for.
    pub(super) fn handle_step_taken(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Some(taken) = connection.step_taken.take() else {
            return;
        };
        let is_dialer = connection.dialer;
        // A handshake that has given up reports so itself.
        let _ = taken.send(());
        if is_dialer {
            self.link(id);
        }
    }

    fn handle_handshake_ended(&mut self, id: ConnectionId, result: Result<Entered, Failure>) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        match result {
            Ok(Entered::Member) => {
                if !connection.dialer {
                    self.swarm.behaviour_mut().gate.step(id, Stage::Open);
                    self.link(id);
                }
            }
            Ok(Entered::Joiner) => self.close_connection(id),
            Err(failure) => {
                tracing::debug!(address = %connection.address, %failure, "the door stays shut");
                self.close_connection(id);
            }
        }
    }

    /// Asks the gatekeeper about everyone who is here.
    pub(super) fn reconsider(&self) {
        let gatekeeper = Arc::clone(&self.gatekeeper);
        let steps = self.steps.0.clone();
        let certificates: Vec<Certificate> = self.certificates();
        tokio::spawn(async move {
            for certificate in certificates {
                if gatekeeper.recognise(&certificate).await.is_err() {
                    let _ = steps.send(DoorStep::Unwelcome(certificate.device)).await;
                }
            }
        });
    }
}

async fn open_stream(stream: oneshot::Receiver<std::io::Result<Stream>>) -> Result<Stream, Failure> {
    let opened = stream.await.map_err(|_| Failure::Gone)?;
    Ok(opened.map_err(crate::NetError::from)?)
}

/// Has the gate take a step and waits until it has.
async fn report(
    steps: mpsc::Sender<DoorStep>,
    connection: ConnectionId,
    stage: Stage,
    certificate: Certificate,
) -> Result<(), Failure> {
    let (taken, is_taken) = oneshot::channel();
    let step = DoorStep::Verified { connection, stage, certificate, taken };
    steps.send(step).await.map_err(|_| Failure::Gone)?;
    is_taken.await.map_err(|_| Failure::Gone)
}
