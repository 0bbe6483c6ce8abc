//! The app's status and the owner's profile.

use glow_api::{ApiError, AppStatus, ErrorCode, Event, Profile, ProfileSet, SecretsAt};
use glow_model::{Body, clean_line, limits};

use crate::{
    engine::Engine,
    error::{ApiResult, blocking},
    pipeline::policy,
};

const NAME: &str = "profile.name";
const COLOUR: &str = "profile.colour";
const COLOURS: u8 = 12;

pub(super) async fn status(engine: &Engine) -> ApiResult<AppStatus> {
    let groups = engine.groups();
    // All of them are on one disk.
    let group = groups.first();
    let tools = &engine.inner.tools;
    Ok(AppStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: profile(engine).await?,
        secrets_at: SecretsAt::File,
        can_poster_clips: tools.ffmpeg.is_some() || tools.gst_launch.is_some(),
        can_preview_heic: tools.decodes_heif(),
        free_disk_bytes: group.and_then(|group| group.blobs.free_bytes()),
        is_box: engine.is_box(),
        can_print: engine.venue().is_some_and(|venue| venue.printing.is_some()),
        disk_low: group.is_some_and(|group| !policy::has_room(group, 0)),
    })
}

pub(super) async fn set_profile(engine: &Engine, set: ProfileSet) -> ApiResult<Profile> {
    let name = clean_line(&set.name, limits::NAME_CHARS).filter(|name| !name.is_empty()).ok_or_else(|| {
        ApiError::new(ErrorCode::BadText, "the name is empty or longer than 64 characters")
            .with("max", limits::NAME_CHARS)
    })?;
    if set.colour >= COLOURS {
        return Err(ApiError::new(ErrorCode::BadRequest, "there is no such colour"));
    }
    let (device, stored) = (engine.inner.device.clone(), name.clone());
    blocking(move || {
        device.set_setting(NAME, &stored)?;
        device.set_setting(COLOUR, &set.colour.to_string())
    })
    .await?;
    let profile = Profile { name, colour: set.colour };
    for group in engine.groups() {
        publish(&group, &profile).await;
    }
    engine.inner.bus.send(Event::StatusChanged);
    Ok(profile)
}

/// The owner's profile, when it was set.
pub(crate) async fn profile(engine: &Engine) -> ApiResult<Option<Profile>> {
    let device = engine.inner.device.clone();
    blocking(move || {
        let name = device.setting(NAME)?;
        let colour = device.setting(COLOUR)?.and_then(|colour| colour.parse().ok()).unwrap_or(0);
        Ok::<_, glow_store::StoreError>(name.map(|name| Profile { name, colour }))
    })
    .await
}

/// Tells a group the profile. A group that cannot be told now is told nothing: the name is not worth an error.
async fn publish(group: &crate::group::Group, profile: &Profile) {
    let body = Body::Profile(glow_model::Profile { name: profile.name.clone(), colour: profile.colour });
    if let Err(error) = group.author(body, None).await {
        tracing::warn!(group = %group.id, %error, "profile");
    }
}
