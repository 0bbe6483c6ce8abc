//! What somebody on the same network learns who holds no key: nothing but that the door is there.

use std::{
    future::poll_fn,
    net::SocketAddr,
    task::Poll,
    time::{Duration, Instant},
};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use glow_model::limits;
use glow_sync::{door::DOOR_PROTOCOL, wire::REQUEST_PROTOCOL};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, Transport as _,
    core::{
        Endpoint,
        muxing::{StreamMuxerBox, StreamMuxerExt},
        transport::{DialOpts, PortUse},
        upgrade::Version,
    },
    gossipsub, identify,
    identity::Keypair,
    noise, ping, quic,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use libp2p_stream::OpenStreamError;
use tokio::time::timeout;

use crate::{
    cast::{BOUND, Device, Group, TOPIC},
    member::multiaddr,
};

/// Speaks everything it can think of.
#[derive(NetworkBehaviour)]
struct Stranger {
    gossipsub: gossipsub::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    streams: libp2p_stream::Behaviour,
}

fn stranger() -> Swarm<Stranger> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_quic()
        .with_behaviour(|key| {
            let mut gossipsub = gossipsub::Behaviour::new(
                gossipsub::MessageAuthenticity::Anonymous,
                gossipsub::ConfigBuilder::default()
                    .validation_mode(gossipsub::ValidationMode::Anonymous)
                    .build()
                    .unwrap(),
            )
            .unwrap();
            gossipsub.subscribe(&gossipsub::IdentTopic::new(TOPIC)).unwrap();
            Stranger {
                gossipsub,
                identify: identify::Behaviour::new(identify::Config::new("/stranger/1".into(), key.public())),
                ping: ping::Behaviour::default(),
                streams: libp2p_stream::Behaviour::new(),
            }
        })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build()
}

/// What the stranger got to hear.
#[derive(Debug, Default)]
struct Overheard {
    events: Vec<String>,
    closed_after: Option<Duration>,
}

/// Drives the stranger until it is disconnected.
async fn listen(mut swarm: Swarm<Stranger>, since: Instant) -> Overheard {
    let mut overheard = Overheard::default();
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::Behaviour(StrangerEvent::Ping(ping::Event { result: Err(_), .. }))
            | SwarmEvent::Behaviour(StrangerEvent::Identify(identify::Event::Error { .. }))
            | SwarmEvent::Behaviour(StrangerEvent::Gossipsub(gossipsub::Event::GossipsubNotSupported { .. })) => {}
            SwarmEvent::Behaviour(event) => overheard.events.push(format!("{event:?}")),
            SwarmEvent::ConnectionClosed { .. } => {
                overheard.closed_after = Some(since.elapsed());
                return overheard;
            }
            _ => {}
        }
    }
}

async fn connect(swarm: &mut Swarm<Stranger>, address: Multiaddr) -> PeerId {
    swarm.dial(address).unwrap();
    loop {
        if let SwarmEvent::ConnectionEstablished { peer_id, .. } = swarm.select_next_some().await {
            return peer_id;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_a_shut_door_and_nothing_else() {
    for quic in [true, false] {
        let bob = Device::start(&Group::new().member(2)).await;
        let mut swarm = stranger();
        let mut control = swarm.behaviour().streams.new_control();
        let since = Instant::now();
        let connected = connect(&mut swarm, multiaddr(bob.address, quic));
        let peer = timeout(BOUND, connected).await.unwrap();
        let overheard = tokio::spawn(listen(swarm, since));
        for protocol in [
            REQUEST_PROTOCOL,
            "/meshsub/1.2.0",
            "/meshsub/1.1.0",
            "/floodsub/1.0.0",
            "/ipfs/id/1.0.0",
            "/ipfs/id/push/1.0.0",
            "/ipfs/ping/1.0.0",
            "/something/else",
        ] {
            let refused = control.open_stream(peer, StreamProtocol::new(protocol)).await;
            assert!(matches!(refused, Err(OpenStreamError::UnsupportedProtocol(_))), "{protocol}: {refused:?}");
        }
        let mut door = control.open_stream(peer, StreamProtocol::new(DOOR_PROTOCOL)).await.unwrap();
        door.write_all(&[0, 0, 0, 4, 1, 2, 3, 4]).await.unwrap();
        door.flush().await.unwrap();
        let mut said = Vec::new();
        let _ = timeout(BOUND, door.read_to_end(&mut said)).await.unwrap();
        assert_eq!(said, [], "not a word to who proves nothing");
        let overheard = timeout(BOUND, overheard).await.unwrap().unwrap();
        assert_eq!(overheard.events, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stranger_is_shown_out_when_the_doors_time_is_up() {
    for quic in [true, false] {
        let bob = Device::start(&Group::new().member(2)).await;
        let mut swarm = stranger();
        let since = Instant::now();
        let connected = connect(&mut swarm, multiaddr(bob.address, quic));
        timeout(BOUND, connected).await.unwrap();
        let overheard = timeout(BOUND, listen(swarm, since)).await.unwrap();
        let closed_after = overheard.closed_after.unwrap();
        let margin = Duration::from_secs(2);
        assert!(closed_after < Duration::from_millis(limits::DOOR_MS) + margin, "{closed_after:?}");
        assert_eq!(overheard.events, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_asks_for_all_protocols_is_told_of_the_door_alone() {
    for quic in [true, false] {
        let bob = Device::start(&Group::new().member(2)).await;
        let said = timeout(BOUND, ask_for_protocols(bob.address, quic)).await.unwrap();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(DOOR_PROTOCOL), "{said:?}");
        let names = said.matches("\n").count();
        assert_eq!(names, 3, "header, door, end of the list: {said:?}");
        for secret in ["request", "meshsub", "ipfs", "agent", TOPIC] {
            assert!(!said.contains(secret), "{secret} in {said:?}");
        }
    }
}

/// Sends multistream-select's `ls` on a bare stream, and reads what comes back within a second.
async fn ask_for_protocols(address: SocketAddr, quic: bool) -> Vec<u8> {
    let mut muxer = bare_connection(multiaddr(address, quic), quic).await;
    let mut stream = poll_fn(|cx| muxer.poll_outbound_unpin(cx)).await.unwrap();
    let conversation = async {
        stream.write_all(b"\x13/multistream/1.0.0\n\x03ls\n").await.unwrap();
        stream.flush().await.unwrap();
        let mut said = Vec::new();
        let mut buffer = [0; 4096];
        while !said.ends_with(b"\n\n") {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "closed after {said:?}");
            said.extend(&buffer[..count]);
        }
        said
    };
    let driving = poll_fn(|cx| {
        let _ = muxer.poll_unpin(cx);
        Poll::<()>::Pending
    });
    tokio::select! {
        said = conversation => said,
        () = driving => unreachable!(),
    }
}

async fn bare_connection(address: Multiaddr, quic: bool) -> StreamMuxerBox {
    let key = Keypair::generate_ed25519();
    let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
    let mut transport = if quic {
        quic::tokio::Transport::new(quic::Config::new(&key))
            .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
            .boxed()
    } else {
        tcp::tokio::Transport::default()
            .upgrade(Version::V1Lazy)
            .authenticate(noise::Config::new(&key).unwrap())
            .multiplex(yamux::Config::default())
            .boxed()
    };
    let (_, muxer) = transport.dial(address, options).unwrap().await.unwrap();
    muxer
}
