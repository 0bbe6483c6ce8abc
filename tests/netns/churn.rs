//! People who come and go while others post.

use std::time::{Duration, Instant};

use tests::media::Random;

use crate::cast::{BOUND, Cast, home, post};

/// Devices that stay, of all.
const STAYING: usize = 3;
const DEVICES: usize = 6;
/// Each second one comes and one goes.
const SECONDS: u64 = 20;
/// Bytes over rate, and what those need who came last.
const TRANSFER: Duration = Duration::from_secs(90);

#[test]
fn those_who_stay_and_those_who_come_back_have_everything() {
    let Some(mut cast) = Cast::start(home(DEVICES)) else { return };
    cast.gather();
    let first = cast.studio.photo_sized(200, 1).unwrap();
    cast.post(0, &[first]);
    cast.all_well(BOUND);

    let mut random = Random::new(20_261_122);
    let start = Instant::now();
    for second in 1..=SECONDS {
        if second % 2 == 0 {
            come(&mut cast, &mut random);
        } else {
            go(&mut cast, &mut random);
        }
        let sample = cast.studio.photo_sized(200 + second as u32, 1).unwrap();
        let author = random.below(STAYING as u64) as usize;
        cast.acknowledged.extend(post(&cast.nodes[author], std::slice::from_ref(&sample)).unwrap());
        cast.posted[author].push(sample);
        // Churn is what happens in a time; nothing is waited for.
        std::thread::sleep((start + Duration::from_secs(second)).saturating_duration_since(Instant::now()));
    }
    let staying = cast.all_well(TRANSFER);
    eprintln!("all on all who are here {staying:?} after the last photo");

    for host in STAYING..DEVICES {
        if cast.nodes[host].pid().is_none() {
            cast.nodes[host].start().unwrap();
        }
    }
    let back = cast.all_well(TRANSFER);
    eprintln!("all on all who came back after {back:?}");
    cast.exports_hold();
    cast.finish(BOUND);
}

/// One of those who left comes back.
fn come(cast: &mut Cast, random: &mut Random) {
    let away = (STAYING..DEVICES).filter(|host| cast.nodes[*host].pid().is_none()).collect::<Vec<_>>();
    if !away.is_empty() {
        let host = away[random.below(away.len() as u64) as usize];
        cast.nodes[host].start().unwrap();
    }
}

/// One of those who do not stay goes, with a word or without.
fn go(cast: &mut Cast, random: &mut Random) {
    let here = (STAYING..DEVICES).filter(|host| cast.nodes[*host].pid().is_some()).collect::<Vec<_>>();
    if here.is_empty() {
        return;
    }
    let host = here[random.below(here.len() as u64) as usize];
    if random.below(2) == 0 {
        cast.nodes[host].kill().unwrap();
    } else {
        cast.nodes[host].stop().unwrap();
    }
}
