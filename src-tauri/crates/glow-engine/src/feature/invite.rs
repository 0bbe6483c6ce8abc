//! Invites: made, shown, closed.

use data_encoding::BASE64;
use glow_api::{
    ApiError, CardLanguage, CardPaper, CardView, ErrorCode, InviteCard, InviteCreate, InviteInspect, InviteList,
    InvitePage, InvitePreview, InviteRevoke, InviteView,
};
use glow_card::{Card, CardError, Language, Paper, Wifi};
use glow_model::{
    Body, InviteClose, InviteGrant, InviteId, InviteKeys, InviteLink, InviteSeed, Role, clean_line, limits,
};

use crate::{
    clock::{now_ms, random},
    engine::Engine,
    error::{ApiResult, bad_request, blocking},
    invites::{find, page, unknown},
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
        role: if create.carrier { Role::Carrier } else { Role::Member },
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
    Ok(InvitePreview {
        group: link.group.to_string(),
        title: link.title,
        already_member: engine.has_group(link.group),
        carrier: link.role == Role::Carrier,
    })
}

/// A card for the table. What it says of the Wi-Fi goes onto the paper and nowhere else.
pub(super) async fn card(engine: &Engine, wanted: InviteCard) -> ApiResult<CardView> {
    let group = engine.group(&wanted.group)?;
    let id: InviteId = wanted.invite.parse().map_err(|_| bad_request("the invite id is malformed"))?;
    let invite = find(&group, id)?;
    if invite.carrier {
        return Err(bad_request("an invite for a blind box is for its owner, not for a table"));
    }
    if !invite.open {
        return Err(ApiError::new(ErrorCode::InviteRevoked, "nobody is let in by this invite any more"));
    }
    let own = group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
    let card = Card {
        title: wanted.title.and_then(|title| clean_line(&title, limits::TITLE_CHARS)).unwrap_or(own),
        code: invite.link.to_ascii_uppercase(),
        language: match wanted.language {
            CardLanguage::En => Language::En,
            CardLanguage::De => Language::De,
        },
        // An address of this machine alone leads nobody in from a table.
        guests: crate::guest::door_link(&group).filter(|link| !link.starts_with("http://127.")),
        wifi: wanted.wifi.map(|wifi| Wifi { name: wifi.name, password: wifi.password }),
    };
    let paper = match wanted.paper {
        CardPaper::A6 => Paper::A6,
        CardPaper::A4 => Paper::A4,
    };
    blocking(move || {
        let pdf = card.pdf(paper).map_err(|error| unprinted(&error))?;
        let name = sanitize_filename::sanitize(format!("{}.pdf", card.title));
        ApiResult::Ok(CardView { pdf: BASE64.encode(&pdf), file_name: name, unprintable: card.unprintable() })
    })
    .await
}

fn unprinted(error: &CardError) -> ApiError {
    ApiError::new(ErrorCode::BadText, format!("the card cannot be printed: {error}"))
}
