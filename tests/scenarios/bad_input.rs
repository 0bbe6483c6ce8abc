//! Files that are not what they claim: each is refused in words, and nothing of it is half-visible.

use std::fs;
use std::path::Path;

use glow_api::{ApiError, Caller, ErrorCode, ExportFormat};
use tests::media::Sample;

use crate::cast::{Play, all_well};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_fails_alone_with_its_reason() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let good = play.studio.photo(1).unwrap();
    let whole = good.bytes().unwrap();
    let empty = play.file("empty.jpg", b"");
    let text = play.file("notes.jpg", b"Dear diary, this is no photograph at all.\n");
    let half = play.file("half.jpg", &whole[..whole.len() / 2]);
    let head = play.file("head.jpg", &whole[..700]);
    let bomb = play.file("bomb.jpg", &with_size(&whole, 20_000, 10_000));
    let cut_png = play.studio.png(1).unwrap().bytes().unwrap();
    let cut_png = play.file("half.png", &cut_png[..cut_png.len() / 2]);
    let missing = play.folder.path().join("missing.jpg");
    let folder = play.folder.path().join("folder.jpg");
    fs::create_dir(&folder).unwrap();
    let bad: [(&Path, &[ErrorCode]); 8] = [
        (&empty, &[ErrorCode::UnknownFormat, ErrorCode::DamagedFile]),
        (&text, &[ErrorCode::UnknownFormat]),
        (&half, &[ErrorCode::DamagedFile]),
        (&head, &[ErrorCode::DamagedFile]),
        (&bomb, &[ErrorCode::DamagedFile, ErrorCode::FileTooLarge]),
        (&cut_png, &[ErrorCode::DamagedFile]),
        (&missing, &[ErrorCode::Unreadable]),
        (&folder, &[ErrorCode::Unreadable]),
    ];

    let mut paths = bad.iter().map(|(path, _)| *path).collect::<Vec<_>>();
    paths.insert(3, &good.path);
    let receipt = alice.try_post(&paths).await;
    alice.posted.push(good);

    let mut wrong = vec![];
    for (path, codes) in bad {
        let name = path.file_name().unwrap().to_string_lossy();
        match receipt.failures.iter().find(|failure| failure.name == name) {
            Some(failure) if codes.contains(&failure.error.code) => has_words(&failure.error),
            Some(failure) => wrong.push(format!("{name}: {:?}: {}", failure.error.code, failure.error)),
            None => wrong.push(format!("{name} was taken")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(receipt.moments.len(), 1, "the good one");
    all_well(&[&alice, &bob, &carol]).await;
    assert_eq!(bob.timeline().await.len(), 1, "nothing of the bad ones is anywhere");
    let (hers, his) = (alice.storage().await, bob.storage().await);
    assert_eq!(hers.used_bytes, his.used_bytes, "nothing of the bad ones stays on her disk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_read_is_named() {
    if rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: root may read every file");
        return;
    }
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("Locked").await;
    let locked = play.file("locked.jpg", &play.studio.photo(1).unwrap().bytes().unwrap());
    fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    let receipt = alice.try_post(&[&locked]).await;
    assert_eq!(receipt.failures[0].error.code, ErrorCode::Unreadable);
    assert!(alice.timeline().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_file_name_harms_nothing() {
    let play = Play::new();
    let [alice, bob, carol] = play.three().await;
    let bytes = play.studio.photo(1).unwrap().bytes().unwrap();
    let name = "\u{202e}gpj.<b>& 'so'.jpg";
    let odd = Sample { path: play.file(name, &bytes), secrets: vec![] };
    alice.try_post(&[&odd.path]).await;
    all_well(&[&alice, &bob, &carol]).await;
    let moment = bob.timeline().await.remove(0);
    assert!(!moment.file_name.contains(['/', '\u{202e}', '\0']), "{:?}", moment.file_name);
    let folder = play.folder.path().join("export");
    bob.engine().export(Caller::Owner, &bob.group, ExportFormat::Tree, folder.clone(), |_| {}).await.unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "the day of the photo and the list");
}

fn has_words(error: &ApiError) {
    assert!(error.message.len() > 10, "{error:?} says what happened");
}

/// The same JPEG, claiming another size in its frame header.
fn with_size(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let mut at = 2;
    while !matches!(jpeg[at + 1], 0xC0..=0xC2) {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    jpeg[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}
