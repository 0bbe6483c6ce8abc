//! Guests: people in a browser, let in at a member's door.

use glow_api::{
    ErrorCode, GuestFinish, GuestList, GuestOpen, GuestRights, GuestSay, GuestShow, GuestUpload, GuestUploadState,
    GuestUploadView, Held,
};
use glow_engine::{GuestPen, GuestUploadFile, SignedPost};
use glow_gateway::{GuestDoors, GuestVisitor, UiFiles};

use crate::cast::{Person, Play, all_well, eventually};

const CHUNK: usize = 256 * 1024;
const MAY_ADD: GuestRights = GuestRights { contribute: true, review: false };

/// A person opens the door of their device; guests are let in until the answer's first half is dropped.
async fn opens(person: &Person) -> (GuestDoors, String) {
    let doors = GuestDoors::start(person.engine().clone(), UiFiles::Embedded);
    let group = person.group.clone();
    let wish = GuestOpen { group, rights: MAY_ADD, expires_in_min: None, quota: None, port: None };
    person.must(wish).await.door.expect("it is open");
    let url = eventually("it is told on loopback, too", || async {
        let door = person.must(GuestList { group: person.group.clone() }).await.door?;
        door.urls.into_iter().find(|url| url.starts_with("http://127.0.0.1:"))
    })
    .await;
    (doors, url)
}

fn begins(group: &str, post: &SignedPost) -> GuestUpload {
    let SignedPost { id, said, signature } = post.clone();
    GuestUpload { group: group.into(), id, said, signature }
}

async fn sends(guest: &GuestVisitor, post: &str, bytes: &[u8], chunks: impl Iterator<Item = usize>) {
    let all: Vec<&[u8]> = bytes.chunks(CHUNK).collect();
    for number in chunks {
        guest.put(post, &number.to_string(), all[number]).await.unwrap();
    }
}

async fn finishes(guest: &GuestVisitor, group: &str, post: &str) -> GuestUploadView {
    let finish = GuestFinish { group: group.into(), id: post.into(), said: None, signature: None };
    guest.ask(finish).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_begins_at_one_door_ends_at_another_and_counts_once() {
    let play = Play::new();
    let [alice, mut bob, carol] = play.three().await;
    let (doors, url) = opens(&bob).await;
    let (_carols, _) = opens(&carol).await;
    let elsewhere = eventually("bob hears of carol's door", || async {
        let page = bob.must(GuestList { group: bob.group.clone() }).await;
        page.others.into_iter().find(|door| door.name == "carol")
    })
    .await;

    let pen = GuestPen::fresh("Zoë");
    let (guest, welcome) = GuestVisitor::enter(&url, pen.clone()).await.unwrap();
    assert_eq!(welcome.doors[0].name, "carol", "where to go is told in advance: {:?}", welcome.doors);
    let (group, photo) = (welcome.group, play.studio.photo(0).unwrap());
    let bytes = std::fs::read(&photo.path).unwrap();
    let count = bytes.chunks(CHUNK).count();
    let name = photo.name();
    let file = GuestUploadFile {
        bytes: &bytes,
        name: &name,
        media_type: "image/jpeg",
        captured_ms: 1_700_000_000_000,
        caption: "From the dance floor",
        as_it_is: false,
    };
    let post = pen.file(&group, None, file).unwrap();
    guest.ask(begins(&group, &post)).await.unwrap();
    guest.put(&post.id, "screen", &shrunk(&bytes)).await.unwrap();
    guest.ask(GuestShow { group: group.clone(), id: post.id.clone() }).await.unwrap();
    let early = carol.sees(&name, |moment| moment.grid == Held::Complete).await;
    assert_eq!((early.original, early.author_is_guest), (Held::None, true), "seen before it is whole");
    alice.sees(&name, |_| true).await;
    sends(&guest, &post.id, &bytes, 0..count / 2).await;

    drop(guest);
    doors.shutdown().await;
    bob.turn_off().await;
    let gone = GuestVisitor::enter(&url, pen.clone()).await.unwrap_err();
    assert!(matches!(gone.code, ErrorCode::NobodyNear | ErrorCode::UnknownDoor), "{gone:?}");
    let next = elsewhere.urls.iter().find(|url| url.starts_with("http://127.0.0.1:")).unwrap();
    let (guest, _) = GuestVisitor::enter(next, pen.clone()).await.unwrap();
    let view = guest.ask(begins(&group, &post)).await.unwrap();
    let missing: usize = view.missing.iter().map(|run| run.count as usize).sum();
    assert_eq!((view.state, missing), (GuestUploadState::Open, count), "nothing of it is at carol's yet");
    assert!(view.moment.is_some(), "but that it was shown is known there");
    sends(&guest, &post.id, &bytes, 0..count).await;
    let done = finishes(&guest, &group, &post.id).await;
    assert_eq!(done.state, GuestUploadState::Done);

    bob.turn_on().await;
    for person in [&alice, &bob, &carol] {
        person.sees(&name, |moment| moment.original == Held::Complete).await;
        let timeline = person.timeline().await;
        assert_eq!(timeline.len(), 1, "{} has it once: {timeline:?}", person.name);
        assert_eq!((timeline[0].author_name.as_str(), timeline[0].caption.as_str()), ("Zoë", "From the dance floor"));
        assert_eq!(Some(&timeline[0].id), done.moment.as_ref());
    }
    let again = guest.ask(begins(&group, &post)).await.unwrap();
    assert_eq!(again.state, GuestUploadState::Done, "begun again it is done");
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_takes_back_at_one_door_goes_from_another() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let ((_bobs, at_bob), (_carols, at_carol)) = (opens(&bob).await, opens(&carol).await);
    let pen = GuestPen::fresh("Zoë");
    let (guest, welcome) = GuestVisitor::enter(&at_bob, pen.clone()).await.unwrap();
    let (group, sample) = (welcome.group, play.studio.photo(1).unwrap());
    let bytes = std::fs::read(&sample.path).unwrap();
    let name = sample.name();
    let file = GuestUploadFile {
        bytes: &bytes,
        name: &name,
        media_type: "image/jpeg",
        captured_ms: 1_700_000_000_000,
        caption: "",
        as_it_is: false,
    };
    let post = pen.file(&group, None, file).unwrap();
    guest.ask(begins(&group, &post)).await.unwrap();
    sends(&guest, &post.id, &bytes, 0..bytes.chunks(CHUNK).count()).await;
    finishes(&guest, &group, &post.id).await;
    alice.sees(&name, |moment| moment.original == Held::Complete).await;

    let (guest, _) = GuestVisitor::enter(&at_carol, pen.clone()).await.unwrap();
    eventually("carol knows the post", || async { carol.moment(&name).await }).await;
    let SignedPost { id, said, signature } = pen.retraction(&group, &post.id).unwrap();
    guest.ask(GuestSay { group: group.clone(), id, said, signature }).await.unwrap();
    for person in [&alice, &bob, &carol] {
        let gone = || async { person.timeline().await.is_empty().then_some(()) };
        eventually("it is gone", gone).await;
    }
    let kept = play.studio.photo(2).unwrap();
    alice.post(&[&kept]).await;
    all_well(&[&alice, &bob, &carol]).await;
}

/// A small picture, as a page would make it.
fn shrunk(bytes: &[u8]) -> Vec<u8> {
    let picture = image::load_from_memory(bytes).unwrap().thumbnail(640, 640).to_rgb8();
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 80).encode_image(&picture).unwrap();
    out
}
