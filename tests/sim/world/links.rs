//! Who is linked to whom: looking, dialling, introducing and parting.

use std::collections::{BTreeMap, BTreeSet};

use glow_sync::{NodeId, topology};

use super::{Event, World};

/// What an address and a question take on the wire.
const ADDRESS_BYTES: u64 = 70;
const QUESTION_BYTES: u64 = 60;
const ADDRESSES: usize = 64;

impl World {
    pub(super) fn look(&mut self, index: usize) {
        if !self.devices[index].is_awake {
            return;
        }
        let now_ms = self.now_ms;
        let nodes: BTreeMap<usize, NodeId> =
            self.devices[index].links.iter().map(|link| (*link, self.devices[*link].node)).collect();
        let (dials, again_ms) = self.devices[index].dials(now_ms);
        for to in dials {
            self.devices[index].dialling.insert(to);
            let delay_ms = 2 * self.delay_ms();
            self.after(delay_ms, Event::Dialled { from: index, to });
        }
        if let Some(node) = self.devices[index].topology.ask_to_part(now_ms)
            && let Some((to, _)) = nodes.iter().find(|(_, other)| **other == node)
        {
            let (to, delay_ms) = (*to, self.delay_ms());
            self.devices[index].bytes += QUESTION_BYTES;
            self.after(delay_ms, Event::AskToPart { from: index, to });
        }
        let parting_ms = self.devices[index].topology.next_ms(now_ms);
        if let Some(at_ms) = again_ms.into_iter().chain(parting_ms).min() {
            let at_ms = at_ms.max(now_ms + 1);
            if self.devices[index].looks_ms.is_none_or(|looks_ms| looks_ms > at_ms) {
                self.devices[index].looks_ms = Some(at_ms);
                self.after(at_ms - now_ms, Event::Look(index));
            }
        }
    }

    pub(super) fn dialled(&mut self, from: usize, node: NodeId) {
        self.devices[from].dialling.remove(&node);
        if !self.devices[from].is_awake {
            return;
        }
        match self.at.get(&node).copied().filter(|to| self.reach(from, *to)) {
            Some(to) => self.link(from, to),
            None => {
                self.devices[from].failed(node, self.now_ms);
                self.look(from);
            }
        }
    }

    fn link(&mut self, from: usize, to: usize) {
        if self.devices[from].links.contains(&to) {
            return;
        }
        let round_trip_us = 2_000 * self.delay_ms();
        for (one, other) in [(from, to), (to, from)] {
            let (node, now_ms) = (self.devices[other].node, self.now_ms);
            let device = &mut self.devices[one];
            device.links.insert(other);
            device.has_met_anyone = true;
            device.met(node, now_ms);
            device.topology.linked(node, false);
            device.topology.measured(node, round_trip_us);
            self.most_links = self.most_links.max(device.links.len());
        }
        // The dialler reconciles; both ask whom the other knows.
        self.introduce(from, to);
        self.introduce(to, from);
        let round_trip_ms = 2 * self.delay_ms();
        self.after(round_trip_ms, Event::Reconcile { from, to });
        self.look(from);
        self.look(to);
    }

    /// One tells another of those it has met.
    pub(super) fn introduce(&mut self, by: usize, to: usize) {
        let linked: BTreeSet<NodeId> = self.devices[by].links.iter().map(|link| self.devices[*link].node).collect();
        let met = self.devices[by].sightings(self.now_ms, &linked);
        let dice = self.random.below(u64::MAX);
        let told = topology::introduce(self.devices[to].node, &met.keys().copied().collect(), ADDRESSES, dice);
        let bytes = QUESTION_BYTES + ADDRESS_BYTES * told.len() as u64;
        self.devices[by].bytes += bytes;
        self.devices[to].bytes += bytes;
        let now_ms = self.now_ms;
        for node in told {
            self.devices[to].hear(node, met[&node], now_ms);
        }
    }

    pub(super) fn unlink(&mut self, one: usize, other: usize) {
        if !self.devices[one].links.remove(&other) {
            return;
        }
        self.devices[other].links.remove(&one);
        for (one, other) in [(one, other), (other, one)] {
            let (node, now_ms) = (self.devices[other].node, self.now_ms);
            self.devices[one].topology.unlinked(node);
            self.devices[one].lost(node, now_ms);
        }
        self.unlinked += 1;
        if self.halves.is_none() && self.unlinked.is_multiple_of(1 + self.devices.len() / 50) {
            self.assert_connected();
        }
        self.look(one);
        self.look(other);
    }

    /// All who are awake and have come in reach each other over links of those who are awake.
    pub(super) fn assert_connected(&self) {
        let members: BTreeSet<usize> = self.awake().filter(|index| self.devices[*index].has_met_anyone).collect();
        let Some(first) = members.first() else { return };
        let (mut reached, mut edge) = (BTreeSet::from([*first]), vec![*first]);
        while let Some(index) = edge.pop() {
            for other in &self.devices[index].links {
                if members.contains(other) && reached.insert(*other) {
                    edge.push(*other);
                }
            }
        }
        let alone = members.difference(&reached).collect::<Vec<_>>();
        assert!(alone.is_empty(), "at {} ms {alone:?} of {} are on their own", self.now_ms, members.len());
    }

    pub(super) fn pairs(&self) -> Vec<(usize, usize)> {
        let pairs = self.devices.iter().enumerate();
        pairs.flat_map(|(one, device)| device.links.iter().map(move |other| (one, *other))).collect()
    }

    pub(super) fn reach(&self, one: usize, other: usize) -> bool {
        self.halves.is_none_or(|half| (one < half) == (other < half))
    }
}
