//! The spine, end to end, between engines in one process: real sockets on loopback, real files.
#![allow(clippy::unwrap_used)]

use std::{path::Path, time::Duration};

use glow_api::{Caller, GroupCreate, GroupJoin, Held, InviteCreate, MediaPart, MomentView, TimelineQuery};
use glow_engine::{CaptureFile, Engine, EngineConfig};

async fn start(dir: &Path) -> Engine {
    let mut config = EngineConfig::new(dir.to_owned());
    config.mdns = false;
    config.loopback = true;
    Engine::start(config).await.unwrap()
}

async fn timeline(engine: &Engine, group: &str) -> Vec<MomentView> {
    let query = TimelineQuery { group: group.to_owned(), limit: 100, ..TimelineQuery::default() };
    engine.ask(Caller::Owner, query).await.unwrap().moments
}

/// Waits until the condition holds, asking again at each event.
async fn until(engine: &Engine, mut holds: impl AsyncFnMut() -> bool) {
    let mut events = engine.events();
    let wait = async {
        while !holds().await {
            let _ = tokio::time::timeout(Duration::from_millis(200), events.recv()).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("in time");
}

fn photo(dir: &Path, name: &str, shade: u8) -> CaptureFile {
    let path = dir.join(name);
    let picture = image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([shade, (x % 256) as u8, (y % 256) as u8]));
    picture.save(&path).unwrap();
    CaptureFile { path, name: name.to_owned(), modified_at_ms: Some(1_700_000_000_000) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_taken_on_one_device_is_on_the_others() {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_test_writer()
        .try_init();
    let dirs = tempfile::tempdir().unwrap();
    let (alice, bob) = (start(&dirs.path().join("alice")).await, start(&dirs.path().join("bob")).await);
    let group =
        alice.ask(Caller::Owner, GroupCreate { title: "Anna & Ben".into(), ends_at_ms: None }).await.unwrap().id;
    until(&alice, async || {
        let page = alice.ask(Caller::Owner, glow_api::PeerList { group: group.clone() }).await.unwrap();
        !page.listening.is_empty()
    })
    .await;
    let invite = InviteCreate { group: group.clone(), expires_in_min: Some(60), max_uses: None };
    let invite = alice.ask(Caller::Owner, invite).await.unwrap();
    assert!(!invite.addresses.is_empty(), "an invite carries addresses");

    let joined = bob.ask(Caller::Owner, GroupJoin { link: invite.link, address: None }).await.unwrap();
    assert_eq!((joined.id.as_str(), joined.title.as_str(), joined.member_count), (group.as_str(), "Anna & Ben", 2));

    let file = photo(dirs.path(), "IMG_1.jpg", 10);
    let original = std::fs::read(&file.path).unwrap();
    let receipt = alice.post(Caller::Owner, &group, vec![file], |_| {}).await.unwrap();
    assert!(receipt.failures.is_empty(), "{:?}", receipt.failures);
    until(&bob, async || {
        let moments = timeline(&bob, &group).await;
        moments.len() == 1 && moments[0].grid == Held::Complete && moments[0].original == Held::Complete
    })
    .await;
    let media = bob.media(Caller::Owner, &group, &receipt.moments[0], MediaPart::Original).await.unwrap();
    assert_eq!(media.read(0..media.size_bytes).await.unwrap(), original);

    let file = photo(dirs.path(), "IMG_2.jpg", 20);
    bob.post(Caller::Owner, &group, vec![file], |_| {}).await.unwrap();
    until(&alice, async || {
        timeline(&alice, &group).await.iter().filter(|moment| moment.original == Held::Complete).count() == 2
    })
    .await;
    assert_eq!(timeline(&alice, &group).await.len(), 2);
    alice.shutdown().await;
    bob.shutdown().await;
}
