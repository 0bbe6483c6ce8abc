//! When to dial which address, and by which transport. Pure: given the time and the dice.
//!
//! An address serves QUIC and TCP at the same port. TCP is dialled first and QUIC a moment later, unless TCP has answered by
//! then; a transport that timed out at an address is not tried first there for ten minutes. Where a member was met lately the
//! next try comes within two seconds, so that a healed network is noticed; elsewhere the waits double. It does not matter who met
//! them: members tell each other.

mod known;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use glow_model::{TagKey, limits};
use known::{FIRST_WAIT, Known};
use libp2p::{PeerId, swarm::ConnectionId};

use crate::{FoundBy, Transport, discovery::Found};

/// How long the second transport waits for the first.
const HEAD_START: Duration = Duration::from_millis(250);
/// How long a device that was sent away is left alone.
const SENT_AWAY: Duration = Duration::from_secs(60);
/// Addresses kept at once: two for each member of the largest group.
const ADDRESSES: usize = 2 * limits::MEMBERS;
/// Whom nobody has met for so long is not recommended to others: whoever is there is met by somebody all the time.
const FRESH: Duration = Duration::from_secs(120);
/// Failures in a row after which an address where nobody was ever met is forgotten.
const PATIENCE: u32 = 12;

/// A dial to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dial {
    pub(crate) address: SocketAddr,
    pub(crate) transport: Transport,
}

/// How an attempt at an address ended, when it did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// Nobody answered, or what answered does not speak libp2p.
    Unreachable,
    /// Somebody answered, but the door stayed shut.
    Door,
}

/// Where links are wanted beside the addresses that somebody insists on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// With these.
    pub(crate) peers: BTreeSet<PeerId>,
    /// So many addresses may be tried at a time of which nobody knows who is there.
    pub(crate) strangers: usize,
}

/// Where a member was met lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) address: SocketAddr,
    pub(crate) peer: PeerId,
    /// When; now for who is connected.
    pub(crate) at: Instant,
}

/// The addresses known, and how they fared.
#[derive(Debug)]
pub(crate) struct AddressBook {
    transports: Vec<Transport>,
    addresses: BTreeMap<SocketAddr, Known>,
    attempts: BTreeMap<SocketAddr, Attempt>,
    connected: HashSet<PeerId>,
    /// Moves with every change.
    version: u64,
}

#[derive(Debug)]
struct Attempt {
    /// The transports still to be dialled, and when.
    next: Vec<Transport>,
    next_at: Instant,
    dialling: HashMap<ConnectionId, Transport>,
    /// The connections that stand before the door.
    at_door: HashSet<ConnectionId>,
    door_shut: bool,
}

impl AddressBook {
    /// A book for these transports, in the order of preference.
    pub(crate) fn new(transports: Vec<Transport>) -> Self {
        Self {
            transports,
            addresses: BTreeMap::new(),
            attempts: BTreeMap::new(),
            connected: HashSet::new(),
            version: 0,
        }
    }

    /// Another number after each change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    fn change(&mut self) {
        self.version = self.version.wrapping_add(1);
    }

    /// Takes in what was found. An address already known is due at once when it is announced anew by another key.
    pub(crate) fn add(&mut self, found: &Found, now: Instant) {
        self.change();
        for address in &found.addresses {
            if let Some(known) = self.addresses.get_mut(address) {
                known.hear_again(found, now);
                continue;
            }
            self.make_room();
            let known = Known {
                found_by: found.found_by,
                peer: found.peer,
                key: found.key.clone(),
                due: now,
                unreachable: 0,
                doors_shut: 0,
                failed: None,
                met: None,
                seen: found.seen,
                timed_out: BTreeMap::new(),
                goodput_bps: BTreeMap::new(),
            };
            self.addresses.insert(*address, known);
        }
    }

    fn make_room(&mut self) {
        if self.addresses.len() < ADDRESSES {
            return;
        }
        let worst = self
            .addresses
            .iter()
            .filter(|(address, _)| !self.attempts.contains_key(address))
            .max_by_key(|(_, known)| (known.met.is_none(), known.unreachable + known.doors_shut))
            .map(|(address, _)| *address);
        if let Some(worst) = worst {
            self.addresses.remove(&worst);
        }
    }

    /// The dials that are due: first transports of addresses where links are wanted and nobody is connected yet, and second
    /// transports of attempts under way.
    pub(crate) fn due(&mut self, now: Instant, wanted: &Wanted) -> Vec<Dial> {
        let mut strangers = self.strangers_left(wanted);
        for (address, known) in &self.addresses {
            if known.due <= now && known.is_wanted(wanted, strangers) && self.is_free(address, known) {
                strangers = strangers.saturating_sub(usize::from(known.is_stranger()));
                let attempt = Attempt {
                    next: known.order(&self.transports, now),
                    next_at: now,
                    dialling: HashMap::new(),
                    at_door: HashSet::new(),
                    door_shut: false,
                };
                self.attempts.insert(*address, attempt);
            }
        }
        let mut dials = Vec::new();
        for (address, attempt) in &mut self.attempts {
            if attempt.next_at <= now && !attempt.next.is_empty() {
                attempt.next_at = now + HEAD_START;
                dials.push(Dial { address: *address, transport: attempt.next.remove(0) });
            }
        }
        if !dials.is_empty() {
            self.change();
        }
        dials
    }

    /// How many more addresses may be tried of which nobody knows who is there.
    fn strangers_left(&self, wanted: &Wanted) -> usize {
        let tried = self.attempts.keys().filter_map(|address| self.addresses.get(address));
        wanted.strangers.saturating_sub(tried.filter(|known| known.is_stranger()).count())
    }

    fn is_free(&self, address: &SocketAddr, known: &Known) -> bool {
        let is_connected = known.peer.is_some_and(|peer| self.connected.contains(&peer));
        !is_connected && !self.attempts.contains_key(address)
    }

    /// When [`AddressBook::due`] is worth asking again.
    pub(crate) fn next_due(&self, wanted: &Wanted) -> Option<Instant> {
        let strangers = self.strangers_left(wanted);
        let addresses = self
            .addresses
            .iter()
            .filter(|(_, known)| known.is_wanted(wanted, strangers))
            .filter(|(address, known)| self.is_free(address, known))
            .map(|(_, known)| known.due);
        let attempts = self.attempts.values().filter(|attempt| !attempt.next.is_empty()).map(|attempt| attempt.next_at);
        addresses.chain(attempts).min()
    }

    /// A dial is under way.
    pub(crate) fn dialling(&mut self, dial: Dial, connection: ConnectionId) {
        self.change();
        if let Some(attempt) = self.attempts.get_mut(&dial.address) {
            attempt.dialling.insert(connection, dial.transport);
        }
    }

    /// A dial could not be made at all, or failed. `dice` is uniform in 0..1.
    pub(crate) fn dial_failed(
        &mut self,
        address: SocketAddr,
        connection: ConnectionId,
        timed_out: bool,
        now: Instant,
        dice: f64,
    ) {
        self.change();
        let Some(attempt) = self.attempts.get_mut(&address) else {
            return;
        };
        let transport = attempt.dialling.remove(&connection);
        attempt.next_at = now;
        if timed_out
            && let Some(transport) = transport
            && let Some(known) = self.addresses.get_mut(&address)
        {
            known.timed_out.insert(transport, now);
        }
        self.end_if_over(address, now, dice);
    }

    /// Somebody answered. Answers whether the connection is wanted: the attempt is not over yet.
    pub(crate) fn answered(&mut self, address: SocketAddr, connection: ConnectionId) -> bool {
        self.change();
        let Some(attempt) = self.attempts.get_mut(&address) else {
            return false;
        };
        attempt.dialling.remove(&connection);
        attempt.at_door.insert(connection);
        attempt.next.clear();
        true
    }

    /// A connection that stood before the door was closed.
    pub(crate) fn door_shut(&mut self, address: SocketAddr, connection: ConnectionId, now: Instant, dice: f64) {
        self.change();
        let Some(attempt) = self.attempts.get_mut(&address) else {
            return;
        };
        if attempt.at_door.remove(&connection) {
            attempt.door_shut = true;
            self.end_if_over(address, now, dice);
        }
    }

    fn end_if_over(&mut self, address: SocketAddr, now: Instant, dice: f64) {
        let Some(attempt) = self.attempts.get(&address) else {
            return;
        };
        if !(attempt.next.is_empty() && attempt.dialling.is_empty() && attempt.at_door.is_empty()) {
            return;
        }
        let failed = if attempt.door_shut { Failed::Door } else { Failed::Unreachable };
        self.attempts.remove(&address);
        let Some(known) = self.addresses.get_mut(&address) else {
            return;
        };
        known.fail(failed, now, dice);
        if known.unreachable >= PATIENCE
            && !known.is_insisted_on()
            && known.met.is_none()
            && !known.was_seen_lately(now)
        {
            self.addresses.remove(&address);
        }
    }

    /// The door was passed: this peer is at this address.
    pub(crate) fn met(&mut self, address: SocketAddr, peer: PeerId, now: Instant) {
        self.change();
        self.attempts.remove(&address);
        if let Some(known) = self.addresses.get_mut(&address) {
            known.peer = Some(peer);
            known.met = Some(now);
            known.seen = Some(now);
            known.unreachable = 0;
            known.doors_shut = 0;
        }
    }

    /// Whether this peer was met at this address.
    pub(crate) fn is_met(&self, address: SocketAddr, peer: PeerId) -> bool {
        let known = self.addresses.get(&address);
        known.is_some_and(|known| known.met.is_some() && known.peer == Some(peer))
    }

    /// A peer has an open connection.
    pub(crate) fn connected(&mut self, peer: PeerId) {
        self.change();
        self.connected.insert(peer);
    }

    /// A peer has no open connection any more: its addresses are due at once.
    pub(crate) fn lost(&mut self, peer: PeerId, now: Instant, dice: f64) {
        self.change();
        self.connected.remove(&peer);
        for known in self.addresses.values_mut() {
            if known.peer == Some(peer) {
                known.met = known.met.map(|_| now);
                known.seen = Some(now);
                known.unreachable = 0;
                known.due = now + FIRST_WAIT.mul_f64(dice);
            }
        }
    }

    /// A peer was sent away: its addresses are left alone for a while.
    pub(crate) fn send_away(&mut self, peer: PeerId, now: Instant) {
        self.change();
        for known in self.addresses.values_mut() {
            if known.peer == Some(peer) {
                known.met = None;
                known.seen = None;
                known.due = now + SENT_AWAY;
            }
        }
    }

    /// A device came back under another transport key: nobody is where the old one was, unless they are met there again.
    pub(crate) fn replaced(&mut self, old: PeerId) {
        self.change();
        for known in self.addresses.values_mut() {
            if known.peer == Some(old) {
                known.met = None;
                known.seen = None;
            }
        }
    }

    /// The network changed: everything is due at once.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.change();
        for known in self.addresses.values_mut() {
            known.due = now;
            known.unreachable = 0;
            known.timed_out.clear();
        }
    }

    /// An address is this device's own.
    pub(crate) fn forget(&mut self, address: SocketAddr) {
        self.change();
        self.addresses.remove(&address);
        self.attempts.remove(&address);
    }

    /// What a transport gave at an address.
    pub(crate) fn measured(&mut self, address: SocketAddr, transport: Transport, goodput_bps: u64) {
        if let Some(known) = self.addresses.get_mut(&address) {
            known.goodput_bps.insert(transport, goodput_bps);
        }
    }

    /// A link with whoever is there is wanted.
    pub(crate) fn anyone(&self) -> Wanted {
        Wanted { peers: self.candidates().map(|(peer, _)| peer).collect(), strangers: usize::MAX }
    }

    /// Everyone of whom an address is known, and whether they answer there as far as one knows.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = (PeerId, bool)> {
        self.addresses.values().filter_map(|known| {
            let peer = known.peer?;
            // After one failure somebody else stands in: of those one has heard of many may be gone.
            let answers = known.unreachable == 0 && known.doors_shut == 0;
            Some((peer, answers || self.connected.contains(&peer)))
        })
    }

    /// Where members were met lately, by this device or by others, and answer as far as one knows.
    pub(crate) fn sightings(&self, now: Instant) -> impl Iterator<Item = Sighting> {
        self.addresses.iter().filter_map(move |(address, known)| {
            let peer = known.peer?;
            let is_here = self.connected.contains(&peer);
            let seen = if is_here { now } else { known.seen? };
            let answers = is_here || (known.unreachable == 0 && known.doors_shut == 0);
            let is_fresh = now.saturating_duration_since(seen) < FRESH;
            (answers && is_fresh).then_some(Sighting { address: *address, peer, at: seen })
        })
    }

    /// How an address was found.
    pub(crate) fn found_by(&self, address: SocketAddr) -> Option<FoundBy> {
        self.addresses.get(&address).map(|known| known.found_by)
    }

    /// The key to knock with: the one whose tag was announced there; otherwise, of those this device holds, the newest, and
    /// an older one after each door that stayed shut (its listener may have slept through the newer ones).
    pub(crate) fn key(&self, address: SocketAddr, newest: TagKey, held: &[TagKey]) -> TagKey {
        let Some(known) = self.addresses.get(&address) else {
            return newest;
        };
        if let Some(key) = known.key.as_ref().filter(|_| known.doors_shut == 0) {
            return key.clone();
        }
        let turn = known.doors_shut as usize % held.len().max(1);
        match held.get(turn) {
            Some(key) if turn > 0 => key.clone(),
            _ => newest,
        }
    }
}

#[cfg(test)]
mod tests;
