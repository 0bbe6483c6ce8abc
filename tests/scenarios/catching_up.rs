//! Late joiners and those who slept.

use std::time::{Duration, Instant};

use glow_api::{Held, TimelineQuery};
use tests::long_album::{self, Parts};

use crate::cast::{BOUND, Person, Play, all_well, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_late_joiner_gets_everything_and_the_newest_first() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    alice.start_group("Festival").await;
    let samples = (0..24).map(|number| play.studio.photo_sized(number, 2).unwrap()).collect::<Vec<_>>();
    alice.post(&samples.iter().collect::<Vec<_>>()).await;
    let invite = alice.invite().await;
    bob.join(&invite.link).await.unwrap();

    let arrived = arrivals(&bob, samples.len()).await;
    all_well(&[&alice, &bob]).await;
    let place = |number: usize| arrived.iter().position(|name| *name == samples[number].name()).unwrap();
    // Some are asked for, and come, before all is known. From the newest on the newer comes first, but for what was under way.
    let from_newest: Vec<usize> = (0..24).rev().map(place).filter(|position| *position >= place(23)).collect();
    let late = from_newest.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(from_newest.len() > 12 && late <= 3, "{late} of {} came out of order: {arrived:?}", from_newest.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_slept_catches_up_from_whoever_is_awake() {
    let play = Play::new();
    let [mut alice, mut bob, mut carol] = play.settled_three().await;
    let [first, second, third] = [1, 5, 11].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&first]).await;
    all_well(&[&alice, &bob, &carol]).await;

    carol.turn_off().await;
    alice.post(&[&second]).await;
    all_well(&[&alice, &bob]).await;
    alice.turn_off().await;
    bob.post(&[&third]).await;
    carol.turn_on().await;
    all_well(&[&bob, &carol]).await;
    assert_eq!(carol.timeline().await.len(), 3, "Alice's too, from Bob");
    alice.turn_on().await;
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_album_is_there_from_its_newest_end_while_the_rest_is_on_its_way() {
    const MOMENTS: u64 = 3_000;
    const PAGE: u32 = 200;
    let play = Play::new();
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    alice.start_group("A long summer").await;
    let folder = alice.data_dir().join("groups").join(&alice.group);
    alice.turn_off().await;
    long_album::fill(&folder, MOMENTS, |_, _| Ok(Parts::default())).unwrap();
    alice.turn_on().await;
    let invite = alice.invite().await;
    bob.join(&invite.link).await.unwrap();

    let newest = TimelineQuery { group: bob.group.clone(), cursor: None, limit: PAGE, filter: Default::default() };
    let first = eventually("bob sees a screen", || async {
        let page = bob.must(newest.clone()).await;
        (page.moments.len() == PAGE as usize).then_some(page)
    })
    .await;
    let names = first.moments.iter().map(|moment| moment.file_name.clone()).collect::<Vec<_>>();
    let expected = (0..PAGE).map(|number| format!("IMG_{number:07}.jpg")).collect::<Vec<_>>();
    assert_eq!(names, expected, "the first page that fills is the newest one");
    eventually("bob has the whole album", || async {
        let page = bob.must(newest.clone()).await;
        (u64::from(page.total) == MOMENTS).then_some(())
    })
    .await;
}

/// The order in which pictures could first be looked at. Originals come in any order: the rarest in the group first.
async fn arrivals(person: &Person, count: usize) -> Vec<String> {
    let mut arrived: Vec<String> = vec![];
    let start = Instant::now();
    while arrived.len() < count {
        assert!(start.elapsed() < BOUND, "only {} previews have arrived", arrived.len());
        for moment in person.timeline().await {
            if moment.screen == Held::Complete && !arrived.contains(&moment.file_name) {
                arrived.push(moment.file_name);
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    arrived
}
