//! One device: whom it knows, whom it is linked to, what it holds.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{OperationId, Plane};
use glow_sync::reconcile::Snapshot;
use glow_sync::{NodeId, Topology};

/// As in `glow_net`'s address book: the waits between failures, how long a sighting counts, and how long it is passed on.
const FIRST_WAIT_MS: u64 = 300;
const LONGEST_WAIT_LATELY_MS: u64 = 2_000;
const LONGEST_WAIT_MS: u64 = 60_000;
const LATELY_MS: u64 = 600_000;
const FRESH_MS: u64 = 120_000;
const PATIENCE: u32 = 12;

/// When an operation came, and over how many links.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) at_ms: u64,
    pub(crate) hops: u32,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    seen_ms: u64,
    failed_ms: u64,
    failures: u32,
    due_ms: u64,
}

pub(crate) struct Device {
    pub(crate) node: NodeId,
    pub(crate) is_awake: bool,
    pub(crate) stays: bool,
    /// Whether it ever had a link: until then nobody can have told it anything.
    pub(crate) has_met_anyone: bool,
    pub(crate) topology: Topology,
    pub(crate) links: BTreeSet<usize>,
    pub(crate) dialling: BTreeSet<NodeId>,
    pub(crate) held: BTreeMap<usize, Receipt>,
    pub(crate) copies: u64,
    pub(crate) bytes: u64,
    pub(crate) turn: usize,
    /// When it looks whom to dial, if nothing happens before.
    pub(crate) looks_ms: Option<u64>,
    known: BTreeMap<NodeId, Known>,
    /// Whether somebody is known, or does not answer, of whom the topology has not heard so.
    has_news: bool,
}

impl Device {
    pub(crate) fn new(node: NodeId) -> Self {
        Self {
            node,
            is_awake: true,
            stays: true,
            has_met_anyone: false,
            topology: Topology::new(node),
            links: BTreeSet::new(),
            dialling: BTreeSet::new(),
            held: BTreeMap::new(),
            copies: 0,
            bytes: 0,
            turn: 0,
            looks_ms: None,
            known: BTreeMap::new(),
            has_news: false,
        }
    }

    /// Hears that a node was met then.
    pub(crate) fn hear(&mut self, node: NodeId, seen_ms: u64, now_ms: u64) {
        if node == self.node {
            return;
        }
        self.has_news |= !self.known.contains_key(&node);
        let known = self.known.entry(node).or_insert(Known { seen_ms, failed_ms: 0, failures: 0, due_ms: now_ms });
        if seen_ms > known.seen_ms {
            known.seen_ms = seen_ms;
            if known.failures > 0 && seen_ms > known.failed_ms {
                known.failures = 0;
                self.has_news = true;
                known.due_ms = known.due_ms.min(now_ms + FIRST_WAIT_MS);
            }
        }
    }

    pub(crate) fn met(&mut self, node: NodeId, now_ms: u64) {
        let before = self.known.insert(node, Known { seen_ms: now_ms, failed_ms: 0, failures: 0, due_ms: now_ms });
        self.has_news |= before.is_none_or(|before| before.failures > 0);
    }

    pub(crate) fn lost(&mut self, node: NodeId, now_ms: u64) {
        self.met(node, now_ms);
    }

    pub(crate) fn failed(&mut self, node: NodeId, now_ms: u64) {
        let Some(known) = self.known.get_mut(&node) else { return };
        self.has_news = true;
        known.failures += 1;
        known.failed_ms = now_ms;
        let is_lately = now_ms - known.seen_ms < LATELY_MS;
        let longest = if is_lately { LONGEST_WAIT_LATELY_MS } else { LONGEST_WAIT_MS };
        known.due_ms = now_ms + (FIRST_WAIT_MS << (known.failures - 1).min(16)).min(longest);
        if known.failures >= PATIENCE && !is_lately {
            self.known.remove(&node);
        }
    }

    /// The nodes to dial now, and when to look again.
    pub(crate) fn dials(&mut self, now_ms: u64) -> (Vec<NodeId>, Option<u64>) {
        if std::mem::take(&mut self.has_news) {
            self.topology.set_known(self.known.iter().map(|(node, known)| (*node, known.failures == 0)));
        }
        let wanted = self.topology.wanted(now_ms);
        let due = |node: &NodeId| self.known.get(node).map_or(0, |known| known.due_ms);
        let waiting = wanted.iter().filter(|node| !self.dialling.contains(node));
        let (now, later): (Vec<NodeId>, Vec<NodeId>) = waiting.copied().partition(|node| due(node) <= now_ms);
        (now, later.iter().map(due).min())
    }

    /// Those it may tell of.
    pub(crate) fn sightings(&self, now_ms: u64, linked: &BTreeSet<NodeId>) -> BTreeMap<NodeId, u64> {
        let known = self.known.iter().filter(|(_, known)| known.failures == 0 && now_ms - known.seen_ms < FRESH_MS);
        let mut met: BTreeMap<NodeId, u64> = known.map(|(node, known)| (*node, known.seen_ms)).collect();
        met.extend(linked.iter().map(|node| (*node, now_ms)));
        met
    }

    pub(crate) fn snapshot(&self, ids: &[(u64, OperationId)]) -> Snapshot {
        Snapshot::new(Plane::Content, self.held.keys().map(|operation| ids[*operation])).unwrap()
    }
}
