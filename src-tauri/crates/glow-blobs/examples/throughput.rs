//! How fast the store is, next to plain hashing and plain files on the same disk.
//!
//! `cargo run --release -p glow-blobs --example throughput [directory]`

use std::{
    error::Error,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use glow_blobs::BlobStore;
use glow_model::{BlobKey, BlobRef, GroupSecret};

const SECRET: GroupSecret = GroupSecret([7; 32]);
const SEGMENT: usize = 8 * 1024 * 1024;
const SEGMENTS: usize = 24;
const PREVIEW: usize = 40 * 1024;
const PREVIEWS: usize = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let base = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let root = base.join(format!("throughput-{}", std::process::id()));
    fs::create_dir_all(&root)?;
    let result = measure(&root);
    fs::remove_dir_all(&root)?;
    result
}

fn measure(root: &Path) -> Result<(), Box<dyn Error>> {
    println!("{:<44}{:>10}{:>12}", "", "MB/s", "blobs/s");
    let segments: Vec<_> = (0..SEGMENTS).map(|n| noise(SEGMENT, n)).collect();
    let hash = timed(|| {
        for segment in &segments {
            black_box(blake3::hash(segment));
        }
        Ok(())
    })?;
    report("reference: blake3 of segments", &segments, hash);
    report("reference: write and sync plain files", &segments, write_plain(root, &segments)?);
    store(root, "segments of 8 MiB", segments)?;
    let previews: Vec<_> = (0..PREVIEWS).map(|n| noise(PREVIEW, SEGMENTS + n)).collect();
    report("reference: write and sync plain small files", &previews, write_plain(root, &previews)?);
    store(root, "previews of 40 KiB", previews)
}

fn store(root: &Path, what: &str, plain: Vec<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    println!("{what}");
    let (alice, bob, carol) = (
        BlobStore::open(&root.join("alice"))?,
        BlobStore::open(&root.join("bob"))?,
        BlobStore::open(&root.join("carol"))?,
    );
    let copies = plain.clone();
    let mut blobs = Vec::new();
    let elapsed = timed(|| {
        for bytes in copies {
            blobs.push(alice.import(&SECRET, bytes)?);
        }
        Ok(())
    })?;
    report("  import", &plain, elapsed);
    let elapsed = timed(|| {
        pieces(&blobs).try_for_each(|(blob, piece)| {
            black_box(alice.encode_piece(blob.id, blob.size, piece)?);
            Ok(())
        })
    })?;
    report("  encode pieces", &plain, elapsed);
    let elapsed = timed(|| Ok(give(&alice, &bob, &blobs)?))?;
    report("  encode and accept pieces", &plain, elapsed);
    let elapsed = timed(|| {
        thread::scope(|scope| {
            let parts: Vec<_> =
                blobs.chunks(blobs.len().div_ceil(8)).map(|part| scope.spawn(|| give(&alice, &carol, part))).collect();
            parts.into_iter().try_for_each(|part| part.join().map_err(|_| "a thread panicked")?.map_err(Into::into))
        })
    })?;
    report("  encode and accept pieces, 8 threads", &plain, elapsed);
    let elapsed = timed(|| {
        blobs.iter().try_for_each(|blob| {
            black_box(bob.read(blob)?);
            Ok(())
        })
    })?;
    report("  read", &plain, elapsed);
    let elapsed = timed(|| {
        blobs.iter().try_for_each(|blob| {
            black_box(bob.read_range(blob, blob.size / 2..blob.size / 2 + 1000)?);
            Ok(())
        })
    })?;
    println!(
        "  {:<42}{:>10.0} µs each",
        "read a range of 1000 bytes",
        elapsed.as_secs_f64() * 1e6 / blobs.len() as f64
    );
    Ok(())
}

fn give(from: &BlobStore, to: &BlobStore, blobs: &[BlobRef]) -> Result<(), glow_blobs::BlobError> {
    for (blob, piece) in pieces(blobs) {
        let encoded = from.encode_piece(blob.id, blob.size, piece)?;
        to.accept_piece(blob.id, blob.size, piece, &encoded)?;
    }
    Ok(())
}

fn pieces(blobs: &[BlobRef]) -> impl Iterator<Item = (&BlobRef, u32)> {
    blobs.iter().flat_map(|blob| (0..BlobStore::piece_count(blob.size)).map(move |piece| (blob, piece)))
}

fn write_plain(root: &Path, contents: &[Vec<u8>]) -> Result<Duration, Box<dyn Error>> {
    let dir = root.join(format!("plain-{}", contents.len()));
    fs::create_dir(&dir)?;
    timed(|| {
        for (n, bytes) in contents.iter().enumerate() {
            let path = dir.join(n.to_string());
            fs::write(&path, bytes)?;
            fs::File::open(&path)?.sync_all()?;
        }
        Ok(())
    })
}

fn timed(act: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed())
}

fn report(what: &str, contents: &[Vec<u8>], elapsed: Duration) {
    let bytes: usize = contents.iter().map(Vec::len).sum();
    let seconds = elapsed.as_secs_f64();
    println!("{what:<44}{:>10.0}{:>12.0}", bytes as f64 / 1e6 / seconds, contents.len() as f64 / seconds);
}

fn noise(size: usize, seed: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(seed as u64).to_le_bytes());
    BlobKey(key).apply(0, &mut bytes);
    bytes
}
