//! The whole way of a moment.

use glow_api::{MemberList, MomentKind, Presence};
use tests::media::FIRST_CAPTURE_MS;

use crate::cast::{Play, all_well, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn what_anyone_captures_is_on_all_three_devices() {
    let play = Play::new();
    let [mut alice, mut bob, mut carol] = play.three().await;
    let photos = (0..6).map(|number| play.studio.photo(number).unwrap()).collect::<Vec<_>>();
    let (drawing, web, clip) =
        (play.studio.png(1).unwrap(), play.studio.webp(2).unwrap(), play.studio.clip(0).unwrap());

    alice.post(&[&photos[0], &photos[3]]).await;
    bob.post(&[&photos[1], &drawing, &photos[4]]).await;
    carol.post(&[&web, &photos[2], &photos[5]]).await;
    let clips = clip.iter().collect::<Vec<_>>();
    bob.post(&clips).await;

    all_well(&[&alice, &bob, &carol]).await;
    assert_eq!(carol.timeline().await.len(), 8 + clips.len(), "nothing but what was posted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_tells_when_and_how_it_was_captured() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    // Orientations 5 and 3: upright pixels are taller than wide, and wider than tall.
    let (turned, level) = (play.studio.photo(4).unwrap(), play.studio.photo(2).unwrap());
    alice.post(&[&turned, &level]).await;
    all_well(&[&alice, &bob, &carol]).await;

    let turned = bob.moment(&turned.name()).await.unwrap();
    let level = bob.moment(&level.name()).await.unwrap();
    assert_eq!(turned.captured_at_ms, FIRST_CAPTURE_MS + 4 * 37_000);
    assert_eq!(turned.captured_offset_min, Some(120));
    assert!(turned.height > turned.width, "{} x {}", turned.width, turned.height);
    assert!(level.width > level.height, "{} x {}", level.width, level.height);
    assert_eq!((turned.kind, turned.media_type.as_str()), (MomentKind::Photo, "image/jpeg"));
    assert_eq!(turned.author_name, "alice");
    assert!(!turned.placeholder.is_empty(), "the grid never waits for its first colours");
    assert!(!turned.mine && alice.moment(&turned.file_name).await.unwrap().mine);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_photo_twice_is_one_moment() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.three().await;
    let photo = play.studio.photo(1).unwrap();

    let first = alice.post(&[&photo, &photo]).await;
    assert_eq!(first.already_there, 1, "the second of one batch was there already");
    bob.sees(&photo.name(), |_| true).await;
    let again = bob.post(&[&photo]).await;
    assert_eq!((again.already_there, &again.moments[0]), (1, &first.moments[0]), "Bob was sent the same picture");

    all_well(&[&alice, &bob, &carol]).await;
    assert_eq!(carol.timeline().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_photo_is_one_moment_with_both_its_files() {
    let play = Play::new();
    let Some((still, movie)) = play.studio.live_photo(1).unwrap() else {
        eprintln!("SKIPPED: a Live Photo needs ffmpeg");
        return;
    };
    let [mut alice, bob, carol] = play.three().await;
    let receipt = alice.post(&[&still, &movie]).await;
    assert_eq!(receipt.moments.len(), 1, "a pair is one moment");

    all_well(&[&alice, &bob, &carol]).await;
    let timeline = carol.timeline().await;
    assert_eq!(timeline.len(), 1);
    assert_eq!(timeline[0].kind, MomentKind::Live);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_who_is_here() {
    let play = Play::new();
    let [alice, bob, mut carol] = play.three().await;
    let members = || async { bob.must(MemberList { group: bob.group.clone() }).await.members };
    eventually("Bob sees the others' names", || async {
        let names = members().await.into_iter().map(|member| member.name).collect::<Vec<_>>();
        (names.len() == 3 && names.iter().all(|name| !name.is_empty())).then_some(())
    })
    .await;
    let presence_of = |name: &'static str| async move {
        members().await.into_iter().find(|member| member.name == name).map(|member| member.presence)
    };
    eventually("Bob sees Alice here", || async { (presence_of("alice").await == Some(Presence::Here)).then_some(()) })
        .await;
    carol.turn_off().await;
    eventually("Bob sees that Carol has gone", || async {
        (presence_of("carol").await != Some(Presence::Here)).then_some(())
    })
    .await;
    all_well(&[&alice, &bob]).await;
}
