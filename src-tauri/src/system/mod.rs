//! Where the app meets the machine it runs on: tray, notifications, permissions, files that other programs hand over, the
//! phone's camera roll.
//!
//! What the page may ask stands in `glow_api::SystemRequest`; nothing of it takes a path. The engine knows nothing of it.

mod digest;
mod notifier;
mod offer;
mod preferences;
mod roll;
pub(crate) mod share;
#[cfg(target_os = "linux")]
mod tray;
pub(crate) mod words;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use glow_api::{
    ApiError, Caller, ErrorCode, Event, GroupGet, MomentGet, MomentKind, PostReceipt, SystemEvent, SystemGrant,
    SystemPermission, SystemPermissions, SystemReply, SystemRequest, SystemSet, SystemView,
};
use glow_engine::Engine;
use tauri::{AppHandle, Emitter, Manager};
use tauri_plugin_afterglow::NativeBridge;
use tauri_plugin_afterglow::contract::{Grant, NativeEvent, NativeFile, Permission, Permissions};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::window;
use digest::{Arrival, Digest};
use offer::{Given, Offer};
use preferences::Kept;
use roll::Roll;
use words::Words;

/// The name under which the page listens.
const EVENT: &str = "system";
/// Arrivals of one event that are looked at by name; more of them say nothing new.
const NAMED: usize = 60;
/// Folders of the cache that hold copies for a while.
const SHARED: &str = "shared";
const PICKED: &str = "picked";
const ROLL: &str = "roll";

/// The app's side of the machine.
pub(crate) struct System {
    app: AppHandle,
    engine: Engine,
    bridge: Arc<dyn NativeBridge>,
    kept: Kept,
    offer: Offer,
    roll: Arc<Roll>,
    shown: Arc<notifier::Shown>,
    looked_at: watch::Sender<bool>,
    #[cfg(target_os = "linux")]
    tray: tray::Tray,
}

impl System {
    pub(crate) fn start(
        app: &AppHandle,
        engine: Engine,
        bridge: Arc<dyn NativeBridge>,
        data_dir: &Path,
    ) -> anyhow::Result<Arc<Self>> {
        let roll = Roll::new(app.path().app_cache_dir()?.join(ROLL));
        let system = Arc::new(Self {
            app: app.clone(),
            engine,
            bridge,
            kept: Kept::read(data_dir),
            offer: Offer::default(),
            roll,
            shown: Arc::default(),
            looked_at: watch::channel(true).0,
            #[cfg(target_os = "linux")]
            tray: tray::Tray::default(),
        });
        system.roll.set(system.kept.get().roll);
        tauri::async_runtime::spawn(system.clone().tell_arrivals());
        tauri::async_runtime::spawn(system.clone().follow_the_phone());
        if cfg!(mobile) {
            let this = system.clone();
            let changed = move || this.changed();
            tauri::async_runtime::spawn(system.roll.clone().run(system.bridge.clone(), system.engine.clone(), changed));
        }
        #[cfg(target_os = "linux")]
        tauri::async_runtime::spawn(system.clone().show_tray());
        Ok(system)
    }

    /// Answers the page.
    pub(crate) async fn answer(&self, request: SystemRequest) -> Result<SystemReply, ApiError> {
        Ok(match request {
            SystemRequest::SystemGet(_) => SystemReply::SystemGet(self.view().await?),
            SystemRequest::SystemSet(set) => SystemReply::SystemSet(self.set(set).await?),
            SystemRequest::SystemMute(mute) => SystemReply::SystemMute({
                self.choose(|choices| {
                    if mute.muted {
                        choices.muted.insert(mute.group);
                    } else {
                        choices.muted.remove(&mute.group);
                    }
                })?;
                self.view().await?
            }),
            SystemRequest::SystemAsk(ask) => SystemReply::SystemAsk({
                self.bridge.ask(permission(ask.what)).await.map_err(share::not_shared)?;
                self.changed();
                self.view().await?
            }),
            SystemRequest::SystemSettings(_) => SystemReply::SystemSettings({
                self.bridge.open_settings().await.map_err(share::not_shared)?;
                self.view().await?
            }),
            SystemRequest::SystemPick(pick) => SystemReply::SystemPick(self.pick(&pick.group).await?),
            SystemRequest::RollSet(set) => SystemReply::RollSet(self.set_roll(set.group).await?),
            SystemRequest::RollKeep(keep) => SystemReply::RollKeep({
                self.roll.keep(&keep.name)?;
                self.changed();
                self.view().await?
            }),
            SystemRequest::OfferGet(_) => SystemReply::OfferGet(self.offer.view()),
            SystemRequest::OfferTake(take) => SystemReply::OfferTake(self.take_offer(&take.group).await?),
            SystemRequest::OfferDrop(_) => SystemReply::OfferDrop({
                offer::discard(&self.offer.take());
                self.offer.view()
            }),
            SystemRequest::ShareOut(out) => {
                SystemReply::ShareOut(share::out(&self.engine, self.bridge.as_ref(), self.cache(SHARED)?, out).await?)
            }
            SystemRequest::FolderOpen(_) => SystemReply::FolderOpen({
                self.open_pictures()?;
                self.view().await?
            }),
        })
    }

    /// Whether the person looks at the app.
    pub(crate) fn handle_look(&self, looks: bool) {
        self.looked_at.send_if_modified(|before| std::mem::replace(before, looks) != looks);
    }

    /// Whether closing the window only hides it.
    #[cfg(desktop)]
    pub(crate) fn hides(&self) -> bool {
        self.has_tray() && self.kept.get().close_to_tray
    }

    /// Offers files that a command line names.
    #[cfg(desktop)]
    pub(crate) fn offer_files(&self, arguments: &[String], folder: &Path) {
        self.offer(offer::files(arguments, folder));
    }

    fn offer(&self, given: Vec<Given>) {
        if self.offer.add(given) {
            self.emit(SystemEvent::OfferChanged);
        }
    }

    async fn view(&self) -> Result<SystemView, ApiError> {
        let choices = self.kept.get();
        Ok(SystemView {
            phone: cfg!(mobile),
            tray: self.has_tray(),
            close_to_tray: choices.close_to_tray,
            notify: choices.notify,
            notify_at_night: choices.notify_at_night,
            muted: choices.muted.into_iter().collect(),
            permissions: permissions(self.bridge.permissions().await.map_err(share::not_shared)?),
            roll: cfg!(mobile).then(|| self.roll.view()),
        })
    }

    async fn set(&self, set: SystemSet) -> Result<SystemView, ApiError> {
        if set.notify == Some(true) {
            self.bridge.ask(Permission::Notifications).await.map_err(share::not_shared)?;
        }
        self.choose(|choices| {
            choices.close_to_tray = set.close_to_tray.unwrap_or(choices.close_to_tray);
            choices.notify = set.notify.unwrap_or(choices.notify);
            choices.notify_at_night = set.notify_at_night.unwrap_or(choices.notify_at_night);
            choices.language = set.language.or(choices.language.take());
        })?;
        #[cfg(target_os = "linux")]
        self.tray.speak(self.kept.get().language).await;
        self.changed();
        self.view().await
    }

    fn choose(&self, change: impl FnOnce(&mut preferences::Preferences)) -> Result<(), ApiError> {
        self.kept.change(change).map_err(|error| {
            ApiError::new(ErrorCode::Unreadable, format!("the app's preferences cannot be written: {error}"))
        })
    }

    async fn pick(&self, group: &str) -> Result<PostReceipt, ApiError> {
        let folder = self.cache(PICKED)?;
        let picked = self.bridge.pick(&folder).await.map_err(share::not_shared)?;
        self.post(group, copies(picked.unwrap_or_default())).await
    }

    async fn take_offer(&self, group: &str) -> Result<PostReceipt, ApiError> {
        let given = self.offer.take();
        let receipt = self.post(group, given.clone()).await;
        if receipt.is_err() {
            // They wait on: for another group, or for a better moment.
            self.offer(given);
        }
        receipt
    }

    async fn post(&self, group: &str, given: Vec<Given>) -> Result<PostReceipt, ApiError> {
        let files = given.iter().map(|given| given.file.clone()).collect();
        let receipt = self.engine.post(Caller::Owner, group, files, |_| {}).await?;
        offer::discard(&given);
        Ok(receipt)
    }

    async fn set_roll(&self, group: Option<String>) -> Result<SystemView, ApiError> {
        if group.is_some() {
            let granted = self.bridge.ask(Permission::Photos).await.map_err(share::not_shared)?;
            if !granted.photos.allows() {
                return self.view().await;
            }
        }
        self.choose(|choices| choices.roll.clone_from(&group))?;
        self.roll.set(group);
        self.changed();
        self.view().await
    }

    fn open_pictures(&self) -> Result<(), ApiError> {
        #[cfg(desktop)]
        if let Some(folder) = self.bridge.pictures() {
            return window::open_folder(&folder).map_err(share::not_shared);
        }
        Err(ApiError::new(ErrorCode::BadRequest, "there is no folder to open"))
    }

    /// A folder for copies.
    fn cache(&self, name: &str) -> Result<std::path::PathBuf, ApiError> {
        let folder = self.app.path().app_cache_dir().map_err(share::not_shared)?.join(name);
        std::fs::create_dir_all(&folder).map_err(share::not_shared)?;
        Ok(folder)
    }

    fn changed(&self) {
        self.emit(SystemEvent::SystemChanged);
    }

    fn emit(&self, event: SystemEvent) {
        if let Err(error) = self.app.emit(EVENT, event) {
            tracing::warn!(%error, "an event did not reach the window");
        }
    }

    /// Tells of arrivals while nobody looks.
    async fn tell_arrivals(self: Arc<Self>) {
        let mut events = self.engine.events();
        let mut looks = self.looked_at.subscribe();
        let mut digest = Digest::default();
        loop {
            let wait = digest.due_ms().map(|due| Duration::from_millis(u64::try_from(due - now_ms()).unwrap_or(0)));
            tokio::select! {
                event = events.recv() => match event {
                    Ok(Event::TimelineChanged { group, added, .. }) if !*looks.borrow() => {
                        for arrival in self.arrivals(&group, &added).await {
                            digest.handle_arrival(arrival, now_ms());
                        }
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                changed = looks.changed() => match changed {
                    Ok(()) if *looks.borrow_and_update() => digest.handle_look(),
                    Ok(()) => {}
                    Err(_) => return,
                },
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {
                    let choices = self.kept.get();
                    let words = Words::of(choices.language.as_deref());
                    for note in digest.poll(now_ms(), jiff::Zoned::now().hour(), &choices, words) {
                        let app = self.app.clone();
                        notifier::show(&self.app, note, &self.shown, move |group| window::show_group(&app, group));
                    }
                }
            }
        }
    }

    async fn arrivals(&self, group: &str, added: &[String]) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        let Ok(view) = self.engine.ask(Caller::Owner, GroupGet { group: group.to_owned() }).await else {
            return arrivals;
        };
        for moment in added.iter().take(NAMED) {
            let get = MomentGet { group: group.to_owned(), moment: moment.clone() };
            match self.engine.ask(Caller::Owner, get).await {
                Ok(moment) if !moment.mine && !moment.retracted => arrivals.push(Arrival {
                    group: group.to_owned(),
                    title: view.title.clone(),
                    author: moment.author_name,
                    is_clip: moment.kind == MomentKind::Clip,
                }),
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "an arrival"),
            }
        }
        arrivals
    }

    /// Hears what a phone's system does with the app.
    async fn follow_the_phone(self: Arc<Self>) {
        let mut events = match self.bridge.events().await {
            Ok(events) => events,
            Err(error) => return tracing::warn!(%error, "the phone's events are not heard"),
        };
        while let Some(event) = events.recv().await {
            match event {
                NativeEvent::Shared => match self.take_shared().await {
                    Ok(given) => self.offer(given),
                    Err(error) => tracing::warn!(%error, "what another app shared"),
                },
                NativeEvent::Resumed => {
                    self.handle_look(true);
                    self.engine.catch_up().await;
                    // Permissions may have been changed meanwhile.
                    self.changed();
                }
                NativeEvent::Paused => self.handle_look(false),
                NativeEvent::CatchUp => self.engine.catch_up().await,
            }
        }
    }

    async fn take_shared(&self) -> Result<Vec<Given>, ApiError> {
        let folder = self.cache(SHARED)?;
        Ok(copies(self.bridge.take_shared(&folder).await.map_err(share::not_shared)?))
    }

    /// Fetches nothing in any group, or goes on.
    #[cfg(target_os = "linux")]
    async fn pause(&self, paused: bool) -> Result<(), ApiError> {
        use glow_api::{GroupList, GroupPhase, StorageGet, StorageSet};
        for group in self.engine.ask(Caller::Owner, GroupList {}).await?.groups {
            if group.phase != GroupPhase::Active {
                continue;
            }
            let mut policy = self.engine.ask(Caller::Owner, StorageGet { group: group.id.clone() }).await?.policy;
            policy.paused = paused;
            self.engine.ask(Caller::Owner, StorageSet { group: group.id, policy }).await?;
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn has_tray(&self) -> bool {
        self.tray.is_shown()
    }

    #[cfg(not(target_os = "linux"))]
    fn has_tray(&self) -> bool {
        false
    }

    #[cfg(target_os = "linux")]
    async fn show_tray(self: Arc<Self>) {
        use tray::Wish;
        let (wishes, mut wished) = tokio::sync::mpsc::channel(8);
        let tell = move |wish| {
            if wishes.try_send(wish).is_err() {
                tracing::warn!("the tray asks for more than can be done");
            }
        };
        self.tray.show(self.kept.get().language, tell).await;
        self.changed();
        while let Some(wish) = wished.recv().await {
            match wish {
                Wish::Open => window::focus(&self.app),
                Wish::Quit => self.app.exit(0),
                Wish::Pause(paused) => match self.pause(paused).await {
                    Ok(()) => self.tray.set_paused(paused).await,
                    Err(error) => tracing::warn!(%error, "pausing"),
                },
                Wish::Changed => {
                    if !self.has_tray() {
                        window::reveal(&self.app);
                    }
                    self.changed();
                }
            }
        }
    }
}

fn copies(files: Vec<NativeFile>) -> Vec<Given> {
    let copy = |file: NativeFile| Given::copy(Path::new(&file.path), file.name, file.modified_ms);
    files.into_iter().filter_map(copy).collect()
}

fn permission(what: SystemPermission) -> Permission {
    match what {
        SystemPermission::LocalNetwork => Permission::LocalNetwork,
        SystemPermission::Photos => Permission::Photos,
        SystemPermission::Camera => Permission::Camera,
        SystemPermission::Notifications => Permission::Notifications,
    }
}

fn permissions(granted: Permissions) -> SystemPermissions {
    let grant = |grant| match grant {
        Grant::Granted => SystemGrant::Granted,
        Grant::Denied => SystemGrant::Denied,
        Grant::NotAsked => SystemGrant::NotAsked,
    };
    SystemPermissions {
        local_network: grant(granted.local_network),
        photos: grant(granted.photos),
        camera: grant(granted.camera),
        notifications: grant(granted.notifications),
    }
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
