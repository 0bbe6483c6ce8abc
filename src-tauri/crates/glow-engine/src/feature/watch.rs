//! The folder that is watched for a group: shown, held back from, switched off. It is switched on by a host, which knows paths.

use std::sync::Arc;

use glow_api::{WatchExisting, WatchGet, WatchHold, WatchOff, WatchView};

use crate::{
    engine::Engine,
    error::{ApiResult, bad_request},
    group::Group,
    watch::{self, Kept},
};

pub(super) async fn get(engine: &Engine, get: WatchGet) -> ApiResult<WatchView> {
    watch::watched(engine, &engine.group(&get.group)?).await
}

pub(super) async fn off(engine: &Engine, off: WatchOff) -> ApiResult<WatchView> {
    let group = engine.group(&off.group)?;
    watch::forget(engine, &group).await?;
    watch::watched(engine, &group).await
}

pub(super) async fn existing(engine: &Engine, existing: WatchExisting) -> ApiResult<WatchView> {
    let (group, kept) = find(engine, &existing.group)?;
    kept.release_existing(&group).await?;
    watch::watched(engine, &group).await
}

pub(super) async fn hold(engine: &Engine, hold: WatchHold) -> ApiResult<WatchView> {
    let (group, kept) = find(engine, &hold.group)?;
    kept.hold(&group, &hold.file, hold.hold).await?;
    watch::watched(engine, &group).await
}

fn find(engine: &Engine, group: &str) -> ApiResult<(Arc<Group>, Arc<Kept>)> {
    let group = engine.group(group)?;
    let kept = engine.inner.watches.find(group.id).ok_or_else(|| bad_request("no folder is watched for this group"))?;
    Ok((group, kept))
}
