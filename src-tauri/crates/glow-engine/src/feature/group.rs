//! Starting, listing, joining and leaving groups.

use std::{net::SocketAddr, sync::Arc};

use data_encoding::BASE64;
use glow_api::{
    ApiError, CargoView, ErrorCode, Event, GroupCreate, GroupGet, GroupJoin, GroupLeave, GroupLocation, GroupPage,
    GroupPhase, GroupView, MediaPart,
};
use glow_model::{Body, Genesis, InviteLink, InvitePolicy, clean_line, limits};

use crate::{
    clock::{now_ms, random},
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::{self, Group},
    pipeline::policy,
    view,
};

/// A group that says no end ends a day after it was started.
const DEFAULT_LENGTH_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest a group may last.
const MAX_LENGTH_MS: u64 = 60 * DEFAULT_LENGTH_MS;

pub(super) async fn create(engine: &Engine, create: GroupCreate) -> ApiResult<GroupView> {
    let title = clean_line(&create.title, limits::TITLE_CHARS).filter(|title| !title.is_empty()).ok_or_else(|| {
        ApiError::new(ErrorCode::BadText, "the group's name is empty or longer than 100 characters")
            .with("max", limits::TITLE_CHARS)
    })?;
    let created_ms = now_ms();
    let ends_ms = match create.ends_at_ms {
        None => created_ms + DEFAULT_LENGTH_MS,
        Some(ends_ms) => u64::try_from(ends_ms)
            .ok()
            .filter(|ends_ms| (created_ms..=created_ms + MAX_LENGTH_MS).contains(ends_ms))
            .ok_or_else(|| bad_request("the end must be in the next 60 days"))?,
    };
    engine.require_room()?;
    let genesis = |keys: &glow_model::DeviceKeys| Genesis {
        salt: random(),
        title,
        creator: keys.id(),
        creator_sealing: keys.sealing_key(),
        created_ms,
        ends_ms,
        invite_policy: InvitePolicy::Members,
    };
    let place = |genesis: &Genesis| engine.inner.directory.group(genesis.group_id());
    let group = group::create(&engine.inner.config, &engine.inner.bus, place, genesis).await?;
    engine.adopt(group.clone()).await?;
    say_profile(engine, &group).await?;
    view_of(&group).await
}

pub(super) async fn list(engine: &Engine) -> ApiResult<GroupPage> {
    let mut groups = Vec::new();
    for group in engine.groups() {
        groups.push(view_of(&group).await?);
    }
    groups
        .sort_by_key(|view| std::cmp::Reverse((view.last_moment_at_ms.unwrap_or(view.created_at_ms), view.id.clone())));
    Ok(GroupPage { groups })
}

pub(super) async fn get(engine: &Engine, get: GroupGet) -> ApiResult<GroupView> {
    view_of(&engine.group(&get.group)?).await
}

pub(super) async fn join(engine: &Engine, join: GroupJoin) -> ApiResult<GroupView> {
    let link = InviteLink::parse(&join.link).map_err(|error| view::bad_link(&error))?;
    if engine.has_group(link.group) {
        return Err(
            ApiError::new(ErrorCode::AlreadyMember, "this device is in the group already").with("group", link.group)
        );
    }
    engine.require_room()?;
    let manual = match join.address.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            Some(text.parse::<SocketAddr>().map_err(|_| bad_request("the address must be like 192.168.1.20:4001"))?)
        }
    };
    let group = engine.join(link, manual).await?;
    say_profile(engine, &group).await?;
    view_of(&group).await
}

pub(super) async fn leave(engine: &Engine, leave: GroupLeave) -> ApiResult<GroupPage> {
    engine.leave(engine.group(&leave.group)?).await?;
    list(engine).await
}

pub(super) async fn set_location(engine: &Engine, location: GroupLocation) -> ApiResult<GroupView> {
    let group = engine.group(&location.group)?;
    let this = group.clone();
    blocking(move || this.set_shares_location(location.share)).await?;
    group.bus.send(Event::GroupsChanged);
    view_of(&group).await
}

async fn say_profile(engine: &Engine, group: &Group) -> ApiResult<()> {
    if let Some(profile) = engine.profile().await? {
        group.author(Body::Profile(glow_model::Profile { name: profile.name, colour: profile.colour }), None).await?;
    }
    Ok(())
}

async fn view_of(group: &Arc<Group>) -> ApiResult<GroupView> {
    let this = group.clone();
    let (summary, blocked, shares_location, carries) = blocking(move || {
        let summary = this.store.summary(&policy::wishes(&this))?;
        Ok::<_, glow_store::StoreError>((summary, policy::blocked(&this), this.shares_location()?, carried(&this)?))
    })
    .await?;
    let membership = group.membership();
    let genesis = membership.genesis().ok_or_else(|| glow_model::ModelError::Invalid { what: "group" }.into_api())?;
    let phase = match () {
        () if !membership.contains(group.me) => GroupPhase::Removed,
        () if membership.update_needed() => GroupPhase::UpdateNeeded,
        () if group.is_ended() => GroupPhase::Ended,
        () => GroupPhase::Active,
    };
    let cover = summary.cover.as_ref();
    Ok(GroupView {
        id: group.id.to_string(),
        title: genesis.title.clone(),
        created_at_ms: view::time(genesis.created_ms),
        ends_at_ms: view::time(genesis.ends_ms),
        phase,
        member_count: view::count(membership.members().len()),
        blind_box_count: view::count(
            membership.members().keys().filter(|device| !membership.is_reader(**device)).count(),
        ),
        here_count: view::count(group.around().len()),
        moment_count: view::count64(summary.moment_count),
        missing_count: view::count64(summary.missing_count),
        blocked,
        only_here_count: view::count64(summary.only_here_count),
        cover: cover.filter(|cover| cover.held).map(|cover| view::media_path(group.id, cover.moment, MediaPart::Grid)),
        cover_placeholder: cover.map(|cover| BASE64.encode(&cover.placeholder)),
        last_moment_at_ms: summary.last_moment_ms.map(view::time),
        can_invite: membership.may_invite(group.me) && phase == GroupPhase::Active,
        is_host: membership.is_host(group.me),
        me: group.me.to_string(),
        shares_location,
        carries,
    })
}

fn carried(group: &Group) -> Result<Option<CargoView>, glow_store::StoreError> {
    if group.can_read() {
        return Ok(None);
    }
    let (blobs, bytes, missing) = group.store.cargo_count()?;
    Ok(Some(CargoView { blobs: view::count64(blobs), bytes, missing: view::count64(missing) }))
}
