//! Joining: an invite becomes a membership.
//!
//! What the member at the door hands over is believed only when its admissions, opened with the keys it gave, lead from the
//! genesis whose hash stands in the invite to the member's device and to ours.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use glow_api::{ApiError, ErrorCode, Event, JoinStage};
use glow_model::{DeviceKeys, EpochSecret, InviteLink, Operation, Verified, limits};
use glow_net::{JoinConfig, JoinError, JoinProgress, Joined};
use glow_sync::{Membership, door::Refusal};

use super::tasks;
use crate::{
    bus::Bus, clock::random, config::EngineConfig, directory::GroupDirectory, error::ApiResult, group::Group,
    pipeline::accept, secrets::Secrets,
};

/// How long to look for a member before giving up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gossip topic: 32 bytes in hex.
const TOPIC_CHARS: usize = 64;

/// Finds a member, is admitted, stores the group and opens it.
pub(crate) async fn join(
    config: &EngineConfig,
    bus: &Bus,
    directory: GroupDirectory,
    link: InviteLink,
    manual: Option<SocketAddr>,
) -> ApiResult<Arc<Group>> {
    let keys = DeviceKeys::from_seeds(random(), random());
    let id = link.group;
    let progress = {
        let bus = bus.clone();
        move |progress| {
            let stage = match progress {
                JoinProgress::Looking | JoinProgress::TurnedAway(..) => JoinStage::Searching,
                JoinProgress::Knocking(_) => JoinStage::Proving,
            };
            bus.send(Event::JoinProgress { group: id.to_string(), stage });
        }
    };
    let join = JoinConfig {
        link: link.clone(),
        keys: keys.clone(),
        extra: manual.into_iter().chain(config.addresses.iter().copied()).collect(),
        mdns: config.mdns,
        system_discovery: config.system_discovery.clone(),
        listen: tasks::listen(config),
        timeout: PATIENCE,
    };
    let joined = glow_net::join(join, progress).await.map_err(|error| refused(&error))?;
    bus.send(Event::JoinProgress { group: id.to_string(), stage: JoinStage::Receiving });
    let (secrets, operations) = believe(&link, keys, &joined)?;
    tasks::establish(config, bus, directory, secrets, operations, vec![joined.address]).await
}

/// Checks what the member at the door handed over.
fn believe(link: &InviteLink, keys: DeviceKeys, joined: &Joined) -> ApiResult<(Secrets, Vec<Verified>)> {
    let admission = &joined.admission;
    let not_convincing = || {
        ApiError::new(
            ErrorCode::JoinRefused,
            "the device that answered could not prove that it is in the group: ask for a new invite",
        )
    };
    if admission.epochs.is_empty()
        || !admission.epochs.iter().all(EpochSecret::is_whole)
        || admission.topic.as_ref().is_some_and(|topic| topic.len() > TOPIC_CHARS)
        || admission.epochs.len() > limits::EPOCHS
        || admission.operations.len() > 2 * limits::ADMISSION_CHAIN
    {
        return Err(not_convincing());
    }
    let me = keys.id();
    let secrets = Secrets {
        group: link.group,
        keys,
        secret: admission.secret.clone(),
        epochs: admission.epochs.clone(),
        invites: Vec::new(),
        door: None,
        topic: admission.topic.clone(),
    };
    let mut entries = Vec::new();
    let mut operations = Vec::new();
    for bytes in &admission.operations {
        let operation = Operation::decode(bytes).and_then(Operation::verify).map_err(|_| not_convincing())?;
        let body = accept::open(&secrets, &operation).ok().flatten().ok_or_else(not_convincing)?;
        let holds = operation.header().group == link.group
            && match &body {
                glow_model::Body::Admit(admit) => admit.verify(link.group).is_ok(),
                _ => true,
            };
        if !holds {
            return Err(not_convincing());
        }
        entries.push(super::actor::entry(&operation, body));
        operations.push(operation);
    }
    let membership = Membership::fold(link.group, &entries);
    let convincing = membership.contains(me) && membership.contains(joined.certificate.device);
    if convincing { Ok((secrets, operations)) } else { Err(not_convincing()) }
}

fn refused(error: &JoinError) -> ApiError {
    let said = |code, message: &str| ApiError::new(code, message);
    match error {
        JoinError::NobodyNear => said(
            ErrorCode::NobodyNear,
            "no member of the group was found: be on the same Wi-Fi as somebody in it, with Afterglow open there, and try again",
        ),
        JoinError::Refused(Refusal::Expired) => {
            said(ErrorCode::InviteExpired, "the invite has expired: ask for a new one")
        }
        JoinError::Refused(Refusal::UsedUp) => {
            said(ErrorCode::InviteUsedUp, "the invite was used as often as it may be: ask for a new one")
        }
        JoinError::Refused(Refusal::Revoked) => {
            said(ErrorCode::InviteRevoked, "the invite was revoked: ask for a new one")
        }
        JoinError::Refused(Refusal::Ended) => said(ErrorCode::GroupEnded, "the group has ended: nobody new can join"),
        JoinError::Refused(Refusal::Full) => said(ErrorCode::JoinRefused, "the group is full"),
        JoinError::Refused(Refusal::Busy) => {
            said(ErrorCode::MembersBusy, "the device that answered cannot let you in now: try again")
        }
        JoinError::Refused(Refusal::Removed) => {
            said(ErrorCode::JoinRefused, "the device that answered does not let you in: ask for a new invite")
        }
        other => ApiError::new(ErrorCode::JoinRefused, format!("joining failed: {other}")),
    }
}
