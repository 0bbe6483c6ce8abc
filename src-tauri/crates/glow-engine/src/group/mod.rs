//! One group on this device: what it is made of, and how it is opened, created and joined.

mod actor;
mod gate;
mod join;
mod tasks;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock},
    time::Duration,
};

pub(crate) use actor::{Command, Verdict, entry};
use glow_blobs::BlobStore;
use glow_model::{BlobId, Body, DeviceId, GroupId, InviteSeed, OperationId, state::Wakefulness};
use glow_net::Net;
use glow_store::{GroupStore, LocalCapture};
use glow_sync::{Membership, topology};
pub(crate) use join::join;
pub(crate) use tasks::{create, look_again, open};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bus::Bus,
    clock::now_ms,
    directory::GroupDirectory,
    error::{ApiResult, IntoApi, bad_request},
    guest::{DoorRecord, Guests},
    meter::Meter,
    pipeline::{
        fetch::FetchInput,
        policy::PolicyCell,
        quota::Quota,
        repairs::{Repairs, Snapshots},
        states::{self, States},
    },
    secrets::Secrets,
};

/// How long closing waits for members to hear of it.
const GOODBYE: Duration = Duration::from_millis(500);
/// How long closing waits for connections and tasks to end.
const ENDING: Duration = Duration::from_secs(5);
/// How long members go on syncing after the end: 30 days.
const AFTERGLOW_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// The setting that holds whether places are shared.
const SHARES_LOCATION: &str = "shares_location";

/// One group, shared by its tasks and by every request about it.
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) me: DeviceId,
    pub(crate) directory: GroupDirectory,
    pub(crate) store: GroupStore,
    pub(crate) blobs: BlobStore,
    pub(crate) bus: Bus,
    secrets: RwLock<Arc<Secrets>>,
    membership: RwLock<Arc<Membership>>,
    /// The encoded operations that prove this device's membership.
    admission: RwLock<Vec<Vec<u8>>>,
    links: RwLock<BTreeSet<DeviceId>>,
    addresses: RwLock<Vec<SocketAddr>>,
    net: OnceLock<Net>,
    commands: mpsc::Sender<Command>,
    fetch: mpsc::Sender<FetchInput>,
    /// What this device says of itself, and what it hears.
    pub(crate) states: States,
    /// What its owner wishes to have here.
    pub(crate) policy: PolicyCell,
    pub(crate) quota: Quota,
    /// Held while bytes on the disk are noted as here, or removed.
    keeping: Mutex<()>,
    /// The sets that repair compares, and whose turn it is.
    pub(crate) snapshots: Snapshots,
    pub(crate) repairs: Repairs,
    pub(crate) guests: Guests,
    /// What goes where at what rate.
    pub(crate) meter: Meter,
    /// Previews that passed the check before they may be shown.
    pub(crate) checked_previews: moka::sync::Cache<BlobId, ()>,
    /// Notified when a grid preview is here that was not looked at.
    pub(crate) looks: tokio::sync::Notify,
    /// What originals were found to be, by their first segments.
    pub(crate) rendered_types: moka::sync::Cache<BlobId, String>,
    /// Clips whose records are being asked for.
    pub(crate) catching_up: Mutex<BTreeSet<OperationId>>,
    /// Notified when a carrier may not know what an operation names.
    pub(crate) cargo: tokio::sync::Notify,
    /// Counts what came: pieces of blobs, fragments of clips. Whoever waits for bytes looks again when it moves.
    arrivals: watch::Sender<u64>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Group {
    /// The keys of this device in the group, as they are now.
    pub(crate) fn secrets(&self) -> Arc<Secrets> {
        self.secrets.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What is seen to be on the disk is not removed, and what is not to be there is not noted as here, while this is held.
    pub(crate) fn keeping(&self) -> MutexGuard<'_, ()> {
        self.keeping.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The membership, as it is now.
    pub(crate) fn membership(&self) -> Arc<Membership> {
        self.membership.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn set_membership(&self, membership: Membership) {
        *self.membership.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(membership);
    }

    /// What this device shows at a door.
    pub(crate) fn admission(&self) -> Vec<Vec<u8>> {
        self.admission.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads anew what this device shows at a door: after its membership changed.
    pub(crate) fn refresh_admission(&self) -> ApiResult<()> {
        let operations =
            self.store.operations(&self.membership().admission_chain(self.me)).map_err(IntoApi::into_api)?;
        let encoded = operations.iter().map(|operation| operation.encode()).collect();
        *self.admission.write().unwrap_or_else(std::sync::PoisonError::into_inner) = encoded;
        Ok(())
    }

    /// Keeps the seed of an invite made here, durably.
    pub(crate) fn keep_invite(&self, seed: InviteSeed) -> ApiResult<()> {
        self.update_secrets(|secrets| secrets.invites.push(seed))
    }

    /// Keeps what is known of this device's door, durably.
    pub(crate) fn keep_door(&self, door: DoorRecord) -> ApiResult<()> {
        self.update_secrets(|secrets| secrets.door = Some(door))
    }

    fn update_secrets(&self, change: impl FnOnce(&mut Secrets)) -> ApiResult<()> {
        let mut secrets = self.secrets.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut updated = Secrets::clone(&secrets);
        change(&mut updated);
        updated.save(&self.directory.secrets())?;
        *secrets = Arc::new(updated);
        Ok(())
    }

    /// The members connected now.
    pub(crate) fn links(&self) -> BTreeSet<DeviceId> {
        self.links.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The members that are here: connected, or heard through others to be awake.
    pub(crate) fn around(&self) -> BTreeSet<DeviceId> {
        let mut around = self.links();
        if self.is_large() {
            around.extend(self.states.awake());
        }
        around
    }

    /// Whether there are more members than a device has links.
    pub(crate) fn is_large(&self) -> bool {
        self.membership().members().len() > topology::ENOUGH_LINKS
    }

    fn link(&self, device: DeviceId, is_here: bool) {
        let mut links = self.links.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if is_here {
            links.insert(device)
        } else {
            links.remove(&device)
        };
    }

    /// Where this device listens for the group.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn set_addresses(&self, addresses: Vec<SocketAddr>) {
        *self.addresses.write().unwrap_or_else(std::sync::PoisonError::into_inner) = addresses;
    }

    /// The network of the group; nothing while it is not started or when it is closed.
    pub(crate) fn net(&self) -> Option<&Net> {
        self.net.get()
    }

    /// Whether the group is past its end.
    pub(crate) fn is_ended(&self) -> bool {
        self.membership().genesis().is_some_and(|genesis| genesis.ends_ms <= now_ms())
    }

    /// Whether its end is so long ago that nobody syncs any more.
    pub(crate) fn is_long_over(&self) -> bool {
        self.membership().genesis().is_some_and(|genesis| genesis.ends_ms + AFTERGLOW_MS <= now_ms())
    }

    /// Whether the owner of this device shares in this group where photos were captured; not unless chosen.
    pub(crate) fn shares_location(&self) -> Result<bool, glow_store::StoreError> {
        Ok(self.store.setting(SHARES_LOCATION)?.as_deref() == Some("true"))
    }

    /// Chooses whether to share where photos were captured.
    pub(crate) fn set_shares_location(&self, share: bool) -> Result<(), glow_store::StoreError> {
        self.store.set_setting(SHARES_LOCATION, if share { "true" } else { "false" })
    }

    /// Authors an operation: it is durable when this returns, and announced after.
    pub(crate) async fn author(&self, body: Body, local: Option<LocalCapture>) -> ApiResult<OperationId> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Author { body: Box::new(body), local, reply }).await?;
        answer.await.map_err(|_| shutting_down())?
    }

    /// Takes in operations of others, given as bytes. Says of each what became of it.
    pub(crate) async fn accept(&self, operations: Vec<Vec<u8>>) -> ApiResult<Vec<Verdict>> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Accept { operations, reply }).await?;
        answer.await.map_err(|_| shutting_down())?
    }

    async fn send(&self, command: Command) -> ApiResult<()> {
        self.commands.send(command).await.map_err(|_| shutting_down())
    }

    /// Tells the fetching task something; it is never waited for by those who tell.
    pub(crate) async fn tell_fetch(&self, input: FetchInput) {
        let _ = self.fetch.send(input).await;
    }

    /// The same from a thread that may block.
    pub(crate) fn tell_fetch_blocking(&self, input: FetchInput) {
        let _ = self.fetch.blocking_send(input);
    }

    /// Tells those who wait for bytes that something came.
    pub(crate) fn arrived(&self) {
        self.arrivals.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Moves when something came, from now on.
    pub(crate) fn arrivals(&self) -> watch::Receiver<u64> {
        self.arrivals.subscribe()
    }

    /// Ends the group's tasks in order and waits for them. Members are told first, while they can be.
    pub(crate) async fn close(self: &Arc<Self>, wakefulness: Wakefulness) {
        let goodbye = states::say_goodbye(self, wakefulness);
        if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
            tracing::debug!("closed without a goodbye");
        }
        self.stop.cancel();
        self.tasks.close();
        let ending = async {
            if let Some(net) = self.net() {
                net.clone().shutdown().await;
            }
            self.tasks.wait().await;
        };
        // What is stored is stored in transactions, so nothing is lost by not waiting for whoever does not end.
        if tokio::time::timeout(ENDING, ending).await.is_err() {
            tracing::warn!(tasks = self.tasks.len(), "closed before all had ended");
        }
    }

    /// Whether this device can read the group's content; a carrier holds it sealed.
    pub(crate) fn can_read(&self) -> bool {
        self.secrets().can_read()
    }

    /// Fails unless capture is open: this device is a member that can read, nothing asks for an update.
    pub(crate) fn require_open(&self) -> ApiResult<()> {
        if !self.can_read() {
            return Err(cannot_read());
        }
        self.require_member()
    }

    /// Fails unless this device may say something of itself.
    pub(crate) fn require_member(&self) -> ApiResult<()> {
        use glow_api::{ApiError, ErrorCode};
        if self.membership().update_needed() {
            return Err(ApiError::new(
                ErrorCode::UpdateNeeded,
                "a member uses a newer version: update Afterglow to go on adding to this group",
            ));
        }
        if !self.membership().contains(self.me) {
            return Err(bad_request("this device is not a member of the group"));
        }
        Ok(())
    }
}

/// Why a carrier cannot do what was asked.
pub(crate) fn cannot_read() -> glow_api::ApiError {
    glow_api::ApiError::new(
        glow_api::ErrorCode::NotAllowed,
        "this device only carries what is sealed: it has no keys to read the album or to add to it",
    )
}

pub(crate) fn shutting_down() -> glow_api::ApiError {
    glow_api::ApiError::new(glow_api::ErrorCode::ShuttingDown, "Afterglow is closing")
}
