//! The database of the device.

use glow_model::GroupId;

use crate::{DeviceStore, GroupEntry, GroupState};

#[test]
fn a_group_that_is_being_left_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    let group = |n: u8| GroupEntry {
        id: GroupId([n; 32]),
        folder: format!("group-{n}"),
        joined_ms: u64::from(n),
        state: GroupState::Active,
    };
    let store = DeviceStore::open(&path).unwrap();
    store.add_group(&group(1)).unwrap();
    store.add_group(&group(2)).unwrap();
    store.set_setting("profile", "Anna").unwrap();
    store.set_group_state(GroupId([1; 32]), GroupState::Leaving).unwrap();
    drop(store);

    let store = DeviceStore::open(&path).unwrap();
    let leaving = GroupEntry { state: GroupState::Leaving, ..group(1) };
    assert_eq!(store.groups().unwrap(), [group(2), leaving], "newest first");
    assert_eq!(store.setting("profile").unwrap().as_deref(), Some("Anna"));
    store.forget_group(GroupId([1; 32])).unwrap();
    assert_eq!(store.groups().unwrap(), [group(2)]);
}
