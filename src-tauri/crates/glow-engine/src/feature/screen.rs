//! The big screen: the event's name and the code that lets people in.

use glow_api::{ScreenGet, ScreenView};

use crate::{
    engine::Engine,
    error::ApiResult,
    group::Group,
    guest::{Visit, door_link},
    invites,
};

#[allow(clippy::unused_async, reason = "every answer is awaited alike")]
pub(super) async fn get(engine: &Engine, get: ScreenGet) -> ApiResult<ScreenView> {
    let group = engine.group(&get.group)?;
    let membership = group.membership();
    // Most who stand before a wall have no app, and will not install one: their door first.
    let guests = guests_code(&group)?;
    let lasting = || {
        // The one that may be used the longest: it hangs on a wall.
        let invites = invites::page(&group)?.invites.into_iter();
        let open = invites.filter(|invite| invite.open && !invite.carrier && invite.max_uses.is_none());
        let lasting = open.max_by_key(|invite| invite.expires_at_ms.unwrap_or(i64::MAX));
        ApiResult::Ok(lasting.map(|invite| invite.qr_svg))
    };
    let for_guests = guests.is_some();
    Ok(ScreenView {
        title: title(&group),
        qr_svg: if for_guests { guests } else { lasting()? },
        for_guests,
        can_invite: membership.may_invite(group.me) && !group.is_ended(),
        can_hold: membership.is_host(group.me),
    })
}

/// The big screen at the door for guests: it shows, and can do nothing.
#[allow(clippy::unused_async, reason = "every answer is awaited alike")]
pub(super) async fn get_at_door(visit: &Visit) -> ApiResult<ScreenView> {
    let qr_svg = guests_code(&visit.group)?;
    Ok(ScreenView { title: title(&visit.group), qr_svg, for_guests: true, can_invite: false, can_hold: false })
}

fn title(group: &Group) -> String {
    group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default()
}

fn guests_code(group: &Group) -> ApiResult<Option<String>> {
    door_link(group).map(|link| crate::qr::picture(&link, qrcode::EcLevel::L)).transpose()
}
