//! A photo a second, and when each device shows it: what several benchmarks measure.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::control::Control;
use crate::gathering::{held, page};
use crate::media::{Random, Sample};
use crate::node::Node;

/// The latest moments that are asked for when something has changed.
const RECENT: u32 = 40;
/// Asked again after this long although nothing was heard.
const ASK_AGAIN: Duration = Duration::from_millis(250);
const SECOND: Duration = Duration::from_secs(1);

/// A photo that was posted.
#[derive(Debug)]
pub struct Shot {
    /// When the node was told of the file.
    pub shutter: Instant,
    /// When it was durable on its author's timeline.
    pub kept: Instant,
    /// Its author's place among the nodes.
    pub host: usize,
}

/// Posts a photo a second, on random ones of these nodes; a slow post does not delay the next shutter. Answers the moments.
///
/// # Errors
/// A node refuses or has gone.
pub fn post_each_second(nodes: &[Node], group: &str, samples: &[Sample], seed: u64) -> Result<BTreeMap<String, Shot>> {
    let mut random = Random::new(seed);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let mut posting = vec![];
        for (due, sample) in (0..).map(|second| start + second * SECOND).zip(samples) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let host = random.below(nodes.len() as u64) as usize;
            posting.push(scope.spawn(move || post(&nodes[host], host, group, sample)));
        }
        posting.into_iter().map(|post| post.join().map_err(|_| anyhow!("a post panicked"))?).collect()
    })
}

fn post(node: &Node, host: usize, group: &str, sample: &Sample) -> Result<(String, Shot)> {
    let mut control = Control::connect(&node.data_dir())?;
    let shutter = Instant::now();
    let receipt: Value = control.post(group, std::slice::from_ref(&sample.path))?;
    let id = receipt["moments"][0].as_str().with_context(|| format!("{}: {receipt}", node.name))?;
    Ok((id.to_owned(), Shot { shutter, kept: Instant::now(), host }))
}

/// When a device was first seen to hold the grid preview of each of its newest moments: it is asked whenever it says that
/// something changed, until it holds so many or it is `done`.
///
/// # Errors
/// The node refuses or has gone.
pub fn watch(node: &Node, group: &str, count: usize, done: &AtomicBool) -> Result<BTreeMap<String, Instant>> {
    let mut control = Control::connect(&node.data_dir())?;
    let mut seen = BTreeMap::new();
    let mut asked = Instant::now();
    while seen.len() < count && !done.load(Ordering::Relaxed) {
        let has_news = node.take_events().iter().any(|event| event.line["event"] == "timeline_changed");
        if !has_news && asked.elapsed() < ASK_AGAIN {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        asked = Instant::now();
        let page = page(group, &mut control, RECENT)?;
        let answered = Instant::now();
        for moment in held(&page, "grid") {
            seen.entry(moment).or_insert(answered);
        }
    }
    Ok(seen)
}
