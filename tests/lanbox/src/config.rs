//! What a LAN is like before anything runs: links, the shared channel, the queues, the seed.

use std::num::NonZeroU64;

/// Ports of one switch at most; host `i` is `10.77.0.(i+1)`.
pub const MAX_PORTS: usize = 250;

/// Preamble, check sequence and gap around every Ethernet frame (IEEE 802.3), in bytes.
pub const FRAMING_BYTES: usize = 24;

/// One millisecond in the medium's unit of time.
const NS_PER_MS: f64 = 1e6;

/// A rate in bits per second, never zero; "unlimited" is the absence of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(NonZeroU64);

impl Rate {
    /// A rate of so many bits per second; `None` (unlimited) for 0.
    #[must_use]
    pub fn bits_per_second(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }

    /// A rate of so many megabits per second; `None` (unlimited) unless positive.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    pub fn mbit(mbit: f64) -> Option<Self> {
        Self::bits_per_second((mbit * 1e6).round() as u64)
    }

    /// The time that a frame of `frame_bytes` occupies a line of this rate, in nanoseconds:
    /// `8 * (frame + 24) * 10^9 / rate`, rounded up.
    #[must_use]
    pub fn frame_time_ns(self, frame_bytes: usize) -> u64 {
        let bits = 8 * (frame_bytes + FRAMING_BYTES) as u64;
        (bits * 1_000_000_000).div_ceil(self.0.get())
    }
}

/// One host's cable or radio link. The rates are its own; delay, jitter, loss and duplicates are
/// met by what it *receives*, so that a one-way fault is one link's setting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// Rate at which the host sends; `None` is unlimited.
    pub up: Option<Rate>,
    /// Rate at which the host receives; `None` is unlimited.
    pub down: Option<Rate>,
    /// Propagation time of every received frame, in nanoseconds.
    pub delay_ns: u64,
    /// Further delay, uniform between 0 and this, per frame: frames may overtake each other.
    pub jitter_ns: u64,
    /// Probability (0 to 1) that a received frame is lost.
    pub loss: f64,
    /// Probability (0 to 1) that a received frame arrives twice.
    pub duplicates: f64,
}

/// One radio channel that all hosts share: only one frame is in the air at a time, and everything
/// between two stations crosses it twice, by way of the access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Rate of frames to one station, in both directions.
    pub rate: Rate,
    /// Rate at which the access point repeats multicast and broadcast: a basic rate, usually lower.
    pub multicast: Rate,
    /// The host that is the access point (a phone's hotspot); `None`: it is no member.
    pub access_point: Option<usize>,
    /// A second access point with a channel of its own at the same rates, and the cable between the two.
    pub second: Option<Second>,
}

/// A second access point and the backhaul to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Second {
    /// The hosts from this one on are its stations.
    pub from_host: usize,
    /// Rate of the backhaul in each direction.
    pub rate: Rate,
    /// What a frame takes along the backhaul beside its turn, in nanoseconds.
    pub delay_ns: u64,
}

impl Channel {
    /// Which of the access points a host is at: 0 or 1.
    pub(crate) fn cell_of(self, host: usize) -> usize {
        self.second.map_or(0, |second| usize::from(host >= second.from_host))
    }
}

/// Everything a [`Medium`](crate::medium::Medium) needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// One link per host.
    pub links: Vec<Link>,
    /// The shared channel, if the hosts are on Wi-Fi.
    pub channel: Option<Channel>,
    /// A frame that would wait longer than this in a queue is dropped, in nanoseconds.
    pub queue_ns: u64,
    /// Same seed and same input, same losses, duplicates and jitter.
    pub seed: u64,
}

/// A configuration that cannot be run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There must be 1 to [`MAX_PORTS`] hosts.
    #[error("{0} hosts, but a LAN has 1 to {MAX_PORTS}")]
    Hosts(usize),
    /// The access point is not one of the hosts.
    #[error("access point {0} is not a host")]
    AccessPoint(usize),
    /// A probability is not between 0 and 1.
    #[error("loss and duplicates of host {0} must lie between 0 and 1")]
    Probability(usize),
}

impl Config {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first contradiction found.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let hosts = self.links.len();
        if hosts == 0 || hosts > MAX_PORTS {
            return Err(ConfigError::Hosts(hosts));
        }
        if let Some(ap) = self.channel.and_then(|channel| channel.access_point)
            && ap >= hosts
        {
            return Err(ConfigError::AccessPoint(ap));
        }
        let wrong = |link: &Link| !is_probability(link.loss) || !is_probability(link.duplicates);
        match self.links.iter().position(wrong) {
            Some(host) => Err(ConfigError::Probability(host)),
            None => Ok(()),
        }
    }
}

/// Milliseconds as nanoseconds; negative becomes 0.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub fn ns_from_ms(ms: f64) -> u64 {
    (ms * NS_PER_MS).round() as u64
}

/// Whether this is a number from 0 to 1.
pub(crate) fn is_probability(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_hosts() -> Config {
        Config { links: vec![Link::default(); 2], channel: None, queue_ns: 0, seed: 0 }
    }

    #[test]
    fn frame_time_counts_framing_and_rounds_up() {
        let rate = Rate::mbit(20.0).expect("positive");
        assert_eq!(rate.frame_time_ns(1514), 615_200, "8 * 1538 bits at 20 Mbit/s");
        let odd = Rate::bits_per_second(3).expect("positive");
        assert_eq!(odd.frame_time_ns(1), 66_666_666_667, "200 bits at 3 bit/s");
    }

    #[test]
    fn no_rate_means_unlimited() {
        assert_eq!(Rate::mbit(0.0), None);
        assert_eq!(Rate::mbit(-1.0), None);
        assert_eq!(Rate::mbit(f64::NAN), None);
    }

    #[test]
    fn contradictions_are_refused() {
        assert_eq!(two_hosts().validate(), Ok(()));
        let nobody = Config { links: vec![], ..two_hosts() };
        assert_eq!(nobody.validate(), Err(ConfigError::Hosts(0)));
        let mut lossy = two_hosts();
        lossy.links[1].loss = f64::NAN;
        assert_eq!(lossy.validate(), Err(ConfigError::Probability(1)));
        let rate = Rate::mbit(1.0).expect("positive");
        let channel = Channel { rate, multicast: rate, access_point: Some(2), second: None };
        let absent = Config { channel: Some(channel), ..two_hosts() };
        assert_eq!(absent.validate(), Err(ConfigError::AccessPoint(2)));
    }
}
