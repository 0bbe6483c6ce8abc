//! Places at a door that strangers can reach: no single address may take them all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The places that are taken, by address. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Seats(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One place; dropping it gives it back.
#[derive(Debug)]
pub struct Seat(Seats, IpAddr);

impl Seats {
    /// A place, unless the address has as many as it may.
    #[must_use]
    pub fn take(&self, address: IpAddr, most: usize) -> Option<Seat> {
        let address = address.to_canonical();
        let mut taken = self.taken();
        let count = taken.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat(self.clone(), address))
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.0.taken();
        if let Some(count) = taken.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_takes_its_places_and_no_others() {
        let seats = Seats::default();
        let (one, other): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        let held: Vec<Seat> = (0..3).map(|_| seats.take(one, 3).unwrap()).collect();
        assert!(seats.take(mapped, 3).is_none(), "written otherwise it is the same address");
        assert!(seats.take(other, 3).is_some());
        drop(held);
        assert!(seats.take(one, 3).is_some());
        assert!(seats.taken().is_empty(), "what is given back is forgotten");
    }
}
