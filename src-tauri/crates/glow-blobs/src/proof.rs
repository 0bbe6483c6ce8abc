//! Proofs: what bytes of a blob, together with hash pairs, prove against its id.
//!
//! A thin layer over `bao-tree`. Groups of 16 KiB are the leaves; the pairs above them stand in a tree file in pre-order. A
//! pair that is not there reads as zeros, which proves nothing. BLAKE3 binds every chunk to its place, but only the last one
//! to the size: a wrong size may go unnoticed until then, so everything here is about one id *and* one size.

use std::{
    fs::File,
    io::{self, Read, Seek},
    ops::Range,
};

use bao_tree::{
    BaoTree, BlockSize, ChunkNum, ChunkRanges, TreeNode,
    io::{
        EncodeError,
        outboard::PreOrderOutboard,
        sync::{CreateOutboard, encode_ranges_validated, truncate_ranges},
    },
    iter::BaoChunk,
};
use glow_model::{BlobId, limits};

use crate::{
    error::{BlobError, is_rot},
    piece,
};

/// Bytes of a leaf.
pub(crate) const GROUP_BYTES: u64 = 16 * 1024;
const GROUP: BlockSize = BlockSize::from_chunk_log(4);
const CHUNK_BYTES: u64 = 1024;
pub(crate) const PAIR_BYTES: usize = 64;

/// A blob by id and claimed size, and the tree that follows from them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) id: BlobId,
    pub(crate) size: u64,
    tree: BaoTree,
}

/// Bytes that proved themselves, and the pairs that helped.
#[derive(Debug, Default)]
pub(crate) struct Proved {
    pub(crate) bytes: Vec<u8>,
    /// Runs of pairs and where they stand in the tree file.
    pub(crate) pairs: Vec<(u64, Vec<u8>)>,
}

impl Shape {
    pub(crate) fn new(id: BlobId, size: u64) -> Result<Self, BlobError> {
        if size > limits::SEGMENT_BYTES {
            return Err(BlobError::TooLarge { bytes: size });
        }
        let tree = BaoTree::new(size, GROUP);
        Ok(Self { id, size, tree })
    }

    /// The bytes of one of its pieces.
    pub(crate) fn piece(&self, piece: u32) -> Result<Range<u64>, BlobError> {
        if piece < piece::count(self.size) {
            Ok(piece::range(self.size, piece))
        } else {
            Err(BlobError::NoSuchPiece { piece })
        }
    }

    /// The slice of a range of whole groups, or `None` where file and pairs do not prove it.
    pub(crate) fn encode(&self, data: &File, pairs: &[u8], range: &Range<u64>) -> io::Result<Option<Vec<u8>>> {
        let outboard = PreOrderOutboard { root: self.root(), tree: self.tree, data: pairs };
        let length = usize::try_from(range.end - range.start).unwrap_or(0);
        let mut encoded = Vec::with_capacity(length + length / 128 + 10 * PAIR_BYTES);
        match encode_ranges_validated(data, outboard, &chunks(range), &mut encoded) {
            Ok(()) => Ok(Some(encoded)),
            Err(EncodeError::Io(error)) if !is_rot(&error) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The bytes in a slice that [`Shape::encode`] made.
    pub(crate) fn strip(&self, range: &Range<u64>, encoded: &[u8]) -> Vec<u8> {
        let chunks = chunks(range);
        let chunks = truncate_ranges(&chunks, self.size);
        let mut bytes = Vec::with_capacity(encoded.len());
        let mut at = 0;
        for item in self.tree.ranges_pre_order_chunks_iter_ref(chunks, 0) {
            match item {
                BaoChunk::Parent { .. } => at += PAIR_BYTES,
                BaoChunk::Leaf { size, .. } => {
                    bytes.extend_from_slice(&encoded[at..at + size]);
                    at += size;
                }
            }
        }
        bytes
    }

    /// What a slice of a range of whole groups consists of, in its order.
    pub(crate) fn items(&self, range: &Range<u64>) -> Vec<BaoChunk> {
        let chunks = chunks(range);
        let items = self.tree.ranges_pre_order_chunks_iter_ref(truncate_ranges(&chunks, self.size), 0);
        items.map(|item| item.without_ranges()).collect()
    }

    /// Where the pair of a node stands in the tree file, if it stands there.
    pub(crate) fn pair_at(&self, node: TreeNode) -> Option<u64> {
        Some(self.tree.pre_order_offset(node)? * PAIR_BYTES as u64)
    }

    fn root(&self) -> blake3::Hash {
        self.id.0.into()
    }
}

impl Proved {
    pub(crate) fn push(&mut self, at: u64, pair: &[u8]) {
        match self.pairs.last_mut() {
            Some((start, run)) if *start + run.len() as u64 == at => run.extend_from_slice(pair),
            _ => self.pairs.push((at, pair.to_vec())),
        }
    }
}

/// As [`hash`], of a file from its beginning.
pub(crate) fn hash_file(mut file: &File, size: u64) -> io::Result<(BlobId, Vec<u8>)> {
    file.rewind()?;
    hash(file, size)
}

/// The id that `size` bytes truly have, and their tree file.
pub(crate) fn hash(data: impl Read, size: u64) -> io::Result<(BlobId, Vec<u8>)> {
    let tree = BaoTree::new(size, GROUP);
    let mut outboard = PreOrderOutboard {
        root: blake3::Hash::from([0; 32]),
        tree,
        data: vec![0; usize::try_from(tree.outboard_size()).map_err(io::Error::other)?],
    };
    outboard.init_from(data)?;
    Ok((BlobId(outboard.root.into()), outboard.data))
}

fn chunks(range: &Range<u64>) -> ChunkRanges {
    let start = range.start / CHUNK_BYTES;
    let end = range.end.div_ceil(CHUNK_BYTES).max(start + 1);
    ChunkRanges::from(ChunkNum(start)..ChunkNum(end))
}
