//! The handle that hosts hold: it finds the group and lets its feature answer.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use glow_api::{ApiError, Call, Caller, ErrorCode, Event, Reply, Request};
use glow_media::ExternalTools;
use glow_model::{GroupId, limits, state::Wakefulness};
use glow_store::{DeviceStore, GroupEntry, GroupState};
use tokio::sync::{broadcast, watch};

use crate::{
    bus::Bus,
    clock::now_ms,
    config::EngineConfig,
    directory::Directory,
    error::{ApiResult, IntoApi, bad_request, blocking},
    feature,
    group::{self, Group},
    guest::{GuestEnd, OpenDoor},
    home::Jobs,
    recording,
    recordings::Recordings,
    upload::Batches,
    venue::Venue,
    watch::Watches,
};

/// The engine of one device. Cheap to clone; the last [`Engine::shutdown`] ends it in order.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: EngineConfig,
    pub(crate) directory: Directory,
    pub(crate) device: DeviceStore,
    pub(crate) bus: Bus,
    pub(crate) tools: ExternalTools,
    pub(crate) batches: Batches,
    pub(crate) recordings: Recordings,
    pub(crate) jobs: Jobs,
    /// What this device is at an event, when it is a box.
    pub(crate) venue: RwLock<Option<Venue>>,
    /// Held by what is printed.
    pub(crate) printing: tokio::sync::Mutex<()>,
    /// The open doors, for hosts that talk to browsers.
    pub(crate) doors: watch::Sender<Vec<OpenDoor>>,
    pub(crate) watches: Watches,
    groups: RwLock<BTreeMap<GroupId, Arc<Group>>>,
    /// Groups that are being joined: a second attempt at the same time waits for nothing and is refused.
    joining: Mutex<std::collections::BTreeSet<GroupId>>,
}

impl Engine {
    /// Opens the data directory, every stored group, and the network of the active ones.
    ///
    /// # Errors
    /// [`ErrorCode::InUse`] when another instance holds the directory, [`ErrorCode::DataTooNew`] when a newer version wrote
    /// it, [`ErrorCode::DataDamaged`], [`ErrorCode::Unreadable`], [`ErrorCode::DiskFull`].
    pub async fn start(config: EngineConfig) -> Result<Self, ApiError> {
        let root = config.data_dir.clone();
        let (directory, device) = blocking(move || {
            let directory = Directory::open(&root)?;
            let device = DeviceStore::open(&directory.device_db()).map_err(IntoApi::into_api)?;
            ApiResult::Ok((directory, device))
        })
        .await?;
        let tools = ExternalTools { system: config.system_decoder.clone(), ..ExternalTools::discover() };
        let inner = Inner {
            tools,
            config,
            directory,
            device,
            bus: Bus::new(),
            batches: Batches::default(),
            recordings: Recordings::default(),
            jobs: Jobs::default(),
            venue: RwLock::default(),
            printing: tokio::sync::Mutex::default(),
            doors: watch::Sender::new(Vec::new()),
            watches: Watches::default(),
            groups: RwLock::default(),
            joining: Mutex::default(),
        };
        let engine = Self { inner: Arc::new(inner) };
        engine.open_groups().await?;
        engine.refresh_doors();
        engine.watch_doors();
        Ok(engine)
    }

    async fn open_groups(&self) -> ApiResult<()> {
        let device = self.inner.device.clone();
        let mut entries = blocking(move || device.groups()).await?;
        // The groups joined last are the ones that are going on.
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.joined_ms));
        for entry in entries {
            match entry.state {
                GroupState::Leaving => self.finish_leaving(entry.id).await?,
                GroupState::Active => {
                    let place = self.inner.directory.group(entry.id);
                    let opened = group::open(
                        &self.inner.config,
                        &self.inner.bus,
                        place,
                        self.online_groups() < limits::ACTIVE_GROUPS,
                    )
                    .await?;
                    if let Err(error) = recording::close_left_open(&opened).await {
                        tracing::warn!(%error, "a recording that was left open");
                    }
                    self.insert(opened.clone());
                    if let Err(error) = self.resume_watch(&opened).await {
                        tracing::warn!(%error, "a watched folder");
                    }
                }
            }
        }
        Ok(())
    }

    /// Answers a request.
    ///
    /// # Errors
    /// [`ApiError`] with a code for people and a message for logs.
    pub async fn call(&self, caller: Caller, request: Request) -> Result<Reply, ApiError> {
        let name = request.name();
        tracing::debug!(name, "call");
        let result = match caller {
            Caller::Owner => feature::answer(self, request).await,
            Caller::Guest(ticket) => feature::answer_guest(self, ticket, request).await,
        };
        if let Err(error) = &result {
            tracing::debug!(name, code = ?error.code, %error, "call failed");
        }
        result
    }

    /// [`Engine::call`] with the reply's own type.
    ///
    /// # Errors
    /// As [`Engine::call`].
    pub async fn ask<C: Call>(&self, caller: Caller, request: C) -> Result<C::View, ApiError> {
        let reply = self.call(caller, request.into()).await?;
        C::view(reply)
            .ok_or_else(|| ApiError::new(ErrorCode::Internal, format!("the reply to {} is of another call", C::NAME)))
    }

    /// Events from now on. A receiver that lags should be treated as [`Event::Lagged`].
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.bus.listen()
    }

    /// Ends in order: no more commands, transactions finished, peers told, databases closed.
    pub async fn shutdown(self) {
        let groups = std::mem::take(&mut *self.inner.groups.write().unwrap_or_else(PoisonError::into_inner));
        futures::future::join_all(groups.values().map(|group| group.close(Wakefulness::Asleep))).await;
    }

    /// The owner's profile, when it was set.
    pub(crate) async fn profile(&self) -> ApiResult<Option<glow_api::Profile>> {
        feature::profile(self).await
    }

    pub(crate) fn groups(&self) -> Vec<Arc<Group>> {
        self.inner.groups.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The group of that id.
    pub(crate) fn group(&self, id: &str) -> ApiResult<Arc<Group>> {
        let id: GroupId = id.parse().map_err(|_| bad_request("the group id is malformed"))?;
        let groups = self.inner.groups.read().unwrap_or_else(PoisonError::into_inner);
        groups
            .get(&id)
            .cloned()
            .ok_or_else(|| ApiError::new(ErrorCode::UnknownGroup, "there is no such group on this device"))
    }

    pub(crate) fn has_group(&self, id: GroupId) -> bool {
        self.inner.groups.read().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    fn insert(&self, group: Arc<Group>) {
        self.inner.groups.write().unwrap_or_else(PoisonError::into_inner).insert(group.id, group);
    }

    /// Puts a new group on the list, durably, once its files are complete.
    pub(crate) async fn adopt(&self, group: Arc<Group>) -> ApiResult<()> {
        let device = self.inner.device.clone();
        let entry =
            GroupEntry { id: group.id, folder: group.id.to_string(), joined_ms: now_ms(), state: GroupState::Active };
        blocking(move || device.add_group(&entry)).await?;
        self.insert(group);
        self.inner.bus.send(Event::GroupsChanged);
        Ok(())
    }

    /// Leaves a group: from the first step on it is gone, and the rest is resumed after a crash.
    pub(crate) async fn leave(&self, group: Arc<Group>) -> ApiResult<()> {
        let (device, id) = (self.inner.device.clone(), group.id);
        blocking(move || device.set_group_state(id, GroupState::Leaving)).await?;
        self.inner.groups.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.refresh_doors();
        group.guests.sessions.end_all(GuestEnd::Closed);
        self.inner.watches.end(id);
        group.close(Wakefulness::Leaving).await;
        drop(group);
        self.finish_leaving(id).await?;
        self.inner.bus.send(Event::GroupsChanged);
        Ok(())
    }

    async fn finish_leaving(&self, id: GroupId) -> ApiResult<()> {
        let (place, device) = (self.inner.directory.group(id), self.inner.device.clone());
        blocking(move || {
            place.destroy()?;
            device.forget_group(id).map_err(IntoApi::into_api)
        })
        .await
    }

    /// Joins by an invite; one attempt a group at a time.
    pub(crate) async fn join(&self, link: glow_model::InviteLink, manual: Option<SocketAddr>) -> ApiResult<Arc<Group>> {
        let id = link.group;
        if !self.inner.joining.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return Err(bad_request("this group is being joined already"));
        }
        let place = self.inner.directory.group(id);
        let joined = group::join(&self.inner.config, &self.inner.bus, place, link, manual).await;
        self.inner.joining.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let group = joined?;
        self.adopt(group.clone()).await?;
        Ok(group)
    }

    /// Groups that have a swarm of their own now.
    fn online_groups(&self) -> usize {
        self.groups().iter().filter(|group| group.net().is_some()).count()
    }

    /// Fails when no more groups can be active.
    pub(crate) fn require_room(&self) -> ApiResult<()> {
        let active = self.groups().iter().filter(|group| !group.is_ended()).count();
        if active >= limits::ACTIVE_GROUPS {
            return Err(ApiError::new(
                ErrorCode::TooManyGroups,
                format!("at most {} groups are active at once: leave one first", limits::ACTIVE_GROUPS),
            ));
        }
        Ok(())
    }
}

/// For hosts that hold an engine in a place that wants to print it.
impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("data_dir", &self.inner.config.data_dir).finish_non_exhaustive()
    }
}
