//! What a guest asks that is no upload: coming in, the sealed media of moments, reactions and taking back.

use glow_api::{
    ApiError, ErrorCode, Event, GuestEnter, GuestMedia, GuestMediaPage, GuestMediaPart, GuestRights, GuestSaidView,
    GuestSay, GuestTicket, GuestWelcome, OtherDoor, SealedBlob,
};
use glow_model::{Body, GuestKey, GuestPost, GuestPostId, OperationId, What, clean_line, limits};
use glow_store::StoreError;

use super::{
    door::open_elsewhere,
    said::{bytes, hex, read},
    upload::left,
};
use crate::{
    clock::now_ms,
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    guest::{HeardDoor, Visit, blocked},
    media::Media,
    view::{self, Beside, Viewer},
};

/// Blobs told of one part at once.
const BLOBS_OF_ONE: usize = 2_000;

pub(in crate::feature) async fn enter(
    engine: &Engine,
    ticket: GuestTicket,
    enter: GuestEnter,
) -> ApiResult<GuestWelcome> {
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
    if group.guests.sessions.enter(ticket, key, name) {
        group.bus.send(Event::GuestsChanged { group: group.id.to_string() });
    }
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

pub(in crate::feature) async fn media(visit: &Visit, asked: GuestMedia) -> ApiResult<GuestMediaPage> {
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

pub(in crate::feature) async fn say(visit: &Visit, say: GuestSay) -> ApiResult<GuestSaidView> {
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
        let takes_back = match said.what {
            What::Retraction(target) => {
                let this = visit.group.clone();
                blocking(move || this.store.guest_post_stands(key, target, this.me)).await?
            }
            What::File(_) | What::Reaction(_) => false,
        };
        // Room for it was kept when that was said.
        if takes_back {
            visit.group.author(Body::GuestPost(post), None).await?;
        } else {
            visit.author(post, None).await?;
        }
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

fn unknown_moment() -> ApiError {
    ApiError::new(ErrorCode::UnknownMoment, "there is no such moment")
}
