//! States on their way: what this device says of itself, and what it hears and passes on.
//!
//! On connecting each side asks which states are at the other, and fetches those that are newer. Afterwards news are gathered
//! and told to every connected member, at most once an interval; whoever hears something new tells with its own next round that it
//! has, and gives it to those who lack it. Only the newest state of a device and slot is ever stored or sent.

mod hear;
mod say;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use glow_model::{
    DeviceId, limits,
    state::{GuestDoor, Holdings, TakebackDone, Wakefulness},
};
use glow_sync::wire::StateId;
use tokio::sync::Notify;

pub(crate) use self::{
    hear::{encoded, greet, hear_doors, keys, lacking, take},
    say::{publish, said_originals, say_door, say_goodbye, say_presence, tell},
};
use crate::{
    clock::now_ms,
    error::{ApiResult, blocking},
    group::Group,
    pipeline::quota,
};

/// How long news are gathered before they are told.
const GATHER: Duration = Duration::from_millis(300);
/// How long a member counts as awake after it has said so, and how often it says so where not all are neighbours.
const AWAKE: Duration = Duration::from_secs(180);
const STILL_AWAKE: Duration = Duration::from_secs(60);
/// States that one member may give in one interval.
const STATES_PER_INTERVAL: usize = 2 * limits::MEMBERS * 4;
/// Runs of which copies are counted again in one transaction.
const RUNS_AT_ONCE: usize = 64;

/// What the task of a group's states remembers.
pub(crate) struct States {
    every: Duration,
    woken: Notify,
    /// One statement of this device at a time.
    saying: tokio::sync::Mutex<Statements>,
    /// States to pass on, and who gave them.
    news: Mutex<BTreeMap<StateId, Option<DeviceId>>>,
    taken: Mutex<BTreeMap<DeviceId, (Instant, usize)>>,
    /// When members were last heard to be awake: in a large group most are nobody's neighbour.
    awake: Mutex<BTreeMap<DeviceId, Instant>>,
}

/// What was said last in this run.
#[derive(Default)]
struct Statements {
    holdings: Option<(Holdings, Instant)>,
    takebacks: Option<TakebackDone>,
    /// What was said of the door; nothing while that was not looked up.
    door: Option<Option<GuestDoor>>,
}

impl States {
    /// At most one round an interval.
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            woken: Notify::new(),
            saying: tokio::sync::Mutex::default(),
            news: Mutex::default(),
            taken: Mutex::default(),
            awake: Mutex::default(),
        }
    }

    /// Members that have said lately that they are awake.
    pub(crate) fn awake(&self) -> BTreeSet<DeviceId> {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        awake.retain(|_, heard| heard.elapsed() < AWAKE);
        awake.keys().copied().collect()
    }

    /// A member has said then whether it is awake.
    fn note_wakefulness(&self, device: DeviceId, wakefulness: Wakefulness, said_ms: u64) {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        // What was said long ago says nothing, nor does a clock that is far off.
        let is_lately = now_ms().abs_diff(said_ms) < u64::try_from(AWAKE.as_millis()).unwrap_or(u64::MAX);
        if wakefulness == Wakefulness::Awake && is_lately {
            awake.insert(device, Instant::now());
        } else {
            awake.remove(&device);
        }
    }

    /// How far apart two rounds are.
    pub(crate) fn every(&self) -> Duration {
        self.every
    }

    /// Something may be worth saying.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    fn note_news(&self, id: StateId, from: Option<DeviceId>) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).insert(id, from);
    }

    /// Whether a member may give so many more states now.
    fn may_take(&self, from: DeviceId, count: usize) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, sum) = taken.entry(from).or_insert_with(|| (Instant::now(), 0));
        if since.elapsed() >= self.every {
            (*since, *sum) = (Instant::now(), 0);
        }
        *sum += count;
        *sum <= STATES_PER_INTERVAL
    }
}

/// Says what changed and passes on what was heard, until the group is closed.
pub(crate) async fn run(group: Arc<Group>) {
    report("presence", say_presence(&group, Wakefulness::Awake).await);
    let mut said = Instant::now();
    loop {
        if group.is_large() && said.elapsed() >= STILL_AWAKE {
            report("presence", say_presence(&group, Wakefulness::Awake).await);
            said = Instant::now();
        }
        report("copies", recount(&group).await);
        report("states", publish(&group).await);
        say::spread(&group).await;
        report("quota", quota::step(&group).await);
        tokio::time::sleep(group.states.every).await;
        // Released bytes wait for their time even when nothing else happens.
        let _ = tokio::time::timeout(group.states.every, group.states.woken.notified()).await;
        tokio::time::sleep(GATHER.min(group.states.every)).await;
    }
}

fn report(what: &'static str, result: ApiResult<()>) {
    if let Err(error) = result {
        tracing::warn!(what, %error, "states");
    }
}

/// Counts copies again where somebody's word changed them, and tells the screens.
async fn recount(group: &Arc<Group>) -> ApiResult<()> {
    loop {
        let this = group.clone();
        let (changed, more) = blocking(move || this.store.recount_copies(RUNS_AT_ONCE)).await?;
        group.bus.copies_changed(group.id, &changed);
        if !more {
            return Ok(());
        }
    }
}
