//! The handshake at the door, step by step, between two sides in memory.
#![allow(clippy::unwrap_used)]

use glow_model::{DeviceKeys, GroupId, GroupSecret, InviteKeys, InviteLink, InviteSeed, Role, TagKey};
use glow_sync::door::{Admission, Answer, Credentials, Dialer, DoorError, Ends, Opens, Refusal, Room, Shown, listen};
use proptest::prelude::*;

fn ends() -> Ends {
    Ends { dialer: b"dialer".to_vec(), listener: b"listener".to_vec() }
}

fn keys(n: u8) -> DeviceKeys {
    DeviceKeys::from_seeds([n; 32], [n; 32])
}

const GROUP: GroupId = GroupId([9; 32]);

/// Both sides until they are in the room.
fn meet(dialer_key: TagKey, doors: &[(TagKey, Opens)]) -> Result<(Room, Room, Opens), DoorError> {
    let dialer = Dialer::new(ends(), dialer_key, [1; 32]);
    let (welcome, opens, listener) = listen(&ends(), doors, [2; 32], &dialer.hello())?;
    Ok((dialer.welcomed(&welcome)?, listener, opens))
}

#[test]
fn two_members_recognise_each_other() {
    let key = TagKey([1; 32]);
    let doors = [(TagKey([5; 32]), Opens::Epoch), (key.clone(), Opens::Epoch)];
    let (mut dialer, mut listener, opens) = meet(key, &doors).unwrap();
    let (alice, bob) = (keys(1), keys(2));

    let shown = dialer.show(&Credentials { keys: &alice, admission: vec![vec![1]] });
    let Shown::Member(certificate) = listener.shown(GROUP, &opens, &shown).unwrap() else {
        panic!("a member was expected")
    };
    assert_eq!(certificate.device, alice.id());

    let answer = listener.show(&Credentials { keys: &bob, admission: vec![] });
    let Answer::Member(certificate) = dialer.answered(&answer).unwrap() else { panic!("a member was expected") };
    assert_eq!(certificate.device, bob.id());
    listener.is_done(&dialer.done()).unwrap();
}

#[test]
fn a_stranger_is_told_nothing() {
    let doors = [(TagKey([1; 32]), Opens::Epoch)];
    assert!(matches!(meet(TagKey([2; 32]), &doors), Err(DoorError::NoProof)));
    assert!(matches!(listen(&ends(), &doors, [2; 32], b"GET / HTTP/1.1"), Err(DoorError::Broken)));
}

#[test]
fn a_proof_is_worthless_between_other_peers() {
    let key = TagKey([1; 32]);
    let hello = Dialer::new(ends(), key.clone(), [1; 32]).hello();
    let others = Ends { dialer: b"thief".to_vec(), listener: b"listener".to_vec() };
    assert!(matches!(listen(&others, &[(key, Opens::Epoch)], [2; 32], &hello), Err(DoorError::NoProof)));
}

fn link() -> InviteLink {
    let (seed, title) = (InviteSeed([7; 16]), "t".into());
    InviteLink { seed, group: GROUP, title, addresses: vec![], wifi: None, role: Role::Member }
}

#[test]
fn an_invite_admits_and_only_as_what_it_grants() {
    let link = link();
    let invite = InviteKeys::from_seed(&link.seed);
    let doors = [(invite.tag_key.clone(), Opens::Invite(invite.id()))];
    let (mut joiner, mut listener, opens) = meet(invite.tag_key.clone(), &doors).unwrap();

    let knock = joiner.knock(&link, &keys(1), Role::Member);
    let Shown::Joiner(knock) = listener.shown(GROUP, &opens, &knock).unwrap() else { panic!("a joiner was expected") };
    assert_eq!(knock.device, keys(1).id());
    knock.invite.verify_vouch(GROUP, knock.device, &knock.sealing, Role::Member, &knock.vouch).unwrap();
    assert!(
        knock.invite.verify_vouch(GROUP, knock.device, &knock.sealing, Role::Host, &knock.vouch).is_err(),
        "not as host"
    );

    let admission = Admission { secret: GroupSecret([3; 32]), epochs: vec![], operations: vec![], topic: None };
    let answer = listener.admit(admission.clone(), &Credentials { keys: &keys(2), admission: vec![] });
    let Answer::Admitted(received, certificate) = joiner.answered(&answer).unwrap() else {
        panic!("an admission was expected")
    };
    assert_eq!((received, certificate.device), (admission, keys(2).id()));
}

#[test]
fn an_invite_does_not_open_the_members_door() {
    let link = link();
    let invite = InviteKeys::from_seed(&link.seed);
    let doors = [(invite.tag_key.clone(), Opens::Invite(invite.id()))];
    let (mut dialer, mut listener, opens) = meet(invite.tag_key.clone(), &doors).unwrap();
    let shown = dialer.show(&Credentials { keys: &keys(1), admission: vec![] });
    assert_eq!(listener.shown(GROUP, &opens, &shown).unwrap_err(), DoorError::Broken);
}

#[test]
fn a_refusal_is_told_to_who_proved_an_invite() {
    let key = TagKey([1; 32]);
    let (mut dialer, mut listener, _) = meet(key.clone(), &[(key, Opens::Epoch)]).unwrap();
    assert_eq!(dialer.answered(&listener.refuse(Refusal::Expired)).unwrap_err(), DoorError::Refused(Refusal::Expired));
}

#[test]
fn messages_cannot_be_replayed_reordered_or_reflected() {
    let key = TagKey([1; 32]);
    let (mut dialer, mut listener, opens) = meet(key.clone(), &[(key, Opens::Epoch)]).unwrap();
    let shown = dialer.show(&Credentials { keys: &keys(1), admission: vec![] });
    listener.shown(GROUP, &opens, &shown).unwrap();
    assert_eq!(listener.shown(GROUP, &opens, &shown).unwrap_err(), DoorError::Broken, "replayed");
    assert_eq!(dialer.answered(&shown).unwrap_err(), DoorError::Broken, "reflected");
}

proptest! {
    #[test]
    fn both_sides_survive_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let key = TagKey([1; 32]);
        let _ = listen(&ends(), &[(key.clone(), Opens::Epoch)], [2; 32], &bytes);
        let _ = Dialer::new(ends(), key.clone(), [1; 32]).welcomed(&bytes);
        let (mut dialer, mut listener, opens) = meet(key.clone(), &[(key, Opens::Epoch)]).unwrap();
        prop_assert!(listener.shown(GROUP, &opens, &bytes).is_err());
        prop_assert!(dialer.answered(&bytes).is_err());
    }
}
