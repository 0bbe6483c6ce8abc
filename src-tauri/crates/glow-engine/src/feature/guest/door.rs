//! The door as its owner and the hosts see it: opening, closing, who is there, and deciding about what came through it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use glow_api::{
    ApiError, DoorView, ErrorCode, Event, GuestClose, GuestJudge, GuestList, GuestOpen, GuestPage, GuestQuota,
    GuestRights, GuestView, WaitingPost,
};
use glow_model::{
    Body, GuestKey, GuestPostId, GuestVerdict, OperationId, Verdict, limits,
    state::{DoorRights, DoorSecret},
};
use glow_store::{StoreError, WaitingRow};
use qrcode::EcLevel;

use crate::{
    clock::{now_ms, random},
    engine::Engine,
    error::{ApiResult, bad_request, blocking},
    group::Group,
    guest::{DoorRecord, GuestEnd, HeardDoor, door_url},
    pipeline::states,
    qr,
    view::{self, Beside, Viewer},
};

const MINUTE_MS: u64 = 60_000;
/// How long the answer to an opening waits for the host to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(3);
/// Posts that wait, told at once.
const WAITING: usize = 200;

pub(in crate::feature) async fn open(engine: &Engine, open: GuestOpen) -> ApiResult<GuestPage> {
    let group = engine.group(&open.group)?;
    group.require_open()?;
    if group.is_ended() {
        return Err(ApiError::new(ErrorCode::GroupEnded, "the group has ended: no guests are let in any more"));
    }
    if open.expires_in_min == Some(0) {
        return Err(bad_request("a door must let somebody in"));
    }
    let before = group.door_record();
    let is_open = group.open_door().is_some();
    let group_end_ms = group.membership().genesis().map(|genesis| genesis.ends_ms);
    let expires_ms = open.expires_in_min.map(|minutes| now_ms() + u64::from(minutes) * MINUTE_MS).or(group_end_ms);
    let quota = open.quota.unwrap_or(GuestQuota {
        files: limits::GUEST_FILES,
        bytes: limits::GUEST_BYTES,
        door_bytes: limits::GUEST_DOOR_BYTES,
    });
    let record = DoorRecord {
        open: true,
        // A door that is open keeps its address; one that was closed gets another.
        secret: before.as_ref().filter(|_| is_open).map_or_else(|| DoorSecret(random()), |door| door.secret.clone()),
        rights: DoorRights { contribute: open.rights.contribute, review: open.rights.review },
        expires_ms,
        files: quota.files,
        bytes: quota.bytes,
        door_bytes: quota.door_bytes,
        port: open.port.or(before.and_then(|door| door.port)),
    };
    let (this, secret) = (group.clone(), record.secret.clone());
    blocking(move || this.keep_door(record)).await?;
    group.guests.sessions.end_others(&secret);
    let mut listening = group.guests.listening.subscribe();
    if !is_open {
        group.guests.listening.send_replace(None);
    }
    engine.refresh_doors();
    if engine.inner.doors.receiver_count() > 0 {
        let _ = tokio::time::timeout(LISTENS_WITHIN, listening.wait_for(Option::is_some)).await;
    }
    states::say_door(&group).await;
    group.bus.send(Event::GuestsChanged { group: group.id.to_string() });
    page(&group).await
}

pub(in crate::feature) async fn close(engine: &Engine, close: GuestClose) -> ApiResult<GuestPage> {
    let group = engine.group(&close.group)?;
    engine.close_door(&group, GuestEnd::Closed).await?;
    page(&group).await
}

pub(in crate::feature) async fn list(engine: &Engine, list: GuestList) -> ApiResult<GuestPage> {
    page(&engine.group(&list.group)?).await
}

pub(in crate::feature) async fn judge(engine: &Engine, judge: GuestJudge) -> ApiResult<GuestPage> {
    let group = engine.group(&judge.group)?;
    let guest: GuestKey = judge.guest.parse().map_err(|_| bad_request("the guest's key is malformed"))?;
    let post = judge.post.as_deref().map(str::parse::<GuestPostId>).transpose();
    let post = post.map_err(|_| bad_request("the post id is malformed"))?;
    let verdict = match judge.verdict {
        glow_api::GuestVerdict::Approve => Verdict::Approve,
        glow_api::GuestVerdict::HoldBack => Verdict::HoldBack,
        glow_api::GuestVerdict::Block => Verdict::Block,
        glow_api::GuestVerdict::Unblock => Verdict::Unblock,
    };
    if matches!(verdict, Verdict::Approve | Verdict::HoldBack) != post.is_some() {
        return Err(bad_request("approving and holding back are about a post, blocking is about a guest"));
    }
    let this = group.clone();
    let (came_here, turn) = blocking(move || {
        Ok::<_, StoreError>((this.store.came_through(guest, post, this.me)?, this.store.verdict_turn(guest, post)?))
    })
    .await?;
    let is_here = group.guests.sessions.here().contains_key(&guest);
    if !group.membership().is_host(group.me) && !came_here && !is_here {
        return Err(ApiError::new(ErrorCode::NotAllowed, "only hosts decide about what came through another's door"));
    }
    let turn = turn.map_or(0, |turn| turn + 1);
    group.author(Body::GuestVerdict(GuestVerdict { guest, post, verdict, turn }), None).await?;
    page(&group).await
}

async fn page(group: &Arc<Group>) -> ApiResult<GuestPage> {
    let here = group.guests.sessions.here();
    let this = group.clone();
    let (known, waiting, rows, beside) = blocking(move || {
        let waiting = this.store.guest_posts_waiting(WAITING)?;
        let ids: Vec<OperationId> = waiting.iter().map(|waiting| waiting.moment).collect();
        let beside = Beside::read(&this.store, &ids)?;
        Ok::<_, StoreError>((this.store.guests(limits::GUESTS)?, waiting, this.store.moments(&ids)?, beside))
    })
    .await?;
    let moments: BTreeMap<String, _> = view::moments(group, Viewer::Owner, rows, &beside)
        .into_iter()
        .map(|moment| (moment.id.clone(), moment))
        .collect();
    let mut guests: BTreeMap<GuestKey, GuestView> =
        here.iter().map(|(key, name)| (*key, newcomer(*key, name))).collect();
    for row in known {
        let guest = GuestView {
            guest: row.guest.to_string(),
            name: here.get(&row.guest).unwrap_or(&row.name).clone(),
            colour: row.guest.colour(),
            moment_count: view::count64(row.moment_count),
            waiting_count: view::count64(row.waiting_count),
            blocked: row.blocked,
            here: here.contains_key(&row.guest),
        };
        guests.insert(row.guest, guest);
    }
    let mut guests: Vec<GuestView> = guests.into_values().collect();
    guests.sort_by_key(|guest| (!guest.here, guest.name.to_lowercase(), guest.guest.clone()));
    let is_host = group.membership().is_host(group.me);
    let waits = |row: WaitingRow| {
        Some(WaitingPost {
            guest: row.guest.to_string(),
            post: row.post.to_string(),
            held_back: row.held_back,
            may_judge: is_host || row.door == group.me,
            moment: moments.get(&row.moment.to_string())?.clone(),
        })
    };
    let others = group.guests.heard().iter().filter_map(|heard| other_view(group, heard)).collect();
    Ok(GuestPage { door: own_view(group)?, others, guests, waiting: waiting.into_iter().filter_map(waits).collect() })
}

/// A guest that is here and has not said anything.
fn newcomer(key: GuestKey, name: &str) -> GuestView {
    GuestView {
        guest: key.to_string(),
        name: name.to_owned(),
        colour: key.colour(),
        moment_count: 0,
        waiting_count: 0,
        blocked: false,
        here: true,
    }
}

fn own_view(group: &Group) -> ApiResult<Option<DoorView>> {
    let Some(record) = group.open_door() else { return Ok(None) };
    let urls: Vec<String> = group.door_addresses().iter().map(|address| door_url(address, &record.secret)).collect();
    let trouble = match &*group.guests.listening.borrow() {
        Some(Ok(_)) => None,
        Some(Err(message)) => Some(ApiError::new(ErrorCode::Unreadable, message.clone())),
        None => Some(ApiError::new(ErrorCode::NotHere, "nothing listens for guests here: is the node running?")),
    };
    Ok(Some(DoorView {
        device: group.me.to_string(),
        name: view::member_name(group, group.me),
        qr_svg: urls.first().map(|url| qr::picture(url, EcLevel::L)).transpose()?.unwrap_or_default(),
        url: urls.first().cloned().unwrap_or_default(),
        urls,
        rights: rights(record.rights),
        expires_at_ms: record.expires_ms.map(view::time),
        quota: Some(GuestQuota { files: record.files, bytes: record.bytes, door_bytes: record.door_bytes }),
        guests_here: view::count(group.guests.sessions.here().len()),
        trouble,
    }))
}

fn other_view(group: &Group, heard: &HeardDoor) -> Option<DoorView> {
    let (door, secret) = open_elsewhere(group, heard)?;
    let urls: Vec<String> = door.addresses().iter().map(|address| door_url(address, secret)).collect();
    let first = urls.first()?.clone();
    Some(DoorView {
        device: heard.device.to_string(),
        name: view::member_name(group, heard.device),
        qr_svg: qr::picture(&first, EcLevel::L).ok()?,
        url: first,
        urls,
        rights: rights(door.rights),
        expires_at_ms: door.expires_ms.map(view::time),
        quota: None,
        guests_here: 0,
        trouble: None,
    })
}

/// A door of another member that lets guests in, as far as this device knows.
pub(super) fn open_elsewhere<'a>(
    group: &Group,
    heard: &'a HeardDoor,
) -> Option<(&'a glow_model::state::GuestDoor, &'a DoorSecret)> {
    let is_over = heard.door.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms());
    let is_member = group.membership().contains(heard.device);
    Some((&heard.door, heard.door.secret.as_ref()?)).filter(|_| heard.door.open && !is_over && is_member)
}

fn rights(rights: DoorRights) -> GuestRights {
    GuestRights { contribute: rights.contribute, review: rights.review }
}
