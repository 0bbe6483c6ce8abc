//! Who is a member: the fold of a group's control operations.
//!
//! The same set of operations gives the same membership in any order: the fold starts at the genesis and admits in rounds,
//! each computed from the round before. Whether an admission's signatures hold was checked when the operation was accepted.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{
    Admit, Body, DeviceId, Genesis, GroupId, InviteGrant, InviteId, InvitePolicy, OperationId, Profile, Role, limits,
};

/// One control operation as the fold sees it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: OperationId,
    /// Who signed it.
    pub author: DeviceId,
    /// Its place in the author's log.
    pub seq: u64,
    /// What it says.
    pub body: Body,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What it may do.
    pub role: Role,
    /// Its X25519 key.
    pub sealing: [u8; 32],
    /// How it came in; nothing for the creator.
    pub admission: Option<Admission>,
    /// Its name and colour, when it has said them.
    pub profile: Option<Profile>,
}

/// How a member came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The operation.
    pub operation: OperationId,
    /// The member at the door.
    pub by: DeviceId,
    /// The invite.
    pub invite: InviteId,
}

/// One invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Who made it.
    pub author: DeviceId,
    /// The operation.
    pub operation: OperationId,
    /// What it grants.
    pub grant: InviteGrant,
    /// Members admitted with it.
    pub uses: u32,
    /// Whether it was closed.
    pub closed: bool,
}

/// The membership of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    group: GroupId,
    genesis: Option<(OperationId, Genesis)>,
    members: BTreeMap<DeviceId, Member>,
    invites: BTreeMap<InviteId, Invite>,
    update_needed: bool,
}

impl Membership {
    /// Folds control operations given in any order, duplicates allowed.
    #[must_use]
    pub fn fold(group: GroupId, entries: &[Entry]) -> Self {
        let unique: BTreeMap<OperationId, &Entry> = entries.iter().map(|entry| (entry.id, entry)).collect();
        let mut fold =
            Self { group, genesis: None, members: BTreeMap::new(), invites: BTreeMap::new(), update_needed: false };
        fold.apply_genesis(&unique);
        if fold.genesis.is_some() {
            while fold.admit_round(&unique) {}
            fold.apply_closings(&unique);
            fold.apply_profiles(&unique);
            fold.update_needed =
                unique.values().any(|e| matches!(e.body, Body::Unknown(..)) && fold.members.contains_key(&e.author));
        }
        fold
    }

    /// What the creator fixed; nothing until the genesis has arrived.
    #[must_use]
    pub fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_ref().map(|(_, genesis)| genesis)
    }

    /// All members by id.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<DeviceId, Member> {
        &self.members
    }

    /// All invites made by those who may.
    #[must_use]
    pub fn invites(&self) -> &BTreeMap<InviteId, Invite> {
        &self.invites
    }

    /// Whether a device is a member.
    #[must_use]
    pub fn contains(&self, device: DeviceId) -> bool {
        self.members.contains_key(&device)
    }

    /// Whether a device is a host.
    #[must_use]
    pub fn is_host(&self, device: DeviceId) -> bool {
        self.members.get(&device).is_some_and(|member| member.role == Role::Host)
    }

    /// Whether a device is a member that can read: it was given the content keys, and may let others in.
    #[must_use]
    pub fn is_reader(&self, device: DeviceId) -> bool {
        self.members.get(&device).is_some_and(|member| member.role != Role::Carrier)
    }

    /// Whether a device may make invites.
    #[must_use]
    pub fn may_invite(&self, device: DeviceId) -> bool {
        let by_policy = self.genesis().is_some_and(|genesis| genesis.invite_policy == InvitePolicy::Members);
        self.is_host(device) || (by_policy && self.is_reader(device))
    }

    /// Whether a member has said something of control that this version does not know: authoring must stop.
    #[must_use]
    pub fn update_needed(&self) -> bool {
        self.update_needed
    }

    /// The operations that prove a device's membership to someone who knows only the group's id: the genesis, and every
    /// invite and admission it rests on, each after those it needs.
    #[must_use]
    pub fn admission_chain(&self, device: DeviceId) -> Vec<OperationId> {
        let mut chain = Vec::new();
        self.push_chain(device, &mut chain, &mut BTreeSet::new());
        chain
    }

    /// [`Membership::admission_chain`] and the operation that opened an invite.
    #[must_use]
    pub fn invite_chain(&self, invite: InviteId) -> Vec<OperationId> {
        let (mut chain, mut seen) = (Vec::new(), BTreeSet::new());
        self.push_invite(invite, &mut chain, &mut seen);
        chain
    }

    fn push_chain(&self, device: DeviceId, chain: &mut Vec<OperationId>, seen: &mut BTreeSet<DeviceId>) {
        let Some(member) = self.members.get(&device) else {
            return;
        };
        if !seen.insert(device) || chain.len() >= limits::ADMISSION_CHAIN {
            return;
        }
        match member.admission {
            None => chain.extend(self.genesis.as_ref().map(|(id, _)| *id)),
            Some(admission) => {
                self.push_chain(admission.by, chain, seen);
                self.push_invite(admission.invite, chain, seen);
                chain.push(admission.operation);
            }
        }
    }

    fn push_invite(&self, invite: InviteId, chain: &mut Vec<OperationId>, seen: &mut BTreeSet<DeviceId>) {
        let Some(invite) = self.invites.get(&invite) else {
            return;
        };
        self.push_chain(invite.author, chain, seen);
        if !chain.contains(&invite.operation) {
            chain.push(invite.operation);
        }
    }

    fn apply_genesis(&mut self, entries: &BTreeMap<OperationId, &Entry>) {
        let found = entries.values().find_map(|entry| match &entry.body {
            Body::Genesis(genesis) if genesis.group_id() == self.group && genesis.creator == entry.author => {
                Some((entry.id, genesis))
            }
            _ => None,
        });
        let Some((id, genesis)) = found else { return };
        let creator = Member { role: Role::Host, sealing: genesis.creator_sealing, admission: None, profile: None };
        self.members.insert(genesis.creator, creator);
        self.genesis = Some((id, genesis.clone()));
    }

    /// Opens every invite that current members may have made, then admits every device that current members admitted with
    /// them. Of several admissions of one device in one round the lowest operation id counts.
    fn admit_round(&mut self, entries: &BTreeMap<OperationId, &Entry>) -> bool {
        let before = (self.members.len(), self.invites.len());
        for entry in entries.values() {
            let Body::InviteGrant(grant) = &entry.body else {
                continue;
            };
            if self.may_invite(entry.author)
                && (self.invites.len() < limits::INVITES || self.invites.contains_key(&grant.invite))
            {
                let invite =
                    Invite { author: entry.author, operation: entry.id, grant: grant.clone(), uses: 0, closed: false };
                self.invites.entry(grant.invite).or_insert(invite);
            }
        }
        let admitted: Vec<_> =
            entries.values().filter_map(|entry| self.admissible(entry).map(|admit| (entry, admit))).collect();
        for (entry, admit) in admitted {
            if self.contains(admit.device) || self.members.len() >= limits::MEMBERS {
                continue;
            }
            let admission = Admission { operation: entry.id, by: entry.author, invite: admit.invite };
            let member = Member { role: admit.role, sealing: admit.sealing, admission: Some(admission), profile: None };
            self.members.insert(admit.device, member);
            if let Some(invite) = self.invites.get_mut(&admit.invite) {
                invite.uses += 1;
            }
        }
        before != (self.members.len(), self.invites.len())
    }

    fn admissible<'a>(&self, entry: &'a Entry) -> Option<&'a Admit> {
        let Body::Admit(admit) = &entry.body else {
            return None;
        };
        let invite = self.invites.get(&admit.invite)?;
        (self.is_reader(entry.author) && !self.contains(admit.device) && invite.grant.role == admit.role)
            .then_some(admit)
    }

    fn apply_closings(&mut self, entries: &BTreeMap<OperationId, &Entry>) {
        for entry in entries.values() {
            let Body::InviteClose(close) = &entry.body else {
                continue;
            };
            let is_host = self.is_host(entry.author);
            if let Some(invite) = self.invites.get_mut(&close.invite) {
                invite.closed |= is_host || invite.author == entry.author;
            }
        }
    }

    /// Of one device's profiles the last in its log counts; ties (two histories) by id.
    fn apply_profiles(&mut self, entries: &BTreeMap<OperationId, &Entry>) {
        let mut newest: BTreeMap<DeviceId, (u64, OperationId, &Profile)> = BTreeMap::new();
        for entry in entries.values() {
            let Body::Profile(profile) = &entry.body else {
                continue;
            };
            let candidate = (entry.seq, entry.id, profile);
            let best = newest.entry(entry.author).or_insert(candidate);
            if (candidate.0, candidate.1) > (best.0, best.1) {
                *best = candidate;
            }
        }
        for (device, (_, _, profile)) in newest {
            if let Some(member) = self.members.get_mut(&device) {
                member.profile = Some(profile.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
