//! Members on the same network, through the operating system.
//!
//! A phone lets an app neither send nor hear multicast of its own: iOS refuses it, Android filters it. Their own discovery
//! (Bonjour, NSD) does it instead, with the same record under the same service as [`super::mdns`], so that both find each
//! other. Whoever embeds the engine brings the way there.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use libp2p::PeerId;
use tokio::{
    sync::mpsc,
    time::{Sleep, sleep_until},
};

use super::{
    Discovery, Found, Situation,
    record::{Names, recognise, renewal},
};

/// The service's type, as systems spell it: without the domain.
pub const SERVICE_TYPE: &str = "_afterglow._udp";

/// A service on the network: one to announce, or one that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemService {
    /// Its name within the service's type.
    pub instance: String,
    /// Where it is; empty for one to announce, whose addresses the system knows.
    pub addresses: Vec<IpAddr>,
    /// Its port.
    pub port: u16,
    /// Its TXT.
    pub text: BTreeMap<String, String>,
}

/// Ends an announcement when it is dropped.
pub type Announced = Box<dyn Any + Send>;

/// The operating system's own discovery of services of [`SERVICE_TYPE`]. Nothing here waits.
pub trait SystemDiscovery: fmt::Debug + Send + Sync {
    /// Announces a service until what is returned is dropped.
    fn announce(&self, service: SystemService) -> Announced;

    /// Looks for services until the receiver is dropped. One service may come several times.
    fn browse(&self) -> mpsc::Receiver<SystemService>;
}

/// Announces this device and looks for others.
pub(crate) struct System {
    system: Arc<dyn SystemDiscovery>,
    peer: PeerId,
    situation: Situation,
    names: Names,
    renew: Pin<Box<Sleep>>,
    announced: Option<Announced>,
    seen: Option<mpsc::Receiver<SystemService>>,
}

impl System {
    pub(crate) fn new(system: Arc<dyn SystemDiscovery>, peer: PeerId) -> Self {
        Self {
            system,
            peer,
            situation: Situation::default(),
            names: Names::new(),
            renew: Box::pin(sleep_until(renewal())),
            announced: None,
            seen: None,
        }
    }

    fn announce(&mut self) {
        // The old one goes first: the system announces under one name at a time.
        self.announced = None;
        let Some(listening) = self.situation.listening.first() else {
            return;
        };
        if self.situation.announce.is_empty() {
            return;
        }
        let text = self.names.text(&self.situation.announce, self.peer);
        self.announced = Some(self.system.announce(SystemService {
            instance: self.names.instance.clone(),
            addresses: Vec::new(),
            port: listening.port(),
            text: text.map(|(name, value)| (name.to_owned(), value)).into(),
        }));
    }

    fn browse(&mut self, again: bool) {
        if !self.situation.browse || self.situation.recognise.is_empty() {
            self.seen = None;
        } else if again || self.seen.is_none() {
            self.seen = Some(self.system.browse());
        }
    }
}

impl Discovery for System {
    fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        if self.renew.as_mut().poll(cx).is_ready() {
            self.names = Names::new();
            self.renew.as_mut().reset(renewal());
            self.announce();
            cx.waker().wake_by_ref();
        }
        while let Some(seen) = &mut self.seen {
            let service = match seen.poll_recv(cx) {
                Poll::Ready(Some(service)) => service,
                Poll::Ready(None) => {
                    self.seen = None;
                    return Poll::Pending;
                }
                Poll::Pending => return Poll::Pending,
            };
            let text = |name: &str| service.text.get(name).map(String::as_str);
            let addresses = service.addresses.iter().map(|ip| SocketAddr::new(*ip, service.port));
            if let Some(found) = recognise(text, addresses, self.peer, &self.situation.recognise) {
                return Poll::Ready(found);
            }
        }
        Poll::Pending
    }

    fn handle_situation(&mut self, situation: &Situation) {
        let old = std::mem::replace(&mut self.situation, situation.clone());
        let network_changed = old.network_changes != situation.network_changes;
        if network_changed || old.announce != situation.announce || old.listening != situation.listening {
            self.announce();
        }
        self.browse(network_changed || old.recognise != situation.recognise);
    }

    fn close(&mut self) -> BoxFuture<'static, ()> {
        self.announced = None;
        self.seen = None;
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests;
