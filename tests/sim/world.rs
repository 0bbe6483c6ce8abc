//! The clock, the network and the chance.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use glow_model::OperationId;
use glow_sync::{NodeId, Reconciler, topology};
use tests::media::Random;

use crate::device::{Device, Receipt};

/// What an operation, an address and a question take on the wire.
const OPERATION_BYTES: u64 = 700;
const ADDRESS_BYTES: u64 = 70;
const QUESTION_BYTES: u64 = 60;
const ADDRESSES: usize = 64;
/// As in the engine and in `glow_net`.
const REPAIR_EVERY_MS: u64 = 30_000;
const SPREAD_AFTER_MS: u64 = 300;
const DRAIN_MS: u64 = 2_000;
/// Until pings tell that somebody has gone without a word.
const DEAD_AFTER_MS: u64 = 9_000;

/// By whom a device comes in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Join {
    /// By this one's invite.
    By(usize),
    /// By anyone's.
    ByAnyone,
}

#[derive(Debug)]
enum Event {
    Join(Join),
    Leave,
    Post,
    /// A device looks whom to dial and whom to ask to part.
    Look(usize),
    Dialled {
        from: usize,
        to: NodeId,
    },
    Gossip {
        from: usize,
        to: usize,
        operation: usize,
        hops: u32,
    },
    AskToPart {
        from: usize,
        to: usize,
    },
    Answered {
        from: usize,
        to: usize,
        agrees: bool,
    },
    Close {
        one: usize,
        other: usize,
    },
    /// A device asks the next of its neighbours what is missing.
    Repair(usize),
    /// Two that are linked compare what they hold.
    Reconcile {
        from: usize,
        to: usize,
    },
}

/// What was measured since it was begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// Operations that a member who was there all the time does not hold.
    pub(crate) missed: usize,
    /// How often a member receives an operation of another, in the mean.
    pub(crate) copies: f64,
    /// Over how many links an operation came at most.
    pub(crate) hops: u32,
    /// What a member sends and receives, in the mean.
    pub(crate) bytes_per_member: f64,
    pub(crate) median_ms: u64,
    pub(crate) worst_ms: u64,
    /// Links of one member, at most, while it was measured.
    pub(crate) most_links: usize,
}

pub(crate) struct World {
    now_ms: u64,
    random: Random,
    loss: f64,
    devices: Vec<Device>,
    at: BTreeMap<NodeId, usize>,
    events: BTreeMap<(u64, u64), Event>,
    next: u64,
    /// Time and id of each operation, and whose it is.
    ids: Vec<(u64, OperationId)>,
    authors: Vec<usize>,
    /// Whether two devices reach each other: those of the same half.
    halves: Option<usize>,
    measures_from: Option<usize>,
    most_links: usize,
    churners: usize,
    /// Links that have ended: in a large group not each one is worth a look at all.
    unlinked: usize,
}

impl World {
    pub(crate) fn new(seed: u64, loss: f64) -> Self {
        Self {
            now_ms: 1_000,
            random: Random::new(seed),
            loss,
            devices: vec![],
            at: BTreeMap::new(),
            events: BTreeMap::new(),
            next: 0,
            ids: vec![],
            authors: vec![],
            halves: None,
            measures_from: None,
            most_links: 0,
            churners: 0,
            unlinked: 0,
        }
    }

    pub(crate) fn join_all(&mut self, members: usize, how: Join, every: Duration) {
        for member in 0..members {
            self.after(every.as_millis() as u64 * member as u64, Event::Join(how));
        }
        self.run(every * members as u32);
    }

    /// From now on one comes and one goes at a time; of those who are here so many stay.
    pub(crate) fn churn(&mut self, staying: usize, times: u64, every: Duration) {
        for (index, device) in self.devices.iter_mut().enumerate() {
            device.stays = index < staying;
        }
        self.churners = self.devices.len() - staying;
        for time in 0..times {
            self.after(every.as_millis() as u64 * time, Event::Join(Join::ByAnyone));
            self.after(every.as_millis() as u64 * time + 500, Event::Leave);
        }
    }

    pub(crate) fn post_now_and_then(&mut self, operations: u64, every: Duration) {
        (0..operations).for_each(|n| self.after(every.as_millis() as u64 * n, Event::Post));
    }

    pub(crate) fn part_in_two(&mut self) {
        self.halves = Some(self.devices.len() / 2);
        let mut cut = self.pairs();
        cut.retain(|(one, other)| !self.reach(*one, *other));
        for (one, other) in cut {
            self.after(DEAD_AFTER_MS, Event::Close { one, other });
        }
    }

    pub(crate) fn heal(&mut self) {
        self.halves = None;
    }

    pub(crate) fn begin_to_measure(&mut self) {
        self.measures_from = Some(self.ids.len());
        self.most_links = self.devices.iter().map(|device| device.links.len()).max().unwrap_or_default();
        for device in &mut self.devices {
            (device.copies, device.bytes) = (0, 0);
        }
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let end_ms = self.now_ms + time.as_millis() as u64;
        while let Some(((at_ms, _), _)) = self.events.first_key_value().filter(|((at_ms, _), _)| *at_ms <= end_ms) {
            self.now_ms = *at_ms;
            let Some((_, event)) = self.events.pop_first() else { break };
            self.handle(event);
        }
        self.now_ms = end_ms;
    }

    pub(crate) fn run_until_nobody_misses_anything(&mut self, bound: Duration) -> Duration {
        let mut took = Duration::ZERO;
        while self.measured().missed > 0 && took < bound {
            let step = Duration::from_millis(100);
            self.run(step);
            took += step;
        }
        took
    }

    /// Fails unless all who are awake are connected, by few links each.
    pub(crate) fn assert_quiet(&self, links: usize) {
        self.assert_connected();
        for (index, device) in self.devices.iter().enumerate().filter(|(_, device)| device.is_awake) {
            assert!(device.links.len() <= links, "device {index} has {} links", device.links.len());
        }
    }

    pub(crate) fn measured(&self) -> Measured {
        let from = self.measures_from.unwrap_or(0);
        let members: Vec<&Device> = self.devices.iter().filter(|device| device.is_awake && device.stays).collect();
        let operations = from..self.ids.len();
        let mut delays = vec![];
        let (mut missed, mut hops) = (0, 0);
        for member in &members {
            for operation in operations.clone() {
                match member.held.get(&operation) {
                    None => missed += 1,
                    Some(receipt) if receipt.hops > 0 => {
                        hops = hops.max(receipt.hops);
                        delays.push(receipt.at_ms - self.ids[operation].0);
                    }
                    Some(_) => {}
                }
            }
        }
        delays.sort_unstable();
        let count = members.len() as f64;
        Measured {
            missed,
            copies: members.iter().map(|member| member.copies).sum::<u64>() as f64 / delays.len().max(1) as f64,
            hops,
            bytes_per_member: members.iter().map(|member| member.bytes).sum::<u64>() as f64 / count,
            median_ms: delays.get(delays.len() / 2).copied().unwrap_or_default(),
            worst_ms: delays.last().copied().unwrap_or_default(),
            most_links: self.most_links,
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Join(how) => self.join(how),
            Event::Leave => self.leave(),
            Event::Post => self.post(),
            Event::Look(device) => {
                if self.devices[device].looks_ms == Some(self.now_ms) {
                    self.devices[device].looks_ms = None;
                    self.look(device);
                }
            }
            Event::Dialled { from, to } => self.dialled(from, to),
            Event::Gossip { from, to, operation, hops } => self.heard(from, to, operation, hops),
            Event::AskToPart { from, to } => {
                let (node, now_ms) = (self.devices[from].node, self.now_ms);
                let agrees = self.devices[to].topology.may_part(node, now_ms);
                let delay_ms = self.delay_ms();
                self.after(delay_ms, Event::Answered { from, to, agrees });
            }
            Event::Answered { from, to, agrees } => {
                let (node, now_ms) = (self.devices[to].node, self.now_ms);
                self.devices[from].topology.answered(node, agrees, now_ms);
                if agrees {
                    self.after(DRAIN_MS, Event::Close { one: from, other: to });
                }
                self.look(from);
            }
            Event::Close { one, other } => self.unlink(one, other),
            Event::Repair(device) => self.repair(device),
            Event::Reconcile { from, to } => self.reconcile(from, to),
        }
    }

    fn join(&mut self, how: Join) {
        let index = self.devices.len();
        let node = NodeId::of(&[self.random.below(u64::MAX).to_be_bytes(), (index as u64).to_be_bytes()].concat());
        let mut device = Device::new(node);
        device.stays = self.churners == 0;
        let awake: Vec<usize> = self.awake().collect();
        let host = match how {
            Join::By(host) => (index > 0).then_some(host),
            Join::ByAnyone => (!awake.is_empty()).then(|| awake[self.random.below(awake.len() as u64) as usize]),
        };
        if let Some(host) = host {
            device.hear(self.devices[host].node, self.now_ms, self.now_ms);
        } else {
            device.has_met_anyone = true;
        }
        self.devices.push(device);
        self.at.insert(node, index);
        self.look(index);
        let first_ms = self.random.below(REPAIR_EVERY_MS);
        self.after(first_ms, Event::Repair(index));
    }

    /// One of those who do not stay goes: half of them with a word.
    fn leave(&mut self) {
        let leavers: Vec<usize> = self.awake().filter(|index| !self.devices[*index].stays).collect();
        if leavers.is_empty() {
            return;
        }
        let gone = leavers[self.random.below(leavers.len() as u64) as usize];
        self.devices[gone].is_awake = false;
        self.at.remove(&self.devices[gone].node.clone());
        let says_goodbye = self.random.below(2) == 0;
        for other in self.devices[gone].links.clone() {
            let after_ms = if says_goodbye { 1 } else { DEAD_AFTER_MS };
            self.after(after_ms, Event::Close { one: gone, other });
        }
        self.assert_connected();
    }

    fn post(&mut self) {
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

    fn heard(&mut self, from: usize, to: usize, operation: usize, hops: u32) {
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

    fn look(&mut self, index: usize) {
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

    fn dialled(&mut self, from: usize, node: NodeId) {
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
    fn introduce(&mut self, by: usize, to: usize) {
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

    fn unlink(&mut self, one: usize, other: usize) {
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

    fn repair(&mut self, index: usize) {
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

    fn reconcile(&mut self, from: usize, to: usize) {
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

    /// All who are awake and have come in reach each other over links of those who are awake.
    fn assert_connected(&self) {
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

    fn pairs(&self) -> Vec<(usize, usize)> {
        let pairs = self.devices.iter().enumerate();
        pairs.flat_map(|(one, device)| device.links.iter().map(move |other| (one, *other))).collect()
    }

    fn reach(&self, one: usize, other: usize) -> bool {
        self.halves.is_none_or(|half| (one < half) == (other < half))
    }

    fn awake(&self) -> impl Iterator<Item = usize> + '_ {
        self.devices.iter().enumerate().filter(|(_, device)| device.is_awake).map(|(index, _)| index)
    }

    fn is_lost(&mut self) -> bool {
        (self.random.below(1_000_000) as f64) < self.loss * 1e6
    }

    /// One way, in milliseconds.
    fn delay_ms(&mut self) -> u64 {
        1 + self.random.below(10)
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.events.insert((self.now_ms + ms, self.next), event);
        self.next += 1;
    }
}
