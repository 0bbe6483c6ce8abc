//! The big screen: the event's name and the code that lets people in.

use glow_api::{ScreenGet, ScreenView};

use crate::{engine::Engine, error::ApiResult, invites};

#[allow(clippy::unused_async, reason = "every answer is awaited alike")]
pub(super) async fn get(engine: &Engine, get: ScreenGet) -> ApiResult<ScreenView> {
    let group = engine.group(&get.group)?;
    let membership = group.membership();
    // The one that may be used the longest: it hangs on a wall.
    let open = invites::page(&group)?.invites.into_iter().filter(|invite| invite.open && invite.max_uses.is_none());
    let lasting = open.max_by_key(|invite| invite.expires_at_ms.unwrap_or(i64::MAX));
    Ok(ScreenView {
        title: membership.genesis().map(|genesis| genesis.title.clone()).unwrap_or_default(),
        qr_svg: lasting.map(|invite| invite.qr_svg),
        can_invite: membership.may_invite(group.me) && !group.is_ended(),
        can_hold: membership.is_host(group.me),
    })
}
