//! A member made by hand: passes the door as glow-sync spells it, and then writes what it likes.

use std::net::SocketAddr;

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use glow_net::Gatekeeper;
use glow_sync::{
    door::{Credentials, DOOR_PROTOCOL, Dialer, Ends},
    wire::REQUEST_PROTOCOL,
};
use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol, Swarm, SwarmBuilder, multiaddr::Protocol, noise, swarm::SwarmEvent, tcp,
    yamux,
};
use tokio::time::timeout;

use crate::cast::{BOUND, Keeper};

pub(crate) struct HandMade {
    control: libp2p_stream::Control,
    peer: PeerId,
}

impl HandMade {
    pub(crate) async fn meet(keeper: &Keeper, address: SocketAddr, quic: bool) -> Self {
        let mut swarm = swarm();
        swarm.dial(multiaddr(address, quic)).unwrap();
        let connected = async {
            loop {
                if let SwarmEvent::ConnectionEstablished { peer_id, .. } = swarm.select_next_some().await {
                    return peer_id;
                }
            }
        };
        let peer = timeout(BOUND, connected).await.unwrap();
        let local = *swarm.local_peer_id();
        let mut control = swarm.behaviour().new_control();
        tokio::spawn(async move {
            loop {
                swarm.select_next_some().await;
            }
        });
        let door = control.open_stream(peer, StreamProtocol::new(DOOR_PROTOCOL)).await.unwrap();
        timeout(BOUND, pass(door, local, peer, keeper)).await.unwrap();
        Self { control, peer }
    }

    /// Writes a request and waits for the first frame; nothing when the stream is closed.
    pub(crate) async fn ask(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let request = StreamProtocol::new(REQUEST_PROTOCOL);
        let mut stream = self.control.open_stream(self.peer, request).await.unwrap();
        stream.write_all(message).await.unwrap();
        stream.flush().await.unwrap();
        timeout(BOUND, read(&mut stream)).await.unwrap()
    }
}

pub(crate) fn multiaddr(address: SocketAddr, quic: bool) -> Multiaddr {
    let ip = Multiaddr::from(address.ip());
    if quic {
        ip.with(Protocol::Udp(address.port())).with(Protocol::QuicV1)
    } else {
        ip.with(Protocol::Tcp(address.port()))
    }
}

fn swarm() -> Swarm<libp2p_stream::Behaviour> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_quic()
        .with_behaviour(|_| libp2p_stream::Behaviour::new())
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(std::time::Duration::from_secs(60)))
        .build()
}

async fn pass(mut stream: Stream, local: PeerId, peer: PeerId, keeper: &Keeper) {
    let ends = Ends { dialer: local.to_bytes(), listener: peer.to_bytes() };
    let dialer = Dialer::new(ends, keeper.dial_key(), [8; 32]);
    write(&mut stream, &dialer.hello()).await;
    let mut room = dialer.welcomed(&read(&mut stream).await.unwrap()).unwrap();
    let credentials = Credentials { keys: &keeper.keys, admission: Vec::new() };
    write(&mut stream, &room.show(&credentials)).await;
    room.answered(&read(&mut stream).await.unwrap()).unwrap();
    write(&mut stream, &room.done()).await;
}

async fn write(stream: &mut Stream, message: &[u8]) {
    let size = u32::try_from(message.len()).unwrap();
    stream.write_all(&size.to_be_bytes()).await.unwrap();
    stream.write_all(message).await.unwrap();
    stream.flush().await.unwrap();
}

async fn read(stream: &mut Stream) -> Option<Vec<u8>> {
    let mut size = [0; 4];
    stream.read_exact(&mut size).await.ok()?;
    let mut message = vec![0; u32::from_be_bytes(size) as usize];
    stream.read_exact(&mut message).await.ok()?;
    Some(message)
}
