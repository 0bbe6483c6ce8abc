//! Where addresses come from.

mod mdns;
mod record;
mod system;
mod told;

use std::{
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use futures::future::BoxFuture;
use glow_model::TagKey;
use libp2p::PeerId;
use mdns::Mdns;
use system::System;
pub use system::{Announced, SERVICE_TYPE, SystemDiscovery, SystemService};
pub(crate) use told::Told;

use crate::{FoundBy, Interfaces};

/// A source of addresses where a member may be.
pub(crate) trait Discovery: Send {
    /// Waits for the next find.
    fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Found>;

    /// Hears what is true of this device.
    fn handle_situation(&mut self, situation: &Situation);

    /// Says goodbye.
    fn close(&mut self) -> BoxFuture<'static, ()>;
}

/// What was found: addresses of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) found_by: FoundBy,
    /// Who is said to be there.
    pub(crate) peer: Option<PeerId>,
    /// The key whose tag is announced there.
    pub(crate) key: Option<TagKey>,
    /// When a member met it there.
    pub(crate) seen: Option<Instant>,
}

impl Found {
    /// Addresses of which nothing else is known.
    pub(crate) fn at(addresses: Vec<SocketAddr>, found_by: FoundBy) -> Self {
        Self { addresses, found_by, peer: None, key: None, seen: None }
    }
}

/// What a source has to know of this device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Situation {
    /// Where it listens and others could reach it.
    pub(crate) listening: Vec<SocketAddr>,
    /// Keys whose tags are announced.
    pub(crate) announce: Vec<TagKey>,
    /// Keys whose tags are looked for.
    pub(crate) recognise: Vec<TagKey>,
    /// Whether more links are wanted.
    pub(crate) browse: bool,
    /// How often the network has changed.
    pub(crate) network_changes: u64,
}

/// What finds members on the same network: the system's discovery where there is one, otherwise our own mDNS.
pub(crate) fn nearby(
    system: Option<Arc<dyn SystemDiscovery>>,
    local: PeerId,
    interfaces: Interfaces,
) -> Option<Box<dyn Discovery>> {
    if let Some(system) = system {
        return Some(Box::new(System::new(system, local)));
    }
    match Mdns::new(local, interfaces) {
        Ok(mdns) => Some(Box::new(mdns)),
        Err(error) => {
            tracing::warn!(%error, "no mdns");
            None
        }
    }
}

/// Polls several sources as one.
pub(crate) fn poll_first(sources: &mut [Box<dyn Discovery>], cx: &mut Context<'_>) -> Poll<Found> {
    for source in sources {
        if let Poll::Ready(found) = source.poll_found(cx) {
            return Poll::Ready(found);
        }
    }
    Poll::Pending
}
