//! The model of a LAN: which copy of a frame arrives where, and when.
//!
//! A frame meets these stages, each a first-in first-out queue that is served at a rate:
//!
//! ```text
//! offer -> sender's uplink -> shared channel -> (one copy per receiver) -> receiver's downlink
//!       -> loss -> duplication -> delay + jitter -> delivery
//! ```
//!
//! On a line of rate `r` a frame of `n` bytes takes `8 (n + 24) / r`. In the shared channel it
//! takes one such time if it starts or ends at the access point and two otherwise; what goes to a
//! station of a second access point takes one in either channel and a turn on the backhaul between
//! them; the second one
//! of a frame to a group is at the multicast rate, however many listen. A frame that would wait
//! longer than the queue's cap is dropped. A stage without a rate takes no time. An address that
//! was not heard yet is flooded. Without jitter, what one host sends to another stays in order.
//!
//! The medium is given times and frames and asks for neither: no clock, no device, and the same
//! input with the same seed gives the same deliveries. Times are nanoseconds since an origin that
//! the caller chose, and never go back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use crate::config::{Channel, Config, ConfigError, FRAMING_BYTES, Rate};
use crate::frame::{Header, Mac};
use crate::policy::{Change, ChangeError, Policy};
use crate::rng::SplitMix64;
use crate::stats::Stats;

/// Addresses learned at most; further ones are flooded.
const MAX_ADDRESSES: usize = 4096;

/// Frames under way at most; further ones are dropped as by a full queue.
const MAX_UNDER_WAY: usize = 1 << 17;

/// A copy of a frame that has reached a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at_ns: u64,
    /// To which host.
    pub to: usize,
    /// The frame.
    pub frame: Arc<[u8]>,
}

/// The model; see the [module](self).
#[derive(Debug)]
pub struct Medium {
    config: Config,
    policy: Policy,
    rng: SplitMix64,
    addresses: BTreeMap<Mac, usize>,
    uplinks: Vec<Line>,
    downlinks: Vec<Line>,
    /// The channel of each access point.
    air: [Line; 2],
    /// The backhaul, from each access point.
    backhaul: [Line; 2],
    now_ns: u64,
    under_way: BinaryHeap<Reverse<Event>>,
    next_number: u64,
    arrived: VecDeque<Delivery>,
    stats: Stats,
}

impl Medium {
    /// A silent medium at time 0.
    ///
    /// # Errors
    /// The configuration contradicts itself.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.validate()?;
        let hosts = config.links.len();
        let access_point = config.channel.and_then(|channel| channel.access_point);
        Ok(Self {
            policy: Policy::open(hosts, access_point),
            rng: SplitMix64::new(config.seed),
            addresses: BTreeMap::new(),
            uplinks: vec![Line::default(); hosts],
            downlinks: vec![Line::default(); hosts],
            air: [Line::default(); 2],
            backhaul: [Line::default(); 2],
            now_ns: 0,
            under_way: BinaryHeap::new(),
            next_number: 0,
            arrived: VecDeque::new(),
            stats: Stats::of(hosts),
            config,
        })
    }

    /// Takes a frame that host `from` sends at `now_ns`. Bytes too short for a frame are ignored.
    pub fn offer(&mut self, now_ns: u64, from: usize, frame: &[u8]) {
        self.advance(now_ns);
        let Some(header) = Header::parse(frame) else {
            return;
        };
        if !self.policy.is_up(from) {
            self.stats.blocked += 1;
            return;
        }
        self.learn(header.source, from);
        self.stats.hosts[from].sent_frames += 1;
        self.stats.hosts[from].sent_bytes += frame.len() as u64;
        let work_ns = time_on(self.config.links[from].up, frame.len());
        let sent_ns = match self.uplinks[from].enter(now_ns, work_ns, self.config.queue_ns) {
            Some(sent_ns) if self.under_way.len() < MAX_UNDER_WAY => sent_ns,
            Some(_) | None => return self.drop_at_queue(from),
        };
        let packet = Packet { from, header, frame: frame.into() };
        self.schedule(sent_ns, packet, Step::Sent);
    }

    /// The next copy that has arrived by `now_ns`, in order of time.
    pub fn poll(&mut self, now_ns: u64) -> Option<Delivery> {
        self.advance(now_ns);
        self.arrived.pop_front()
    }

    /// When [`poll`](Self::poll) has something to do again; `None` if nothing is under way.
    #[must_use]
    pub fn next_event_ns(&self) -> Option<u64> {
        match self.arrived.front() {
            Some(delivery) => Some(delivery.at_ns),
            None => self.under_way.peek().map(|Reverse(event)| event.at_ns),
        }
    }

    /// Changes the rules from `now_ns` on.
    ///
    /// # Errors
    /// The change names a host that does not exist or contradicts itself; nothing was changed.
    pub fn apply(&mut self, now_ns: u64, change: &Change) -> Result<(), ChangeError> {
        self.advance(now_ns);
        self.policy.apply(change)?;
        match change {
            Change::Loss { host: Some(host), loss } => self.config.links[*host].loss = *loss,
            Change::Loss { host: None, loss } => {
                self.config.links.iter_mut().for_each(|link| link.loss = *loss);
            }
            Change::Partition { .. }
            | Change::Heal
            | Change::Link { .. }
            | Change::Isolate { .. }
            | Change::BlockMulticast { .. }
            | Change::BlockUdp { .. } => {}
        }
        Ok(())
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Counts a delivery that the receiving device did not take.
    pub fn count_refused(&mut self) {
        self.stats.refused += 1;
    }

    fn advance(&mut self, now_ns: u64) {
        while let Some(Reverse(event)) = self.under_way.peek()
            && event.at_ns <= now_ns
        {
            let Some(Reverse(event)) = self.under_way.pop() else {
                return;
            };
            self.now_ns = event.at_ns;
            self.take(event.packet, event.step);
        }
        self.now_ns = self.now_ns.max(now_ns);
    }

    fn schedule(&mut self, at_ns: u64, packet: Packet, step: Step) {
        if at_ns <= self.now_ns {
            return self.take(packet, step);
        }
        let number = self.next_number;
        self.next_number += 1;
        self.under_way.push(Reverse(Event { at_ns, number, packet, step }));
    }

    fn take(&mut self, packet: Packet, step: Step) {
        match step {
            Step::Sent => self.handle_sent(packet),
            Step::Relayed => self.handle_relayed(packet),
            Step::Bridged => self.handle_bridged(packet),
            Step::Heard(to) => self.handle_heard(packet, to),
            Step::Crossed(to) => self.handle_crossed(packet, to),
        }
    }

    /// A frame has left its sender's uplink: on to the air, and from there to each receiver.
    fn handle_sent(&mut self, packet: Packet) {
        let receivers = self.receivers(&packet);
        let (near, far): (Vec<_>, Vec<_>) =
            receivers.into_iter().partition(|&to| self.cell_of(to) == self.cell_of(packet.from));
        let Some(crossing) = self.cross_air(&packet, &near) else {
            return self.drop_at_queue(packet.from);
        };
        if !far.is_empty() {
            self.schedule(crossing.first_ns, packet.clone(), Step::Relayed);
        }
        for to in near {
            let is_access_point = self.access_point() == Some(to);
            let heard_ns = if is_access_point { crossing.first_ns } else { crossing.second_ns };
            self.schedule(heard_ns, packet.clone(), Step::Heard(to));
        }
    }

    /// A frame for the other access point's stations is at its sender's: on to the backhaul.
    fn handle_relayed(&mut self, packet: Packet) {
        let Some(second) = self.config.channel.and_then(|channel| channel.second) else { return };
        let cell = self.cell_of(packet.from);
        let work_ns = second.rate.frame_time_ns(packet.frame.len());
        let Some(bridged_ns) = self.backhaul[cell].enter(self.now_ns, work_ns, self.config.queue_ns) else {
            return self.drop_at_queue(packet.from);
        };
        self.stats.backhaul_bytes += (packet.frame.len() + FRAMING_BYTES) as u64;
        self.schedule(bridged_ns + second.delay_ns, packet, Step::Bridged);
    }

    /// A frame is at the other access point: on to the air there.
    fn handle_bridged(&mut self, packet: Packet) {
        let Some(channel) = self.config.channel else { return };
        let cell = 1 - self.cell_of(packet.from);
        let receivers = self.receivers(&packet);
        let receivers: Vec<_> = receivers.into_iter().filter(|&to| self.cell_of(to) == cell).collect();
        let (_, air_ns) = air_times(channel, &packet, &receivers);
        let Some(heard_ns) = self.air[cell].enter(self.now_ns, air_ns, self.config.queue_ns) else {
            return self.drop_at_queue(packet.from);
        };
        self.stats.airtime_ns += air_ns;
        for to in receivers {
            self.schedule(heard_ns, packet.clone(), Step::Heard(to));
        }
    }

    fn cell_of(&self, host: usize) -> usize {
        self.config.channel.map_or(0, |channel| channel.cell_of(host))
    }

    /// A copy is at its receiver's link: through the downlink, then chance, then distance.
    fn handle_heard(&mut self, packet: Packet, to: usize) {
        let link = self.config.links[to];
        let work_ns = time_on(link.down, packet.frame.len());
        let queue_ns = self.config.queue_ns;
        let Some(received_ns) = self.downlinks[to].enter(self.now_ns, work_ns, queue_ns) else {
            return self.drop_at_queue(to);
        };
        if self.rng.happens(link.loss) {
            self.stats.loss_drops += 1;
            self.stats.hosts[to].loss_drops += 1;
            return;
        }
        if self.rng.happens(link.duplicates) {
            self.stats.duplicates += 1;
            let at_ns = received_ns + link.delay_ns + self.rng.up_to(link.jitter_ns);
            self.schedule(at_ns, packet.clone(), Step::Crossed(to));
        }
        let at_ns = received_ns + link.delay_ns + self.rng.up_to(link.jitter_ns);
        self.schedule(at_ns, packet, Step::Crossed(to));
    }

    /// A copy has arrived, unless the rules changed while it was under way.
    fn handle_crossed(&mut self, packet: Packet, to: usize) {
        if !self.policy.passes(packet.from, to, packet.header.kind) {
            self.stats.blocked += 1;
            return;
        }
        let bytes = packet.frame.len() as u64;
        self.stats.forwarded += 1;
        self.stats.bytes += bytes;
        self.stats.multicast_copies += u64::from(packet.header.destination.is_group());
        self.stats.hosts[to].received_frames += 1;
        self.stats.hosts[to].received_bytes += bytes;
        self.arrived.push_back(Delivery { at_ns: self.now_ns, to, frame: packet.frame });
    }

    fn receivers(&mut self, packet: &Packet) -> Vec<usize> {
        let known = self.addresses.get(&packet.header.destination).copied();
        let addressed: Vec<usize> = match known {
            Some(to) => vec![to],
            None => (0..self.config.links.len()).collect(),
        };
        let (from, kind) = (packet.from, packet.header.kind);
        let others = addressed.into_iter().filter(|&to| to != from);
        let (reached, refused): (Vec<_>, Vec<_>) = others.partition(|&to| self.policy.passes(from, to, kind));
        self.stats.blocked += refused.len() as u64;
        reached
    }

    /// Reserves the shared channel from the present; `None` if its queue is full.
    fn cross_air(&mut self, packet: &Packet, receivers: &[usize]) -> Option<Crossing> {
        let Some(channel) = self.config.channel else {
            return Some(Crossing { first_ns: self.now_ns, second_ns: self.now_ns });
        };
        let (to_ap_ns, from_ap_ns) = air_times(channel, packet, receivers);
        let air_ns = to_ap_ns + from_ap_ns;
        let second_ns = self.air[channel.cell_of(packet.from)].enter(self.now_ns, air_ns, self.config.queue_ns)?;
        self.stats.airtime_ns += air_ns;
        Some(Crossing { first_ns: second_ns - from_ap_ns, second_ns })
    }

    fn learn(&mut self, source: Mac, host: usize) {
        let has_room = self.addresses.len() < MAX_ADDRESSES;
        if !source.is_group() && (has_room || self.addresses.contains_key(&source)) {
            self.addresses.insert(source, host);
        }
    }

    fn drop_at_queue(&mut self, host: usize) {
        self.stats.queue_drops += 1;
        self.stats.hosts[host].queue_drops += 1;
    }

    fn access_point(&self) -> Option<usize> {
        self.config.channel.and_then(|channel| channel.access_point)
    }
}

/// A rate's queue, kept as the time at which it will have served all that entered.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    busy_until_ns: u64,
}

impl Line {
    /// When work that enters at `now_ns` is done; `None` if it would wait longer than the cap.
    fn enter(&mut self, now_ns: u64, work_ns: u64, cap_ns: u64) -> Option<u64> {
        if self.busy_until_ns > now_ns.saturating_add(cap_ns) {
            return None;
        }
        self.busy_until_ns = self.busy_until_ns.max(now_ns) + work_ns;
        Some(self.busy_until_ns)
    }
}

/// When a frame has been heard by the access point, and when by everybody else.
struct Crossing {
    first_ns: u64,
    second_ns: u64,
}

#[derive(Clone, Debug)]
struct Packet {
    from: usize,
    header: Header,
    frame: Arc<[u8]>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// It has left its sender.
    Sent,
    /// It is at its sender's access point, and belongs to the other.
    Relayed,
    /// It is at the other access point.
    Bridged,
    /// It is at this receiver's downlink.
    Heard(usize),
    /// It has come the whole way to this receiver.
    Crossed(usize),
}

#[derive(Debug)]
struct Event {
    at_ns: u64,
    /// Events of one time keep the order in which they were scheduled.
    number: u64,
    packet: Packet,
    step: Step,
}

impl Event {
    fn key(&self) -> (u64, u64) {
        (self.at_ns, self.number)
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

fn time_on(rate: Option<Rate>, frame_bytes: usize) -> u64 {
    rate.map_or(0, |rate| rate.frame_time_ns(frame_bytes))
}

/// The airtime of a frame on its way to the access point, and from there to the stations.
fn air_times(channel: Channel, packet: &Packet, receivers: &[usize]) -> (u64, u64) {
    let is_access_point = |host: usize| channel.access_point == Some(host);
    let bytes = packet.frame.len();
    let unicast_ns = channel.rate.frame_time_ns(bytes);
    let to_ap_ns = if is_access_point(packet.from) { 0 } else { unicast_ns };
    let is_repeated = receivers.iter().any(|&to| !is_access_point(to));
    let from_ap_ns = match (is_repeated, packet.header.destination.is_group()) {
        (false, _) => 0,
        (true, false) => unicast_ns,
        (true, true) => channel.multicast.frame_time_ns(bytes),
    };
    (to_ap_ns, from_ap_ns)
}

#[cfg(test)]
mod tests;
