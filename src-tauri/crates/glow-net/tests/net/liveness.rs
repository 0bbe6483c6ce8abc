//! Devices that vanish are noticed, and met again when they are back.

use std::{net::SocketAddr, sync::Arc};

use glow_net::{FoundBy, Listen};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
};

use crate::cast::{Device, Group, each_transport, on_loopback, pair};

/// A cable with a switch: passes TCP on, or holds everything back without a word.
struct Cable {
    address: SocketAddr,
    switch: Arc<watch::Sender<bool>>,
}

impl Cable {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (switch, on) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(target).await else {
                    continue;
                };
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, on.clone()));
                tokio::spawn(carry(far_in, near_out, on.clone()));
            }
        });
        Self { address, switch: Arc::new(switch) }
    }
}

async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, mut on: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count) = from.read(&mut buffer).await {
        if count == 0 || on.wait_for(|on| *on).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_device_is_noticed_over_each_transport() {
    for listen in each_transport() {
        let group = Group::new();
        let mut alice = Device::start_on(&group.member(1), listen).await;
        // A runtime that is dropped leaves without goodbye, as a killed process does.
        let elsewhere = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let keeper = group.member(2);
        let bob = elsewhere.spawn(async move { Device::start_on(&keeper, listen).await }).await.unwrap();
        alice.dial(&bob);
        assert_eq!(alice.connected().await, bob.id);
        elsewhere.shutdown_background();
        assert_eq!(alice.disconnected().await, bob.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_behind_a_cut_cable_is_noticed_and_met_again() {
    let group = Group::new();
    let tcp = Listen { quic: false, ..on_loopback() };
    let mut alice = Device::start_on(&group.member(1), tcp).await;
    let bob = Device::start_on(&group.member(2), tcp).await;
    let cable = Cable::to(bob.address).await;
    alice.net.add_addresses(FoundBy::Manual, vec![cable.address]);
    assert_eq!(alice.connected().await, bob.id);
    cable.switch.send(false).unwrap();
    assert_eq!(alice.disconnected().await, bob.id);
    cable.switch.send(true).unwrap();
    assert_eq!(alice.connected().await, bob.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_restarts_is_met_again() {
    let group = Group::new();
    let (mut alice, bob) = pair(&group, on_loopback()).await;
    let (id, port) = (bob.id, bob.address.port());
    bob.net.shutdown().await;
    drop(bob.events);
    assert_eq!(alice.disconnected().await, id);
    let listen = Listen { port: Some(port), ..on_loopback() };
    let mut bob = Device::start_on(&group.member(2), listen).await;
    assert_eq!(alice.connected().await, id, "dialled again at its address");
    assert_eq!(bob.connected().await, alice.id);
}
