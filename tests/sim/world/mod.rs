//! The clock, the network and the chance.

mod links;
mod measured;
mod spread;

use std::collections::BTreeMap;
use std::time::Duration;

use glow_model::OperationId;
use glow_sync::NodeId;
use tests::media::Random;

use crate::device::Device;

/// As in the engine and in `glow_net`.
const REPAIR_EVERY_MS: u64 = 30_000;
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

    pub(crate) fn run(&mut self, time: Duration) {
        let end_ms = self.now_ms + time.as_millis() as u64;
        while let Some(((at_ms, _), _)) = self.events.first_key_value().filter(|((at_ms, _), _)| *at_ms <= end_ms) {
            self.now_ms = *at_ms;
            let Some((_, event)) = self.events.pop_first() else { break };
            self.handle(event);
        }
        self.now_ms = end_ms;
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
