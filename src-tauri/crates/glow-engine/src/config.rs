//! How an engine is set up.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use glow_media::SystemDecoder;
use glow_net::SystemDiscovery;

/// Settings of one engine. Defaults serve a person's device; tests and the demo change them.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Where everything is kept. Made when it is not there.
    pub data_dir: PathBuf,
    /// Whether to find members by mDNS, and be found.
    pub mdns: bool,
    /// The operating system's own discovery: a phone lets nobody else look for members.
    pub system_discovery: Option<Arc<dyn SystemDiscovery>>,
    /// The operating system's own decoder of pictures, where it has one that this device may use.
    pub system_decoder: Option<SystemDecoder>,
    /// Whether to listen and discover on the loopback interface too: several devices on one machine.
    pub loopback: bool,
    /// The port to listen at, QUIC and TCP alike; any free one when absent. Only one group can use it.
    pub port: Option<u16>,
    /// Addresses of members, typed by hand.
    pub addresses: Vec<SocketAddr>,
    /// Whether to use QUIC.
    pub quic: bool,
    /// Whether to use TCP.
    pub tcp: bool,
    /// How far apart two rounds of telling members what this device holds are, at least.
    pub states_every: Duration,
    /// How long a new file in a folder that is watched for good can be held back.
    pub watch_delay: Duration,
}

impl EngineConfig {
    /// The defaults over a data directory.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            mdns: true,
            system_discovery: None,
            system_decoder: None,
            loopback: false,
            port: None,
            addresses: Vec::new(),
            quic: true,
            tcp: true,
            states_every: Duration::from_secs(30),
            watch_delay: Duration::from_secs(10),
        }
    }
}
