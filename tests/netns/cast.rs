//! Devices on a LAN, and what they do together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use glow_model::InviteLink;
use lanbox::{Lan, LanBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tests::media::{Sample, Studio};
use tests::node::{Node, Place};
use tests::{check, poll};

/// How long anything but a bulk transfer may take on a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(45);
const NAMES: [&str; 8] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

pub(crate) struct Cast {
    // Dropped in this order: processes end before their network and their folders go.
    pub(crate) nodes: Vec<Node>,
    pub(crate) lan: Arc<Lan>,
    pub(crate) studio: Studio,
    _folder: TempDir,
    /// What each node has posted.
    pub(crate) posted: Vec<Vec<Sample>>,
    /// The moments of which nodes said that they are kept.
    pub(crate) acknowledged: BTreeSet<String>,
    /// Whether the checker had the last word.
    is_checked: bool,
}

/// A home network: every host has 100 Mbit/s and a millisecond each way.
pub(crate) fn home(hosts: usize) -> LanBuilder {
    Lan::builder().hosts(hosts).rate_up_mbit(100.0).rate_down_mbit(100.0).delay_ms(1.0)
}

impl Drop for Cast {
    fn drop(&mut self) {
        assert!(self.is_checked || std::thread::panicking(), "a test has to end with the checker");
    }
}

impl Cast {
    /// Nodes that run, one on each host; nothing when this machine cannot make a LAN.
    pub(crate) fn start(lan: LanBuilder) -> Option<Self> {
        Self::start_inner(lan, |_| (), &[])
    }

    /// The same, each with further options.
    pub(crate) fn start_with(lan: LanBuilder, options: &[&str]) -> Option<Self> {
        Self::start_inner(lan, |_| (), options)
    }

    /// The same, on a LAN that is prepared before anything runs on it.
    pub(crate) fn start_after(lan: LanBuilder, prepare: impl FnOnce(&Lan)) -> Option<Self> {
        Self::start_inner(lan, prepare, &[])
    }

    fn start_inner(lan: LanBuilder, prepare: impl FnOnce(&Lan), options: &[&str]) -> Option<Self> {
        if let Err(reason) = Lan::available() {
            eprintln!("SKIPPED: the emulated LAN {reason}");
            return None;
        }
        let lan = Arc::new(lan.start().unwrap());
        prepare(&lan);
        let folder = TempDir::new().unwrap();
        let node = |host: usize| {
            let place = Place::Host(Arc::clone(&lan), host);
            let mut node =
                Node::new(NAMES[host], place, folder.path()).unwrap().with_options(&["-v"]).with_options(options);
            node.start().unwrap();
            node
        };
        let nodes = (0..lan.hosts()).map(node).collect::<Vec<_>>();
        let posted = nodes.iter().map(|_| vec![]).collect();
        let studio = Studio::open().unwrap();
        Some(Self { nodes, lan, studio, _folder: folder, posted, acknowledged: BTreeSet::new(), is_checked: false })
    }

    /// The first node starts a group; the others join by its link.
    pub(crate) fn gather(&self) {
        let link = self.start_group();
        for node in &self.nodes[1..] {
            node.call(&["join", &link]).unwrap();
        }
    }

    /// The first node starts a group and makes an invite.
    pub(crate) fn start_group(&self) -> String {
        self.nodes[0].call(&["group", "create", "Anna & Ben"]).unwrap();
        let invite = self.nodes[0].call(&["group", "invite"]).unwrap();
        invite["link"].as_str().unwrap().to_owned()
    }

    /// Posts samples from one node.
    pub(crate) fn post(&mut self, host: usize, samples: &[Sample]) {
        self.acknowledged.extend(post(&self.nodes[host], samples).unwrap());
        self.posted[host].extend_from_slice(samples);
    }

    /// Posts from all nodes at once.
    pub(crate) fn post_at_once(&mut self, samples: Vec<Vec<Sample>>) {
        std::thread::scope(|scope| {
            let posting =
                self.nodes.iter().zip(&samples).map(|(node, samples)| scope.spawn(move || post(node, samples)));
            for posted in posting.collect::<Vec<_>>() {
                self.acknowledged.extend(posted.join().unwrap().unwrap());
            }
        });
        for (posted, samples) in self.posted.iter_mut().zip(samples) {
            posted.extend(samples);
        }
    }

    /// Photos of these numbers.
    pub(crate) fn photos(&self, numbers: std::ops::Range<u32>) -> Vec<Sample> {
        numbers.map(|number| self.studio.photo(number).unwrap()).collect()
    }

    /// Waits until the checker has nothing to say, and returns how long that took.
    pub(crate) fn all_well(&self, bound: Duration) -> Duration {
        let start = Instant::now();
        let nodes = self.nodes.iter().filter(|node| node.pid().is_some()).collect::<Vec<_>>();
        let absent = self.nodes.len() - nodes.len();
        let expected = self.posted.iter().map(Vec::len).sum::<usize>();
        loop {
            let reason = match check::all_well(&nodes, &self.acknowledged, absent) {
                Ok(()) => {
                    let shown = nodes[0].timeline().unwrap().len();
                    assert_eq!(shown, expected, "moments on the timeline");
                    return start.elapsed();
                }
                Err(reason) => reason,
            };
            assert!(start.elapsed() < bound, "not well within {bound:?}: {reason:#}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The checker's last word: all well while they run, and what they leave behind is sound. Every test ends so.
    pub(crate) fn finish(mut self, bound: Duration) {
        self.all_well(bound);
        self.rest();
    }

    /// The same of devices that have been looked at while they ran.
    pub(crate) fn rest(&mut self) {
        let samples = self.posted.iter().flatten();
        let originals = samples.map(|sample| sample.bytes().unwrap().len() as u64).sum::<u64>();
        for node in &mut self.nodes {
            if node.pid().is_some() {
                node.stop().unwrap();
            }
            check::sound_at_rest(node, originals).unwrap();
        }
        self.is_checked = true;
    }

    /// Exports on every node and compares: own files untouched, others' in shared form, nothing else.
    pub(crate) fn exports_hold(&self) {
        for host in 0..self.nodes.len() {
            self.export_holds(host);
        }
    }

    pub(crate) fn export_holds(&self, host: usize) {
        let folder = self.nodes[host].folder().join("export");
        self.nodes[host].call(&["export", &folder.display().to_string()]).unwrap();
        let others = self.posted.iter().enumerate().filter(|(other, _)| *other != host);
        let others = others.flat_map(|(_, samples)| samples.clone()).collect::<Vec<_>>();
        check::export_holds(&folder, &self.posted[host], &others)
            .with_context(|| self.nodes[host].name.clone())
            .unwrap();
    }

    /// Live connections of a node.
    pub(crate) fn peers(&self, host: usize) -> Vec<Value> {
        self.nodes[host].call(&["peers"]).unwrap()["peers"].as_array().unwrap().clone()
    }

    /// Waits until a node has this many live connections.
    pub(crate) fn until_connected(&self, host: usize, count: usize) {
        let what = format!("{} has {count} connections", self.nodes[host].name);
        poll::until_true(&what, BOUND, || Ok(self.peers(host).len() >= count)).unwrap();
    }
}

/// Answers the moments that the node says it keeps.
pub(crate) fn post(node: &Node, samples: &[Sample]) -> Result<Vec<String>> {
    let paths = samples.iter().map(|sample| sample.path.display().to_string());
    let arguments = std::iter::once("post".to_owned()).chain(paths).collect::<Vec<_>>();
    let receipt = node.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
    anyhow::ensure!(receipt["failures"].as_array().is_some_and(Vec::is_empty), "{}: {receipt}", node.name);
    let moments = receipt["moments"].as_array().map(Vec::as_slice).unwrap_or_default();
    anyhow::ensure!(moments.len() == samples.len(), "{receipt}");
    Ok(moments.iter().filter_map(|moment| Some(moment.as_str()?.to_owned())).collect())
}

/// The same link without the addresses of whoever made it: it must be found by discovery.
pub(crate) fn without_addresses(link: &str) -> String {
    let mut link = InviteLink::parse(link).unwrap();
    assert!(!link.addresses.is_empty(), "an invite carries addresses");
    link.addresses.clear();
    link.to_text()
}
