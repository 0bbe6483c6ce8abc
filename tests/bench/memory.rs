//! Memory of both ends while a large clip goes through them: recorded on one node as fast as it is taken, fetched by another.
//!
//! `bench-memory [--gib N | --mib N] [--json]`: two nodes on loopback. The memory of a node is what the system counts as resident and
//! not backed by a file, so that pages of its database and blobs that the system merely caches do not count.
#![forbid(unsafe_code)]

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use glow_api::{GroupGet, TimelineQuery};
use tests::control::Control;
use tests::figures::{Figures, option};
use tests::media::Recording;
use tests::node::{Node, Place};
use tests::poll;

const MIB: u64 = 1_024;
const MBIT: usize = 40;
const GOAL_MIB: f64 = 32.0;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const SETTLED: Duration = Duration::from_secs(3);
const WITHIN: Duration = Duration::from_secs(1_800);

fn main() -> Result<()> {
    let mib = option("--gib").map(|gib| gib << 10).or_else(|| option("--mib"));
    let bytes = mib.unwrap_or(MIB) << 20;
    let folder = tempfile::tempdir()?;
    let mut nodes = vec![];
    for name in ["alice", "bob"] {
        let mut node = Node::new(name, Place::Here, folder.path())?;
        node.start()?;
        nodes.push(node);
    }
    let group = gather(&nodes)?;
    std::thread::sleep(SETTLED);
    let idle = nodes.iter().map(resident_mib).collect::<Result<Vec<_>>>()?;
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let most = std::thread::scope(|scope| {
        let watching = nodes.iter().map(|node| scope.spawn(|| most_mib(node, &done))).collect::<Vec<_>>();
        let through = record(&nodes[0], bytes).and_then(|()| until_held(&nodes[1], &group, bytes));
        done.store(true, Ordering::Relaxed);
        let most = watching.into_iter().map(|watch| watch.join().map_err(|_| anyhow!("a watcher panicked"))?);
        let most = most.collect::<Result<Vec<_>>>();
        through.and(most)
    })?;
    let figures = Figures::from_arguments();
    for (at, name) in ["recording", "fetching"].into_iter().enumerate() {
        let idle_reference = Some(("idle", idle[at]));
        figures.print(
            &format!("{name}: memory above idle"),
            most[at] - idle[at],
            "MiB",
            Some(GOAL_MIB),
            idle_reference,
        );
    }
    let rate = bytes as f64 * 8.0 / 1e6 / start.elapsed().as_secs_f64();
    figures.print_runs_more("through both nodes", &[rate], "Mbit/s", None, None);
    Ok(())
}

fn gather(nodes: &[Node]) -> Result<String> {
    let view = nodes[0].call(&["group", "create", "Memory"])?;
    let group = view["id"].as_str().context("a group has an id")?.to_owned();
    let invite = nodes[0].call(&["group", "invite"])?;
    nodes[1].call(&["join", invite["link"].as_str().context("an invite has a link")?])?;
    let mut control = Control::connect(&nodes[1].data_dir())?;
    poll::until_true("both are connected", WITHIN, || {
        Ok(control.call(GroupGet { group: group.clone() })?["here_count"].as_u64() >= Some(1))
    })?;
    Ok(group)
}

/// Feeds a recording of this size, as fast as the node takes it.
fn record(node: &Node, bytes: u64) -> Result<()> {
    let mut command = node.command(&["post", "--live", "-", "--name", "long.webm"]);
    let mut camera = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let lens = camera.stdin.take().context("it has a standard input")?;
    Recording::new(8, MBIT * 1_000_000).write(lens, bytes)?;
    ensure!(camera.wait()?.success(), "the recording was not taken");
    Ok(())
}

fn until_held(node: &Node, group: &str, bytes: u64) -> Result<()> {
    let mut control = Control::connect(&node.data_dir())?;
    poll::until_true("the other node holds it", WITHIN, || {
        let query = TimelineQuery { group: group.to_owned(), cursor: None, limit: 1, filter: Default::default() };
        let page = control.call(query)?;
        let clip = &page["moments"][0];
        Ok(clip["original"]["state"] == "complete"
            && clip["live"].is_null()
            && clip["size_bytes"].as_u64() >= Some(bytes))
    })?;
    Ok(())
}

fn most_mib(node: &Node, done: &AtomicBool) -> Result<f64> {
    let mut most = 0.0_f64;
    while !done.load(Ordering::Relaxed) {
        most = most.max(resident_mib(node)?);
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(most)
}

/// Anonymous resident memory of a running node.
fn resident_mib(node: &Node) -> Result<f64> {
    let pid = node.pid().context("the node runs")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("the system counts it")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1_024.0)
}
