//! The group that a box serves: found, joined or started, and kept whole.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use glow_api::{
    ApiError, Caller, ErrorCode, GroupCreate, GroupGet, GroupJoin, GroupList, GroupPhase, GroupView, InviteCreate,
    InviteInspect, InviteList, InviteView, Keep, ProfileSet, StatusGet, StorageGet, StoragePolicy, StorageSet,
};
use glow_engine::Engine;

use super::settings::{Serves, Settings};
use crate::output::{Output, short};

/// What members see of a box that nobody named.
const NAME: &str = "Venue box";
/// What a group is called that a box starts unasked.
const TITLE: &str = "Our event";
/// A box that has just started listens within this, if there is a network.
const LISTENING: Duration = Duration::from_secs(3);
const LOOK_FOR_ADDRESS: Duration = Duration::from_millis(50);
/// A box that found no member looks again after this long.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Finds, joins or starts the group, and lets the box keep everything of it.
pub(super) async fn enter(engine: &Engine, out: Output, settings: &Settings) -> Result<GroupView, ApiError> {
    name(engine, settings).await?;
    let group = match &settings.serves {
        Serves::Joined(link) => join(engine, out, link).await?,
        Serves::Titled(title) => match active(engine).await?.into_iter().find(|group| &group.title == title) {
            Some(group) => group,
            None => start(engine, title, settings.ends_in).await?,
        },
        Serves::Only => {
            let mut groups = active(engine).await?;
            match (groups.pop(), groups.is_empty()) {
                (None, _) => start(engine, TITLE, settings.ends_in).await?,
                (Some(group), true) => group,
                (Some(last), false) => return Err(which(groups.iter().chain([&last]))),
            }
        }
    };
    keep_everything(engine, &group.id).await?;
    Ok(group)
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
    let fits = |invite: &InviteView| invite.open && invite.max_uses.is_none() && lasts(invite.expires_at_ms);
    let known = engine.ask(Caller::Owner, InviteList { group: id.clone() }).await?.invites;
    if let Some(invite) = known.into_iter().find(fits) {
        return Ok(Some(invite));
    }
    if !engine.ask(Caller::Owner, GroupGet { group: id.clone() }).await?.can_invite {
        return Ok(None);
    }
    engine.ask(Caller::Owner, InviteCreate { group: id, expires_in_min: None, max_uses: None }).await.map(Some)
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
async fn join(engine: &Engine, out: Output, link: &str) -> Result<GroupView, ApiError> {
    let invite = engine.ask(Caller::Owner, InviteInspect { link: link.to_owned() }).await?;
    if invite.already_member {
        return engine.ask(Caller::Owner, GroupGet { group: invite.group }).await;
    }
    let mut said = false;
    loop {
        match engine.ask(Caller::Owner, GroupJoin { link: link.to_owned(), address: None }).await {
            Err(error) if error.code == ErrorCode::NobodyNear => {
                if !said {
                    out.hint(&format!("Nobody of {} is near yet: the box goes on looking.", invite.title));
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

fn which<'a>(groups: impl Iterator<Item = &'a GroupView>) -> ApiError {
    let names = groups.map(|group| format!("{} ({})", short(&group.id), group.title)).collect::<Vec<_>>().join(", ");
    ApiError::new(ErrorCode::BadRequest, format!("Which group? Say --group with the title of one of: {names}."))
}
