//! A guest's file on its way: begun, shown by its preview, finished, or given up.

use std::sync::PoisonError;

use glow_api::{
    ApiError, ErrorCode, GuestAbort, GuestFinish, GuestShow, GuestUpload, GuestUploadState, GuestUploadView,
};
use glow_model::{Body, GuestKey, GuestPostId, What, limits};
use glow_store::GuestPostRow;

use super::said::{post_id, read};
use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    guest::{DoorRecord, Partial, Visit, require_log_room},
    pipeline::{
        guest::{Made, Signed},
        policy,
    },
};

/// What a guest may still add.
pub(super) struct Left {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

pub(super) fn left(group: &Group, door: &DoorRecord, key: (GuestKey, GuestPostId)) -> ApiResult<Left> {
    let (files, bytes, all_bytes) = group.store.guest_usage(key.0, group.me).map_err(IntoApi::into_api)?;
    let underway = group.guests.uploads.underway(key)?;
    let of_guest = door.bytes.saturating_sub(bytes + underway.bytes);
    let of_door = door.door_bytes.saturating_sub(all_bytes + underway.all_bytes);
    let is_full = underway.files >= limits::GUEST_UPLOADS || underway.all_files >= limits::GUEST_UPLOADS_AT_DOOR;
    let files = u64::from(door.files).saturating_sub(files + underway.files as u64);
    Ok(Left { files: if is_full { 0 } else { files }, bytes: of_guest.min(of_door) })
}

pub(in crate::feature) async fn upload(visit: &Visit, upload: GuestUpload) -> ApiResult<GuestUploadView> {
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
    let left = left(group, door, key)?;
    if left.files == 0 || left.bytes < size {
        return Err(ApiError::new(ErrorCode::QuotaUsedUp, "what guests may add here is used up")
            .with("files_left", left.files)
            .with("bytes_left", left.bytes));
    }
    require_log_room(group)?;
    // The file comes once as it is and once sealed.
    if !policy::has_room(group, 2 * size) {
        return Err(ApiError::new(ErrorCode::DiskFull, "the disk of this door is full: try another door"));
    }
    Ok(())
}

pub(in crate::feature) async fn show(visit: &Visit, show: GuestShow) -> ApiResult<GuestUploadView> {
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
        visit.author(signed.post(moment, visit.door.rights.review), Some(local)).await?;
    }
    status(visit, id).await
}

pub(in crate::feature) async fn finish(
    engine: &Engine,
    visit: &Visit,
    finish: GuestFinish,
) -> ApiResult<GuestUploadView> {
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
            visit.author(signed.post(*moment, visit.door.rights.review), Some(local)).await?;
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
            visit.author(signed.post(moment, visit.door.rights.review), Some(local)).await?;
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

pub(in crate::feature) async fn abort(visit: &Visit, abort: GuestAbort) -> ApiResult<GuestUploadView> {
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
