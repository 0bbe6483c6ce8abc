//! Who is near, and who of those that are fetches what for all: the hotspot where a member is one, whose turn it is elsewhere.
//!
//! What one station of a hotspot sends to another takes two turns on the channel, what goes to or from the hotspot one. So the
//! hotspot fetches everything, and everybody fetches from it: half the time on the air.

use glow_model::{BlobId, DeviceId};

use super::{Picker, bit, link};
use crate::chance::mix;

impl Picker {
    pub(super) fn is_near(&self, peer: DeviceId) -> bool {
        let nearest_us = self.links.values().filter_map(|link| link.round_trip_us).min().unwrap_or(u64::MAX / 4);
        let is_behind_router =
            |link: &link::Link| !link.place.is_in_network && self.links.values().any(|link| link.place.is_in_network);
        // A hotspot and its stations are near whatever the round trips of a busy device look like.
        let is_near = |link: &link::Link| {
            link.place.is_hotspot || self.is_station(&peer, link) || link.is_near(nearest_us) && !is_behind_router(link)
        };
        self.links.get(&peer).is_some_and(is_near)
    }

    /// Whether what a member sends to others passes through this device.
    fn is_station(&self, peer: &DeviceId, link: &link::Link) -> bool {
        link.place.is_station || self.stations.contains(peer)
    }

    pub(super) fn near_holders(&self, blob: BlobId, piece: u32) -> usize {
        self.holdings.holders(blob).filter(|(peer, has)| has & bit(piece) != 0 && self.is_near(*peer)).count()
    }

    /// The hotspot that this device and its neighbours are at, if it is this device or a neighbour that gets on.
    pub(super) fn hotspot(&self, now_ms: u64) -> Option<DeviceId> {
        if self.links.iter().any(|(peer, link)| self.is_station(peer, link)) {
            return Some(self.me);
        }
        let is_able = |link: &link::Link| link.place.is_hotspot && !link.lags && link.is_fit(now_ms);
        self.links.iter().find(|(_, link)| is_able(link)).map(|(peer, _)| *peer)
    }

    /// Whether another of this link group fetches a piece for all. `near_holders` are those that may be asked.
    pub(super) fn is_anothers(&self, blob: BlobId, piece: u32, near_holders: usize, hotspot: Option<DeviceId>) -> bool {
        match hotspot {
            Some(hotspot) if hotspot == self.me => false,
            Some(hotspot) => self.holdings.of(blob, hotspot) & bit(piece) == 0,
            None => near_holders <= 1 && self.designated(blob, piece) != self.me,
        }
    }

    /// The member of this link group that fetches a piece for all.
    ///
    /// All but the blob's author stand in a circle, in an order of its own for each blob, and take turns: so each has as much
    /// to pass on as any other. Whoever has the piece, or does not get on, is passed over. All that see the same neighbours
    /// find the same.
    fn designated(&self, blob: BlobId, piece: u32) -> DeviceId {
        let author = self.wants.get(blob).and_then(|want| want.author);
        let near = self.links.keys().copied().filter(|peer| Some(*peer) != author && self.is_near(*peer));
        let mut circle: Vec<DeviceId> = near.chain([self.me]).collect();
        circle.sort_by_cached_key(|peer| (rank(*peer, blob), *peer));
        let turn = piece as usize % circle.len();
        circle.rotate_left(turn);
        let can = |peer: &DeviceId| {
            let gets_on = self.links.get(peer).is_some_and(|link| !link.lags);
            *peer == self.me || gets_on && self.holdings.of(blob, *peer) & bit(piece) == 0
        };
        circle.into_iter().find(can).unwrap_or(self.me)
    }
}

fn rank(peer: DeviceId, blob: BlobId) -> u64 {
    mix(word(&peer.0) ^ word(&blob.0))
}

fn word(id: &[u8; 32]) -> u64 {
    id.chunks_exact(8).fold(0, |all, chunk| {
        let bytes = <[u8; 8]>::try_from(chunk).unwrap_or_default();
        mix(all ^ u64::from_be_bytes(bytes))
    })
}
