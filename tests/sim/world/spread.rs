//! How operations get around: passed on at once, and by repair where that failed.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use glow_model::OperationId;
use glow_sync::{NodeId, Reconciler};

use super::{Event, REPAIR_EVERY_MS, World};
use crate::device::Receipt;

/// What an operation takes on the wire.
const OPERATION_BYTES: u64 = 700;
const SPREAD_AFTER_MS: u64 = 300;

impl World {
    pub(super) fn post(&mut self) {
        let staying: Vec<usize> = self.awake().filter(|index| self.devices[*index].stays).collect();
        let author = staying[self.random.below(staying.len() as u64) as usize];
        let operation = self.ids.len();
        self.ids.push((self.now_ms, OperationId(NodeId::of(&operation.to_be_bytes()).0)));
        self.authors.push(author);
        self.devices[author].held.insert(operation, Receipt { at_ms: self.now_ms, hops: 0 });
        self.flood(author, None, operation, 1);
    }

    fn flood(&mut self, by: usize, except: Option<usize>, operation: usize, hops: u32) {
        for to in self.devices[by].links.clone() {
            if Some(to) != except {
                self.devices[by].bytes += OPERATION_BYTES;
                let delay_ms = self.delay_ms();
                if !self.is_lost() {
                    self.after(delay_ms, Event::Gossip { from: by, to, operation, hops });
                }
            }
        }
    }

    pub(super) fn heard(&mut self, from: usize, to: usize, operation: usize, hops: u32) {
        if !self.devices[to].is_awake || !self.reach(from, to) {
            return;
        }
        let now_ms = self.now_ms;
        let device = &mut self.devices[to];
        device.bytes += OPERATION_BYTES;
        if self.measures_from.is_some_and(|from| operation >= from) {
            device.copies += 1;
        }
        if let Entry::Vacant(place) = device.held.entry(operation) {
            place.insert(Receipt { at_ms: now_ms, hops });
            self.flood(to, Some(from), operation, hops + 1);
        }
    }

    pub(super) fn repair(&mut self, index: usize) {
        if !self.devices[index].is_awake {
            return;
        }
        let links: Vec<usize> = self.devices[index].links.iter().copied().collect();
        if !links.is_empty() {
            let to = links[self.devices[index].turn % links.len()];
            self.devices[index].turn += 1;
            self.reconcile(index, to);
            self.introduce(to, index);
            self.look(index);
        }
        self.after(REPAIR_EVERY_MS, Event::Repair(index));
    }

    pub(super) fn reconcile(&mut self, from: usize, to: usize) {
        let is_possible = [from, to].iter().all(|device| self.devices[*device].is_awake) && self.reach(from, to);
        if !is_possible || !self.devices[from].links.contains(&to) {
            return;
        }
        let other = self.devices[to].snapshot(&self.ids);
        let (mut reconciler, mut message) = Reconciler::start(self.devices[from].snapshot(&self.ids)).unwrap();
        let (mut have, mut need, mut bytes) = (vec![], vec![], 0);
        loop {
            let answer = other.respond(&message).unwrap();
            bytes += (message.len() + answer.len()) as u64;
            let round = reconciler.step(&answer).unwrap();
            have.extend(round.have);
            need.extend(round.need);
            let Some(next) = round.next else { break };
            message = next;
        }
        bytes += OPERATION_BYTES * (have.len() + need.len()) as u64;
        self.devices[from].bytes += bytes;
        self.devices[to].bytes += bytes;
        self.take_repaired(from, to, &need);
        self.take_repaired(to, from, &have);
    }

    /// Repair has brought something, and it is passed on by repair.
    fn take_repaired(&mut self, to: usize, from: usize, ids: &[OperationId]) {
        if ids.is_empty() {
            return;
        }
        let now_ms = self.now_ms;
        let wanted: BTreeSet<OperationId> = ids.iter().copied().collect();
        let come: Vec<usize> = (0..self.ids.len()).filter(|at| wanted.contains(&self.ids[*at].1)).collect();
        for operation in come {
            let hops = self.devices[from].held.get(&operation).map_or(0, |receipt| receipt.hops) + 1;
            let is_measured = self.measures_from.is_some_and(|from| operation >= from);
            let device = &mut self.devices[to];
            device.copies += u64::from(is_measured);
            device.held.entry(operation).or_insert(Receipt { at_ms: now_ms, hops });
        }
        for other in self.devices[to].links.clone() {
            if other != from {
                self.after(SPREAD_AFTER_MS, Event::Reconcile { from: to, to: other });
            }
        }
    }
}
