//! Members on the same network, by mDNS.
//!
//! The record `_afterglow._udp.local.` names an address and, in its TXT, what stands in [`super::record`]. It says nothing
//! about life: a killed process stays listed for two minutes.

use std::{
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt, future::BoxFuture};
use glow_model::TagKey;
use libp2p::PeerId;
use mdns_sd::{IfKind, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use tokio::time::{Sleep, sleep_until, timeout};

use super::{
    Discovery, Found, Situation,
    record::{self, Names, renewal},
};
use crate::{Interfaces, NetError};

const SERVICE: &str = "_afterglow._udp.local.";
/// How often the daemon looks for new interfaces, in seconds.
const INTERFACES_S: u32 = 2;
/// How long to wait for a goodbye to go out.
const GOODBYE: Duration = Duration::from_millis(300);

type Events = Pin<Box<dyn Stream<Item = ServiceEvent> + Send>>;

/// Announces this device and looks for others.
pub(crate) struct Mdns {
    daemon: ServiceDaemon,
    peer: PeerId,
    situation: Situation,
    names: Names,
    renew: Pin<Box<Sleep>>,
    /// The full name under which this device is announced.
    announced: Option<String>,
    events: Option<Events>,
}

impl Mdns {
    /// Starts the daemon. Nothing is announced or looked for before the first situation.
    ///
    /// # Errors
    /// [`NetError::Unavailable`].
    pub(crate) fn new(peer: PeerId, interfaces: Interfaces) -> Result<Self, NetError> {
        let daemon = ServiceDaemon::new().map_err(|error| unavailable(&error))?;
        let set_up = || {
            daemon.set_ip_check_interval(INTERFACES_S)?;
            match interfaces {
                Interfaces::Lan => daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6]),
                Interfaces::LanAndLoopback => Ok(()),
                Interfaces::Loopback => {
                    daemon.disable_interface(IfKind::All)?;
                    daemon.enable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])
                }
            }
        };
        set_up().map_err(|error| unavailable(&error))?;
        Ok(Self {
            daemon,
            peer,
            situation: Situation::default(),
            names: Names::new(),
            renew: Box::pin(sleep_until(renewal())),
            announced: None,
            events: None,
        })
    }

    fn announce(&mut self) {
        if self.situation.announce.is_empty() || self.situation.listening.is_empty() {
            self.withdraw();
            return;
        }
        let Some(record) = self.record() else {
            return;
        };
        let name = record.get_fullname().to_owned();
        match self.daemon.register(record) {
            Ok(()) => self.announced = Some(name),
            Err(error) => tracing::warn!(%error, "cannot announce by mdns"),
        }
    }

    fn withdraw(&mut self) {
        if let Some(name) = self.announced.take() {
            // The daemon is busy or gone: the record runs out by itself.
            let _ = self.daemon.unregister(&name);
        }
    }

    fn record(&self) -> Option<ServiceInfo> {
        let ips: Vec<_> = self.situation.listening.iter().map(SocketAddr::ip).collect();
        let port = self.situation.listening.first()?.port();
        let names = &self.names;
        let text = names.text(&self.situation.announce, self.peer);
        let record = ServiceInfo::new(SERVICE, &names.instance, &names.host, &ips[..], port, &text[..]);
        match record {
            // The names are random: nobody else can have them, and probing would take a second.
            Ok(mut record) => {
                record.set_requires_probe(false);
                Some(record)
            }
            Err(error) => {
                tracing::warn!(%error, "cannot make an mdns record");
                None
            }
        }
    }

    fn browse(&mut self, again: bool) {
        if !self.situation.browse || self.situation.recognise.is_empty() {
            if self.events.take().is_some() {
                let _ = self.daemon.stop_browse(SERVICE);
            }
        } else if again || self.events.is_none() {
            match self.daemon.browse(SERVICE) {
                Ok(events) => self.events = Some(Box::pin(events.into_stream())),
                Err(error) => tracing::warn!(%error, "cannot look for others by mdns"),
            }
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<ServiceEvent> {
        let Some(events) = &mut self.events else {
            return Poll::Pending;
        };
        match events.poll_next_unpin(cx) {
            Poll::Ready(Some(event)) => Poll::Ready(event),
            Poll::Ready(None) => {
                self.events = None;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Discovery for Mdns {
    fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        if self.renew.as_mut().poll(cx).is_ready() {
            self.withdraw();
            self.names = Names::new();
            self.renew.as_mut().reset(renewal());
            self.announce();
            cx.waker().wake_by_ref();
        }
        loop {
            let Poll::Ready(event) = self.poll_event(cx) else {
                return Poll::Pending;
            };
            if let ServiceEvent::ServiceResolved(service) = event
                && let Some(found) = recognise(&service, self.peer, &self.situation.recognise)
            {
                return Poll::Ready(found);
            }
        }
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
        let goodbye = self.announced.take().and_then(|name| self.daemon.unregister(&name).ok());
        let daemon = self.daemon.clone();
        Box::pin(async move {
            if let Some(goodbye) = goodbye {
                let _ = timeout(GOODBYE, goodbye.recv_async()).await;
            }
            let _ = daemon.shutdown();
        })
    }
}

impl Drop for Mdns {
    fn drop(&mut self) {
        let _ = self.daemon.shutdown();
    }
}

fn recognise(service: &ResolvedService, myself: PeerId, keys: &[TagKey]) -> Option<Found> {
    let port = service.get_port();
    let addresses = service.get_addresses().iter().map(|ip| SocketAddr::new(ip.to_ip_addr(), port));
    record::recognise(|name| service.get_property_val_str(name), addresses, myself, keys)
}

fn unavailable(error: &mdns_sd::Error) -> NetError {
    NetError::Unavailable(std::io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests;
