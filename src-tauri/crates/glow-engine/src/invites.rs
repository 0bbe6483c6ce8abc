//! How the invites that this device can show look to a host.

use glow_api::{ApiError, ErrorCode, InvitePage, InviteView};
use glow_model::{InviteId, InviteKeys, InviteLink, InviteSeed, Role};
use glow_sync::membership::Invite;
use qrcode::EcLevel;

use crate::{clock::now_ms, error::ApiResult, group::Group, qr, view};

/// All of them, newest first.
pub(crate) fn page(group: &Group) -> ApiResult<InvitePage> {
    let membership = group.membership();
    // The list of seeds is in the order they were made.
    let seeds = &group.secrets().invites;
    let shown = seeds
        .iter()
        .rev()
        .filter_map(|seed| membership.invites().get(&InviteKeys::from_seed(seed).id()).map(|invite| (seed, invite)));
    Ok(InvitePage { invites: shown.map(|(seed, invite)| view_of(group, seed, invite)).collect::<ApiResult<_>>()? })
}

/// One of them.
pub(crate) fn find(group: &Group, invite: InviteId) -> ApiResult<InviteView> {
    let (membership, secrets) = (group.membership(), group.secrets());
    let known = membership.invites().get(&invite).ok_or_else(unknown)?;
    view_of(group, secrets.invite_seed(invite).ok_or_else(unknown)?, known)
}

fn view_of(group: &Group, seed: &InviteSeed, invite: &Invite) -> ApiResult<InviteView> {
    let membership = group.membership();
    let title = membership.genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
    let addresses = view::likely_addresses(group.addresses());
    let grant = &invite.grant;
    let link = InviteLink {
        seed: seed.clone(),
        group: group.id,
        title,
        addresses: addresses.clone(),
        wifi: None,
        role: grant.role,
    };
    let is_used_up = grant.max_uses.is_some_and(|max| invite.uses >= max);
    let is_expired = grant.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms());
    Ok(InviteView {
        id: grant.invite.to_string(),
        link: link.to_text(),
        qr_svg: qr::picture(&link.to_qr_text(), EcLevel::L)?,
        addresses: addresses.iter().map(ToString::to_string).collect(),
        expires_at_ms: grant.expires_ms.map(view::time),
        max_uses: grant.max_uses,
        uses: invite.uses,
        carrier: grant.role == Role::Carrier,
        open: !invite.closed && !is_used_up && !is_expired && !group.is_ended(),
    })
}

pub(crate) fn unknown() -> ApiError {
    ApiError::new(ErrorCode::UnknownInvite, "there is no such invite")
}
