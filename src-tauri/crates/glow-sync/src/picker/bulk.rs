//! Originals: rarest first, one copy to a link group before any second, and the end game.

use std::collections::BTreeMap;

use glow_model::{BlobId, DeviceId};

use super::{Action, Picker, Tier, bit, link, want::Wanted};
use crate::chance::mix;

/// Originals among which the rarest piece is looked for, newest first.
const WINDOW_BLOBS: usize = 32;
/// Requests for originals at once, to all members together: how many at first, at least and at most. A piece that comes soon
/// makes room for one more; one that takes long says that the way is full, perhaps with what others send, and takes room away.
pub(super) const FIRST_ROOM: usize = 4;
const ROOM: std::ops::RangeInclusive<usize> = 2..=24;
const SOON_MS: u64 = 500;
const LONG_MS: u64 = 900;
/// Nobody is known to hold it: whoever is connected is tried after this time.
const PROBE_MS: u64 = 500;
/// Whoever had nothing to ask of a holder for so long takes what others are designated for: from a near one, from a far one.
const NEAR_IDLE_MS: u64 = 500;
const FAR_IDLE_MS: u64 = 3_000;
/// How long something small waits for a neighbour to bring it from afar.
pub(super) const PATIENCE_MS: u64 = 1_500;
/// In the end game a piece is asked of a second member after this time.
const TWIN_MS: u64 = 3_000;

/// A piece that may be asked for.
struct Choice {
    blob: BlobId,
    piece: u32,
    /// How many connected members have it.
    copies: usize,
    tie: u64,
    from: Vec<DeviceId>,
}

impl Picker {
    pub(super) fn assign_bulk(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        let mut room = self.bulk_room();
        let mut load = self.load(|flight| flight.tier.is_bulk());
        if room == 0 || self.links.is_empty() {
            return;
        }
        let mut choices = self.choices(now_ms);
        choices.sort_by_key(|choice| (choice.copies, choice.tie));
        let nothing_free = self.wants.bulk().all(|want| want.missing & !want.asked == 0);
        for choice in choices {
            if room == 0 {
                return;
            }
            let Some(peer) = self.idlest(&choice.from, &load) else { continue };
            *load.entry(peer).or_default() += 1;
            room -= 1;
            self.ask_piece(peer, choice.blob, choice.piece, now_ms, actions);
        }
        if nothing_free && let Some((blob, piece, peer)) = self.twin(now_ms, &load) {
            let bits = bit(piece);
            for flight in self.flights.values_mut().filter(|flight| flight.blob == blob && flight.open & bits != 0) {
                flight.is_twin = true;
            }
            self.ask_piece(peer, blob, piece, now_ms, actions);
            if let Some(flight) = self.flights.get_mut(&self.next_ticket) {
                flight.is_twin = true;
            }
        }
    }

    fn ask_piece(&mut self, peer: DeviceId, blob: BlobId, piece: u32, now_ms: u64, actions: &mut Vec<Action>) {
        let size = self.wants.get(blob).map_or(0, |want| want.size);
        if let Some(link) = self.links.get_mut(&peer) {
            link.used_ms = now_ms;
        }
        actions.push(self.ask(peer, (blob, size, Tier::Original), bit(piece), now_ms));
    }

    /// How many more pieces may be on their way.
    fn bulk_room(&self) -> usize {
        self.room.saturating_sub(self.flights.values().filter(|flight| flight.tier.is_bulk()).count())
    }

    /// A piece came so long after it was asked for.
    pub(super) fn adapt_room(&mut self, took_ms: u64) {
        if took_ms <= SOON_MS {
            self.room = (self.room + 1).min(*ROOM.end());
        } else if took_ms >= LONG_MS {
            self.room = (self.room - 1).max(*ROOM.start());
        }
    }

    /// The pieces of the newest originals that this member may ask for, and whom.
    fn choices(&mut self, now_ms: u64) -> Vec<Choice> {
        let mut chance = self.chance.clone();
        let mut choices = Vec::new();
        let free = |want: &&Wanted| want.missing & !want.asked != 0;
        for want in self.wants.bulk().filter(free).take(WINDOW_BLOBS) {
            let holders = self.able_holders(want.blob, now_ms);
            for piece in (0..u32::BITS).filter(|piece| want.missing & !want.asked & bit(*piece) != 0) {
                let with: Vec<DeviceId> =
                    holders.iter().filter(|(_, has)| has & bit(piece) != 0).map(|(peer, _)| *peer).collect();
                let copies = with.len();
                let from = self.whom(want, piece, with, now_ms);
                if !from.is_empty() {
                    choices.push(Choice { blob: want.blob, piece, copies, tie: chance.next(), from });
                }
            }
        }
        self.chance = chance;
        choices
    }

    /// Connected members that are known to hold something of a blob and may be asked for it.
    fn able_holders(&self, blob: BlobId, now_ms: u64) -> Vec<(DeviceId, u32)> {
        let able = |peer: &DeviceId| {
            let fit = self.links.get(peer).is_some_and(|link| link.is_fit(now_ms));
            fit && !self.avoid.contains_key(&(blob, *peer))
        };
        self.holdings.holders(blob).filter(|(peer, _)| able(peer)).collect()
    }

    /// Which of the holders of a piece this member may ask for it now.
    fn whom(&self, want: &Wanted, piece: u32, holders: Vec<DeviceId>, now_ms: u64) -> Vec<DeviceId> {
        if holders.is_empty() {
            return self.probe(want, now_ms);
        }
        let (near, far): (Vec<_>, Vec<_>) = holders.into_iter().partition(|peer| self.is_near(*peer));
        if near.len() >= 2 {
            return near;
        }
        let (from, idle_ms) = if near.is_empty() { (far, FAR_IDLE_MS) } else { (near, NEAR_IDLE_MS) };
        if self.designated(want.blob, piece, now_ms) == self.me {
            return from;
        }
        let is_idle = |peer: &DeviceId| {
            let used_ms = self.links.get(peer).map_or(0, |link| link.used_ms).max(want.since_ms);
            now_ms >= used_ms.saturating_add(idle_ms)
        };
        from.into_iter().filter(is_idle).collect()
    }

    /// Nobody who is known to hold it is here: any who may.
    fn probe(&self, want: &Wanted, now_ms: u64) -> Vec<DeviceId> {
        if now_ms < want.since_ms.saturating_add(PROBE_MS) {
            return Vec::new();
        }
        let may = |(peer, link): &(&DeviceId, &link::Link)| {
            link.is_fit(now_ms) && !self.avoid.contains_key(&(want.blob, **peer))
        };
        self.links.iter().filter(may).map(|(peer, _)| *peer).collect()
    }

    /// The member of this link group that fetches a piece for all: of those that lack it and get on, the one with the highest
    /// hash. All that see the same neighbours find the same.
    pub(super) fn designated(&self, blob: BlobId, piece: u32, now_ms: u64) -> DeviceId {
        let since_ms = self.wants.get(blob).map_or(0, |want| want.since_ms);
        let others = self.links.iter().filter(|(peer, link)| {
            let gets_on = now_ms < link.progress_ms.max(since_ms).saturating_add(link::IDLE_MS);
            gets_on && link.is_fit(now_ms) && self.is_near(**peer) && self.holdings.of(blob, **peer) & bit(piece) == 0
        });
        let all = others.map(|(peer, _)| *peer).chain([self.me]);
        all.max_by_key(|peer| (rank(*peer, blob, piece), *peer)).unwrap_or(self.me)
    }

    /// Of these, the one with the fewest requests in flight below its window, authors last, the fastest first.
    fn idlest(&self, from: &[DeviceId], load: &BTreeMap<DeviceId, usize>) -> Option<DeviceId> {
        let free = from.iter().filter_map(|peer| {
            let (link, load) = (self.links.get(peer)?, load.get(peer).copied().unwrap_or_default());
            (load < link.window()).then_some((load, std::cmp::Reverse(link.goodput_bps), *peer))
        });
        free.min().map(|(.., peer)| peer)
    }

    pub(super) fn is_near(&self, peer: DeviceId) -> bool {
        let nearest_us = self.links.values().filter_map(|link| link.round_trip_us).min().unwrap_or(u64::MAX / 4);
        self.links.get(&peer).is_some_and(|link| link.is_near(nearest_us))
    }

    pub(super) fn near_holders(&self, blob: BlobId, piece: u32) -> usize {
        self.holdings.holders(blob).filter(|(peer, has)| has & bit(piece) != 0 && self.is_near(*peer)).count()
    }

    /// A piece that is on its way for long, and another member that has it and nothing else to do.
    fn twin(&self, now_ms: u64, load: &BTreeMap<DeviceId, usize>) -> Option<(BlobId, u32, DeviceId)> {
        let late = self.flights.values().filter(|flight| {
            let since_ms = flight.asked_ms.max(flight.heard_ms);
            flight.tier.is_bulk() && !flight.is_twin && flight.open != 0 && now_ms >= since_ms.saturating_add(TWIN_MS)
        });
        late.flat_map(|flight| {
            let piece = flight.open.trailing_zeros();
            let others = self
                .able_holders(flight.blob, now_ms)
                .into_iter()
                .filter(move |(peer, has)| *peer != flight.peer && has & bit(piece) != 0 && load.get(peer) == Some(&0));
            others.map(move |(peer, _)| (flight.blob, piece, peer))
        })
        .find(|(.., peer)| self.is_near(*peer))
    }
}

fn rank(peer: DeviceId, blob: BlobId, piece: u32) -> u64 {
    mix(word(&peer.0) ^ mix(word(&blob.0).wrapping_add(u64::from(piece))))
}

fn word(id: &[u8; 32]) -> u64 {
    id.chunks_exact(8).fold(0, |all, chunk| {
        let bytes = <[u8; 8]>::try_from(chunk).unwrap_or_default();
        mix(all ^ u64::from_be_bytes(bytes))
    })
}
