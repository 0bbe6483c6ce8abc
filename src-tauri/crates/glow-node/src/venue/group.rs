//! The group that a box serves: found, joined or started, and kept whole.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use glow_api::{
    ApiError, Caller, ErrorCode, GroupCreate, GroupGet, GroupJoin, GroupList, GroupPhase, GroupView, GuestList,
    GuestOpen, GuestRights, InviteCreate, InviteInspect, InviteList, InviteView, Keep, ProfileSet, StatusGet,
    StorageGet, StoragePolicy, StorageSet,
};
use glow_engine::Engine;

use super::settings::{Serves, Settings};
use crate::output::{Output, short};

/// What members see of a box that nobody named.
const NAME: &str = "Venue box";
/// What a group is called that a box starts unasked.
const TITLE: &str = "Our event";
const NO_LINK: &str = "A blind box joins: say --join with an invite of `afterglow group invite --carrier`.";
/// A box that has just started listens within this, if there is a network.
const LISTENING: Duration = Duration::from_secs(3);
const LOOK_FOR_ADDRESS: Duration = Duration::from_millis(50);
/// A box that found no member looks again after this long.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Finds, joins or starts the group, and lets the box keep everything of it.
pub(super) async fn enter(engine: &Engine, out: Output, settings: &Settings) -> Result<GroupView, ApiError> {
    name(engine, settings).await?;
    let group = match &settings.serves {
        Serves::Joined(link) => join(engine, out, link, settings.blind).await?,
        Serves::Titled(title) => match active(engine).await?.into_iter().find(|group| &group.title == title) {
            Some(group) => group,
            None => start(engine, title, settings.ends_in).await?,
        },
        Serves::Only => {
            let mut groups = active(engine).await?;
            match (groups.pop(), groups.is_empty()) {
                (None, _) if settings.blind => return Err(bad(NO_LINK)),
                (None, _) => start(engine, TITLE, settings.ends_in).await?,
                (Some(group), true) => group,
                (Some(last), false) => return Err(which(groups.iter().chain([&last]))),
            }
        }
    };
    match (settings.blind, &group.carries) {
        (true, None) => {
            return Err(bad(
                "This box can read what it holds of that group: leave it, and join by an invite of `afterglow group invite --carrier`.",
            ));
        }
        (false, Some(_)) => {
            return Err(bad("This box holds that group sealed, without its keys: start it with --blind."));
        }
        (true, Some(_)) | (false, None) => {}
    }
    keep_everything(engine, &group.id).await?;
    Ok(group)
}

/// Opens the door for guests, unless it is open with these rights already.
pub(super) async fn let_guests_in(
    engine: &Engine,
    group: &GroupView,
    rights: GuestRights,
    port: u16,
) -> Result<(), ApiError> {
    let door = engine.ask(Caller::Owner, GuestList { group: group.id.clone() }).await?.door;
    if door.is_some_and(|door| door.rights == rights && door.trouble.is_none()) {
        return Ok(());
    }
    let open = GuestOpen { group: group.id.clone(), rights, expires_in_min: None, port: Some(port), quota: None };
    engine.ask(Caller::Owner, open).await.map(|_| ())
}

/// The link of the door for guests, when it listens.
pub(super) async fn guests_door(engine: &Engine, group: &GroupView) -> Result<Option<String>, ApiError> {
    let door = engine.ask(Caller::Owner, GuestList { group: group.id.clone() }).await?.door;
    Ok(door.map(|door| door.url).filter(|url| !url.is_empty()))
}

/// An invite that lets anyone in until the end, with the addresses of this box; nothing when only others may invite.
pub(super) async fn invite(engine: &Engine, group: &GroupView) -> Result<Option<InviteView>, ApiError> {
    let end = Instant::now() + LISTENING;
    loop {
        let invite = lasting_invite(engine, group).await?;
        // Without an address it is good where members find each other by themselves, and only there.
        if invite.as_ref().is_none_or(|invite| !invite.addresses.is_empty()) || Instant::now() >= end {
            return Ok(invite);
        }
        tokio::time::sleep(LOOK_FOR_ADDRESS).await;
    }
}

async fn lasting_invite(engine: &Engine, group: &GroupView) -> Result<Option<InviteView>, ApiError> {
    let id = group.id.clone();
    let lasts = |at_ms: Option<i64>| at_ms.is_none_or(|at_ms| at_ms >= group.ends_at_ms);
    let fits = |invite: &InviteView| {
        invite.open && !invite.carrier && invite.max_uses.is_none() && lasts(invite.expires_at_ms)
    };
    let known = engine.ask(Caller::Owner, InviteList { group: id.clone() }).await?.invites;
    if let Some(invite) = known.into_iter().find(fits) {
        return Ok(Some(invite));
    }
    if !engine.ask(Caller::Owner, GroupGet { group: id.clone() }).await?.can_invite {
        return Ok(None);
    }
    engine
        .ask(Caller::Owner, InviteCreate { group: id, expires_in_min: None, max_uses: None, carrier: false })
        .await
        .map(Some)
}

async fn name(engine: &Engine, settings: &Settings) -> Result<(), ApiError> {
    let known = engine.ask(Caller::Owner, StatusGet {}).await?.profile;
    let name = match (&settings.name, &known) {
        (Some(name), Some(known)) if *name == known.name => return Ok(()),
        (None, Some(_)) => return Ok(()),
        (Some(name), _) => name.clone(),
        (None, None) => NAME.to_owned(),
    };
    engine.ask(Caller::Owner, ProfileSet { name, colour: known.map_or(0, |known| known.colour) }).await.map(|_| ())
}

async fn active(engine: &Engine) -> Result<Vec<GroupView>, ApiError> {
    let groups = engine.ask(Caller::Owner, GroupList {}).await?.groups;
    Ok(groups.into_iter().filter(|group| group.phase == GroupPhase::Active).collect())
}

async fn start(engine: &Engine, title: &str, ends_in: Option<Duration>) -> Result<GroupView, ApiError> {
    let ends_at_ms = ends_in
        .and_then(|time| (SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH).ok())
        .and_then(|end| i64::try_from(end.as_millis()).ok());
    engine.ask(Caller::Owner, GroupCreate { title: title.to_owned(), ends_at_ms }).await
}

/// Joins, and waits for a member as long as it takes: a box is often switched on first.
async fn join(engine: &Engine, out: Output, link: &str, blind: bool) -> Result<GroupView, ApiError> {
    let invite = engine.ask(Caller::Owner, InviteInspect { link: link.to_owned() }).await?;
    match (blind, invite.carrier) {
        (true, false) => {
            return Err(bad(
                "By this invite the box could read the album: ask for one of `afterglow group invite --carrier`.",
            ));
        }
        (false, true) => return Err(bad("This invite is for a blind box: start it with --blind.")),
        (true, true) | (false, false) => {}
    }
    if invite.already_member {
        return engine.ask(Caller::Owner, GroupGet { group: invite.group }).await;
    }
    let mut said = false;
    loop {
        match engine.ask(Caller::Owner, GroupJoin { link: link.to_owned(), address: None }).await {
            Err(error) if matches!(error.code, ErrorCode::NobodyNear | ErrorCode::MembersBusy) => {
                if !said {
                    out.hint(&format!(
                        "Nobody of {} is near, or has time, yet: the box goes on looking.",
                        invite.title
                    ));
                    said = true;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            joined => return joined,
        }
    }
}

/// All originals of everyone, whatever they take.
async fn keep_everything(engine: &Engine, group: &str) -> Result<(), ApiError> {
    let policy = engine.ask(Caller::Owner, StorageGet { group: group.to_owned() }).await?.policy;
    let wished = StoragePolicy { photos: Keep::All, clips: Keep::All, paused: false, quota_bytes: None, ..policy };
    if policy != wished {
        engine.ask(Caller::Owner, StorageSet { group: group.to_owned(), policy: wished }).await?;
    }
    Ok(())
}

fn bad(message: &str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

fn which<'a>(groups: impl Iterator<Item = &'a GroupView>) -> ApiError {
    let names = groups.map(|group| format!("{} ({})", short(&group.id), group.title)).collect::<Vec<_>>().join(", ");
    ApiError::new(ErrorCode::BadRequest, format!("Which group? Say --group with the title of one of: {names}."))
}
