//! A LAN that falls in two and heals.

use std::time::{Duration, Instant};

use crate::cast::{BOUND, Cast, home};

/// Long enough that every connection across has timed out. `AFTERGLOW_PARTITION_S` sets another length.
const PARTITION: Duration = Duration::from_secs(20);
/// Within this, plus bytes over rate, both halves are equal after healing.
const HEALING: Duration = Duration::from_secs(5);
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
}
