//! Clips that go out while they are recorded.

use std::{fs::File, io::Write, path::Path, time::Duration};

use glow_api::{Caller, ClipAbort, ClipClose, ClipGet, ClipTarget, Held, LiveClip, MediaPart, MomentView};
use glow_engine::Recording as Sending;
use tests::media::Recording;

use crate::cast::{Person, Play, all_well, eventually};

const NAME: &str = "dance.webm";
/// The pace of a camera that writes a second of a recording at once.
const SECOND: Duration = Duration::from_millis(400);
/// More than the previews and the list of segments of a closed clip.
const PREVIEWS_BYTES: u64 = 400_000;

/// Somebody who records, and what was recorded so far.
struct Camera {
    recording: Recording,
    sending: Sending,
    bytes: Vec<u8>,
}

impl Camera {
    async fn on(person: &Person) -> Self {
        let sending = person.engine().record(Caller::Owner, &person.group, NAME).await.unwrap();
        let recording = Recording::new(7, 2_000_000);
        let mut camera = Self { bytes: Vec::new(), sending, recording };
        camera.write(camera.recording.head()).await;
        camera
    }

    async fn second(&mut self) {
        let second = self.recording.next_second();
        self.write(second).await;
    }

    async fn write(&mut self, bytes: Vec<u8>) {
        self.bytes.extend(&bytes);
        self.sending.write(bytes.into()).await.unwrap();
    }
}

fn is_recording(moment: &MomentView) -> bool {
    moment.live == Some(LiveClip::Recording)
}

/// Waits until somebody holds all of what a clip is so far, and at least so much of it.
async fn holds(person: &Person, bytes: usize) -> MomentView {
    person.sees(NAME, |moment| moment.original == Held::Complete && moment.size_bytes >= bytes as u64).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_is_with_the_others_while_it_is_recorded() {
    let play = Play::new();
    let [alice, bob, mut carol] = play.three().await;
    carol.turn_off().await;

    let mut camera = Camera::on(&alice).await;
    camera.second().await;
    camera.second().await;
    let seen = bob.sees(NAME, is_recording).await;
    holds(&bob, 250_000).await;
    for _ in 0..3 {
        let before = camera.bytes.len();
        camera.second().await;
        // The last pictures of a second wait for the next ones to end their fragment.
        holds(&bob, before - 150_000).await;
    }
    let mut late = play.person("dave").await;
    late.join(&alice.invite().await.link).await.unwrap();
    holds(&late, camera.bytes.len() - 300_000).await;
    camera.second().await;

    let receipt = camera.sending.close().await.unwrap();
    assert_eq!(receipt.moments, std::slice::from_ref(&seen.id), "the opening is the moment");
    carol.turn_on().await;
    all_well(&[&alice, &bob, &carol, &late]).await;
    for person in [&alice, &bob, &carol, &late] {
        let moment = person.sees(NAME, |moment| moment.live.is_none()).await;
        assert_eq!(moment.duration_ms.map(|ms| ms / 100), Some(59), "the time of the last picture");
        let bytes = person.bytes(&moment.id, MediaPart::Original).await;
        assert!(bytes == camera.bytes, "{} has what was recorded", person.name);
    }
    let again = play.file("dance again.webm", &camera.bytes);
    assert_eq!(bob.try_post(&[&again]).await.already_there, 1, "the same recording is there already");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_again_when_a_clip_ends() {
    let play = Play::new();
    let [alice, bob, _carol] = play.three().await;
    let mut camera = Camera::on(&alice).await;
    for _ in 0..10 {
        camera.second().await;
    }
    let before = holds(&bob, camera.bytes.len() - 150_000).await;
    let came = async || bob.storage().await.transfers.iter().map(|from| from.down_bytes).sum::<u64>();
    let came_before = came().await;
    camera.sending.close().await.unwrap();
    let after = bob.sees(NAME, |moment| moment.live.is_none() && moment.original == Held::Complete).await;
    all_well(&[&alice, &bob]).await;
    let (rest, again) = (after.size_bytes - before.size_bytes, came().await - came_before);
    assert!(came_before > 1_000_000, "{came_before} bytes came while it was recorded");
    assert!(again <= rest + PREVIEWS_BYTES, "{again} bytes came when it ended, of which {rest} were its last");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_grows_is_with_the_others_before_it_ends() {
    let play = Play::new();
    let [alice, bob, _carol] = play.three().await;
    let folder = play.folder.path().join("recordings");
    std::fs::create_dir(&folder).unwrap();
    alice.engine().watch_folder(Caller::Owner, &alice.group, folder.clone()).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let camera = tokio::task::spawn_blocking(move || grow(&folder.join(NAME), stopped));

    bob.sees(NAME, is_recording).await;
    holds(&bob, 500_000).await;
    stop.send(()).unwrap();
    let recorded = camera.await.unwrap();
    all_well(&[&alice, &bob]).await;
    let whole = bob.sees(NAME, |moment| moment.live.is_none() && moment.original == Held::Complete).await;
    assert!(bob.bytes(&whole.id, MediaPart::Original).await == recorded, "as it is on the camera's disk");
    assert_eq!(bob.timeline().await.len(), 1, "and once");
}

/// Records into a file as a camera does, a second at a time, until it is told to stop. Answers what it wrote.
fn grow(path: &Path, mut stopped: tokio::sync::oneshot::Receiver<()>) -> Vec<u8> {
    let mut recording = Recording::new(7, 2_000_000);
    let mut file = File::create(path).unwrap();
    let mut bytes = recording.head();
    file.write_all(&bytes).unwrap();
    while stopped.try_recv().is_err() {
        let second = recording.next_second();
        file.write_all(&second).unwrap();
        bytes.extend(second);
        std::thread::sleep(SECOND);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_battery_leaves_what_was_recorded() {
    let play = Play::new();
    let [mut alice, mut bob, mut carol] = play.settled_three().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice, &bob, &carol]).await;
    carol.turn_off().await;

    let mut camera = Camera::on(&alice).await;
    for _ in 0..3 {
        camera.second().await;
    }
    let clip = holds(&bob, camera.bytes.len() - 150_000).await;
    alice.turn_off().await;
    let Camera { sending, bytes: recorded, .. } = camera;
    drop(sending);

    carol.turn_on().await;
    for person in [&bob, &carol] {
        let left = person
            .sees(NAME, |moment| moment.live == Some(LiveClip::Silent) && moment.original == Held::Complete)
            .await;
        assert_eq!(left.id, clip.id);
        let bytes = person.bytes(&left.id, MediaPart::Original).await;
        assert!(recorded.starts_with(&bytes) && !bytes.is_empty(), "{} has its beginning", person.name);
    }
    alice.turn_on().await;
    all_well(&[&alice, &bob, &carol]).await;
    let closed = bob.sees(NAME, |moment| moment.live.is_none()).await;
    let bytes = bob.bytes(&closed.id, MediaPart::Original).await;
    assert!(recorded.starts_with(&bytes), "what went out is the clip");
    bob.turn_off().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_send_bytes_twice_and_give_up() {
    let play = Play::new();
    let [alice, bob, _carol] = play.three().await;
    let whole = Recording::new(9, 1_000_000).whole(4);
    let (group, key) = (alice.group.clone(), "one".to_owned());
    let send = async |offset: usize, end: usize| {
        let target = ClipTarget { group: group.clone(), key: key.clone(), name: NAME.into(), offset: offset as u64 };
        alice.engine().record_next(Caller::Owner, &target, whole[offset..end].to_vec().into()).await
    };
    send(0, 100_000).await.unwrap();
    send(50_000, 200_000).await.unwrap();
    let gap = send(300_000, 400_000).await.unwrap_err();
    assert_eq!(gap.args.get("offset").map(String::as_str), Some("200000"));
    let far = alice.must(ClipGet { group: group.clone(), key: key.clone() }).await;
    assert_eq!((far.offset, far.streams, far.moment.is_some()), (200_000, true, true));
    send(200_000, whole.len()).await.unwrap();
    let receipt = alice.must(ClipClose { group: group.clone(), key: key.clone() }).await;
    let moment = bob.sees(NAME, |moment| moment.live.is_none() && moment.original == Held::Complete).await;
    assert_eq!(receipt.moments, std::slice::from_ref(&moment.id));
    assert!(bob.bytes(&moment.id, MediaPart::Original).await == whole, "each byte once");

    let key = "two".to_owned();
    let target = ClipTarget { group: group.clone(), key: key.clone(), name: "wrong.webm".into(), offset: 0 };
    let other = Recording::new(10, 1_000_000).whole(3);
    alice.engine().record_next(Caller::Owner, &target, other.into()).await.unwrap();
    bob.sees("wrong.webm", is_recording).await;
    alice.must(ClipAbort { group, key }).await;
    eventually("Bob sees it go", || async { bob.moment("wrong.webm").await.is_none().then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_stream_goes_out_when_it_is_closed() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let Some(clip) = play.studio.clip(0).unwrap() else { return };
    let mut sending = alice.engine().record(Caller::Owner, &alice.group, &clip.name()).await.unwrap();
    for piece in clip.bytes().unwrap().chunks(10_000) {
        sending.write(piece.to_vec().into()).await.unwrap();
    }
    assert!(!sending.receipt().streams, "a file with its index at the front is whole only at its end");
    assert!(bob.moment(&clip.name()).await.is_none());
    let receipt = sending.close().await.unwrap();
    assert_eq!((receipt.moments.len(), receipt.failures.len()), (1, 0));
    alice.posted.push(clip);
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_plays_before_all_of_it_is_here() {
    let play = Play::new();
    let [mut alice, bob, _carol] = play.three().await;
    let whole = Recording::new(3, 40_000_000).whole(12);
    let path = play.file("long.webm", &whole);
    let receipt = alice.try_post(&[&path]).await;
    assert!(receipt.failures.is_empty(), "{receipt:?}");
    let moment = bob.sees("long.webm", |moment| moment.size_bytes == whole.len() as u64).await;
    let media = eventually("Bob can play it", || async {
        bob.engine().media(Caller::Owner, &bob.group, &moment.id, MediaPart::Original).await.ok()
    })
    .await;
    assert_eq!(media.media_type, "video/webm");
    let near_the_end = whole.len() as u64 - 300_000;
    let bytes = media.read(near_the_end..near_the_end + 100_000).await.unwrap();
    let at = usize::try_from(near_the_end).unwrap();
    assert!(bytes == whole[at..at + 100_000], "a seek is answered from wherever it goes");
    alice.turn_off().await;
}
