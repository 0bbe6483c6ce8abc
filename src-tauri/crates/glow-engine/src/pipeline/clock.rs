//! Clocks of cameras, where captures meet them: which camera a file is of, what its clock was set to, and what a photo of the
//! group's clock says about it.

use std::sync::Arc;

use glow_api::ClockPhoto;
use glow_media::Probe;
use glow_model::{
    Body, CameraBodyId, CameraClock, CameraIdentity, ClockCode, Moment,
    body::{shift_at, shifts_by_photo},
};
use glow_store::StoreError;

use crate::{
    error::{ApiResult, blocking},
    group::Group,
    pipeline::{describe, ingest::Probed},
};

/// Photos say whole seconds, and the clock shows whole seconds: this far apart is the same.
const SAME_MS: u64 = 2_000;
/// The setting that holds whether photos of the clock are posted, too.
const POSTS_PHOTOS: &str = "posts_clock_photos";

/// What a photo of the group's clock says.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    file: String,
    camera: CameraIdentity,
    /// What the camera's clock said.
    said_ms: u64,
    /// What the group's clock said.
    at_ms: u64,
}

/// The camera that a moment of this device is of.
pub(crate) fn camera(group: &Group, moment: &Moment) -> CameraIdentity {
    CameraIdentity { author: group.me, name: moment.camera.clone(), body: moment.camera_body }
}

/// A serial number as others may see it.
pub(crate) fn body(group: &Group, probe: &Probe) -> Option<CameraBodyId> {
    probe.camera_serial.as_ref().map(|serial| group.secrets().keys.camera_body(serial))
}

/// What is known to be added to the time that a moment of this device says.
pub(crate) fn correction(group: &Group, moment: &Moment) -> Result<i64, StoreError> {
    Ok(shift_at(&group.store.clock(&camera(group, moment))?.shifts, moment.captured_ms))
}

/// Whether photos of the group's clock are posted, too.
pub(crate) fn posts_photos(group: &Group) -> Result<bool, StoreError> {
    Ok(group.store.setting(POSTS_PHOTOS)?.as_deref() == Some("true"))
}

/// Chooses whether photos of the group's clock are posted, too.
pub(crate) fn set_posts_photos(group: &Group, post: bool) -> Result<(), StoreError> {
    group.store.set_setting(POSTS_PHOTOS, if post { "true" } else { "false" })
}

/// Reads a QR code that a photo shows; nothing when a member of this group did not show it.
pub(crate) fn read(group: &Group, file: &Probed, moment: &Moment, code: &str) -> Option<Reading> {
    let code = ClockCode::parse(code).ok().filter(|code| code.is_of(&group.secrets().secret))?;
    // Without a time of the camera's own there is nothing to compare with.
    describe::says_time(&file.probe).then(|| Reading {
        file: moment.file_name.clone(),
        camera: camera(group, moment),
        said_ms: moment.captured_ms,
        at_ms: code.at_ms,
    })
}

/// Sets the clock of the camera that took a photo of the group's, unless it is known to be so.
pub(crate) async fn set(group: &Arc<Group>, reading: &Reading) -> ApiResult<ClockPhoto> {
    let (this, camera) = (group.clone(), reading.camera.clone());
    let clock = blocking(move || this.store.clock(&camera)).await?;
    let known_ms = shift_at(&clock.shifts, reading.said_ms);
    let found_ms = reading.at_ms.cast_signed() - reading.said_ms.cast_signed();
    let offset_ms = if found_ms.unsigned_abs() < SAME_MS { 0 } else { found_ms };
    let set = known_ms.abs_diff(found_ms) >= SAME_MS;
    // A clock that is right is noted once, too: a later photo then tells when it was changed.
    if set || clock.shifts.iter().all(|shift| shift.photo_ms.is_none()) {
        let shifts = shifts_by_photo(&clock.shifts, reading.said_ms, offset_ms);
        let setting = CameraClock { camera: reading.camera.clone(), shifts, replaces: clock.head };
        group.author(Body::CameraClock(setting), None).await?;
    }
    Ok(ClockPhoto {
        name: reading.file.clone(),
        camera: view_id(&reading.camera),
        camera_name: reading.camera.name.clone().unwrap_or_default(),
        offset_ms,
        set,
    })
}

/// How requests name a camera.
pub(crate) fn view_id(camera: &CameraIdentity) -> String {
    let hash = blake3::hash(&glow_model::codec::encode(camera));
    data_encoding::HEXLOWER.encode(&hash.as_bytes()[..16])
}
