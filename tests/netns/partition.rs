//! A LAN that falls in two and heals.

use std::time::{Duration, Instant};

use crate::cast::{BOUND, Cast, home};

/// Long enough that every connection across has timed out. `AFTERGLOW_PARTITION_S` sets another length.
const PARTITION: Duration = Duration::from_secs(20);
/// Within this, plus bytes over rate, both halves are equal after healing.
const HEALING: Duration = Duration::from_secs(5);
/// Longer than until pings tell that somebody is gone.
const DEAF: Duration = Duration::from_secs(12);
/// How long a link stays up or down.
const FLAP: Duration = Duration::from_millis(1_300);
/// What a machine that does other things may add.
const SLACK: Duration = Duration::from_secs(5);

#[test]
fn two_halves_go_on_and_are_equal_after_healing() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    let photos = cast.photos(0..12);
    cast.post(0, &photos[..2]);
    cast.all_well(BOUND);
    for host in 0..3 {
        cast.until_connected(host, 2);
    }

    cast.lan.partition(&[&[0, 1], &[2]]).unwrap();
    let parted = Instant::now();
    cast.post(0, &photos[2..5]);
    cast.post(2, &photos[5..9]);
    cast.post(1, &photos[9..12]);
    tests::poll::until_true("the two go on", BOUND, || {
        let [left, right] = [cast.nodes[0].timeline()?, cast.nodes[1].timeline()?];
        let is_same = tests::check::same_timeline(("alice", "bob"), (&left, &right)).is_ok();
        Ok(is_same && left.len() == 8 && left.iter().chain(&right).all(tests::check::is_complete))
    })
    .unwrap();
    assert_eq!(cast.nodes[2].timeline().unwrap().len(), 6, "carol has what was before, and her own");
    let length = std::env::var("AFTERGLOW_PARTITION_S")
        .ok()
        .and_then(|text| text.parse().ok())
        .map_or(PARTITION, Duration::from_secs);
    // The partition itself is the time that passes; nothing is waited for.
    std::thread::sleep(length.saturating_sub(parted.elapsed()));

    cast.lan.heal().unwrap();
    let healed = Instant::now();
    let ids =
        || cast.nodes.iter().map(|node| Ok(node.timeline()?.into_iter().map(|moment| moment.id).collect::<Vec<_>>()));
    let equal = tests::poll::until_true("equal timelines", BOUND, || {
        let all = ids().collect::<anyhow::Result<Vec<_>>>()?;
        Ok(all[0].len() == 12 && all.iter().all(|other| *other == all[0]))
    });
    let equal = equal.unwrap();
    cast.all_well(BOUND);
    eprintln!("equal timelines {equal:?} after healing, all bytes after {:?}", healed.elapsed());
    assert!(equal < HEALING + SLACK, "equal timelines took {equal:?}");
    cast.exports_hold();
    cast.finish(BOUND);
}

#[test]
fn one_who_is_heard_and_hears_nothing_has_everything_once_it_hears_again() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    let photos = cast.photos(0..6);
    cast.post(0, &photos[..1]);
    cast.all_well(BOUND);
    // What carol sends arrives; nothing arrives at carol.
    cast.lan.set_loss(Some(2), 1.0).unwrap();
    cast.post(2, &photos[1..3]);
    cast.post(0, &photos[3..5]);
    cast.post(1, &photos[5..]);
    let at_home = [0, 1].map(|host| cast.posted[host].len());
    tests::poll::until_true("alice and bob go on", BOUND, || {
        let both = [cast.nodes[0].timeline()?, cast.nodes[1].timeline()?];
        Ok(both.iter().all(|timeline| timeline.len() >= at_home.iter().sum()))
    })
    .unwrap();
    // Long enough that its neighbours have taken it for gone; nothing is waited for.
    std::thread::sleep(DEAF);

    cast.lan.set_loss(None, 0.0).unwrap();
    let took = cast.all_well(BOUND);
    eprintln!("all on all {took:?} after it hears again");
    cast.exports_hold();
    cast.finish(BOUND);
}

#[test]
fn a_link_that_comes_and_goes_loses_nothing() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    let photos = cast.photos(0..8);
    cast.post(0, &photos[..1]);
    cast.all_well(BOUND);
    for (turn, photo) in photos[1..].iter().enumerate() {
        cast.lan.set_link(2, turn % 2 == 1).unwrap();
        cast.post(turn % 3, std::slice::from_ref(photo));
        // The fault is the time that passes.
        std::thread::sleep(FLAP);
    }
    cast.lan.set_link(2, true).unwrap();
    let took = cast.all_well(BOUND);
    eprintln!("all on all {took:?} after the last time");
    cast.exports_hold();
    cast.finish(BOUND);
}
