//! The phone's own discovery of services: Bonjour on iOS, NSD on Android.
//!
//! The engine's swarms announce and browse independently of each other; the phone is told to browse once for all of them.
//! Orders go to the phone one after the other, so that a goodbye never overtakes its hello.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use glow_engine::{Announced, SystemDiscovery, SystemService};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};

use crate::contract::{Announce, Command, Seen, Withdraw};
use crate::phone::{Listener, Native};

/// Orders that wait for the phone: there are few swarms, and each changes its mind now and then.
const ORDERS: usize = 256;
/// Services that wait to be looked at by one swarm.
const SEEN: usize = 64;
/// Addresses that count of one service.
const ADDRESSES: usize = 16;
/// Fields of a TXT that count, and the bytes of one: DNS has no more than 255 in a string.
const FIELDS: usize = 16;
const FIELD_BYTES: usize = 255;

/// Announces and browses by commands.
#[derive(Debug)]
pub(crate) struct PhoneDiscovery {
    orders: mpsc::Sender<Order>,
    seen: broadcast::Sender<SystemService>,
    /// What is on the air now, for swarms that begin to look later.
    known: Arc<Mutex<BTreeMap<String, SystemService>>>,
}

/// What the phone is told next.
#[derive(Debug)]
enum Order {
    Announce(Announce),
    Withdraw(Withdraw),
    Browse,
    StopBrowsing,
}

impl PhoneDiscovery {
    pub(crate) fn new<N: Native>(native: Arc<N>) -> Self {
        let (orders, received) = mpsc::channel(ORDERS);
        let (seen, _) = broadcast::channel(SEEN);
        let known = Arc::default();
        tokio::spawn(carry_out(native, received, seen.clone(), Arc::clone(&known)));
        Self { orders, seen, known }
    }
}

/// Withdraws an announcement when it is dropped.
struct Goodbye {
    orders: mpsc::Sender<Order>,
    instance: String,
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        order(&self.orders, Order::Withdraw(Withdraw { instance: std::mem::take(&mut self.instance) }));
    }
}

impl SystemDiscovery for PhoneDiscovery {
    fn announce(&self, service: SystemService) -> Announced {
        let SystemService { instance, port, text, .. } = service;
        let goodbye = Goodbye { orders: self.orders.clone(), instance: instance.clone() };
        order(&self.orders, Order::Announce(Announce { instance, port, text }));
        Box::new(goodbye)
    }

    fn browse(&self) -> mpsc::Receiver<SystemService> {
        let (seen, receiver) = mpsc::channel(SEEN);
        let mut others = self.seen.subscribe();
        let there = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let orders = self.orders.clone();
        order(&orders, Order::Browse);
        tokio::spawn(async move {
            for service in there.into_values() {
                let _ = seen.try_send(service);
            }
            loop {
                tokio::select! {
                    () = seen.closed() => break,
                    // What was missed by lagging is seen again: services are told more than once.
                    service = others.recv() => match service {
                        Ok(service) => drop(seen.try_send(service)),
                        Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => break,
                    },
                }
            }
            order(&orders, Order::StopBrowsing);
        });
        receiver
    }
}

/// Nothing here waits: a phone that carries out none of so many orders hears no more.
fn order(orders: &mpsc::Sender<Order>, order: Order) {
    if orders.try_send(order).is_err() {
        tracing::warn!("the system's discovery does not answer");
    }
}

async fn carry_out<N: Native>(
    native: Arc<N>,
    mut orders: mpsc::Receiver<Order>,
    seen: broadcast::Sender<SystemService>,
    known: Arc<Mutex<BTreeMap<String, SystemService>>>,
) {
    let mut browsers = 0_usize;
    while let Some(order) = orders.recv().await {
        let (command, request, listener) = match order {
            Order::Announce(service) => (Command::Announce, serde_json::to_value(service), None),
            Order::Withdraw(service) => (Command::Withdraw, serde_json::to_value(service), None),
            Order::Browse => {
                browsers += 1;
                if browsers > 1 {
                    continue;
                }
                (Command::Browse, Ok(json!({})), Some(listener(seen.clone(), known.clone())))
            }
            Order::StopBrowsing => {
                browsers = browsers.saturating_sub(1);
                if browsers > 0 {
                    continue;
                }
                known.lock().unwrap_or_else(PoisonError::into_inner).clear();
                (Command::StopBrowsing, Ok(json!({})), None)
            }
        };
        let Ok(request) = request else { continue };
        if let Err(error) = native.run(command, request, listener).await {
            tracing::warn!(%error, command = command.name(), "the system's discovery");
        }
    }
}

fn listener(seen: broadcast::Sender<SystemService>, known: Arc<Mutex<BTreeMap<String, SystemService>>>) -> Listener {
    Box::new(move |event| {
        let Some(service) = service(event) else { return };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < SEEN || known.contains_key(&service.instance) {
            known.insert(service.instance.clone(), service.clone());
        }
        // Nobody looks just now.
        let _ = seen.send(service);
    })
}

/// Reads a service as the phone tells it. Addresses of one interface alone (with a `%`) are of no use elsewhere.
fn service(event: Value) -> Option<SystemService> {
    let Seen { instance, port, addresses, text } = serde_json::from_value(event).ok()?;
    let fits = |(name, value): &(String, String)| name.len() + value.len() < FIELD_BYTES;
    let addresses: Vec<IpAddr> = addresses.iter().filter_map(|text| text.parse().ok()).take(ADDRESSES).collect();
    let text = text.into_iter().filter(fits).take(FIELDS).collect();
    let is_whole = instance.len() <= FIELD_BYTES && port != 0 && !addresses.is_empty();
    is_whole.then_some(SystemService { instance, addresses, port, text })
}
