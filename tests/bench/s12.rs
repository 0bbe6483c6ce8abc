//! S12: growth. Groups of 8, 16, 32 and 64 real members, one process and one namespace each.
//!
//! `lanbox run -- bench-s12 [--members N] [--operations N] [--json]`: each has 100 Mbit/s and a millisecond each way. All join by
//! one member's invite. Then random members react to moments, two a second; an operation's latency is from the call on one
//! device to the event on each other one. `glow-sync` at 1,000 devices is simulated in `tests/sim`.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use glow_api::{MomentGet, MomentReact, PeerList};
use lanbox::Lan;
use tests::control::Control;
use tests::figures::{Figures, ms, option, quantile};
use tests::gathering::Gathering;
use tests::media::{Random, Studio};
use tests::poll;

const SIZES: [usize; 4] = [8, 16, 32, 64];
const OPERATIONS: u64 = 60;
const EVERY: Duration = Duration::from_millis(500);
/// Moments that are reacted to in turn: an event names the moment, so one is not used again before all have heard.
const MOMENTS: usize = 8;
const P99_GOAL_MS: f64 = 2_000.0;
const LINKS: usize = 12;
const SETTLE: Duration = Duration::from_secs(15);
/// After the last operation, for repair to bring what gossip lost.
const REPAIR: Duration = Duration::from_secs(65);
const WITHIN: Duration = Duration::from_secs(120);
const EMOJI: [&str; 8] = ["❤️", "🎉", "😂", "👏", "🔥", "🥂", "🌅", "👍"];

/// What a group of one size showed.
struct Shown {
    members: usize,
    latencies: Vec<Duration>,
    missed_live: usize,
    missing: usize,
    /// What a member receives while operations are made, in bytes, in the mean.
    received_bytes: f64,
    most_links: usize,
}

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let figures = Figures::from_arguments();
    let sizes = match option("--members") {
        Some(members) => vec![usize::try_from(members)?],
        None => SIZES.to_vec(),
    };
    let operations = option("--operations").unwrap_or(OPERATIONS);
    let mut least = None;
    for members in sizes {
        let shown = grow(members, operations)?;
        report(figures, &shown, *least.get_or_insert((members, shown.received_bytes)));
    }
    Ok(())
}

fn grow(members: usize, operations: u64) -> Result<Shown> {
    let lan = Arc::new(Lan::builder().hosts(members).rate_up_mbit(100.0).rate_down_mbit(100.0).delay_ms(1.0).start()?);
    let folder = tempfile::tempdir()?;
    let gathering = Gathering::start(&lan, folder.path())?;
    let mut controls =
        gathering.nodes.iter().map(|node| Control::connect(&node.data_dir())).collect::<Result<Vec<_>>>()?;
    let moments = post_moments(&gathering, &mut controls)?;
    std::thread::sleep(SETTLE);
    let mut most_links = 0;
    for control in &mut controls {
        let page = control.call(PeerList { group: gathering.group.clone() })?;
        most_links = most_links.max(page["peers"].as_array().map_or(0, Vec::len));
    }
    gathering.nodes.iter().for_each(|node| drop(node.take_events()));

    let before = lan.stats()?;
    let mut random = Random::new(12);
    let mut made: Vec<(Instant, usize, &str)> = vec![];
    let start = Instant::now();
    for number in 0..operations as usize {
        let due = start + EVERY * number as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let author = random.below(members as u64) as usize;
        let moment = &moments[number % moments.len()];
        let emoji = EMOJI[number / moments.len() % EMOJI.len()].to_owned();
        made.push((Instant::now(), author, moment));
        let react = MomentReact { group: gathering.group.clone(), moment: moment.clone(), emoji, on: true };
        controls[author].call(react)?;
    }
    std::thread::sleep(EVERY * moments.len() as u32);
    let after = lan.stats()?;
    let received =
        after.hosts.iter().zip(&before.hosts).map(|(after, before)| after.received_bytes - before.received_bytes);
    let received_bytes = received.sum::<u64>() as f64 / members as f64;

    let (latencies, missed_live) = latencies(&gathering, &made);
    let missing = missing(&gathering, &mut controls, &made, operations)?;
    Ok(Shown { members, latencies, missed_live, missing, received_bytes, most_links })
}

/// Photos of one member, complete on all.
fn post_moments(gathering: &Gathering, controls: &mut [Control]) -> Result<Vec<String>> {
    let studio = Studio::open()?;
    let files = (0..MOMENTS as u32).map(|n| Ok(studio.photo_sized(4_000 + n, 1)?.path)).collect::<Result<Vec<_>>>()?;
    let receipt = controls[0].post(&gathering.group, &files)?;
    let moments = receipt["moments"].as_array().context("a receipt names its moments")?;
    let moments = moments.iter().filter_map(|moment| Some(moment.as_str()?.to_owned())).collect::<Vec<_>>();
    for (node, control) in gathering.nodes.iter().zip(controls) {
        poll::until_true(&format!("{} has every moment", node.name), WITHIN, || {
            let page = gathering.page(control, 100)?;
            Ok(tests::gathering::held(&page, "original").count() == moments.len())
        })?;
    }
    Ok(moments)
}

/// From each call to the event on each other device; and how many of these there were none of.
fn latencies(gathering: &Gathering, made: &[(Instant, usize, &str)]) -> (Vec<Duration>, usize) {
    let mut latencies = vec![];
    let mut missed = 0;
    for (host, node) in gathering.nodes.iter().enumerate() {
        let mut heard: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
        for event in node.take_events() {
            let changed = event.line["changed"].as_array().map(Vec::as_slice).unwrap_or_default();
            for moment in changed.iter().filter_map(|moment| moment.as_str()) {
                heard.entry(moment.to_owned()).or_default().push(event.at);
            }
        }
        for (at, _, moment) in made.iter().filter(|(_, author, _)| *author != host) {
            let next = made.iter().find(|(later, _, other)| later > at && other == moment).map(|(later, ..)| *later);
            let of_this = |heard: &&Instant| **heard >= *at && next.is_none_or(|next| **heard < next);
            match heard.get(*moment).and_then(|heard| heard.iter().find(of_this)) {
                Some(heard) => latencies.push(*heard - *at),
                None => missed += 1,
            }
        }
    }
    latencies.sort_unstable();
    (latencies, missed)
}

/// Reactions that are still missing somewhere when repair has had its time.
fn missing(
    gathering: &Gathering,
    controls: &mut [Control],
    made: &[(Instant, usize, &str)],
    operations: u64,
) -> Result<usize> {
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    made.iter().for_each(|(_, _, moment)| *expected.entry(moment).or_default() += 1);
    ensure!(expected.values().sum::<u64>() == operations, "every operation was made");
    let end = Instant::now() + REPAIR;
    let count = |control: &mut Control| -> Result<u64> {
        let mut lacking = 0;
        for (moment, expected) in &expected {
            let view = control.call(MomentGet { group: gathering.group.clone(), moment: (*moment).to_owned() })?;
            let reactions = view["reactions"].as_array().map(Vec::as_slice).unwrap_or_default();
            let here = reactions.iter().filter_map(|reaction| reaction["count"].as_u64()).sum::<u64>();
            lacking += expected.saturating_sub(here);
        }
        Ok(lacking)
    };
    let mut missing = 0;
    for control in controls {
        while count(control)? > 0 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(250));
        }
        missing += count(control)? as usize;
    }
    Ok(missing)
}

fn report(figures: Figures, shown: &Shown, (fewest, least_bytes): (usize, f64)) {
    let members = shown.members;
    let figure = |name: &str| format!("{members} members: {name}");
    let p99_goal = (members == 64).then_some(P99_GOAL_MS);
    figures.print(&figure("operation on another device, p50"), ms(quantile(&shown.latencies, 0.5)), "ms", None, None);
    figures.print(
        &figure("operation on another device, p99"),
        ms(quantile(&shown.latencies, 0.99)),
        "ms",
        p99_goal,
        None,
    );
    figures.print(&figure("came by repair, not live"), shown.missed_live as f64, "", None, None);
    figures.print(&figure("operations missing"), shown.missing as f64, "", Some(0.0), None);
    figures.print(&figure("links of one member, at most"), shown.most_links as f64, "", Some(LINKS as f64), None);
    let logarithmic = least_bytes * (members as f64).log2() / (fewest as f64).log2();
    let allowed = (members > fewest).then_some(logarithmic / 1e3);
    let reference = (members > fewest).then_some(("with the fewest", least_bytes / 1e3));
    figures.print(&figure("received by each"), shown.received_bytes / 1e3, "kB", allowed, reference);
}
