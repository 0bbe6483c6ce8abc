//! Guests: opening and closing the door, deciding about what comes through it, and what guests ask.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use data_encoding::HEXLOWER_PERMISSIVE;
use glow_api::{
    ApiError, DoorView, ErrorCode, Event, GuestAbort, GuestClose, GuestEnter, GuestFinish, GuestJudge, GuestList,
    GuestMedia, GuestMediaPage, GuestMediaPart, GuestOpen, GuestPage, GuestQuota, GuestRights, GuestSaidView, GuestSay,
    GuestShow, GuestTicket, GuestUpload, GuestUploadState, GuestUploadView, GuestView, GuestWelcome, OtherDoor,
    SealedBlob, WaitingPost,
};
use glow_model::{
    Body, GuestKey, GuestPost, GuestPostId, GuestSaid, GuestVerdict, OperationId, Verdict, What, clean_line, limits,
    state::{DoorRights, DoorSecret},
};
use glow_store::{GuestPostRow, StoreError, WaitingRow};
use qrcode::EcLevel;

use crate::{
    clock::{now_ms, random},
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    guest::{DoorRecord, GuestEnd, HeardDoor, Partial, Visit, blocked},
    media::Media,
    pipeline::{
        guest::{Made, Signed},
        states,
    },
    qr,
    view::{self, Beside, Viewer},
};

const MINUTE_MS: u64 = 60_000;
/// How long the answer to an opening waits for the host to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(3);
/// Posts that wait, told at once.
const WAITING: usize = 200;
/// Blobs told of one part at once.
const BLOBS_OF_ONE: usize = 2_000;

pub(super) async fn open(engine: &Engine, open: GuestOpen) -> ApiResult<GuestPage> {
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

pub(super) async fn close(engine: &Engine, close: GuestClose) -> ApiResult<GuestPage> {
    let group = engine.group(&close.group)?;
    engine.close_door(&group, GuestEnd::Closed).await?;
    page(&group).await
}

pub(super) async fn list(engine: &Engine, list: GuestList) -> ApiResult<GuestPage> {
    page(&engine.group(&list.group)?).await
}

pub(super) async fn judge(engine: &Engine, judge: GuestJudge) -> ApiResult<GuestPage> {
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
    let urls: Vec<String> = group.door_addresses().iter().map(|address| url(address, &record.secret)).collect();
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
    let urls: Vec<String> = door.addresses().iter().map(|address| url(address, secret)).collect();
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
fn open_elsewhere<'a>(
    group: &Group,
    heard: &'a HeardDoor,
) -> Option<(&'a glow_model::state::GuestDoor, &'a DoorSecret)> {
    let is_over = heard.door.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms());
    let is_member = group.membership().contains(heard.device);
    Some((&heard.door, heard.door.secret.as_ref()?)).filter(|_| heard.door.open && !is_over && is_member)
}

fn url(address: &std::net::SocketAddr, secret: &DoorSecret) -> String {
    format!("http://{address}/g#{}", hex(&secret.0))
}

fn rights(rights: DoorRights) -> GuestRights {
    GuestRights { contribute: rights.contribute, review: rights.review }
}

pub(super) async fn enter(engine: &Engine, ticket: GuestTicket, enter: GuestEnter) -> ApiResult<GuestWelcome> {
    let key: GuestKey = enter.key.parse().map_err(|_| bad_request("the guest's key is malformed"))?;
    let name = clean_line(&enter.name, limits::NAME_CHARS).filter(|name| !name.is_empty()).ok_or_else(|| {
        ApiError::new(ErrorCode::BadText, "the name is empty or longer than 64 characters")
            .with("max", limits::NAME_CHARS)
    })?;
    let found = engine.groups().into_iter().find_map(|group| Some((group.guests.sessions.binding(ticket)?, group)));
    let (binding, group) = found.ok_or_else(|| ApiError::new(ErrorCode::UnknownDoor, "this door is closed"))?;
    let proof = bytes::<64>(&enter.proof)?;
    key.verify_session(&binding, &proof)
        .map_err(|_| ApiError::new(ErrorCode::NotAllowed, "the proof does not fit the key"))?;
    let this = group.clone();
    if blocking(move || this.store.is_blocked(key, this.me)).await? {
        return Err(blocked());
    }
    group.guests.sessions.enter(ticket, key, name);
    group.bus.send(Event::GuestsChanged { group: group.id.to_string() });
    welcome(&engine.visit(ticket).await?).await
}

async fn welcome(visit: &Visit) -> ApiResult<GuestWelcome> {
    let (group, door, key) = (visit.group.clone(), visit.door.clone(), visit.key);
    let left = {
        let (group, door) = (group.clone(), door.clone());
        blocking(move || left(&group, &door, (key, GuestPostId([0; 16])))).await?
    };
    let links = group.links();
    let mut heard: Vec<&HeardDoor> = Vec::new();
    let known = group.guests.heard();
    heard.extend(known.iter().filter(|heard| open_elsewhere(&group, heard).is_some()));
    heard.sort_by_key(|heard| (!links.contains(&heard.device), std::cmp::Reverse(heard.said_ms)));
    let other = |heard: &HeardDoor| {
        let (door, secret) = open_elsewhere(&group, heard)?;
        Some(OtherDoor {
            device: heard.device.to_string(),
            name: view::member_name(&group, heard.device),
            addresses: door.addresses().iter().map(ToString::to_string).collect(),
            secret: hex(&secret.0),
        })
    };
    let title = group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
    Ok(GuestWelcome {
        group: group.id.to_string(),
        title,
        guest: key.to_string(),
        host_name: view::member_name(&group, group.me),
        rights: GuestRights { contribute: visit.require_contribution().is_ok(), review: door.rights.review },
        expires_at_ms: door.expires_ms.map(view::time),
        files_left: view::count64(left.files),
        bytes_left: left.bytes,
        file_bytes: left.bytes.min(limits::FILE_BYTES),
        doors: heard.into_iter().filter_map(other).collect(),
        now_ms: view::time(now_ms()),
    })
}

/// What a guest may still add.
struct Left {
    files: u64,
    bytes: u64,
}

fn left(group: &Group, door: &DoorRecord, key: (GuestKey, GuestPostId)) -> ApiResult<Left> {
    let (files, bytes, all_bytes) = group.store.guest_usage(key.0, group.me).map_err(IntoApi::into_api)?;
    let underway = group.guests.uploads.underway(key)?;
    let of_guest = door.bytes.saturating_sub(bytes + underway.bytes);
    let of_door = door.door_bytes.saturating_sub(all_bytes + underway.all_bytes);
    let is_full = underway.files >= limits::GUEST_UPLOADS || underway.all_files >= limits::GUEST_UPLOADS_AT_DOOR;
    let files = u64::from(door.files).saturating_sub(files + underway.files as u64);
    Ok(Left { files: if is_full { 0 } else { files }, bytes: of_guest.min(of_door) })
}

pub(super) async fn media(visit: &Visit, asked: GuestMedia) -> ApiResult<GuestMediaPage> {
    if asked.moments.len() > limits::GUEST_PAGE as usize {
        return Err(bad_request("too many moments at once"));
    }
    let ids: Result<Vec<OperationId>, _> = asked.moments.iter().map(|id| id.parse()).collect();
    let ids = ids.map_err(|_| bad_request("a moment id is malformed"))?;
    let group = visit.group.clone();
    blocking(move || {
        let mut room = limits::GUEST_BLOBS;
        let mut parts = Vec::new();
        for id in ids {
            let Some(row) = group.store.moment(id).map_err(IntoApi::into_api)? else { continue };
            let Ok(media) = Media::of(&group, row, asked.part) else { continue };
            let part = sealed(id, &media, asked.from as usize, room.min(BLOBS_OF_ONE));
            if let Some(part) = part.filter(|_| media.is_here) {
                room = room.saturating_sub(part.blobs.len());
                parts.push(part);
            }
            if room == 0 {
                break;
            }
        }
        Ok::<_, ApiError>(GuestMediaPage { parts })
    })
    .await
}

fn sealed(id: OperationId, media: &Media, from: usize, most: usize) -> Option<GuestMediaPart> {
    let rest = media.segments.get(from..)?;
    let told = rest.iter().take(most);
    let next = (rest.len() > most).then(|| view::count(from + most));
    let blob =
        |blob: &glow_model::BlobRef| SealedBlob { id: blob.id.to_string(), key: hex(&blob.key.0), size: blob.size };
    Some(GuestMediaPart {
        moment: id.to_string(),
        media_type: media.media_type.clone(),
        size_bytes: media.size_bytes,
        file_name: media.file_name.clone(),
        blobs: told.map(blob).collect(),
        next,
    })
}

pub(super) async fn say(visit: &Visit, say: GuestSay) -> ApiResult<GuestSaidView> {
    visit.require_contribution()?;
    let (id, said, signed, signature) = read(visit, &say.id, &say.said, &say.signature)?;
    let (this, key) = (visit.group.clone(), visit.key);
    let known = blocking(move || this.store.has_guest_said(key, id)).await?;
    let moment = match &said.what {
        What::File(_) => return Err(bad_request("a file is said by guest.upload")),
        What::Reaction(reaction) => Some(reaction.moment),
        What::Retraction(_) => None,
    };
    if let Some(moment) = moment {
        let this = visit.group.clone();
        blocking(move || this.store.moment(moment)).await?.ok_or_else(unknown_moment)?;
    }
    if !known {
        let post = GuestPost { guest: key, id, said: signed.into(), signature, review: false, moment: None };
        visit.group.author(Body::GuestPost(post), None).await?;
    }
    let Some(moment) = moment else { return Ok(GuestSaidView { id: id.to_string(), moment: None }) };
    let this = visit.group.clone();
    let (row, beside) = blocking(move || {
        let row = this.store.moment(moment)?;
        let ids: Vec<OperationId> = row.iter().map(|row| row.id).collect();
        Ok::<_, StoreError>((row, Beside::read(&this.store, &ids)?))
    })
    .await?;
    let moments = view::moments(&visit.group, Viewer::Guest(key), row.into_iter().collect(), &beside);
    Ok(GuestSaidView { id: id.to_string(), moment: moments.into_iter().next() })
}

pub(super) async fn upload(visit: &Visit, upload: GuestUpload) -> ApiResult<GuestUploadView> {
    visit.require_contribution()?;
    let (id, said, signed, signature) = read(visit, &upload.id, &upload.said, &upload.signature)?;
    let What::File(file) = said.what else { return Err(bad_request("only a file is uploaded")) };
    let (group, door, key) = (visit.group.clone(), visit.door.clone(), (visit.key, id));
    blocking(move || {
        let known = group.store.guest_post(key.0, id).map_err(IntoApi::into_api)?;
        if known.is_some_and(|known| known.whole) {
            group.guests.uploads.remove(key)?;
            return Ok(done(id, file.size, known));
        }
        if !group.guests.uploads.has(key)? {
            require_room(&group, &door, key, file.size)?;
        }
        let partial = group.guests.uploads.begin(key, file, signed, signature)?;
        let partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
        ApiResult::Ok(underway(id, &partial, known))
    })
    .await
}

fn require_room(group: &Group, door: &DoorRecord, key: (GuestKey, GuestPostId), size: u64) -> ApiResult<()> {
    /// What stays free on the disk.
    const KEPT_FREE_BYTES: u64 = 500 * 1000 * 1000;
    let left = left(group, door, key)?;
    if left.files == 0 || left.bytes < size {
        return Err(ApiError::new(ErrorCode::QuotaUsedUp, "what guests may add here is used up")
            .with("files_left", left.files)
            .with("bytes_left", left.bytes));
    }
    // The file comes once as it is and once sealed.
    if group.blobs.free_bytes().is_some_and(|free| free < KEPT_FREE_BYTES + 2 * size) {
        return Err(ApiError::new(ErrorCode::DiskFull, "the disk of this door is full: try another door"));
    }
    Ok(())
}

pub(super) async fn show(visit: &Visit, show: GuestShow) -> ApiResult<GuestUploadView> {
    visit.require_contribution()?;
    let id = post_id(&show.id)?;
    let _one = visit.group.guests.finishing.lock().await;
    let (group, key) = (visit.group.clone(), (visit.key, id));
    let (signed, made) = blocking(move || {
        let (signed, preview) = taken(&group, key)?;
        if group.store.has_guest_said(key.0, id).map_err(IntoApi::into_api)? {
            return Ok((signed, None));
        }
        let made = signed.early(&group, preview.as_deref())?;
        ApiResult::Ok((signed, Some(made)))
    })
    .await?;
    if let Some((moment, local)) = made {
        visit.group.author(signed.post(moment, visit.door.rights.review), Some(local)).await?;
    }
    status(visit, id).await
}

pub(super) async fn finish(engine: &Engine, visit: &Visit, finish: GuestFinish) -> ApiResult<GuestUploadView> {
    visit.require_contribution()?;
    let id = post_id(&finish.id)?;
    let _one = visit.group.guests.finishing.lock().await;
    let (group, key) = (visit.group.clone(), (visit.key, id));
    let known = blocking(move || group.store.guest_post(key.0, id)).await?;
    if known.is_some_and(|known| known.whole) {
        return status(visit, id).await;
    }
    let has_chosen = finish.said.is_some();
    if let (Some(said), Some(signature)) = (&finish.said, &finish.signature) {
        let (_, said, signed, signature) = read(visit, &finish.id, said, signature)?;
        let What::File(file) = said.what else { return Err(bad_request("only a file is uploaded")) };
        let group = visit.group.clone();
        blocking(move || {
            let partial = group.guests.uploads.find(key)?;
            partial.lock().unwrap_or_else(PoisonError::into_inner).say(file, signed, signature)
        })
        .await?;
    }
    let (group, tools) = (visit.group.clone(), engine.inner.tools.clone());
    let (signed, made) = blocking(move || make(&group, &tools, key)).await?;
    match made {
        Made::Moment(moment, local) => {
            visit.group.author(signed.post(*moment, visit.door.rights.review), Some(local)).await?;
        }
        Made::AlreadyThere(moment) => {
            forget(visit, key).await?;
            let row = GuestPostRow { moment, whole: true, waits: false, gone: false };
            return Ok(done(id, signed.file.size, Some(row)));
        }
        Made::NeedsChoice if !has_chosen => {
            return Ok(GuestUploadView { state: GuestUploadState::NeedsChoice, ..status(visit, id).await? });
        }
        Made::NeedsChoice if known.is_none() => {
            let (group, signed) = (visit.group.clone(), signed.clone());
            let (signed, (moment, local)) = blocking(move || {
                let (_, preview) = taken(&group, key)?;
                let early = signed.early(&group, preview.as_deref())?;
                ApiResult::Ok((signed, early))
            })
            .await?;
            visit.group.author(signed.post(moment, visit.door.rights.review), Some(local)).await?;
        }
        // Its previews are shown, and that is all of it that its guest shares.
        Made::NeedsChoice => {}
    }
    forget(visit, key).await?;
    let group = visit.group.clone();
    let known = blocking(move || group.store.guest_post(key.0, id)).await?;
    Ok(done(id, signed.file.size, known))
}

fn make(group: &Group, tools: &glow_media::ExternalTools, key: (GuestKey, GuestPostId)) -> ApiResult<(Signed, Made)> {
    let (signed, preview) = taken(group, key)?;
    let partial = group.guests.uploads.find(key)?;
    let data = partial.lock().unwrap_or_else(PoisonError::into_inner).whole()?;
    let made = signed.whole(group, tools, data, preview.as_deref())?;
    Ok((signed, made))
}

pub(super) async fn abort(visit: &Visit, abort: GuestAbort) -> ApiResult<GuestUploadView> {
    let id = post_id(&abort.id)?;
    let _one = visit.group.guests.finishing.lock().await;
    let (group, key) = (visit.group.clone(), (visit.key, id));
    let known = blocking(move || group.store.guest_post(key.0, id)).await?;
    let size = status(visit, id).await.map_or(0, |view| view.size_bytes);
    forget(visit, key).await?;
    // What was shown of it came through this door, or another's member erases it when the guest takes it back.
    if let Some(early) = known.filter(|known| !known.whole) {
        let group = visit.group.clone();
        let row = blocking(move || group.store.moments(&[early.moment])).await?.pop();
        if row.is_some_and(|row| row.own) {
            let retract = glow_model::Retract { target: early.moment };
            visit.group.author(Body::Retract(retract), None).await?;
        }
    }
    Ok(GuestUploadView { moment: None, ..done(id, size, None) })
}

async fn forget(visit: &Visit, key: (GuestKey, GuestPostId)) -> ApiResult<()> {
    let group = visit.group.clone();
    blocking(move || group.guests.uploads.remove(key)).await
}

async fn status(visit: &Visit, id: GuestPostId) -> ApiResult<GuestUploadView> {
    let (group, key) = (visit.group.clone(), (visit.key, id));
    blocking(move || {
        let known = group.store.guest_post(key.0, id).map_err(IntoApi::into_api)?;
        if known.is_some_and(|known| known.whole) {
            group.guests.uploads.remove(key)?;
            return Ok(done(id, 0, known));
        }
        let partial = group.guests.uploads.find(key)?;
        let partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
        ApiResult::Ok(underway(id, &partial, known))
    })
    .await
}

/// What has come of a file: what its guest said, and the preview.
fn taken(group: &Group, key: (GuestKey, GuestPostId)) -> ApiResult<(Signed, Option<Vec<u8>>)> {
    let partial = group.guests.uploads.find(key)?;
    let partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
    let signed = Signed {
        guest: key.0,
        post: key.1,
        file: partial.file.clone(),
        said: partial.said.clone(),
        signature: partial.signature,
    };
    Ok((signed, partial.preview()?))
}

fn underway(id: GuestPostId, partial: &Partial, known: Option<GuestPostRow>) -> GuestUploadView {
    GuestUploadView {
        id: id.to_string(),
        state: GuestUploadState::Open,
        size_bytes: partial.file.size,
        chunk_bytes: u32::try_from(limits::GUEST_CHUNK_BYTES).unwrap_or(u32::MAX),
        missing: partial.missing(),
        has_preview: partial.has_preview(),
        moment: known.filter(|known| !known.gone).map(|known| known.moment.to_string()),
        waits_for_review: known.is_some_and(|known| known.waits),
    }
}

fn done(id: GuestPostId, size: u64, known: Option<GuestPostRow>) -> GuestUploadView {
    GuestUploadView {
        id: id.to_string(),
        state: GuestUploadState::Done,
        size_bytes: size,
        chunk_bytes: u32::try_from(limits::GUEST_CHUNK_BYTES).unwrap_or(u32::MAX),
        missing: Vec::new(),
        has_preview: false,
        moment: known.filter(|known| !known.gone).map(|known| known.moment.to_string()),
        waits_for_review: known.is_some_and(|known| known.waits),
    }
}

/// Reads what a guest signed and checks that it did.
fn read(
    visit: &Visit,
    id: &str,
    said: &str,
    signature: &str,
) -> ApiResult<(GuestPostId, GuestSaid, Vec<u8>, [u8; 64])> {
    let id = post_id(id)?;
    if said.len() > 2 * limits::GUEST_SAID_BYTES {
        return Err(bad_request("what was said is too long"));
    }
    let signed = HEXLOWER_PERMISSIVE.decode(said.as_bytes()).map_err(|_| bad_request("what was said is malformed"))?;
    let signature = bytes::<64>(signature)?;
    visit
        .key
        .verify_post(visit.group.id, id, &signed, &signature)
        .map_err(|_| ApiError::new(ErrorCode::NotAllowed, "the signature does not fit"))?;
    let said = GuestSaid::decode(&signed).map_err(|error| bad_request(format!("what was said: {error}")))?;
    Ok((id, said, signed, signature))
}

fn post_id(text: &str) -> ApiResult<GuestPostId> {
    text.parse().map_err(|_| bad_request("the post id is malformed"))
}

fn bytes<const N: usize>(text: &str) -> ApiResult<[u8; N]> {
    let malformed = || bad_request("a signature is malformed");
    if text.len() != 2 * N {
        return Err(malformed());
    }
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| malformed())?;
    bytes.try_into().map_err(|_| malformed())
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn unknown_moment() -> ApiError {
    ApiError::new(ErrorCode::UnknownMoment, "there is no such moment")
}
