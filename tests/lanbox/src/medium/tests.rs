//! The medium against its own formulas.

use proptest::prelude::*;

use super::*;
use crate::config::{FRAMING_BYTES, Link, Second};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const FOREVER: u64 = u64::MAX / 4;
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const GROUP: [u8; 6] = [0x01, 0x00, 0x5E, 0, 0, 0xFB];

fn mac(host: usize) -> [u8; 6] {
    [2, 0, 0, 0, 0, u8::try_from(host).expect("few hosts")]
}

/// A frame of `bytes` bytes that carries `mark`.
fn frame(from: usize, destination: [u8; 6], bytes: usize, mark: u32) -> Vec<u8> {
    let mut frame = vec![0; bytes.max(18)];
    frame[..6].copy_from_slice(&destination);
    frame[6..12].copy_from_slice(&mac(from));
    frame[14..18].copy_from_slice(&mark.to_be_bytes());
    frame
}

fn mark(delivery: &Delivery) -> u32 {
    u32::from_be_bytes(delivery.frame[14..18].try_into().expect("four bytes"))
}

fn config(hosts: usize, link: Link) -> Config {
    Config { links: vec![link; hosts], channel: None, queue_ns: FOREVER, seed: 1 }
}

/// A medium whose hosts have all been heard once, at time 0.
fn introduced(config: Config) -> Medium {
    let (hosts, lossy) = (config.links.len(), config.clone());
    let quiet = Config { links: vec![Link::default(); hosts], ..config };
    let mut medium = Medium::new(quiet).expect("valid");
    (0..hosts).for_each(|host| medium.learn(Mac(mac(host)), host));
    medium.config = lossy;
    medium
}

fn wifi(hosts: usize, access_point: Option<usize>) -> Config {
    let rate = |mbit| Rate::mbit(mbit).expect("positive");
    let channel = Channel { rate: rate(100.0), multicast: rate(24.0), access_point, second: None };
    Config { channel: Some(channel), ..config(hosts, Link::default()) }
}

#[test]
fn what_goes_to_a_second_access_point_takes_both_channels_and_the_backhaul() {
    let mut config = wifi(4, None);
    let second = Second { from_host: 2, rate: Rate::mbit(20.0).expect("positive"), delay_ns: 3 * MS };
    config.channel = config.channel.map(|channel| Channel { second: Some(second), ..channel });
    let mut medium = introduced(config);
    medium.offer(0, ALICE, &frame(ALICE, mac(CAROL), 1514, 0));
    medium.offer(0, ALICE, &frame(ALICE, mac(BOB), 1514, 1));
    let [near, far] = &drain(&mut medium)[..] else { panic!("two deliveries") };
    assert_eq!((near.to, near.at_ns), (BOB, 3 * 123_040), "after the first crossing of the frame before");
    assert_eq!((far.to, far.at_ns), (CAROL, 123_040 + 615_200 + 3 * MS + 123_040));
    assert_eq!(medium.stats().backhaul_bytes, 1538);
}

fn drain(medium: &mut Medium) -> Vec<Delivery> {
    std::iter::from_fn(|| medium.poll(FOREVER)).collect()
}

#[test]
fn rates_and_delay_add_up() {
    let link = Link { up: Rate::mbit(20.0), down: Rate::mbit(100.0), delay_ns: 5 * MS, ..Link::default() };
    let mut medium = introduced(config(2, link));
    medium.offer(0, ALICE, &frame(ALICE, mac(BOB), 1514, 0));
    let [delivery] = &drain(&mut medium)[..] else { panic!("one delivery") };
    assert_eq!(delivery.at_ns, 615_200 + 123_040 + 5 * MS);
    assert_eq!(delivery.to, BOB);
}

#[test]
fn a_backlogged_sender_does_not_hold_up_another_one() {
    let link = Link { up: Rate::mbit(1.0), down: Rate::mbit(100.0), ..Link::default() };
    let mut medium = introduced(config(3, link));
    for number in 0..10 {
        medium.offer(0, ALICE, &frame(ALICE, mac(CAROL), 1514, number));
    }
    medium.offer(0, BOB, &frame(BOB, mac(CAROL), 60, 99));
    assert_eq!(mark(&drain(&mut medium)[0]), 99, "the short frame of the idle sender is first");
}

#[test]
fn unknown_addresses_are_flooded_and_known_ones_are_not() {
    let mut medium = Medium::new(config(3, Link::default())).expect("valid");
    medium.offer(0, ALICE, &frame(ALICE, mac(BOB), 60, 0));
    assert_eq!(drain(&mut medium).len(), 2, "bob was not heard yet");
    medium.offer(0, BOB, &frame(BOB, mac(ALICE), 60, 0));
    let back = drain(&mut medium);
    assert_eq!((back.len(), back[0].to), (1, ALICE));
    assert_eq!(medium.stats().forwarded, 3);
    assert_eq!(medium.stats().bytes, 180);
    assert_eq!(medium.stats().hosts[ALICE].received_frames, 1);
}

#[test]
fn station_to_station_crosses_the_air_twice() {
    let unicast_ns = 8 * (1514 + FRAMING_BYTES as u64) * 10;
    for (access_point, crossings) in [(None, 2), (Some(BOB), 1), (Some(ALICE), 1), (Some(CAROL), 2)] {
        let mut medium = introduced(wifi(3, access_point));
        medium.offer(0, ALICE, &frame(ALICE, mac(BOB), 1514, 0));
        assert_eq!(drain(&mut medium)[0].at_ns, crossings * unicast_ns, "{access_point:?}");
        assert_eq!(medium.stats().airtime_ns, crossings * unicast_ns, "{access_point:?}");
    }
}

#[test]
fn multicast_is_repeated_once_at_the_basic_rate() {
    let wire_bits = 8 * (1000 + FRAMING_BYTES as u64);
    let (unicast_ns, basic_ns) = (wire_bits * 10, (wire_bits * 1_000).div_ceil(24));
    let mut medium = introduced(wifi(5, Some(CAROL)));
    medium.offer(0, ALICE, &frame(ALICE, GROUP, 1000, 0));
    let copies = drain(&mut medium);
    assert_eq!(copies.len(), 4);
    assert_eq!((copies[0].to, copies[0].at_ns), (CAROL, unicast_ns), "the access point hears first");
    assert!(copies[1..].iter().all(|copy| copy.at_ns == unicast_ns + basic_ns));
    assert_eq!(medium.stats().airtime_ns, unicast_ns + basic_ns);
    assert_eq!(medium.stats().multicast_copies, 4);
}

#[test]
fn what_the_access_point_refuses_is_not_repeated() {
    let mut medium = introduced(wifi(3, Some(CAROL)));
    medium.apply(0, &Change::Isolate { on: true }).expect("valid");
    medium.offer(0, ALICE, &frame(ALICE, GROUP, 1000, 0));
    assert_eq!(drain(&mut medium).len(), 1, "the access point alone");
    assert_eq!(medium.stats().airtime_ns, 8 * 1024 * 10);
    assert_eq!(medium.stats().blocked, 1);
}

#[test]
fn a_cut_loses_what_is_under_way() {
    let link = Link { delay_ns: 10 * MS, ..Link::default() };
    let mut medium = introduced(config(3, link));
    medium.offer(0, ALICE, &frame(ALICE, mac(BOB), 60, 0));
    let apart = Change::Partition { sets: vec![vec![ALICE, CAROL], vec![BOB]] };
    medium.apply(5 * MS, &apart).expect("valid");
    medium.offer(6 * MS, ALICE, &frame(ALICE, GROUP, 60, 1));
    let arrived = drain(&mut medium);
    assert_eq!((arrived.len(), arrived[0].to), (1, CAROL));
    assert_eq!(medium.stats().blocked, 2);
}

#[test]
fn a_host_that_is_down_neither_sends_nor_hears() {
    let mut medium = introduced(config(3, Link::default()));
    medium.apply(0, &Change::Link { host: BOB, up: false }).expect("valid");
    medium.offer(0, BOB, &frame(BOB, GROUP, 60, 0));
    medium.offer(0, ALICE, &frame(ALICE, GROUP, 60, 1));
    let arrived = drain(&mut medium);
    assert_eq!((arrived.len(), arrived[0].to, mark(&arrived[0])), (1, CAROL, 1));
}

#[test]
fn a_full_queue_holds_its_cap_and_no_more() {
    let link = Link { up: Rate::mbit(20.0), ..Link::default() };
    let mut medium = introduced(Config { queue_ns: 100 * MS, ..config(2, link) });
    for number in 0..1_000 {
        medium.offer(0, ALICE, &frame(ALICE, mac(BOB), 1514, number));
    }
    let arrived = drain(&mut medium);
    let fits = 100 * MS / 615_200 + 1;
    assert_eq!(arrived.len() as u64, fits, "the first, and those that wait at most 100 ms");
    assert_eq!(medium.stats().queue_drops, 1_000 - arrived.len() as u64);
    assert!(arrived.iter().all(|delivery| delivery.at_ns <= 100 * MS + 615_200));
}

#[test]
fn rejected_bytes_are_harmless() {
    let mut medium = Medium::new(config(2, Link::default())).expect("valid");
    medium.offer(0, ALICE, &[0; 13]);
    assert_eq!(medium.next_event_ns(), None);
    assert_eq!(medium.stats().hosts[ALICE].sent_frames, 0);
}

/// Whether `hits` of `trials` at probability `p` is within five standard deviations.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn is_binomial(hits: u64, trials: u64, p: f64) -> bool {
    let (hits, trials) = (hits as f64, trials as f64);
    (hits - trials * p).abs() <= 5.0 * (trials * p * (1.0 - p)).sqrt() + 1.0
}

/// Frames as a test offers them: gaps in microseconds, sender, receiver (or all), size.
fn traffic() -> impl Strategy<Value = Vec<(u64, usize, Option<usize>, usize)>> {
    let one = (0u64..2_000, 0usize..4, proptest::option::of(0usize..4), 18usize..1_515);
    proptest::collection::vec(one, 1..200)
}

fn any_link() -> impl Strategy<Value = Link> {
    (0u64..50, 0u64..50, 0u64..20, 0.0f64..0.5, 0.0f64..0.5).prop_map(|(up, down, delay, loss, duplicates)| Link {
        up: Rate::bits_per_second(up * 1_000_000),
        down: Rate::bits_per_second(down * 1_000_000),
        delay_ns: delay * MS,
        jitter_ns: 0,
        loss,
        duplicates,
    })
}

fn any_config() -> impl Strategy<Value = Config> {
    let channel = proptest::option::of((1u64..100, 1u64..24, proptest::option::of(0usize..4)));
    let links = proptest::collection::vec(any_link(), 4);
    (links, channel, 0u64..200, any::<u64>()).prop_map(|(links, channel, queue, seed)| {
        let channel = channel.and_then(|(rate, multicast, access_point)| {
            let rate = Rate::bits_per_second(rate * 1_000_000)?;
            let multicast = Rate::bits_per_second(multicast * 1_000_000)?;
            Some(Channel { rate, multicast, access_point, second: None })
        });
        Config { links, channel, queue_ns: queue * MS, seed }
    })
}

/// Runs the traffic, polling as a switch does; returns sender, receiver, number and time.
fn run(config: &Config, traffic: &[(u64, usize, Option<usize>, usize)]) -> (Medium, Vec<(usize, usize, u32, u64)>) {
    let mut medium = introduced(config.clone());
    let (mut now_ns, mut arrived) = (0, vec![]);
    for (number, &(gap_us, from, to, bytes)) in traffic.iter().enumerate() {
        now_ns += gap_us * 1_000;
        let number = u32::try_from(number).expect("few frames");
        medium.offer(now_ns, from, &frame(from, to.map_or(GROUP, mac), bytes, number));
        arrived.extend(std::iter::from_fn(|| medium.poll(now_ns)));
    }
    arrived.extend(drain(&mut medium));
    let describe = |delivery: &Delivery| {
        let number = mark(delivery);
        (traffic[number as usize].1, delivery.to, number, delivery.at_ns)
    };
    let arrived = arrived.iter().map(describe).collect();
    (medium, arrived)
}

proptest! {
    #[test]
    fn without_jitter_each_flow_stays_in_order(config in any_config(), traffic in traffic()) {
        let (_, arrived) = run(&config, &traffic);
        for from in 0..4 {
            for to in 0..4 {
                let flow = arrived.iter().filter(|copy| (copy.0, copy.1) == (from, to));
                let numbers: Vec<u32> = flow.map(|copy| copy.2).collect();
                prop_assert!(numbers.is_sorted(), "{from} to {to}: {numbers:?}");
            }
        }
    }

    #[test]
    fn deliveries_come_in_order_of_time_and_never_before_the_formula(
        config in any_config(),
        traffic in traffic(),
    ) {
        let (_, arrived) = run(&config, &traffic);
        prop_assert!(arrived.is_sorted_by_key(|copy| copy.3));
        let mut offered_ns = vec![];
        let mut now_ns = 0;
        for (gap_us, ..) in &traffic {
            now_ns += gap_us * 1_000;
            offered_ns.push(now_ns);
        }
        for (from, to, number, at_ns) in arrived {
            let bytes = traffic[number as usize].3;
            let least_ns = time_on(config.links[from].up, bytes)
                + time_on(config.links[to].down, bytes)
                + config.links[to].delay_ns;
            prop_assert!(at_ns >= offered_ns[number as usize] + least_ns);
        }
    }

    #[test]
    fn every_copy_is_accounted_for(config in any_config(), traffic in traffic()) {
        let (medium, arrived) = run(&config, &traffic);
        let stats = medium.stats();
        prop_assert_eq!(stats.forwarded, arrived.len() as u64);
        if config.channel.is_none() && config.links.iter().all(|link| link.up.is_none()) {
            let copies: u64 = traffic.iter().map(|&(_, from, to, _)| match to {
                Some(to) => u64::from(to != from),
                None => 3,
            }).sum();
            let gone = stats.loss_drops + stats.queue_drops;
            prop_assert_eq!(copies + stats.duplicates, stats.forwarded + gone);
        }
        let received: u64 = stats.hosts.iter().map(|host| host.received_bytes).sum();
        prop_assert_eq!(received, stats.bytes);
    }

    #[test]
    fn the_same_seed_gives_the_same_deliveries(config in any_config(), traffic in traffic()) {
        let (first, again) = (run(&config, &traffic), run(&config, &traffic));
        prop_assert_eq!(first.1, again.1);
        prop_assert_eq!(first.0.stats(), again.0.stats());
    }

    #[test]
    fn a_busy_line_serves_exactly_its_rate(mbit in 1u64..1_000, bytes in 18usize..1_515, frames in 1u32..100) {
        let rate = Rate::bits_per_second(mbit * 1_000_000);
        let mut medium = introduced(config(2, Link { up: rate, ..Link::default() }));
        for number in 0..frames {
            medium.offer(0, ALICE, &frame(ALICE, mac(BOB), bytes, number));
        }
        let last_ns = drain(&mut medium).last().expect("no loss").at_ns;
        let bits = 8 * (bytes + FRAMING_BYTES) as u64 * u64::from(frames);
        let exact_ns = (bits * 1_000).div_ceil(mbit);
        prop_assert!((exact_ns..=exact_ns + u64::from(frames)).contains(&last_ns), "1 ns of rounding a frame");
    }

    #[test]
    fn loss_and_duplicates_are_binomial(seed in any::<u64>(), loss in 0.0f64..=1.0, duplicates in 0.0f64..=1.0) {
        let link = Link { loss, duplicates, ..Link::default() };
        let mut medium = introduced(Config { seed, ..config(2, link) });
        for number in 0..2_000 {
            medium.offer(u64::from(number), ALICE, &frame(ALICE, mac(BOB), 60, number));
        }
        let stats = medium.stats();
        let kept = 2_000 - stats.loss_drops;
        prop_assert!(is_binomial(stats.loss_drops, 2_000, loss), "{} lost", stats.loss_drops);
        prop_assert!(is_binomial(stats.duplicates, kept, duplicates), "{} twice", stats.duplicates);
    }

    #[test]
    fn jitter_stays_within_its_bounds(seed in any::<u64>(), jitter_ms in 1u64..50) {
        let link = Link { delay_ns: 10 * MS, jitter_ns: jitter_ms * MS, ..Link::default() };
        let mut medium = introduced(Config { seed, ..config(2, link) });
        for number in 0..500 {
            medium.offer(SECOND, ALICE, &frame(ALICE, mac(BOB), 60, number));
        }
        let bounds = SECOND + 10 * MS..=SECOND + (10 + jitter_ms) * MS;
        let arrived = drain(&mut medium);
        prop_assert!(arrived.iter().all(|delivery| bounds.contains(&delivery.at_ns)));
        let spread = arrived[499].at_ns - arrived[0].at_ns;
        prop_assert!(spread > jitter_ms * MS * 9 / 10, "500 draws fill the interval");
    }
}
