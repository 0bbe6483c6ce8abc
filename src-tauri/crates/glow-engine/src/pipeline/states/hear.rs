//! What members say: fetched on meeting, taken in when it verifies and is newer, and read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use glow_model::{
    BlobRef, DeviceId, Plane, State, VerifiedState, limits,
    state::{Holdings, Sheet, Slot, TakebackDone, Value},
};
use glow_store::{IncomingState, Said};
use glow_sync::{
    Frame, Request,
    wire::{IDS_PER_REQUEST, Lane, StateId, StateKey},
};

use super::recount;
use crate::{
    clock::now_ms,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    guest::HeardDoor,
};

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
    let newer = lacking(group, theirs).await.map_err(|_| "the store failed")?;
    let wanted: BTreeSet<StateId> = newer.into_iter().map(|key| key.id).collect();
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

/// Which of these are newer than what is here. This device's own are not: nobody knows them better.
pub(crate) async fn lacking(group: &Arc<Group>, theirs: Vec<StateKey>) -> ApiResult<Vec<StateKey>> {
    let ours: BTreeMap<StateId, u64> = keys(group).await?.into_iter().map(|key| (key.id, key.counter)).collect();
    let is_newer = |key: &StateKey| ours.get(&key.id).is_none_or(|counter| *counter < key.counter);
    Ok(theirs.into_iter().filter(|key| key.id.device != group.me && is_newer(key)).collect())
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

/// Reads what the members say of their doors.
pub(crate) async fn hear_doors(group: &Arc<Group>) -> ApiResult<()> {
    let mut doors = doors_in_store(group).await?;
    doors.retain(|heard| heard.device != group.me);
    group.guests.set_heard(doors);
    Ok(())
}

pub(super) async fn doors_in_store(group: &Arc<Group>) -> ApiResult<Vec<HeardDoor>> {
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
