//! What stays: after a restart, in an export, after a rebuild; and what goes when a group is left.

use std::fs;
use std::path::{Path, PathBuf};

use glow_api::{ErrorCode, ExportFormat, GroupLeave, GroupList};
use glow_engine::{Engine, EngineConfig};
use tests::check;

use crate::cast::{Person, Play, all_well};

/// Where SQLite's file format keeps the schema's version (section 1.3, `user_version`).
const USER_VERSION: std::ops::Range<usize> = 60..64;

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_browsed_after_a_restart_alone() {
    let play = Play::new();
    let [mut alice, mut bob, mut carol] = play.three().await;
    let [one, two] = [1, 5].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&one]).await;
    bob.post(&[&two]).await;
    all_well(&[&alice, &bob, &carol]).await;
    let before = carol.timeline().await;
    for person in [&mut alice, &mut bob, &mut carol] {
        person.turn_off().await;
    }

    carol.turn_on().await;
    check::same_timeline(("before", "after"), (&before, &carol.timeline().await)).unwrap();
    carol.posted = vec![one, two];
    all_well(&[&carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_bit_identical_for_whoever_captured_it() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.three().await;
    let [hers, his] = [0, 3].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&hers]).await;
    bob.post(&[&his]).await;
    let clip = play.studio.clip(0).unwrap();
    alice.post(&clip.iter().collect::<Vec<_>>()).await;
    all_well(&[&alice, &bob, &carol]).await;
    for person in [&alice, &bob, &carol] {
        let folder = play.folder.path().join(format!("export of {}", person.name));
        let report = person.export(ExportFormat::Tree, &folder).await;
        assert_eq!((report.missing, report.skipped), (0, 0));
        let others = [&alice, &bob].into_iter().filter(|other| other.name != person.name);
        let others = others.flat_map(|other| other.posted.clone()).collect::<Vec<_>>();
        check::export_holds(&folder, &person.posted, &others).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_store_shows_the_same() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.three().await;
    let samples = [1, 5, 11, 15].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&samples[0], &samples[1]]).await;
    bob.post(&[&samples[2], &samples[3]]).await;
    all_well(&[&alice, &bob, &carol]).await;
    let group = bob.group.clone();
    let retracted = bob.moment(&samples[3].name()).await.unwrap().id;
    bob.must(glow_api::MomentRetract { group: group.clone(), moment: retracted }).await;
    let moment = bob.moment(&samples[2].name()).await.unwrap().id;
    bob.must(glow_api::MomentCaption { group: group.clone(), moment, text: "kept".into() }).await;
    let before = bob.timeline().await;
    bob.turn_off().await;

    for report in glow_engine::check(bob.data_dir(), None).await.unwrap() {
        assert!(report.ok, "{report}");
    }
    let rebuilt = glow_engine::rebuild(bob.data_dir(), Some(&group)).await.unwrap();
    let checked = glow_engine::check(bob.data_dir(), Some(&group)).await.unwrap();
    assert!(checked[0].ok, "{}", checked[0]);
    assert_eq!(rebuilt[0].fingerprint, checked[0].fingerprint);
    bob.turn_on().await;
    let after = bob.timeline().await;
    assert_eq!(before.len(), 3);
    check::same_timeline(("before", "after"), (&before, &after)).unwrap();
    assert!(after.iter().all(check::is_complete), "nothing has to be fetched again");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_group_removes_everything_of_it() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice, &bob, &carol]).await;
    let left = bob.must(GroupLeave { group: bob.group.clone() }).await;
    assert!(left.groups.is_empty());

    let files = files_below(bob.data_dir());
    assert!(!files.is_empty(), "the device's own files stay");
    for path in &files {
        assert!(!path.to_string_lossy().contains(&bob.group), "{} is of the group", path.display());
        let bytes = fs::read(path).unwrap();
        for trace in ["Anna & Ben", &photo.name(), &bob.group] {
            let found = bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
            assert!(!found, "{} still tells {trace:?}", path.display());
        }
    }
    assert!(bob.must(GroupList {}).await.groups.is_empty());
    all_well(&[&alice, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_is_refused_and_the_first_goes_on() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("One at a time").await;
    let config = EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(alice.data_dir().to_owned()) };
    let error = Engine::start(config).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InUse, "{error}");
    assert!(error.message.contains(&alice.data_dir().display().to_string()), "{error}");
    let error = glow_engine::check(alice.data_dir(), None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InUse, "{error}");
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_newer_version_is_refused_untouched() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("Tomorrow").await;
    let group = alice.data_dir().join("groups").join(&alice.group).join("group.db");
    alice.turn_off().await;
    for database in [group, alice.data_dir().join("device.db")] {
        is_refused_when_newer(&alice, &database).await;
    }
    alice.turn_on().await;
    assert_eq!(alice.must(GroupList {}).await.groups.len(), 1, "with its own version it opens");
}

async fn is_refused_when_newer(person: &Person, database: &Path) {
    let original = fs::read(database).unwrap();
    let mut newer = original.clone();
    newer[USER_VERSION].copy_from_slice(&9_999_u32.to_be_bytes());
    fs::write(database, &newer).unwrap();
    let config = EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(person.data_dir().to_owned()) };
    let error = Engine::start(config).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::DataTooNew, "{}: {error}", database.display());
    assert!(fs::read(database).unwrap() == newer, "{} was touched", database.display());
    fs::write(database, original).unwrap();
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
