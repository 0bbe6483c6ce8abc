//! What a swarm is started with.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use glow_model::{DeviceKeys, GroupId, InviteLink, limits};

use crate::SystemDiscovery;

/// What [`crate::start`] needs to know of a group.
#[derive(Debug, Clone)]
pub struct NetConfig {
    /// The group, to which every handshake is bound.
    pub group: GroupId,
    /// The gossip topic: [`glow_model::GroupSecret::topic`].
    pub topic: String,
    /// Where to listen.
    pub listen: Listen,
    /// Whether to announce and look for members by mDNS.
    pub mdns: bool,
    /// The system's discovery, which then takes the place of our own mDNS.
    pub system_discovery: Option<Arc<dyn SystemDiscovery>>,
    /// How many connections to bear.
    pub limits: ConnectionLimits,
}

/// Where a swarm listens, and by which transports it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// On which interfaces.
    pub interfaces: Interfaces,
    /// The port of QUIC and TCP alike; a random free one when nothing is given.
    pub port: Option<u16>,
    /// Whether to listen and dial by QUIC.
    pub quic: bool,
    /// Whether to listen and dial by TCP.
    pub tcp: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self { interfaces: Interfaces::Lan, port: None, quic: true, tcp: true }
    }
}

/// Which addresses are listened on, announced and dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interfaces {
    /// Every interface; loopback addresses are neither announced nor dialled.
    Lan,
    /// Every interface, loopback as well: for several devices on one machine.
    LanAndLoopback,
    /// Loopback alone.
    Loopback,
}

impl Interfaces {
    /// Whether loopback addresses count.
    #[must_use]
    pub fn allow_loopback(self) -> bool {
        match self {
            Interfaces::Lan => false,
            Interfaces::LanAndLoopback | Interfaces::Loopback => true,
        }
    }
}

/// How many connections to bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections in all.
    pub connections: u32,
    /// Inbound connections that have not passed the door.
    pub pending: u32,
    /// Of these, from one IP address.
    pub pending_per_address: u32,
    /// Links from which on a device stops browsing for more.
    pub enough_links: usize,
    /// Links below which it browses again.
    pub few_links: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: limits::CONNECTIONS,
            pending: limits::PENDING_CONNECTIONS,
            pending_per_address: limits::PENDING_PER_ADDRESS,
            enough_links: 8,
            few_links: 4,
        }
    }
}

/// What [`crate::join`] needs to know.
#[derive(Debug, Clone)]
pub struct JoinConfig {
    /// The invite.
    pub link: InviteLink,
    /// The new device's keys.
    pub keys: DeviceKeys,
    /// Addresses to try besides the invite's.
    pub extra: Vec<SocketAddr>,
    /// Whether to look for members that announce the invite by mDNS.
    pub mdns: bool,
    /// The system's discovery, which then takes the place of our own mDNS.
    pub system_discovery: Option<Arc<dyn SystemDiscovery>>,
    /// Which addresses may be dialled, and by which transports. A joiner announces nothing.
    pub listen: Listen,
    /// How long to try in all.
    pub timeout: Duration,
}

impl JoinConfig {
    /// How long a joiner usually tries.
    pub const TIMEOUT: Duration = Duration::from_secs(20);

    /// Joins by this invite, in the usual way.
    #[must_use]
    pub fn new(link: InviteLink, keys: DeviceKeys) -> Self {
        Self {
            link,
            keys,
            extra: Vec::new(),
            mdns: true,
            system_discovery: None,
            listen: Listen::default(),
            timeout: Self::TIMEOUT,
        }
    }
}
