//! Who may reach whom, and with what: partitions, links that are down, client isolation, blocked
//! multicast and UDP. It knows nothing of time or rates.

use serde::{Deserialize, Serialize};

use crate::frame::Kind;

/// A change while the LAN runs; as JSON `{"do":"partition","sets":[[0,1],[2]]}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Frames to this host, or to every host, are lost with this probability (0 to 1).
    Loss {
        /// The receiving host; all when absent.
        #[serde(default)]
        host: Option<usize>,
        /// The probability.
        loss: f64,
    },
    /// Only hosts of the same set reach each other; a host in no set reaches nobody.
    Partition {
        /// Disjoint sets of hosts.
        sets: Vec<Vec<usize>>,
    },
    /// Undoes the partition.
    Heal,
    /// Cuts or restores one host's link; what is under way to it is lost.
    Link {
        /// The host.
        host: usize,
        /// Whether the link carries anything.
        up: bool,
    },
    /// Client isolation: stations reach the access point, if it is a member, and nobody else.
    Isolate {
        /// On or off.
        on: bool,
    },
    /// Drops IP multicast; broadcast and IPv6 neighbour discovery pass.
    BlockMulticast {
        /// On or off.
        on: bool,
    },
    /// Drops UDP to one station or to all stations; multicast has its own switch.
    BlockUdp {
        /// On or off.
        on: bool,
    },
}

/// A change that cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such host.
    #[error("host {0} does not exist")]
    NoSuchHost(usize),
    /// A host is in two sets of a partition.
    #[error("host {0} is in two sets")]
    InTwoSets(usize),
    /// A probability is not between 0 and 1.
    #[error("loss must lie between 0 and 1")]
    Probability,
}

/// The rules in force.
#[derive(Clone, Debug)]
pub struct Policy {
    access_point: Option<usize>,
    /// The set each host is in while there is a partition.
    sets: Option<Vec<Option<usize>>>,
    up: Vec<bool>,
    isolated: bool,
    multicast_blocked: bool,
    udp_blocked: bool,
}

impl Policy {
    /// Everybody reaches everybody.
    #[must_use]
    pub fn open(hosts: usize, access_point: Option<usize>) -> Self {
        Self {
            access_point,
            sets: None,
            up: vec![true; hosts],
            isolated: false,
            multicast_blocked: false,
            udp_blocked: false,
        }
    }

    /// Applies one change; [`Change::Loss`] is the medium's and is only checked here.
    ///
    /// # Errors
    /// The change names a host that does not exist or contradicts itself; nothing was changed.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::Loss { host, loss } => {
                if let Some(host) = host {
                    self.known(*host)?;
                }
                if !crate::config::is_probability(*loss) {
                    return Err(ChangeError::Probability);
                }
            }
            Change::Partition { sets } => self.sets = Some(self.assign(sets)?),
            Change::Heal => self.sets = None,
            Change::Link { host, up } => {
                self.known(*host)?;
                self.up[*host] = *up;
            }
            Change::Isolate { on } => self.isolated = *on,
            Change::BlockMulticast { on } => self.multicast_blocked = *on,
            Change::BlockUdp { on } => self.udp_blocked = *on,
        }
        Ok(())
    }

    /// Whether this host's link carries anything.
    #[must_use]
    pub fn is_up(&self, host: usize) -> bool {
        self.up[host]
    }

    /// Whether a frame of this kind may go from one host to another.
    #[must_use]
    pub fn passes(&self, from: usize, to: usize, kind: Kind) -> bool {
        let blocked = match kind {
            Kind::Multicast => self.multicast_blocked,
            Kind::Udp => self.udp_blocked,
            Kind::Other => false,
        };
        !blocked && self.up[from] && self.up[to] && self.same_set(from, to) && self.may_meet(from, to)
    }

    fn same_set(&self, from: usize, to: usize) -> bool {
        let Some(sets) = &self.sets else { return true };
        sets[from].is_some() && sets[from] == sets[to]
    }

    fn may_meet(&self, from: usize, to: usize) -> bool {
        !self.isolated || self.access_point.is_some_and(|ap| from == ap || to == ap)
    }

    fn assign(&self, sets: &[Vec<usize>]) -> Result<Vec<Option<usize>>, ChangeError> {
        let mut assigned = vec![None; self.up.len()];
        for (set, hosts) in sets.iter().enumerate() {
            for &host in hosts {
                self.known(host)?;
                if assigned[host].replace(set).is_some() {
                    return Err(ChangeError::InTwoSets(host));
                }
            }
        }
        Ok(assigned)
    }

    fn known(&self, host: usize) -> Result<(), ChangeError> {
        if host < self.up.len() { Ok(()) } else { Err(ChangeError::NoSuchHost(host)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: usize = 0;
    const BOB: usize = 1;
    const CAROL: usize = 2;

    fn after(access_point: Option<usize>, change: &Change) -> Policy {
        let mut policy = Policy::open(3, access_point);
        policy.apply(change).expect("valid");
        policy
    }

    #[test]
    fn partition_separates_sets_and_leaves_the_unnamed_alone() {
        let mut policy = after(None, &Change::Partition { sets: vec![vec![ALICE, BOB]] });
        assert!(policy.passes(ALICE, BOB, Kind::Other));
        assert!(!policy.passes(BOB, CAROL, Kind::Other));
        policy.apply(&Change::Heal).expect("valid");
        assert!(policy.passes(BOB, CAROL, Kind::Other));
    }

    #[test]
    fn a_wrong_change_changes_nothing() {
        let mut policy = Policy::open(3, None);
        let twice = Change::Partition { sets: vec![vec![ALICE], vec![BOB, ALICE]] };
        assert_eq!(policy.apply(&twice), Err(ChangeError::InTwoSets(ALICE)));
        let unknown = Change::Link { host: 3, up: false };
        assert_eq!(policy.apply(&unknown), Err(ChangeError::NoSuchHost(3)));
        let impossible = Change::Loss { host: None, loss: 1.5 };
        assert_eq!(policy.apply(&impossible), Err(ChangeError::Probability));
        assert!(policy.passes(ALICE, CAROL, Kind::Other));
    }

    #[test]
    fn isolated_stations_reach_only_the_access_point() {
        let hotspot = after(Some(BOB), &Change::Isolate { on: true });
        assert!(hotspot.passes(ALICE, BOB, Kind::Other) && hotspot.passes(BOB, CAROL, Kind::Other));
        assert!(!hotspot.passes(ALICE, CAROL, Kind::Other));
        let venue = after(None, &Change::Isolate { on: true });
        assert!(!venue.passes(ALICE, BOB, Kind::Other));
    }

    #[test]
    fn blocked_kinds_do_not_touch_the_others() {
        let policy = after(None, &Change::BlockUdp { on: true });
        assert!(!policy.passes(ALICE, BOB, Kind::Udp));
        assert!(policy.passes(ALICE, BOB, Kind::Multicast) && policy.passes(ALICE, BOB, Kind::Other));
        let policy = after(None, &Change::BlockMulticast { on: true });
        assert!(!policy.passes(ALICE, BOB, Kind::Multicast) && policy.passes(ALICE, BOB, Kind::Udp));
    }

    #[test]
    fn changes_are_written_as_documented() {
        let cases = [
            (r#"{"do":"loss","loss":0.05}"#, Change::Loss { host: None, loss: 0.05 }),
            (r#"{"do":"partition","sets":[[0,1],[2]]}"#, Change::Partition { sets: vec![vec![0, 1], vec![2]] }),
            (r#"{"do":"heal"}"#, Change::Heal),
            (r#"{"do":"link","host":1,"up":false}"#, Change::Link { host: 1, up: false }),
            (r#"{"do":"isolate","on":true}"#, Change::Isolate { on: true }),
            (r#"{"do":"block_multicast","on":true}"#, Change::BlockMulticast { on: true }),
            (r#"{"do":"block_udp","on":false}"#, Change::BlockUdp { on: false }),
        ];
        for (json, change) in cases {
            assert_eq!(serde_json::from_str::<Change>(json).expect("documented form"), change);
        }
    }
}
