//! What the store promises, seen from outside.
#![allow(clippy::unwrap_used)]

mod crash;
mod damage;
mod full;
mod layout;
mod lies;
mod pieces;
mod threads;
mod unsynced;

use glow_blobs::{BlobStore, PieceOutcome};
use glow_model::{BlobRef, GroupSecret};

const SECRET: GroupSecret = GroupSecret([7; 32]);
const KIB: u64 = 1024;

/// A store in a directory that goes with it.
struct Place {
    dir: tempfile::TempDir,
    store: BlobStore,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::open(&dir.path().join("blobs")).unwrap();
    Place { dir, store }
}

impl Place {
    /// As after a start of the process.
    fn reopen(self) -> Self {
        let Self { dir, store } = self;
        drop(store);
        let store = BlobStore::open(&dir.path().join("blobs")).unwrap();
        Self { dir, store }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join("blobs").join(name)
    }

    /// Where a whole blob stands.
    fn whole(&self, blob: &BlobRef) -> std::path::PathBuf {
        self.path(&format!("{:02x}/{}", blob.id.0[0], blob.id))
    }

    fn partial(&self, blob: &BlobRef) -> std::path::PathBuf {
        self.path(&format!("partial/{}.{}", blob.id, blob.size))
    }
}

/// Bytes that look random and are the same for the same arguments.
fn noise(size: u64, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    glow_model::BlobKey(key).apply(0, &mut bytes);
    bytes
}

fn give(from: &BlobStore, to: &BlobStore, blob: &BlobRef, piece: u32) -> PieceOutcome {
    let encoded = from.encode_piece(blob.id, blob.size, piece).unwrap();
    to.accept_piece(blob.id, blob.size, piece, &encoded).unwrap()
}

fn flip(path: &std::path::Path, at: u64) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}
