//! One address: who was met there, how it fared, and when it is due again.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use glow_model::TagKey;
use libp2p::PeerId;

use super::{Failed, Wanted};
use crate::{FoundBy, Transport, connections, discovery::Found};

/// How long a transport that timed out is not tried first.
pub(super) const SLOW: Duration = Duration::from_secs(600);
/// How long an address counts as one where a member was met lately.
const LATELY: Duration = Duration::from_secs(600);
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(300);
pub(super) const LONGEST_WAIT_LATELY: Duration = Duration::from_secs(2);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);
pub(super) const FIRST_DOOR_WAIT: Duration = Duration::from_secs(1);
const LONGEST_DOOR_WAIT: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct Known {
    pub(super) found_by: FoundBy,
    /// Who was met, or is said to be there.
    pub(super) peer: Option<PeerId>,
    /// The key that opens the door there, when its tag says so.
    pub(super) key: Option<TagKey>,
    pub(super) due: Instant,
    pub(super) unreachable: u32,
    pub(super) doors_shut: u32,
    /// When an attempt failed last.
    pub(super) failed: Option<Instant>,
    pub(super) met: Option<Instant>,
    /// When somebody met this peer here, as far as one was told.
    pub(super) seen: Option<Instant>,
    pub(super) timed_out: BTreeMap<Transport, Instant>,
    pub(super) goodput_bps: BTreeMap<Transport, u64>,
}

impl Known {
    pub(super) fn hear_again(&mut self, found: &Found, now: Instant) {
        // What members tell each other may be older than what is known here.
        let is_news = found.found_by != FoundBy::Exchange || found.seen > self.seen;
        if is_news && found.peer.is_some() && found.peer != self.peer {
            self.peer = found.peer;
            self.due = now;
            self.unreachable = 0;
            self.doors_shut = 0;
        }
        if found.found_by == FoundBy::Mdns {
            self.due = self.due.min(now + LONGEST_WAIT_LATELY);
        }
        if found.seen > self.seen {
            self.seen = found.seen;
            // Somebody met it since this device last failed to.
            if self.unreachable > 0 && self.failed < found.seen {
                self.due = self.due.min(now + FIRST_WAIT);
                self.unreachable = 0;
            }
        }
        if found.key.is_some() {
            self.key.clone_from(&found.key);
        }
        if found.found_by == FoundBy::Manual {
            self.found_by = FoundBy::Manual;
            self.due = now;
            self.unreachable = 0;
            self.doors_shut = 0;
        }
    }

    /// A person, or an invite, named this address.
    pub(super) fn is_insisted_on(&self) -> bool {
        matches!(self.found_by, FoundBy::Manual | FoundBy::Invite)
    }

    /// Whether nobody knows who is there.
    pub(super) fn is_stranger(&self) -> bool {
        self.peer.is_none() && !self.is_insisted_on()
    }

    pub(super) fn is_wanted(&self, wanted: &Wanted, strangers: usize) -> bool {
        self.is_insisted_on() || self.peer.map_or(strangers > 0, |peer| wanted.peers.contains(&peer))
    }

    pub(super) fn order(&self, transports: &[Transport], now: Instant) -> Vec<Transport> {
        let goodput = |transport| self.goodput_bps.get(&transport).copied();
        let better = connections::better(goodput(Transport::Tcp), goodput(Transport::Quic));
        let is_slow = |transport: &Transport| self.timed_out.get(transport).is_some_and(|at| now - *at < SLOW);
        let mut order = transports.to_vec();
        order.sort_by_key(|transport| (is_slow(transport), *transport != better));
        order
    }

    pub(super) fn was_seen_lately(&self, now: Instant) -> bool {
        self.seen.max(self.met).is_some_and(|seen| now.saturating_duration_since(seen) < LATELY)
    }

    pub(super) fn fail(&mut self, failed: Failed, now: Instant, dice: f64) {
        self.failed = Some(now);
        let wait = match failed {
            Failed::Door => {
                self.doors_shut += 1;
                doubled(FIRST_DOOR_WAIT, self.doors_shut, LONGEST_DOOR_WAIT)
            }
            Failed::Unreachable => {
                self.unreachable += 1;
                let longest = if self.was_seen_lately(now) { LONGEST_WAIT_LATELY } else { LONGEST_WAIT };
                doubled(FIRST_WAIT, self.unreachable, longest)
            }
        };
        self.due = now + wait.mul_f64(0.75 + dice / 2.0);
    }
}

/// `first`, doubled for each failure after the first, at most `longest`.
fn doubled(first: Duration, failures: u32, longest: Duration) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (first * (1 << doublings)).min(longest)
}
