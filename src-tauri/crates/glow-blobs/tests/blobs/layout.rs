use std::{
    fmt::Write,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use glow_blobs::BlobStore;

use crate::{KIB, SECRET, give, noise, place};

fn list(dir: &Path, depth: usize, out: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let metadata = entry.metadata().unwrap();
        let indent = "  ".repeat(depth);
        if metadata.is_dir() {
            writeln!(out, "{indent}{name}/ {:o}", metadata.mode() & 0o777).unwrap();
            list(&entry.path(), depth + 1, out);
        } else {
            writeln!(out, "{indent}{name} {:o} {}", metadata.mode() & 0o777, metadata.len()).unwrap();
        }
    }
}

#[test]
fn the_layout_is_as_it_is_told() {
    let (alice, bob) = (place(), place());
    for size in [0, 16 * KIB, 16 * KIB + 1, 600 * KIB] {
        alice.store.import(&SECRET, noise(size, size)).unwrap();
    }
    let blob = bob.store.import(&SECRET, noise(600 * KIB, 1)).unwrap();
    give(&bob.store, &alice.store, &blob, 1);
    let mut listing = String::new();
    list(alice.dir.path(), 0, &mut listing);
    insta::assert_snapshot!(listing, @"
    blobs/ 700
      31/ 700
        3120aede57d40782a4f98f85cac499b358e9755aee1a2a8d5b5055b9ad7252a9 600 614400
        3120aede57d40782a4f98f85cac499b358e9755aee1a2a8d5b5055b9ad7252a9.tree 600 2368
      9f/ 700
        9f7b1ba1b49489e52f2b8b8d9a5df2bdeffb7311134f762a466dbb5032c39e1a 600 16385
        9f7b1ba1b49489e52f2b8b8d9a5df2bdeffb7311134f762a466dbb5032c39e1a.tree 600 64
      af/ 700
        af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262 600 0
      b2/ 700
        b23e2138867dc1ea987c3b33dfc216288de09fd238886747ff3dceb5f1207b14 600 16384
      partial/ 700
        a2aaebfa75988a5c1f60e8ea29c79293fc317e3a316a0ab141a66d3fb8e3c7cb.614400 600 614400
        a2aaebfa75988a5c1f60e8ea29c79293fc317e3a316a0ab141a66d3fb8e3c7cb.614400.tree 600 2048
      tmp/ 700
      unsynced 600 0
    ");
}

#[test]
fn opening_sweeps_what_was_being_written_and_closes_the_directory() {
    let alice = place();
    let blob = alice.store.import(&SECRET, noise(600 * KIB, 1)).unwrap();
    fs::write(alice.path("tmp/0"), b"half").unwrap();
    fs::write(alice.path(&format!("partial/{}.9.tree", blob.id)), b"lone").unwrap();
    fs::write(alice.path(&format!("partial/{}.{}", blob.id, blob.size)), b"was completed").unwrap();
    fs::write(alice.path(&format!("partial/{}.99999999999", blob.id)), b"no such size").unwrap();
    fs::write(alice.path("partial/notes.txt"), b"not ours").unwrap();
    fs::set_permissions(alice.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    let alice = alice.reopen();
    assert_eq!(fs::read_dir(alice.path("tmp")).unwrap().count(), 0);
    let names: Vec<_> = fs::read_dir(alice.path("partial")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["notes.txt"]);
    assert_eq!(fs::metadata(alice.path(".")).unwrap().mode() & 0o777, 0o700);
    assert!(alice.store.is_complete(blob.id));
}

#[test]
fn a_file_in_the_way_is_an_error_not_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("blobs"), b"").unwrap();
    assert!(BlobStore::open(&dir.path().join("blobs")).is_err());
}
