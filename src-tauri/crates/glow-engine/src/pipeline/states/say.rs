//! What this device says of itself, and how it reaches the others.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use glow_model::{
    DeviceId, Plane, limits,
    state::{GuestDoor, Holdings, Marks, Presence, Sheet, StateDraft, TakebackDone, Value, Wakefulness},
};
use glow_store::{IncomingState, Said};
use glow_sync::{
    Frame, Request,
    wire::{IDS_PER_REQUEST, STATES_PER_FRAME, StateId, StateKey},
};

use super::{
    hear::{doors_in_store, encoded, keys},
    report,
};
use crate::{
    clock::{now_ms, random},
    error::{ApiResult, IntoApi, blocking},
    group::Group,
};

/// Holdings that did not change are said again after this long: their age tells that the device still is there.
const REFRESH: Duration = Duration::from_secs(60 * 60);

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
    let mut holdings = holdings;
    holdings.originals.shrink_to(limits::SHEET_BYTES / 2);
    holdings.previews.shrink_to(limits::SHEET_BYTES / 2 - 16);
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

/// The originals that this device said last, in this run, that it holds.
pub(crate) async fn said_originals(group: &Group) -> Marks {
    let statements = group.states.saying.lock().await;
    statements.holdings.as_ref().map(|(said, _)| said.originals.clone()).unwrap_or_default()
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
        Said::Holdings(holdings) => Value::Holdings(sheet(group, holdings.encode())?),
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

/// Gives every connected member the news of this device, and of those of others what it lacks.
pub(super) async fn spread(group: &Arc<Group>) {
    let news = std::mem::take(&mut *group.states.news.lock().unwrap_or_else(PoisonError::into_inner));
    if news.is_empty() {
        return;
    }
    let (own, heard): (BTreeMap<_, _>, BTreeMap<_, _>) = news.into_iter().partition(|(id, _)| id.device == group.me);
    let own: Vec<StateId> = own.into_keys().collect();
    let heard = match keys(group).await {
        Ok(keys) => keys.into_iter().filter_map(|key| Some((key, *heard.get(&key.id)?))).collect(),
        Err(error) => {
            tracing::warn!(%error, "states");
            Vec::new()
        }
    };
    let told = group.links().into_iter().map(|device| {
        let may_lack = heard.iter().filter(|(key, from)| *from != Some(device) && key.id.device != device);
        let may_lack: Vec<StateKey> = may_lack.map(|(key, _)| *key).collect();
        let own = own.clone();
        async move {
            if tell(group, device, own).await {
                offer(group, device, may_lack).await;
            }
        }
    });
    futures::future::join_all(told).await;
}

/// Gives one member what it lacks of these: most have come to it from another by now.
async fn offer(group: &Arc<Group>, device: DeviceId, heard: Vec<StateKey>) {
    let Some(net) = group.net() else { return };
    for keys in heard.chunks(IDS_PER_REQUEST) {
        let Ok(mut answers) = net.request(device, Request::News { keys: keys.to_vec() }).await else { return };
        let Some(Ok(Frame::StateKeys(lacking))) = answers.next().await else { return };
        let lacking: Vec<StateId> = lacking.into_iter().filter(|key| keys.contains(key)).map(|key| key.id).collect();
        if !tell(group, device, lacking).await {
            return;
        }
    }
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
