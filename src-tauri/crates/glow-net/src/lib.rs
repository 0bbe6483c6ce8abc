//! Connections: libp2p over QUIC and TCP, discovery by mDNS, the door, gossip, and one request a stream.
//!
//! Owns sockets of peers and everything that is true of a connection alone. Never SQL, pixels or policy: whether a device may
//! come in is asked of a [`Gatekeeper`], what to say is the engine's to decide.
//!
//! Each active group has a swarm of its own, with a fresh transport key, its own port and its own mDNS record, so that
//! nothing but the IP address links two groups of one device. Before anything else two transports meet at the door
//! (`glow_sync::door`): until both have proved that they belong to the group, a gate denies every other protocol and keeps
//! the connection secret from the behaviours that speak them.
//!
//! ```no_run
//! # async fn example(config: glow_net::NetConfig, gatekeeper: std::sync::Arc<dyn glow_net::Gatekeeper>) -> Result<(), glow_net::NetError> {
//! use glow_net::{FoundBy, NetEvent};
//!
//! let (net, mut events) = glow_net::start(config, gatekeeper)?;
//! net.add_addresses(FoundBy::Manual, vec!["192.168.1.20:4001".parse().unwrap()]);
//! while let Some(event) = events.recv().await {
//!     if let NetEvent::Gossip { message, verdict, .. } = event {
//!         println!("{} bytes", message.len());
//!         verdict.accept();
//!     }
//! }
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod activity;
mod address;
mod behaviour;
mod config;
mod connections;
mod dialing;
mod discovery;
mod door;
mod error;
mod event;
mod event_loop;
mod gate;
mod gatekeeper;
mod join;
mod lanes;
mod meter;
mod net;
mod protocol;
mod routes;
mod streams;
mod transport;

pub use config::{ConnectionLimits, Interfaces, JoinConfig, Listen, NetConfig};
pub use discovery::{Announced, SERVICE_TYPE, SystemDiscovery, SystemService};
pub use error::{JoinError, NetError};
pub use event::{Acquaintance, FoundBy, NetEvent, Peer, Status, Transport, Verdict};
pub use gatekeeper::Gatekeeper;
pub use join::{JoinProgress, Joined, join};
pub use lanes::Lanes;
pub use net::{Net, start};
pub use protocol::{AnswerSink, Answers};
