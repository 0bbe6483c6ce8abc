//! States on their way: what this device says of itself, and what it hears and passes on.
//!
//! On connecting each side asks which states are at the other, and fetches those that are newer. Afterwards news are gathered
//! and told to every connected member, at most once an interval; whoever hears something new passes it on with its own next
//! round. Only the newest state of a device and slot is ever stored or sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use glow_model::{
    BlobRef, DeviceId, Plane, State, VerifiedState, limits,
    state::{GuestDoor, Holdings, Presence, Sheet, Slot, StateDraft, TakebackDone, Value, Wakefulness},
};
use glow_store::{IncomingState, Said};
use glow_sync::{
    Frame, Request,
    wire::{IDS_PER_REQUEST, Lane, STATES_PER_FRAME, StateId, StateKey},
};
use tokio::sync::Notify;

use crate::{
    clock::{now_ms, random},
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    guest::HeardDoor,
    pipeline::quota,
};

/// How long news are gathered before they are told.
const GATHER: Duration = Duration::from_millis(300);
/// Holdings that did not change are said again after this long: their age tells that the device still is there.
const REFRESH: Duration = Duration::from_secs(60 * 60);
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
        spread(&group).await;
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

/// Says whether this device goes on answering, and what it keeps.
pub(crate) async fn say_presence(group: &Arc<Group>, wakefulness: Wakefulness) -> ApiResult<()> {
    let policy = group.policy.get();
    let presence = Presence { wakefulness, photos: policy.photos, clips: policy.clips };
    let _one = group.states.saying.lock().await;
    say(group, Said::Presence(presence)).await
}

/// The last words on closing: to the members that are connected.
pub(crate) async fn say_goodbye(group: &Arc<Group>, wakefulness: Wakefulness) {
    let said = async {
        if wakefulness == Wakefulness::Asleep {
            publish(group).await?;
        }
        say_presence(group, wakefulness).await?;
        if wakefulness == Wakefulness::Leaving {
            let _one = group.states.saying.lock().await;
            say(group, Said::Holdings(Holdings::default())).await?;
        }
        ApiResult::Ok(())
    };
    report("goodbye", said.await);
    spread(group).await;
}

/// Says what this device holds and what it has erased, where that is not what it said last.
pub(crate) async fn publish(group: &Arc<Group>) -> ApiResult<()> {
    let mut statements = group.states.saying.lock().await;
    let this = group.clone();
    let (holdings, retractions) =
        blocking(move || Ok::<_, glow_store::StoreError>((this.store.own_holdings()?, this.store.retractions()?)))
            .await?;
    let is_said = statements.holdings.as_ref().is_some_and(|(said, at)| *said == holdings && at.elapsed() < REFRESH);
    if !is_said {
        say(group, Said::Holdings(holdings.clone())).await?;
        statements.holdings = Some((holdings, Instant::now()));
    }
    let done = |marks: &TakebackDone| retractions.iter().all(|(author, seq)| marks.0.contains(*author, *seq));
    if retractions.is_empty() || statements.takebacks.as_ref().is_some_and(done) {
        return Ok(());
    }
    let this = group.clone();
    let takebacks = blocking(move || this.store.own_takebacks()).await?;
    if let Some(takebacks) = takebacks.filter(done) {
        say(group, Said::TakebackDone(takebacks.clone())).await?;
        statements.takebacks = Some(takebacks);
    }
    Ok(())
}

/// Says what this device's door is, where that is not what it said last, and tells the members at once.
pub(crate) async fn say_door(group: &Arc<Group>) {
    let said = async {
        let mut statements = group.states.saying.lock().await;
        let before = match &statements.door {
            Some(known) => known.clone(),
            None => {
                doors_in_store(group).await?.into_iter().find(|heard| heard.device == group.me).map(|heard| heard.door)
            }
        };
        if group.open_door().is_some() && group.guests.listening.borrow().is_none() {
            // The host has not said yet whether it listens.
            return Ok(());
        }
        let now = group.told_door().or_else(|| before.as_ref().map(GuestDoor::closed));
        statements.door = Some(now.clone());
        match now {
            Some(door) if before.as_ref() != Some(&door) => say(group, Said::GuestDoor(door)).await,
            Some(_) | None => Ok(()),
        }
    };
    report("door", said.await);
    spread(group).await;
}

/// Reads what the members say of their doors.
pub(crate) async fn hear_doors(group: &Arc<Group>) -> ApiResult<()> {
    let mut doors = doors_in_store(group).await?;
    doors.retain(|heard| heard.device != group.me);
    group.guests.set_heard(doors);
    Ok(())
}

async fn doors_in_store(group: &Arc<Group>) -> ApiResult<Vec<HeardDoor>> {
    let this = group.clone();
    blocking(move || {
        let states = this.store.states_in(Slot::GUEST_DOOR).map_err(IntoApi::into_api)?;
        let secrets = this.secrets();
        let door = |bytes: &Vec<u8>| {
            let state = State::decode(bytes).and_then(State::verify).ok()?;
            let header = state.header().clone();
            let key = secrets.epoch(header.epoch)?.payload_key(Plane::Content)?;
            let Value::GuestDoor(door) = state.open(&key).ok()? else {
                return None;
            };
            Some(HeardDoor { device: header.device, door, said_ms: header.time_ms })
        };
        ApiResult::Ok(states.iter().filter_map(door).collect())
    })
    .await
}

/// Signs, stores durably, and notes as news. A carrier has no key to seal it under, and says nothing.
async fn say(group: &Arc<Group>, said: Said) -> ApiResult<()> {
    if !group.can_read() {
        return Ok(());
    }
    let this = group.clone();
    let (id, old_sheet) = blocking(move || author(&this, said)).await?;
    group.states.note_news(id, None);
    if let Some(old) = old_sheet {
        let this = group.clone();
        blocking(move || this.blobs.remove(old)).await?;
    }
    Ok(())
}

fn author(group: &Group, said: Said) -> ApiResult<(StateId, Option<glow_model::BlobId>)> {
    let secrets = group.secrets();
    let value = match &said {
        Said::Presence(presence) => Value::Presence(*presence),
        Said::SeenUpTo(seen) => Value::SeenUpTo(*seen),
        Said::GuestDoor(door) => Value::GuestDoor(door.clone()),
        Said::TakebackDone(done) => {
            let mut done = done.clone();
            done.0.shrink_to(limits::SHEET_BYTES);
            Value::TakebackDone(sheet(group, done.encode())?)
        }
        Said::Holdings(holdings) => {
            let mut holdings = holdings.clone();
            holdings.originals.shrink_to(limits::SHEET_BYTES / 2);
            holdings.previews.shrink_to(limits::SHEET_BYTES / 2 - 16);
            Value::Holdings(sheet(group, holdings.encode())?)
        }
        Said::Unknown => return Err(crate::error::bad_request("nothing is said in an unknown slot")),
    };
    let slot = value.slot();
    let before = group.store.state_counter(group.me, slot).map_err(IntoApi::into_api)?;
    let time_ms = now_ms();
    let epoch = secrets.newest_epoch();
    let counter = time_ms.max(before.map_or(0, |before| before + 1)).min(limits::TIME_MS - 1);
    let draft = StateDraft { group: group.id, counter, time_ms, epoch: epoch.id };
    let key = epoch.payload_key(Plane::Content).ok_or_else(crate::group::cannot_read)?;
    let state = draft.author(&value, &secrets.keys, &key, random()).map_err(IntoApi::into_api)?;
    let sheet = value.blob().map(|blob| blob.id);
    let incoming = IncomingState { state, said, sheet, received_ms: time_ms, own: true };
    let (_, old_sheet) = group.store.accept_state(&incoming).map_err(IntoApi::into_api)?;
    Ok((StateId { device: group.me, slot }, old_sheet))
}

fn sheet(group: &Group, bytes: Vec<u8>) -> ApiResult<Sheet> {
    if bytes.len() <= limits::STATE_INLINE_BYTES {
        return Ok(Sheet::Here(bytes.into()));
    }
    group.blobs.import(&group.secrets().secret, bytes).map(Sheet::Blob).map_err(IntoApi::into_api)
}

/// Gives every connected member the news it did not bring itself.
async fn spread(group: &Arc<Group>) {
    let news = std::mem::take(&mut *group.states.news.lock().unwrap_or_else(PoisonError::into_inner));
    if news.is_empty() {
        return;
    }
    let told = group.links().into_iter().map(|device| {
        let wanted: Vec<StateId> =
            news.iter().filter(|(id, from)| **from != Some(device) && id.device != device).map(|(id, _)| *id).collect();
        tell(group, device, wanted)
    });
    futures::future::join_all(told).await;
}

/// Gives one member these states. Answers whether it has stored them.
pub(crate) async fn tell(group: &Arc<Group>, device: DeviceId, wanted: Vec<StateId>) -> bool {
    let Some(net) = group.net() else { return false };
    let states = match encoded(group, wanted).await {
        Ok(states) => states,
        Err(error) => {
            tracing::warn!(%error, "states");
            return false;
        }
    };
    for states in states.chunks(STATES_PER_FRAME) {
        let request = Request::Say { states: states.iter().cloned().map(Into::into).collect() };
        let answer = match net.request(device, request).await {
            Ok(mut answers) => answers.next().await,
            Err(_) => None,
        };
        if !matches!(answer, Some(Ok(Frame::Done))) {
            return false;
        }
    }
    true
}

/// Fetches the states of a member that are newer than those here. What fails is repaired on the next meeting.
pub(crate) async fn greet(group: Arc<Group>, device: DeviceId) {
    if !group.can_read() {
        return;
    }
    if let Err(error) = pull(&group, device).await {
        tracing::debug!(?device, error, "states");
    }
}

async fn pull(group: &Arc<Group>, device: DeviceId) -> Result<(), &'static str> {
    let net = group.net().ok_or("no network")?;
    let broken = "the member went away";
    let mut answers = net.request(device, Request::StateKeys).await.map_err(|_| broken)?;
    let Some(Ok(Frame::StateKeys(theirs))) = answers.next().await else { return Err(broken) };
    let ours = keys(group).await.map_err(|_| "the store failed")?;
    let ours: BTreeMap<StateId, u64> = ours.into_iter().map(|key| (key.id, key.counter)).collect();
    let newer = theirs.into_iter().filter(|key| ours.get(&key.id).is_none_or(|counter| *counter < key.counter));
    let wanted: BTreeSet<StateId> = newer.map(|key| key.id).filter(|id| id.device != group.me).collect();
    let wanted: Vec<StateId> = wanted.into_iter().take(limits::MEMBERS * usize::from(limits::STATE_SLOTS)).collect();
    for wanted in wanted.chunks(IDS_PER_REQUEST) {
        let request = Request::States { wanted: wanted.to_vec() };
        let mut answers = net.request(device, request).await.map_err(|_| broken)?;
        while let Some(Ok(Frame::States(states))) = answers.next().await {
            let states = states.into_iter().map(Into::into).collect();
            take(group, device, states).await.map_err(|_| "the store failed")?;
        }
    }
    Ok(())
}

/// Which states are here.
pub(crate) async fn keys(group: &Arc<Group>) -> ApiResult<Vec<StateKey>> {
    let this = group.clone();
    let keys = blocking(move || this.store.state_keys()).await?;
    let key = |key: glow_store::StateKey| StateKey {
        id: StateId { device: key.device, slot: key.slot },
        counter: key.counter,
    };
    Ok(keys.into_iter().map(key).collect())
}

/// States as they go over the wire.
pub(crate) async fn encoded(group: &Arc<Group>, wanted: Vec<StateId>) -> ApiResult<Vec<Vec<u8>>> {
    let this = group.clone();
    blocking(move || {
        let wanted: Vec<_> = wanted.into_iter().map(|id| (id.device, id.slot)).collect();
        this.store.encoded_states(&wanted)
    })
    .await
}

/// Takes in states that a member gave: those that verify, are of members, newer than what is here, and can be opened.
pub(crate) async fn take(group: &Arc<Group>, from: DeviceId, states: Vec<Vec<u8>>) -> ApiResult<()> {
    if !group.states.may_take(from, states.len()) {
        return Err(crate::error::bad_request("too many states at once"));
    }
    let this = group.clone();
    let opened =
        blocking(move || ApiResult::Ok(states.iter().filter_map(|bytes| open(&this, bytes)).collect::<Vec<_>>()));
    let (mut heard, mut presence, mut door) = (false, false, false);
    for (state, value) in opened.await? {
        if let Some(sheet) = value.blob()
            && !fetch_sheet(group, from, sheet).await
        {
            continue;
        }
        let this = group.clone();
        let (device, said_ms) = (state.header().device, state.header().time_ms);
        let id = StateId { device, slot: state.header().slot };
        let wakefulness = match &value {
            Value::Presence(presence) => Some(presence.wakefulness),
            Value::SeenUpTo(_)
            | Value::TakebackDone(_)
            | Value::Holdings(_)
            | Value::GuestDoor(_)
            | Value::Unknown(..) => None,
        };
        if blocking(move || store(&this, state, value)).await? {
            group.states.note_news(id, Some(from));
            heard = true;
            presence |= id.slot == Slot::PRESENCE;
            if let Some(wakefulness) = wakefulness {
                group.states.note_wakefulness(device, wakefulness, said_ms);
            }
            door |= id.slot == Slot::GUEST_DOOR;
        }
    }
    if heard {
        recount(group).await?;
        group.states.wake();
    }
    if door {
        hear_doors(group).await?;
        group.bus.send(glow_api::Event::GuestsChanged { group: group.id.to_string() });
    }
    if presence {
        group.bus.send(glow_api::Event::MembersChanged { group: group.id.to_string() });
    }
    Ok(())
}

fn open(group: &Group, bytes: &[u8]) -> Option<(VerifiedState, Value)> {
    let state = State::decode(bytes).ok()?;
    let header = state.header().clone();
    // What others pass on of this device is its own, older word.
    if header.group != group.id || header.device == group.me || !group.membership().contains(header.device) {
        return None;
    }
    let state = state.verify().ok()?;
    if !group.store.is_new_state(&state).ok()? {
        return None;
    }
    let secrets = group.secrets();
    let key = secrets.epoch(header.epoch)?.payload_key(Plane::Content)?;
    let value = state.open(&key).ok()?;
    Some((state, value))
}

/// A sheet is one piece: it is asked of whoever gave the state.
async fn fetch_sheet(group: &Arc<Group>, from: DeviceId, sheet: &BlobRef) -> bool {
    let (this, id, size) = (group.clone(), sheet.id, sheet.size);
    let is_here = blocking(move || Ok::<_, glow_blobs::BlobError>(this.blobs.is_complete(id))).await;
    if is_here.unwrap_or(false) {
        return true;
    }
    let Some(net) = group.net() else { return false };
    let Ok(mut answers) =
        net.request(from, Request::Pieces { blob: id, size, pieces: vec![0], lane: Lane::Soon, skip: 0 }).await
    else {
        return false;
    };
    let Some(Ok(Frame::Piece { piece: 0, slice })) = answers.next().await else { return false };
    let this = group.clone();
    let outcome = blocking(move || this.blobs.accept_piece(id, size, 0, &slice)).await;
    matches!(outcome, Ok(glow_blobs::PieceOutcome::Completed))
}

fn store(group: &Group, state: VerifiedState, value: Value) -> ApiResult<bool> {
    let sheet = value.blob().map(|blob| blob.id);
    let read = |sheet: Sheet| match sheet {
        Sheet::Here(bytes) => Ok(Vec::from(bytes)),
        Sheet::Blob(blob) => group.blobs.read(&blob).map_err(IntoApi::into_api),
    };
    let slot = value.slot();
    let said = match value {
        Value::Presence(presence) => Said::Presence(presence),
        Value::SeenUpTo(seen) => Said::SeenUpTo(seen),
        Value::GuestDoor(door) => Said::GuestDoor(door),
        Value::TakebackDone(sheet) => match TakebackDone::decode(&read(sheet)?) {
            Ok(done) => Said::TakebackDone(done),
            Err(error) => return ignore(slot, &error),
        },
        Value::Holdings(sheet) => match Holdings::decode(&read(sheet)?) {
            Ok(holdings) => Said::Holdings(holdings),
            Err(error) => return ignore(slot, &error),
        },
        Value::Unknown(..) => Said::Unknown,
    };
    let incoming = IncomingState { state, said, sheet, received_ms: now_ms(), own: false };
    let (is_new, old_sheet) = group.store.accept_state(&incoming).map_err(IntoApi::into_api)?;
    if let Some(old) = old_sheet {
        group.blobs.remove(old).map_err(IntoApi::into_api)?;
    }
    Ok(is_new)
}

fn ignore(slot: Slot, error: &glow_model::ModelError) -> ApiResult<bool> {
    tracing::debug!(?slot, %error, "a state says nothing");
    Ok(false)
}

/// Counts copies again where somebody's word changed them, and tells the screens.
async fn recount(group: &Arc<Group>) -> ApiResult<()> {
    loop {
        let this = group.clone();
        let (changed, more) = blocking(move || this.store.recount_copies(RUNS_AT_ONCE)).await?;
        if !changed.is_empty() {
            group.bus.media_changed(group.id, &changed);
            group.bus.send(glow_api::Event::GroupsChanged);
        }
        if !more {
            return Ok(());
        }
    }
}
