//! Repair: what two members lack of each other's operations, control first, then content from the newest.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use glow_model::{DeviceId, OperationId, Plane};
use glow_net::NetError;
use glow_store::TimelineQuery;
use glow_sync::{
    Frame, Reconciler, Request,
    reconcile::{ReconcileError, Snapshot},
    wire::{ADDRESSES_PER_FRAME, Address, IDS_PER_REQUEST, Met, batches},
};

use crate::{
    error::{ApiResult, blocking},
    group::{Group, Verdict},
    pipeline::{announce, clip},
};

/// Rounds of one reconciliation: far more than any honest pair needs.
const ROUNDS: usize = 10_000;
/// The first request for operations asks for so many: a screen of the newest is there before all else has come.
const FIRST_PAGE: usize = 100;
/// How long it is gathered what repair brings before neighbours are told.
const GATHER: Duration = Duration::from_millis(300);
/// Own captures of the other side of which it is told on connecting that they are safe here.
const TOLD_ON_CONNECT: usize = 500;

/// Why a reconciliation ended early. The next one goes on where it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepairError {
    /// The group has no network.
    #[error("no network")]
    NoNetwork,
    /// The other side went away.
    #[error("the other member went away")]
    Net(#[from] NetError),
    /// The other side does not keep to the protocol.
    #[error("the other member does not keep to the protocol")]
    Protocol,
    /// Its messages are none.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] glow_api::ApiError),
}

/// What two members do when they meet: the dialler reconciles, both exchange addresses and say what they hold for the other.
pub(crate) async fn greet(group: Arc<Group>, device: DeviceId, dialer: bool) {
    // First, for whoever is new here needs more links than this one.
    if let Err(error) = exchange_addresses(&group, device).await {
        tracing::debug!(?device, %error, "addresses");
    }
    if dialer && let Err(error) = with(&group, device).await {
        tracing::debug!(?device, %error, "reconcile");
    }
    let this = group.clone();
    let held = blocking(move || {
        let rows = this.store.timeline(&TimelineQuery {
            author: Some(device),
            limit: TOLD_ON_CONNECT,
            ..TimelineQuery::default()
        })?;
        let mut blobs = Vec::new();
        for row in rows.iter().filter(|row| row.original.is_some_and(|part| part.is_complete())) {
            blobs
                .extend(this.store.segments(row.id, glow_store::Part::Original)?.into_iter().map(|segment| segment.id));
        }
        // What is here for others only counts as no copy.
        let carried = this.store.carried_of(&blobs)?;
        blobs.retain(|blob| !carried.contains(blob));
        Ok::<_, glow_store::StoreError>(blobs)
    })
    .await;
    match held {
        Ok(blobs) => announce::tell(group, device, blobs).await,
        Err(error) => tracing::warn!(%error, "holdings"),
    }
}

/// Reconciles both planes with one member, after those that were begun before: what two members lack of a third's is fetched
/// once. Whoever wished to push meanwhile is asked afterwards.
pub(crate) async fn with(group: &Arc<Group>, device: DeviceId) -> Result<(), RepairError> {
    let mut devices = BTreeSet::from([device]);
    while let Some(device) = devices.pop_first() {
        let turn = group.repairs.turn(device).await;
        let result = both_planes(group, device).await;
        drop(turn);
        devices.extend(group.repairs.take_owed());
        match result {
            Ok(()) => {}
            Err(error) if devices.is_empty() => return Err(error),
            Err(error) => tracing::debug!(?device, %error, "reconcile"),
        }
    }
    Ok(())
}

async fn both_planes(group: &Arc<Group>, device: DeviceId) -> Result<(), RepairError> {
    for plane in [Plane::Control, Plane::Content] {
        reconcile(group, device, plane).await?;
    }
    clip::repair(group, device).await
}

async fn reconcile(group: &Arc<Group>, device: DeviceId, plane: Plane) -> Result<(), RepairError> {
    let (mut reconciler, message) = Reconciler::start(snapshot(group, plane).await?)?;
    let mut next = Some(message);
    let mut found = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // What is known to be missing travels while it is found out what else is.
        let (answer, exchanged) =
            tokio::join!(ask_next(group, device, plane, next.take()), exchange(group, device, found));
        exchanged?;
        let Some(answer) = answer? else {
            return Ok(());
        };
        let round = reconciler.step(&answer)?;
        found = (round.need, round.have);
        next = round.next;
    }
    Err(RepairError::Protocol)
}

/// The answer to the next message; nothing when there is none.
async fn ask_next(
    group: &Arc<Group>,
    device: DeviceId,
    plane: Plane,
    message: Option<Vec<u8>>,
) -> Result<Option<Vec<u8>>, RepairError> {
    let Some(message) = message else {
        return Ok(None);
    };
    let Frame::Reconcile(answer) = ask(group, device, Request::Reconcile { plane, message: message.into() }).await?
    else {
        return Err(RepairError::Protocol);
    };
    Ok(Some(answer.into()).filter(|answer: &Vec<u8>| !answer.is_empty()))
}

async fn exchange(
    group: &Arc<Group>,
    device: DeviceId,
    (need, have): (Vec<OperationId>, Vec<OperationId>),
) -> Result<(), RepairError> {
    fetch_operations(group, device, need).await?;
    push_operations(group, device, have).await
}

/// Freezes a plane's operations.
pub(crate) async fn snapshot(group: &Arc<Group>, plane: Plane) -> Result<Snapshot, RepairError> {
    let this = group.clone();
    Ok(blocking(move || this.snapshots.get(&this.store, plane)).await?)
}

/// Asks a member for operations by id, in this order. Those that came are taken in while the next ones travel.
pub(crate) async fn fetch_operations(
    group: &Arc<Group>,
    device: DeviceId,
    need: Vec<OperationId>,
) -> Result<(), RepairError> {
    let (first, rest) = need.split_at(need.len().min(FIRST_PAGE));
    let mut come = Vec::new();
    for ids in [first].into_iter().chain(rest.chunks(IDS_PER_REQUEST)).filter(|ids| !ids.is_empty()) {
        let (taken, received) = tokio::join!(take(group, come), receive(group, device, ids));
        taken?;
        come = received?;
    }
    take(group, come).await
}

/// At most as many operations as were asked for.
async fn receive(group: &Arc<Group>, device: DeviceId, ids: &[OperationId]) -> Result<Vec<Vec<u8>>, RepairError> {
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    let mut answers = net.request(device, Request::Operations { ids: ids.to_vec() }).await?;
    let mut received: Vec<Vec<u8>> = Vec::new();
    while let Some(frame) = answers.next().await {
        let Frame::Operations(operations) = frame? else {
            return Err(RepairError::Protocol);
        };
        if received.len() + operations.len() > ids.len() {
            return Err(RepairError::Protocol);
        }
        received.extend(operations.into_iter().map(Vec::from));
    }
    Ok(received)
}

/// Takes in operations that came by repair. Neighbours that are not connected to where they came from hear of them soon.
pub(crate) async fn take(group: &Arc<Group>, operations: Vec<Vec<u8>>) -> Result<(), RepairError> {
    if operations.is_empty() {
        return Ok(());
    }
    let verdicts = group.accept(operations).await?;
    if verdicts.contains(&Verdict::New) {
        group.repairs.note_progress();
    }
    Ok(())
}

/// Passes on what repair has brought: whoever met somebody from another part of the group brings it to all neighbours.
pub(crate) async fn spread_repaired(group: Arc<Group>) {
    loop {
        group.repairs.brought().await;
        tokio::time::sleep(GATHER).await;
        for device in group.links() {
            if let Err(error) = with(&group, device).await {
                tracing::debug!(?device, %error, "spreading what was repaired");
            }
        }
    }
}

async fn push_operations(group: &Arc<Group>, device: DeviceId, have: Vec<OperationId>) -> Result<(), RepairError> {
    for ids in have.chunks(IDS_PER_REQUEST) {
        let (this, ids) = (group.clone(), ids.to_vec());
        let operations = blocking(move || this.store.operations(&ids)).await?;
        for operations in batches(operations.iter().map(|operation| operation.encode())) {
            match ask(group, device, Request::Push { operations }).await? {
                Frame::Done => {}
                // It is catching up with somebody else, and will ask.
                Frame::Refused => return Ok(()),
                _ => return Err(RepairError::Protocol),
            }
        }
    }
    Ok(())
}

/// Asks a member whom else it has met lately.
pub(crate) async fn exchange_addresses(group: &Arc<Group>, device: DeviceId) -> Result<(), RepairError> {
    let Frame::Addresses(addresses) = ask(group, device, Request::Addresses).await? else {
        return Err(RepairError::Protocol);
    };
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    let (met, reached): (Vec<Address>, Vec<Address>) =
        addresses.into_iter().take(ADDRESSES_PER_FRAME).partition(|address| address.met.is_some());
    let acquaintance = |address: Address| {
        let (at, met) = (address.to_socket_addr()?, address.met?);
        let age = Duration::from_secs(met.age_s.into());
        Some(glow_net::Acquaintance { address: at, transport_key: met.transport_key.into(), age })
    };
    net.acquaint(met.into_iter().filter_map(acquaintance).collect());
    let reached: Vec<_> = reached.iter().filter_map(Address::to_socket_addr).collect();
    if !reached.is_empty() {
        net.add_addresses(glow_net::FoundBy::Exchange, reached);
    }
    Ok(())
}

/// The answer to a member who asks so: members met lately, and where others were reached in earlier sessions.
pub(crate) async fn addresses(group: &Arc<Group>, from: DeviceId) -> ApiResult<Frame> {
    let this = group.clone();
    let reached = blocking(move || this.store.remembered_addresses(ADDRESSES_PER_FRAME)).await?;
    let met = match group.net() {
        Some(net) => net.acquaintances(from).await,
        None => Vec::new(),
    };
    let known: BTreeSet<SocketAddr> = met.iter().map(|met| met.address).collect();
    let met = met.into_iter().map(|met| Address {
        met: Some(Met {
            transport_key: met.transport_key.into(),
            age_s: u32::try_from(met.age.as_secs()).unwrap_or(u32::MAX),
        }),
        ..Address::from(met.address)
    });
    let reached = reached.into_iter().filter(|address| !known.contains(address)).map(Address::from);
    Ok(Frame::Addresses(met.chain(reached).take(ADDRESSES_PER_FRAME).collect()))
}

/// Sends a request that has one answer.
async fn ask(group: &Arc<Group>, device: DeviceId, request: Request) -> Result<Frame, RepairError> {
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    let mut answers = net.request(device, request).await?;
    answers.next().await.ok_or(RepairError::Protocol)?.map_err(Into::into)
}
