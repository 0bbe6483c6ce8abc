//! The handle to a running swarm.

use std::{net::SocketAddr, sync::Arc};

use glow_model::{DeviceId, TagKey, limits};
use glow_sync::Request;
use libp2p::Stream;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::{
    Acquaintance, Answers, FoundBy, Gatekeeper, Lanes, NetConfig, NetError, NetEvent, Status, activity::Activity,
    discovery::Found, event_loop::EventLoop, meter::Meter, protocol,
};

/// Commands that may wait for the event loop.
const COMMANDS: usize = 256;
/// Events that may wait for the engine.
const EVENTS: usize = 256;
/// Batches of addresses that may wait for the event loop.
const TOLD: usize = 64;

/// Starts a swarm for a group, with a fresh transport key. Has to be called inside a tokio runtime.
///
/// # Errors
/// [`NetError::NoPort`], [`NetError::NoTransport`] or [`NetError::Unavailable`].
pub fn start(config: NetConfig, gatekeeper: Arc<dyn Gatekeeper>) -> Result<(Net, mpsc::Receiver<NetEvent>), NetError> {
    let (command_sender, commands) = mpsc::channel(COMMANDS);
    let (event_sender, events) = mpsc::channel(EVENTS);
    let (told_sender, told) = mpsc::channel(TOLD);
    let lanes = Lanes::new();
    let event_loop = EventLoop::new(config, gatekeeper, commands, event_sender, told, lanes.clone())?;
    tokio::spawn(event_loop.run());
    let net = Net { commands: command_sender, told: told_sender, lanes };
    Ok((net, events))
}

/// A handle to a running swarm. When the last one is dropped the swarm shuts down.
#[derive(Debug, Clone)]
pub struct Net {
    commands: mpsc::Sender<Command>,
    told: mpsc::Sender<Found>,
    lanes: Lanes,
}

/// What a handle asks of the event loop.
#[derive(Debug)]
pub(crate) enum Command {
    Publish(Vec<u8>),
    /// A seat among the requests in flight to a device.
    Seat(DeviceId, oneshot::Sender<Arc<Semaphore>>),
    Open(DeviceId, oneshot::Sender<OpenedStream>),
    SetTags {
        announce: Vec<TagKey>,
        recognise: Vec<TagKey>,
    },
    Acquaintances(DeviceId, oneshot::Sender<Vec<Acquaintance>>),
    Acquaint(Vec<Acquaintance>),
    Reconsider,
    Disconnect(DeviceId),
    Status(oneshot::Sender<Status>),
    Shutdown(oneshot::Sender<()>),
}

/// A stream that is being opened on a connection.
#[derive(Debug)]
pub(crate) struct OpenedStream {
    pub(crate) stream: oneshot::Receiver<std::io::Result<Stream>>,
    pub(crate) activity: Activity,
    pub(crate) meter: Option<Arc<Meter>>,
}

impl Net {
    /// Sends a message to the group by gossip. Best effort: when nobody is near, the newest are kept for the first who comes;
    /// when there are too many, or it is above [`limits::GOSSIP_BYTES`], it is dropped.
    pub fn publish(&self, message: Vec<u8>) {
        if message.len() > limits::GOSSIP_BYTES {
            tracing::warn!(bytes = message.len(), "message too large for gossip");
        } else {
            self.send(Command::Publish(message));
        }
    }

    /// Asks a connected device. Waits while too many requests to it are in flight; a seat is kept until the answers are
    /// dropped.
    ///
    /// # Errors
    /// [`NetError::NotConnected`], [`NetError::Broken`], [`NetError::TimedOut`] or [`NetError::ShutDown`].
    pub async fn request(&self, device: DeviceId, request: Request) -> Result<Answers, NetError> {
        let not_connected = |_| NetError::NotConnected { device };
        let seats = self.ask(|reply| Command::Seat(device, reply)).await;
        let seats = seats?.ok_or(NetError::NotConnected { device })?;
        let seat = seats.acquire_owned().await.map_err(|_| NetError::NotConnected { device })?;
        let opened = self.ask(|reply| Command::Open(device, reply)).await;
        let opened = opened?.ok_or(NetError::NotConnected { device })?;
        let stream = opened.stream.await.map_err(not_connected)??;
        protocol::ask(stream, &request, (opened.activity, opened.meter), seat).await
    }

    /// What is sent at once, and what waits.
    #[must_use]
    pub fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// Hears of addresses. Those worth dialling are dialled, and again until somebody answers.
    pub fn add_addresses(&self, found_by: FoundBy, addresses: Vec<SocketAddr>) {
        let found = Found::at(addresses, found_by);
        if self.told.try_send(found).is_err() {
            tracing::warn!("too many addresses at once");
        }
    }

    /// Members that were met lately, for a connected member who asks: those it should know, and some by chance.
    pub async fn acquaintances(&self, of: DeviceId) -> Vec<Acquaintance> {
        match self.ask(|reply| Command::Acquaintances(of, reply)).await {
            Ok(Some(acquaintances)) => acquaintances,
            Ok(None) | Err(_) => Vec::new(),
        }
    }

    /// Hears from a member of others. They are dialled where links are wanted.
    pub fn acquaint(&self, told: Vec<Acquaintance>) {
        self.send(Command::Acquaint(told));
    }

    /// Sets the keys whose tags are announced by mDNS (at most three: the newest epoch, open invites), and those whose tags
    /// make another record worth dialling.
    pub fn set_tags(&self, announce: Vec<TagKey>, recognise: Vec<TagKey>) {
        self.send(Command::SetTags { announce, recognise });
    }

    /// Asks the gatekeeper again about every connected device, and disconnects those it no longer recognises.
    pub fn reconsider(&self) {
        self.send(Command::Reconsider);
    }

    /// Disconnects a device, and leaves its addresses alone for a while.
    pub fn disconnect(&self, device: DeviceId) {
        self.send(Command::Disconnect(device));
    }

    /// Where the swarm listens and who is connected; empty after shutdown.
    pub async fn status(&self) -> Status {
        match self.ask(Command::Status).await {
            Ok(Some(status)) => status,
            Ok(None) | Err(_) => Status::default(),
        }
    }

    /// Says goodbye by mDNS, closes every connection, and returns when that is done.
    pub async fn shutdown(self) {
        // When the event loop is gone there is nothing left to do.
        let _ = self.ask(Command::Shutdown).await;
    }

    fn send(&self, command: Command) {
        if let Err(error) = self.commands.try_send(command) {
            tracing::warn!(%error, "the swarm does not keep up");
        }
    }

    /// Sends a command and waits for its reply; nothing when the event loop drops the question.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<Option<T>, NetError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| NetError::ShutDown)?;
        Ok(answer.await.ok())
    }
}
