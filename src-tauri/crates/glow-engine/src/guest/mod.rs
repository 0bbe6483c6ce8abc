//! Guests of one group on this device: its door, who is here, and files on their way in.
//!
//! A host that talks to browsers (glow-gateway) watches [`crate::Engine::doors`], listens for each open one, and brings every
//! page that proved the secret to [`crate::Engine::guest_arrives`]. From then on it passes on what the page asks; what a guest
//! may is decided here and in the features.

mod door;
mod pen;
mod sessions;
mod uploads;

use std::sync::{Arc, Mutex, PoisonError};

pub use door::OpenDoor;
pub(crate) use door::{DoorRecord, HeardDoor};
use glow_api::{ApiError, Caller, ErrorCode, Event, GuestTicket};
use glow_model::{
    Body, GuestKey, GuestPost, GuestPostId, OperationId, limits,
    state::{DoorSecret, GuestDoor},
};
use glow_store::LocalCapture;
pub use pen::{GuestPen, GuestUploadFile, SignedPost};
pub(crate) use sessions::Sessions;
pub use sessions::{GuestEnd, GuestSession};
use tokio::sync::watch;
pub(crate) use uploads::{Partial, Uploads};

use crate::{
    clock::now_ms,
    engine::Engine,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::states,
};

/// Operations that follow when a guest takes something back.
const TAKING_BACK: u64 = 2;

/// What a group knows of guests.
pub(crate) struct Guests {
    pub(crate) sessions: Sessions,
    pub(crate) uploads: Uploads,
    /// Whether the door listens, and where; nothing while the host has not said.
    pub(crate) listening: watch::Sender<Option<Result<u16, String>>>,
    /// What other members said of their doors.
    heard: Mutex<Arc<Vec<HeardDoor>>>,
    /// One file of a guest is made a moment at a time.
    pub(crate) finishing: tokio::sync::Mutex<()>,
    /// What guests took back is erased by one task at a time.
    pub(crate) erasing: tokio::sync::Mutex<()>,
}

impl Guests {
    pub(crate) fn new(uploads: std::path::PathBuf) -> Self {
        Self {
            sessions: Sessions::default(),
            uploads: Uploads::new(uploads),
            listening: watch::Sender::new(None),
            heard: Mutex::default(),
            finishing: tokio::sync::Mutex::default(),
            erasing: tokio::sync::Mutex::default(),
        }
    }

    /// What other members said of their doors.
    pub(crate) fn heard(&self) -> Arc<Vec<HeardDoor>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_heard(&self, doors: Vec<HeardDoor>) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(doors);
    }
}

/// Somebody who was let in and has said who it is.
pub(crate) struct Visit {
    pub(crate) group: Arc<Group>,
    pub(crate) door: DoorRecord,
    pub(crate) key: GuestKey,
}

impl Visit {
    /// Fails unless the guest may add something now.
    pub(crate) fn require_contribution(&self) -> ApiResult<()> {
        if !self.door.rights.contribute {
            return Err(ApiError::new(ErrorCode::NotAllowed, "guests may look at this door, not add anything"));
        }
        if self.group.is_ended() {
            return Err(ApiError::new(ErrorCode::GroupEnded, "the event is over: nothing new is added"));
        }
        self.group.require_open()
    }

    /// Authors what the guest said, while this device's log has room for it.
    pub(crate) async fn author(&self, post: GuestPost, local: Option<LocalCapture>) -> ApiResult<OperationId> {
        let group = self.group.clone();
        blocking(move || require_log_room(&group)).await?;
        self.group.author(Body::GuestPost(post), local).await
    }
}

/// Fails when guests have used up their share of this device's log, which has an end.
pub(crate) fn require_log_room(group: &Group) -> ApiResult<()> {
    let written = group.store.head(group.me).map_err(IntoApi::into_api)?.map_or(0, |(seq, _)| seq + 1);
    let standing = group.store.guest_operations(group.me).map_err(IntoApi::into_api)?;
    if has_log_room(written, standing) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::QuotaUsedUp, "guests have said as much at this door as its log has room for"))
}

/// Whether guests may say one thing more. Each thing that stands may still be taken back, which is two more operations: the
/// guest's word, and the erasing. What is left then is the owner's.
fn has_log_room(written: u64, standing: u64) -> bool {
    written + 1 + TAKING_BACK * (standing + 1) <= limits::SEQUENCE - limits::OWNER_OPERATIONS
}

impl Engine {
    /// The open doors, and every change of them. Whoever watches listens for each and says so by [`Engine::door_listens`].
    #[must_use]
    pub fn doors(&self) -> watch::Receiver<Vec<OpenDoor>> {
        self.inner.doors.subscribe()
    }

    /// A host says whether it listens for a group's door, and at which port, or why not.
    pub async fn door_listens(&self, group: &str, outcome: Result<u16, String>) {
        let Ok(group) = self.group(group) else { return };
        if let (Ok(port), Some(record)) = (&outcome, group.door_record())
            && record.port != Some(*port)
        {
            let (this, record) = (group.clone(), DoorRecord { port: Some(*port), ..record });
            if let Err(error) = blocking(move || this.keep_door(record)).await {
                tracing::warn!(%error, "the door's port is not kept");
            }
            self.refresh_doors();
        }
        group.guests.listening.send_replace(Some(outcome));
        states::say_door(&group).await;
        group.bus.send(Event::GuestsChanged { group: group.id.to_string() });
    }

    /// Lets in a page that proved the secret of a group's door. `binding` is what a guest signs to say who it is.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownDoor`] when the door was closed meanwhile.
    pub fn guest_arrives(&self, group: &str, binding: [u8; 32]) -> Result<GuestSession, ApiError> {
        let group = self.group(group)?;
        let record = group.open_door().ok_or_else(door_closed)?;
        Ok(group.guests.sessions.open(&record.secret, binding))
    }

    /// A session ended at its page's end.
    pub fn guest_leaves(&self, ticket: GuestTicket) {
        for group in self.groups() {
            if group.guests.sessions.close(ticket) {
                group.bus.send(Event::GuestsChanged { group: group.id.to_string() });
            }
        }
    }

    /// Whether a guest is to hear of an event.
    #[must_use]
    pub fn concerns_guest(&self, ticket: GuestTicket, event: &Event) -> bool {
        let group = self.groups().into_iter().find(|group| group.guests.sessions.has(ticket));
        let Some(id) = group.map(|group| group.id.to_string()) else { return false };
        match event {
            Event::TimelineChanged { group, .. } | Event::GuestsChanged { group } => *group == id,
            Event::Lagged => true,
            Event::GroupsChanged
            | Event::StatusChanged
            | Event::MembersChanged { .. }
            | Event::InvitesChanged { .. }
            | Event::ClocksChanged { .. }
            | Event::WatchChanged { .. }
            | Event::AlbumJob { .. }
            | Event::BoxChanged
            | Event::Transfer { .. }
            | Event::JoinProgress { .. } => false,
        }
    }

    /// Whether pages that came from this origin may use a group's door: those of another door of the group, also when it is
    /// not open any more, because its page goes on without it.
    #[must_use]
    pub fn admits_guest_origin(&self, group: &str, origin: &str) -> bool {
        let Some(address) = origin.strip_prefix("http://") else { return false };
        let Ok(group) = self.group(group) else { return false };
        let heard = group.guests.heard();
        heard.iter().any(|door| door.door.addresses().iter().any(|known| known.to_string() == address))
    }

    /// Takes in a piece of a guest's file: `grid` or `screen`, or a chunk by its number.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownUpload`], [`ErrorCode::NotAllowed`], [`ErrorCode::BadRequest`] for a piece of the wrong length,
    /// [`ErrorCode::DiskFull`].
    pub async fn guest_bytes(
        &self,
        ticket: GuestTicket,
        post: &str,
        part: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ApiError> {
        let visit = self.visit(ticket).await?;
        visit.require_contribution()?;
        let post: GuestPostId = post.parse().map_err(|_| crate::error::bad_request("the post id is malformed"))?;
        let part = part.to_owned();
        blocking(move || {
            let partial = visit.group.guests.uploads.find((visit.key, post))?;
            let mut partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
            partial.put(&part, &bytes)
        })
        .await
    }

    /// Reads sealed bytes of a blob that a moment on the timeline names: at most 1 MiB, from `offset`. Answers them with the
    /// size of the whole.
    ///
    /// # Errors
    /// [`ErrorCode::NotHere`] when it has not arrived or nothing that is shown names it.
    pub async fn guest_blob(&self, ticket: GuestTicket, blob: &str, offset: u64) -> Result<(Vec<u8>, u64), ApiError> {
        const PIECE_BYTES: u64 = 1024 * 1024;
        let visit = self.visit(ticket).await?;
        let blob = blob.parse().map_err(|_| crate::error::bad_request("the blob id is malformed"))?;
        blocking(move || {
            let not_here = || ApiError::new(ErrorCode::NotHere, "it is not on this device");
            let size = visit.group.store.shown_blob_size(blob).map_err(IntoApi::into_api)?.ok_or_else(not_here)?;
            let end = size.min(offset.saturating_add(PIECE_BYTES));
            if offset > size {
                return Err(crate::error::bad_request("the range is outside"));
            }
            let bytes = visit.group.blobs.read_sealed(blob, size, offset..end).map_err(IntoApi::into_api)?;
            Ok((bytes, size))
        })
        .await
    }

    /// The session of a ticket, once its guest has said who it is.
    pub(crate) async fn visit(&self, ticket: GuestTicket) -> ApiResult<Visit> {
        let found = self.groups().into_iter().find_map(|group| {
            let known = group.guests.sessions.touch(ticket)?;
            Some((group, known))
        });
        let (group, known) = found.ok_or_else(door_closed)?;
        let door = group.open_door().ok_or_else(door_closed)?;
        let key = known.ok_or_else(|| ApiError::new(ErrorCode::NotAllowed, "say who you are first: guest.enter"))?;
        let this = group.clone();
        if blocking(move || this.store.is_blocked(key, this.me)).await? {
            return Err(blocked());
        }
        Ok(Visit { group, door, key })
    }

    /// Tells the hosts which doors are open.
    pub(crate) fn refresh_doors(&self) {
        let open: Vec<OpenDoor> = self.groups().iter().filter_map(|group| OpenDoor::of(group)).collect();
        self.inner.doors.send_if_modified(|doors| {
            let differs = *doors != open;
            *doors = open;
            differs
        });
    }

    /// Closes the doors whose time has come, until the engine is gone.
    pub(crate) fn watch_doors(&self) {
        /// A clock that jumps is noticed within this.
        const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_AGAIN).await;
                let Some(inner) = inner.upgrade() else { return };
                let engine = Engine { inner };
                for group in engine.groups() {
                    let is_over = group.door_record().is_some_and(|door| door.open && door.is_expired(now_ms()));
                    if is_over && let Err(error) = engine.close_door(&group, GuestEnd::Expired).await {
                        tracing::warn!(%error, "a door stays open");
                    }
                }
            }
        });
    }

    /// Closes a door: its secret is good no more, and every session ends.
    pub(crate) async fn close_door(&self, group: &Arc<Group>, why: GuestEnd) -> ApiResult<()> {
        if let Some(record) = group.door_record().filter(|record| record.open) {
            let this = group.clone();
            blocking(move || this.keep_door(DoorRecord { open: false, ..record })).await?;
        }
        group.guests.sessions.end_all(why);
        group.guests.listening.send_replace(None);
        self.refresh_doors();
        states::say_door(group).await;
        group.bus.send(Event::GuestsChanged { group: group.id.to_string() });
        Ok(())
    }
}

impl Group {
    /// The door as it is kept, open or not.
    pub(crate) fn door_record(&self) -> Option<DoorRecord> {
        self.secrets().door.clone()
    }

    /// The door, when it is open now.
    pub(crate) fn open_door(&self) -> Option<DoorRecord> {
        self.door_record().filter(|record| record.open && !record.is_expired(now_ms()))
    }

    /// What this device says of its door; nothing when it never had one that listened.
    pub(crate) fn told_door(&self) -> Option<GuestDoor> {
        let record = self.open_door()?;
        let Some(Ok(port)) = *self.guests.listening.borrow() else { return None };
        Some(GuestDoor::open(&door::addresses(self, port), record.secret, record.rights, record.expires_ms))
    }

    /// Where guests reach an open door of this device.
    pub(crate) fn door_addresses(&self) -> Vec<std::net::SocketAddr> {
        match *self.guests.listening.borrow() {
            Some(Ok(port)) => door::addresses(self, port),
            Some(Err(_)) | None => Vec::new(),
        }
    }
}

/// The link of this device's door, when it is open and listens.
pub(crate) fn door_link(group: &Group) -> Option<String> {
    let record = group.open_door()?;
    let address = group.door_addresses().into_iter().next()?;
    Some(door_url(&address, &record.secret))
}

/// The address of a door: the secret stands behind the `#`, where no request carries it.
pub(crate) fn door_url(address: &std::net::SocketAddr, secret: &DoorSecret) -> String {
    format!("http://{address}/g#{}", data_encoding::HEXLOWER.encode(&secret.0))
}

/// Fails for guests: the request is one of the device's owner.
pub(crate) fn require_owner(caller: Caller) -> ApiResult<()> {
    match caller {
        Caller::Owner => Ok(()),
        Caller::Guest(_) => Err(ApiError::new(ErrorCode::NotAllowed, "guests may not ask that")),
    }
}

pub(crate) fn blocked() -> ApiError {
    ApiError::new(ErrorCode::Blocked, "a host does not let you in any more")
}

fn door_closed() -> ApiError {
    ApiError::new(ErrorCode::UnknownDoor, "this door is closed: ask for a fresh QR code")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use glow_api::{GroupCreate, GuestEnter, GuestOpen, GuestRights, GuestSay};
    use glow_model::{Draft, Plane, Retract, Sealer};
    use glow_store::Incoming;

    use super::*;
    use crate::{EngineConfig, clock::random};

    /// Lets the log of this device look as if it held so many operations.
    fn write_up_to(group: &Group, count: u64) {
        let body = Body::Retract(Retract { target: OperationId([2; 32]) });
        let secrets = group.secrets();
        let epoch = secrets.newest_epoch();
        let draft = Draft {
            group: group.id,
            seq: count - 1,
            backlink: Some(OperationId([1; 32])),
            time_ms: now_ms(),
            epoch: epoch.id,
        };
        let key = epoch.payload_key(Plane::Content).unwrap();
        let operation = draft.author(&body, &secrets.keys, Sealer { key: &key, nonce: random() }).unwrap();
        let last = Incoming { operation, body: Some(body), received_ms: now_ms(), own: true, local: None };
        group.store.accept(vec![last], None).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn guests_are_quiet_before_the_owner_must_be() {
        let folder = tempfile::tempdir().unwrap();
        let config = EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(folder.path().join("alice")) };
        let engine = Engine::start(config).await.unwrap();
        let title = "Harbour".to_owned();
        let id = engine.ask(Caller::Owner, GroupCreate { title, ends_at_ms: None }).await.unwrap().id;
        let rights = GuestRights { contribute: true, review: false };
        let open = GuestOpen { group: id.clone(), rights, expires_in_min: None, quota: None, port: None };
        engine.ask(Caller::Owner, open).await.unwrap();
        let pen = GuestPen::fresh("Zoë");
        let guest = Caller::Guest(engine.guest_arrives(&id, [7; 32]).unwrap().ticket);
        let enter = GuestEnter { key: pen.key(), name: "Zoë".into(), proof: pen.prove(&[7; 32]) };
        engine.ask(guest, enter).await.unwrap();
        let say = async |post: &SignedPost| {
            let SignedPost { id: post, said, signature } = post.clone();
            let say = GuestSay { group: id.clone(), id: post, said, signature };
            engine.ask(guest, say).await.map(drop).map_err(|error| error.code)
        };
        let never = || pen.retraction(&id, &GuestPostId(random()).to_string()).unwrap();

        let group = engine.group(&id).unwrap();
        let cheer = pen.reaction(&id, &OperationId([3; 32]).to_string(), "🎉", true).unwrap();
        let signed = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
        let said = GuestPost {
            guest: pen.key().parse().unwrap(),
            id: cheer.id.parse().unwrap(),
            said: signed(&cheer.said).into(),
            signature: signed(&cheer.signature).try_into().unwrap(),
            review: false,
            moment: None,
        };
        group.author(Body::GuestPost(said), None).await.unwrap();
        write_up_to(&group, limits::SEQUENCE - limits::OWNER_OPERATIONS - 1 - 2 * TAKING_BACK);
        assert_eq!(say(&never()).await, Ok(()), "the last that there is room for");
        assert_eq!(say(&never()).await, Err(ErrorCode::QuotaUsedUp), "one more");
        let takes_back = || pen.retraction(&id, &cheer.id).unwrap();
        assert_eq!(say(&takes_back()).await, Ok(()), "what was said may be taken back");
        assert_eq!(say(&takes_back()).await, Err(ErrorCode::QuotaUsedUp), "once");
        let own = Body::Retract(Retract { target: OperationId([4; 32]) });
        assert!(group.author(own, None).await.is_ok(), "the owner goes on");
        engine.shutdown().await;
    }

    #[test]
    fn guests_leave_the_owner_its_share_of_the_log_even_if_they_take_everything_back() {
        let share = limits::SEQUENCE - limits::OWNER_OPERATIONS;
        let most = (0..).find(|said| !has_log_room(*said, *said)).expect("there is an end");
        assert!(most * (1 + TAKING_BACK) <= share && share < (most + 1) * (1 + TAKING_BACK), "{most}");
        assert!(has_log_room(share - 1 - TAKING_BACK, 0) && !has_log_room(share - TAKING_BACK, 0), "at most the share");
        assert!(!has_log_room(limits::SEQUENCE, 0));
    }
}
