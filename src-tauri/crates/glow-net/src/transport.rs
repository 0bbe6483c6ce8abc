//! The two transports, and a port that is free for both.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

use glow_model::limits;
use libp2p::{
    PeerId, Transport as _,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, OptionalTransport},
        upgrade::Version,
    },
    identity::Keypair,
    noise, quic,
    swarm::{self, dial_opts::DialOpts},
    tcp, yamux,
};

use tokio::time::timeout;

use crate::{Interfaces, Lanes, Listen, NetError, Transport, address, dialing::Dial};

/// How long a connection may take to be dialled and secured.
const DIAL: Duration = Duration::from_secs(5);
/// A dial that failed after this time was given up by the clock.
pub(crate) const TIMED_OUT: Duration = Duration::from_millis(4_500);
/// A QUIC connection without a sign of life for so long is dead.
const QUIC_IDLE_MS: u32 = 8_000;
/// How often QUIC gives a sign of life.
const QUIC_KEEP_ALIVE: Duration = Duration::from_millis(2_500);
/// What a peer may have under way on one QUIC stream, and on all of a connection.
const QUIC_STREAM_BYTES: u32 = 2 * 1024 * 1024;
const QUIC_CONNECTION_BYTES: u32 = 4 * 1024 * 1024;
/// Streams of requests, and of what libp2p speaks beside them.
const STREAMS: usize = limits::STREAMS_PER_CONNECTION + limits::REQUESTS_PER_PEER + 16;
/// Streams that may be agreeing on their protocol at once.
const NEGOTIATING: usize = 32;
/// How long a closed swarm may take to let go of its port.
const LET_GO: Duration = Duration::from_secs(1);
/// Random ports to try.
const PORT_TRIES: usize = 64;

/// The transports of a swarm with this key.
///
/// # Errors
/// [`NetError::NoTransport`].
pub(crate) fn build(
    key: &Keypair,
    listen: &Listen,
    lanes: &Lanes,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, NetError> {
    if transports(listen).is_empty() {
        return Err(NetError::NoTransport);
    }
    let tcp = if listen.tcp {
        let noise = noise::Config::new(key).map_err(|error| unavailable(&error))?;
        let meters = lanes.meters().clone();
        let mut yamux = yamux::Config::default();
        yamux.set_max_num_streams(STREAMS);
        let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
            .map(move |stream, _| meters.put_on(stream))
            .upgrade(Version::V1Lazy)
            .authenticate(noise)
            .multiplex(yamux)
            .timeout(DIAL);
        OptionalTransport::some(tcp)
    } else {
        OptionalTransport::none()
    };
    let quic = if listen.quic {
        OptionalTransport::some(quic::tokio::Transport::new(quic_config(key)))
    } else {
        OptionalTransport::none()
    };
    Ok(quic
        .or_transport(tcp)
        .map(|either, _| match either {
            futures::future::Either::Left((peer, muxer)) => (peer, StreamMuxerBox::new(muxer)),
            futures::future::Either::Right((peer, muxer)) => (peer, StreamMuxerBox::new(muxer)),
        })
        .boxed())
}

fn quic_config(key: &Keypair) -> quic::Config {
    let mut config = quic::Config::new(key);
    config.handshake_timeout = DIAL;
    config.max_idle_timeout = QUIC_IDLE_MS;
    config.keep_alive_interval = QUIC_KEEP_ALIVE;
    config.max_concurrent_stream_limit = u32::try_from(STREAMS).unwrap_or(u32::MAX);
    config.max_stream_data = QUIC_STREAM_BYTES;
    config.max_connection_data = QUIC_CONNECTION_BYTES;
    config
}

fn unavailable(error: &noise::Error) -> NetError {
    NetError::Unavailable(io::Error::other(error.to_string()))
}

/// How a swarm runs: on this runtime, with few streams half-made. Protocols are agreed on along with the first bytes, which
/// saves a round trip a request and lets a ping fail in its own time.
pub(crate) fn swarm_config() -> swarm::Config {
    swarm::Config::with_tokio_executor()
        .with_max_negotiating_inbound_streams(NEGOTIATING)
        .with_substream_upgrade_protocol_override(Version::V1Lazy)
}

/// How to dial: by one transport, from a new port. Two sides that dial each other from their listening ports would meet in one
/// TCP connection that both think they opened.
pub(crate) fn dial_options(dial: Dial) -> DialOpts {
    DialOpts::unknown_peer_id().address(address::to_multiaddr(dial.address, dial.transport)).allocate_new_port().build()
}

/// The transports that are switched on, in the order in which they are tried.
pub(crate) fn transports(listen: &Listen) -> Vec<Transport> {
    let mut transports = Vec::new();
    transports.extend(listen.tcp.then_some(Transport::Tcp));
    transports.extend(listen.quic.then_some(Transport::Quic));
    transports
}

/// Where to listen: at one port, by IPv4 and by IPv6.
///
/// libp2p lets several processes listen on one TCP port, so a port is first bound here without sharing.
///
/// # Errors
/// [`NetError::NoPort`].
pub(crate) fn listen_addresses(listen: &Listen) -> Result<[SocketAddr; 2], NetError> {
    let (v4, v6): (IpAddr, IpAddr) = match listen.interfaces {
        Interfaces::Lan | Interfaces::LanAndLoopback => (Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()),
        Interfaces::Loopback => (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()),
    };
    let port = match listen.port {
        Some(port) => bind_both(SocketAddr::new(v4, port))?,
        None => random_port(v4)?,
    };
    Ok([SocketAddr::new(v4, port), SocketAddr::new(v6, port)])
}

fn random_port(ip: IpAddr) -> Result<u16, NetError> {
    let mut last = bind_both(SocketAddr::new(ip, 0));
    for _ in 1..PORT_TRIES {
        if last.is_ok() {
            break;
        }
        last = bind_both(SocketAddr::new(ip, 0));
    }
    last
}

/// Binds a port for UDP and TCP and lets it go again.
fn bind_both(address: SocketAddr) -> Result<u16, NetError> {
    let bind = || {
        let udp = UdpSocket::bind(address)?;
        let port = udp.local_addr()?.port();
        TcpListener::bind(SocketAddr::new(address.ip(), port))?;
        Ok(port)
    };
    bind().map_err(|source| NetError::NoPort { address, source })
}

/// Waits until a port that was listened on is free again, so that the next swarm can have it. QUIC lets go of its socket a
/// little after the last connection has closed.
pub(crate) async fn until_free(address: SocketAddr) {
    const AGAIN: Duration = Duration::from_millis(20);
    let free = async {
        while bind_both(address).is_err() {
            tokio::time::sleep(AGAIN).await;
        }
    };
    // Somebody else may have taken it meanwhile.
    let _ = timeout(LET_GO, free).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_loopback(port: Option<u16>) -> Listen {
        Listen { interfaces: Interfaces::Loopback, port, ..Listen::default() }
    }

    #[test]
    fn a_random_port_is_free_for_both_transports() {
        let [v4, v6] = listen_addresses(&on_loopback(None)).unwrap();
        assert_ne!(v4.port(), 0);
        assert_eq!(v4.port(), v6.port());
    }

    #[test]
    fn a_port_that_is_taken_is_an_error() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen_addresses(&on_loopback(Some(port)));
        assert!(matches!(error, Err(NetError::NoPort { .. })), "{error:?}");
    }

    #[test]
    fn without_a_transport_there_is_no_swarm() {
        let listen = Listen { quic: false, tcp: false, ..on_loopback(None) };
        let key = Keypair::generate_ed25519();
        assert!(matches!(build(&key, &listen, &Lanes::new()), Err(NetError::NoTransport)));
    }
}
