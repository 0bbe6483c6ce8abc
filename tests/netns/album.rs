//! A whole evening: everybody's photos and clips, on everybody's device, for ever after.

use std::time::Duration;

use tests::check;

use crate::cast::{BOUND, Cast, home};

/// Photos that each of three posts at once.
const EACH: u32 = 10;
/// Bytes that the evening comes to, over the rate, and as much again for a machine that does other things.
const TRANSFER: Duration = Duration::from_secs(120);

#[test]
fn thirty_photos_and_two_clips_posted_at_once_arrive_everywhere_and_stay() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    let mut evening = (0..3).map(|host| cast.photos(host * EACH..(host + 1) * EACH)).collect::<Vec<_>>();
    for number in 0..2 {
        match cast.studio.clip(number).unwrap() {
            Some(clip) => evening[number as usize].push(clip),
            None => eprintln!("SKIPPED: clips need ffmpeg"),
        }
    }
    cast.gather();
    cast.post_at_once(evening);
    let took = cast.all_well(TRANSFER);
    eprintln!("all on all within {took:?} after posting");
    cast.exports_hold();
    browse_alone(&mut cast);
}

#[test]
fn everybody_knows_who_has_it_already() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    for host in 0..3 {
        let photo = cast.studio.photo([1, 5, 11][host]).unwrap();
        cast.post(host, &[photo]);
    }
    cast.all_well(BOUND);
    for node in &cast.nodes {
        let what = format!("{} knows that everything is on three devices", node.name);
        let known =
            tests::poll::until_true(&what, BOUND, || Ok(node.timeline()?.iter().all(|moment| moment.on_devices == 3)));
        known.unwrap_or_else(|error| {
            let copies = node.timeline().unwrap().iter().map(|moment| moment.on_devices).collect::<Vec<_>>();
            panic!("{error}: {copies:?}")
        });
    }
    cast.finish(BOUND);
}

/// All others gone and the network down: the third starts, shows and exports everything.
fn browse_alone(cast: &mut Cast) {
    let before = cast.nodes[2].timeline().unwrap();
    for node in &mut cast.nodes {
        node.stop().unwrap();
    }
    for host in 0..3 {
        cast.lan.host_down(host).unwrap();
    }
    cast.nodes[2].start().unwrap();
    let after = cast.nodes[2].timeline().unwrap();
    check::same_timeline(("before", "after"), (&before, &after)).unwrap();
    assert!(after.iter().all(check::is_complete), "everything is here");
    std::fs::remove_dir_all(cast.nodes[2].folder().join("export")).unwrap();
    cast.export_holds(2);
    check::no_panic(&cast.nodes[2]).unwrap();
    cast.nodes[2].stop().unwrap();
    // Without a running node the commands open the data directory themselves.
    let alone = cast.nodes[2].timeline().unwrap();
    check::same_timeline(("running", "not running"), (&after, &alone)).unwrap();
    std::fs::remove_dir_all(cast.nodes[2].folder().join("export")).unwrap();
    cast.rest();
}
