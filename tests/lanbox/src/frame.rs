//! What the switch reads of an Ethernet frame: addresses, and whether it is of a kind that a venue
//! may block. Nothing else is ever looked at.

/// An Ethernet header: destination, source, type.
const HEADER_BYTES: usize = 14;

const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xDD];
const PROTOCOL_UDP: u8 = 17;
const PROTOCOL_ICMPV6: u8 = 58;
/// Router and neighbour solicitations and advertisements (RFC 4861): IPv6's ARP, multicast by design.
const NEIGHBOUR_DISCOVERY: std::ops::RangeInclusive<u8> = 133..=136;

/// A hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether this names a group (multicast or broadcast), not one station.
    #[must_use]
    pub fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// Whether this is an IPv4 (RFC 1112) or IPv6 (RFC 2464) multicast group.
    fn is_ip_multicast(self) -> bool {
        self.0.starts_with(&[0x01, 0x00, 0x5E]) || self.0.starts_with(&[0x33, 0x33])
    }
}

/// What a policy may decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IP multicast, mDNS for one; not broadcast, not IPv6 neighbour discovery.
    Multicast,
    /// UDP to one station or to all: QUIC, DNS, DHCP. Behind IPv6 extension headers it is `Other`.
    Udp,
    /// Everything else: TCP, ARP, ICMP.
    Other,
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// To whom.
    pub destination: Mac,
    /// From whom.
    pub source: Mac,
    /// Which kind of traffic.
    pub kind: Kind,
}

impl Header {
    /// Reads the header; `None` if the bytes are too short to be a frame.
    #[must_use]
    pub fn parse(frame: &[u8]) -> Option<Self> {
        let (header, payload) = frame.split_at_checked(HEADER_BYTES)?;
        let destination = Mac(*header.first_chunk()?);
        let source = Mac(*header[6..].first_chunk()?);
        let kind = kind(destination, [header[12], header[13]], payload);
        Some(Self { destination, source, kind })
    }
}

fn kind(destination: Mac, ethertype: [u8; 2], payload: &[u8]) -> Kind {
    let protocol = match ethertype {
        ETHERTYPE_IPV4 => payload.get(9),
        ETHERTYPE_IPV6 => payload.get(6),
        _ => None,
    };
    if destination.is_ip_multicast() && !is_neighbour_discovery(protocol, payload) {
        return Kind::Multicast;
    }
    if protocol == Some(&PROTOCOL_UDP) {
        return Kind::Udp;
    }
    Kind::Other
}

fn is_neighbour_discovery(protocol: Option<&u8>, payload: &[u8]) -> bool {
    let icmp_type = payload.get(40);
    protocol == Some(&PROTOCOL_ICMPV6) && icmp_type.is_some_and(|kind| NEIGHBOUR_DISCOVERY.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BROADCAST: [u8; 6] = [0xFF; 6];
    const BOB: [u8; 6] = [2, 0, 0, 0, 0, 2];
    const MDNS_V4: [u8; 6] = [0x01, 0x00, 0x5E, 0, 0, 0xFB];
    const SOLICITED_NODE: [u8; 6] = [0x33, 0x33, 0xFF, 0, 0, 1];

    fn kind_of(destination: [u8; 6], ethertype: [u8; 2], protocol_at: usize, protocol: u8, icmp: u8) -> Kind {
        let mut frame = vec![0; 60 + HEADER_BYTES];
        frame[..6].copy_from_slice(&destination);
        frame[12..14].copy_from_slice(&ethertype);
        frame[HEADER_BYTES + protocol_at] = protocol;
        if ethertype == ETHERTYPE_IPV6 {
            frame[HEADER_BYTES + 40] = icmp;
        }
        Header::parse(&frame).expect("long enough").kind
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(kind_of(MDNS_V4, ETHERTYPE_IPV4, 9, PROTOCOL_UDP, 0), Kind::Multicast);
        assert_eq!(kind_of(BOB, ETHERTYPE_IPV4, 9, PROTOCOL_UDP, 0), Kind::Udp);
        assert_eq!(kind_of(BOB, ETHERTYPE_IPV6, 6, PROTOCOL_UDP, 0), Kind::Udp);
        assert_eq!(kind_of(BROADCAST, ETHERTYPE_IPV4, 9, PROTOCOL_UDP, 0), Kind::Udp);
        assert_eq!(kind_of(BOB, ETHERTYPE_IPV4, 9, 6, 0), Kind::Other, "TCP");
        assert_eq!(kind_of(BROADCAST, [0x08, 0x06], 9, PROTOCOL_UDP, 0), Kind::Other, "ARP");
    }

    #[test]
    fn neighbour_discovery_is_not_multicast_traffic() {
        assert_eq!(kind_of(SOLICITED_NODE, ETHERTYPE_IPV6, 6, PROTOCOL_ICMPV6, 135), Kind::Other);
        assert_eq!(kind_of(SOLICITED_NODE, ETHERTYPE_IPV6, 6, PROTOCOL_ICMPV6, 143), Kind::Multicast);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(Header::parse(&bytes).is_some(), bytes.len() >= HEADER_BYTES);
        }
    }
}
