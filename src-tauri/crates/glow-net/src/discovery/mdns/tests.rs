use std::net::IpAddr;

use data_encoding::HEXLOWER;

use super::{
    super::record::{TAGS, VERSION},
    *,
};

const IP: [u8; 4] = [192, 168, 1, 20];

fn key(byte: u8) -> TagKey {
    TagKey([byte; 32])
}

fn announced(peer: PeerId, announce: &[TagKey]) -> ResolvedService {
    let names = Names::new();
    resolved(&names.text(announce, peer))
}

fn resolved(text: &[(&str, String)]) -> ResolvedService {
    let ip = IpAddr::from(IP);
    ServiceInfo::new(SERVICE, "instance", "host.local.", ip, 4001, text).unwrap().as_resolved_service()
}

#[test]
fn a_record_is_recognised_by_each_of_its_tags() {
    let peer = PeerId::random();
    let service = announced(peer, &[key(1), key(2), key(3)]);
    for byte in 1..=3 {
        let found = recognise(&service, PeerId::random(), &[key(9), key(byte)]).unwrap();
        assert_eq!(found.addresses, [SocketAddr::from((IP, 4001))]);
        assert_eq!((found.peer, found.key), (Some(peer), Some(key(byte))));
    }
    assert_eq!(recognise(&service, PeerId::random(), &[key(9)]), None);
}

#[test]
fn a_copied_record_is_worthless_under_another_peer_id() {
    let (peer, thief) = (PeerId::random(), PeerId::random());
    let names = Names::new();
    let tags = names.tags(&[key(1)], &peer.to_bytes());
    let service = resolved(&[
        ("v", VERSION.to_owned()),
        ("p", HEXLOWER.encode(&thief.to_bytes())),
        ("s", HEXLOWER.encode(&names.salt)),
        ("t", HEXLOWER.encode(&tags)),
    ]);
    assert_eq!(recognise(&service, PeerId::random(), &[key(1)]), None);
}

#[test]
fn the_own_record_is_not_a_find() {
    let myself = PeerId::random();
    assert_eq!(recognise(&announced(myself, &[key(1)]), myself, &[key(1)]), None);
}

#[test]
fn damaged_records_are_passed_over() {
    let good = [
        ("v", VERSION.to_owned()),
        ("p", HEXLOWER.encode(&PeerId::random().to_bytes())),
        ("s", "00".repeat(8)),
        ("t", "00".repeat(24)),
    ];
    for (name, damage) in [("v", "2"), ("p", "zz"), ("p", "0011"), ("s", "00"), ("t", "0011"), ("t", "")] {
        let text = good.clone().map(|(key, value)| {
            let value = if key == name { damage.to_owned() } else { value };
            (key, value)
        });
        assert_eq!(recognise(&resolved(&text), PeerId::random(), &[key(1)]), None, "{name}={damage}");
    }
}

#[test]
fn names_salts_and_tags_change_with_each_renewal() {
    let (one, other) = (Names::new(), Names::new());
    let peer = PeerId::random().to_bytes();
    assert_ne!(one.instance, other.instance);
    assert_ne!(one.host, other.host);
    assert_ne!(one.salt, other.salt);
    assert_ne!(one.tags(&[key(1)], &peer), other.tags(&[key(1)], &peer));
    assert_eq!(one.tags(&[], &peer).len(), 8 * TAGS, "padded to look alike");
}
