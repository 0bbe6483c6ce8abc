//! Whom a device keeps a link to: few links each, and one group all the same.
//!
//! **Participants.** The running devices of a group, each under a [`NodeId`] that lasts as long as its transport key. Every
//! node knows some others by address: from discovery, and because members tell each other whom they met lately
//! ([`introduce`]).
//!
//! **Goals.** At most about a dozen links for each, whatever the size of the group. Whoever is awake is reached from everyone
//! else who is awake and in reach. A newcomer is always let in. Nobody is left with too few links by somebody else's wish.
//!
//! **The ring.** All nodes stand on a ring in the order of their ids, which are hashes. Each keeps links to the [`RING`] next
//! ones on both sides among those it knows: if all know their next ones the group is connected, and it stays so while fewer
//! than [`RING`] in a row go. Nodes that do not answer keep being tried, while those behind them stand in: that is how two
//! halves of a group meet again.
//!
//! **Far links.** Up to [`ENOUGH_LINKS`], the rest are those with the highest affinity, a hash of both ids that is the same
//! seen from either end. They make the group a small world: an operation is everywhere after a few hops.
//!
//! **Parting.** A node with more than [`COMFORTABLE_LINKS`] asks the other end of one to part. It spares the ring and the
//! nearest by round trip. The other end agrees if it keeps [`FEW_LINKS`] without this one and does not count on it, and it
//! counts every link that it has agreed to part with as gone.
//!
//! No goal: the shortest tree, or a choice by bandwidth; pieces are asked of whoever is fast by the picker.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use crate::chance::mix;

/// Links to each side of the ring.
pub const RING: usize = 2;
/// Below this a node looks for more, and nobody may leave it.
pub const FEW_LINKS: usize = 6;
/// So many links a node looks for.
pub const ENOUGH_LINKS: usize = 8;
/// Above this a node asks to part.
pub const COMFORTABLE_LINKS: usize = 9;
/// The nearest so many are never parted with.
const NEAREST: usize = 2;
/// How long a node that wished to stay is not asked again.
const ASK_AGAIN_MS: u64 = 10_000;
/// How long a question, or a promise to part, counts when nothing comes of it.
const PATIENCE_MS: u64 = 5_000;

/// A running device of a group: a hash of its transport key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub [u8; 32]);

impl NodeId {
    /// The node with this transport key.
    #[must_use]
    pub fn of(transport_key: &[u8]) -> Self {
        Self(*blake3::hash(transport_key).as_bytes())
    }

    fn short(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// How much two nodes are drawn to each other.
    fn affinity(self, other: Self) -> u64 {
        mix(self.short() ^ other.short())
    }
}

/// What is known of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Link {
    round_trip_us: Option<u64>,
    /// A person named this address: never parted with.
    is_insisted_on: bool,
    /// It is not asked to part before.
    stays_until_ms: u64,
    /// This node has agreed to part; it counts until then.
    parts_until_ms: Option<u64>,
}

/// One node's view of the group.
#[derive(Debug, Clone)]
pub struct Topology {
    me: NodeId,
    /// Nodes with an address or a link, and whether they answer as far as one knows.
    known: BTreeMap<NodeId, bool>,
    links: BTreeMap<NodeId, Link>,
    /// Who was asked to part, and until when an answer counts.
    asked: Option<(NodeId, u64)>,
}

impl Topology {
    /// A node that knows nobody.
    #[must_use]
    pub fn new(me: NodeId) -> Self {
        Self { me, known: BTreeMap::new(), links: BTreeMap::new(), asked: None }
    }

    /// Replaces what is known of addresses: the nodes behind them, and whether each answers as far as one knows. A node that is
    /// named several times answers when it does once.
    pub fn set_known(&mut self, known: impl IntoIterator<Item = (NodeId, bool)>) {
        let mut known: Vec<(NodeId, bool)> = known.into_iter().filter(|(node, _)| *node != self.me).collect();
        // Of several that are equal the last one counts.
        known.sort_unstable();
        self.known = known.into_iter().chain(self.links.keys().map(|node| (*node, true))).collect();
    }

    /// A link is open. `is_insisted_on`: a person named the address.
    pub fn linked(&mut self, node: NodeId, is_insisted_on: bool) {
        self.links.entry(node).or_default().is_insisted_on |= is_insisted_on;
        self.known.insert(node, true);
    }

    /// A link is gone.
    pub fn unlinked(&mut self, node: NodeId) {
        self.links.remove(&node);
        self.asked = self.asked.filter(|(asked, _)| *asked != node);
    }

    /// A round trip was measured; the shortest counts.
    pub fn measured(&mut self, node: NodeId, round_trip_us: u64) {
        if let Some(link) = self.links.get_mut(&node) {
            link.round_trip_us = Some(link.round_trip_us.map_or(round_trip_us, |least| least.min(round_trip_us)));
        }
    }

    /// Open links.
    #[must_use]
    pub fn links(&self) -> usize {
        self.links.len()
    }

    /// Whether more links are looked for, from anywhere.
    #[must_use]
    pub fn is_short_of_links(&self, now_ms: u64) -> bool {
        self.staying(now_ms) < FEW_LINKS
    }

    /// The nodes to be dialled now.
    #[must_use]
    pub fn wanted(&self, now_ms: u64) -> BTreeSet<NodeId> {
        let mut wanted = self.neighbours(|_| true);
        wanted.extend(self.neighbours(|answers| answers));
        wanted.retain(|node| !self.links.contains_key(node));
        if self.is_short_of_links(now_ms) {
            let coming = wanted.iter().filter(|node| self.known.get(node) == Some(&true)).count();
            let lacking = ENOUGH_LINKS.saturating_sub(self.staying(now_ms) + coming);
            let others = self.known.iter().filter(|(node, _)| !self.links.contains_key(node) && !wanted.contains(node));
            let far = others.map(|(node, answers)| ((!answers, Reverse(self.me.affinity(*node))), *node));
            wanted.extend(least(far.collect(), lacking));
        }
        wanted
    }

    /// Whom to ask to part, if there are too many links. The answer is told by [`Topology::answered`].
    pub fn ask_to_part(&mut self, now_ms: u64) -> Option<NodeId> {
        self.asked = self.asked.filter(|(_, until_ms)| *until_ms > now_ms);
        if self.asked.is_some() || self.staying(now_ms) <= COMFORTABLE_LINKS {
            return None;
        }
        let spared = self.spared();
        let able = |(node, link): &(&NodeId, &Link)| {
            !spared.contains(node) && link.stays_until_ms <= now_ms && !link.parts(now_ms)
        };
        let able = self.links.iter().filter(able).map(|(node, _)| *node);
        let least = able.min_by_key(|node| self.me.affinity(*node))?;
        self.asked = Some((least, now_ms.saturating_add(PATIENCE_MS)));
        Some(least)
    }

    /// What a node that was asked to part has answered.
    pub fn answered(&mut self, node: NodeId, agrees: bool, now_ms: u64) {
        self.asked = self.asked.filter(|(asked, _)| *asked != node);
        if let Some(link) = self.links.get_mut(&node) {
            let until_ms = now_ms.saturating_add(if agrees { PATIENCE_MS } else { ASK_AGAIN_MS });
            if agrees {
                link.parts_until_ms = Some(until_ms);
            } else {
                link.stays_until_ms = until_ms;
            }
        }
    }

    /// A node asks to part. Answers whether this one agrees, and counts on it no more if so.
    pub fn may_part(&mut self, node: NodeId, now_ms: u64) -> bool {
        let is_needed = self.staying(now_ms) <= FEW_LINKS || self.neighbours(|answers| answers).contains(&node);
        let Some(link) = self.links.get_mut(&node).filter(|link| !is_needed && !link.is_insisted_on) else {
            return false;
        };
        link.parts_until_ms = Some(now_ms.saturating_add(PATIENCE_MS));
        true
    }

    /// When [`Topology::ask_to_part`] may have another answer although nothing happens.
    #[must_use]
    pub fn next_ms(&self, now_ms: u64) -> Option<u64> {
        if self.staying(now_ms) <= COMFORTABLE_LINKS {
            return None;
        }
        let asked = self.asked.map(|(_, until_ms)| until_ms);
        let links = self.links.values().map(|link| link.stays_until_ms);
        asked.or_else(|| links.filter(|until_ms| *until_ms > now_ms).min())
    }

    fn staying(&self, now_ms: u64) -> usize {
        self.links.values().filter(|link| !link.parts(now_ms)).count()
    }

    /// The next nodes on both sides of this one, of those who answer or of all.
    fn neighbours(&self, is_asked_for: impl Fn(bool) -> bool) -> BTreeSet<NodeId> {
        let (below, above) = (..self.me, (Bound::Excluded(self.me), Bound::Unbounded));
        let is_one = |(_, answers): &(&NodeId, &bool)| is_asked_for(**answers);
        let after = self.known.range(above).chain(self.known.range(below)).filter(is_one).take(RING);
        let before = self.known.range(below).rev().chain(self.known.range(above).rev()).filter(is_one).take(RING);
        after.chain(before).map(|(node, _)| *node).collect()
    }

    fn spared(&self) -> BTreeSet<NodeId> {
        let mut spared = self.neighbours(|answers| answers);
        spared.extend(self.links.iter().filter(|(_, link)| link.is_insisted_on).map(|(node, _)| *node));
        let measured = self.links.iter().filter_map(|(node, link)| Some((link.round_trip_us?, *node)));
        let mut near: Vec<(u64, NodeId)> = measured.collect();
        near.sort_unstable();
        spared.extend(near.into_iter().take(NEAREST).map(|(_, node)| node));
        spared
    }
}

impl Link {
    fn parts(&self, now_ms: u64) -> bool {
        self.parts_until_ms.is_some_and(|until_ms| until_ms > now_ms)
    }
}

/// Which of the nodes that were met lately to tell another node of: those next to it on the ring, and some by chance. `dice`
/// is any number; another one each time.
#[must_use]
pub fn introduce(to: NodeId, met: &BTreeSet<NodeId>, count: usize, dice: u64) -> Vec<NodeId> {
    let after = met.range(to..).chain(met.range(..to)).filter(|node| **node != to);
    let before = met.range(..to).rev().chain(met.range(to..).rev()).filter(|node| **node != to);
    let mut told: BTreeSet<NodeId> = after.take(count / 4).chain(before.take(count / 4)).copied().collect();
    let others = met.iter().filter(|node| **node != to && !told.contains(node));
    let others = others.map(|node| (mix(node.short() ^ dice), *node)).collect();
    told.extend(least(others, count.saturating_sub(told.len())));
    told.into_iter().collect()
}

/// The nodes with the lowest keys, in no order.
fn least<Key: Ord>(mut nodes: Vec<(Key, NodeId)>, count: usize) -> impl Iterator<Item = NodeId> {
    if count < nodes.len() {
        nodes.select_nth_unstable(count);
    }
    nodes.into_iter().take(count).map(|(_, node)| node)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(n: u32) -> NodeId {
        NodeId::of(&n.to_be_bytes())
    }

    /// The ring as somebody sees it who knows these.
    fn neighbours(me: NodeId, nodes: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        let mut topology = Topology::new(me);
        topology.set_known(nodes.iter().map(|node| (*node, true)));
        topology.neighbours(|_| true)
    }

    fn knowing(others: std::ops::Range<u32>) -> Topology {
        let mut topology = Topology::new(node(0));
        topology.set_known(others.map(|n| (node(n), true)));
        topology
    }

    #[test]
    fn in_a_small_group_everybody_is_linked_to_everybody() {
        let topology = knowing(1..9);
        assert_eq!(topology.wanted(0), (1..9).map(node).collect());
    }

    #[test]
    fn in_a_large_group_enough_are_sought_and_the_ring_is_among_them() {
        let topology = knowing(1..500);
        let wanted = topology.wanted(0);
        assert_eq!(wanted.len(), ENOUGH_LINKS);
        assert!(neighbours(node(0), &(1..500).map(node).collect()).is_subset(&wanted));
    }

    #[test]
    fn whoever_does_not_answer_is_tried_and_stood_in_for() {
        let ring = neighbours(node(0), &(1..50).map(node).collect());
        let mut topology = Topology::new(node(0));
        topology.set_known((1..50).map(|n| (node(n), !ring.contains(&node(n)))));
        let wanted = topology.wanted(0);
        assert!(ring.is_subset(&wanted), "two halves of a group find each other again");
        assert_eq!(wanted.difference(&ring).count(), ENOUGH_LINKS, "meanwhile others take their place");
    }

    #[test]
    fn a_node_with_too_many_links_asks_one_after_the_other_to_part() {
        let mut topology = Topology::new(node(0));
        (1..=13).for_each(|n| topology.linked(node(n), false));
        let first = topology.ask_to_part(0).unwrap();
        assert_eq!(topology.ask_to_part(1), None, "one question at a time");
        topology.answered(first, false, 2);
        let second = topology.ask_to_part(3).unwrap();
        assert_ne!(second, first, "whoever wants to stay is left alone for a while");
        topology.answered(second, true, 4);
        topology.unlinked(second);
        let ring = topology.neighbours(|answers| answers);
        while let Some(next) = topology.ask_to_part(5) {
            assert!(!ring.contains(&next));
            topology.answered(next, true, 5);
            topology.unlinked(next);
        }
        assert_eq!(topology.links(), COMFORTABLE_LINKS);
        assert!(topology.links.contains_key(&first), "it was not asked again yet");
    }

    #[test]
    fn nobody_agrees_to_part_below_the_least_whoever_asks_at_once() {
        let mut topology = Topology::new(node(0));
        (1..=9).for_each(|n| topology.linked(node(n), false));
        let ring = topology.neighbours(|answers| answers);
        let agreed = (1..=9).filter(|n| topology.may_part(node(*n), 0)).collect::<Vec<_>>();
        assert_eq!(agreed.len(), 9 - FEW_LINKS);
        assert!(agreed.iter().all(|n| !ring.contains(&node(*n))));
        assert!(!topology.may_part(node(99), 0), "a stranger cannot be parted with");
    }

    #[test]
    fn what_a_person_named_and_the_nearest_are_kept() {
        let mut topology = Topology::new(node(0));
        (1..=14).for_each(|n| topology.linked(node(n), n == 3));
        topology.measured(node(7), 300);
        topology.measured(node(8), 400);
        (9..=14).for_each(|n| topology.measured(node(n), 9_000));
        for now_ms in 0..20 {
            let Some(asked) = topology.ask_to_part(now_ms) else { break };
            assert!(![node(3), node(7), node(8)].contains(&asked));
            topology.answered(asked, false, now_ms);
        }
        assert!(!topology.may_part(node(3), 100));
    }

    proptest! {
        #[test]
        fn an_introduction_is_bounded_and_never_names_the_other_itself(
            others in prop::collection::btree_set(0_u32..2_000, 0..300), to in 0_u32..2_000, count in 0_usize..200, dice: u64
        ) {
            let met: BTreeSet<NodeId> = others.iter().map(|n| node(*n)).collect();
            let told = introduce(node(to), &met, count, dice);
            prop_assert!(told.len() <= count);
            prop_assert!(told.len() + 1 >= count.min(met.len()));
            prop_assert!(!told.contains(&node(to)));
            let near = neighbours(node(to), &met);
            prop_assert!(count < 8 || near.iter().all(|node| told.contains(node)), "who stands next to it is told first");
        }
    }
}
