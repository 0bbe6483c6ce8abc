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

/// Does something with a photo each second, on a random one of so many hosts; what is slow does not delay the next.
///
/// # Errors
/// It fails once.
pub fn each_second<T: Send>(
    hosts: usize,
    samples: &[Sample],
    seed: u64,
    shoot: impl Fn(usize, &Sample) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let mut random = Random::new(seed);
    let start = Instant::now();
    let shoot = &shoot;
    std::thread::scope(|scope| {
        let mut shooting = vec![];
        for (due, sample) in (0..).map(|second| start + second * SECOND).zip(samples) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let host = random.below(hosts as u64) as usize;
            shooting.push(scope.spawn(move || shoot(host, sample)));
        }
        shooting.into_iter().map(|shot| shot.join().map_err(|_| anyhow!("a shot panicked"))?).collect()
    })
}

/// Posts a photo a second, on random ones of these nodes. Answers the moments.
///
/// # Errors
/// A node refuses or has gone.
pub fn post_each_second(nodes: &[Node], group: &str, samples: &[Sample], seed: u64) -> Result<BTreeMap<String, Shot>> {
    let posted = each_second(nodes.len(), samples, seed, |host, sample| post(&nodes[host], host, group, sample))?;
    Ok(posted.into_iter().collect())
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
