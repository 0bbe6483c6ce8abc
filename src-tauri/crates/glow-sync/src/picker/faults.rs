//! Members that stall, crawl or lie: when what they were asked for is asked of somebody else.

use glow_model::DeviceId;

use super::{Action, Ended, Flight, LACKING_MS, Picker, link::Link};

/// A request that takes longer than this is asked of somebody else who is so many times as fast.
const OUTPACED_MS: u64 = 8_000;
const OUTPACED_BY: u64 = 4;

impl Picker {
    /// Gives up what is needed no more, and what has not moved for too long, so that others are asked.
    pub(super) fn give_up(&mut self, now_ms: u64) -> Vec<Action> {
        let cancelled = std::mem::take(&mut self.cancelled);
        let mut actions: Vec<Action> = Vec::new();
        for ticket in cancelled {
            actions.extend(self.release(ticket).map(|_| Action::Cancel(ticket)));
        }
        let stalled = self.flights.iter().filter(|(_, flight)| self.stalls_at_ms(flight) <= now_ms);
        let stalled: Vec<(u64, DeviceId)> = stalled.map(|(ticket, flight)| (*ticket, flight.peer)).collect();
        for (ticket, peer) in stalled {
            let crawls = self.flights.get(&ticket).is_some_and(|flight| now_ms < self.falls_silent_at_ms(flight));
            self.ended(ticket, Ended::Broken, now_ms);
            if let Some(link) = self.links.get_mut(&peer).filter(|_| crawls) {
                link.suspend(now_ms);
            }
            actions.push(Action::Cancel(ticket));
        }
        actions
    }

    /// When a request is given up: when nothing has come from its member for too long, or when it crawls while somebody else
    /// who has the same is much faster.
    pub(super) fn stalls_at_ms(&self, flight: &Flight) -> u64 {
        let silent_ms = self.falls_silent_at_ms(flight);
        let slow_ms = flight.asked_ms.max(flight.heard_ms).saturating_add(OUTPACED_MS);
        if slow_ms < silent_ms && self.is_outpaced(flight) { slow_ms } else { silent_ms }
    }

    fn falls_silent_at_ms(&self, flight: &Flight) -> u64 {
        let Some(link) = self.links.get(&flight.peer) else { return flight.asked_ms };
        flight.asked_ms.max(flight.heard_ms).max(link.heard_ms()).saturating_add(link.patience_ms(flight.tier))
    }

    fn is_outpaced(&self, flight: &Flight) -> bool {
        let own_bps = self.links.get(&flight.peer).map_or(0, Link::rate_bps);
        self.links.iter().any(|(peer, link)| {
            let has = self.holdings.of(flight.blob, *peer) & flight.open == flight.open;
            has && link.rate_bps() > own_bps.saturating_mul(OUTPACED_BY)
                && link.is_fit(flight.asked_ms)
                && !self.avoid.contains_key(&(flight.blob, *peer))
        })
    }
}

/// Whether somebody is avoided for so long as only liars are.
pub(super) fn is_for_a_lie(until_ms: u64, now_ms: u64) -> bool {
    until_ms > now_ms.saturating_add(LACKING_MS)
}
