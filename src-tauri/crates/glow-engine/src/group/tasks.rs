//! Bringing a group to life: its files, its actor, its network and the tasks around them.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, RwLock},
    time::Duration,
};

use glow_api::Event;
use glow_blobs::BlobStore;
use glow_model::{DeviceKeys, EpochId, EpochSecret, Genesis, GroupSecret, Plane, Sealer, Verified};
use glow_net::{ConnectionLimits, FoundBy, Interfaces, Listen, NetConfig, NetError, NetEvent};
use glow_store::{GroupStore, Incoming};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Group, actor, gate::Gate};
use crate::{
    bus::Bus,
    clock::{now_ms, random},
    config::EngineConfig,
    directory::GroupDirectory,
    error::{ApiResult, IntoApi, blocking},
    guest::Guests,
    meter::Meter,
    pipeline::{
        accept::{self, Intake},
        announce, cargo, clip,
        fetch::{self, FetchInput},
        look,
        policy::PolicyCell,
        quota::Quota,
        reconcile,
        repairs::{Repairs, Snapshots},
        serve,
        states::{self, States},
    },
    secrets::Secrets,
};

/// How often a member is asked whether anything is missing, when nothing else gave a reason to.
const REPAIR_EVERY: Duration = Duration::from_secs(30);
/// How long small blobs of others may be named before the disk has them. Until then they prove themselves on opening.
const SYNC_EVERY: Duration = Duration::from_secs(15);
/// How often a group tries to go online when it could not.
const ONLINE_EVERY: Duration = Duration::from_secs(2);
/// Commands and inputs that may wait.
const QUEUE: usize = 256;
/// Previews remembered as checked.
const CHECKED_PREVIEWS: u64 = 20_000;
/// Addresses tried from earlier runs.
const REMEMBERED: usize = 32;

/// Starts a group on this device: genesis first, then everything as for a group that is opened.
pub(crate) async fn create(
    config: &EngineConfig,
    bus: &Bus,
    directory: impl FnOnce(&Genesis) -> GroupDirectory,
    genesis: impl FnOnce(&DeviceKeys) -> Genesis,
) -> ApiResult<Arc<Group>> {
    let keys = DeviceKeys::from_seeds(random(), random());
    let genesis = genesis(&keys);
    let directory = directory(&genesis);
    let epoch = EpochSecret::new(EpochId(random()), 0, random());
    let draft = glow_model::Draft {
        group: genesis.group_id(),
        seq: 0,
        backlink: None,
        time_ms: genesis.created_ms,
        epoch: epoch.id,
    };
    let key = epoch.payload_key(Plane::Control).ok_or_else(super::cannot_read)?;
    let sealer = Sealer { key: &key, nonce: random() };
    let secrets = Secrets {
        group: genesis.group_id(),
        keys,
        secret: GroupSecret(random()),
        epochs: vec![epoch.clone()],
        invites: Vec::new(),
        door: None,
        topic: None,
    };
    let operation =
        draft.author(&glow_model::Body::Genesis(genesis), &secrets.keys, sealer).map_err(IntoApi::into_api)?;
    establish(config, bus, directory, secrets, vec![operation], Vec::new()).await
}

/// Stores a new group's keys and first operations, and opens it. A crash in between leaves a folder that no list names.
pub(crate) async fn establish(
    config: &EngineConfig,
    bus: &Bus,
    directory: GroupDirectory,
    secrets: Secrets,
    operations: Vec<Verified>,
    addresses: Vec<SocketAddr>,
) -> ApiResult<Arc<Group>> {
    let place = directory.clone();
    blocking(move || found(&place, &secrets, operations, &addresses)).await?;
    open(config, bus, directory, true).await
}

fn found(
    directory: &GroupDirectory,
    secrets: &Secrets,
    operations: Vec<Verified>,
    addresses: &[SocketAddr],
) -> ApiResult<()> {
    directory.destroy()?;
    directory.create()?;
    let opened: Vec<_> = operations.into_iter().map(|op| (accept::open(secrets, &op).ok().flatten(), op)).collect();
    let entries: Vec<_> =
        opened.iter().filter_map(|(body, op)| body.clone().map(|body| actor::entry(op, body))).collect();
    let membership = glow_sync::Membership::fold(secrets.group, &entries);
    let genesis = membership.genesis().ok_or_else(|| crate::error::bad_request("the group has no beginning"))?;
    let store = GroupStore::create(&directory.database(), genesis.ends_ms).map_err(IntoApi::into_api)?;
    let me = secrets.keys.id();
    let received_ms = now_ms();
    let incoming = opened
        .into_iter()
        .map(|(body, operation)| Incoming {
            own: operation.header().author == me,
            operation,
            body,
            received_ms,
            local: None,
        })
        .collect();
    store.accept(incoming, Some(accept::table(&membership))).map_err(IntoApi::into_api)?;
    for address in addresses {
        store.remember_address(*address, received_ms).map_err(IntoApi::into_api)?;
    }
    secrets.save(&directory.secrets())
}

/// Opens a stored group and starts its tasks. The timeline is there even when no network is: a group that is long over, or
/// one too many, stays a closed file that can be browsed.
pub(crate) async fn open(
    config: &EngineConfig,
    bus: &Bus,
    directory: GroupDirectory,
    may_go_online: bool,
) -> ApiResult<Arc<Group>> {
    let place = directory.clone();
    let (secrets, store, blobs, intake, policy) = blocking(move || {
        let secrets = Secrets::load(&place.secrets())?;
        let store = GroupStore::open(&place.database()).map_err(IntoApi::into_api)?;
        let blobs = BlobStore::open(&place.blobs()).map_err(IntoApi::into_api)?;
        // Before anybody is told what is held here.
        store.blobs_held(blobs.lost(), false).map_err(IntoApi::into_api)?;
        let intake = Intake::load(&store, &secrets)?;
        if store.needs_rebuild().map_err(IntoApi::into_api)? {
            let members = accept::table(&intake.membership(secrets.group));
            let open = |operation: &Verified| accept::open(&secrets, operation).ok().flatten();
            store.rebuild(members, open).map_err(IntoApi::into_api)?;
        }
        let policy = PolicyCell::load(&store).map_err(IntoApi::into_api)?;
        ApiResult::Ok((secrets, store, blobs, intake, policy))
    })
    .await?;
    let (commands, command_queue) = mpsc::channel(QUEUE);
    let (fetch, fetch_queue) = mpsc::channel(QUEUE);
    let (news, news_queue) = mpsc::channel(QUEUE);
    let group = Arc::new(Group {
        id: secrets.group,
        me: secrets.keys.id(),
        guests: Guests::new(directory.guests()),
        directory,
        store,
        blobs,
        bus: bus.clone(),
        membership: RwLock::new(Arc::new(intake.membership(secrets.group))),
        secrets: RwLock::new(Arc::new(secrets)),
        admission: RwLock::default(),
        links: RwLock::default(),
        addresses: RwLock::new(Vec::new()),
        net: OnceLock::new(),
        commands,
        fetch,
        states: States::new(config.states_every),
        policy,
        quota: Quota::default(),
        keeping: Mutex::default(),
        snapshots: Snapshots::default(),
        repairs: Repairs::default(),
        meter: Meter::default(),
        rendered_types: moka::sync::Cache::new(CHECKED_PREVIEWS),
        catching_up: Mutex::default(),
        cargo: tokio::sync::Notify::new(),
        arrivals: watch::Sender::new(0),
        checked_previews: moka::sync::Cache::new(CHECKED_PREVIEWS),
        looks: tokio::sync::Notify::new(),
        tasks: TaskTracker::new(),
        stop: CancellationToken::new(),
    });
    let this = group.clone();
    blocking(move || this.refresh_admission()).await?;
    states::hear_doors(&group).await?;
    group.tasks.spawn(actor::run(group.clone(), intake, command_queue));
    if may_go_online && !group.is_long_over() {
        start_network(config, &group).await;
    }
    group.tasks.spawn(fetch::run(group.clone(), fetch_queue, news));
    group.tasks.spawn(stoppable(group.clone(), announce::tell_news(group.clone(), news_queue)));
    group.tasks.spawn(stoppable(group.clone(), repair_now_and_then(group.clone())));
    group.tasks.spawn(stoppable(group.clone(), reconcile::spread_repaired(group.clone())));
    if group.can_read() {
        group.tasks.spawn(stoppable(group.clone(), look::run(group.clone())));
    } else {
        group.tasks.spawn(stoppable(group.clone(), cargo::run(group.clone())));
    }
    group.tasks.spawn(stoppable(group.clone(), sync_now_and_then(group.clone())));
    group.tasks.spawn(stoppable(group.clone(), states::run(group.clone())));
    group.tasks.spawn(stoppable(group.clone(), clip::watch_over(group.clone())));
    group.tell_fetch(FetchInput::Refresh).await;
    Ok(group)
}

/// Where this device listens, as the configuration says.
pub(crate) fn listen(config: &EngineConfig) -> Listen {
    let interfaces = if config.loopback { Interfaces::LanAndLoopback } else { Interfaces::Lan };
    Listen { interfaces, port: config.port, quic: config.quic, tcp: config.tcp }
}

/// Starts the swarm. Without a network the group works all the same: it is what offline means. Once what is in the way has
/// gone, such as another program that has the port, the group goes online.
async fn start_network(config: &EngineConfig, group: &Arc<Group>) {
    if let Err(error) = go_online(config, group).await {
        tracing::warn!(%error, "the group has no network");
        if !matches!(error, NetError::NoTransport) {
            group.tasks.spawn(stoppable(group.clone(), go_online_later(config.clone(), group.clone())));
        }
    }
}

async fn go_online_later(config: EngineConfig, group: Arc<Group>) {
    loop {
        tokio::time::sleep(ONLINE_EVERY).await;
        if go_online(&config, &group).await.is_ok() {
            tracing::info!("the group has a network");
            return;
        }
    }
}

async fn go_online(config: &EngineConfig, group: &Arc<Group>) -> Result<(), NetError> {
    let net_config = NetConfig {
        group: group.id,
        topic: group.secrets().topic(),
        listen: listen(config),
        mdns: config.mdns,
        system_discovery: config.system_discovery.clone(),
        limits: ConnectionLimits::default(),
    };
    let (net, events) = glow_net::start(net_config, Arc::new(Gate(group.clone())))?;
    let _ = group.net.set(net.clone());
    announce::membership_changed(group);
    net.add_addresses(FoundBy::Manual, config.addresses.clone());
    look_again(group).await;
    group.tasks.spawn(stoppable(group.clone(), listen_to_network(group.clone(), events)));
    Ok(())
}

/// Dials wherever members were met before.
pub(crate) async fn look_again(group: &Arc<Group>) {
    let (Some(net), this) = (group.net(), group.clone()) else { return };
    if let Ok(remembered) = blocking(move || this.store.remembered_addresses(REMEMBERED)).await {
        net.add_addresses(FoundBy::Remembered, remembered);
    }
}

async fn stoppable(group: Arc<Group>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = group.stop.cancelled() => {}
        () = work => {}
    }
}

async fn listen_to_network(group: Arc<Group>, mut events: mpsc::Receiver<NetEvent>) {
    while let Some(event) = events.recv().await {
        match event {
            NetEvent::Connected { device, dialer, .. } => connected(&group, device, dialer).await,
            NetEvent::Disconnected { device } => {
                group.link(device, false);
                note_seen(&group, device).await;
                group.tell_fetch(FetchInput::Left(device)).await;
                group.bus.send(Event::MembersChanged { group: group.id.to_string() });
                group.bus.send(Event::GroupsChanged);
            }
            NetEvent::Gossip { from, message, verdict } => {
                group.tasks.spawn(stoppable(group.clone(), serve::gossip(group.clone(), from, message, verdict)));
            }
            NetEvent::Request { from, request, answers } => {
                group.tasks.spawn(stoppable(group.clone(), serve::request(group.clone(), from, request, answers)));
            }
            NetEvent::Measured { device, round_trip, goodput_bps, place } => {
                let goodput_bps = goodput_bps.map(|bits| bits / 8);
                group.tell_fetch(FetchInput::Measured { device, round_trip, goodput_bps, place }).await;
            }
            NetEvent::Reached(address) => {
                let this = group.clone();
                if let Err(error) = blocking(move || this.store.remember_address(address, now_ms())).await {
                    tracing::warn!(%error, "address");
                }
            }
            NetEvent::ListeningChanged(addresses) => {
                group.set_addresses(addresses);
                states::say_door(&group).await;
                group.bus.send(Event::InvitesChanged { group: group.id.to_string() });
            }
        }
    }
}

async fn connected(group: &Arc<Group>, device: glow_model::DeviceId, dialer: bool) {
    let this = group.clone();
    if let Err(error) = blocking(move || this.store.forget_announced(device)).await {
        tracing::warn!(%error, "announcements");
    }
    group.link(device, true);
    note_seen(group, device).await;
    group.tell_fetch(FetchInput::Joined(device)).await;
    group.cargo.notify_one();
    group.bus.send(Event::MembersChanged { group: group.id.to_string() });
    group.bus.send(Event::GroupsChanged);
    group.tasks.spawn(stoppable(group.clone(), meet(group.clone(), device, dialer)));
}

/// Operations first: what states say is said of them.
async fn meet(group: Arc<Group>, device: glow_model::DeviceId, dialer: bool) {
    reconcile::greet(group.clone(), device, dialer).await;
    states::greet(group, device).await;
}

async fn note_seen(group: &Arc<Group>, device: glow_model::DeviceId) {
    let this = group.clone();
    if let Err(error) = blocking(move || this.store.seen(device, now_ms())).await {
        tracing::warn!(%error, "presence");
    }
}

/// Lets the disk have what came and is named already, once it has been calm for a while or much has come.
async fn sync_now_and_then(group: Arc<Group>) {
    let mut arrivals = group.arrivals();
    loop {
        if arrivals.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(SYNC_EVERY).await;
        arrivals.mark_unchanged();
        let this = group.clone();
        if let Err(error) = blocking(move || this.blobs.sync()).await {
            tracing::warn!(%error, "the disk does not take what came");
        }
    }
}

/// Asks one connected member after another whether anything is missing. Nothing depends on gossip alone.
async fn repair_now_and_then(group: Arc<Group>) {
    let mut turn = 0;
    loop {
        tokio::time::sleep(REPAIR_EVERY).await;
        let devices: Vec<_> = group.links().into_iter().collect();
        if let Some(device) = devices.get(turn % devices.len().max(1)) {
            if let Err(error) = reconcile::with(&group, *device).await {
                tracing::debug!(?device, %error, "repair");
            }
            if let Err(error) = reconcile::exchange_addresses(&group, *device).await {
                tracing::debug!(?device, %error, "addresses");
            }
        }
        turn += 1;
    }
}
