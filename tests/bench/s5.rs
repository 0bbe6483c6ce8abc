//! S5: from the shutter on one device to the grid preview on all the others, on one Wi-Fi channel.
//!
//! `lanbox run -- bench-s5 [--seconds N] [--hosts N] [--loss PERCENT] [--beside GIB] [--syncthing] [--json]`: a photo of 3 MB a second is posted
//! on a random member, while the originals of those before are still on their way; with `--beside`, while a clip of so many GiB is
//! on its way to all, too. Each node is a process in a namespace of its own, on
//! a channel of 100 Mbit/s that all share (multicast at 24, host 0 is the access point). One clock: the nodes' events and the
//! answers to what is asked about them are read by this process. A time begins when the node is told of the file, and ends
//! when a device has answered that it holds the grid preview; so it includes reading, blanking, sealing and both previews.
//! With `--syncthing`, the same photos go through a folder that Syncthing shares.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use lanbox::Lan;
use serde_json::Value;
use tests::control::Control;
use tests::figures::{Figures, ms, option, quantile};
use tests::gathering::{Gathering, held};
use tests::media::{Recording, Sample, Studio};
use tests::poll;
use tests::shots::{Shot, each_second, post_each_second, watch};
use tests::syncthing::{self, Syncthing};

const HOSTS: u64 = 8;
const SECONDS: u64 = 60;
/// A photo of this many megapixels weighs about 3 MB.
const MEGAPIXELS: u32 = 12;
const CHANNEL_MBIT: f64 = 100.0;
const MULTICAST_MBIT: f64 = 24.0;
/// Which members post when.
const SEED: u64 = 5;
const P50_GOAL_MS: f64 = 250.0;
const P99_GOAL_MS: f64 = 800.0;
/// The same with frames lost, or beside a large clip.
const HARD_P99_GOAL_MS: f64 = 1_500.0;
const BACKLOG_GOAL: f64 = 1.2;
/// The large clip's rate.
const CLIP_MBIT: usize = 40;
/// Until the large clip is posted, and until all previews are everywhere beside it.
const CLIP_WITHIN: Duration = Duration::from_secs(900);
const PREVIEWS_WITHIN: Duration = Duration::from_secs(120);
/// How often the folders that Syncthing shares are looked at.
const SYNCTHING_LOOK_EVERY: Duration = Duration::from_millis(20);

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let hosts = usize::try_from(option("--hosts").unwrap_or(HOSTS))?;
    let photos = u32::try_from(option("--seconds").unwrap_or(SECONDS))?;
    let samples = make_photos(photos)?;
    if std::env::args().any(|argument| argument == "--syncthing") {
        return through_syncthing(&start_lan(hosts, 0.0)?, &samples);
    }
    let loss = option("--loss").unwrap_or(0) as f64 / 100.0;
    let lan = start_lan(hosts, loss)?;
    let folder = tempfile::tempdir()?;
    let gathering = Gathering::start(&lan, folder.path())?;
    let beside = option("--beside");
    if let Some(gib) = beside {
        post_clip(&gathering, folder.path(), gib << 30)?;
    }
    let run = Run { gathering: &gathering, done: AtomicBool::new(false), is_beside: beside.is_some() };
    let measured = run.measure(&samples)?;
    let bytes = samples.iter().map(|sample| Ok(sample.bytes()?.len())).sum::<Result<usize>>()?;
    let is_hard = loss > 0.0 || beside.is_some();
    report(&measured, &Load { hosts, photos: samples.len(), bytes, is_hard }, &lan)
}

fn start_lan(hosts: usize, loss: f64) -> Result<Arc<Lan>> {
    let channel = Lan::builder().hosts(hosts).shared_mbit(CHANNEL_MBIT).multicast_mbit(MULTICAST_MBIT).access_point(0);
    Ok(Arc::new(channel.loss(loss).start()?))
}

/// The same photos put into a folder that Syncthing shares, until each device holds each as a whole: it has no previews.
fn through_syncthing(lan: &Arc<Lan>, samples: &[Sample]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let devices = Syncthing::gather(lan, folder.path())?;
    let done = AtomicBool::new(false);
    let (shot, seen) = std::thread::scope(|scope| {
        let watching = (0..lan.hosts()).map(|host| {
            let (devices, done) = (&devices, &done);
            scope.spawn(move || -> Result<_> {
                let mut seen = BTreeMap::new();
                while seen.len() < samples.len() && !done.load(Ordering::Relaxed) {
                    let now = Instant::now();
                    devices.held(host, "IMG_")?.into_iter().for_each(|name| _ = seen.entry(name).or_insert(now));
                    std::thread::sleep(SYNCTHING_LOOK_EVERY);
                }
                Ok(seen)
            })
        });
        let watching = watching.collect::<Vec<_>>();
        let shot = each_second(lan.hosts(), samples, SEED, |host, sample| {
            let shutter = Instant::now();
            std::fs::copy(&sample.path, devices.shared(host).join(sample.name()))?;
            Ok((sample.name(), host, shutter))
        });
        let within = drain_bound(samples);
        let drained = (0..lan.hosts()).try_for_each(|host| devices.until_holds(host, "IMG_", samples.len(), within));
        done.store(true, Ordering::Relaxed);
        let seen = watching.into_iter().map(|watch| watch.join().map_err(|_| anyhow!("a watcher panicked"))?);
        let seen = seen.collect::<Result<Vec<_>>>()?;
        drained.and(shot).map(|shot| (shot, seen))
    })?;
    let mut times = vec![];
    for (name, author, shutter) in &shot {
        let others = seen.iter().enumerate().filter(|(host, _)| host != author);
        times.extend(others.filter_map(|(_, seen)| Some(seen.get(name)?.saturating_duration_since(*shutter))));
    }
    times.sort_unstable();
    let figures = Figures::from_arguments();
    for (part, name) in [(0.5, "p50"), (0.99, "p99"), (1.0, "last")] {
        let figure = format!("{}: shutter to the photo on another device, {name}", syncthing::NAME);
        figures.print_peer(&figure, &[ms(quantile(&times, part))], "ms", None);
    }
    Ok(())
}

/// Until all originals are everywhere.
fn drain_bound(samples: &[Sample]) -> Duration {
    Duration::from_secs(60 + 4 * samples.len() as u64)
}

/// Posts a clip of at least so many bytes on the first device, and waits until all others fetch it.
fn post_clip(gathering: &Gathering, folder: &Path, bytes: u64) -> Result<()> {
    let path = folder.join("long.webm");
    Recording::new(5, CLIP_MBIT * 1_000_000).write(BufWriter::new(File::create(&path)?), bytes)?;
    let mut control = Control::connect(&gathering.nodes[0].data_dir())?;
    let receipt: Value = control.post(&gathering.group, std::slice::from_ref(&path))?;
    ensure!(
        receipt["moments"].as_array().is_some_and(|moments| moments.len() == 1),
        "the clip was not taken: {receipt}"
    );
    std::fs::remove_file(&path)?;
    for node in &gathering.nodes[1..] {
        let mut control = Control::connect(&node.data_dir())?;
        poll::until_true(&format!("{} fetches the clip", node.name), CLIP_WITHIN, || {
            let page = gathering.page(&mut control, 1)?;
            Ok(page["moments"][0]["original"]["progress"].as_f64() > Some(0.0))
        })?;
    }
    Ok(())
}

fn make_photos(count: u32) -> Result<Vec<Sample>> {
    let studio = Studio::open()?;
    (0..count).map(|number| studio.photo_sized(1_000 + number, MEGAPIXELS)).collect()
}

/// What was posted, and when each device was seen to hold its grid preview.
struct Measured {
    posted: BTreeMap<String, Shot>,
    seen: Vec<BTreeMap<String, Instant>>,
    last_post: Instant,
    /// When the last original was on the last device.
    drained: Option<Instant>,
}

struct Load {
    hosts: usize,
    photos: usize,
    bytes: usize,
    /// Whether frames are lost or something large is beside it.
    is_hard: bool,
}

struct Run<'a> {
    gathering: &'a Gathering,
    done: AtomicBool,
    /// Whether a large clip is on its way all the time: then it is not waited for.
    is_beside: bool,
}

impl Run<'_> {
    fn measure(&self, samples: &[Sample]) -> Result<Measured> {
        let watched = if self.is_beside { usize::MAX } else { samples.len() };
        std::thread::scope(|scope| {
            let watching = self
                .gathering
                .nodes
                .iter()
                .map(|node| scope.spawn(|| watch(node, &self.gathering.group, watched, &self.done)))
                .collect::<Vec<_>>();
            let posted = post_each_second(&self.gathering.nodes, &self.gathering.group, samples, SEED);
            let last_post = Instant::now();
            let drained = match &posted {
                Ok(posted) if self.is_beside => self.until_previewed(posted).map(|()| None),
                Ok(_) => self.until_drained(samples).map(Some),
                Err(_) => Ok(None),
            };
            self.done.store(true, Ordering::Relaxed);
            let seen = watching.into_iter().map(|watch| watch.join().map_err(|_| anyhow!("a watcher panicked"))?);
            let seen = seen.collect::<Result<Vec<_>>>()?;
            Ok(Measured { posted: posted?, seen, last_post, drained: drained? })
        })
    }

    fn until_previewed(&self, posted: &BTreeMap<String, Shot>) -> Result<()> {
        for node in &self.gathering.nodes {
            let mut control = Control::connect(&node.data_dir())?;
            poll::until_true(&format!("{} has every preview", node.name), PREVIEWS_WITHIN, || {
                let page = self.gathering.page(&mut control, 500)?;
                Ok(held(&page, "grid").filter(|id| posted.contains_key(id)).count() == posted.len())
            })?;
        }
        Ok(())
    }

    fn until_drained(&self, samples: &[Sample]) -> Result<Instant> {
        let bound = drain_bound(samples);
        for node in &self.gathering.nodes {
            let mut control = Control::connect(&node.data_dir())?;
            poll::until_true(&format!("{} has every original", node.name), bound, || {
                Ok(held(&self.gathering.page(&mut control, 500)?, "original").count() == samples.len())
            })?;
        }
        Ok(Instant::now())
    }
}

fn report(measured: &Measured, load: &Load, lan: &Lan) -> Result<()> {
    let figures = Figures::from_arguments();
    let mut times = vec![];
    let mut slowest = BTreeMap::new();
    for (id, shot) in &measured.posted {
        for seen in &measured.seen {
            let Some(at) = seen.get(id) else { continue };
            let took = at.saturating_duration_since(shot.shutter);
            times.push(took);
            let worst = slowest.entry(id).or_insert(took);
            *worst = took.max(*worst);
        }
    }
    ensure!(!times.is_empty(), "nothing arrived anywhere");
    times.sort_unstable();
    let mut everywhere = slowest.into_values().collect::<Vec<_>>();
    everywhere.sort_unstable();
    let mut kept = measured.posted.values().map(|shot| shot.kept - shot.shutter).collect::<Vec<_>>();
    kept.sort_unstable();
    let lost = load.photos * load.hosts - times.len();
    let (p50_goal, p99_goal) = if load.is_hard { (None, HARD_P99_GOAL_MS) } else { (Some(P50_GOAL_MS), P99_GOAL_MS) };
    figures.print("shutter to grid preview, p50", ms(quantile(&times, 0.5)), "ms", p50_goal, None);
    figures.print("shutter to grid preview, p99", ms(quantile(&times, 0.99)), "ms", Some(p99_goal), None);
    figures.print("shutter to grid preview, last", ms(quantile(&times, 1.0)), "ms", None, None);
    figures.print("shutter to grid preview on all devices, p50", ms(quantile(&everywhere, 0.5)), "ms", None, None);
    figures.print(
        "of this, until it is durable on its author's device, p50",
        ms(quantile(&kept, 0.5)),
        "ms",
        None,
        None,
    );
    figures.print("previews lost", lost as f64, "", Some(0.0), None);
    let Some(drained) = measured.drained.filter(|_| !load.is_hard) else { return Ok(()) };
    backlog(figures, measured, load, drained.saturating_duration_since(measured.last_post), lan)
}

/// How long after the last shutter the originals took, against what one unicast copy to each takes on the channel. What
/// goes from a station to another is on the air twice: to the access point, and from it.
fn backlog(figures: Figures, measured: &Measured, load: &Load, drained: Duration, lan: &Lan) -> Result<()> {
    let from_station = 1 + 2 * (load.hosts - 2);
    let from_access_point = load.hosts - 1;
    let copies = measured.posted.values().map(|shot| if shot.host == 0 { from_access_point } else { from_station });
    let bytes = copies.sum::<usize>() * load.bytes / load.photos;
    let air_s = (bytes * 8) as f64 / (CHANNEL_MBIT * 1e6);
    let bound_s = (air_s - load.photos as f64).max(0.0);
    let goal = (bound_s * BACKLOG_GOAL * 10.0).round() / 10.0;
    let bound = Some(("unicast bound", bound_s));
    figures.print("originals' backlog after the last shutter", drained.as_secs_f64(), "s", Some(goal), bound);
    let stats = lan.stats()?;
    let once = Some(("one unicast copy to each", air_s));
    figures.print("time on the air", stats.airtime_ns as f64 / 1e9, "s", None, once);
    Ok(())
}
