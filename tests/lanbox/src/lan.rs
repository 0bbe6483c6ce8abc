//! A LAN for tests: hosts are network namespaces, each with one interface `lan0` on the switch.
//!
//! Host `i` is `10.77.0.(i+1)/24`, with an IPv6 link-local address that is usable at once. The switch
//! runs on a thread of this process; when the [`Lan`] is dropped, the processes inside are killed
//! and everything is removed. What a killed run left behind is removed by the next one, and a run
//! inside a [bubble] leaves nothing at all.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::{Channel, Config, Link, Rate, Second, ns_from_ms};
use crate::medium::Medium;
use crate::netns::{self, Namespace};
use crate::policy::Change;
use crate::stats::Stats;
use crate::switch::Switch;
use crate::tap::Tap;
use crate::{Error, bubble};

/// The interface of every host.
pub const INTERFACE: &str = "lan0";

/// Names of namespaces start with this and the maker's process id.
const PREFIX: &str = "lanbox";

/// From this many hosts on they know each other from the start. The kernel keeps the neighbours of all namespaces in one table
/// of 1,024, and once it is full nobody finds anybody; what is told for good takes no place in it.
const CROWD: usize = 24;

/// LANs that this process has made: names differ.
static MADE: AtomicUsize = AtomicUsize::new(0);

/// A running LAN.
#[derive(Debug)]
pub struct Lan {
    // Dropped in this order: processes end before their network does.
    hosts: Vec<Namespace>,
    switch: Switch,
}

impl Lan {
    /// Two hosts on an unlimited link, until told otherwise.
    pub fn builder() -> LanBuilder {
        LanBuilder::default()
    }

    /// Whether this machine and user can make a LAN.
    ///
    /// # Errors
    /// What is missing, in words for whoever reads why a test was skipped.
    pub fn available() -> Result<(), String> {
        if !rustix::process::geteuid().is_root() {
            return Err("needs root".into());
        }
        let device = OpenOptions::new().read(true).write(true).open("/dev/net/tun");
        device.map_err(|error| format!("needs /dev/net/tun: {error}"))?;
        Command::new("ip").arg("-V").output().map_err(|error| format!("needs `ip` of iproute2: {error}"))?;
        let namespace = Namespace::create(&unique_name()).map_err(|error| error.to_string())?;
        Tap::open(&namespace, INTERFACE).map_err(|error| format!("cannot make a TAP device: {error}"))?;
        Ok(())
    }

    /// How many hosts there are.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.hosts.len()
    }

    /// The address of a host.
    #[must_use]
    pub fn address(&self, host: usize) -> Ipv4Addr {
        address(host)
    }

    /// The namespace of a host.
    ///
    /// # Errors
    /// There is no such host.
    pub fn namespace(&self, host: usize) -> Result<&Namespace, Error> {
        self.hosts.get(host).ok_or(Error::NoSuchHost(host))
    }

    /// Makes a host the router of all others, as whoever joins a hotspot is told.
    ///
    /// # Errors
    /// There is no such host, or a route cannot be set.
    pub fn route_through(&self, router: usize) -> Result<(), Error> {
        self.namespace(router)?;
        let via = address(router).to_string();
        for station in (0..self.hosts()).filter(|host| *host != router) {
            self.namespace(station)?.ip(&["route", "replace", "default", "via", &via])?;
        }
        Ok(())
    }

    /// A command that runs `program` on a host; its process id is the program's own.
    ///
    /// # Panics
    /// There is no such host.
    #[must_use]
    pub fn command(&self, host: usize, program: impl AsRef<OsStr>) -> Command {
        self.hosts[host].command(program)
    }

    /// Applies any change; it is in force when this returns.
    ///
    /// # Errors
    /// The change names a host that does not exist or contradicts itself.
    pub fn apply(&self, change: Change) -> Result<(), Error> {
        self.switch.apply(change)
    }

    /// Separates the hosts: only those of one set reach each other, those of none reach nobody.
    ///
    /// # Errors
    /// A host does not exist or is named twice.
    pub fn partition(&self, sets: &[&[usize]]) -> Result<(), Error> {
        self.apply(Change::Partition { sets: sets.iter().map(|set| set.to_vec()).collect() })
    }

    /// Undoes [`partition`](Self::partition).
    ///
    /// # Errors
    /// The switch has ended.
    pub fn heal(&self) -> Result<(), Error> {
        self.apply(Change::Heal)
    }

    /// Lets stations reach only the access point, as many venues do.
    ///
    /// # Errors
    /// The switch has ended.
    pub fn isolate(&self, on: bool) -> Result<(), Error> {
        self.apply(Change::Isolate { on })
    }

    /// Drops IP multicast (mDNS); broadcast and IPv6 neighbour discovery pass.
    ///
    /// # Errors
    /// The switch has ended.
    pub fn block_multicast(&self, on: bool) -> Result<(), Error> {
        self.apply(Change::BlockMulticast { on })
    }

    /// Drops UDP to single stations (QUIC) and broadcast UDP; multicast passes.
    ///
    /// # Errors
    /// The switch has ended.
    pub fn block_udp(&self, on: bool) -> Result<(), Error> {
        self.apply(Change::BlockUdp { on })
    }

    /// Loses frames to one host, or to all, with a probability between 0 and 1.
    ///
    /// # Errors
    /// No such host, or not a probability.
    pub fn set_loss(&self, host: Option<usize>, loss: f64) -> Result<(), Error> {
        self.apply(Change::Loss { host, loss })
    }

    /// Cuts (`false`) or restores a host's link without its knowing, as when it is out of range.
    ///
    /// # Errors
    /// There is no such host.
    pub fn set_link(&self, host: usize, up: bool) -> Result<(), Error> {
        self.apply(Change::Link { host, up })
    }

    /// Takes a host's interface down, as flight mode does: its processes see the network go.
    ///
    /// # Errors
    /// There is no such host, or `ip` refuses.
    pub fn host_down(&self, host: usize) -> Result<(), Error> {
        self.namespace(host)?.ip(&["link", "set", INTERFACE, "down"])
    }

    /// Brings it up again with the same address.
    ///
    /// # Errors
    /// There is no such host, or `ip` refuses.
    pub fn host_up(&self, host: usize) -> Result<(), Error> {
        self.namespace(host)?.ip(&["link", "set", INTERFACE, "up"])
    }

    /// What the switch counted so far.
    ///
    /// # Errors
    /// The switch has ended.
    pub fn stats(&self) -> Result<Stats, Error> {
        self.switch.stats()
    }

    /// The congestion control of the hosts' TCP: cubic wherever the kernel allows it.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn congestion_control(&self) -> Result<String, Error> {
        Ok(self.namespace(0)?.parameter("net/ipv4/tcp_congestion_control")?)
    }
}

/// What a [`Lan`] shall be like. Rates of 0 are unlimited.
#[derive(Clone, Debug)]
#[must_use]
pub struct LanBuilder {
    name: Option<String>,
    hosts: usize,
    link: Link,
    links: Vec<(usize, Link)>,
    shared_mbit: f64,
    multicast_mbit: f64,
    access_point: Option<usize>,
    second: Option<Second>,
    queue_ms: f64,
    seed: u64,
}

impl Default for LanBuilder {
    fn default() -> Self {
        Self {
            name: None,
            hosts: 2,
            link: Link::default(),
            links: vec![],
            shared_mbit: 0.0,
            multicast_mbit: 0.0,
            access_point: None,
            second: None,
            queue_ms: 100.0,
            seed: 1,
        }
    }
}

impl LanBuilder {
    /// Names the namespaces `NAME-h0`, `NAME-h1`, ... for people to type; otherwise they are unique.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How many hosts: 1 to 250.
    pub fn hosts(mut self, hosts: usize) -> Self {
        self.hosts = hosts;
        self
    }

    /// Rate at which each host sends, in Mbit/s on the wire.
    pub fn rate_up_mbit(mut self, mbit: f64) -> Self {
        self.link.up = Rate::mbit(mbit);
        self
    }

    /// Rate at which each host receives, in Mbit/s on the wire.
    pub fn rate_down_mbit(mut self, mbit: f64) -> Self {
        self.link.down = Rate::mbit(mbit);
        self
    }

    /// One Wi-Fi channel for all, of this rate in Mbit/s.
    pub fn shared_mbit(mut self, mbit: f64) -> Self {
        self.shared_mbit = mbit;
        self
    }

    /// Rate at which multicast is repeated on the channel, in Mbit/s; 0: the channel's.
    pub fn multicast_mbit(mut self, mbit: f64) -> Self {
        self.multicast_mbit = mbit;
        self
    }

    /// The host that is the channel's access point.
    pub fn access_point(mut self, host: usize) -> Self {
        self.access_point = Some(host);
        self
    }

    /// A second access point with a channel of its own: the hosts from this one on are its stations. The backhaul between the
    /// two has a rate in Mbit/s and a delay in milliseconds. Without a rate there is none.
    pub fn second_access_point(mut self, from_host: usize, mbit: f64, delay_ms: f64) -> Self {
        let delay_ns = ns_from_ms(delay_ms);
        self.second = Rate::mbit(mbit).map(|rate| Second { from_host, rate, delay_ns });
        self
    }

    /// One-way delay, in milliseconds.
    pub fn delay_ms(mut self, ms: f64) -> Self {
        self.link.delay_ns = ns_from_ms(ms);
        self
    }

    /// Further one-way delay, uniform from 0 to this, in milliseconds; frames may overtake.
    pub fn jitter_ms(mut self, ms: f64) -> Self {
        self.link.jitter_ns = ns_from_ms(ms);
        self
    }

    /// Probability (0 to 1) that a frame is lost on its way to a host.
    pub fn loss(mut self, probability: f64) -> Self {
        self.link.loss = probability;
        self
    }

    /// Probability (0 to 1) that a frame arrives twice.
    pub fn duplicates(mut self, probability: f64) -> Self {
        self.link.duplicates = probability;
        self
    }

    /// A frame that would wait longer than this is dropped, in milliseconds.
    pub fn queue_ms(mut self, ms: f64) -> Self {
        self.queue_ms = ms;
        self
    }

    /// The seed of loss, duplicates and jitter.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Gives one host a link of its own.
    pub fn link(mut self, host: usize, link: Link) -> Self {
        self.links.push((host, link));
        self
    }

    /// The link that hosts have unless given their own: what [`link`](Self::link) starts from.
    #[must_use]
    pub fn default_link(&self) -> Link {
        self.link
    }

    /// Makes the namespaces and starts the switch.
    ///
    /// # Errors
    /// The configuration contradicts itself, or the machine cannot do it (see [`Lan::available`]).
    pub fn start(self) -> Result<Lan, Error> {
        let medium = Medium::new(self.config()?)?;
        netns::remove_leftovers(PREFIX)?;
        bubble::allow_cubic();
        let name = self.name.unwrap_or_else(unique_name);
        let (mut hosts, mut taps) = (vec![], vec![]);
        for host in 0..self.hosts {
            let (namespace, tap) = make_host(&format!("{name}-h{host}"), host)?;
            hosts.push(namespace);
            taps.push(tap);
        }
        if self.hosts >= CROWD {
            introduce(&hosts)?;
        }
        Ok(Lan { hosts, switch: Switch::start(taps, medium)? })
    }

    fn config(&self) -> Result<Config, Error> {
        let mut links = vec![self.link; self.hosts];
        for &(host, link) in &self.links {
            *links.get_mut(host).ok_or(Error::NoSuchHost(host))? = link;
        }
        let channel = Rate::mbit(self.shared_mbit).map(|rate| Channel {
            rate,
            multicast: Rate::mbit(self.multicast_mbit).unwrap_or(rate),
            access_point: self.access_point,
            second: self.second,
        });
        Ok(Config { links, channel, queue_ns: ns_from_ms(self.queue_ms), seed: self.seed })
    }
}

fn make_host(name: &str, host: usize) -> Result<(Namespace, Tap), Error> {
    let namespace = Namespace::create(name)?;
    // Addresses shall be usable at once, and nobody answers router solicitations.
    namespace.set_parameter("net/ipv6/conf/default/accept_dad", "0")?;
    namespace.set_parameter("net/ipv6/conf/default/router_solicitations", "0")?;
    // Cubic may be missing or reserved; which one is used can be asked for.
    let _ = namespace.set_parameter("net/ipv4/tcp_congestion_control", "cubic");
    let tap = Tap::open(&namespace, INTERFACE)?;
    namespace.configure(INTERFACE, last_byte(host), address(host))?;
    Ok((namespace, tap))
}

/// Tells every host where every other one is.
fn introduce(hosts: &[Namespace]) -> Result<(), Error> {
    for (host, namespace) in hosts.iter().enumerate() {
        let others = (0..hosts.len()).filter(|other| *other != host);
        namespace.know(INTERFACE, others.map(|other| (last_byte(other), address(other))))?;
    }
    Ok(())
}

fn address(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, last_byte(host))
}

fn last_byte(host: usize) -> u8 {
    u8::try_from(host + 1).unwrap_or(u8::MAX)
}

fn unique_name() -> String {
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}-{}-{number}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builder_gives_the_configuration_it_was_told() {
        let builder = Lan::builder().hosts(3).rate_up_mbit(20.0).delay_ms(2.5).shared_mbit(100.0);
        let far = Link { delay_ns: 40_000_000, ..builder.default_link() };
        let config = builder.multicast_mbit(6.0).access_point(1).link(2, far).config().expect("valid");
        assert_eq!(config.links[0].delay_ns, 2_500_000);
        assert_eq!(config.links[2].delay_ns, 40_000_000);
        assert_eq!(config.links[2].up, Rate::mbit(20.0));
        let channel = config.channel.expect("shared");
        assert_eq!((channel.multicast, channel.access_point), (Rate::mbit(6.0).expect("6"), Some(1)));
    }

    #[test]
    fn a_link_of_nobody_is_refused() {
        let refused = Lan::builder().link(2, Link::default()).config();
        assert!(matches!(refused, Err(Error::NoSuchHost(2))));
    }
}
