//! Repair: what two members lack of each other's operations, control first, then content from the newest.

use std::{collections::BTreeSet, sync::Arc};

use glow_model::{DeviceId, OperationId, Plane};
use glow_net::NetError;
use glow_store::TimelineQuery;
use glow_sync::{
    Frame, Reconciler, Request,
    reconcile::{ReconcileError, Snapshot},
    wire::{Address, IDS_PER_REQUEST, batches},
};

use crate::{
    error::blocking,
    group::Group,
    pipeline::{announce, clip},
};

/// Rounds of one reconciliation: far more than any honest pair needs.
const ROUNDS: usize = 10_000;
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
    if dialer && let Err(error) = with(&group, device).await {
        tracing::debug!(?device, %error, "reconcile");
    }
    if let Err(error) = exchange_addresses(&group, device).await {
        tracing::debug!(?device, %error, "addresses");
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
        Ok::<_, glow_store::StoreError>(blobs)
    })
    .await;
    match held {
        Ok(blobs) => announce::tell(group, device, blobs).await,
        Err(error) => tracing::warn!(%error, "holdings"),
    }
}

/// Reconciles both planes with one member.
pub(crate) async fn with(group: &Arc<Group>, device: DeviceId) -> Result<(), RepairError> {
    for plane in [Plane::Control, Plane::Content] {
        reconcile(group, device, plane).await?;
    }
    clip::repair(group, device).await
}

async fn reconcile(group: &Arc<Group>, device: DeviceId, plane: Plane) -> Result<(), RepairError> {
    let (mut reconciler, mut message) = Reconciler::start(snapshot(group, plane).await?)?;
    for _ in 0..ROUNDS {
        let Frame::Reconcile(answer) =
            ask(group, device, Request::Reconcile { plane, message: message.into() }).await?
        else {
            return Err(RepairError::Protocol);
        };
        if answer.is_empty() {
            return Ok(());
        }
        let round = reconciler.step(&answer)?;
        fetch_operations(group, device, round.need).await?;
        push_operations(group, device, round.have).await?;
        let Some(next) = round.next else {
            return Ok(());
        };
        message = next;
    }
    Err(RepairError::Protocol)
}

/// Freezes a plane's operations.
pub(crate) async fn snapshot(group: &Arc<Group>, plane: Plane) -> Result<Snapshot, RepairError> {
    let this = group.clone();
    let items = blocking(move || this.store.reconcile_items(plane)).await?;
    Ok(Snapshot::new(plane, items)?)
}

/// Asks a member for operations by id.
pub(crate) async fn fetch_operations(
    group: &Arc<Group>,
    device: DeviceId,
    need: Vec<OperationId>,
) -> Result<(), RepairError> {
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    for ids in need.chunks(IDS_PER_REQUEST) {
        let mut wanted: BTreeSet<OperationId> = ids.iter().copied().collect();
        let mut answers = net.request(device, Request::Operations { ids: ids.to_vec() }).await?;
        while let Some(frame) = answers.next().await {
            let Frame::Operations(operations) = frame? else {
                return Err(RepairError::Protocol);
            };
            if operations.len() > wanted.len() {
                return Err(RepairError::Protocol);
            }
            let operations: Vec<Vec<u8>> = operations.into_iter().map(Into::into).collect();
            for _ in &operations {
                wanted.pop_first();
            }
            group.accept(operations).await?;
        }
    }
    Ok(())
}

async fn push_operations(group: &Arc<Group>, device: DeviceId, have: Vec<OperationId>) -> Result<(), RepairError> {
    for ids in have.chunks(IDS_PER_REQUEST) {
        let (this, ids) = (group.clone(), ids.to_vec());
        let operations = blocking(move || this.store.operations(&ids)).await?;
        for operations in batches(operations.iter().map(|operation| operation.encode())) {
            if ask(group, device, Request::Push { operations }).await? != Frame::Done {
                return Err(RepairError::Protocol);
            }
        }
    }
    Ok(())
}

async fn exchange_addresses(group: &Arc<Group>, device: DeviceId) -> Result<(), RepairError> {
    let Frame::Addresses(addresses) = ask(group, device, Request::Addresses).await? else {
        return Err(RepairError::Protocol);
    };
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    net.add_addresses(glow_net::FoundBy::Exchange, addresses.iter().filter_map(Address::to_socket_addr).collect());
    Ok(())
}

/// Sends a request that has one answer.
async fn ask(group: &Arc<Group>, device: DeviceId, request: Request) -> Result<Frame, RepairError> {
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    let mut answers = net.request(device, request).await?;
    answers.next().await.ok_or(RepairError::Protocol)?.map_err(Into::into)
}
