//! Pieces: the unit in which blobs travel.

use std::{fmt, ops::Range};

use glow_model::limits;

/// Bytes of a piece; the last one of a blob may be shorter.
pub const PIECE_BYTES: u64 = 256 * 1024;

/// The longest encoded piece, in bytes: a piece, 15 hash pairs inside it and 5 above it.
pub const ENCODED_PIECE_BYTES: usize = PIECE_BYTES as usize + 20 * 64;

const _: () =
    assert!(limits::SEGMENT_BYTES == PIECE_BYTES << 5, "a Pieces has 32 bits, a proof 5 pairs above its piece");

/// Which pieces of a blob are held.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Pieces(u32);

impl Pieces {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// The first `count` pieces.
    #[must_use]
    pub fn first(count: u32) -> Self {
        Self(u32::MAX.checked_shr(32 - count.min(32)).unwrap_or(0))
    }

    /// Whether a piece is among them.
    #[must_use]
    pub fn has(self, piece: u32) -> bool {
        self.0.checked_shr(piece).is_some_and(|bits| bits & 1 == 1)
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their numbers, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..32).filter(move |&piece| self.has(piece))
    }

    /// One bit for each piece, the lowest for piece 0.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    pub(crate) fn insert(&mut self, piece: u32) {
        self.0 |= 1 << piece;
    }

    /// Their bytes together, in a blob of `size`.
    pub(crate) fn bytes(self, size: u64) -> u64 {
        self.iter().map(|piece| range(size, piece)).map(|range| range.end - range.start).sum()
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// How much of a blob is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobState {
    /// Nothing.
    Missing,
    /// Some pieces.
    Partial {
        /// Which.
        pieces: Pieces,
        /// Their bytes together.
        bytes: u64,
    },
    /// All of it.
    Complete,
}

/// What became of an accepted piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceOutcome {
    /// It is held; others are missing.
    Stored,
    /// It was held before; the given bytes were not looked at.
    Duplicate,
    /// It was the last one: the blob is whole.
    Completed,
}

/// How many pieces a blob of `size` has: at least one, so that an empty blob travels too.
pub(crate) fn count(size: u64) -> u32 {
    u32::try_from(size.div_ceil(PIECE_BYTES).max(1)).unwrap_or(u32::MAX)
}

/// The bytes of a piece of a blob of `size`.
pub(crate) fn range(size: u64, piece: u32) -> Range<u64> {
    let start = u64::from(piece) * PIECE_BYTES;
    start.min(size)..(start + PIECE_BYTES).min(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_size_exactly() {
        for (size, pieces) in [(0, 1), (1, 1), (PIECE_BYTES, 1), (PIECE_BYTES + 1, 2), (limits::SEGMENT_BYTES, 32)] {
            assert_eq!(count(size), pieces);
            assert_eq!(Pieces::first(pieces).bytes(size), size);
            assert_eq!(Pieces::first(pieces).len(), pieces);
        }
        assert_eq!(count(u64::MAX), u32::MAX);
        assert!(Pieces::first(0).is_empty() && !Pieces::first(32).has(32));
    }
}
