//! What is said about moments, together and apart.

use glow_api::{
    ErrorCode, HeldBack, MomentCaption, MomentHold, MomentReact, MomentRetract, MomentView, TimelineFilter,
    TimelineQuery,
};
use tests::media::Sample;

use crate::cast::{Person, Play, all_well};

#[tokio::test(flavor = "multi_thread")]
async fn captions_and_reactions_are_the_same_everywhere() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    for person in [&bob, &carol] {
        person.sees(&photo.name(), |_| true).await;
    }
    caption(&alice, &photo, "the first").await;
    caption(&alice, &photo, "first dance").await;
    for person in [&alice, &bob, &carol] {
        react(person, &photo, "❤️", true).await;
    }
    react(&carol, &photo, "🎉", true).await;
    react(&bob, &photo, "❤️", false).await;
    let denied =
        bob.ask(MomentCaption { group: bob.group.clone(), moment: id(&bob, &photo).await, text: "mine".into() }).await;
    assert_eq!(denied.unwrap_err().code, ErrorCode::NotAllowed);

    for person in [&alice, &bob, &carol] {
        // Most used first. Three in all are there twice: before bob takes his back, and after.
        let is_all = |moment: &MomentView| {
            let counts = moment.reactions.iter().map(|given| (given.emoji.as_str(), given.count));
            moment.caption == "first dance" && counts.eq([("❤️", 2), ("🎉", 1)])
        };
        person.sees(&photo.name(), is_all).await;
    }
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_holds_back_is_off_every_screen_and_stays_on_the_timeline() {
    let play = Play::new();
    let [alice, mut bob, carol] = play.three().await;
    let photo = play.studio.photo(1).unwrap();
    bob.post(&[&photo]).await;
    for person in [&alice, &carol] {
        person.sees(&photo.name(), |_| true).await;
    }
    let hold = async |person: &Person, on: bool| {
        person.ask(MomentHold { group: person.group.clone(), moment: id(person, &photo).await, on }).await
    };
    assert_eq!(hold(&carol, true).await.unwrap_err().code, ErrorCode::NotAllowed, "neither host nor author");
    hold(&alice, true).await.unwrap();
    for person in [&alice, &bob, &carol] {
        person.sees(&photo.name(), |moment| moment.held_back == Some(HeldBack::Host)).await;
        let filter = TimelineFilter { screens: true, ..TimelineFilter::default() };
        let query = TimelineQuery { group: person.group.clone(), cursor: None, limit: 10, filter };
        assert_eq!(person.ask(query).await.unwrap().total, 0, "no screen shows it");
    }
    // Its author holds it back, too: the host's word alone does not bring it back.
    hold(&bob, true).await.unwrap();
    alice.sees(&photo.name(), |moment| moment.held_back == Some(HeldBack::Host)).await;
    hold(&alice, false).await.unwrap();
    carol.sees(&photo.name(), |moment| moment.held_back == Some(HeldBack::Author)).await;
    hold(&bob, false).await.unwrap();
    carol.sees(&photo.name(), |moment| moment.held_back.is_none()).await;
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_goes_everywhere() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    let (kept, regretted) = (play.studio.photo(1).unwrap(), play.studio.photo(5).unwrap());
    alice.post(&[&kept, &regretted]).await;
    all_well(&[&alice, &bob, &carol]).await;
    let gone = id(&alice, &regretted).await;
    retract(&alice, &regretted).await;
    is_gone(&[&alice, &bob, &carol], &regretted, &gone).await;
    all_well(&[&alice, &bob, &carol]).await;
    assert_eq!(carol.timeline().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_were_apart_agree_when_they_meet() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.settled_person("alice").await, play.settled_person("bob").await);
    alice.start_group("Two boats").await;
    let invite = alice.invite().await;
    bob.join(&invite.link).await.unwrap();
    let [shared, regretted, hers, his] = [1, 5, 11, 15].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&shared, &regretted]).await;
    all_well(&[&alice, &bob]).await;
    let gone = id(&alice, &regretted).await;

    bob.turn_off().await;
    caption(&alice, &shared, "from the bow").await;
    retract(&alice, &regretted).await;
    alice.post(&[&hers]).await;
    alice.turn_off().await;
    bob.turn_on().await;
    react(&bob, &shared, "🌊", true).await;
    react(&bob, &regretted, "🌊", true).await;
    bob.post(&[&his]).await;
    alice.turn_on().await;

    bob.sees(&shared.name(), |moment| moment.caption == "from the bow").await;
    alice.sees(&shared.name(), |moment| moment.reactions.len() == 1).await;
    is_gone(&[&alice, &bob], &regretted, &gone).await;
    all_well(&[&alice, &bob]).await;
    assert_eq!(alice.timeline().await.len(), 3, "the shared one, hers and his");
}

async fn id(person: &Person, sample: &Sample) -> String {
    person.moment(&sample.name()).await.unwrap().id
}

async fn caption(person: &Person, sample: &Sample, text: &str) {
    let moment = id(person, sample).await;
    person.must(MomentCaption { group: person.group.clone(), moment, text: text.into() }).await;
}

async fn react(person: &Person, sample: &Sample, emoji: &str, on: bool) {
    let moment = id(person, sample).await;
    person.must(MomentReact { group: person.group.clone(), moment, emoji: emoji.into(), on }).await;
}

async fn retract(person: &Person, sample: &Sample) {
    let moment = id(person, sample).await;
    person.must(MomentRetract { group: person.group.clone(), moment }).await;
}

/// Nobody shows it, and nobody hands out its bytes.
async fn is_gone(people: &[&Person], sample: &Sample, moment: &str) {
    for person in people {
        crate::cast::eventually(&format!("{} does not show {}", person.name, sample.name()), || async {
            person.moment(&sample.name()).await.is_none_or(|found| found.retracted).then_some(())
        })
        .await;
        let media =
            person.engine().media(glow_api::Caller::Owner, &person.group, moment, glow_api::MediaPart::Original).await;
        assert!(media.is_err(), "{} still hands out {}", person.name, sample.name());
    }
}
