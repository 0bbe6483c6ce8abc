//! Invites: made, shown, closed.

use glow_api::{
    ApiError, ErrorCode, InviteCreate, InviteInspect, InviteList, InvitePage, InvitePreview, InviteRevoke, InviteView,
};
use glow_model::{Body, InviteClose, InviteGrant, InviteId, InviteKeys, InviteLink, InviteSeed, Role, limits};
use glow_sync::membership::Invite;

use crate::{
    clock::{now_ms, random},
    engine::Engine,
    error::{ApiResult, bad_request},
    group::Group,
    view,
};

const MINUTE_MS: u64 = 60_000;

pub(super) async fn create(engine: &Engine, create: InviteCreate) -> ApiResult<InviteView> {
    let group = engine.group(&create.group)?;
    let membership = group.membership();
    if !membership.may_invite(group.me) {
        return Err(ApiError::new(ErrorCode::NotAllowed, "only hosts may invite to this group"));
    }
    if group.is_ended() {
        return Err(ApiError::new(ErrorCode::GroupEnded, "the group has ended: nobody new can join"));
    }
    if membership.invites().len() >= limits::INVITES {
        return Err(bad_request("the group has too many invites"));
    }
    if create.max_uses == Some(0) || create.expires_in_min == Some(0) {
        return Err(bad_request("an invite must let somebody in"));
    }
    let seed = InviteSeed(random());
    let keys = InviteKeys::from_seed(&seed);
    let group_end_ms = membership.genesis().map(|genesis| genesis.ends_ms);
    let expires_ms = create.expires_in_min.map(|minutes| now_ms() + u64::from(minutes) * MINUTE_MS).or(group_end_ms);
    let grant = InviteGrant {
        invite: keys.id(),
        tag_key: keys.tag_key.clone(),
        role: Role::Member,
        expires_ms,
        max_uses: create.max_uses,
    };
    group.keep_invite(seed)?;
    group.author(Body::InviteGrant(grant), None).await?;
    find(&group, keys.id())
}

pub(super) async fn list(engine: &Engine, list: InviteList) -> ApiResult<InvitePage> {
    page(&*engine.group(&list.group)?)
}

pub(super) async fn revoke(engine: &Engine, revoke: InviteRevoke) -> ApiResult<InvitePage> {
    let group = engine.group(&revoke.group)?;
    let invite: InviteId = revoke.invite.parse().map_err(|_| bad_request("the invite id is malformed"))?;
    let membership = group.membership();
    let known = membership.invites().get(&invite).ok_or_else(unknown)?;
    if known.author != group.me && !membership.is_host(group.me) {
        return Err(ApiError::new(ErrorCode::NotAllowed, "only its maker and hosts can close an invite"));
    }
    group.author(Body::InviteClose(InviteClose { invite }), None).await?;
    page(&group)
}

pub(super) async fn inspect(engine: &Engine, inspect: InviteInspect) -> ApiResult<InvitePreview> {
    let link = InviteLink::parse(&inspect.link).map_err(|error| view::bad_link(&error))?;
    Ok(InvitePreview { group: link.group.to_string(), title: link.title, already_member: engine.has_group(link.group) })
}

fn page(group: &Group) -> ApiResult<InvitePage> {
    let membership = group.membership();
    // The list of seeds is in the order they were made.
    let seeds = &group.secrets().invites;
    let shown = seeds
        .iter()
        .rev()
        .filter_map(|seed| membership.invites().get(&InviteKeys::from_seed(seed).id()).map(|invite| (seed, invite)));
    Ok(InvitePage { invites: shown.map(|(seed, invite)| view_of(group, seed, invite)).collect::<ApiResult<_>>()? })
}

fn find(group: &Group, invite: InviteId) -> ApiResult<InviteView> {
    let (membership, secrets) = (group.membership(), group.secrets());
    let known = membership.invites().get(&invite).ok_or_else(unknown)?;
    view_of(group, secrets.invite_seed(invite).ok_or_else(unknown)?, known)
}

fn view_of(group: &Group, seed: &InviteSeed, invite: &Invite) -> ApiResult<InviteView> {
    let membership = group.membership();
    let title = membership.genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
    let addresses = view::likely_addresses(group.addresses());
    let link = InviteLink { seed: seed.clone(), group: group.id, title, addresses: addresses.clone(), wifi: None };
    let grant = &invite.grant;
    let is_used_up = grant.max_uses.is_some_and(|max| invite.uses >= max);
    let is_expired = grant.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms());
    Ok(InviteView {
        id: grant.invite.to_string(),
        link: link.to_text(),
        qr_svg: view::qr_svg(&link.to_qr_text())?,
        addresses: addresses.iter().map(ToString::to_string).collect(),
        expires_at_ms: grant.expires_ms.map(view::time),
        max_uses: grant.max_uses,
        uses: invite.uses,
        open: !invite.closed && !is_used_up && !is_expired && !group.is_ended(),
    })
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::UnknownInvite, "there is no such invite")
}
