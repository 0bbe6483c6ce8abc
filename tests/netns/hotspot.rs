//! A phone that has opened the channel that all use: what others send to each other passes through it, on the air twice.

use lanbox::Lan;
use tests::poll;

use crate::cast::{BOUND, Cast};

const HOSTS: usize = 5;
const SOURCE: usize = 0;
const HOTSPOT: usize = 1;
const CHANNEL_MBIT: f64 = 100.0;
const MULTICAST_MBIT: f64 = 24.0;
/// Photos of this many megapixels weigh about 2 MiB.
const MEGAPIXELS: u32 = 8;
/// What others than the hotspot may pass on together, in copies; were all equal, they would pass on two.
const PASSED_ON: f64 = 0.6;
/// The time on the air in turns of one copy to each; were all equal, it would be nearly two.
const TURNS: f64 = 1.6;

#[test]
fn what_everybody_is_to_have_goes_through_the_hotspot_once() {
    let lan =
        Lan::builder().hosts(HOSTS).shared_mbit(CHANNEL_MBIT).multicast_mbit(MULTICAST_MBIT).access_point(HOTSPOT);
    let Some(mut cast) = Cast::start_after(lan, |lan| lan.route_through(HOTSPOT).unwrap()) else { return };
    cast.gather();
    for host in 0..HOSTS {
        cast.until_connected(host, HOSTS - 1);
    }
    for host in (0..HOSTS).filter(|host| *host != HOTSPOT) {
        let is_known = || Ok(cast.peers(host).iter().any(|peer| peer["is_hotspot"] == true));
        poll::until_true("whose network it is", BOUND, is_known).unwrap();
    }
    // By the time these are everywhere, the hotspot knows, too.
    let known = cast.photos(0..6);
    cast.post(SOURCE, &known);
    cast.all_well(BOUND);

    let photos = (0..6).map(|number| cast.studio.photo_sized(7_000 + number, MEGAPIXELS).unwrap()).collect::<Vec<_>>();
    let copy = photos.iter().map(|photo| photo.bytes().unwrap().len()).sum::<usize>() as f64;
    let before = cast.lan.stats().unwrap();
    cast.post(SOURCE, &photos);
    let took = cast.all_well(BOUND);
    let after = cast.lan.stats().unwrap();
    let copies = |host: usize| (after.hosts[host].sent_bytes - before.hosts[host].sent_bytes) as f64 / copy;
    let sent = (0..HOSTS).map(copies).collect::<Vec<_>>();
    let turn_ns = copy * 8.0 / CHANNEL_MBIT * 1e3;
    let turns = (after.airtime_ns - before.airtime_ns) as f64 / (turn_ns * (HOSTS - 1) as f64);
    eprintln!("all on all after {took:?}; copies sent by each {sent:.2?}; {turns:.2} turns on the air");
    let passed_on = sent[HOTSPOT + 1..].iter().sum::<f64>();
    assert!(passed_on < PASSED_ON, "others than the hotspot passed on {passed_on:.2} copies: {sent:.2?}");
    assert!(turns < TURNS, "{turns:.2} turns on the air: {sent:.2?}");
    cast.finish(BOUND);
}
