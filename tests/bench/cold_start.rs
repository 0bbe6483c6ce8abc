//! From the start of the process to a usable timeline: its whole layout, and the first page.
//!
//! `cargo run --release -p tests --bin bench-cold-start -- [--moments N] [--json]`. A group is started by the real command,
//! then filled through glow-store with operations as its own device would author them, so that the node opens real data.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use glow_api::{TimelineBuckets, TimelineFilter, TimelineQuery};
use glow_model::{BlobId, BlobKey, BlobRef, limits};
use tests::control::Control;
use tests::figures::{Figures, ms, option, quantile};
use tests::long_album::{self, Parts, name};
use tests::node::{Node, Place};

/// An author's sequence ends at 100,000, and some of it is the group's beginning.
const MOMENTS: u64 = limits::SEQUENCE - 1_000;
const PAGE: u32 = 200;
const RUNS: usize = 5;
const GOAL_MS: f64 = 1_000.0;
const GOAL_MIB: f64 = 150.0;

fn main() -> Result<()> {
    let figures = Figures::from_arguments();
    let moments = option("--moments").unwrap_or(MOMENTS).min(MOMENTS);
    let folder = tempfile::tempdir()?;
    let mut node = Node::new("alice", Place::Here, folder.path())?;
    let view = node.call(&["group", "create", "A long summer"])?;
    let group = view["id"].as_str().context("a group has an id")?.to_owned();
    let started = Instant::now();
    long_album::fill(&node.data_dir().join("groups").join(&group), moments, |number, _| Ok(parts(number)))?;
    eprintln!("{moments} moments made in {:.1} s", started.elapsed().as_secs_f64());

    let (mut commands, mut nodes, mut memory) = (vec![], vec![], 0);
    for _ in 0..RUNS {
        commands.push(first_page_by_command(&node, moments)?);
        let (ready, bytes) = first_page_of_node(&mut node, &group, moments)?;
        nodes.push(ready);
        memory = memory.max(bytes);
    }
    commands.sort_unstable();
    nodes.sort_unstable();
    figures.print(
        "a node starts and answers the layout and the first page",
        ms(quantile(&nodes, 0.5)),
        "ms",
        Some(GOAL_MS),
        None,
    );
    figures.print(
        "a command starts and prints the first page",
        ms(quantile(&commands, 0.5)),
        "ms",
        Some(GOAL_MS),
        None,
    );
    figures.print("resident memory after it", memory as f64 / 1_048_576.0, "MiB", Some(GOAL_MIB), None);
    Ok(())
}

fn first_page_by_command(node: &Node, moments: u64) -> Result<Duration> {
    let start = Instant::now();
    let page = node.call(&["timeline", "--limit", &PAGE.to_string()])?;
    let took = start.elapsed();
    ensure!(page["total"].as_u64() == Some(moments), "the timeline has {} moments", page["total"]);
    Ok(took)
}

fn first_page_of_node(node: &mut Node, group: &str, moments: u64) -> Result<(Duration, u64)> {
    let start = Instant::now();
    node.start()?;
    let mut control = Control::connect(&node.data_dir())?;
    // As the page asks: where everything stands, then what is in view.
    let filter = TimelineFilter { stacked: true, ..TimelineFilter::default() };
    let layout = control.call(TimelineBuckets { group: group.to_owned(), filter: filter.clone(), offset_min: 60 })?;
    let query = TimelineQuery { group: group.to_owned(), cursor: None, limit: PAGE, filter };
    let page = control.call(query)?;
    let took = start.elapsed();
    let counted: u64 =
        layout["buckets"].as_array().context("buckets")?.iter().filter_map(|one| one["count"].as_u64()).sum();
    ensure!(counted == moments, "the layout has {counted} moments");
    ensure!(page["total"].as_u64() == Some(moments), "the timeline has {} moments", page["total"]);
    let (memory_bytes, _) = node.usage()?;
    node.stop()?;
    Ok((took, memory_bytes))
}

/// Blobs that nobody asks for.
fn parts(number: u64) -> Parts {
    let blob = |kind, size| Some(BlobRef { id: BlobId(name(number, kind)), key: BlobKey(name(number, kind)), size });
    Parts { grid: blob(1, 20_000), screen: blob(2, 250_000), original: blob(3, 3_500_000) }
}
