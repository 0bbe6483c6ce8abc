#![allow(clippy::unwrap_used)]

use glow_model::{DeviceKeys, InviteClose, InviteKeys, InviteSeed};
use proptest::prelude::*;

use super::*;

fn keys(n: u8) -> DeviceKeys {
    DeviceKeys::from_seeds([n; 32], [n ^ 0xff; 32])
}

fn invite(n: u8) -> InviteKeys {
    InviteKeys::from_seed(&InviteSeed([n; 16]))
}

/// A play: operations get their ids from a counter, so each is another one.
struct Play {
    group: GroupId,
    entries: Vec<Entry>,
}

impl Play {
    fn new(policy: InvitePolicy) -> Self {
        let genesis = Genesis {
            salt: [7; 16],
            title: "Anna & Ben".into(),
            creator: keys(0).id(),
            creator_sealing: keys(0).sealing_key(),
            created_ms: 1,
            ends_ms: 2,
            invite_policy: policy,
        };
        let mut play = Self { group: genesis.group_id(), entries: Vec::new() };
        play.says(0, Body::Genesis(genesis));
        play
    }

    fn says(&mut self, device: u8, body: Body) -> OperationId {
        let seq = self.entries.len() as u64;
        let id = OperationId(*blake3::hash(&seq.to_be_bytes()).as_bytes());
        self.entries.push(Entry { id, author: keys(device).id(), seq, body });
        id
    }

    fn grants(&mut self, device: u8, n: u8) -> OperationId {
        self.grants_as(device, n, Role::Member)
    }

    fn grants_as(&mut self, device: u8, n: u8, role: Role) -> OperationId {
        let grant =
            InviteGrant { invite: invite(n).id(), tag_key: invite(n).tag_key, role, expires_ms: None, max_uses: None };
        self.says(device, Body::InviteGrant(grant))
    }

    fn admits(&mut self, by: u8, device: u8, n: u8) -> OperationId {
        self.admits_as(by, device, n, Role::Member)
    }

    fn admits_as(&mut self, by: u8, device: u8, n: u8, role: Role) -> OperationId {
        let (id, sealing) = (keys(device).id(), keys(device).sealing_key());
        let vouch = invite(n).vouch(self.group, id, &sealing, role);
        self.says(by, Body::Admit(Admit { device: id, sealing, role, invite: invite(n).id(), vouch }))
    }

    fn fold(&self) -> Membership {
        Membership::fold(self.group, &self.entries)
    }

    fn wedding() -> Self {
        let mut play = Self::new(InvitePolicy::Members);
        play.grants(0, 1);
        play.admits(0, 1, 1);
        play.grants(1, 2);
        play.admits(1, 2, 2);
        play.admits(2, 3, 1);
        play.admits(0, 2, 1);
        play.says(2, Body::Profile(Profile { name: "Carol".into(), colour: 2 }));
        play.says(2, Body::Profile(Profile { name: "Carola".into(), colour: 3 }));
        play.says(1, Body::InviteClose(InviteClose { invite: invite(2).id() }));
        play
    }
}

proptest! {
    #[test]
    fn the_fold_is_the_same_for_any_order_and_duplication(order in Just((0..20usize).collect::<Vec<_>>()).prop_shuffle(), twice in 0..10usize) {
        let play = Play::wedding();
        let mut entries: Vec<_> = order.iter().filter_map(|i| play.entries.get(*i)).cloned().collect();
        entries.extend(entries.iter().take(twice).cloned().collect::<Vec<_>>());
        prop_assert_eq!(Membership::fold(play.group, &entries), play.fold());
    }
}

#[test]
fn any_member_may_admit_with_an_invite_of_another() {
    let membership = Play::wedding().fold();
    assert_eq!(membership.members().len(), 4);
    let dave = &membership.members()[&keys(3).id()];
    assert_eq!(dave.admission.unwrap().by, keys(2).id());
    assert_eq!(membership.members()[&keys(2).id()].profile.as_ref().unwrap().name, "Carola");
    assert!(membership.invites()[&invite(2).id()].closed);
}

#[test]
fn a_chain_proves_itself_alone_and_in_order() {
    let play = Play::wedding();
    let membership = play.fold();
    for device in 0..4 {
        let chain = membership.admission_chain(keys(device).id());
        let entries: Vec<_> =
            chain.iter().map(|id| play.entries.iter().find(|e| e.id == *id).unwrap().clone()).collect();
        assert!(
            Membership::fold(play.group, &entries).contains(keys(device).id()),
            "the chain of device {device} stands alone"
        );
    }
}

#[test]
fn strangers_admit_nobody_and_members_cannot_invite_against_the_policy() {
    let mut play = Play::new(InvitePolicy::Hosts);
    play.grants(0, 1);
    play.admits(0, 1, 1);
    play.grants(1, 2);
    play.admits(1, 2, 2);
    play.admits(9, 3, 1);
    let membership = play.fold();
    assert_eq!(membership.members().len(), 2, "only the creator and device 1");
    assert!(!membership.may_invite(keys(1).id()));
    assert!(!membership.invites().contains_key(&invite(2).id()));
}

#[test]
fn a_genesis_of_another_group_founds_nothing() {
    let play = Play::wedding();
    let other = Membership::fold(GroupId([1; 32]), &play.entries);
    assert!(other.genesis().is_none() && other.members().is_empty());
}

#[test]
fn an_unknown_control_kind_of_a_member_asks_for_an_update() {
    let mut play = Play::wedding();
    play.says(9, Body::Unknown(6, vec![0x80]));
    assert!(!play.fold().update_needed(), "a stranger cannot stop a group");
    play.says(1, Body::Unknown(6, vec![0x80]));
    assert!(play.fold().update_needed());
}

#[test]
fn a_carrier_admits_nobody_invites_nobody_and_is_no_reader() {
    let mut play = Play::new(InvitePolicy::Members);
    play.grants(0, 1);
    play.grants_as(0, 2, Role::Carrier);
    play.admits_as(0, 1, 2, Role::Carrier);
    play.admits(1, 2, 1);
    play.grants(1, 3);
    play.admits(0, 3, 3);
    let membership = play.fold();
    let carrier = keys(1).id();
    assert!(membership.contains(carrier) && !membership.is_reader(carrier) && !membership.may_invite(carrier));
    assert!(!membership.contains(keys(2).id()), "whom a carrier admitted");
    assert!(!membership.contains(keys(3).id()), "who came by a carrier's invite");
}

#[test]
fn the_invite_of_a_carrier_makes_nobody_a_member() {
    let mut play = Play::new(InvitePolicy::Members);
    play.grants_as(0, 1, Role::Carrier);
    play.admits_as(0, 1, 1, Role::Member);
    play.admits_as(0, 2, 1, Role::Host);
    assert_eq!(play.fold().members().len(), 1);
}
