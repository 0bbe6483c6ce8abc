//! A process that imports and accepts is killed at random points. What it reported is kept, what is reported afterwards is right.

use std::{
    collections::HashMap,
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use glow_blobs::{BlobState, BlobStore, PieceOutcome};
use glow_model::{BlobId, BlobRef};

use crate::{KIB, SECRET, noise, place};

const ROUNDS: u64 = 50;
const GIVEN: u64 = 5;

fn spawn_child(target: &std::path::Path, source: &std::path::Path, seed: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env("BLOBS_TARGET", target)
        .env("BLOBS_SOURCE", source)
        .env("BLOBS_SEED", seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn given(n: u64) -> Vec<u8> {
    noise(1300 * KIB + n * 50_000, n)
}

fn own(seed: u64, n: u64) -> Vec<u8> {
    noise(n * 37_001 % 900_000, seed << 32 | n)
}

/// What the other process does: nothing, unless it was asked to.
#[test]
fn child() {
    let Ok(target) = env::var("BLOBS_TARGET") else {
        return;
    };
    let source = BlobStore::open(env::var("BLOBS_SOURCE").unwrap().as_ref()).unwrap();
    let store = BlobStore::open(target.as_ref()).unwrap();
    let seed: u64 = env::var("BLOBS_SEED").unwrap().parse().unwrap();
    let blobs: Vec<_> = source.scrub(None).map(Result::unwrap).collect();
    for n in 0.. {
        let blob = store.import(&SECRET, own(seed, n)).unwrap();
        // one write a line: a line that was killed half way has no end
        std::io::stdout().write_all(format!("\nown {n} {}\n", blob.id).as_bytes()).unwrap();
        let given = &blobs[usize::try_from((seed + n) % GIVEN).unwrap()];
        for step in 0..u64::from(BlobStore::piece_count(given.bytes)) {
            let piece = u32::try_from((step * 5 + seed) % u64::from(BlobStore::piece_count(given.bytes))).unwrap();
            let encoded = source.encode_piece(given.id, given.bytes, piece).unwrap();
            if store.accept_piece(given.id, given.bytes, piece, &encoded).unwrap() == PieceOutcome::Completed {
                std::io::stdout().write_all(format!("\ngiven {}\n", given.id).as_bytes()).unwrap();
            }
        }
        if n % 3 == 2 {
            std::io::stdout().write_all(format!("\nremoving {}\n", given.id).as_bytes()).unwrap();
            store.remove(given.id).unwrap();
        }
    }
}

#[test]
fn killed_at_any_point_nothing_reported_is_lost_and_nothing_wrong_is_reported() {
    let (source, mut target) = (place(), place());
    let blobs: HashMap<BlobId, (BlobRef, Vec<u8>)> = (0..GIVEN)
        .map(|n| (source.store.import(&SECRET, given(n)).unwrap(), given(n)))
        .map(|(blob, plain)| (blob.id, (blob, plain)))
        .collect();
    let (mut imports, mut received) = (0, 0);
    for seed in 0..ROUNDS {
        let mut child = spawn_child(&target.path(""), &source.path(""), seed);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut heard, mut wanted) = (Vec::new(), 1 + seed % 3);
        while wanted > 0 {
            let line = lines.next().unwrap().unwrap();
            wanted -= u64::from(line.starts_with("own"));
            heard.push(line);
        }
        // somewhere within the next operation: the seed decides how far
        std::thread::sleep(std::time::Duration::from_micros(seed * 7919 % 9000));
        child.kill().unwrap();
        child.wait().unwrap();
        heard.extend(lines.map_while(Result::ok));
        target = target.reopen();
        let store = &target.store;
        let mut last_given: HashMap<BlobId, bool> = HashMap::new();
        for line in heard {
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["own", n, id] if id.len() == 64 => {
                    let blob = BlobRef::seal(&SECRET, &mut own(seed, n.parse().unwrap()));
                    assert_eq!(blob.id.to_string(), id);
                    assert_eq!(store.read_with(&SECRET, &blob).unwrap(), own(seed, n.parse().unwrap()));
                    imports += 1;
                }
                ["given", id] if id.len() == 64 => {
                    last_given.insert(id.parse().unwrap(), true);
                }
                ["removing", id] if id.len() == 64 => {
                    last_given.insert(id.parse().unwrap(), false);
                }
                _ => {}
            }
        }
        for (id, held) in last_given {
            assert!(!held || store.is_complete(id), "a blob reported complete is complete");
            received += u32::from(held);
        }
        check(store, &blobs);
    }
    assert!(imports >= 50 && received > 0, "{imports} imports and {received} received blobs were checked");
    finish(&target.store, &source.store, &blobs);
}

fn check(store: &BlobStore, blobs: &HashMap<BlobId, (BlobRef, Vec<u8>)>) {
    assert!(store.scrub(None).all(|checked| !checked.unwrap().damaged), "what has a name is right");
    for (blob, plain) in blobs.values() {
        match store.state(blob.id, blob.size) {
            BlobState::Missing => {}
            BlobState::Complete => assert_eq!(&store.read(blob).unwrap(), plain),
            BlobState::Partial { pieces, .. } => {
                for piece in pieces.iter() {
                    let fresh = place();
                    let encoded = store.encode_piece(blob.id, blob.size, piece).unwrap();
                    assert_eq!(
                        fresh.store.accept_piece(blob.id, blob.size, piece, &encoded).unwrap(),
                        PieceOutcome::Stored
                    );
                }
            }
        }
    }
}

fn finish(store: &BlobStore, source: &BlobStore, blobs: &HashMap<BlobId, (BlobRef, Vec<u8>)>) {
    for (blob, plain) in blobs.values() {
        for piece in store.missing_pieces(blob.id, blob.size) {
            crate::give(source, store, blob, piece);
        }
        assert_eq!(&store.read(blob).unwrap(), plain);
    }
    assert!(store.partials().is_empty());
}
