//! The cast: devices of one group, with a gatekeeper that knows them by heart.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use glow_model::{
    DeviceId, DeviceKeys, GroupId, GroupSecret, InviteId, InviteKeys, InviteLink, InviteSeed, Role, TagKey,
};
use glow_net::{AnswerSink, ConnectionLimits, FoundBy, Gatekeeper, Interfaces, Listen, Net, NetConfig, NetEvent};
use glow_sync::{
    Request,
    door::{Admission, Certificate, Knock, Opens, Refusal},
};
use tokio::{sync::mpsc, time::timeout};

/// Bounds every wait: far above what anything here takes.
pub(crate) const BOUND: Duration = Duration::from_secs(20);
/// A name that must never reach a stranger.
pub(crate) const TOPIC: &str = "the-secret-topic-of-the-wedding";

/// A group, as its members know it.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) newest: TagKey,
    pub(crate) invite: InviteSeed,
    members: Arc<Mutex<BTreeSet<DeviceId>>>,
}

impl Group {
    pub(crate) fn new() -> Self {
        Self { id: GroupId([7; 32]), newest: TagKey([1; 32]), invite: InviteSeed([5; 16]), members: Arc::default() }
    }

    /// A member's gatekeeper.
    pub(crate) fn member(&self, name: u8) -> Keeper {
        let keeper = self.outsider(name);
        self.members.lock().unwrap().insert(keeper.keys.id());
        keeper
    }

    /// The gatekeeper of someone who holds the keys but is no member.
    pub(crate) fn outsider(&self, name: u8) -> Keeper {
        Keeper {
            group: self.clone(),
            keys: keys(name),
            epochs: vec![self.newest.clone()],
            joiners: Ok(()),
            admitted: Arc::default(),
        }
    }

    pub(crate) fn remove(&self, device: DeviceId) {
        self.members.lock().unwrap().remove(&device);
    }

    /// An invite that names these addresses.
    pub(crate) fn link(&self, addresses: Vec<SocketAddr>) -> InviteLink {
        InviteLink {
            seed: self.invite.clone(),
            group: self.id,
            title: "Wedding".into(),
            addresses,
            wifi: None,
            role: Role::Member,
        }
    }
}

pub(crate) fn keys(name: u8) -> DeviceKeys {
    DeviceKeys::from_seeds([name; 32], [name; 32])
}

/// Lets members in, and joiners as it is told.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) group: Group,
    pub(crate) keys: DeviceKeys,
    pub(crate) epochs: Vec<TagKey>,
    pub(crate) joiners: Result<(), Refusal>,
    pub(crate) admitted: Arc<Mutex<Vec<DeviceId>>>,
}

#[async_trait]
impl Gatekeeper for Keeper {
    fn doors(&self) -> Vec<(TagKey, Opens)> {
        let epochs = self.epochs.iter().map(|key| (key.clone(), Opens::Epoch));
        let invite = InviteKeys::from_seed(&self.group.invite);
        let id: InviteId = invite.id();
        epochs.chain([(invite.tag_key.clone(), Opens::Invite(id))]).collect()
    }

    fn dial_key(&self) -> TagKey {
        self.epochs[0].clone()
    }

    fn keys(&self) -> DeviceKeys {
        self.keys.clone()
    }

    fn admission(&self) -> Vec<Vec<u8>> {
        vec![vec![1, 2, 3]]
    }

    async fn recognise(&self, certificate: &Certificate) -> Result<(), Refusal> {
        let members = self.group.members.lock().unwrap();
        if members.contains(&certificate.device) { Ok(()) } else { Err(Refusal::Removed) }
    }

    async fn admit(&self, knock: &Knock) -> Result<Admission, Refusal> {
        self.joiners?;
        self.admitted.lock().unwrap().push(knock.device);
        Ok(Admission {
            secret: GroupSecret([9; 32]),
            epochs: Vec::new(),
            operations: vec![vec![0; 100_000].into()],
            topic: None,
        })
    }
}

/// A running device.
pub(crate) struct Device {
    pub(crate) net: Net,
    pub(crate) events: mpsc::Receiver<NetEvent>,
    pub(crate) id: DeviceId,
    pub(crate) address: SocketAddr,
}

pub(crate) fn on_loopback() -> Listen {
    Listen { interfaces: Interfaces::Loopback, ..Listen::default() }
}

pub(crate) fn config(group: &Group, listen: Listen) -> NetConfig {
    NetConfig {
        group: group.id,
        topic: TOPIC.into(),
        listen,
        mdns: false,
        system_discovery: None,
        limits: ConnectionLimits::default(),
    }
}

impl Device {
    pub(crate) async fn start(keeper: &Keeper) -> Self {
        Self::start_with(keeper, config(&keeper.group, on_loopback())).await
    }

    pub(crate) async fn start_on(keeper: &Keeper, listen: Listen) -> Self {
        Self::start_with(keeper, config(&keeper.group, listen)).await
    }

    pub(crate) async fn start_with(keeper: &Keeper, config: NetConfig) -> Self {
        let (net, events) = glow_net::start(config, Arc::new(keeper.clone())).unwrap();
        let mut device = Self { net, events, id: keeper.keys.id(), address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        device.address = device
            .wait("an address", |event| match event {
                NetEvent::ListeningChanged(addresses) => addresses.into_iter().find(SocketAddr::is_ipv4),
                _ => None,
            })
            .await;
        device
    }

    /// Waits for an event; others are dropped.
    pub(crate) async fn wait<T>(&mut self, what: &str, mut matches: impl FnMut(NetEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the swarm runs");
                if let Some(found) = matches(event) {
                    return found;
                }
            }
        };
        timeout(BOUND, found).await.unwrap_or_else(|_| panic!("no {what} in time"))
    }

    pub(crate) async fn connected(&mut self) -> DeviceId {
        self.wait("connection", |event| match event {
            NetEvent::Connected { device, .. } => Some(device),
            _ => None,
        })
        .await
    }

    pub(crate) async fn disconnected(&mut self) -> DeviceId {
        self.wait("end of a connection", |event| match event {
            NetEvent::Disconnected { device } => Some(device),
            _ => None,
        })
        .await
    }

    /// Waits for a gossip message and passes it on, or not.
    pub(crate) async fn hear(&mut self, pass_on: bool) -> Vec<u8> {
        self.wait("gossip", |event| match event {
            NetEvent::Gossip { message, verdict, .. } => {
                if pass_on {
                    verdict.accept();
                } else {
                    verdict.reject();
                }
                Some(message)
            }
            _ => None,
        })
        .await
    }

    pub(crate) fn dial(&self, other: &Device) {
        self.net.add_addresses(FoundBy::Manual, vec![other.address]);
    }

    /// Answers requests in a task of its own until the swarm ends.
    pub(crate) fn serve<Answering>(mut self, answer: impl Fn(Request, AnswerSink) -> Answering + Send + 'static) -> Net
    where
        Answering: Future<Output = ()> + Send + 'static,
    {
        let net = self.net.clone();
        tokio::spawn(async move {
            while let Some(event) = self.events.recv().await {
                if let NetEvent::Request { request, answers, .. } = event {
                    tokio::spawn(answer(request, answers));
                }
            }
        });
        net
    }
}

/// Two members, connected: the first dialled.
pub(crate) async fn pair(group: &Group, listen: Listen) -> (Device, Device) {
    let mut alice = Device::start_on(&group.member(1), listen).await;
    let mut bob = Device::start_on(&group.member(2), listen).await;
    alice.dial(&bob);
    assert_eq!(alice.connected().await, bob.id);
    assert_eq!(bob.connected().await, alice.id);
    (alice, bob)
}

/// Loopback by one transport alone.
pub(crate) fn each_transport() -> [Listen; 2] {
    let both = on_loopback();
    [Listen { quic: false, ..both }, Listen { tcp: false, ..both }]
}
