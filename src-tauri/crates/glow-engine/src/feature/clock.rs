//! Clocks of cameras: listed, set by hand, undone, and the group's own shown to a camera.

use std::{collections::BTreeMap, sync::Arc};

use glow_api::{
    ApiError, CameraView, ClockFace, ClockList, ClockPage, ClockPhotos, ClockSet, ClockShiftView, ClockShow, ClockUndo,
    ErrorCode,
};
use glow_model::{Body, CameraClock, ClockCode, ClockShift, DeviceId, body::shifts_by_hand, limits};
use glow_store::{CameraRow, MomentRow, StoreError};
use qrcode::EcLevel;

use crate::{
    clock::now_ms,
    engine::Engine,
    error::{ApiResult, bad_request, blocking},
    group::Group,
    pipeline::clock,
    qr, view,
};

/// Moments that show what a camera captured.
const SAMPLES: usize = 4;
/// Cameras of which moments are shown.
const SAMPLED: usize = 50;
const SECOND_MS: u64 = 1_000;

pub(super) async fn list(engine: &Engine, list: ClockList) -> ApiResult<ClockPage> {
    page(&engine.group(&list.group)?).await
}

pub(super) async fn set(engine: &Engine, set: ClockSet) -> ApiResult<ClockPage> {
    let group = engine.group(&set.group)?;
    let row = find(&group, &set.camera).await?;
    let time = |ms: Option<i64>| ms.map(u64::try_from).transpose().map_err(|_| bad_request("a time is before 1970"));
    let (from_ms, until_ms) = (time(set.from_ms)?, time(set.until_ms)?);
    if set.offset_ms.unsigned_abs() > limits::CLOCK_SHIFT_MS {
        return Err(bad_request("a camera's clock is off by a hundred years at most"));
    }
    let shifts = shifts_by_hand(&row.clock.shifts, set.offset_ms, from_ms, until_ms)
        .map_err(|error| bad_request(format!("the clock cannot be set so: {error}")))?;
    change(&group, row, shifts).await
}

pub(super) async fn undo(engine: &Engine, undo: ClockUndo) -> ApiResult<ClockPage> {
    let group = engine.group(&undo.group)?;
    let row = find(&group, &undo.camera).await?;
    if row.clock.head.is_none() {
        return Err(bad_request("the clock of this camera was never set"));
    }
    let before = row.clock.before.clone();
    change(&group, row, before).await
}

pub(super) async fn photos(engine: &Engine, photos: ClockPhotos) -> ApiResult<ClockPage> {
    let group = engine.group(&photos.group)?;
    let this = group.clone();
    blocking(move || clock::set_posts_photos(&this, photos.post)).await?;
    page(&group).await
}

pub(super) async fn show(engine: &Engine, show: ClockShow) -> ApiResult<ClockFace> {
    let group = engine.group(&show.group)?;
    // It changes each second, so it says the second's middle: half a second off at most.
    let at_ms = now_ms() / SECOND_MS * SECOND_MS + SECOND_MS / 2;
    let text = ClockCode::new(&group.secrets().secret, at_ms).to_text();
    Ok(ClockFace { at_ms: view::time(at_ms), qr_svg: qr::picture(&text, EcLevel::M)?, text })
}

async fn change(group: &Arc<Group>, row: CameraRow, shifts: Vec<ClockShift>) -> ApiResult<ClockPage> {
    if shifts != row.clock.shifts {
        let setting = CameraClock { camera: row.camera, shifts, replaces: row.clock.head };
        group.author(Body::CameraClock(setting), None).await?;
    }
    page(group).await
}

async fn find(group: &Arc<Group>, id: &str) -> ApiResult<CameraRow> {
    let rows = rows(group).await?;
    let unknown =
        || ApiError::new(ErrorCode::UnknownCamera, "there is no such camera, or its clock is another's to set");
    rows.into_iter().find(|row| clock::view_id(&row.camera) == id).ok_or_else(unknown)
}

/// The cameras whose clock this device may set, its own first.
async fn rows(group: &Arc<Group>) -> ApiResult<Vec<CameraRow>> {
    let this = group.clone();
    let whose = if group.membership().is_host(group.me) { None } else { Some(group.me) };
    let mut rows = blocking(move || this.store.cameras(whose)).await?;
    rows.sort_by_key(|row| row.camera.author != group.me);
    Ok(rows)
}

async fn page(group: &Arc<Group>) -> ApiResult<ClockPage> {
    let rows = rows(group).await?;
    let this = group.clone();
    let (posts_photos, samples) = blocking(move || {
        let samples = rows.into_iter().enumerate().map(|(at, row)| {
            let ids = if at < SAMPLED { this.store.camera_samples(&row.camera, SAMPLES)? } else { Vec::new() };
            let moments = this.store.moments(&ids)?;
            Ok((row, moments))
        });
        let samples = samples.collect::<Result<Vec<_>, StoreError>>()?;
        Ok::<_, StoreError>((clock::posts_photos(&this)?, samples))
    })
    .await?;
    let mut namesakes: BTreeMap<(DeviceId, Option<String>), u32> = BTreeMap::new();
    for (row, _) in &samples {
        *namesakes.entry((row.camera.author, row.camera.name.clone())).or_default() += 1;
    }
    let mut met: BTreeMap<(DeviceId, Option<String>), u32> = BTreeMap::new();
    let cameras = samples.into_iter().map(|(row, moments)| {
        let name = (row.camera.author, row.camera.name.clone());
        let number = met.entry(name.clone()).or_default();
        *number += 1;
        camera(group, row, moments, Some(*number).filter(|_| namesakes[&name] > 1))
    });
    Ok(ClockPage { cameras: cameras.collect(), posts_photos })
}

fn camera(group: &Group, row: CameraRow, samples: Vec<MomentRow>, number: Option<u32>) -> CameraView {
    let membership = group.membership();
    let setter = row.clock.author.filter(|author| *author != group.me);
    let clock = row.clock;
    CameraView {
        id: clock::view_id(&row.camera),
        mine: row.camera.author == group.me,
        author: row.camera.author.to_string(),
        author_name: view::profile(&membership, row.camera.author).0,
        name: row.camera.name.unwrap_or_default(),
        number,
        count: view::count64(row.moments),
        first_at_ms: view::time(row.first_ms),
        last_at_ms: view::time(row.last_ms),
        shifts: clock.shifts.iter().map(shift).collect(),
        set_by: setter.map(|setter| view::profile(&membership, setter).0),
        can_undo: clock.head.is_some(),
        samples: view::moments(group, view::Viewer::Owner, samples, &view::Beside::default()),
    }
}

fn shift(shift: &ClockShift) -> ClockShiftView {
    ClockShiftView {
        offset_ms: shift.offset_ms,
        from_ms: shift.from_ms.map(view::time),
        until_ms: shift.until_ms.map(view::time),
        by_photo: shift.photo_ms.is_some(),
    }
}
