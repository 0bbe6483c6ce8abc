//! What is measured, and what has to hold.

use std::time::Duration;

use super::World;
use crate::device::Device;

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

impl World {
    pub(crate) fn begin_to_measure(&mut self) {
        self.measures_from = Some(self.ids.len());
        self.most_links = self.devices.iter().map(|device| device.links.len()).max().unwrap_or_default();
        for device in &mut self.devices {
            (device.copies, device.bytes) = (0, 0);
        }
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
}
