//! The folder that is watched for a group until it is switched off: it is there again after a restart, is shown while it is on,
//! ends with the group, and lets nothing out where the group is not.
//!
//! *Where the group is* are the networks in which this device was connected to a member since the folder is watched, and the one
//! in which it was switched on. It is elsewhere when no member is connected and it is in other networks only. What appears
//! then is held back for good: it was captured elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use glow_api::{ApiError, Caller, ErrorCode, Event, PostFailure, WatchFile, WatchState, WatchView};
use glow_model::GroupId;
use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    EVENTS, REST, WatchEvent,
    folder::{self, Folder},
    looker::{Fate, Files, Looker},
};
use crate::{
    engine::{Engine, Inner},
    error::{ApiResult, IntoApi, bad_request, blocking, internal},
    group::Group,
    spool::Spool,
    view,
};

/// The setting that holds what is watched.
const SETTING: &str = "watched_folder";
/// Files that are told of.
const TOLD: usize = 50;
const FAILURES: usize = 5;

/// The folders that are watched, by group.
#[derive(Default)]
pub(crate) struct Watches {
    kept: Mutex<BTreeMap<GroupId, Arc<Kept>>>,
    /// Held while one is noted, so that what is noted last is what came last.
    noting: Arc<Mutex<()>>,
}

impl Watches {
    pub(crate) fn find(&self, group: GroupId) -> Option<Arc<Kept>> {
        self.lock().get(&group).cloned()
    }

    /// Ends what was watched for a group, if anything was.
    pub(crate) fn end(&self, group: GroupId) {
        if let Some(kept) = self.lock().remove(&group) {
            kept.stop.cancel();
        }
    }

    fn put(&self, group: GroupId, kept: Arc<Kept>) {
        if let Some(before) = self.lock().insert(group, kept) {
            before.stop.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<GroupId, Arc<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What outlives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    folder: PathBuf,
    files: Files,
    posted: u32,
    home: BTreeSet<String>,
    /// Whether it is the folder of a box.
    #[serde(default)]
    of_box: bool,
}

/// A folder that is watched for a group.
pub(crate) struct Kept {
    folder: PathBuf,
    /// A box stands where its owner put it: nowhere is it elsewhere.
    of_box: bool,
    /// Where a box tells of what fails.
    spool: Option<Spool>,
    looker: Arc<Mutex<Looker>>,
    told: Mutex<Told>,
    noting: Arc<Mutex<()>>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Told {
    posted: u32,
    failures: Vec<PostFailure>,
    is_missing: bool,
    /// Networks in which the group is.
    home: BTreeSet<String>,
    is_away: bool,
}

impl Engine {
    /// Watches a folder for a group from now on, over restarts, until it is switched off or the group ends. Only files that
    /// appear after go out, each after 10 seconds. Where paths come from is the host's to decide: never from a page.
    ///
    /// # Errors
    /// [`ErrorCode::Unreadable`] when the folder cannot be read, [`ErrorCode::GroupEnded`].
    pub async fn watch_folder(&self, caller: Caller, group: &str, folder: PathBuf) -> Result<WatchView, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        if group.is_ended() {
            return Err(ApiError::new(ErrorCode::GroupEnded, "the group has ended: nothing new is captured into it"));
        }
        let place = folder.clone();
        let existing = blocking(move || folder::list(&place)).await?;
        let files = Looker::new(Duration::ZERO, existing).known().clone();
        let home = networks(&group.addresses());
        start(self, &group, Remembered { folder, files, home, posted: 0, of_box: false }, None).await?;
        watched(self, &group).await
    }

    /// Watches the folder of a box, or none any more. It is remembered over restarts: what appears while the box is off goes out
    /// when it is on again, wherever it stands then. The folder may be absent: it is looked for until it is there. What
    /// fails is told with the failures of the spool.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownGroup`], [`ErrorCode::Unreadable`] when the folder is there and cannot be read.
    pub async fn watch_for_box(
        &self,
        caller: Caller,
        group: &str,
        folder: Option<PathBuf>,
        spool: Spool,
    ) -> Result<(), ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        let Some(folder) = folder else {
            if self.inner.watches.find(group.id).is_some_and(|kept| kept.of_box) {
                forget(self, &group).await?;
            }
            return Ok(());
        };
        // What was resumed at the start notes nothing from now on.
        self.inner.watches.end(group.id);
        let before = remembered(self, &group).await?.filter(|before| before.of_box && before.folder == folder);
        let remembered = match before {
            Some(before) => before,
            None => {
                let place = folder.clone();
                let existing =
                    blocking(move || if place.exists() { folder::list(&place) } else { Ok(BTreeMap::new()) });
                let files = Looker::new(Duration::ZERO, existing.await?).known().clone();
                Remembered { folder, files, of_box: true, ..Remembered::default() }
            }
        };
        start(self, &group, remembered, Some(spool)).await
    }

    /// Goes on with what was watched for a group before a restart.
    pub(crate) async fn resume_watch(&self, group: &Arc<Group>) -> ApiResult<()> {
        match remembered(self, group).await? {
            Some(remembered) => start(self, group, remembered, None).await,
            None => Ok(()),
        }
    }
}

/// What was noted last.
async fn remembered(engine: &Engine, group: &Arc<Group>) -> ApiResult<Option<Remembered>> {
    let (this, noting) = (group.clone(), engine.inner.watches.noting.clone());
    let text = blocking(move || {
        let _last = noting.lock().unwrap_or_else(PoisonError::into_inner);
        this.store.setting(SETTING)
    });
    let text = text.await?.filter(|text| !text.is_empty());
    text.map(|text| serde_json::from_str(&text).map_err(|error| internal(&error))).transpose()
}

/// What is watched for a group.
pub(crate) async fn watched(engine: &Engine, group: &Arc<Group>) -> ApiResult<WatchView> {
    if group.is_ended() && engine.inner.watches.find(group.id).is_some() {
        forget(engine, group).await?;
    }
    Ok(engine.inner.watches.find(group.id).map_or_else(WatchView::default, |kept| kept.view()))
}

/// Switches it off.
pub(crate) async fn forget(engine: &Engine, group: &Arc<Group>) -> ApiResult<()> {
    engine.inner.watches.end(group.id);
    let (this, noting) = (group.clone(), engine.inner.watches.noting.clone());
    blocking(move || {
        let _last = noting.lock().unwrap_or_else(PoisonError::into_inner);
        this.store.set_setting(SETTING, "")
    })
    .await?;
    tell(&group.bus, group);
    Ok(())
}

async fn start(engine: &Engine, group: &Arc<Group>, remembered: Remembered, spool: Option<Spool>) -> ApiResult<()> {
    let Remembered { folder, files, posted, home, of_box } = remembered;
    let delay = engine.inner.config.watch_delay.max(REST);
    let looker = Arc::new(Mutex::new(Looker::resumed(delay, files)));
    let told = Mutex::new(Told { posted, home, ..Told::default() });
    let watches = &engine.inner.watches;
    let (noting, stop) = (watches.noting.clone(), group.stop.child_token());
    let kept = Arc::new(Kept { folder: folder.clone(), of_box, spool, looker: looker.clone(), told, noting, stop });
    watches.put(group.id, kept.clone());
    kept.save(group).await.inspect_err(|_| watches.end(group.id))?;
    let (events, heard) = mpsc::channel(EVENTS);
    let (notes, notified) = mpsc::channel(1);
    let place = folder.clone();
    // A folder that is away now is looked for until it is there; only notes of changes are missed.
    let watcher = blocking(move || ApiResult::Ok(folder::notify_of(&place, notes).ok())).await?;
    let (this, its) = (kept.clone(), group.clone());
    let reader = Folder {
        engine: Arc::downgrade(&engine.inner),
        caller: Caller::Owner,
        group: group.id.to_string(),
        dir: folder,
        delay,
        looker,
        away: Box::new(move || this.is_away(&its)),
        events,
        ended: kept.stop.clone(),
    };
    let stop = kept.stop.clone();
    group.tasks.spawn(async move {
        let _watcher = watcher;
        stop.run_until_cancelled(reader.run(notified)).await;
    });
    let (engine, its) = (Arc::downgrade(&engine.inner), group.clone());
    group.tasks.spawn(async move { kept.stop.clone().run_until_cancelled(kept.listen(engine, its, heard)).await });
    tell(&group.bus, group);
    Ok(())
}

fn tell(bus: &crate::bus::Bus, group: &Group) {
    bus.send(Event::WatchChanged { group: group.id.to_string() });
}

impl Kept {
    /// Hears what becomes of files, remembers it, and tells whoever looks.
    async fn listen(self: &Arc<Self>, engine: Weak<Inner>, group: Arc<Group>, mut heard: mpsc::Receiver<WatchEvent>) {
        while let Some(event) = heard.recv().await {
            self.hear(event);
            if let Err(error) = self.save(&group).await {
                tracing::warn!(%error, "what is watched could not be noted");
            }
            tell(&group.bus, &group);
            if group.is_ended()
                && let Some(inner) = engine.upgrade()
            {
                let _ = forget(&Engine { inner }, &group).await;
                return;
            }
        }
    }

    fn hear(&self, event: WatchEvent) {
        let mut told = self.told();
        match event {
            WatchEvent::Seen { .. } | WatchEvent::Held { .. } => {}
            WatchEvent::Posted { name, .. } => {
                told.failures.retain(|failure| failure.name != name);
                told.posted += 1;
            }
            WatchEvent::Failed { name, error } => {
                if let Some(spool) = &self.spool {
                    spool.report_failure(&name, error.clone());
                }
                told.failures.retain(|failure| failure.name != name);
                told.failures.insert(0, PostFailure { name, error });
                told.failures.truncate(FAILURES);
            }
            WatchEvent::Missing { is_missing } => told.is_missing = is_missing,
        }
    }

    /// Whether this device is where the group is not. Where members are connected becomes a place of the group.
    fn is_away(&self, group: &Group) -> bool {
        let now = networks(&group.addresses());
        let has_members = !group.links().is_empty();
        let mut told = self.told();
        if has_members {
            told.home.extend(now.iter().cloned());
        }
        let is_elsewhere = !self.of_box && is_elsewhere(has_members, &told.home, &now);
        let is_away = group.is_ended() || is_elsewhere;
        if std::mem::replace(&mut told.is_away, is_away) != is_away {
            tell(&group.bus, group);
        }
        is_away
    }

    /// Holds a file back, or lets it go again.
    pub(crate) async fn hold(self: &Arc<Self>, group: &Arc<Group>, name: &str, hold: bool) -> ApiResult<()> {
        let changed = if hold { self.looker().hold(name) } else { self.looker().release(name) };
        if !changed {
            return Err(bad_request(if hold {
                "this file does not wait any more"
            } else {
                "this file was not held back"
            }));
        }
        self.save(group).await?;
        tell(&group.bus, group);
        Ok(())
    }

    /// Lets the files go out that were there before.
    pub(crate) async fn release_existing(self: &Arc<Self>, group: &Arc<Group>) -> ApiResult<()> {
        self.looker().release_existing();
        self.save(group).await?;
        tell(&group.bus, group);
        Ok(())
    }

    fn view(&self) -> WatchView {
        let now = Instant::now();
        let looker = self.looker();
        let waiting = looker.waiting();
        let goes_in_ms =
            |due: Instant| u32::try_from(due.saturating_duration_since(now).as_millis()).unwrap_or(u32::MAX);
        let told = self.told();
        let state = match (told.is_missing, told.is_away) {
            (true, _) => WatchState::Missing,
            (false, true) => WatchState::Away,
            (false, false) => WatchState::On,
        };
        WatchView {
            state,
            folder: Some(shown(&self.folder)),
            waiting_count: view::count(waiting.len()),
            waiting: waiting
                .into_iter()
                .take(TOLD)
                .map(|(name, due)| WatchFile { name, goes_in_ms: goes_in_ms(due) })
                .collect(),
            held_count: view::count(looker.with(Fate::Held).count()),
            held: looker.with(Fate::Held).take(TOLD).cloned().collect(),
            existing: view::count(looker.with(Fate::Existing).count()),
            posted: told.posted,
            failures: told.failures.clone(),
        }
    }

    /// Notes it for a restart, unless it was switched off meanwhile.
    async fn save(self: &Arc<Self>, group: &Arc<Group>) -> ApiResult<()> {
        let (this, group) = (self.clone(), group.clone());
        blocking(move || {
            let _next = this.noting.lock().unwrap_or_else(PoisonError::into_inner);
            if this.stop.is_cancelled() {
                return Ok(());
            }
            group.store.set_setting(SETTING, &this.remembered()?).map_err(IntoApi::into_api)
        })
        .await
    }

    fn remembered(&self) -> ApiResult<String> {
        let files = self.looker().known().clone();
        let told = self.told();
        let (folder, posted, home) = (self.folder.clone(), told.posted, told.home.clone());
        let remembered = Remembered { folder, files, posted, home, of_box: self.of_box };
        serde_json::to_string(&remembered).map_err(|error| internal(&error))
    }

    fn looker(&self) -> MutexGuard<'_, Looker> {
        self.looker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(folder: &Path) -> String {
    folder.display().to_string()
}

/// The networks that these addresses are in, loopback apart: the first 24 bits of IPv4, 64 of IPv6.
fn networks(addresses: &[SocketAddr]) -> BTreeSet<String> {
    let network = |address: &SocketAddr| match address.ip() {
        ip if ip.is_loopback() => None,
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            (!ip.is_link_local()).then(|| format!("{a}.{b}.{c}"))
        }
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            (!ip.is_unicast_link_local()).then(|| format!("{a:x}:{b:x}:{c:x}:{d:x}"))
        }
    };
    addresses.iter().filter_map(network).collect()
}

fn is_elsewhere(has_members: bool, home: &BTreeSet<String>, now: &BTreeSet<String>) -> bool {
    !has_members && !home.is_empty() && !now.is_empty() && home.is_disjoint(now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn nets(addresses: &[&str]) -> BTreeSet<String> {
        networks(&addresses.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn elsewhere_is_another_network_without_a_member() {
        let home = nets(&["192.168.1.20:4001", "[fd00:1::2]:4001", "127.0.0.1:4001", "[fe80::1]:4001"]);
        assert_eq!(home.len(), 2, "loopback and link-local addresses are the same everywhere: {home:?}");
        let other = nets(&["10.0.0.7:4001"]);
        assert!(is_elsewhere(false, &home, &other));
        assert!(!is_elsewhere(true, &home, &other), "where a member is, the group is");
        assert!(!is_elsewhere(false, &home, &nets(&["192.168.1.77:1"])), "another address in the same network");
        assert!(!is_elsewhere(false, &home, &nets(&["127.0.0.1:1"])), "no network is no other network");
        assert!(!is_elsewhere(false, &BTreeSet::new(), &other), "it was switched on without any network");
    }
}
