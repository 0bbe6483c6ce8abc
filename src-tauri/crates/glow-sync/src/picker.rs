//! Which pieces of which blob to ask of whom: the swarm, from one member's point of view.
//!
//! **Tiers.** Small things first across all moments (grid previews, what is being played, screen previews, manifests), newest
//! first within a tier. Originals yield: none is asked for while something tiny is on its way, few while something small is,
//! none while a neighbour has asked for quiet ([`Picker::hush`]), and few from then on while photos come one after another.
//!
//! **Originals** are asked for piece by piece, the rarest in the group first, equals in random order, from any member that
//! has that piece, whether or not it has the rest.
//!
//! **One copy first.** The connected members with a round trip like the nearest one's, and with an address of this device's
//! network if any has one, are this member's *link group*; a hotspot and its stations are of one whatever their round trips.
//! While no near member has something, or only one has, one member of the link group is designated to fetch it: they take turns.
//! All compute the same, so a source sends each piece once, a slow line between two access points carries it once, and the rest
//! is passed on among neighbours, of whom each has as much to pass on as any other. Where a member is the *hotspot* of the
//! others, it is the designated one, and everybody asks it: what stations send to each other is on the air twice. Whoever alone
//! has something that is missing is not asked for what others have, too: its line is what all wait for. Whoever does not get on
//! while others do is not designated; whoever has had nothing to do for a while takes over what others are designated for, and
//! learns from whether that was needed how long to wait.
//!
//! **Faults.** A request that stalls is given up and asked of somebody else, as is one that crawls while somebody much faster has
//! the same; a member that crawls, stalls again and again, or lies twice, is not asked for anything for a while, and does not
//! get rid of its lies by coming again. At the very end a piece may be asked of two; the later answer is cancelled.
//!
//! Pure: time, round trips and the seed of chance are arguments.

mod bulk;
mod faults;
mod holdings;
mod link;
mod near;
mod small;
mod want;

use std::collections::{BTreeMap, BTreeSet};

use faults::is_for_a_lie;
use glow_model::{BlobId, DeviceId};
use holdings::Holdings;
use link::Link;
use want::Wants;
pub use want::{Tier, Want};

use crate::{chance::Chance, proximity::Place, quiet::Quiet, wire::PIECE_BYTES};

/// One request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Names this request in what follows.
    pub ticket: u64,
    /// Whom to ask.
    pub peer: DeviceId,
    /// For what.
    pub blob: BlobId,
    /// Its size.
    pub size: u64,
    /// Which pieces.
    pub pieces: Vec<u32>,
    /// What it is for.
    pub tier: Tier,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a request.
    Ask(Assignment),
    /// Give a request up: its answer is needed no more, or does not come. It has ended for the picker already.
    Cancel(u64),
}

/// How a request ended. Pieces that came are told before by [`Picker::arrived`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All came.
    Complete,
    /// The member does not hold what it was asked for.
    NotHere,
    /// The stream broke or timed out.
    Broken,
    /// A piece did not verify: the member is not asked for this blob again for long.
    Lied,
}

/// How long a member that lacked a blob is not asked for it again, unless it says that it has it.
const LACKING_MS: u64 = 5_000;
/// How long a member whose stream broke is not asked for that blob again.
const BROKEN_MS: u64 = 1_000;
/// How long a member of which a piece did not verify is not asked for that blob again, whatever it says: its disk may have been
/// wrong, and may mend.
const LIED_MS: u64 = 60_000;
/// How often it is looked whether originals, which others were to bring, are to be asked for all the same.
const LOOK_AGAIN_MS: u64 = 250;

/// A request on its way.
#[derive(Debug, Clone)]
struct Flight {
    peer: DeviceId,
    blob: BlobId,
    size: u64,
    tier: Tier,
    /// Pieces that have not come, one bit each.
    open: u32,
    asked_ms: u64,
    /// When its last piece came.
    heard_ms: u64,
    /// Whether another request asks for the same: the end game.
    is_twin: bool,
    /// Whether another member is designated to fetch it.
    is_others: bool,
}

/// Requests on their way from each member.
type Load = BTreeMap<DeviceId, usize>;

/// The pure bookkeeping of fetching.
#[derive(Debug)]
pub struct Picker {
    me: DeviceId,
    chance: Chance,
    wants: Wants,
    holdings: Holdings,
    links: BTreeMap<DeviceId, Link>,
    /// Connections of members that lied and left: coming again does not make them honest.
    liars: BTreeMap<DeviceId, Link>,
    avoid: BTreeMap<(BlobId, DeviceId), u64>,
    flights: BTreeMap<u64, Flight>,
    /// Members that say that this device is their hotspot.
    stations: BTreeSet<DeviceId>,
    quiet: Quiet,
    /// How many pieces of originals may be on their way.
    room: usize,
    /// How long pieces of originals take, on average.
    took_ms: u64,
    /// When the last piece of an original came.
    progress_ms: u64,
    idle: bulk::Idle,
    /// Requests that are to be given up.
    cancelled: Vec<u64>,
    next_ticket: u64,
}

impl Picker {
    /// A picker of this member. `seed` is all the chance it has: equal members with equal seeds decide alike.
    #[must_use]
    pub fn new(me: DeviceId, seed: u64) -> Self {
        Self {
            me,
            chance: Chance::new(seed),
            wants: Wants::default(),
            holdings: Holdings::default(),
            links: BTreeMap::new(),
            liars: BTreeMap::new(),
            avoid: BTreeMap::new(),
            flights: BTreeMap::new(),
            stations: BTreeSet::new(),
            quiet: Quiet::default(),
            room: bulk::FIRST_ROOM,
            took_ms: 0,
            progress_ms: 0,
            idle: bulk::Idle::new(),
            cancelled: Vec::new(),
            next_ticket: 0,
        }
    }

    /// Adds a blob to fetch. Adding it again for a lower tier raises it.
    pub fn want(&mut self, want: Want, now_ms: u64) {
        if let Some(author) = want.author {
            self.holdings.add(want.blob, author, u32::MAX);
        }
        self.wants.insert(want, now_ms);
    }

    /// Forgets a blob: it is complete, or nobody needs it any more.
    pub fn drop_want(&mut self, blob: BlobId) {
        self.wants.remove(blob);
        self.holdings.forget(blob);
        self.avoid.retain(|(avoided, _), _| *avoided != blob);
        let useless = self.flights.iter().filter(|(_, flight)| flight.blob == blob && flight.open != 0);
        self.cancelled.extend(useless.map(|(ticket, _)| *ticket));
    }

    /// Whether a blob is being fetched.
    #[must_use]
    pub fn is_wanted(&self, blob: BlobId) -> bool {
        self.wants.get(blob).is_some()
    }

    /// Whether someone watches a blob that is being fetched.
    #[must_use]
    pub fn is_played(&self, blob: BlobId) -> bool {
        self.wants.get(blob).is_some_and(|want| want.tier == Tier::Playing)
    }

    /// Whether a blob is being fetched of which all pieces have come.
    #[must_use]
    pub fn has_all(&self, blob: BlobId) -> bool {
        self.wants.get(blob).is_some_and(|want| want.missing == 0)
    }

    /// The blobs that are being fetched, with their sizes, in the order of their tiers.
    pub fn wanted(&self) -> impl Iterator<Item = (BlobId, u64)> {
        self.wants.iter().map(|want| (want.blob, want.size))
    }

    /// How many blobs are to be fetched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wants.len()
    }

    /// Whether at least so many blobs of a tier and of those before it are to be fetched.
    #[must_use]
    pub fn has_many(&self, count: usize, tier: Tier) -> bool {
        self.wants.iter().take_while(|want| want.tier <= tier).nth(count.saturating_sub(1)).is_some()
    }

    /// Whether nothing is to be fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wants.len() == 0
    }

    /// Someone watches: these segments, in order, from this piece of the first, come before screen previews and in order.
    /// An empty list ends it.
    pub fn play(&mut self, segments: &[BlobId], piece: u32) {
        self.wants.play(segments, piece);
    }

    /// A member is connected.
    pub fn joined(&mut self, peer: DeviceId, now_ms: u64) {
        let mut link = Link::new(now_ms);
        if let Some(before) = self.liars.remove(&peer) {
            link.answers_for(&before);
        }
        self.links.insert(peer, link);
        self.avoid.retain(|(_, avoided), until_ms| *avoided != peer || is_for_a_lie(*until_ms, now_ms));
    }

    /// A member is gone: what it was asked for is free again.
    pub fn left(&mut self, peer: DeviceId) {
        if let Some(link) = self.links.remove(&peer).filter(Link::has_lied) {
            self.liars.insert(peer, link);
        }
        self.stations.remove(&peer);
        self.quiet.forget(peer);
        let tickets: Vec<u64> =
            self.flights.iter().filter(|(_, flight)| flight.peer == peer).map(|(ticket, _)| *ticket).collect();
        for ticket in tickets {
            self.release(ticket);
        }
        self.holdings.left(peer);
    }

    /// A round trip to a member was measured.
    pub fn measured(&mut self, peer: DeviceId, round_trip_us: u64) {
        if let Some(link) = self.links.get_mut(&peer) {
            link.measured(round_trip_us);
        }
    }

    /// Where a member is, and what its connection carries in bytes a second while it is busy, if that was measured. Whether it is
    /// this device's hotspot, and was not known to be: it is to be told, so that it fetches for all.
    pub fn located(&mut self, peer: DeviceId, place: Place, goodput_bps: Option<u64>) -> bool {
        let Some(link) = self.links.get_mut(&peer) else { return false };
        let is_news = place.is_hotspot && !link.place.is_hotspot;
        link.located(place, goodput_bps);
        is_news
    }

    /// A member says that this device is its hotspot, perhaps before it is known here that it has come.
    pub fn hosts(&mut self, station: DeviceId) {
        self.stations.insert(station);
    }

    /// A member says that it holds all of a blob.
    pub fn holds(&mut self, peer: DeviceId, blob: BlobId, now_ms: u64) {
        self.holds_pieces(peer, blob, u32::MAX, now_ms);
    }

    /// A member says which pieces of a blob it holds, one bit each; it has those it named before, too.
    pub fn holds_pieces(&mut self, peer: DeviceId, blob: BlobId, pieces: u32, now_ms: u64) {
        let is_bulk = pieces != u32::MAX || self.wants.get(blob).is_some_and(|want| want.tier.is_bulk());
        if let Some(link) = self.links.get_mut(&peer).filter(|_| is_bulk) {
            link.progress_ms = now_ms;
            link.lags = false;
        }
        if let Some(want) = self.wants.get(blob).filter(|want| want.missing & pieces != 0) {
            if want.missing & pieces & !self.holdings.of(blob, peer) != 0 {
                self.idle.works(now_ms);
            }
            self.holdings.add(blob, peer, pieces);
            // Whoever lied lately is not believed.
            if self.avoid.get(&(blob, peer)).is_some_and(|until_ms| !is_for_a_lie(*until_ms, now_ms)) {
                self.avoid.remove(&(blob, peer));
            }
        }
    }

    /// A neighbour has something small for everybody and asks for quiet, for at most [`crate::quiet::HUSH_MS`]; 0 takes it
    /// back. Until then only grid previews are asked for.
    pub fn hush(&mut self, peer: DeviceId, for_ms: u64, now_ms: u64) {
        self.quiet.ask(peer, for_ms, now_ms);
    }

    /// A verified piece is stored. `ticket` is that of the request it answers; none when it came by itself.
    pub fn arrived(&mut self, ticket: Option<u64>, blob: BlobId, piece: u32, now_ms: u64) {
        let bit = bit(piece);
        self.wants.arrived(blob, bit);
        let mut took_ms = None;
        let mut learnt = None;
        let asking = self.flights.iter_mut().filter(|(_, flight)| flight.blob == blob && flight.open & bit != 0);
        for (other, flight) in asking {
            flight.open &= !bit;
            flight.heard_ms = now_ms;
            if Some(*other) != ticket {
                self.cancelled.extend((flight.open == 0).then_some(*other));
            } else if let Some(link) = self.links.get_mut(&flight.peer) {
                link.received(PIECE_BYTES, flight.asked_ms, now_ms);
                if flight.tier.is_bulk() {
                    took_ms = Some(now_ms.saturating_sub(flight.asked_ms));
                }
                learnt = flight.is_others.then_some(flight.peer).or(learnt);
            }
        }
        if let Some(took_ms) = took_ms {
            self.progress_ms = now_ms;
            self.adapt_room(took_ms);
        }
        if let Some(from) = learnt {
            let others = self.holdings.holders(blob).filter(|(peer, has)| *peer != from && has & bit != 0);
            let was_needless = others.into_iter().any(|(peer, _)| self.is_near(peer));
            self.idle.learn(self.is_near(from), was_needless);
        }
    }

    /// A request ended.
    pub fn ended(&mut self, ticket: u64, how: Ended, now_ms: u64) {
        let Some(flight) = self.release(ticket) else {
            return;
        };
        let pause_ms = match how {
            Ended::Complete => return,
            Ended::NotHere => LACKING_MS,
            Ended::Broken => BROKEN_MS,
            Ended::Lied => LIED_MS,
        };
        if let Some(link) = self.links.get_mut(&flight.peer) {
            link.failed(how, flight.tier, now_ms);
        }
        if how == Ended::NotHere {
            self.holdings.lacks(flight.blob, flight.peer, flight.open);
        }
        if self.is_wanted(flight.blob) {
            self.avoid.insert((flight.blob, flight.peer), now_ms.saturating_add(pause_ms));
        }
    }

    /// Everything that should be done now.
    pub fn assign(&mut self, now_ms: u64) -> Vec<Action> {
        self.avoid.retain(|_, until_ms| *until_ms > now_ms);
        self.quiet.forget_over(now_ms);
        let mut actions = self.give_up(now_ms);
        self.look_who_lags();
        self.assign_small(now_ms, &mut actions);
        if !self.quiet.is_asked() {
            self.assign_bulk(now_ms, &mut actions);
        }
        actions
    }

    /// When [`Picker::assign`] may have something to do although nothing has happened; nothing when no time matters.
    #[must_use]
    pub fn next_wake_ms(&self, now_ms: u64) -> Option<u64> {
        let retries = self.avoid.values().copied();
        let stalls = self.flights.values().map(|flight| self.stalls_at_ms(flight));
        let fit = self.links.values().filter_map(Link::fit_again_ms);
        let waits = self.wants.wakes();
        let known = retries
            .chain(stalls)
            .chain(self.quiet.ends())
            .chain(fit)
            .chain(waits)
            .filter(|at_ms| *at_ms > now_ms)
            .min();
        let has_bulk = !self.links.is_empty() && self.wants.bulk().next().is_some();
        let look = has_bulk.then_some(now_ms.saturating_add(LOOK_AGAIN_MS));
        known.into_iter().chain(look).min()
    }

    /// Requests in flight to each connected member.
    fn load(&self, counts: impl Fn(&Flight) -> bool) -> BTreeMap<DeviceId, usize> {
        let mut load: BTreeMap<DeviceId, usize> = self.links.keys().map(|peer| (*peer, 0)).collect();
        for flight in self.flights.values().filter(|flight| counts(flight)) {
            *load.entry(flight.peer).or_default() += 1;
        }
        load
    }

    fn ask(&mut self, peer: DeviceId, what: (BlobId, u64, Tier), pieces: u32, now_ms: u64) -> Action {
        let (blob, size, tier) = what;
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.wants.asked(blob, pieces);
        let flight = Flight {
            peer,
            blob,
            size,
            tier,
            open: pieces,
            asked_ms: now_ms,
            heard_ms: 0,
            is_twin: false,
            is_others: false,
        };
        self.flights.insert(ticket, flight);
        let pieces = (0..u32::BITS).filter(|piece| pieces & bit(*piece) != 0).collect();
        Action::Ask(Assignment { ticket, peer, blob, size, pieces, tier })
    }

    fn release(&mut self, ticket: u64) -> Option<Flight> {
        let flight = self.flights.remove(&ticket)?;
        let others = self.flights.values().filter(|other| other.blob == flight.blob);
        let still_asked = others.fold(0, |asked, other| asked | other.open);
        self.wants.free(flight.blob, flight.open & !still_asked);
        Some(flight)
    }

    /// The members that were asked for something and did not answer yet.
    #[must_use]
    pub fn busy(&self) -> BTreeSet<DeviceId> {
        self.flights.values().map(|flight| flight.peer).collect()
    }
}

/// The bit of a piece in a bitfield.
fn bit(piece: u32) -> u32 {
    1_u32.checked_shl(piece).unwrap_or(0)
}

#[cfg(test)]
mod tests;
