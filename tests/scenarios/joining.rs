//! Who gets in, by what, through whom.

use std::time::{SystemTime, UNIX_EPOCH};

use glow_api::{ErrorCode, GroupCreate, GroupGet, GroupPhase, InviteCreate, InviteList, InviteRevoke};
use glow_model::{InviteLink, InviteSeed};

use crate::cast::{Person, Play, all_well, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn any_member_lets_in_while_the_inviter_is_offline() {
    let play = Play::new();
    let mut alice = play.settled_person("alice").await;
    let (mut bob, mut carol) = (play.settled_person("bob").await, play.person("carol").await);
    alice.start_group("Lighthouse").await;
    let invite = alice.invite().await;
    bob.join(&invite.link).await.unwrap();
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice, &bob]).await;
    alice.turn_off().await;

    carol.join_at(&invite.link, Some(bob.address().await)).await.unwrap();
    all_well(&[&bob, &carol]).await;
    alice.turn_on().await;
    all_well(&[&alice, &bob, &carol]).await;
    assert_eq!(alice.must(GroupGet { group: alice.group.clone() }).await.member_count, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_port_is_taken_goes_online_once_it_is_free() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.settled_person("alice").await, play.person("bob").await);
    let taken = std::net::UdpSocket::bind(("0.0.0.0", alice.port())).unwrap();
    alice.start_group("Anna & Ben").await;
    assert_eq!(alice.invite().await.addresses, [""; 0]);
    drop(taken);
    let invite = eventually("she says where she is", || async {
        Some(alice.invite().await).filter(|invite| !invite.addresses.is_empty())
    })
    .await;
    bob.join(&invite.link).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_lets_in_as_many_as_it_says() {
    let play = Play::new();
    let (mut alice, mut bob, mut carol) =
        (play.person("alice").await, play.person("bob").await, play.person("carol").await);
    alice.start_group("Rehearsal").await;
    let invite =
        InviteCreate { group: alice.group.clone(), expires_in_min: Some(10), max_uses: Some(1), carrier: false };
    let invite = alice.must(invite).await;
    bob.join(&invite.link).await.unwrap();
    refused(&mut carol, &invite.link, &[ErrorCode::InviteUsedUp]).await;

    let invites = alice.must(InviteList { group: alice.group.clone() }).await.invites;
    let used = invites.iter().find(|other| other.id == invite.id).unwrap();
    assert_eq!((used.uses, used.open), (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_invite_lets_nobody_in() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    alice.start_group("Rehearsal").await;
    let invite = alice.invite().await;
    alice.must(InviteRevoke { group: alice.group.clone(), invite: invite.id }).await;
    refused(&mut bob, &invite.link, &[ErrorCode::InviteRevoked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_ends_with_its_group() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let ends_at_ms = Some(i64::try_from(now).unwrap() + 2_000);
    alice.group = alice.must(GroupCreate { title: "Sunset".into(), ends_at_ms }).await.id;
    let invite = alice.invite().await;
    eventually("the group has ended", || async {
        let phase = alice.must(GroupGet { group: alice.group.clone() }).await.phase;
        (phase == GroupPhase::Ended).then_some(())
    })
    .await;
    refused(&mut bob, &invite.link, &[ErrorCode::InviteExpired, ErrorCode::GroupEnded]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_link_is_told_apart_from_a_door_that_stays_shut() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    alice.start_group("Closed circle").await;
    let invite = alice.invite().await;
    for odd in [
        "",
        "hello",
        "https://example.org/join",
        "afterglow://join/",
        "afterglow://join/aaaa",
        &invite.link[..invite.link.len() - 9],
    ] {
        refused(&mut bob, odd, &[ErrorCode::InviteMalformed]).await;
    }
    let mut guessed = InviteLink::parse(&invite.link).unwrap();
    guessed.seed = InviteSeed([7; 16]);
    refused(&mut bob, &guessed.to_text(), &[ErrorCode::JoinRefused, ErrorCode::NobodyNear]).await;
    bob.join(&invite.link).await.unwrap();
    let again = bob.join(&invite.link).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::AlreadyMember, "{again}");
    all_well(&[&alice, &bob]).await;
}

/// The join fails with one of these codes and says so in words, and leaves no group behind.
async fn refused(person: &mut Person, link: &str, codes: &[ErrorCode]) {
    let error = person.join(link).await.unwrap_err();
    assert!(codes.contains(&error.code), "{link:?}: {:?}: {error}", error.code);
    assert!(!error.message.is_empty(), "an error has words");
    assert!(person.must(glow_api::GroupList {}).await.groups.is_empty(), "nothing half-joined");
}
