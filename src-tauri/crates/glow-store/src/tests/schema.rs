//! What stands in the file: its schema, the rows of a golden history, and what becomes of other versions' files.

use std::fs;

use glow_model::Body;
use rusqlite::Connection;

use super::{
    ENDS_MS, Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast, DAVE, blob},
};
use crate::{CapturedPart, DeviceStore, GroupStore, Incoming, InviteEntry, LocalCapture, Part, Patch, StoreError};

fn schema(db: &Connection) -> String {
    let mut statement = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").unwrap();
    let parts = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    parts.map(|part| part.unwrap() + ";\n").collect()
}

#[test]
fn the_schema_of_a_group() {
    insta::assert_snapshot!(schema(&Scratch::new().raw()));
}

#[test]
fn the_schema_of_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    let _store = DeviceStore::open(&path).unwrap();
    insta::assert_snapshot!(schema(&Connection::open(&path).unwrap()));
}

/// A bit of everything.
fn golden_history(cast: &mut Cast) -> Vec<Incoming> {
    let profile = cast.says(BOB, Body::Profile(glow_model::Profile { name: "Bob".into(), colour: 5 }));
    let photo = cast.posts(ALICE, 1);
    let local = LocalCapture {
        parts: vec![CapturedPart {
            part: Part::Original,
            patches: vec![Patch { offset: 42, bytes: b"47.37 N".to_vec() }],
            held_back: None,
        }],
        needs_choice: false,
        held: vec![blob(8, 0).id, blob(9, 0).id, blob(10, 0).id],
    };
    let photo = Incoming { local: Some(local), ..photo };
    let twin = cast.posts(BOB, 1);
    let asked = cast.says(CAROL, Body::Moment(cast::previews_only(2)));
    let gone = cast.posts(DAVE, 3);
    let (photo_id, asked_id) = (photo.operation.id(), asked.operation.id());
    let caption = cast.captions(ALICE, photo_id, None, "Sunset");
    let edit = cast.captions(ALICE, photo_id, Some(caption.operation.id()), "Sunset at the lake");
    let cheer = cast.reacts(DAVE, twin.operation.id(), "🎉", true);
    let added = cast.adds_original(CAROL, asked_id, 120);
    let retract = cast.retracts(DAVE, gone.operation.id());
    vec![profile, photo, twin, asked, gone, caption, edit, cheer, added, retract]
}

#[test]
fn the_rows_of_a_golden_history() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let mut members = cast.members(&[ALICE]);
    members.invites.push(InviteEntry {
        invite: glow_model::InviteId([0x11; 32]),
        author: cast.id(ALICE),
        tag_key: glow_model::TagKey([0x22; 32]),
        role: glow_model::Role::Member,
        expires_ms: Some(ENDS_MS),
        max_uses: None,
        uses: 3,
        closed: false,
    });
    let history = golden_history(&mut cast);
    scratch.accept(history, Some(members.clone())).unwrap();
    scratch.holder(blob(10, 0).id, cast.id(BOB)).unwrap();
    scratch.seen(cast.id(BOB), 1_799_999_900_000).unwrap();
    scratch.remember_address("192.168.0.7:4001".parse().unwrap(), 1_799_999_900_000).unwrap();
    scratch.set_setting("shares_location", "false").unwrap();
    assert_eq!(scratch.invites().unwrap(), members.invites);
    insta::assert_snapshot!(scratch.dump());
}

#[test]
fn an_older_database_is_brought_to_this_version() {
    let mut cast = Cast::new();
    let history = golden_history(&mut cast);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../migrations/group/0001_facts.sql")).unwrap();
    old.execute_batch("PRAGMA user_version = 1").unwrap();
    old.execute("INSERT INTO album (one, ends_ms) VALUES (1, ?1)", [ENDS_MS as i64]).unwrap();
    for incoming in &history {
        crate::table::operation::insert(&old, incoming, crate::OperationState::Whole).unwrap();
    }
    drop(old);

    let store = GroupStore::open(&path).unwrap();
    assert!(store.needs_rebuild().unwrap(), "its projections are none of this version");
    let members = cast.members(&[ALICE]);
    let report = store.rebuild(members.clone(), |operation| cast.open(operation)).unwrap();
    assert_eq!((report.operations, report.moments), (10, 2));
    assert!(!store.needs_rebuild().unwrap());
    assert!(store.check(|operation| cast.open(operation), members).unwrap().is_sound());
}

#[test]
fn a_newer_database_is_refused_untouched() {
    let scratch = Scratch::new();
    let Scratch { store, path, _folder } = scratch;
    drop(store);
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    let before = fs::read(&path).unwrap();
    let refused = GroupStore::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, known: 9 }), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "and nothing beside it");
}

#[test]
fn a_newer_version_that_stands_in_the_log_only_is_refused_too() {
    let scratch = Scratch::new();
    let db = scratch.raw();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    // As a crash would leave it: the file says one version, its log another.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let log = |path: &std::path::Path| path.with_file_name("group.db-wal");
    fs::copy(&scratch.path, &path).unwrap();
    fs::copy(log(&scratch.path), log(&path)).unwrap();
    let before = (fs::read(&path).unwrap(), fs::read(log(&path)).unwrap());
    let refused = GroupStore::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused:?}");
    assert_eq!((fs::read(&path).unwrap(), fs::read(log(&path)).unwrap()), before);
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let missing = GroupStore::open(&path).unwrap_err();
    assert!(matches!(missing, StoreError::Io(_)), "{missing:?}");
    for bytes in [b"".as_slice(), b"SQLite format 3\0", &[7; 5_000]] {
        fs::write(&path, bytes).unwrap();
        assert!(matches!(GroupStore::open(&path).unwrap_err(), StoreError::NotADatabase));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    let device = folder.path().join("device.db");
    drop(DeviceStore::open(&device).unwrap());
    assert!(matches!(GroupStore::open(&device).unwrap_err(), StoreError::NotADatabase));
    let existing = GroupStore::create(&device, 0).unwrap_err();
    assert!(matches!(existing, StoreError::Io(_)), "{existing:?}");
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(vec![cast.posts(ALICE, 1)], None).unwrap();
    let entries = fs::read_dir(scratch.path.parent().unwrap()).unwrap();
    let modes: Vec<_> = entries.map(|entry| entry.unwrap().metadata().unwrap().permissions().mode() & 0o777).collect();
    assert_eq!(modes, [0o600; 3], "the database, its log and the log's index");
}
