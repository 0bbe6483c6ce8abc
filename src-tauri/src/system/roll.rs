//! Sharing what the phone's camera takes, live, with one group at a time.
//!
//! Off unless the person switches it on. Only what is taken afterwards goes out, each capture after a delay in which it can be
//! held back, and only while somebody of the group is near: what the camera takes at home is nobody's business. It ends with
//! the group.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use glow_api::{ApiError, Caller, ErrorCode, Event, GroupGet, GroupPhase, RollCapture, RollView};
use glow_engine::{Engine, WatchEvent};
use tauri_plugin_afterglow::NativeBridge;
use tokio::sync::{broadcast::error::RecvError, watch};

/// How long a capture can be held back.
pub(crate) const DELAY: Duration = Duration::from_secs(10);
/// How long nobody may be near before it waits.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is shared, and how it stands.
#[derive(Debug)]
pub(crate) struct Roll {
    wanted: watch::Sender<Option<String>>,
    view: Mutex<RollView>,
    folder: PathBuf,
    delay: Duration,
    patience: Duration,
}

impl Roll {
    /// Off; `folder` is where copies of captures are put.
    pub(crate) fn new(folder: PathBuf) -> Arc<Self> {
        Self::paced(folder, DELAY, PATIENCE)
    }

    fn paced(folder: PathBuf, delay: Duration, patience: Duration) -> Arc<Self> {
        let (wanted, _) = watch::channel(None);
        Arc::new(Self { wanted, view: Mutex::default(), folder, delay, patience })
    }

    pub(crate) fn set(&self, group: Option<String>) {
        self.change(|view| *view = RollView { group: group.clone(), ..RollView::default() });
        self.wanted.send_if_modified(|wanted| std::mem::replace(wanted, group.clone()) != group);
    }

    pub(crate) fn view(&self) -> RollView {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Holds a capture back: its copy goes, and it with it. The person's own photo is untouched.
    pub(crate) fn keep(&self, name: &str) -> Result<(), ApiError> {
        let waits = self.change(|view| {
            let before = view.waiting.len();
            view.waiting.retain(|capture| capture.name != name);
            view.waiting.len() < before
        });
        let too_late = || ApiError::new(ErrorCode::NotHere, "it has gone out already: take it back on the timeline");
        // Only names that the folder was seen to hold are removed from it.
        if waits { std::fs::remove_file(self.folder.join(name)).map_err(|_| too_late()) } else { Err(too_late()) }
    }

    fn change<T>(&self, change: impl FnOnce(&mut RollView) -> T) -> T {
        change(&mut self.view.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shares for as long as the app runs; `changed` is called when the view is another.
    pub(crate) async fn run(
        self: Arc<Self>,
        bridge: Arc<dyn NativeBridge>,
        engine: Engine,
        changed: impl Fn() + Send + Sync,
    ) {
        let mut wanted = self.wanted.subscribe();
        loop {
            let group = wanted.borrow_and_update().clone();
            let ended = match group {
                None => wanted.changed().await.is_err(),
                Some(group) => tokio::select! {
                    ended = wanted.changed() => ended.is_err(),
                    () = self.share(&bridge, &engine, &group, &changed) => {
                        self.set(None);
                        false
                    }
                },
            };
            if let Err(error) = bridge.stop_roll().await {
                tracing::warn!(%error, "the camera roll");
            }
            self.change(|view| view.waiting.clear());
            changed();
            if ended {
                return;
            }
        }
    }

    /// Shares with one group until it ends.
    async fn share(&self, bridge: &Arc<dyn NativeBridge>, engine: &Engine, group: &str, changed: &(impl Fn() + Sync)) {
        loop {
            self.change(|view| view.paused = true);
            changed();
            if !near(engine, group, true, Duration::ZERO).await {
                return;
            }
            tokio::select! {
                still_on = near(engine, group, false, self.patience) => if !still_on { return },
                result = self.watch(bridge, engine, group, changed) => if let Err(error) = result {
                    tracing::warn!(%error, "the camera roll is not shared");
                    return;
                },
            }
            // What the camera takes until somebody is near again is not shared, and what waits no longer is.
            if let Err(error) = bridge.stop_roll().await {
                tracing::warn!(%error, "the camera roll");
            }
            self.change(|view| view.waiting.clear());
        }
    }

    async fn watch(
        &self,
        bridge: &Arc<dyn NativeBridge>,
        engine: &Engine,
        group: &str,
        changed: &(impl Fn() + Sync),
    ) -> Result<(), ApiError> {
        let failed = |error: &dyn std::fmt::Display| ApiError::new(ErrorCode::Unreadable, error.to_string());
        empty(&self.folder).map_err(|error| failed(&error))?;
        // Watched before the phone puts anything there: what was there before is never new.
        let mut watching = engine.watch(Caller::Owner, group, self.folder.clone(), self.delay).await?;
        let roll = bridge.watch_roll(&self.folder).await.map_err(|error| failed(&error))?;
        if roll.folder != self.folder {
            return Err(failed(&"this system keeps no copies of captures"));
        }
        self.change(|view| view.paused = false);
        changed();
        while let Some(event) = watching.next().await {
            let done = match event {
                WatchEvent::Seen { name, delay } => {
                    let at_ms = now_ms() + i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
                    self.change(|view| view.waiting.push(RollCapture { name, at_ms }));
                    None
                }
                WatchEvent::Posted { name, receipt } => {
                    let count = u32::try_from(receipt.moments.len()).unwrap_or(u32::MAX);
                    self.change(|view| view.shared = view.shared.saturating_add(count));
                    Some(name)
                }
                WatchEvent::Failed { name, error } => {
                    tracing::warn!(%error, "a capture of the camera was not shared");
                    Some(name)
                }
                // Whether members are near is asked here; and the folder is the app's own.
                WatchEvent::Held { .. } | WatchEvent::Missing { .. } => None,
            };
            if let Some(name) = done {
                self.change(|view| view.waiting.retain(|capture| capture.name != name));
                if let Err(error) = std::fs::remove_file(self.folder.join(&name)) {
                    tracing::debug!(%error, "a copy that is done with");
                }
            }
            changed();
        }
        Ok(())
    }
}

/// Waits until somebody of the group is near, or until nobody has been for a time. Answers false when the group has ended.
async fn near(engine: &Engine, group: &str, wanted: bool, patience: Duration) -> bool {
    let mut events = engine.events();
    loop {
        let Ok(view) = engine.ask(Caller::Owner, GroupGet { group: group.to_owned() }).await else {
            return false;
        };
        if view.phase != GroupPhase::Active {
            return false;
        }
        let is_there = (view.here_count > 0) == wanted;
        let news = async {
            loop {
                match events.recv().await {
                    Ok(Event::GroupsChanged | Event::MembersChanged { .. }) | Err(RecvError::Lagged(_)) => return true,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return false,
                }
            }
        };
        if is_there && patience.is_zero() {
            return true;
        }
        let limit = if is_there { patience } else { Duration::MAX };
        match tokio::time::timeout(limit, news).await {
            Ok(true) => {}
            Ok(false) => return false,
            Err(_) => return true,
        }
    }
}

/// A folder of our own without the copies of a time before.
fn empty(folder: &std::path::Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir_all(folder)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use async_trait::async_trait;
    use glow_api::{GroupCreate, GroupJoin, InviteCreate};
    use glow_engine::EngineConfig;
    use serde_json::{Value, json};
    use tauri_plugin_afterglow::contract::Command;
    use tauri_plugin_afterglow::{BridgeError, Listener, Native, Phone};
    use tokio::sync::Notify;

    use super::*;

    const PHOTO: &[u8] = include_bytes!("../../icons/32x32.png");
    const OTHER: &[u8] = include_bytes!("../../icons/128x128.png");
    const BOUND: Duration = Duration::from_secs(30);

    /// A phone whose camera is this test.
    #[derive(Debug, Clone, Default)]
    struct Camera(Arc<Mutex<Option<PathBuf>>>);

    #[async_trait]
    impl Native for Camera {
        async fn run(&self, command: Command, request: Value, _: Option<Listener>) -> Result<Value, BridgeError> {
            match command {
                Command::WatchRoll => *self.0.lock().unwrap() = request["folder"].as_str().map(PathBuf::from),
                Command::StopRoll => *self.0.lock().unwrap() = None,
                _ => {}
            }
            Ok(json!(null))
        }
    }

    impl Camera {
        async fn is_watched(&self) {
            let wait = async {
                while self.0.lock().unwrap().is_none() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(BOUND, wait).await.expect("somebody watches");
        }

        /// Takes a photo; answers whether anybody watched.
        fn take(&self, name: &str, bytes: &[u8]) -> bool {
            let folder = self.0.lock().unwrap().clone();
            folder.inspect(|folder| std::fs::write(folder.join(name), bytes).unwrap()).is_some()
        }
    }

    struct Scene {
        roll: Arc<Roll>,
        camera: Camera,
        changed: Arc<Notify>,
        alice: Engine,
        bob: Engine,
        group: String,
    }

    impl Scene {
        async fn set(folder: &Path) -> Self {
            let open = |name: &str| {
                let mut config = EngineConfig::new(folder.join(name));
                (config.loopback, config.mdns) = (true, false);
                Engine::start(config)
            };
            let (alice, bob) = (open("alice").await.unwrap(), open("bob").await.unwrap());
            let create = GroupCreate { title: "Lake".to_owned(), ends_at_ms: None };
            let group = alice.ask(Caller::Owner, create).await.unwrap().id;
            let invite = InviteCreate { group: group.clone(), expires_in_min: None, max_uses: None, carrier: false };
            let link = alice.ask(Caller::Owner, invite).await.unwrap().link;
            bob.ask(Caller::Owner, GroupJoin { link, address: None }).await.unwrap();
            let roll = Roll::paced(folder.join("roll"), Duration::from_millis(1_500), Duration::from_millis(200));
            let (camera, changed) = (Camera::default(), Arc::new(Notify::new()));
            let (bridge, note) = (Arc::new(Phone::new(camera.clone())), changed.clone());
            tokio::spawn(roll.clone().run(bridge, alice.clone(), move || note.notify_one()));
            Self { roll, camera, changed, alice, bob, group }
        }

        async fn until(&self, what: &str, holds: impl Fn(&RollView) -> bool) {
            let wait = async {
                while !holds(&self.roll.view()) {
                    self.changed.notified().await;
                }
            };
            tokio::time::timeout(BOUND, wait).await.unwrap_or_else(|_| panic!("{what}: {:?}", self.roll.view()));
        }

        async fn moments(&self) -> u32 {
            let get = GroupGet { group: self.group.clone() };
            self.alice.ask(Caller::Owner, get).await.unwrap().moment_count
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn captures_go_out_while_somebody_is_near_unless_they_are_held_back() {
        let folder = tempfile::tempdir().unwrap();
        let scene = Scene::set(folder.path()).await;
        assert!(!scene.camera.take("before.png", PHOTO), "it is off until it is switched on");

        scene.roll.set(Some(scene.group.clone()));
        scene.until("it is live", |view| view.group.is_some() && !view.paused).await;
        scene.camera.is_watched().await;
        assert!(scene.camera.take("kept.png", OTHER));
        scene.until("it can be held back", |view| !view.waiting.is_empty()).await;
        scene.roll.keep("kept.png").unwrap();
        assert!(scene.roll.keep("kept.png").is_err(), "it is held back once");

        scene.camera.take("shared.png", PHOTO);
        scene.until("one has gone out", |view| view.shared == 1 && view.waiting.is_empty()).await;
        assert_eq!(scene.moments().await, 1, "what was held back is not on the timeline");

        scene.bob.clone().shutdown().await;
        scene.until("nobody is near", |view| view.paused).await;
        assert!(!scene.camera.take("alone.png", OTHER), "what is taken alone is nobody's business");
        scene.roll.set(None);
        scene.until("it is off", |view| view.group.is_none()).await;
        assert_eq!(scene.moments().await, 1);
        scene.alice.clone().shutdown().await;
    }
}
