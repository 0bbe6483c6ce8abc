//! The actor: the one place where a group's operations are authored and accepted, one command at a time.
//!
//! It owns the opened control operations and the operations that wait for the admission of their author. Everything it does
//! to the disk runs on the blocking pool; while it does, commands queue in a bounded channel and whoever sent them waits.

use std::sync::{Arc, Mutex, PoisonError};

use glow_api::ApiError;
use glow_model::{Admit, Body, Draft, OperationId, Plane, Sealer, Verified};
use glow_store::{Changes, LocalCapture};
use glow_sync::{
    door::{Admission, Knock, Refusal},
    membership::Entry,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    clock::{now_ms, random},
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{accept::Intake, announce, fetch::FetchInput, guest, seal},
};

/// What the actor is asked to do.
pub(crate) enum Command {
    /// Author an operation of this device.
    Author { body: Box<Body>, local: Option<LocalCapture>, reply: Authored },
    /// Take in operations of others.
    Accept { operations: Vec<Vec<u8>>, reply: oneshot::Sender<ApiResult<Vec<Verdict>>> },
    /// Let someone in who proved an invite at the door.
    Admit { knock: Box<Knock>, reply: oneshot::Sender<Result<Admission, Refusal>> },
}

/// Where the id of an authored operation goes.
pub(crate) type Authored = oneshot::Sender<ApiResult<OperationId>>;

/// What became of one operation of another device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Stored: pass it on.
    New,
    /// It was here already.
    Known,
    /// Its author is not known yet; kept in memory until its admission comes.
    Waiting,
    /// It can never be valid: whoever sent it is broken or lies.
    Invalid,
}

/// Runs until the group is closed.
pub(crate) async fn run(group: Arc<Group>, intake: Intake, mut commands: mpsc::Receiver<Command>) {
    let actor = Actor { group: group.clone(), intake: Arc::new(Mutex::new(intake)) };
    loop {
        let command = tokio::select! {
            biased;
            () = group.stop.cancelled() => return,
            command = commands.recv() => command,
        };
        match command {
            None => return,
            Some(Command::Author { body, local, reply }) => drop(reply.send(actor.author(*body, local).await)),
            Some(Command::Accept { operations, reply }) => drop(reply.send(actor.accept(operations).await)),
            Some(Command::Admit { knock, reply }) => drop(reply.send(actor.admit(*knock).await)),
        }
    }
}

struct Actor {
    group: Arc<Group>,
    /// Only this actor's blocking work takes it, one at a time.
    intake: Arc<Mutex<Intake>>,
}

impl Actor {
    /// Signs, stores durably and announces.
    async fn author(&self, body: Body, local: Option<LocalCapture>) -> ApiResult<OperationId> {
        match body.plane() {
            Some(Plane::Control) => self.group.require_member()?,
            Some(Plane::Content) | None => self.group.require_open()?,
        }
        let grid = match &body {
            Body::Moment(moment) => moment.grid.clone(),
            // What waits for review is shown to nobody yet.
            Body::GuestPost(post) if !post.review => post.moment.as_ref().and_then(|moment| moment.grid.clone()),
            _ => None,
        };
        let (operation, changes) = self
            .with_intake(move |group, intake| {
                let operation = sign(group, &body)?;
                let changes = intake.store_own(group, operation.clone(), body, local)?;
                Ok((operation, changes))
            })
            .await?;
        announce::own(&self.group, &operation, grid).await;
        self.told(&changes).await;
        Ok(operation.id())
    }

    async fn accept(&self, operations: Vec<Vec<u8>>) -> ApiResult<Vec<Verdict>> {
        let (verdicts, changes) = self.with_intake(move |group, intake| intake.take(group, operations)).await?;
        self.told(&changes).await;
        Ok(verdicts)
    }

    /// Authors the admission of a joiner, unless there is one already, and packs what makes it a member.
    async fn admit(&self, knock: Knock) -> Result<Admission, Refusal> {
        may_admit(&self.group, &knock)?;
        let Knock { device, sealing, role, invite, vouch, .. } = knock;
        if !self.group.membership().contains(device) {
            let admit = Body::Admit(Admit { device, sealing, role, invite, vouch });
            self.author(admit, None).await.map_err(cannot_now)?;
        }
        let membership = self.group.membership();
        let mut chain = membership.admission_chain(self.group.me);
        for id in membership.admission_chain(device) {
            if !chain.contains(&id) {
                chain.push(id);
            }
        }
        let group = self.group.clone();
        let operations = blocking(move || group.store.operations(&chain)).await.map_err(cannot_now)?;
        let secrets = self.group.secrets();
        let role = membership.members().get(&device).map_or(role, |member| member.role);
        let (secret, epochs, topic) = secrets.handed_to(role);
        let operations = operations.iter().map(|operation| operation.encode().into()).collect();
        Ok(Admission { secret, epochs, operations, topic })
    }

    async fn told(&self, changes: &Changes) {
        self.group.states.wake();
        self.group.bus.changed(self.group.id, changes);
        if changes.members || changes.invites {
            announce::membership_changed(&self.group);
        }
        if !changes.added.is_empty() {
            self.group.looks.notify_one();
        }
        self.group.arrived();
        self.group.cargo.notify_one();
        if changes.guests {
            self.group.tasks.spawn(guest::follow_up(self.group.clone()));
        }
        if !(changes.added.is_empty() && changes.changed.is_empty() && changes.moved.is_empty()) {
            self.group.tell_fetch(FetchInput::Refresh).await;
        }
        if !changes.removed.is_empty() {
            let group = self.group.clone();
            self.group.tasks.spawn(async move { seal::sweep_unused(&group).await });
        }
    }

    async fn with_intake<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Group, &mut Intake) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let (group, intake) = (self.group.clone(), self.intake.clone());
        blocking(move || work(&group, &mut intake.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

fn sign(group: &Group, body: &Body) -> Result<Verified, ApiError> {
    let secrets = group.secrets();
    let head = group.store.head(group.me).map_err(IntoApi::into_api)?;
    let epoch = secrets.newest_epoch();
    let plane = body.plane().unwrap_or(Plane::Content);
    let key = epoch.payload_key(plane).ok_or_else(super::cannot_read)?;
    let draft = Draft {
        group: group.id,
        seq: head.map_or(0, |(seq, _)| seq + 1),
        backlink: head.map(|(_, id)| id),
        time_ms: now_ms(),
        epoch: epoch.id,
    };
    let sealer = Sealer { key: &key, nonce: random() };
    draft
        .author(body, &secrets.keys, sealer)
        .map_err(|error| ApiError::new(glow_api::ErrorCode::BadRequest, format!("this cannot be added: {error}")))
}

fn cannot_now(error: impl std::fmt::Display) -> Refusal {
    tracing::warn!(%error, "nobody can be let in");
    Refusal::Busy
}

/// Whether this device may open the door for that invite now. Only the door asks the clock: what was admitted stays.
fn may_admit(group: &Group, knock: &Knock) -> Result<(), Refusal> {
    if !group.can_read() {
        return Err(Refusal::Busy);
    }
    let membership = group.membership();
    if membership.contains(knock.device) {
        return Ok(());
    }
    let invite = membership.invites().get(&knock.invite).ok_or(Refusal::Busy)?;
    if invite.closed {
        return Err(Refusal::Revoked);
    }
    if invite.grant.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms()) {
        return Err(Refusal::Expired);
    }
    if invite.grant.max_uses.is_some_and(|max| invite.uses >= max) {
        return Err(Refusal::UsedUp);
    }
    if group.is_ended() {
        return Err(Refusal::Ended);
    }
    if membership.members().len() >= glow_model::limits::MEMBERS {
        return Err(Refusal::Full);
    }
    if knock.role != invite.grant.role { Err(Refusal::Busy) } else { Ok(()) }
}

/// An opened control operation as the fold takes it.
pub(crate) fn entry(operation: &Verified, body: Body) -> Entry {
    Entry { id: operation.id(), author: operation.header().author, seq: operation.header().seq, body }
}
