//! How often guests may say what stands in everybody's log for good: much at once, then slowly.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use glow_api::Request;
use glow_engine::limits;

const EVERY: Duration = Duration::from_millis(limits::GUEST_SAID_EVERY_MS);
/// Addresses that are remembered; those that were quiet for long enough are forgotten first.
const ADDRESSES: usize = 1_024;

/// Whether a request adds to the log with nothing else to limit it: files have their quota.
pub(super) fn is_paced(request: &Request) -> bool {
    matches!(request, Request::GuestSay(_) | Request::GuestAbort(_))
}

/// A bucket of tokens, told by when it is full again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket(Instant);

impl Bucket {
    pub(super) fn full(now: Instant) -> Self {
        Self(now)
    }

    /// Takes a token, if there is one: of `size`, a new one after each `every`.
    fn take(&mut self, size: u32, every: Duration, now: Instant) -> bool {
        let full_at = self.0.max(now) + every;
        let is_there = full_at - now <= every * size;
        if is_there {
            self.0 = full_at;
        }
        is_there
    }

    /// Takes one of a session's tokens.
    pub(super) fn take_one(&mut self, now: Instant) -> bool {
        self.take(limits::GUEST_SAID_AT_ONCE, EVERY, now)
    }
}

/// The buckets of addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses(HashMap<IpAddr, Bucket>);

impl Addresses {
    /// Takes one of an address's tokens.
    pub(super) fn take_one(&mut self, from: IpAddr, now: Instant) -> bool {
        if self.0.len() >= ADDRESSES && !self.0.contains_key(&from) {
            self.0.retain(|_, bucket| bucket.0 > now);
            if self.0.len() >= ADDRESSES {
                return false;
            }
        }
        let more = limits::GUEST_SAID_PER_ADDRESS;
        self.0.entry(from).or_insert(Bucket::full(now)).take(limits::GUEST_SAID_AT_ONCE * more, EVERY / more, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_at_once_is_followed_by_one_now_and_then() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        let taken = (0..1_000).filter(|_| bucket.take_one(start)).count();
        assert_eq!(taken, limits::GUEST_SAID_AT_ONCE as usize);
        assert!(!bucket.take_one(start + EVERY / 2));
        assert!(bucket.take_one(start + EVERY));
        assert!(!bucket.take_one(start + EVERY));
        let later = start + EVERY * 10_000;
        let taken = (0..1_000).filter(|_| bucket.take_one(later)).count();
        assert_eq!(taken, limits::GUEST_SAID_AT_ONCE as usize, "a long silence saves up no more than that");
    }

    #[test]
    fn an_address_has_its_own_tokens_and_the_table_an_end() {
        let now = Instant::now();
        let mut addresses = Addresses::default();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let most = limits::GUEST_SAID_AT_ONCE * limits::GUEST_SAID_PER_ADDRESS;
        assert!((0..most).all(|_| addresses.take_one(address(0), now)));
        assert!(!addresses.take_one(address(0), now), "one more than its phones have");
        let known = (1..5_000).filter(|number| addresses.take_one(address(*number), now)).count();
        assert_eq!(known, ADDRESSES - 1);
        assert!(addresses.take_one(address(4_999), now + EVERY), "who was quiet is forgotten");
    }
}
