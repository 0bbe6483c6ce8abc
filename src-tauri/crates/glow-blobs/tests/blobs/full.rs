//! A full disk: a small file system in memory, in a mount namespace of its own. Needs root.

use std::{env, process::Command};

use glow_blobs::{BlobError, BlobState, BlobStore, PieceOutcome};

use crate::{KIB, SECRET, give, noise, place};

const MOUNT: &str = r#"mount -t tmpfs -o size=3m none "$1" || exit 77; exec "$2" --exact full::child --nocapture"#;

#[test]
fn a_full_disk_is_told_and_nothing_is_half_stored() {
    let dir = tempfile::tempdir().unwrap();
    let ran = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", MOUNT, "sh"])
        .arg(dir.path())
        .arg(env::current_exe().unwrap())
        .env("BLOBS_FULL", dir.path())
        .output();
    match ran {
        Ok(output) if output.status.success() => {}
        Ok(output) if matches!(output.status.code(), Some(1 | 77)) => {
            eprintln!("skipped: no mount namespace or tmpfs here (root is needed)");
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("skipped: no unshare here: {error}"),
    }
}

/// What runs inside: nothing, unless it was asked to.
#[test]
fn child() {
    let Ok(dir) = env::var("BLOBS_FULL") else {
        return;
    };
    let root = std::path::Path::new(&dir).join("blobs");
    let (source, store) = (place(), BlobStore::open(&root).unwrap());
    let blob = source.store.import(&SECRET, noise(2000 * KIB, 1)).unwrap();
    let own = store.import(&SECRET, noise(1500 * KIB, 2)).unwrap();

    let refused = store.import(&SECRET, noise(2000 * KIB, 3));
    assert!(matches!(refused, Err(BlobError::DiskFull)), "{refused:?}");
    assert_eq!(store.usage().blobs, 1);
    assert_eq!(std::fs::read_dir(root.join("tmp")).unwrap().count(), 0, "what was begun is gone");

    let mut refusal = None;
    for piece in 0..BlobStore::piece_count(blob.size) {
        let encoded = source.store.encode_piece(blob.id, blob.size, piece).unwrap();
        match store.accept_piece(blob.id, blob.size, piece, &encoded) {
            Ok(outcome) => assert_eq!(outcome, PieceOutcome::Stored),
            Err(error) => {
                refusal.get_or_insert((piece, error));
            }
        }
    }
    let Some((at, BlobError::DiskFull)) = refusal else {
        panic!("{refusal:?}");
    };
    let BlobState::Partial { pieces, .. } = store.state(blob.id, blob.size) else {
        panic!("some pieces had room");
    };
    assert!(!pieces.has(at));
    let store = {
        drop(store);
        BlobStore::open(&root).unwrap()
    };
    assert_eq!(
        store.state(blob.id, blob.size),
        BlobState::Partial { pieces, bytes: u64::from(pieces.len()) * 256 * KIB }
    );

    store.remove(own.id).unwrap();
    for piece in store.missing_pieces(blob.id, blob.size) {
        give(&source.store, &store, &blob, piece);
    }
    assert_eq!(store.read(&blob).unwrap(), noise(2000 * KIB, 1));

    let filler = root.join("filler");
    while std::fs::File::options()
        .create(true)
        .append(true)
        .open(&filler)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &[0; 4096]))
        .is_ok()
    {}
    store.destroy().unwrap();
    assert!(!root.exists(), "forgetting needs no room");
}
