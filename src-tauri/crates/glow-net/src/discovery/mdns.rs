//! Members on the same network, by mDNS.
//!
//! The record `_afterglow._udp.local.` names an address and, in its TXT, `v` the version, `p` the peer id, `s` a salt of 8
//! bytes and `t` three tags of 8 bytes. A tag is an HMAC of salt and peer id under a key: of the group's newest epoch, or of an
//! open invite. Unused tags are random. Whoever holds a key finds its tags; others see numbers that change, under random
//! names, every 10 to 20 minutes. A record says nothing about life: a killed process stays listed for two minutes.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use data_encoding::HEXLOWER;
use futures::{Stream, StreamExt, future::BoxFuture};
use glow_model::TagKey;
use libp2p::PeerId;
use mdns_sd::{IfKind, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use rand::RngExt;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::{Discovery, Found, Situation};
use crate::{FoundBy, Interfaces, NetError};

const SERVICE: &str = "_afterglow._udp.local.";
const VERSION: &str = "1";
/// Tags in a record.
const TAGS: usize = 3;
/// Minutes after which names and salt change.
const RENEW_MINUTES: std::ops::Range<f64> = 10.0..20.0;
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

/// What changes with each renewal.
#[derive(Debug, Clone)]
struct Names {
    instance: String,
    host: String,
    salt: [u8; 8],
    /// Stand in for tags that are not used.
    filler: [[u8; 8]; TAGS],
}

impl Names {
    fn new() -> Self {
        Self {
            instance: HEXLOWER.encode(&rand::random::<[u8; 8]>()),
            host: format!("{}.local.", HEXLOWER.encode(&rand::random::<[u8; 8]>())),
            salt: rand::random(),
            filler: rand::random(),
        }
    }

    /// The tags to announce, padded.
    fn tags(&self, keys: &[TagKey], peer: &[u8]) -> Vec<u8> {
        let mut tags = self.filler;
        for (tag, key) in tags.iter_mut().zip(keys) {
            *tag = key.tag(&self.salt, peer);
        }
        tags.concat()
    }
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
        let peer = self.peer.to_bytes();
        let tags = self.names.tags(&self.situation.announce, &peer);
        let text = [
            ("v", VERSION.to_owned()),
            ("p", HEXLOWER.encode(&peer)),
            ("s", HEXLOWER.encode(&self.names.salt)),
            ("t", HEXLOWER.encode(&tags)),
        ];
        let names = &self.names;
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

/// What a record means to the holder of these keys; nothing when none of its tags is known, or when it is this swarm's own.
fn recognise(service: &ResolvedService, myself: PeerId, keys: &[TagKey]) -> Option<Found> {
    let text = |name| service.get_property_val_str(name);
    let bytes = |name| HEXLOWER.decode(text(name)?.as_bytes()).ok();
    if text("v") != Some(VERSION) {
        return None;
    }
    let peer_bytes = bytes("p")?;
    let peer = PeerId::from_bytes(&peer_bytes).ok().filter(|peer| *peer != myself)?;
    let salt = bytes("s")?.try_into().ok()?;
    let tags = bytes("t").filter(|tags| tags.len() == 8 * TAGS)?;
    let key = keys.iter().find(|key| {
        let tag = key.tag(&salt, &peer_bytes);
        tags.chunks(tag.len()).any(|other| other == tag)
    })?;
    let port = service.get_port();
    let addresses: BTreeSet<SocketAddr> =
        service.get_addresses().iter().map(|ip| SocketAddr::new(ip.to_ip_addr(), port)).collect();
    Some(Found {
        addresses: addresses.into_iter().collect(),
        found_by: FoundBy::Mdns,
        peer: Some(peer),
        key: Some(key.clone()),
    })
}

fn renewal() -> Instant {
    let minutes = rand::rng().random_range(RENEW_MINUTES);
    Instant::now() + Duration::from_secs_f64(60.0 * minutes)
}

fn unavailable(error: &mdns_sd::Error) -> NetError {
    NetError::Unavailable(std::io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests;
