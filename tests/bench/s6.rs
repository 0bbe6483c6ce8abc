//! S6: a clip that goes out while it is recorded, to all other members on one Wi-Fi channel.
//!
//! `lanbox run -- bench-s6 [--seconds N] [--hosts N] [--mbit N] [--loss PERCENT] [--json]`: one member feeds standard input
//! of `post --live -` with 25 pictures a second. Each node is a process in a namespace of its own, on a channel of 100 Mbit/s
//! that all share; host 0, the access point, records. One clock: this process feeds the pictures and asks every node what it
//! holds. A delay begins when the last picture of a second was written, and ends when a node has answered that it holds it.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use glow_api::TimelineQuery;
use lanbox::Lan;
use serde_json::Value;
use tests::control::Control;
use tests::figures::{Figures, ms, option, quantile};
use tests::gathering::Gathering;
use tests::media::Recording;
use tests::node::Node;

const HOSTS: u64 = 9;
const SECONDS: u64 = 30;
const MBIT: u64 = 8;
const CHANNEL_MBIT: f64 = 100.0;
const MULTICAST_MBIT: f64 = 24.0;
const PICTURE: Duration = Duration::from_millis(40);
/// Asked again after this long although nothing was heard.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How long after the end the last bytes are waited for.
const DRAIN: Duration = Duration::from_secs(30);
const START_GOAL_MS: f64 = 1_500.0;
const BEHIND_GOAL_MS: f64 = 2_000.0;

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let hosts = usize::try_from(option("--hosts").unwrap_or(HOSTS))?;
    let seconds = option("--seconds").unwrap_or(SECONDS);
    let mbit = usize::try_from(option("--mbit").unwrap_or(MBIT))?;
    let loss = option("--loss").unwrap_or(0) as f64 / 100.0;
    let channel = Lan::builder().hosts(hosts).shared_mbit(CHANNEL_MBIT).multicast_mbit(MULTICAST_MBIT).access_point(0);
    let lan = Arc::new(channel.loss(loss).start()?);
    let folder = tempfile::tempdir()?;
    let Gathering { nodes, group } = Gathering::start(&lan, folder.path())?;
    let recording = Recording::new(6, mbit * 1_000_000);
    let done = AtomicBool::new(false);
    let (recorded, seen) = std::thread::scope(|scope| {
        let watching = nodes[1..].iter().map(|node| scope.spawn(|| watch(node, &group, &done))).collect::<Vec<_>>();
        let recorded = record(&nodes[0], recording, seconds);
        let seen = watching.into_iter().map(|watch| {
            if recorded.is_err() {
                done.store(true, Ordering::Relaxed);
            }
            watch.join().map_err(|_| anyhow!("a watcher panicked"))?
        });
        let seen = seen.collect::<Result<Vec<_>>>();
        Ok::<_, anyhow::Error>((recorded?, seen?))
    })?;
    report(&recorded, &seen, &lan)
}

/// When the first picture was written, and for each second how many bytes were written by when.
struct Recorded {
    began: Instant,
    seconds: Vec<(Instant, u64)>,
}

fn record(node: &Node, mut recording: Recording, seconds: u64) -> Result<Recorded> {
    let mut command = node.command(&["post", "--live", "-", "--name", "clip.webm"]);
    let mut camera = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut lens = camera.stdin.take().context("it has a standard input")?;
    let head = recording.head();
    lens.write_all(&head)?;
    let mut written = head.len() as u64;
    let began = Instant::now();
    let (mut due, mut recorded) = (began, vec![]);
    for _ in 0..seconds {
        for picture in recording.next_pictures() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += PICTURE;
            lens.write_all(&picture)?;
            written += picture.len() as u64;
        }
        recorded.push((Instant::now(), written));
    }
    drop(lens);
    ensure!(camera.wait()?.success(), "the recording was not taken");
    Ok(Recorded { began, seconds: recorded })
}

/// Asks a node what it holds of the clip until that is all: pairs of a time and bytes.
fn watch(node: &Node, group: &str, done: &AtomicBool) -> Result<Vec<(Instant, u64)>> {
    let mut control = Control::connect(&node.data_dir())?;
    let mut seen: Vec<(Instant, u64)> = vec![];
    let (mut asked, mut ended) = (Instant::now(), None);
    while !done.load(Ordering::Relaxed) && ended.is_none_or(|ended: Instant| ended.elapsed() < DRAIN) {
        let has_news = node.take_events().iter().any(|event| event.line["event"] == "timeline_changed");
        if !has_news && asked.elapsed() < ASK_AGAIN {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        asked = Instant::now();
        let query = TimelineQuery { group: group.to_owned(), cursor: None, limit: 1, filter: Default::default() };
        let page = control.call(query)?;
        let (held, is_closed, is_whole) = held(&page["moments"][0]);
        if held > seen.last().map_or(0, |(_, held)| *held) {
            seen.push((Instant::now(), held));
        }
        if is_closed && is_whole {
            break;
        }
        ended = ended.or(is_closed.then(Instant::now));
    }
    Ok(seen)
}

/// Bytes of a clip that a node holds, whether it is closed, and whether it is all here.
fn held(moment: &Value) -> (u64, bool, bool) {
    let size = moment["size_bytes"].as_u64().unwrap_or(0);
    let is_whole = size > 0 && moment["original"]["state"] == "complete";
    let progress = if is_whole { 1.0 } else { moment["original"]["progress"].as_f64().unwrap_or(0.0) };
    ((size as f64 * progress).round() as u64, moment["id"].is_string() && moment["live"].is_null(), is_whole)
}

fn report(recorded: &Recorded, seen: &[Vec<(Instant, u64)>], lan: &Lan) -> Result<()> {
    let figures = Figures::from_arguments();
    let when = |seen: &[(Instant, u64)], bytes: u64| seen.iter().find(|(_, held)| *held >= bytes).map(|(at, _)| *at);
    // What prepares a player is some hundred bytes; the first fragment far more.
    let starts = seen.iter().map(|seen| when(seen, 10_000)).collect::<Option<Vec<_>>>().context("nothing arrived")?;
    let mut starts = starts.iter().map(|at| at.saturating_duration_since(recorded.began)).collect::<Vec<_>>();
    starts.sort_unstable();
    let mut behind = vec![];
    let mut lost = 0;
    for (written, bytes) in &recorded.seconds {
        for seen in seen {
            match when(seen, *bytes) {
                Some(at) => behind.push(at.saturating_duration_since(*written)),
                None => lost += 1,
            }
        }
    }
    behind.sort_unstable();
    figures.print("first picture recorded to playable, median viewer", ms(quantile(&starts, 0.5)), "ms", None, None);
    let last = ms(quantile(&starts, 1.0));
    figures.print("first picture recorded to playable, last viewer", last, "ms", Some(START_GOAL_MS), None);
    figures.print("a second recorded to held, p50", ms(quantile(&behind, 0.5)), "ms", None, None);
    let last = ms(quantile(&behind, 1.0));
    figures.print("a second recorded to held, last viewer", last, "ms", Some(BEHIND_GOAL_MS), None);
    figures.print("seconds lost", f64::from(lost), "", Some(0.0), None);
    let bytes = recorded.seconds.last().map_or(0, |(_, bytes)| *bytes) as f64;
    let copies = Some(("one unicast copy to each", bytes * 8.0 * seen.len() as f64 / (CHANNEL_MBIT * 1e6)));
    figures.print("time on the air", lan.stats()?.airtime_ns as f64 / 1e9, "s", None, copies);
    Ok(())
}
