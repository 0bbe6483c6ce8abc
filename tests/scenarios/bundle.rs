//! Bundles: what a file brings across when no network does.

use std::path::{Path, PathBuf};

use glow_api::{
    AlbumGet, AlbumShare, AlbumView, BundleReceipt, BundleWish, Caller, ErrorCode, Held, MediaPart, MemberList,
    MomentCaption, MomentReact, StoragePolicy,
};
use tests::check;
use tests::media::Recording;

use crate::cast::{Person, Play, all_well, eventually};

/// A chunk of a bundle.
const CHUNK_BYTES: usize = 64 * 1024;

impl Person {
    async fn bundle(&self, path: &Path, wish: BundleWish) -> glow_api::BundleReport {
        self.engine().bundle(Caller::Owner, &self.group, wish, path.to_owned(), |_| {}).await.unwrap()
    }

    async fn opens(&self, path: &Path) -> BundleReceipt {
        self.engine().open_bundle(Caller::Owner, path.to_owned(), |_| {}).await.unwrap()
    }

    async fn refuses(&self, path: &Path) -> ErrorCode {
        self.engine().open_bundle(Caller::Owner, path.to_owned(), |_| {}).await.unwrap_err().code
    }

    async fn album(&self) -> AlbumView {
        self.must(AlbumGet { group: self.group.clone() }).await
    }

    /// Fetches nothing over the network: what comes, comes in a file.
    async fn pauses(&self) {
        self.wish(|policy| StoragePolicy { paused: true, ..policy }).await;
    }
}

fn whole() -> BundleWish {
    BundleWish { whole: true, ..BundleWish::default() }
}

/// Alice has photos that Bob, who is in the group, has never heard of; her two bundles are made one after the other.
async fn two_bundles(play: &Play) -> (Person, Person, [PathBuf; 2]) {
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    alice.start_group("Anna & Ben").await;
    bob.join(&alice.invite().await.link).await.unwrap();
    eventually("Bob knows Alice by name", || async {
        let members = bob.must(MemberList { group: bob.group.clone() }).await.members;
        members.iter().any(|member| member.name == "alice").then_some(())
    })
    .await;
    bob.turn_off().await;
    let [one, two, three] = [0, 3, 5].map(|number| play.studio.photo(number).unwrap());
    let files = ["first", "second"].map(|name| play.folder.path().join(name));
    let posted = alice.post(&[&one, &two]).await.moments;
    alice.bundle(&files[0], whole()).await;
    let group = alice.group.clone();
    alice.must(MomentCaption { group: group.clone(), moment: posted[0].clone(), text: "the cake".into() }).await;
    alice.must(MomentReact { group, moment: posted[1].clone(), emoji: "🎉".into(), on: true }).await;
    alice.post(&[&three]).await;
    alice.bundle(&files[1], whole()).await;
    alice.turn_off().await;
    bob.turn_on().await;
    alice.turn_on().await;
    (alice, bob, files)
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_in_any_order_and_any_number_of_times_make_the_same_album() {
    let play = Play::new();
    let (alice, bob, [first, second]) = two_bundles(&play).await;
    for file in [&second, &first, &second, &first] {
        let receipt = bob.opens(file).await;
        assert!(receipt.complete && receipt.damaged == 0 && receipt.refused == 0, "{receipt:?}");
        assert_eq!((receipt.group.as_str(), receipt.title.as_str()), (bob.group.as_str(), "Anna & Ben"));
    }
    let again = bob.opens(&second).await;
    assert_eq!((again.operations_new, again.blobs_new), (0, 0), "there is nothing new in it any more");
    all_well(&[&alice, &bob]).await;
    assert_eq!(bob.timeline().await.len(), 3);
    let (hers, his) = (alice.album().await.fingerprint, bob.album().await.fingerprint);
    assert_eq!(hers, his, "who holds the same sees the same words");
    assert_eq!((hers.lacking, &hers.fingerprint), (0, &hers.album));
    assert_eq!(hers.words.split(' ').count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_whole_in_a_bundle_that_was_cut_short_or_damaged_is_merged() {
    let play = Play::new();
    let (alice, bob, [_, file]) = two_bundles(&play).await;
    let bytes = std::fs::read(&file).unwrap();
    let before = bob.album().await.fingerprint;

    let cut = bob.opens(&play.file("cut", &bytes[..bytes.len() / 2])).await;
    assert!(!cut.complete && cut.operations_new > 0, "{cut:?}");
    assert_eq!(bob.timeline().await.len(), 3, "operations come first");
    assert_ne!(bob.album().await.fingerprint, before);

    let mut damaged = bytes.clone();
    damaged[CHUNK_BYTES * 2 + 1_000] ^= 1;
    let receipt = bob.opens(&play.file("damaged", &damaged)).await;
    assert!(receipt.complete && receipt.damaged == 1, "{receipt:?}");
    let receipt = bob.opens(&file).await;
    assert!(receipt.blobs_known > 0, "the rest was there: {receipt:?}");
    all_well(&[&alice, &bob]).await;
    assert_eq!(bob.album().await.fingerprint, alice.album().await.fingerprint);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_useless_to_strangers() {
    let play = Play::new();
    let (alice, _, [first, second]) = two_bundles(&play).await;
    let mut dave = play.person("dave").await;
    dave.start_group("Another party").await;
    assert_eq!(dave.refuses(&first).await, ErrorCode::BundleOfOthers);
    assert_eq!(dave.refuses(&play.file("nothing", b"")).await, ErrorCode::NotABundle);
    assert_eq!(dave.refuses(&play.file("photo", &[0xff; 90_000])).await, ErrorCode::NotABundle);

    let photo = alice.posted[0].bytes().unwrap();
    let bytes = [std::fs::read(first).unwrap(), std::fs::read(second).unwrap()];
    let moment = &alice.timeline().await[0];
    let id =
        |hex: &str| (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let ids: [Vec<u8>; 3] = [&alice.group, &moment.id, &moment.author].map(|hex| id(hex));
    // Each is long enough not to stand in noise of this size by chance.
    let names = ["Anna & Ben", "the cake", &moment.file_name, "image/jpeg", &alice.group];
    let planted = names.iter().map(|name| name.as_bytes()).chain(ids.iter().map(Vec::as_slice));
    for planted in planted.chain([&photo[photo.len() / 2..][..32]]) {
        for bytes in &bytes {
            assert!(!bytes.windows(planted.len()).any(|found| found == planted), "{planted:?} stands in a bundle");
        }
    }
    assert_ne!(bytes[0][8..64], bytes[1][8..64], "two bundles of one group have nothing in common");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_bundle_goes_on_and_never_overwrites_a_file() {
    let play = Play::new();
    let (alice, bob, [_, second]) = two_bundles(&play).await;
    let whole_bytes = std::fs::read(&second).unwrap();
    let path = play.folder.path().join("stick");
    let growing = play.file("stick.part", &whole_bytes[..whole_bytes.len() * 2 / 3]);
    alice.bundle(&path, whole()).await;
    let resumed = std::fs::read(&path).unwrap();
    assert_eq!(resumed[..CHUNK_BYTES * 2], whole_bytes[..CHUNK_BYTES * 2], "what stood there was kept");
    assert_eq!(resumed.len(), whole_bytes.len(), "and nothing stands there twice");
    assert!(!growing.exists());
    let receipt = bob.opens(&path).await;
    assert!(receipt.complete && receipt.damaged == 0, "{receipt:?}");
    all_well(&[&alice, &bob]).await;

    let refused = alice.engine().bundle(Caller::Owner, &alice.group, whole(), path, |_| {}).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FileExists);
    let others = play.file("letter.part", b"Dear Anna");
    let letter = play.folder.path().join("letter");
    let refused = alice.engine().bundle(Caller::Owner, &alice.group, whole(), letter, |_| {}).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FileExists, "it is somebody's");
    assert_eq!(std::fs::read(others).unwrap(), b"Dear Anna");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_others_lack_by_their_own_word_is_shared() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let [old, new] = [1, 4].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&old]).await;
    all_well(&[&alice, &bob, &carol]).await;
    let lacked = |lacked_by: Vec<String>| AlbumShare {
        group: alice.group.clone(),
        wish: BundleWish { lacked_by, ..BundleWish::default() },
    };
    let alice = &alice;
    eventually("all have said that they hold everything", || async {
        (alice.must(lacked(vec![])).await.blobs == 0).then_some(())
    })
    .await;
    carol.pauses().await;
    let receipt = alice.try_post(&[&new.path]).await;
    all_well(&[alice, &bob]).await;
    let device = |name: &'static str| async move {
        let members = alice.must(MemberList { group: alice.group.clone() }).await.members;
        members.into_iter().find(|member| member.name == name).unwrap().device
    };
    let (bobs, carols) = (device("bob").await, device("carol").await);
    eventually("Bob has said so", || async { (alice.must(lacked(vec![bobs.clone()])).await.blobs == 0).then_some(()) })
        .await;
    let share = alice.must(lacked(vec![carols.clone()])).await;
    assert_eq!((share.moments, share.blobs), (1, 3), "two previews and an original");
    let previews = BundleWish { lacked_by: vec![carols], previews_only: true, ..BundleWish::default() };
    assert_eq!(alice.must(AlbumShare { group: alice.group.clone(), wish: previews }).await.blobs, 2);

    let file = play.folder.path().join("for carol");
    let report = alice.bundle(&file, BundleWish::default()).await;
    assert_eq!(report.blobs, 3);
    let brought = carol.opens(&file).await;
    assert_eq!((brought.blobs_new, brought.refused), (3, 0), "{brought:?}");
    let timeline = carol.timeline().await;
    let moment = timeline.iter().find(|moment| receipt.moments.contains(&moment.id)).unwrap();
    assert!(check::is_complete(moment), "{moment:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_originals_has_the_same_album_and_another_fingerprint() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    bob.keeps_previews_only().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice, &carol]).await;
    let (hers, carols) = (alice.album().await, carol.album().await);
    assert_eq!(hers.fingerprint, carols.fingerprint);
    let his = eventually("Bob has the previews", || async {
        let album = bob.album().await;
        (album.previews_only == 1 && album.fingerprint.lacking == 1).then_some(album)
    })
    .await;
    assert_eq!(his.fingerprint.album, hers.fingerprint.album, "they know the same");
    assert_ne!(his.fingerprint.fingerprint, hers.fingerprint.fingerprint, "they do not hold the same");
    assert_eq!((hers.originals, hers.moments), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_altered_byte_shows_in_the_check_and_in_the_fingerprint() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.three().await;
    let photo = play.studio.photo(2).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice, &bob, &carol]).await;
    alice.turn_off().await;
    bob.turn_off().await;
    let check = async |person: &Person| glow_engine::check(person.data_dir(), None).await.unwrap().remove(0);
    let (hers, his) = (check(&alice).await, check(&bob).await);
    assert!(hers.ok && his.ok, "{hers} {his}");
    assert_eq!(hers.fingerprint, his.fingerprint);

    let blob = largest_blob(bob.data_dir());
    let mut bytes = std::fs::read(&blob).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let his = check(&bob).await;
    assert!(!his.ok && his.damaged_blobs.len() == 1, "{his}");
    assert_ne!(his.fingerprint.fingerprint, hers.fingerprint.fingerprint);
    assert_eq!((&his.fingerprint.album, his.fingerprint.lacking), (&hers.fingerprint.album, 1));
    assert_eq!(check(&bob).await.fingerprint, his.fingerprint, "it stays so until the bytes are here again");

    bob.turn_on().await;
    alice.turn_on().await;
    let file = play.folder.path().join("mended");
    alice.bundle(&file, whole()).await;
    bob.opens(&file).await;
    assert_eq!(bob.album().await.fingerprint, hers.fingerprint, "and is as before with them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_that_went_out_while_it_was_recorded_goes_home_in_a_bundle() {
    let play = Play::new();
    let [alice, bob, carol] = play.three().await;
    carol.pauses().await;
    let mut camera = Recording::new(7, 2_000_000);
    let mut sending = alice.engine().record(Caller::Owner, &alice.group, "dance.webm").await.unwrap();
    let mut recorded = camera.head();
    sending.write(recorded.clone().into()).await.unwrap();
    for _ in 0..12 {
        let second = camera.next_second();
        recorded.extend(&second);
        sending.write(second.into()).await.unwrap();
    }
    let clip = sending.close().await.unwrap().moments.remove(0);
    all_well(&[&alice, &bob]).await;
    let devices = alice.must(MemberList { group: alice.group.clone() }).await.members;
    let device = |name: &str| devices.iter().find(|member| member.name == name).unwrap().device.clone();
    let wish = BundleWish { lacked_by: vec![device("carol")], ..BundleWish::default() };
    let lacked = async |lacked_by: Vec<String>| {
        let wish = BundleWish { lacked_by, ..BundleWish::default() };
        alice.must(AlbumShare { group: alice.group.clone(), wish }).await
    };
    eventually("Bob has said that he has it", || async {
        (lacked(vec![device("bob")]).await.blobs == 0).then_some(())
    })
    .await;
    let share = lacked(vec![]).await;
    assert!(share.moments == 1 && share.blobs > 12, "each of its segments, and their list: {share:?}");

    let file = play.folder.path().join("for carol");
    alice.bundle(&file, wish).await;
    let receipt = carol.opens(&file).await;
    assert!(receipt.complete && receipt.refused == 0 && receipt.damaged == 0, "{receipt:?}");
    let moment = carol.sees("dance.webm", |moment| moment.original == Held::Complete).await;
    assert_eq!((moment.id.as_str(), moment.live), (clip.as_str(), None));
    let bytes = carol.bytes(&clip, MediaPart::Original).await;
    assert!(bytes == recorded, "she has all of it: {} of {} bytes", bytes.len(), recorded.len());

    eventually("Carol has said so, too", || async { (lacked(vec![]).await.blobs == 0).then_some(()) }).await;
    let nothing = play.folder.path().join("for nobody");
    let report = alice.bundle(&nothing, BundleWish::default()).await;
    assert_eq!((report.blobs, report.missing), (0, 0), "what all hold is not carried again");
    assert!(report.bytes < 200_000, "nothing but the group's own book: {report:?}");
}

fn largest_blob(data_dir: &Path) -> PathBuf {
    fn walk(folder: &Path, found: &mut Vec<(u64, PathBuf)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.components().any(|part| part.as_os_str() == "blobs") {
                found.push((path.metadata().unwrap().len(), path));
            }
        }
    }
    let mut found = vec![];
    walk(data_dir, &mut found);
    found.into_iter().max().unwrap().1
}
