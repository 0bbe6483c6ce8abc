//! What can go wrong on the network.

use std::{io, net::SocketAddr};

use glow_model::{DeviceId, ModelError};
use glow_sync::door::Refusal;

/// Why the network did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// No port could be bound for every transport.
    #[error("no port could be bound on {address}")]
    NoPort {
        /// The address tried last.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Neither QUIC nor TCP was asked for.
    #[error("no transport is switched on")]
    NoTransport,
    /// The operating system refused something that every swarm needs.
    #[error("the network is not available")]
    Unavailable(#[source] io::Error),
    /// The device is not connected.
    #[error("{device} is not connected")]
    NotConnected {
        /// The device.
        device: DeviceId,
    },
    /// The swarm was shut down.
    #[error("the swarm was shut down")]
    ShutDown,
    /// The stream ended in the middle.
    #[error("the stream broke")]
    Broken(#[from] io::Error),
    /// What came was not wanted to its end.
    #[error("the answer was not wanted to its end")]
    Unwanted,
    /// The other side was silent, or took too long in all.
    #[error("the other side took too long")]
    TimedOut,
    /// A frame is above its limit.
    #[error("a frame of {size_bytes} bytes is above the limit of {limit_bytes}")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// A frame does not decode.
    #[error("the other side sent what does not decode")]
    Malformed(#[from] ModelError),
}

/// Why joining failed.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Nobody who knows the invite was reached in time.
    #[error("no member of the group was found nearby")]
    NobodyNear,
    /// A member refused, and no other let the joiner in.
    #[error("the invite was refused: {0:?}")]
    Refused(Refusal),
    /// Members were reached, but every handshake broke.
    #[error("members were reached, but the handshake broke")]
    Broken,
    /// The swarm could not be started.
    #[error(transparent)]
    Net(#[from] NetError),
}
