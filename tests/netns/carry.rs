//! Somebody who walks between two parts of a group that never meet.

use std::time::Duration;

use glow_api::{Held, StorageView};
use tests::poll;

use crate::cast::{Cast, home};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
/// Until what Carol brings is there: she is missed first, found again, and then it comes.
const WALK: Duration = Duration::from_secs(90);

#[test]
fn who_walks_between_parts_that_never_meet_brings_everything_though_she_keeps_previews_only() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    cast.nodes[CAROL].call(&["storage", "set", "--photos", "previews", "--clips", "previews"]).unwrap();
    for host in [ALICE, BOB, CAROL] {
        cast.until_connected(host, 2);
    }
    let photos = cast.photos(0..6);
    let mut alices = photos[..3].to_vec();
    match cast.studio.clip(0).unwrap() {
        Some(clip) => alices.push(clip),
        None => eprintln!("SKIPPED: clips need ffmpeg"),
    }

    cast.lan.partition(&[&[ALICE, CAROL], &[BOB]]).unwrap();
    cast.post(ALICE, &alices);
    cast.post(BOB, &photos[3..]);
    until_all_is_held(&cast, CAROL, alices.len());
    assert!(carried(&cast) > 0, "Carol keeps previews only, and brings the originals along");

    cast.lan.partition(&[&[ALICE], &[BOB, CAROL]]).unwrap();
    until_all_is_held(&cast, BOB, alices.len() + 3);
    cast.export_holds(BOB);
    until_all_is_held(&cast, CAROL, alices.len() + 3);

    cast.lan.partition(&[&[ALICE, CAROL], &[BOB]]).unwrap();
    until_all_is_held(&cast, ALICE, alices.len() + 3);
    cast.export_holds(ALICE);

    cast.lan.heal().unwrap();
    let gave_up = poll::until_true("Carol gives up what both others say they hold", WALK, || Ok(carried(&cast) == 0));
    eprintln!("Carol gave it up {:?} after all met", gave_up.unwrap());
    cast.nodes[CAROL].call(&["storage", "set", "--photos", "all", "--clips", "all"]).unwrap();
    cast.finish(WALK);
}

fn until_all_is_held(cast: &Cast, host: usize, moments: usize) {
    let node = &cast.nodes[host];
    let took = poll::until_true(&format!("{} holds all of {moments} moments", node.name), WALK, || {
        let timeline = node.timeline()?;
        Ok(timeline.iter().filter(|moment| matches!(moment.original, Held::Complete)).count() == moments)
    });
    eprintln!("{} holds all of {moments} moments after {:?}", node.name, took.unwrap());
}

/// Bytes that Carol only brings along.
fn carried(cast: &Cast) -> u64 {
    let said = cast.nodes[CAROL].call(&["storage"]).unwrap();
    serde_json::from_value::<StorageView>(said).unwrap().carried_bytes
}
