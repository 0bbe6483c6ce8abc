//! Which of several connections to one device is kept. Pure.
//!
//! Two devices that find each other dial at the same moment, and by two transports. Both sides use the same connection of
//! the two, and one side alone closes the others, so that the answer never depends on what arrived first where. Which
//! transport is the better one is a measurement of each side; where they differ the side that closes has its way.

use std::time::{Duration, Instant};

use libp2p::{PeerId, swarm::ConnectionId};

use crate::Transport;

/// Connections opened within this time count as dialled at once; a later one replaces an earlier one, which its dialer took
/// for dead.
const AT_ONCE: Duration = Duration::from_secs(5);

/// An open connection to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) connection: ConnectionId,
    /// The transport key at the other end: another one after a restart.
    pub(crate) peer: PeerId,
    /// Whether this side dialled.
    pub(crate) dialer: bool,
    pub(crate) opened: Instant,
    pub(crate) transport: Transport,
    /// What was measured of this transport to this device, in this run or before; nothing when it never was.
    pub(crate) goodput_bps: Option<u64>,
}

/// The connection to use: of the newest transport key; of those opened about as late as the newest, the one by the better
/// transport, of several by that the one dialled by the lower key, and among equals the first.
pub(crate) fn choose(local: PeerId, links: &[Link]) -> Option<Link> {
    let newest = links.iter().max_by_key(|link| link.opened)?;
    let at_once = || links.iter().filter(|link| link.peer == newest.peer && newest.opened - link.opened <= AT_ONCE);
    let of = |transport| at_once().filter(|link| link.transport == transport).find_map(|link| link.goodput_bps);
    let better = better(of(Transport::Tcp), of(Transport::Quic));
    at_once().min_by_key(|link| (link.transport != better, !is_dialled_by_lower(local, link), link.opened)).copied()
}

/// The transport with the better goodput; TCP as long as one of them is unknown.
pub(crate) fn better(tcp_bps: Option<u64>, quic_bps: Option<u64>) -> Transport {
    match (tcp_bps, quic_bps) {
        (Some(tcp_bps), Some(quic_bps)) if quic_bps > tcp_bps => Transport::Quic,
        (Some(_), Some(_)) | (None, _) | (_, None) => Transport::Tcp,
    }
}

/// The connections to close: all but the one in use, if it is for this side to decide. Of two living keys the higher decides;
/// an older key of the device is dead.
pub(crate) fn surplus(local: PeerId, links: &[Link]) -> Vec<ConnectionId> {
    let Some(kept) = choose(local, links) else {
        return Vec::new();
    };
    links
        .iter()
        .filter(|link| link.connection != kept.connection)
        .filter(|link| link.peer != kept.peer || local > kept.peer)
        .map(|link| link.connection)
        .collect()
}

fn is_dialled_by_lower(local: PeerId, link: &Link) -> bool {
    link.dialer == (local < link.peer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peers() -> (PeerId, PeerId) {
        let (one, other) = (PeerId::random(), PeerId::random());
        (one.min(other), one.max(other))
    }

    fn link(id: usize, peer: PeerId, dialer: bool, opened: Instant) -> Link {
        let transport = Transport::Tcp;
        Link { connection: ConnectionId::new_unchecked(id), peer, dialer, opened, transport, goodput_bps: None }
    }

    fn by(transport: Transport, goodput_bps: Option<u64>, link: Link) -> Link {
        Link { transport, goodput_bps, ..link }
    }

    #[test]
    fn of_simultaneous_dials_the_one_of_the_lower_key_stays() {
        let (low, high) = peers();
        let now = Instant::now();
        let later = now + Duration::from_millis(300);
        let seen_by_low = [link(1, high, true, later), link(2, high, false, now)];
        let seen_by_high = [link(1, low, false, later), link(2, low, true, now)];
        assert_eq!(
            choose(low, &seen_by_low).map(|link| link.connection),
            choose(high, &seen_by_high).map(|link| link.connection),
            "both use the same"
        );
        assert_eq!(surplus(low, &seen_by_low), [], "the lower key leaves it to the higher");
        assert_eq!(surplus(high, &seen_by_high), [ConnectionId::new_unchecked(2)]);
    }

    #[test]
    fn of_two_transports_the_better_one_is_used_and_tcp_until_that_is_known() {
        let (low, high) = peers();
        let now = Instant::now();
        let used = |tcp_bps, quic_bps| {
            let quic = by(Transport::Quic, quic_bps, link(1, low, false, now));
            let tcp = by(Transport::Tcp, tcp_bps, link(2, low, true, now + Duration::from_millis(250)));
            choose(high, &[quic, tcp]).map(|link| link.transport)
        };
        assert_eq!(used(None, None), Some(Transport::Tcp));
        assert_eq!(used(None, Some(90)), Some(Transport::Tcp), "one measurement is no comparison");
        assert_eq!(used(Some(10), Some(90)), Some(Transport::Quic));
        assert_eq!(used(Some(90), Some(10)), Some(Transport::Tcp));
    }

    #[test]
    fn a_redial_replaces_what_its_dialer_took_for_dead() {
        let (low, high) = peers();
        let now = Instant::now();
        let links = [link(1, low, false, now), link(2, low, true, now + Duration::from_secs(60))];
        assert_eq!(choose(high, &links).map(|link| link.connection), Some(ConnectionId::new_unchecked(2)));
        assert_eq!(surplus(high, &links), [ConnectionId::new_unchecked(1)]);
    }

    #[test]
    fn a_restarted_device_is_used_under_its_new_key() {
        let (low, high) = peers();
        let restarted = PeerId::random();
        let now = Instant::now();
        let links = [link(1, high, true, now), link(2, restarted, false, now + Duration::from_millis(1))];
        assert_eq!(surplus(low, &links), [ConnectionId::new_unchecked(1)]);
    }

    proptest! {
        #[test]
        fn at_least_one_connection_is_always_kept(
            dialled in prop::collection::vec((any::<bool>(), 0_u64..20_000), 1..6), lower in any::<bool>()
        ) {
            let (low, high) = peers();
            let (local, remote) = if lower { (low, high) } else { (high, low) };
            let now = Instant::now();
            let links: Vec<Link> = dialled
                .iter()
                .enumerate()
                .map(|(id, (dialer, ms))| link(id, remote, *dialer, now + Duration::from_millis(*ms)))
                .collect();
            let kept = choose(local, &links).unwrap();
            let closed = surplus(local, &links);
            prop_assert!(!closed.contains(&kept.connection));
            prop_assert_eq!(closed.len(), if lower { 0 } else { links.len() - 1 });
        }
    }
}
