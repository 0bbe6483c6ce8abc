//! Every step of every operation fails once: as an error, and as the end of the process.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use glow_model::{BlobRef, GroupSecret};

use crate::{
    BlobError, BlobState, BlobStore, PieceOutcome,
    disk::fault::{self, Fault},
};

const SECRET: GroupSecret = GroupSecret([7; 32]);
const SIZE: usize = 600 * 1024;

fn plaintext() -> Vec<u8> {
    (0..SIZE).map(|n| (n % 251) as u8).collect()
}

fn pieces() -> (BlobRef, Vec<Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::open(dir.path()).unwrap();
    let blob = store.import(&SECRET, plaintext()).unwrap();
    let pieces = (0..3).map(|piece| store.encode_piece(blob.id, blob.size, piece).unwrap()).collect();
    (blob, pieces)
}

/// Runs `act` on a fresh store once for each of its steps, with that step failing, then `check`.
fn at_each_step(act: impl Fn(&Path) -> Result<(), BlobError>, check: impl Fn(&Path)) -> u32 {
    let mut most = 0;
    for fault in [Fault::Once, Fault::Forever] {
        for step in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().join("blobs");
            let (result, reached) = fault::with(step, fault, || act(&root));
            if !reached {
                result.unwrap();
                most = most.max(step);
                break;
            }
            if let Err(error) = result {
                assert!(matches!(error, BlobError::DiskFull), "step {step}, {fault:?}: {error:?}");
            }
            check(&root);
        }
    }
    most
}

/// Whatever is reported is right, and the blob can be had in the end.
fn sound(root: &Path) {
    let (blob, pieces) = pieces();
    let store = BlobStore::open(root).unwrap();
    assert!(store.scrub(None).all(|checked| !checked.unwrap().damaged));
    match store.state(blob.id, blob.size) {
        BlobState::Complete => assert_eq!(store.read(&blob).unwrap(), plaintext()),
        BlobState::Partial { pieces, .. } => {
            assert!(pieces.iter().all(|piece| store.encode_piece(blob.id, blob.size, piece).is_ok()))
        }
        BlobState::Missing => {}
    }
    for piece in store.missing_pieces(blob.id, blob.size) {
        store.accept_piece(blob.id, blob.size, piece, &pieces[piece as usize]).unwrap();
    }
    assert_eq!(store.read(&blob).unwrap(), plaintext());
    assert_eq!(store.usage().blobs, 1);
    assert_eq!(store.usage().partial_bytes, 0);
}

#[test]
fn import_fails_cleanly_at_each_step() {
    let steps = at_each_step(
        |root| {
            let store = BlobStore::open(root)?;
            let result = store.import(&SECRET, plaintext());
            let (blob, _) = pieces_without_faults();
            let held = store.is_complete(blob.id);
            if result.is_ok() {
                assert!(held, "an import that was confirmed is held");
            }
            result.map(drop)
        },
        sound,
    );
    assert!(steps >= 12, "{steps} steps");
}

/// [`pieces`] writes too: not on the counted thread.
fn pieces_without_faults() -> (BlobRef, Vec<Vec<u8>>) {
    std::thread::spawn(pieces).join().unwrap()
}

#[test]
fn an_import_that_fails_shows_nothing() {
    for step in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let store = BlobStore::open(dir.path()).unwrap();
        let (result, reached) = fault::with(step, Fault::Once, || store.import(&SECRET, plaintext()));
        if !reached {
            break;
        }
        let usage = store.usage();
        assert_eq!(usage.blobs, u64::from(result.is_ok()), "step {step}: {result:?}");
        store.import(&SECRET, plaintext()).unwrap();
        assert_eq!(store.usage().blobs, 1, "the next one works");
    }
}

#[test]
fn accepting_fails_cleanly_at_each_step() {
    let (blob, pieces) = pieces();
    let steps = at_each_step(
        |root| {
            let store = BlobStore::open(root)?;
            let mut first = None;
            for piece in [2, 0, 1] {
                let encoded = &pieces[piece as usize];
                match store.accept_piece(blob.id, blob.size, piece, encoded) {
                    Ok(PieceOutcome::Completed) => {
                        assert_eq!(store.read(&blob).unwrap(), plaintext())
                    }
                    Ok(PieceOutcome::Stored) => {
                        assert_eq!(&store.encode_piece(blob.id, blob.size, piece).unwrap(), encoded);
                    }
                    Ok(PieceOutcome::Duplicate) => panic!("each piece comes once"),
                    Err(error) => first = first.or(Some(error)),
                }
            }
            first.map_or(Ok(()), Err)
        },
        sound,
    );
    assert!(steps >= 20, "{steps} steps");
}

#[test]
fn an_unsynced_blob_is_not_kept() {
    let (blob, pieces) = pieces();
    let dir = tempfile::tempdir().unwrap();
    let store = BlobStore::open(dir.path()).unwrap();
    for piece in 0..2 {
        store.accept_piece(blob.id, blob.size, piece, &pieces[piece as usize]).unwrap();
    }
    // open, size, write; open, write pairs (one run inside the piece, those above it), then sync
    let synced = (3..12).find(|&step| {
        let (result, _) = fault::with(step, Fault::Once, || store.accept_piece(blob.id, blob.size, 2, &pieces[2]));
        assert!(result.is_err(), "step {step}");
        store.state(blob.id, blob.size) == BlobState::Missing
    });
    assert!(synced.is_some(), "a failed sync lets go of all pieces");
    assert!(store.partials().is_empty());
}

#[test]
fn removing_and_destroying_fail_cleanly_at_each_step() {
    let (blob, pieces) = pieces();
    let filled = |root: &Path| -> BlobStore {
        let store = BlobStore::open(root).unwrap();
        store.import(&SECRET, b"another".to_vec()).unwrap();
        store.accept_piece(blob.id, blob.size, 1, &pieces[1]).unwrap();
        store
    };
    for fault in [Fault::Once, Fault::Forever] {
        for step in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().join("blobs");
            let store = filled(&root);
            let (result, reached) = fault::with(step, fault, || store.clone().destroy());
            let begun = root.join("destroying").exists() || !root.exists();
            assert!(result.is_ok() || reached);
            let store = BlobStore::open(&root).unwrap();
            assert!(!begun || store.usage().blobs == 0, "step {step}: what was begun is finished");
            if !reached {
                break;
            }
        }
        for step in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let store = filled(dir.path());
            let other = BlobRef::seal(&SECRET, &mut b"another".to_vec());
            let (_, reached) = fault::with(step, fault, || store.remove(blob.id).and_then(|()| store.remove(other.id)));
            let store = BlobStore::open(dir.path()).unwrap();
            store.remove(blob.id).and_then(|()| store.remove(other.id)).unwrap();
            assert_eq!(store.usage(), crate::Usage::default());
            if !reached {
                break;
            }
        }
    }
}
