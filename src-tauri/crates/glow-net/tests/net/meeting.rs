//! Members find each other by address, pass the door, and gossip.

use std::time::Duration;

use glow_model::TagKey;
use glow_net::{FoundBy, NetEvent, Transport};
use tokio::time::timeout;

use crate::cast::{Device, Group, each_transport, on_loopback, pair};

#[tokio::test(flavor = "multi_thread")]
async fn two_members_meet_by_address() {
    let group = Group::new();
    let mut alice = Device::start(&group.member(1)).await;
    let mut bob = Device::start(&group.member(2)).await;
    alice.dial(&bob);
    let reached = alice
        .wait("a member", |event| match event {
            NetEvent::Reached(address) => Some(address),
            _ => None,
        })
        .await;
    assert_eq!(reached, bob.address);
    assert_eq!(alice.connected().await, bob.id);
    let (device, dialer, found_by) = bob
        .wait("a member", |event| match event {
            NetEvent::Connected { device, dialer, found_by, .. } => Some((device, dialer, found_by)),
            _ => None,
        })
        .await;
    assert_eq!((device, dialer, found_by), (alice.id, false, FoundBy::Inbound));
    let says_it_listens = bob
        .wait("the dialer's own address", |event| match event {
            NetEvent::Reached(address) => Some(address),
            _ => None,
        })
        .await;
    assert_eq!(says_it_listens, alice.address);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_transports_listen_at_one_port() {
    let alice = Device::start(&Group::new().member(1)).await;
    let listening = alice.net.status().await.listening;
    for transport in [Transport::Quic, Transport::Tcp] {
        assert!(listening.contains(&(transport, alice.address)), "{transport:?} in {listening:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_early_reaches_the_first_who_comes() {
    for listen in each_transport() {
        let group = Group::new();
        let alice = Device::start_on(&group.member(1), listen).await;
        let mut bob = Device::start_on(&group.member(2), listen).await;
        alice.net.publish(b"sunset".to_vec());
        alice.dial(&bob);
        assert_eq!(bob.hear(true).await, b"sunset");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gossip_is_passed_on_when_it_was_accepted() {
    let group = Group::new();
    let (alice, mut bob) = pair(&group, on_loopback()).await;
    let mut carol = Device::start(&group.member(3)).await;
    carol.dial(&bob);
    assert_eq!(carol.connected().await, bob.id);
    assert_eq!(bob.connected().await, carol.id);
    // Bob is the only way: both have to know that he listens to the topic.
    carol.net.publish(b"hello".to_vec());
    assert_eq!(bob.hear(true).await, b"hello");
    alice.net.publish(b"forged".to_vec());
    assert_eq!(bob.hear(false).await, b"forged");
    alice.net.publish(vec![42; glow_model::limits::GOSSIP_BYTES]);
    assert_eq!(bob.hear(true).await.len(), glow_model::limits::GOSSIP_BYTES);
    assert_eq!(carol.hear(true).await.len(), glow_model::limits::GOSSIP_BYTES, "what bob rejected never came");
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_dials_leave_one_connection() {
    let group = Group::new();
    let mut alice = Device::start(&group.member(1)).await;
    let mut bob = Device::start(&group.member(2)).await;
    alice.dial(&bob);
    bob.dial(&alice);
    assert_eq!(alice.connected().await, bob.id);
    assert_eq!(bob.connected().await, alice.id);
    // Whatever was surplus is gone after this; nobody may have noticed.
    let quiet = Duration::from_secs(4);
    let alice_hears = timeout(quiet, alice.wait("change", disconnected_or_connected));
    let bob_hears = timeout(quiet, bob.wait("change", disconnected_or_connected));
    let (alice_heard, bob_heard) = tokio::join!(alice_hears, bob_hears);
    assert!(alice_heard.is_err() && bob_heard.is_err());
    let (of_alice, of_bob) = (alice.net.status().await, bob.net.status().await);
    assert_eq!((of_alice.peers.len(), of_bob.peers.len()), (1, 1));
    assert_ne!(of_alice.peers[0].dialer, of_bob.peers[0].dialer, "both use the same connection");
    assert_eq!(of_alice.peers[0].transport, of_bob.peers[0].transport);
}

fn disconnected_or_connected(event: NetEvent) -> Option<()> {
    matches!(event, NetEvent::Connected { .. } | NetEvent::Disconnected { .. }).then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_another_key_stays_outside() {
    let group = Group::new();
    let mut bob = Device::start(&group.member(2)).await;
    let mut eve = group.member(6);
    eve.epochs = vec![TagKey([66; 32])];
    let mut eve = Device::start(&eve).await;
    eve.dial(&bob);
    bob.dial(&eve);
    let tried = timeout(Duration::from_secs(3), eve.connected()).await;
    assert!(tried.is_err(), "eve holds no key of the group");
    let mut alice = Device::start(&group.member(1)).await;
    alice.dial(&bob);
    assert_eq!(alice.connected().await, bob.id);
    assert_eq!(bob.connected().await, alice.id, "the first to come in");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_key_but_is_no_member_stays_outside() {
    let group = Group::new();
    let bob = Device::start(&group.member(2)).await;
    let mut erin = Device::start(&group.outsider(5)).await;
    erin.dial(&bob);
    let tried = timeout(Duration::from_secs(3), erin.connected()).await;
    assert!(tried.is_err(), "erin was removed");
    assert_eq!(bob.net.status().await.peers, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_slept_through_an_epoch_is_reached_with_an_older_key() {
    let group = Group::new();
    let bob = Device::start(&group.member(2)).await;
    let mut alice = group.member(1);
    alice.epochs.insert(0, TagKey([2; 32]));
    let mut alice = Device::start(&alice).await;
    alice.dial(&bob);
    assert_eq!(alice.connected().await, bob.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_is_disconnected_when_that_is_known() {
    let group = Group::new();
    let (mut alice, mut bob) = pair(&group, on_loopback()).await;
    group.remove(alice.id);
    bob.net.reconsider();
    assert_eq!(bob.disconnected().await, alice.id);
    assert_eq!(alice.disconnected().await, bob.id);
    assert_eq!(bob.net.status().await.peers, []);
}
