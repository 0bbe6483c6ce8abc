//! Where this device is: its networks, its addresses, and who tells it of others.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use glow_model::TagKey;
use if_watch::{IfEvent, IpNet, tokio::IfWatcher};
use libp2p::PeerId;
use tokio::time::{Sleep, sleep};

use super::EventLoop;
use crate::{
    ConnectionLimits, NetConfig, NetEvent,
    address::{self, Reach},
    discovery::{self, Discovery, Found, Situation},
    routes, transport,
};

/// Changes of the network that come within this time count as one.
const SETTLE: Duration = Duration::from_millis(150);

/// What may change around this device.
pub(super) enum Change {
    /// Somebody may be here.
    Found(Found),
    /// The networks of this device.
    Network,
}

/// Discovery and what it depends on.
pub(super) struct Surroundings {
    reach: Reach,
    watcher: Option<IfWatcher>,
    /// Runs while the network is changing.
    settling: Option<Pin<Box<Sleep>>>,
    /// Addresses that went down meanwhile.
    down: Vec<IpNet>,
    sources: Vec<Box<dyn Discovery>>,
    situation: Situation,
    /// Through whom other networks are reached.
    routers: Vec<IpAddr>,
}

impl Surroundings {
    pub(super) fn new(config: &NetConfig, local: PeerId, mut sources: Vec<Box<dyn Discovery>>) -> Self {
        if config.mdns {
            sources.extend(discovery::nearby(config.system_discovery.clone(), local, config.listen.interfaces));
        }
        let watcher =
            IfWatcher::new().inspect_err(|error| tracing::warn!(%error, "changes of the network go unnoticed"));
        Self {
            reach: Reach::new(config.listen.interfaces),
            watcher: watcher.ok(),
            settling: None,
            down: Vec::new(),
            sources,
            situation: Situation { browse: true, ..Situation::default() },
            routers: routes::routers(),
        }
    }

    pub(super) fn reach(&self) -> &Reach {
        &self.reach
    }

    pub(super) fn routers(&self) -> &[IpAddr] {
        &self.routers
    }

    pub(super) fn is_own(&self, address: &SocketAddr) -> bool {
        self.situation.listening.contains(address)
    }

    pub(super) fn set_tags(&mut self, announce: Vec<TagKey>, recognise: Vec<TagKey>) {
        self.change(|situation| {
            situation.announce = announce;
            situation.recognise = recognise;
        });
    }

    /// With links enough nobody is looked for; with few again; in between it stays as it is.
    pub(super) fn count_links(&mut self, links: usize, limits: &ConnectionLimits) {
        self.change(|situation| {
            if links >= limits.enough_links {
                situation.browse = false;
            } else if links < limits.few_links {
                situation.browse = true;
            }
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Situation)) {
        let old = self.situation.clone();
        change(&mut self.situation);
        if self.situation != old {
            for source in &mut self.sources {
                source.handle_situation(&self.situation);
            }
        }
    }

    /// Waits for the next change.
    pub(super) fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Change> {
        if self.poll_network(cx).is_ready() {
            return Poll::Ready(Change::Network);
        }
        discovery::poll_first(&mut self.sources, cx).map(Change::Found)
    }

    /// Waits until the network has changed and is quiet again.
    fn poll_network(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(watcher) = &mut self.watcher {
            match watcher.poll_if_event(cx) {
                Poll::Ready(Ok(event)) => {
                    if let IfEvent::Down(network) = event {
                        self.down.push(network);
                    }
                    self.settling = Some(Box::pin(sleep(SETTLE)));
                }
                Poll::Ready(Err(error)) => {
                    tracing::warn!(%error, "changes of the network go unnoticed");
                    self.watcher = None;
                }
                Poll::Pending => break,
            }
        }
        let settling = self.settling.as_mut();
        if settling.is_none_or(|settling| settling.as_mut().poll(cx).is_pending()) {
            return Poll::Pending;
        }
        self.settling = None;
        Poll::Ready(())
    }

    pub(super) fn close(&mut self) -> Vec<BoxFuture<'static, ()>> {
        self.sources.iter_mut().map(|source| source.close()).collect()
    }
}

impl EventLoop {
    /// The network has changed: what it no longer reaches is given up, everything else is dialled at once.
    pub(super) fn handle_network_change(&mut self) {
        let networks = self.surroundings.watcher.iter().flat_map(IfWatcher::iter);
        let networks = networks.copied().collect();
        let down = std::mem::take(&mut self.surroundings.down);
        self.surroundings.routers = routes::routers();
        let lost = self.surroundings.reach.move_to(networks, down);
        self.close_stranded(&lost);
        self.book.hurry(Instant::now());
        self.surroundings.change(|situation| situation.network_changes += 1);
    }

    /// The addresses this swarm listens on have changed. Those count on which every transport listens.
    pub(super) fn handle_listening(&mut self) {
        let mut transports: BTreeMap<SocketAddr, usize> = BTreeMap::new();
        for (_, address) in self.swarm.listeners().filter_map(address::from_multiaddr) {
            *transports.entry(address).or_default() += 1;
        }
        let all = transport::transports(&self.config.listen).len();
        let listening: Vec<SocketAddr> = transports
            .into_iter()
            .filter(|(_, count)| *count == all)
            .map(|(address, _)| address)
            .filter(|address| self.surroundings.reach.is_worth_announcing(address.ip()))
            .collect();
        if listening == self.surroundings.situation.listening {
            return;
        }
        self.surroundings.change(|situation| situation.listening.clone_from(&listening));
        self.outbox.push_back(NetEvent::ListeningChanged(listening));
    }
}
