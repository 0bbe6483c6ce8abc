//! What a phone wants to be told at the right time: that the network will be used, and that the app goes on while nobody looks.
//!
//! On a desktop the same is said to a bridge that has nothing to do.

use std::sync::Arc;

use glow_api::{Caller, Event, GroupList, GroupPhase, GroupView, Request};
use glow_engine::Engine;
use tauri_plugin_afterglow::NativeBridge;
use tauri_plugin_afterglow::contract::{Permission, Sign};
use tokio::sync::broadcast::error::RecvError;

/// The most that a sign names of several groups, in characters.
const SIGN_CHARS: usize = 80;

/// Asks for the local network when it is about to be used for the first time: when a group is started or joined. A refusal
/// stops nothing: an invite's addresses may still be reachable, and the album is there without any network.
pub(crate) async fn before(bridge: &dyn NativeBridge, request: &Request) {
    if !matches!(request, Request::GroupCreate(_) | Request::GroupJoin(_)) {
        return;
    }
    match bridge.ask(Permission::LocalNetwork).await {
        Ok(granted) if granted.local_network.allows() => {}
        Ok(_) => tracing::warn!("this app may not use the local network: members are not found"),
        Err(error) => tracing::warn!(%error, "the local network was not asked for"),
    }
}

/// The phone's decoder, for pictures that the engine cannot read itself: HEIC.
#[cfg(mobile)]
pub(crate) fn decoder(bridge: Arc<dyn NativeBridge>) -> glow_engine::SystemDecoder {
    /// The longest that a picture may take.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
    glow_engine::SystemDecoder::new(move |picture, jpeg, pixels| {
        let made = tauri::async_runtime::block_on(async {
            tokio::time::timeout(PATIENCE, bridge.preview(picture, jpeg, pixels)).await
        });
        match made {
            Ok(Ok(made)) => made,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the system did not decode a picture");
                false
            }
            Err(_) => {
                tracing::warn!("the system took too long to decode a picture");
                false
            }
        }
    })
}

/// Keeps the sign of sharing in step with the groups that are going on, until the engine has ended.
pub(crate) async fn keep_sign(bridge: Arc<dyn NativeBridge>, engine: Engine) {
    let mut events = engine.events();
    let mut shown = None;
    loop {
        let sign = engine.ask(Caller::Owner, GroupList {}).await.ok().and_then(|page| sign(&page.groups));
        if sign != shown {
            let told = match sign.clone() {
                Some(sign) => bridge.start_sharing(sign).await,
                None => bridge.stop_sharing().await,
            };
            // A phone refuses it to an app that is not looked at; the next change of a group tries again.
            match told {
                Ok(()) => shown = sign,
                Err(error) => tracing::warn!(%error, "the sign of sharing"),
            }
        }
        loop {
            match events.recv().await {
                Ok(Event::GroupsChanged) | Err(RecvError::Lagged(_)) => break,
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// What the sign says: the groups that are going on, by name. There is none where nothing goes on.
fn sign(groups: &[GroupView]) -> Option<Sign> {
    let active = groups.iter().filter(|group| group.phase == GroupPhase::Active);
    let titles = active.map(|group| group.title.as_str()).collect::<Vec<_>>().join(", ");
    (!titles.is_empty()).then(|| Sign { title: titles.chars().take(SIGN_CHARS).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(title: &str, phase: GroupPhase) -> GroupView {
        GroupView {
            id: "00".to_owned(),
            title: title.to_owned(),
            created_at_ms: 0,
            ends_at_ms: 0,
            phase,
            member_count: 1,
            blind_box_count: 0,
            here_count: 0,
            moment_count: 0,
            blocked: None,
            missing_count: 0,
            only_here_count: 0,
            cover: None,
            cover_placeholder: None,
            last_moment_at_ms: None,
            can_invite: true,
            is_host: true,
            me: "00".to_owned(),
            shares_location: false,
            carries: None,
        }
    }

    #[test]
    fn the_sign_names_what_is_going_on() {
        let groups = [
            group("Wedding", GroupPhase::Active),
            group("Trip", GroupPhase::Ended),
            group("Party", GroupPhase::Active),
        ];
        assert_eq!(sign(&groups).map(|sign| sign.title).as_deref(), Some("Wedding, Party"));
        assert_eq!(sign(&groups[1..2]), None, "nothing goes on");
    }

    #[test]
    fn a_sign_is_short() {
        let long = group(&"ä".repeat(100), GroupPhase::Active);
        assert_eq!(sign(&[long]).map(|sign| sign.title.chars().count()), Some(SIGN_CHARS));
    }
}
