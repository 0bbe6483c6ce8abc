//! What can be told of the way to a member from addresses and round trips: who is at the same access point, and who is the
//! hotspot that carries everyone's frames.
//!
//! No system tells a program which access point a neighbour uses. A frame between two stations of one access point takes two
//! turns on one channel; whoever is behind a second one, a cable or a router takes longer or has an address of another
//! network. So a member shares the access point when it is in a network of this device and its round trip is like the
//! nearest one's. It is an estimate, and used for preferences alone.

use std::net::{IpAddr, Ipv4Addr};

/// A round trip is like the nearest one's when it is at most so many times that, plus so much: a busy device answers late.
const NEAR_TIMES: u64 = 3;
const NEAR_PLUS_US: u64 = 2_000;
/// Where systems put the device that opens a hotspot: Android, Wi-Fi Direct, iOS, Windows, NetworkManager.
const HOTSPOTS: [Ipv4Addr; 5] = [
    Ipv4Addr::new(192, 168, 43, 1),
    Ipv4Addr::new(192, 168, 49, 1),
    Ipv4Addr::new(172, 20, 10, 1),
    Ipv4Addr::new(192, 168, 137, 1),
    Ipv4Addr::new(10, 42, 0, 1),
];

/// A network of this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// This device's address in it.
    pub address: IpAddr,
    /// How many leading bits all addresses of the network share.
    pub prefix_bits: u8,
}

/// Where a member is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Its address is of a network of this device.
    pub is_in_network: bool,
    /// Probably at the access point that this device is at.
    pub shares_access_point: bool,
    /// It is the hotspot: what others send to each other passes through it.
    pub is_hotspot: bool,
    /// It is at the hotspot that this device has opened.
    pub is_station: bool,
}

/// Where members are: of each its address, as seen here, and the shortest round trip that was measured. `routers` are the
/// addresses through which this device reaches other networks, as far as the system tells.
#[must_use]
pub fn places(networks: &[Network], routers: &[IpAddr], members: &[(IpAddr, Option<u64>)]) -> Vec<Place> {
    let nearest_us = members.iter().filter_map(|(_, round_trip_us)| *round_trip_us).min();
    let place = |(address, round_trip_us): &(IpAddr, Option<u64>)| {
        let place = place(networks, routers, *address);
        let is_near = round_trip_us.zip(nearest_us).is_some_and(|(own_us, nearest_us)| is_near(own_us, nearest_us));
        Place { shares_access_point: place.is_in_network && is_near, ..place }
    };
    members.iter().map(place).collect()
}

/// What the address of a member alone tells: all but whether it shares the access point.
#[must_use]
pub fn place(networks: &[Network], routers: &[IpAddr], address: IpAddr) -> Place {
    let Some(home) = networks.iter().find(|network| network.contains(address)) else {
        return Place::default();
    };
    Place {
        is_in_network: true,
        shares_access_point: false,
        is_hotspot: routers.contains(&address) || is_hotspot(address),
        is_station: is_hotspot(home.address),
    }
}

/// Whether this device has opened the hotspot of one of its networks.
#[must_use]
pub fn is_own_hotspot(networks: &[Network]) -> bool {
    networks.iter().any(|network| is_hotspot(network.address))
}

/// Whether a round trip is like that of the nearest.
#[must_use]
pub fn is_near(own_us: u64, nearest_us: u64) -> bool {
    own_us <= NEAR_TIMES.saturating_mul(nearest_us).saturating_add(NEAR_PLUS_US)
}

fn is_hotspot(address: IpAddr) -> bool {
    HOTSPOTS.iter().any(|hotspot| address == IpAddr::V4(*hotspot))
}

impl Network {
    /// Whether an address is in the network.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = u128::from(own.to_bits() ^ other.to_bits()) << 96;
                self.shares(differ)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => self.shares(own.to_bits() ^ other.to_bits()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    fn shares(self, differing: u128) -> bool {
        differing.leading_zeros() >= u32::from(self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn network(address: &str, prefix_bits: u8) -> Network {
        Network { address: ip(address), prefix_bits }
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_prefix() {
        let home = network("192.168.1.20", 24);
        assert!(home.contains(ip("192.168.1.255")));
        assert!(!home.contains(ip("192.168.2.20")));
        assert!(!home.contains(ip("fe80::1")));
        assert!(network("fe80::1", 64).contains(ip("fe80::abcd")));
        assert!(network("10.0.0.1", 0).contains(ip("8.8.8.8")));
    }

    #[test]
    fn whoever_is_behind_a_slow_line_is_at_another_access_point() {
        let members = [
            (ip("192.168.1.21"), Some(2_000)),
            (ip("192.168.1.22"), Some(7_500)),
            (ip("192.168.1.23"), Some(14_000)),
            (ip("192.168.9.24"), Some(2_000)),
            (ip("192.168.1.25"), None),
        ];
        let places = places(&[network("192.168.1.20", 24)], &[], &members);
        let near: Vec<bool> = places.iter().map(|place| place.shares_access_point).collect();
        assert_eq!(near, [true, true, false, false, false], "an unknown round trip tells nothing");
    }

    #[test]
    fn the_hotspot_is_the_router_that_is_a_member_or_where_systems_put_it() {
        let members = [(ip("192.168.1.1"), None), (ip("192.168.1.2"), None), (ip("192.168.43.1"), None)];
        let networks = [network("192.168.1.20", 24)];
        let hotspots = |routers: &[IpAddr], networks: &[Network]| -> Vec<bool> {
            places(networks, routers, &members).iter().map(|place| place.is_hotspot).collect()
        };
        assert_eq!(hotspots(&[], &networks), [false, false, false], "another network's router is nobody here");
        assert_eq!(hotspots(&[ip("192.168.1.1")], &networks), [true, false, false]);
        assert_eq!(hotspots(&[], &[network("192.168.43.77", 24)]), [false, false, true]);
        assert!(places(&[network("192.168.43.1", 24)], &[], &members)[2].is_station);
        assert!(is_own_hotspot(&[network("172.20.10.1", 28)]));
        assert!(!is_own_hotspot(&networks));
    }
}
