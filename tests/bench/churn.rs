//! Churn: twenty devices of which each second one comes and one goes, against the same group at rest.
//!
//! `lanbox run -- bench-churn [--runs N] [--seconds N] [--json]`: each run has a LAN (100 Mbit/s, a millisecond) and a group of
//! its own. Twenty devices are there. Ten of them stay; of the others one goes each second when it churns, with a word or killed, and
//! one of five that were away comes: back, or with nothing, as somebody new who joins by the invite. A photo of a megapixel is
//! posted each second on a random one of those who stay. A delay begins when its node is told of the file and ends when another one of those who stay has answered that it
//! holds the grid preview. At the end one of the others posts photos, and is killed as soon as each of their originals is
//! whole on one more device: those who stay have to get them all the same.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use lanbox::Lan;
use tests::control::Control;
use tests::figures::{Figures, median, ms, option, quantile};
use tests::gathering::{Gathering, held, page};
use tests::media::{Random, Sample, Studio};
use tests::node::Node;
use tests::poll;
use tests::shots::{post_each_second, watch};

const DEVICES: usize = 25;
const STAYING: usize = 10;
/// Of those who do not stay, so many are there at a time.
const THERE: usize = 10;
const SECONDS: u64 = 20;
const RUNS: u64 = 5;
const MEGAPIXELS: u32 = 1;
/// Photos of the source that leaves: about 2 MiB each.
const LEFT_BEHIND: u32 = 4;
const LEFT_MEGAPIXELS: u32 = 8;
/// What churn may cost those who stay, in percent of the delay at rest.
const DELAY_GOAL: f64 = 200.0;
const WITHIN: Duration = Duration::from_secs(120);
/// What comes after the last shutter is waited for so long; what did not come then is missing.
const LATE: Duration = Duration::from_secs(10);
/// More moments than any run has.
const ALL: u32 = 400;
/// What settles after joining: pings, the gossip mesh.
const SETTLE: Duration = Duration::from_secs(6);

/// What one run found.
struct Found {
    calm: Delays,
    churning: Delays,
    crowd: Crowd,
    /// From the source's end until those who stay had everything it posted.
    left_behind: Duration,
}

/// How those who do not stay came and went.
#[derive(Clone, Copy, Default)]
struct Crowd {
    comings: usize,
    /// How many of these were new, and how many of the new were not let in.
    new: usize,
    shut_out: usize,
    /// Of those who were asked to go, how many did not within the patience of a test.
    late: usize,
}

/// Sorted delays, and how many previews did not come.
struct Delays {
    sorted: Vec<Duration>,
    missing: usize,
}

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let seconds = option("--seconds").unwrap_or(SECONDS);
    let studio = Studio::open()?;
    let small = (0..2 * u32::try_from(seconds)?).map(|n| studio.photo_sized(6_000 + n, MEGAPIXELS));
    let small = small.collect::<Result<Vec<_>>>()?;
    let large = (0..LEFT_BEHIND).map(|n| studio.photo_sized(3_000 + n, LEFT_MEGAPIXELS)).collect::<Result<Vec<_>>>()?;
    let runs = option("--runs").unwrap_or(RUNS);
    let found = (0..runs).map(|seed| run(seed, &small, &large)).collect::<Result<Vec<_>>>()?;
    report(Figures::from_arguments(), &found);
    Ok(())
}

fn run(seed: u64, small: &[Sample], large: &[Sample]) -> Result<Found> {
    let lan = Lan::builder().hosts(DEVICES).rate_up_mbit(100.0).rate_down_mbit(100.0).delay_ms(1.0);
    let lan = Arc::new(lan.start()?);
    let folder = tempfile::tempdir()?;
    let Gathering { mut nodes, group } = Gathering::start(&lan, folder.path())?;
    let (staying, others) = nodes.split_at_mut(STAYING);
    for node in &mut others[THERE..] {
        node.stop()?;
    }
    let invite = staying[0].call(&["group", "invite"])?;
    let link = invite["link"].as_str().context("an invite has a link")?;
    std::thread::sleep(SETTLE);
    let (at_rest, in_churn) = small.split_at(small.len() / 2);
    let calm = shoot(staying, &group, at_rest, seed)?;
    let done = AtomicBool::new(false);
    let (churning, crowd) = std::thread::scope(|scope| {
        let crowd = scope.spawn(|| churn(others, link, &mut Random::new(seed), &done));
        let delays = shoot(staying, &group, in_churn, seed);
        done.store(true, Ordering::Relaxed);
        let crowd = crowd.join().map_err(|_| anyhow!("the crowd panicked"))?;
        Ok::<_, anyhow::Error>((delays?, crowd?))
    })?;
    let left_behind = leave_behind(staying, others, &group, large)?;
    let p50 = |delays: &Delays| quantile(&delays.sorted, 0.5);
    eprintln!("at rest {:?}, churning {:?} (p50), left behind {left_behind:?}", p50(&calm), p50(&churning));
    Ok(Found { calm, churning, crowd, left_behind })
}

/// A photo a second among those who stay: how long each took to each of them.
fn shoot(staying: &[Node], group: &str, samples: &[Sample], seed: u64) -> Result<Delays> {
    let done = AtomicBool::new(false);
    let before = held_by(&staying[0], group, "grid")?;
    let count = before.len() + samples.len();
    std::thread::scope(|scope| {
        let watching = staying.iter().map(|node| scope.spawn(|| watch(node, group, count, &done))).collect::<Vec<_>>();
        let posted = post_each_second(staying, group, samples, seed);
        let late = Instant::now() + LATE;
        while watching.iter().any(|watch| !watch.is_finished()) && Instant::now() < late {
            std::thread::sleep(Duration::from_millis(20));
        }
        done.store(true, Ordering::Relaxed);
        let seen = watching.into_iter().map(|watch| watch.join().map_err(|_| anyhow!("a watcher panicked"))?);
        let (seen, posted) = (seen.collect::<Result<Vec<_>>>()?, posted?);
        let mut sorted = vec![];
        for (id, shot) in &posted {
            let others = seen.iter().enumerate().filter(|(host, _)| *host != shot.host);
            sorted.extend(others.filter_map(|(_, seen)| Some(seen.get(id)?.saturating_duration_since(shot.shutter))));
        }
        sorted.sort_unstable();
        let missing = samples.len() * (staying.len() - 1) - sorted.len();
        Ok(Delays { sorted, missing })
    })
}

/// Each second one of the others goes, with a word or without, and one comes, back or new.
fn churn(others: &mut [Node], link: &str, random: &mut Random, done: &AtomicBool) -> Result<Crowd> {
    let (start, mut crowd) = (Instant::now(), Crowd::default());
    for second in 1.. {
        let due = start + Duration::from_secs(second);
        while Instant::now() < due {
            if done.load(Ordering::Relaxed) {
                return Ok(crowd);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut pick = |runs: bool| {
            let able = (0..others.len()).filter(|at| others[*at].pid().is_some() == runs).collect::<Vec<_>>();
            able[random.below(able.len() as u64) as usize]
        };
        let (comes, goes) = (pick(false), pick(true));
        if random.below(2) == 0 {
            others[goes].kill()?;
        } else if let Err(error) = others[goes].stop() {
            // It was killed then, and the others churn on.
            eprintln!("{error:#}\n{}", others[goes].log_tail());
            crowd.late += 1;
        }
        let is_new = random.below(2) == 0;
        if is_new {
            std::fs::remove_dir_all(others[comes].data_dir())?;
        }
        others[comes].start()?;
        crowd.comings += 1;
        if is_new {
            crowd.new += 1;
            if let Err(error) = others[comes].call(&["join", link]) {
                eprintln!("{error:#}\n{}", others[comes].log_tail());
                crowd.shut_out += 1;
            }
        }
    }
    Ok(crowd)
}

/// One of the others posts and is gone as soon as somebody has it.
fn leave_behind(staying: &[Node], others: &mut [Node], group: &str, samples: &[Sample]) -> Result<Duration> {
    let source = others.iter_mut().find(|node| node.pid().is_some()).context("somebody is there")?;
    let files = samples.iter().map(|sample| sample.path.clone()).collect::<Vec<_>>();
    let receipt = Control::connect(&source.data_dir())?.post(group, &files)?;
    let moments = receipt["moments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let posted = moments.iter().filter_map(|id| Some(id.as_str()?.to_owned())).collect::<BTreeSet<_>>();
    ensure!(posted.len() == samples.len(), "{receipt}");
    poll::until_true("each original is on one more device", WITHIN, || {
        let mut there = BTreeSet::new();
        for node in staying {
            there.extend(held_by(node, group, "original")?);
        }
        Ok(posted.is_subset(&there))
    })?;
    source.kill()?;
    let gone = Instant::now();
    for node in staying {
        poll::until_true(&format!("{} has what was left behind", node.name), WITHIN, || {
            Ok(posted.is_subset(&held_by(node, group, "original")?))
        })?;
    }
    Ok(gone.elapsed())
}

/// The moments of which a device holds a part.
fn held_by(node: &Node, group: &str, part: &'static str) -> Result<BTreeSet<String>> {
    let mut control = Control::connect(&node.data_dir())?;
    Ok(held(&page(group, &mut control, ALL)?, part).collect())
}

fn report(figures: Figures, found: &[Found]) {
    let comings = found.iter().map(|run| run.crowd.comings).sum::<usize>();
    let new = found.iter().map(|run| run.crowd.new).sum::<usize>();
    eprintln!("{comings} came, {new} of them new, and as many went");
    let shut_out = found.iter().map(|run| run.crowd.shut_out).sum::<usize>();
    figures.print("newcomers who were not let in", shut_out as f64, "", Some(0.0), None);
    let late = found.iter().map(|run| run.crowd.late).sum::<usize>();
    figures.print("devices that did not end within 20 s of being asked to", late as f64, "", Some(0.0), None);
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let of = |delays: &Delays| ms(quantile(&delays.sorted, part));
        let calm = found.iter().map(|run| of(&run.calm)).collect::<Vec<_>>();
        let churning = found.iter().map(|run| of(&run.churning)).collect::<Vec<_>>();
        let shares = churning.iter().zip(&calm).map(|(churning, calm)| 100.0 * churning / calm).collect::<Vec<_>>();
        let at_rest = Some(("at rest", median(&calm)));
        figures.print_runs(
            &format!("shutter to grid preview on those who stay, {name}"),
            &churning,
            "ms",
            None,
            at_rest,
        );
        figures.print_runs(&format!("of the delay at rest, {name}"), &shares, "%", Some(DELAY_GOAL), None);
    }
    let missing = found.iter().map(|run| run.calm.missing + run.churning.missing).sum::<usize>();
    figures.print("previews that did not come", missing as f64, "", Some(0.0), None);
    let left = found.iter().map(|run| run.left_behind.as_secs_f64()).collect::<Vec<_>>();
    figures.print_runs("originals on all who stay after their source was killed", &left, "s", None, None);
}
