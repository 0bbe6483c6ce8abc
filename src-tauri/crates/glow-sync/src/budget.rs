//! What this device sends, and in which order: the upload side of the swarm.
//!
//! Participants: the answers that are being written, each in a [`Lane`]; neighbours that ask for quiet. Goal: what somebody
//! waits for never stands behind what can wait, neither here nor in a queue on the way. So bulk is written in small steps,
//! each of which asks this budget first; and while a neighbour asks for quiet only [`Lane::Now`] is written. No goal: fairness among those who get bulk; the network sees to that.

use glow_model::DeviceId;

use crate::{quiet::Quiet, wire::Lane};

/// How long bulk waits for one answer that matters more, at most: its asker may be gone.
pub const YIELD_MS: u64 = 300;

/// The pure bookkeeping of sending.
#[derive(Debug, Default)]
pub struct Budget {
    quiet: Quiet,
    /// Answers in [`Lane::Now`] and [`Lane::Soon`] that are being written, and when the last of them began.
    pressing: usize,
    pressing_since_ms: u64,
}

impl Budget {
    /// A neighbour asks for quiet, for at most [`crate::quiet::HUSH_MS`]; 0 takes it back.
    pub fn hush(&mut self, peer: DeviceId, for_ms: u64, now_ms: u64) {
        self.quiet.forget_over(now_ms);
        self.quiet.ask(peer, for_ms, now_ms);
    }

    /// An answer that matters begins to be written.
    pub fn pressing_began(&mut self, now_ms: u64) {
        self.pressing += 1;
        self.pressing_since_ms = now_ms;
    }

    /// It was written.
    pub fn pressing_ended(&mut self) {
        self.pressing = self.pressing.saturating_sub(1);
    }

    /// Whether the next step in this lane may be written; otherwise when to ask again at the latest.
    ///
    /// # Errors
    /// The time until which it has to wait, unless something changes before.
    pub fn may_write(&self, lane: Lane, now_ms: u64) -> Result<(), u64> {
        let quiet_until_ms = self.quiet.ends().max().unwrap_or(0);
        let yields_until_ms = if self.pressing > 0 { self.pressing_since_ms.saturating_add(YIELD_MS) } else { 0 };
        let until_ms = match lane {
            Lane::Now => 0,
            Lane::Soon => quiet_until_ms,
            Lane::Bulk => quiet_until_ms.max(yields_until_ms),
        };
        if until_ms > now_ms { Err(until_ms) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quiet::HUSH_MS;

    const BOB: DeviceId = DeviceId([2; 32]);
    const CAROL: DeviceId = DeviceId([3; 32]);

    #[test]
    fn quiet_holds_bulk_until_all_who_asked_take_it_back() {
        let mut budget = Budget::default();
        budget.hush(BOB, 500, 0);
        budget.hush(CAROL, 300, 0);
        assert_eq!(budget.may_write(Lane::Now, 10), Ok(()));
        assert_eq!(budget.may_write(Lane::Soon, 10), Err(500));
        budget.hush(BOB, 0, 20);
        assert_eq!(budget.may_write(Lane::Bulk, 20), Err(300), "carol still asks");
        assert_eq!(budget.may_write(Lane::Bulk, 300), Ok(()), "and then no longer");
    }

    #[test]
    fn nobody_can_ask_for_quiet_for_long() {
        let mut budget = Budget::default();
        budget.hush(BOB, u64::MAX, 0);
        assert_eq!(budget.may_write(Lane::Bulk, 0), Err(HUSH_MS));
    }

    #[test]
    fn bulk_waits_for_what_presses_but_not_for_ever() {
        let mut budget = Budget::default();
        budget.pressing_began(100);
        assert_eq!(budget.may_write(Lane::Bulk, 100), Err(100 + YIELD_MS));
        assert_eq!(budget.may_write(Lane::Soon, 100), Ok(()));
        assert_eq!(budget.may_write(Lane::Bulk, 100 + YIELD_MS), Ok(()), "its asker hangs");
        budget.pressing_ended();
        assert_eq!(budget.may_write(Lane::Bulk, 101), Ok(()));
    }
}
