//! Which pieces of which blob to ask of whom.
//!
//! Small things first across all moments (grid previews, then screen previews, then originals), newest first within a tier;
//! from any connected member that is not known to lack the blob, known holders and idle members first. Bulk yields: originals
//! are asked for while nothing smaller is on its way, and little of them at once, since whatever was asked for queues in front
//! of the next preview.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{BlobId, DeviceId};

use crate::wire::PIECES_PER_REQUEST;

/// What a blob is for: lower tiers are fetched first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Grid preview.
    Grid,
    /// Screen preview.
    Screen,
    /// The list of segments of a large original.
    Manifest,
    /// Segment of an original.
    Original,
}

impl Tier {
    fn is_bulk(self) -> bool {
        self == Tier::Original
    }
}

/// A blob that is missing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The blob.
    pub blob: BlobId,
    /// Its size in bytes.
    pub size: u64,
    /// What it is for.
    pub tier: Tier,
    /// When its moment was captured: newer first.
    pub sort_ms: u64,
    /// Pieces not here yet, ascending.
    pub missing: Vec<u32>,
}

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
}

/// How a request ended. Pieces that came are told before by [`Picker::arrived`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All came.
    Complete,
    /// The member does not hold the blob.
    NotHere,
    /// The stream broke or timed out.
    Broken,
    /// A piece did not verify: the member is not asked for this blob again.
    Lied,
}

/// Requests to one member at once.
const IN_FLIGHT: usize = 8;
/// Requests for originals at once, to all members together.
const BULK_IN_FLIGHT: usize = 2;
/// Pieces of an original in one request.
const BULK_PIECES: usize = 1;
/// How long a member that lacked a blob is not asked for it again, unless it says that it has it.
const LACKING_MS: u64 = 5_000;
/// How long a member whose stream broke is not asked for that blob again.
const BROKEN_MS: u64 = 1_000;

type Key = (Tier, std::cmp::Reverse<u64>, BlobId);

/// The pure bookkeeping of fetching.
#[derive(Debug, Default)]
pub struct Picker {
    wants: BTreeMap<Key, Want>,
    keys: BTreeMap<BlobId, Key>,
    asked: BTreeMap<BlobId, BTreeSet<u32>>,
    peers: BTreeSet<DeviceId>,
    holders: BTreeMap<BlobId, BTreeSet<DeviceId>>,
    avoid: BTreeMap<(BlobId, DeviceId), u64>,
    flights: BTreeMap<u64, Assignment>,
    next_ticket: u64,
}

impl Picker {
    /// Adds a blob to fetch. Adding it again for a lower tier raises it.
    pub fn want(&mut self, want: Want) {
        let key = (want.tier, std::cmp::Reverse(want.sort_ms), want.blob);
        match self.keys.get(&want.blob) {
            Some(known) if *known <= key => return,
            Some(known) => {
                let known = *known;
                self.wants.remove(&known);
            }
            None => {}
        }
        self.keys.insert(want.blob, key);
        self.wants.insert(key, want);
    }

    /// Forgets a blob: it is complete, or nobody needs it any more.
    pub fn drop_want(&mut self, blob: BlobId) {
        if let Some(key) = self.keys.remove(&blob) {
            self.wants.remove(&key);
        }
        self.holders.remove(&blob);
        self.asked.remove(&blob);
        self.avoid.retain(|(avoided, _), _| *avoided != blob);
    }

    /// Whether a blob is being fetched.
    #[must_use]
    pub fn is_wanted(&self, blob: BlobId) -> bool {
        self.keys.contains_key(&blob)
    }

    /// How many blobs are to be fetched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wants.len()
    }

    /// Whether nothing is to be fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wants.is_empty()
    }

    /// A member is connected.
    pub fn joined(&mut self, peer: DeviceId) {
        self.peers.insert(peer);
        self.avoid.retain(|(_, avoided), _| *avoided != peer);
    }

    /// A member is gone: what it was asked for is free again.
    pub fn left(&mut self, peer: DeviceId) {
        self.peers.remove(&peer);
        let tickets: Vec<u64> =
            self.flights.iter().filter(|(_, flight)| flight.peer == peer).map(|(ticket, _)| *ticket).collect();
        for ticket in tickets {
            self.release(ticket);
        }
        for holders in self.holders.values_mut() {
            holders.remove(&peer);
        }
    }

    /// A member says that it holds a blob.
    pub fn holds(&mut self, peer: DeviceId, blob: BlobId) {
        if self.is_wanted(blob) {
            self.holders.entry(blob).or_default().insert(peer);
            self.avoid.remove(&(blob, peer));
        }
    }

    /// A verified piece is stored.
    pub fn arrived(&mut self, blob: BlobId, piece: u32) {
        if let Some(want) = self.keys.get(&blob).and_then(|key| self.wants.get_mut(key)) {
            want.missing.retain(|missing| *missing != piece);
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
            Ended::Lied => u64::MAX,
        };
        if let Some(holders) = self.holders.get_mut(&flight.blob) {
            holders.remove(&flight.peer);
        }
        if self.is_wanted(flight.blob) {
            self.avoid.insert((flight.blob, flight.peer), now_ms.saturating_add(pause_ms));
        }
    }

    /// Everything that should be asked now.
    pub fn assign(&mut self, now_ms: u64) -> Vec<Assignment> {
        self.avoid.retain(|_, until_ms| *until_ms > now_ms);
        let mut load: BTreeMap<DeviceId, usize> = self.peers.iter().map(|peer| (*peer, 0)).collect();
        let (mut small, mut bulk) = (0, 0);
        for flight in self.flights.values() {
            *load.entry(flight.peer).or_default() += 1;
            match self.keys.get(&flight.blob) {
                Some((tier, ..)) if tier.is_bulk() => bulk += 1,
                _ => small += 1,
            }
        }
        let mut assignments = Vec::new();
        for want in self.wants.values() {
            let is_bulk = want.tier.is_bulk();
            while load.values().any(|load| *load < IN_FLIGHT) && !(is_bulk && (small > 0 || bulk >= BULK_IN_FLIGHT)) {
                let asked = self.asked.get(&want.blob);
                let limit = if is_bulk { BULK_PIECES } else { PIECES_PER_REQUEST };
                let free = want.missing.iter().filter(|piece| asked.is_none_or(|asked| !asked.contains(piece)));
                let pieces: Vec<u32> = free.take(limit).copied().collect();
                let holders = self.holders.get(&want.blob);
                let candidates = load
                    .iter()
                    .filter(|(peer, load)| **load < IN_FLIGHT && !self.avoid.contains_key(&(want.blob, **peer)));
                let best = candidates
                    .min_by_key(|(peer, load)| (!holders.is_some_and(|holders| holders.contains(peer)), **load));
                let Some(peer) = best.map(|(peer, _)| *peer).filter(|_| !pieces.is_empty()) else { break };
                *load.entry(peer).or_default() += 1;
                *(if is_bulk { &mut bulk } else { &mut small }) += 1;
                self.asked.entry(want.blob).or_default().extend(&pieces);
                self.next_ticket += 1;
                let assignment =
                    Assignment { ticket: self.next_ticket, peer, blob: want.blob, size: want.size, pieces };
                self.flights.insert(assignment.ticket, assignment.clone());
                assignments.push(assignment);
            }
        }
        assignments
    }

    /// When something avoided may be asked again; nothing when no time matters.
    #[must_use]
    pub fn next_retry_ms(&self) -> Option<u64> {
        self.avoid.values().filter(|until_ms| **until_ms < u64::MAX).min().copied()
    }

    fn release(&mut self, ticket: u64) -> Option<Assignment> {
        let flight = self.flights.remove(&ticket)?;
        if let Some(asked) = self.asked.get_mut(&flight.blob) {
            for piece in &flight.pieces {
                asked.remove(piece);
            }
        }
        Some(flight)
    }
}

#[cfg(test)]
mod tests;
