//! Disks fill up, bytes flip, transactions fail in the middle.

use std::fs;

use rusqlite::Connection;

use super::{
    Scratch,
    cast::{ALICE, BOB, Cast},
};
use crate::{GroupStore, OperationState, StoreError, TimelineQuery, connection::Durability};

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let before = scratch.dump();
    scratch
        .raw()
        .execute_batch("CREATE TRIGGER fault BEFORE INSERT ON reaction BEGIN SELECT raise(ABORT, 'fault'); END")
        .unwrap();
    let post = cast.posts(ALICE, 1);
    let cheer = cast.reacts(BOB, post.operation.id(), "🎉", true);
    let batch = vec![post, cheer];
    let members = Some(cast.members(&[ALICE]));
    let error = scratch.accept(batch.clone(), members.clone()).unwrap_err();
    assert!(matches!(error, StoreError::Statement(_)), "{error:?}");
    assert_eq!(scratch.dump(), before, "no operation, row, outbox entry or member");
    scratch.raw().execute_batch("DROP TRIGGER fault").unwrap();
    assert_eq!(scratch.accept(batch, members).unwrap().added.len(), 1);
}

#[test]
fn a_full_disk_is_named_and_harms_nothing() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let limit_pages = |pages: i64| {
        let set = |db: &Connection| db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        scratch.database.write(Durability::Full, |tx| Ok(set(tx)?)).unwrap();
    };
    let used: i64 = scratch.raw().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    limit_pages(used + 3);
    let batch: Vec<_> = (0..40).map(|media| cast.posts(ALICE, media)).collect();
    let before = scratch.dump();
    let error = scratch.accept(batch.clone(), None).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert_eq!(scratch.dump(), before);
    assert_eq!(scratch.outbox().unwrap(), [], "reading goes on");
    limit_pages(1 << 30);
    assert_eq!(scratch.accept(batch, None).unwrap().added.len(), 40, "and when there is room, so does writing");
}

#[test]
fn a_flipped_byte_in_an_operation_is_found_and_the_operation_fetched_again() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let members = cast.members(&[ALICE]);
    let post = cast.posts(BOB, 1);
    let id = post.operation.id();
    scratch.accept(vec![post.clone(), cast.posts(BOB, 2)], Some(members.clone())).unwrap();
    let sound = scratch.dump();
    scratch.raw().execute("UPDATE operation SET payload = zeroblob(length(payload)) WHERE id = ?1", [id.0]).unwrap();
    assert!(matches!(scratch.operations(&[id]).unwrap_err(), StoreError::DamagedRow { .. }));
    let report = scratch.check(|operation| cast.open(operation), members.clone()).unwrap();
    assert_eq!(report.damaged, [id]);
    assert!(!report.is_sound());
    let report = scratch.rebuild(members, |operation| cast.open(operation)).unwrap();
    assert_eq!((report.damaged, report.moments), (vec![id], 1));
    assert_eq!(scratch.operation_state(id).unwrap(), Some(OperationState::Stripped));
    assert_eq!(scratch.contains(&[id]).unwrap(), [false]);
    assert_eq!(scratch.accept(vec![post], None).unwrap().added, [id]);
    assert_eq!(scratch.dump(), sound);
}

#[test]
fn a_projection_that_lies_is_found_and_rebuilt() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let members = cast.members(&[ALICE]);
    scratch.accept(vec![cast.posts(BOB, 1)], Some(members.clone())).unwrap();
    let sound = scratch.dump();
    scratch.raw().execute_batch("UPDATE moment SET caption = 'never said'; DELETE FROM bucket").unwrap();
    let report = scratch.check(|operation| cast.open(operation), members.clone()).unwrap();
    assert_eq!(report.different, ["moment", "bucket"]);
    scratch.rebuild(members, |operation| cast.open(operation)).unwrap();
    assert_eq!(scratch.dump(), sound);
}

#[test]
fn damaged_pages_are_reported() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let batch: Vec<_> = (0..50).map(|media| cast.posts(BOB, media)).collect();
    scratch.accept(batch, None).unwrap();
    let Scratch { store, path, _folder } = scratch;
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let third = (bytes.len() / 3) & !0xfff;
    bytes[third..].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let found =
        GroupStore::open(&path).and_then(|store| store.check(|operation| cast.open(operation), cast.members(&[ALICE])));
    match found {
        Ok(report) => assert!(!report.integrity.is_empty()),
        Err(error) => assert!(matches!(error, StoreError::Damaged(_)), "{error:?}"),
    }
}

#[test]
fn a_store_opens_with_everything_that_was_in_it() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    let batch: Vec<_> = (0..5).map(|media| cast.posts(ALICE, media)).collect();
    scratch.accept(batch, Some(cast.members(&[ALICE]))).unwrap();
    let before = scratch.dump();
    let Scratch { store, path, _folder } = scratch;
    drop(store);
    let store = GroupStore::open(&path).unwrap();
    assert!(!store.needs_rebuild().unwrap());
    let query = TimelineQuery { limit: 10, ..TimelineQuery::default() };
    assert_eq!(store.timeline(&query).unwrap().len(), 5);
    assert_eq!(super::dump(&Connection::open(&path).unwrap()), before);
}

#[test]
fn readers_see_the_last_committed_state_while_something_is_written() {
    let (mut cast, scratch) = (Cast::new(), Scratch::new());
    scratch.accept(vec![cast.posts(BOB, 1)], None).unwrap();
    scratch
        .database
        .write(Durability::Normal, |tx| {
            tx.execute_batch("DELETE FROM outbox; UPDATE moment SET caption = 'half done'")?;
            let query = TimelineQuery { limit: 10, ..TimelineQuery::default() };
            assert_eq!(scratch.timeline(&query)?[0].caption, "");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_store_is_shared_by_threads() {
    fn assert_shared<T: Send + Sync + Clone>() {}
    assert_shared::<GroupStore>();
    assert_shared::<crate::DeviceStore>();
}
