//! Members that find each other without being told an address.

use glow_net::FoundBy;

use crate::cast::{Device, Group, config, on_loopback};

#[tokio::test(flavor = "multi_thread")]
async fn two_members_find_each_other_on_loopback() {
    let group = Group::new();
    let with_mdns = || {
        let mut config = config(&group, on_loopback());
        config.mdns = true;
        config
    };
    let mut alice = Device::start_with(&group.member(1), with_mdns()).await;
    let bob = Device::start_with(&group.member(2), with_mdns()).await;
    for device in [&alice, &bob] {
        let tags = vec![group.newest.clone()];
        device.net.set_tags(tags.clone(), tags);
    }
    assert_eq!(alice.connected().await, bob.id);
    let peers = alice.net.status().await.peers;
    assert!(matches!(peers[0].found_by, FoundBy::Mdns | FoundBy::Inbound));
    alice.net.shutdown().await;
    bob.net.shutdown().await;
}
