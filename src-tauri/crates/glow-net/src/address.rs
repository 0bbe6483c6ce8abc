//! Addresses as the project knows them ([`SocketAddr`]) and as libp2p does ([`Multiaddr`]), and which of them make sense.

use std::net::{IpAddr, SocketAddr};

use if_watch::IpNet;
use libp2p::{Multiaddr, multiaddr::Protocol};

use crate::{FoundBy, Interfaces, Transport};

/// The address of a transport.
pub(crate) fn to_multiaddr(address: SocketAddr, transport: Transport) -> Multiaddr {
    let ip = Multiaddr::from(address.ip());
    match transport {
        Transport::Quic => ip.with(Protocol::Udp(address.port())).with(Protocol::QuicV1),
        Transport::Tcp => ip.with(Protocol::Tcp(address.port())),
    }
}

/// What an address of libp2p means here; nothing for any other kind.
pub(crate) fn from_multiaddr(address: &Multiaddr) -> Option<(Transport, SocketAddr)> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    match (parts.next()?, parts.next()) {
        (Protocol::Tcp(port), _) => Some((Transport::Tcp, SocketAddr::new(ip, port))),
        (Protocol::Udp(port), Some(Protocol::QuicV1)) => Some((Transport::Quic, SocketAddr::new(ip, port))),
        _ => None,
    }
}

/// Which addresses are worth announcing and dialling, given the interfaces of this device.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    interfaces: Interfaces,
    networks: Vec<IpNet>,
}

impl Reach {
    pub(crate) fn new(interfaces: Interfaces) -> Self {
        Self { interfaces, networks: Vec::new() }
    }

    /// Takes in the networks this device is on, and which of its addresses went down meanwhile. Answers what it has lost.
    pub(crate) fn move_to(&mut self, networks: Vec<IpNet>, down: Vec<IpNet>) -> Lost {
        let mut stayed = std::mem::replace(&mut self.networks, networks);
        stayed.retain(|network| self.networks.contains(network) && !down.contains(network));
        Lost { down, stayed }
    }

    /// The networks this device is on.
    pub(crate) fn networks(&self) -> &[IpNet] {
        &self.networks
    }

    /// Whether others could use this address of ours.
    pub(crate) fn is_worth_announcing(&self, ip: IpAddr) -> bool {
        if ip.is_loopback() {
            return self.interfaces.allow_loopback();
        }
        self.interfaces != Interfaces::Loopback && is_unicast(ip) && !needs_scope(ip)
    }

    /// Whether an address is worth dialling. Announced ones have to be on a network of this device: others are of interfaces
    /// that cannot be reached from here (virtual ones, CLAT, another Wi-Fi).
    pub(crate) fn is_worth_dialling(&self, address: SocketAddr, found_by: FoundBy) -> bool {
        let ip = address.ip();
        address.port() != 0 && self.is_worth_announcing(ip) && (found_by != FoundBy::Mdns || self.is_near(ip))
    }

    /// Whether an address is on a network of this device.
    fn is_near(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&ip))
    }
}

/// What a change of the network took away.
#[derive(Debug)]
pub(crate) struct Lost {
    down: Vec<IpNet>,
    stayed: Vec<IpNet>,
}

impl Lost {
    /// Whether connections to this address go nowhere: this device left the network they went through. (Coming back to a
    /// network of the same number does not revive them.)
    pub(crate) fn strands(&self, ip: IpAddr) -> bool {
        let holds = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&ip));
        holds(&self.down) && !holds(&self.stayed)
    }
}

fn is_unicast(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

/// A link-local IPv6 address says nothing without the interface it belongs to, which an address of libp2p cannot name.
fn needs_scope(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn reach(interfaces: Interfaces) -> Reach {
        let mut reach = Reach::new(interfaces);
        reach.move_to(networks(&["192.168.1.7/24", "fd00::7/64"]), Vec::new());
        reach
    }

    #[test]
    fn leaving_a_network_strands_what_went_through_it() {
        let near: IpAddr = "192.168.1.20".parse().unwrap();
        let routed: IpAddr = "10.9.9.9".parse().unwrap();
        let before = networks(&["192.168.1.7/24"]);
        for (after, down, strands) in [
            (vec![], before.clone(), true),
            (before.clone(), before.clone(), true),
            (networks(&["192.168.1.8/24"]), before.clone(), true),
            (networks(&["192.168.1.7/24", "172.17.0.1/16"]), vec![], false),
            (before.clone(), networks(&["192.168.1.9/24"]), false),
        ] {
            let mut reach = Reach::new(Interfaces::Lan);
            reach.move_to(before.clone(), Vec::new());
            let lost = reach.move_to(after, down);
            assert_eq!(lost.strands(near), strands, "{lost:?}");
            assert!(!lost.strands(routed), "beyond a router: pings will tell");
        }
    }

    #[test]
    fn addresses_survive_the_way_to_libp2p_and_back() {
        for transport in [Transport::Quic, Transport::Tcp] {
            for text in ["10.0.0.1:4001", "[fd00::1]:9"] {
                let address: SocketAddr = text.parse().unwrap();
                assert_eq!(from_multiaddr(&to_multiaddr(address, transport)), Some((transport, address)));
            }
        }
        assert_eq!(from_multiaddr(&"/dns4/example.org/tcp/1".parse().unwrap()), None);
    }

    #[test]
    fn announced_addresses_have_to_be_near() {
        let reach = reach(Interfaces::Lan);
        let dials = |text: &str, found_by| reach.is_worth_dialling(text.parse().unwrap(), found_by);
        assert!(dials("192.168.1.20:1", FoundBy::Mdns));
        assert!(dials("[fd00::9]:1", FoundBy::Mdns));
        assert!(!dials("172.17.0.1:1", FoundBy::Mdns), "of a virtual network");
        assert!(dials("172.17.0.1:1", FoundBy::Manual), "a person knows better");
        assert!(!dials("[fe80::1]:1", FoundBy::Mdns), "without its scope");
        assert!(!dials("127.0.0.1:1", FoundBy::Manual));
        assert!(!dials("0.0.0.0:1", FoundBy::Manual));
        assert!(!dials("192.168.1.20:0", FoundBy::Manual));
    }

    #[test]
    fn loopback_counts_only_when_asked_for() {
        let loopback: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let lan: SocketAddr = "192.168.1.20:1".parse().unwrap();
        for (interfaces, on_loopback, on_lan) in [
            (Interfaces::Lan, false, true),
            (Interfaces::LanAndLoopback, true, true),
            (Interfaces::Loopback, true, false),
        ] {
            let reach = reach(interfaces);
            assert_eq!(reach.is_worth_dialling(loopback, FoundBy::Mdns), on_loopback);
            assert_eq!(reach.is_worth_dialling(lan, FoundBy::Mdns), on_lan);
        }
    }
}
