//! Joiners: let in by any member that is awake, told why when not.

use std::{net::SocketAddr, sync::Mutex, time::Duration};

use glow_model::InviteSeed;
use glow_net::{JoinConfig, JoinError, JoinProgress, Joined, Listen};
use glow_sync::door::Refusal;

use crate::cast::{Device, Group, Keeper, each_transport, keys, on_loopback};

const JOINER: u8 = 9;

async fn join_at(
    group: &Group,
    hints: Vec<SocketAddr>,
    listen: Listen,
) -> (Result<Joined, JoinError>, Vec<JoinProgress>) {
    let config = JoinConfig {
        mdns: false,
        listen,
        timeout: Duration::from_secs(8),
        ..JoinConfig::new(group.link(hints), keys(JOINER))
    };
    let progress = Mutex::new(Vec::new());
    let result = glow_net::join(config, |step| progress.lock().unwrap().push(step)).await;
    (result, progress.into_inner().unwrap())
}

fn refusing(mut keeper: Keeper, refusal: Refusal) -> Keeper {
    keeper.joiners = Err(refusal);
    keeper
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_is_admitted_once_over_each_transport() {
    for listen in each_transport() {
        let group = Group::new();
        let keeper = group.member(2);
        let bob = Device::start_on(&keeper, listen).await;
        let (joined, progress) = join_at(&group, vec![bob.address], listen).await;
        let joined = joined.unwrap();
        assert_eq!(joined.address, bob.address);
        assert_eq!(joined.certificate.device, bob.id);
        assert_eq!(joined.admission.operations[0].len(), 100_000);
        assert_eq!(*keeper.admitted.lock().unwrap(), [keys(JOINER).id()]);
        assert_eq!(progress, [JoinProgress::Looking, JoinProgress::Knocking(bob.address)]);
        assert_eq!(bob.net.status().await.peers, [], "a joiner is no member yet");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_transports_and_two_members_a_joiner_is_admitted_once() {
    let group = Group::new();
    let keepers = [group.member(2), group.member(3)];
    let bob = Device::start(&keepers[0]).await;
    let carol = Device::start(&keepers[1]).await;
    let (joined, _) = join_at(&group, vec![bob.address, carol.address], on_loopback()).await;
    joined.unwrap();
    let admitted: usize = keepers.iter().map(|keeper| keeper.admitted.lock().unwrap().len()).sum();
    assert_eq!(admitted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_joiner_learns_why() {
    let group = Group::new();
    let bob = Device::start(&refusing(group.member(2), Refusal::Expired)).await;
    let (refused, progress) = join_at(&group, vec![bob.address], on_loopback()).await;
    assert!(matches!(refused, Err(JoinError::Refused(Refusal::Expired))), "{refused:?}");
    assert!(progress.contains(&JoinProgress::TurnedAway(bob.address, Some(Refusal::Expired))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_member_is_passed_over() {
    let group = Group::new();
    let bob = Device::start(&refusing(group.member(2), Refusal::Busy)).await;
    let carol = Device::start(&group.member(3)).await;
    let (joined, _) = join_at(&group, vec![bob.address, carol.address], on_loopback()).await;
    assert_eq!(joined.unwrap().certificate.device, carol.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_all_are_busy_is_said_in_the_end() {
    let group = Group::new();
    let bob = Device::start(&refusing(group.member(2), Refusal::Busy)).await;
    let result = glow_net::join(soon_over(&group, bob.address), |_| {}).await;
    assert!(matches!(result, Err(JoinError::Refused(Refusal::Busy))), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lets_in_who_holds_another_invite() {
    let group = Group::new();
    let bob = Device::start(&group.member(2)).await;
    let mut other = group.clone();
    other.invite = InviteSeed([6; 16]);
    let result = glow_net::join(soon_over(&other, bob.address), |_| {}).await;
    assert!(matches!(result, Err(JoinError::NobodyNear)), "{result:?}");
}

fn soon_over(group: &Group, address: SocketAddr) -> JoinConfig {
    JoinConfig {
        mdns: false,
        listen: on_loopback(),
        timeout: Duration::from_secs(2),
        ..JoinConfig::new(group.link(vec![address]), keys(JOINER))
    }
}
