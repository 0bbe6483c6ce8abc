//! Loss: ten photos of one member to eight others while a part of all frames is lost, against the same job without loss.
//!
//! `lanbox run -- bench-loss [--runs N] [--json]`: on S1's network (separate links, 20 Mbit/s up, 100 down, 2 ms). Each run has a
//! LAN and a group of its own; in it the same job is done once without loss and once for each part, each with photos of its own.
//! A time begins when the node is told of the files and ends when the last device has answered that it holds the last
//! original. Where three frames in ten are lost only words are promised within a time: captions, one after the other, each
//! until it is on every other device; and a few photos, which have to arrive.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use glow_api::{MomentCaption, MomentGet};
use lanbox::Lan;
use tests::control::Control;
use tests::figures::{Figures, ms, option, quantile};
use tests::gathering::{Gathering, held};
use tests::media::Studio;
use tests::poll;

const DEVICES: usize = 9;
/// A photo of this many megapixels weighs about 2 MiB.
const MEGAPIXELS: u32 = 8;
const PHOTOS: u32 = 10;
const RUNS: u64 = 5;
/// Parts of all frames that are lost, in percent, and how much of the time without loss the job may take, in percent.
const PROMISED: [(u32, f64); 3] = [(1, 115.0), (5, 150.0), (10, 250.0)];
/// The part at which words and photos still have to arrive, so many of each.
const HEAVY: u32 = 30;
const WORDS: usize = 5;
const FEW_PHOTOS: u32 = 2;
/// What a word may take then.
const WORD_GOAL_MS: f64 = 10_000.0;
const WITHIN: Duration = Duration::from_secs(600);
/// More moments than any run has.
const ALL: u32 = 200;
/// What settles after joining: pings, the gossip mesh.
const SETTLE: Duration = Duration::from_secs(6);

/// What one run took.
struct Taken {
    calm: Duration,
    lossy: Vec<Duration>,
    words: Vec<Duration>,
    few: Duration,
    lost_frames: u64,
}

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let studio = Studio::open()?;
    let rounds = 1 + PROMISED.len() as u32;
    let photos = (0..rounds * PHOTOS + FEW_PHOTOS).map(|n| Ok(studio.photo_sized(3_000 + n, MEGAPIXELS)?.path));
    let photos = photos.collect::<Result<Vec<_>>>()?;
    let runs = option("--runs").unwrap_or(RUNS);
    let taken = (0..runs).map(|_| run(&photos)).collect::<Result<Vec<_>>>()?;
    report(Figures::from_arguments(), &taken)
}

fn run(photos: &[PathBuf]) -> Result<Taken> {
    let links = Lan::builder().hosts(DEVICES).rate_up_mbit(20.0).rate_down_mbit(100.0).delay_ms(2.0);
    let lan = Arc::new(links.start()?);
    let folder = tempfile::tempdir()?;
    let gathering = Gathering::start(&lan, folder.path())?;
    std::thread::sleep(SETTLE);
    let (full, few) = photos.split_at(photos.len() - FEW_PHOTOS as usize);
    let mut jobs = full.chunks(PHOTOS as usize);
    let mut job = |lost_percent: u32| -> Result<Duration> {
        lan.set_loss(None, f64::from(lost_percent) / 100.0)?;
        let took = spread(&gathering, jobs.next().context("each job has photos of its own")?)?;
        eprintln!("{lost_percent} % lost: {took:?}");
        Ok(took)
    };
    let calm = job(0)?;
    let lossy = PROMISED.iter().map(|(lost, _)| job(*lost)).collect::<Result<Vec<_>>>()?;
    lan.set_loss(None, f64::from(HEAVY) / 100.0)?;
    let words = (0..WORDS).map(|number| say(&gathering, number)).collect::<Result<Vec<_>>>()?;
    let few = spread(&gathering, few)?;
    eprintln!("{HEAVY} % lost: words {words:?}, {FEW_PHOTOS} photos {few:?}");
    Ok(Taken { calm, lossy, words, few, lost_frames: lan.stats()?.loss_drops })
}

/// Posts files on the first device. Answers how long it took until every other one held their originals.
fn spread(gathering: &Gathering, files: &[PathBuf]) -> Result<Duration> {
    let mut source = Control::connect(&gathering.nodes[0].data_dir())?;
    let start = Instant::now();
    let receipt = source.post(&gathering.group, files)?;
    let moments = receipt["moments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids = moments.iter().filter_map(|id| Some(id.as_str()?.to_owned())).collect::<Vec<_>>();
    ensure!(ids.len() == files.len(), "{receipt}");
    for node in &gathering.nodes[1..] {
        let mut control = Control::connect(&node.data_dir())?;
        poll::until_true(&format!("{} has every original", node.name), WITHIN, || {
            let here = held(&gathering.page(&mut control, ALL)?, "original").collect::<Vec<_>>();
            Ok(ids.iter().all(|id| here.contains(id)))
        })?;
    }
    Ok(start.elapsed())
}

/// Writes a caption under a photo of the first device. Answers how long it took until every other one showed it.
fn say(gathering: &Gathering, number: usize) -> Result<Duration> {
    let mut source = Control::connect(&gathering.nodes[0].data_dir())?;
    let page = gathering.page(&mut source, ALL)?;
    let moment = held(&page, "original").nth(number).context("it has photos")?;
    let text = format!("can you hear me? {number}");
    let start = Instant::now();
    let group = gathering.group.clone();
    source.call(MomentCaption { group: group.clone(), moment: moment.clone(), text: text.clone() })?;
    for node in &gathering.nodes[1..] {
        let mut control = Control::connect(&node.data_dir())?;
        poll::until_true(&format!("{} reads it", node.name), WITHIN, || {
            Ok(control.call(MomentGet { group: group.clone(), moment: moment.clone() })?["caption"] == text)
        })?;
    }
    Ok(start.elapsed())
}

fn report(figures: Figures, taken: &[Taken]) -> Result<()> {
    ensure!(taken.iter().all(|run| run.lost_frames > 0), "no frame was lost");
    let calm = taken.iter().map(|run| run.calm.as_secs_f64()).collect::<Vec<_>>();
    figures.print_runs("nothing lost: every original on all", &calm, "s", None, None);
    for (at, (lost, goal)) in PROMISED.into_iter().enumerate() {
        let seconds = taken.iter().map(|run| run.lossy[at].as_secs_f64()).collect::<Vec<_>>();
        figures.print_runs(&format!("{lost} % lost: every original on all"), &seconds, "s", None, None);
        let shares = seconds.iter().zip(&calm).map(|(lossy, calm)| 100.0 * lossy / calm).collect::<Vec<_>>();
        figures.print_runs(&format!("{lost} % lost: of the time without loss"), &shares, "%", Some(goal), None);
    }
    let mut words = taken.iter().flat_map(|run| run.words.iter().copied()).collect::<Vec<_>>();
    words.sort_unstable();
    figures.print(&format!("{HEAVY} % lost: a word on all, p50"), ms(quantile(&words, 0.5)), "ms", None, None);
    let last = ms(quantile(&words, 1.0));
    figures.print(&format!("{HEAVY} % lost: a word on all, last"), last, "ms", Some(WORD_GOAL_MS), None);
    let few = taken.iter().map(|run| run.few.as_secs_f64()).collect::<Vec<_>>();
    figures.print_runs(&format!("{HEAVY} % lost: {FEW_PHOTOS} photos on all"), &few, "s", None, None);
    Ok(())
}
