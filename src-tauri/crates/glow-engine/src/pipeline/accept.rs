//! The single door in: own operations and those of others become rows here, in one transaction a batch.
//!
//! An operation is stored when it is of this group, its signature holds, its body opens under a known epoch and keeps every
//! limit, and its author was admitted by what is stored. Whether it is valid depends on itself and the set alone. Operations
//! whose author is not known yet wait in memory, bounded; reconciliation brings them again if they are dropped.

use std::collections::{BTreeMap, BTreeSet};

use glow_blobs::BlobError;
use glow_model::{BlobId, Body, DeviceId, ModelError, Operation, OperationId, Plane, Segments, Verified, limits};
use glow_store::{Changes, Incoming, InviteEntry, LocalCapture, MemberEntry, MemberTable};
use glow_sync::{Membership, membership::Entry};

use crate::{
    clock::now_ms,
    error::{ApiResult, IntoApi},
    group::{Group, Verdict},
    secrets::Secrets,
};

/// What accepting needs to remember: the opened control operations, and what waits.
#[derive(Default)]
pub(crate) struct Intake {
    control: BTreeMap<OperationId, Entry>,
    waiting: BTreeMap<OperationId, Candidate>,
}

/// A verified operation with its body, if its key is held.
#[derive(Clone)]
struct Candidate {
    operation: Verified,
    body: Option<Body>,
}

impl Intake {
    /// Reads the control operations of a stored group.
    pub(crate) fn load(store: &glow_store::GroupStore, secrets: &Secrets) -> ApiResult<Self> {
        let mut intake = Self::default();
        for operation in store.control_operations().map_err(IntoApi::into_api)? {
            if let Some(body) = open(secrets, &operation).unwrap_or_default() {
                intake.control.insert(operation.id(), crate::group::entry(&operation, body));
            }
        }
        Ok(intake)
    }

    /// The membership that the stored control operations make.
    pub(crate) fn membership(&self, group: glow_model::GroupId) -> Membership {
        Membership::fold(group, &self.control.values().cloned().collect::<Vec<_>>())
    }

    /// Stores one operation of this device, durably.
    pub(crate) fn store_own(
        &mut self,
        group: &Group,
        operation: Verified,
        body: Body,
        local: Option<LocalCapture>,
    ) -> ApiResult<Changes> {
        let _keeping = group.keeping();
        let mut captured = local.iter().flat_map(|local| &local.held);
        if captured.any(|blob| !group.blobs.is_complete(*blob)) {
            // The same bytes were here before, and were removed since.
            return Err(BlobError::Missing.into_api());
        }
        let candidate = Candidate { operation, body: Some(body) };
        let membership = self.membership_with(group, std::slice::from_ref(&candidate));
        let incoming = Incoming {
            operation: candidate.operation.clone(),
            body: candidate.body.clone(),
            received_ms: now_ms(),
            own: true,
            local,
        };
        let changes = group.store.accept(vec![incoming], membership.as_ref().map(table)).map_err(IntoApi::into_api)?;
        note_stored(group, std::slice::from_ref(&candidate), &changes);
        self.commit(group, [candidate], membership);
        Ok(changes)
    }

    /// Takes in operations of others. The verdicts stand in the order given.
    pub(crate) fn take(&mut self, group: &Group, operations: Vec<Vec<u8>>) -> ApiResult<(Vec<Verdict>, Changes)> {
        let secrets = group.secrets();
        let read: Vec<Option<Candidate>> = operations.iter().map(|bytes| read(group, &secrets, bytes)).collect();
        let ids: Vec<OperationId> = read.iter().flatten().map(|candidate| candidate.operation.id()).collect();
        let known: BTreeSet<OperationId> = ids
            .iter()
            .zip(group.store.contains(&ids).map_err(IntoApi::into_api)?)
            .filter(|(_, known)| *known)
            .map(|(id, _)| *id)
            .collect();

        let fresh: Vec<Candidate> =
            read.iter().flatten().filter(|c| !known.contains(&c.operation.id())).cloned().collect();
        let (membership, batch, left) = self.admit_authors(group, fresh);
        let stored: BTreeSet<OperationId> = batch.iter().map(|candidate| candidate.operation.id()).collect();
        let received_ms = now_ms();
        let incoming = batch
            .iter()
            .map(|c| Incoming {
                operation: c.operation.clone(),
                body: c.body.clone(),
                received_ms,
                own: false,
                local: None,
            })
            .collect::<Vec<_>>();
        let changes = if incoming.is_empty() {
            Changes::default()
        } else {
            group.store.accept(incoming, membership.as_ref().map(table)).map_err(IntoApi::into_api)?
        };
        note_stored(group, &batch, &changes);
        let holdings: Vec<_> = batch.iter().flat_map(author_holdings).collect();
        if !holdings.is_empty() {
            group.store.holders(&holdings).map_err(IntoApi::into_api)?;
        }
        self.commit(group, batch, membership);
        self.keep_waiting(left);

        let verdict = |candidate: &Option<Candidate>| match candidate.as_ref().map(|candidate| candidate.operation.id())
        {
            None => Verdict::Invalid,
            Some(id) if known.contains(&id) => Verdict::Known,
            Some(id) if stored.contains(&id) => Verdict::New,
            Some(_) => Verdict::Waiting,
        };
        Ok((read.iter().map(verdict).collect(), changes))
    }

    /// Splits fresh and waiting operations into those whose authors are members, once all control operations among them
    /// count, and the rest.
    fn admit_authors(
        &self,
        group: &Group,
        fresh: Vec<Candidate>,
    ) -> (Option<Membership>, Vec<Candidate>, Vec<Candidate>) {
        let has_control = fresh.iter().any(|candidate| is_control(&candidate.operation));
        if !has_control {
            let members = group.membership();
            let (batch, left) = fresh.into_iter().partition(|candidate| is_author_in(&members, candidate));
            return (None, batch, left);
        }
        let mut pool: BTreeMap<OperationId, Candidate> = self.waiting.clone();
        pool.extend(fresh.into_iter().map(|candidate| (candidate.operation.id(), candidate)));
        let pool: Vec<Candidate> = pool.into_values().collect();
        // The fold admits only along chains from the genesis, so trying all of the pool at once admits nobody too many.
        let tried = self.membership_with(group, &pool).unwrap_or_else(|| Membership::clone(&group.membership()));
        let (batch, left): (Vec<_>, Vec<_>) = pool.into_iter().partition(|candidate| is_author_in(&tried, candidate));
        (self.membership_with(group, &batch), batch, left)
    }

    /// The membership with these operations; nothing when none of them is of control.
    fn membership_with(&self, group: &Group, candidates: &[Candidate]) -> Option<Membership> {
        let added: Vec<Entry> = candidates.iter().filter_map(control_entry).collect();
        if added.is_empty() {
            return None;
        }
        let entries: Vec<Entry> = self.control.values().cloned().chain(added).collect();
        Some(Membership::fold(group.id, &entries))
    }

    fn commit(&mut self, group: &Group, stored: impl IntoIterator<Item = Candidate>, membership: Option<Membership>) {
        for candidate in stored {
            self.waiting.remove(&candidate.operation.id());
            if let Some(entry) = control_entry(&candidate) {
                self.control.insert(entry.id, entry);
            }
        }
        if let Some(membership) = membership {
            group.set_membership(membership);
            if let Err(error) = group.refresh_admission() {
                tracing::warn!(%error, "admission");
            }
        }
    }

    fn keep_waiting(&mut self, left: Vec<Candidate>) {
        for candidate in left {
            if self.waiting.len() < limits::WAITING_OPERATIONS {
                self.waiting.insert(candidate.operation.id(), candidate);
            }
        }
    }
}

/// Reads and checks what can be checked of an operation alone; nothing when it can never be valid here.
fn read(group: &Group, secrets: &Secrets, bytes: &[u8]) -> Option<Candidate> {
    let operation = Operation::decode(bytes).and_then(Operation::verify).ok()?;
    if operation.header().group != group.id {
        return None;
    }
    let body = open(secrets, &operation).ok()?;
    let holds = match &body {
        Some(Body::Admit(admit)) => admit.verify(group.id).is_ok(),
        Some(Body::GuestPost(post)) => post.verify(group.id).is_ok(),
        Some(Body::Genesis(genesis)) => genesis.group_id() == group.id && genesis.creator == operation.header().author,
        _ => true,
    };
    holds.then_some(Candidate { operation, body })
}

/// Keeps the sets that repair compares as they are in the store. What is taken back may go from them, or come to them, without
/// being among what was stored.
fn note_stored(group: &Group, stored: &[Candidate], changes: &Changes) {
    let takes_back = |candidate: &Candidate| matches!(candidate.body, Some(Body::Retract(_)));
    let is_plain = changes.removed.is_empty() && !changes.members && !stored.iter().any(takes_back);
    let new: BTreeSet<OperationId> = changes.new.iter().copied().collect();
    if !is_plain || new.len() != stored.len() {
        group.snapshots.forget();
        return;
    }
    for candidate in stored {
        let header = candidate.operation.header();
        group.snapshots.add(header.plane, header.time_ms, candidate.operation.id());
    }
}

/// Whoever posts an original holds it: an author's own captures are never evicted.
fn author_holdings(candidate: &Candidate) -> Vec<(BlobId, DeviceId, bool)> {
    let original = match &candidate.body {
        Some(Body::Moment(moment)) => moment.original.as_ref(),
        Some(Body::GuestPost(post)) => post.moment.as_ref().and_then(|moment| moment.original.as_ref()),
        Some(Body::OriginalAdded(added)) => Some(&added.original),
        Some(Body::ClipClose(close)) => Some(&close.original),
        _ => None,
    };
    // The segments of a large original are known when its manifest was read.
    let Some(Segments::Inline(segments)) = original.map(|original| &original.segments) else { return Vec::new() };
    segments.iter().map(|segment| (segment.id, candidate.operation.header().author, true)).collect()
}

/// Opens a payload: nothing when it was taken back, its epoch is not known here or this device only carries it, an error when it can never be valid.
pub(crate) fn open(secrets: &Secrets, operation: &Verified) -> Result<Option<Body>, ModelError> {
    let Some(epoch) = secrets.epoch(operation.header().epoch) else {
        return Ok(None);
    };
    let Some(key) = epoch.payload_key(operation.header().plane) else {
        // Carried as it is.
        return Ok(None);
    };
    match operation.open(&key) {
        Ok(body) => Ok(Some(body)),
        Err(ModelError::Retracted) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_control(operation: &Verified) -> bool {
    operation.header().plane == Plane::Control
}

fn control_entry(candidate: &Candidate) -> Option<Entry> {
    let body = candidate.body.clone().filter(|_| is_control(&candidate.operation))?;
    Some(crate::group::entry(&candidate.operation, body))
}

fn is_author_in(membership: &Membership, candidate: &Candidate) -> bool {
    let author = candidate.operation.header().author;
    if is_control(&candidate.operation) { membership.contains(author) } else { membership.is_reader(author) }
}

/// Membership as the store writes it.
pub(crate) fn table(membership: &Membership) -> MemberTable {
    let member = |(device, member): (&DeviceId, &glow_sync::membership::Member)| MemberEntry {
        device: *device,
        role: member.role,
        sealing: member.sealing,
        admitted_by: member.admission.map(|admission| admission.by),
        invite: member.admission.map(|admission| admission.invite),
        name: member.profile.as_ref().map(|profile| profile.name.clone()).unwrap_or_default(),
        colour: member.profile.as_ref().map_or(0, |profile| profile.colour),
    };
    let invite = |(id, invite): (&glow_model::InviteId, &glow_sync::membership::Invite)| InviteEntry {
        invite: *id,
        author: invite.author,
        tag_key: invite.grant.tag_key.clone(),
        role: invite.grant.role,
        expires_ms: invite.grant.expires_ms,
        max_uses: invite.grant.max_uses,
        uses: invite.uses,
        closed: invite.closed,
    };
    MemberTable {
        members: membership.members().iter().map(member).collect(),
        invites: membership.invites().iter().map(invite).collect(),
    }
}
