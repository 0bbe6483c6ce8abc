use std::{
    future::poll_fn,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use glow_model::TagKey;
use tokio::{sync::broadcast, time::timeout};

use super::*;

/// A network of phones: what one announces, all see.
#[derive(Debug)]
struct Neighbourhood {
    on_air: Mutex<Vec<SystemService>>,
    seen: broadcast::Sender<SystemService>,
}

#[derive(Debug)]
struct Phone(Arc<Neighbourhood>, IpAddr);

struct Goodbye(Arc<Neighbourhood>, String);

impl Drop for Goodbye {
    fn drop(&mut self) {
        self.0.on_air().retain(|service| service.instance != self.1);
    }
}

impl Neighbourhood {
    fn new() -> Arc<Self> {
        Arc::new(Self { on_air: Mutex::default(), seen: broadcast::channel(16).0 })
    }

    fn phone(self: &Arc<Self>, last: u8) -> Arc<dyn SystemDiscovery> {
        Arc::new(Phone(self.clone(), IpAddr::from([192, 168, 1, last])))
    }

    fn on_air(&self) -> std::sync::MutexGuard<'_, Vec<SystemService>> {
        self.on_air.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SystemDiscovery for Phone {
    fn announce(&self, mut service: SystemService) -> Announced {
        service.addresses = vec![self.1];
        self.0.on_air().push(service.clone());
        let _ = self.0.seen.send(service.clone());
        Box::new(Goodbye(self.0.clone(), service.instance))
    }

    fn browse(&self) -> mpsc::Receiver<SystemService> {
        let (seen, receiver) = mpsc::channel(16);
        let mut others = self.0.seen.subscribe();
        let there: Vec<_> = self.0.on_air().clone();
        tokio::spawn(async move {
            for service in there {
                let _ = seen.send(service).await;
            }
            while let Ok(service) = others.recv().await {
                if seen.send(service).await.is_err() {
                    return;
                }
            }
        });
        receiver
    }
}

fn key(byte: u8) -> TagKey {
    TagKey([byte; 32])
}

fn situation(port: u16, key: TagKey) -> Situation {
    Situation {
        listening: vec![SocketAddr::from(([192, 168, 1, 9], port))],
        announce: vec![key.clone()],
        recognise: vec![key],
        browse: true,
        network_changes: 0,
    }
}

async fn found(by: &mut System) -> Option<Found> {
    timeout(Duration::from_secs(5), poll_fn(|cx| by.poll_found(cx))).await.ok()
}

#[tokio::test]
async fn two_phones_of_a_group_find_each_other() {
    let here = Neighbourhood::new();
    let (alice, bob) = (PeerId::random(), PeerId::random());
    let (mut hers, mut his) = (System::new(here.phone(1), alice), System::new(here.phone(2), bob));
    hers.handle_situation(&situation(4001, key(1)));
    his.handle_situation(&situation(4002, key(1)));
    let (by_her, by_him) = (found(&mut hers).await.unwrap(), found(&mut his).await.unwrap());
    assert_eq!((by_her.peer, by_him.peer), (Some(bob), Some(alice)));
    assert_eq!(
        by_her.addresses,
        [SocketAddr::from(([192, 168, 1, 2], 4002))],
        "the system's address, the swarm's port"
    );
}

#[tokio::test]
async fn another_group_s_phone_is_passed_over() {
    let here = Neighbourhood::new();
    let bob = PeerId::random();
    let mut other = System::new(here.phone(2), PeerId::random());
    let mut his = System::new(here.phone(3), bob);
    let mut hers = System::new(here.phone(1), PeerId::random());
    other.handle_situation(&situation(4002, key(2)));
    his.handle_situation(&situation(4003, key(1)));
    hers.handle_situation(&situation(4001, key(1)));
    assert_eq!(found(&mut hers).await.unwrap().peer, Some(bob), "the other came first, and none of its tags is known");
}

#[tokio::test]
async fn what_is_no_longer_true_is_withdrawn() {
    let here = Neighbourhood::new();
    let mut hers = System::new(here.phone(1), PeerId::random());
    hers.handle_situation(&situation(4001, key(1)));
    hers.handle_situation(&situation(4002, key(1)));
    assert_eq!(here.on_air().iter().map(|service| service.port).collect::<Vec<_>>(), [4002], "one record, the newest");
    hers.handle_situation(&Situation { listening: Vec::new(), ..situation(4002, key(1)) });
    assert!(here.on_air().is_empty(), "it listens nowhere");
    hers.handle_situation(&situation(4003, key(1)));
    hers.close().await;
    assert!(here.on_air().is_empty(), "it said goodbye");
}

#[tokio::test]
async fn with_links_enough_nobody_is_looked_for() {
    let here = Neighbourhood::new();
    let mut hers = System::new(here.phone(1), PeerId::random());
    hers.handle_situation(&situation(4001, key(1)));
    assert!(hers.seen.is_some());
    hers.handle_situation(&Situation { browse: false, ..situation(4001, key(1)) });
    assert!(hers.seen.is_none(), "the system is told by the receiver's end");
}
