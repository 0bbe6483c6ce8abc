//! When to tell others what has come: whole blobs almost at once, pieces of originals a few together.
//!
//! Every word costs each link two packets, so pieces are gathered; but a piece that nobody knows of is served to nobody.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::BlobId;

use crate::wire::{Holding, IDS_PER_REQUEST, Request};

/// How long whole blobs are gathered.
pub const WHOLE_MS: u64 = 40;
/// How long pieces are gathered.
pub const PIECES_MS: u64 = 120;

/// What is to be told, and from when on.
#[derive(Debug, Default)]
pub struct Announcer {
    whole: BTreeSet<BlobId>,
    pieces: BTreeMap<BlobId, u32>,
    due_ms: Option<u64>,
}

impl Announcer {
    /// A blob is complete here, and kept.
    pub fn completed(&mut self, blob: BlobId, now_ms: u64) {
        self.pieces.remove(&blob);
        self.whole.insert(blob);
        self.due_by(now_ms.saturating_add(WHOLE_MS));
    }

    /// All pieces of a blob are here, but not for good.
    pub fn carried(&mut self, blob: BlobId, now_ms: u64) {
        self.pieces.insert(blob, u32::MAX);
        self.due_by(now_ms.saturating_add(WHOLE_MS));
    }

    /// A piece of an original is here.
    pub fn arrived(&mut self, blob: BlobId, piece: u32, now_ms: u64) {
        if !self.whole.contains(&blob) {
            *self.pieces.entry(blob).or_default() |= 1_u32.checked_shl(piece).unwrap_or(0);
            self.due_by(now_ms.saturating_add(PIECES_MS));
        }
    }

    /// When [`Announcer::take`] has something.
    #[must_use]
    pub fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }

    /// What is to be told to every connected member now.
    pub fn take(&mut self, now_ms: u64) -> Vec<Request> {
        if self.due_ms.is_none_or(|due_ms| due_ms > now_ms) {
            return Vec::new();
        }
        self.due_ms = None;
        let whole: Vec<BlobId> = std::mem::take(&mut self.whole).into_iter().collect();
        let pieces = std::mem::take(&mut self.pieces);
        let pieces: Vec<Holding> = pieces.into_iter().map(|(blob, pieces)| Holding { blob, pieces }).collect();
        let whole = whole.chunks(IDS_PER_REQUEST).map(|blobs| Request::Have { blobs: blobs.to_vec() });
        let pieces = pieces.chunks(IDS_PER_REQUEST).map(|holdings| Request::HavePieces { holdings: holdings.to_vec() });
        whole.chain(pieces).collect()
    }

    fn due_by(&mut self, at_ms: u64) {
        self.due_ms = Some(self.due_ms.map_or(at_ms, |due_ms| due_ms.min(at_ms)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOB: BlobId = BlobId([1; 32]);

    #[test]
    fn pieces_are_told_together_and_once() {
        let mut announcer = Announcer::default();
        announcer.arrived(BLOB, 0, 1_000);
        announcer.arrived(BLOB, 5, 1_050);
        assert_eq!(announcer.take(1_000 + PIECES_MS - 1), [], "more may come");
        let told = announcer.take(announcer.due_ms().unwrap());
        assert_eq!(told, [Request::HavePieces { holdings: vec![Holding { blob: BLOB, pieces: 0b10_0001 }] }]);
        assert_eq!(announcer.take(u64::MAX), []);
    }

    #[test]
    fn a_whole_blob_makes_its_pieces_not_worth_a_word() {
        let mut announcer = Announcer::default();
        announcer.arrived(BLOB, 0, 0);
        announcer.completed(BLOB, 10);
        announcer.arrived(BLOB, 1, 11);
        assert_eq!(announcer.due_ms(), Some(10 + WHOLE_MS), "whole blobs are not kept waiting");
        assert_eq!(announcer.take(50), [Request::Have { blobs: vec![BLOB] }]);
    }
}
