//! What is missing here, in the order in which it is wanted.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map},
};

use glow_model::{BlobId, DeviceId};

/// What a blob is for: lower tiers are fetched first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Grid preview.
    Grid,
    /// Segment of what is being played.
    Playing,
    /// Screen preview.
    Screen,
    /// The list of segments of a large original.
    Manifest,
    /// Segment of an original.
    Original,
}

impl Tier {
    /// Whether it yields to everything small.
    #[must_use]
    pub fn is_bulk(self) -> bool {
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
    /// Pieces not here yet, one bit each.
    pub missing: u32,
    /// Who made it, and so has it.
    pub author: Option<DeviceId>,
}

/// A want with what has become of it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) blob: BlobId,
    pub(super) size: u64,
    pub(super) tier: Tier,
    /// Its tier when nobody plays it.
    kind: Tier,
    sort_ms: u64,
    pub(super) missing: u32,
    /// Pieces that were asked for and have not come.
    pub(super) asked: u32,
    pub(super) author: Option<DeviceId>,
    pub(super) since_ms: u64,
}

type Key = (Tier, Reverse<u64>, BlobId);

/// All wants, in order.
#[derive(Debug, Default)]
pub(super) struct Wants {
    wants: BTreeMap<Key, Wanted>,
    keys: BTreeMap<BlobId, Key>,
    /// What is played: its place in the order, and the piece to begin with.
    playing: BTreeMap<BlobId, (u64, u32)>,
}

impl Wants {
    pub(super) fn insert(&mut self, want: Want, now_ms: u64) {
        let Want { blob, size, tier: kind, sort_ms, missing, author } = want;
        let mut wanted = Wanted { blob, size, tier: kind, kind, sort_ms, missing, asked: 0, author, since_ms: now_ms };
        if let Some(known) = self.keys.get(&blob).and_then(|key| self.wants.get(key)) {
            if known.kind <= kind {
                return;
            }
            (wanted.missing, wanted.asked, wanted.since_ms) = (known.missing, known.asked, known.since_ms);
        }
        self.remove(blob);
        self.place(wanted);
    }

    pub(super) fn remove(&mut self, blob: BlobId) -> Option<Wanted> {
        let key = self.keys.remove(&blob)?;
        self.wants.remove(&key)
    }

    pub(super) fn get(&self, blob: BlobId) -> Option<&Wanted> {
        self.keys.get(&blob).and_then(|key| self.wants.get(key))
    }

    pub(super) fn len(&self) -> usize {
        self.wants.len()
    }

    pub(super) fn iter(&self) -> btree_map::Values<'_, Key, Wanted> {
        self.wants.values()
    }

    /// What is not bulk, in order.
    pub(super) fn small(&self) -> impl Iterator<Item = &Wanted> {
        self.wants.values().take_while(|want| !want.tier.is_bulk())
    }

    /// Originals, in order.
    pub(super) fn bulk(&self) -> impl Iterator<Item = &Wanted> {
        self.wants.range((Tier::Original, Reverse(u64::MAX), BlobId([0; 32]))..).map(|(_, want)| want)
    }

    pub(super) fn arrived(&mut self, blob: BlobId, bits: u32) {
        self.change(blob, |want| {
            want.missing &= !bits;
            want.asked &= !bits;
        });
    }

    pub(super) fn asked(&mut self, blob: BlobId, bits: u32) {
        self.change(blob, |want| want.asked |= bits);
    }

    pub(super) fn free(&mut self, blob: BlobId, bits: u32) {
        self.change(blob, |want| want.asked &= !bits);
    }

    /// When something that is waited for, as it is on its way unasked, will be asked for.
    pub(super) fn wakes(&self) -> impl Iterator<Item = u64> {
        let waiting = self.small().filter(|want| want.missing & !want.asked != 0).take(64);
        waiting.map(|want| want.since_ms.saturating_add(super::small::PUSHED_MS))
    }

    pub(super) fn play(&mut self, segments: &[BlobId], piece: u32) {
        let before: Vec<BlobId> = self.playing.keys().copied().collect();
        let places = (0..).zip(segments);
        self.playing = places.map(|(place, blob)| (*blob, (place, if place == 0 { piece } else { 0 }))).collect();
        for blob in before.iter().chain(segments) {
            if let Some(want) = self.remove(*blob) {
                self.place(want);
            }
        }
    }

    fn place(&mut self, mut want: Wanted) {
        let playing = self.playing.get(&want.blob).filter(|_| want.kind.is_bulk());
        let (tier, order) = match playing {
            // Played segments stand in their order, which is told by the time they take in the key.
            Some((place, _)) => (Tier::Playing, u64::MAX - place),
            None => (want.kind, want.sort_ms),
        };
        want.tier = tier;
        let key = (tier, Reverse(order), want.blob);
        self.keys.insert(want.blob, key);
        self.wants.insert(key, want);
    }

    /// The pieces of a played segment that are asked for next: a few, in order, from where it is played.
    pub(super) fn played(&self, want: &Wanted, free: u32) -> u32 {
        let from = self.playing.get(&want.blob).map_or(0, |(_, piece)| *piece);
        let ahead = free & u32::MAX.checked_shl(from).unwrap_or(0);
        lowest(if ahead == 0 { free } else { ahead }, PLAYED_PIECES)
    }

    fn change(&mut self, blob: BlobId, change: impl FnOnce(&mut Wanted)) {
        if let Some(want) = self.keys.get(&blob).and_then(|key| self.wants.get_mut(key)) {
            change(want);
        }
    }
}

/// Pieces of what is played in one request: so few that the first is soon here.
const PLAYED_PIECES: usize = 2;

fn lowest(bits: u32, count: usize) -> u32 {
    (0..u32::BITS).map(super::bit).filter(|bit| bits & bit != 0).take(count).fold(0, |all, bit| all | bit)
}
