//! What is kept where: copies that are counted by each device's own word, wishes, quota, and what is brought along.

use std::fs;
use std::path::{Path, PathBuf};

use glow_api::{Held, Keep, MomentReact, MomentRetract, StoragePolicy, StorageView};

use crate::cast::{Person, Play, all_well, eventually};

impl Person {
    async fn holds(&self, file_name: &str) -> bool {
        self.moment(file_name).await.is_some_and(|moment| moment.original == Held::Complete)
    }

    async fn storage_becomes(&self, what: &str, wish: impl Fn(&StorageView) -> bool) -> StorageView {
        let what = format!("{}: {what}", self.name);
        eventually(&what, || async { Some(self.storage().await).filter(&wish) }).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_learns_on_how_many_devices_everything_is() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.three().await;
    let photos = [0, 3].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&photos[0]]).await;
    assert_eq!(alice.storage().await.copies.moments, 1);
    bob.post(&[&photos[1]]).await;
    all_well(&[&alice, &bob, &carol]).await;
    for person in [&alice, &bob, &carol] {
        let view = person.storage_becomes("all three hold everything", |view| view.copies.at_least == 3).await;
        assert_eq!((view.copies.moments, view.copies.below_three, view.copies.own_only_here), (2, 0, 0));
        assert!(view.copies.heard_at_ms.is_some());
    }
    assert!(carol.storage().await.transfers.iter().any(|one| one.down_bytes > 0), "she fetched it from somebody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_else_holds_is_said_to_be_only_here() {
    let play = Play::new();
    let [mut alice, mut bob, mut carol] = play.three().await;
    bob.turn_off().await;
    carol.turn_off().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    let copies = alice.storage().await.copies;
    assert_eq!((copies.at_least, copies.below_three, copies.own_only_here), (1, 1, 1));
    all_well(&[&alice]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_something_back_sees_from_where_it_is_gone() {
    let play = Play::new();
    let [mut alice, bob, mut carol] = play.settled_three().await;
    let photo = play.studio.photo(1).unwrap();
    let moment = alice.post(&[&photo]).await.moments.remove(0);
    all_well(&[&alice, &bob, &carol]).await;
    carol.turn_off().await;

    alice.must(MomentRetract { group: alice.group.clone(), moment: moment.clone() }).await;
    let view = alice.storage_becomes("gone from Bob too", |view| view.takebacks.iter().any(|one| one.gone == 2)).await;
    assert_eq!((view.takebacks[0].moment.as_str(), view.takebacks[0].of), (moment.as_str(), 3));
    carol.turn_on().await;
    alice.storage_becomes("gone everywhere", |view| view.takebacks[0].gone == 3).await;
    assert!(carol.timeline().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_here_when_it_comes_is_complete_all_the_same() {
    let play = Play::new();
    let (mut alice, mut bob) = (play.settled_person("alice").await, play.settled_person("bob").await);
    alice.start_group("Anna & Ben").await;
    bob.join(&alice.invite().await.link).await.unwrap();
    bob.wish(|policy| StoragePolicy { paused: true, ..policy }).await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    bob.sees(&photo.name(), |_| true).await;
    alice.turn_off().await;
    bob.wish(|policy| StoragePolicy { paused: false, ..policy }).await;
    // The pieces come to his disk by another way than the one on which they will be asked for.
    copy_new(&blobs(&alice), &blobs(&bob));
    alice.turn_on().await;
    all_well(&[&alice, &bob]).await;
}

/// Where the sealed files of somebody's only group are.
fn blobs(person: &Person) -> PathBuf {
    person.data_dir().join("groups").join(&person.group).join("blobs")
}

/// Copies every file that is not there to the same place in another folder.
fn copy_new(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_new(&from, &to);
        } else if !to.exists() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pausing_fetches_nothing_until_it_goes_on() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    bob.wish(|policy| StoragePolicy { paused: true, ..policy }).await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    carol.sees(&photo.name(), |moment| moment.original == Held::Complete).await;
    let moment = bob.sees(&photo.name(), |_| true).await;
    assert!(moment.grid != Held::Complete && moment.original != Held::Complete, "he knows of it and fetches nothing");
    bob.wish(|policy| StoragePolicy { paused: false, ..policy }).await;
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_only_keeps_originals_away_until_they_are_wished_for() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    bob.keeps_previews_only().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    let moment = bob.sees(&photo.name(), |moment| moment.screen == Held::Complete).await;
    carol.storage_becomes("the word of all three", |view| view.copies.at_least == 2).await;
    assert!(moment.original != Held::Complete && !bob.holds(&photo.name()).await);
    bob.wish(|policy| StoragePolicy { photos: Keep::All, ..policy }).await;
    all_well(&[&alice, &bob, &carol]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_quota_gives_up_only_what_three_others_keep() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("Anna & Ben").await;
    let link = alice.invite().await.link;
    let mut others = Vec::new();
    for name in ["bob", "carol", "dave", "erin"] {
        let mut person = play.person(name).await;
        person.join(&link).await.unwrap();
        others.push(person);
    }
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    let everyone: Vec<&Person> = std::iter::once(&alice).chain(&others).collect();
    all_well(&everyone).await;
    for person in &others {
        person.wish(|policy| StoragePolicy { quota_bytes: Some(1), carry_bytes: 0, ..policy }).await;
    }

    let holders = || async {
        let mut holders = Vec::new();
        for person in &everyone {
            if person.holds(&photo.name()).await {
                holders.push(person.name.as_str());
            }
        }
        holders
    };
    eventually("two of the five give it up", || async {
        let left = holders().await;
        assert!(left.len() >= 3, "three keep it always: {left:?}");
        (left.len() == 3).then_some(())
    })
    .await;
    let left = holders().await;
    assert!(left.contains(&"alice"), "an author never gives up an own capture");
    for person in &everyone {
        let view = person.storage_becomes("the copies that are left", |view| view.copies.at_least == 3).await;
        assert_eq!(view.copies.below_three, 0);
    }
    let truth = u32::try_from(left.len()).unwrap();
    alice.sees(&photo.name(), |moment| moment.on_devices == truth).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_brought_along_counts_as_no_copy() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.settled_three().await;
    carol.wish(|policy| StoragePolicy { photos: Keep::Previews, ..policy }).await;
    bob.turn_off().await;

    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    eventually("Carol carries all of it", || async { carol.holds(&photo.name()).await.then_some(()) }).await;
    // What she had told by then is there before what she tells after it.
    let moment = carol.moment(&photo.name()).await.unwrap().id;
    carol.must(MomentReact { group: carol.group.clone(), moment, emoji: "❤️".into(), on: true }).await;
    alice.sees(&photo.name(), |moment| !moment.reactions.is_empty()).await;
    assert_eq!(alice.storage().await.copies.at_least, 1, "she gives it up when two others hold it");

    bob.turn_on().await;
    carol.storage_becomes("drops what the others hold", |view| view.carried_bytes == 0).await;
    alice.storage_becomes("Bob's copy", |view| view.copies.at_least == 2).await;
    bob.storage_becomes("Alice's copy", |view| view.copies.at_least == 2).await;
    all_well(&[&alice, &bob]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_walks_between_two_parts_brings_originals_along() {
    let play = Play::new();
    let [mut alice, mut bob, carol] = play.settled_three().await;
    carol.wish(|policy| StoragePolicy { photos: Keep::Previews, clips: Keep::Previews, ..policy }).await;
    bob.turn_off().await;

    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    carol.storage_becomes("carries the original", |view| view.carried_bytes > 0).await;
    eventually("Carol has all of it", || async { carol.holds(&photo.name()).await.then_some(()) }).await;
    alice.turn_off().await;

    bob.turn_on().await;
    eventually("Bob got the original from Carol", || async { bob.holds(&photo.name()).await.then_some(()) }).await;
    carol.storage_becomes("drops what the others hold", |view| view.carried_bytes == 0).await;
    eventually("it is gone from her device", || async { (!carol.holds(&photo.name()).await).then_some(()) }).await;
    alice.turn_on().await;
    all_well(&[&alice, &bob]).await;
}
