//! What can go wrong between a configuration and a running LAN.

use std::io;

use crate::config::ConfigError;
use crate::policy::ChangeError;

/// An emulated LAN could not be made, changed or asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration contradicts itself.
    #[error("invalid configuration")]
    Config(#[from] ConfigError),
    /// A change names what is not there.
    #[error("invalid change")]
    Change(#[from] ChangeError),
    /// The operating system refused something.
    #[error("operating system")]
    Io(#[from] io::Error),
    /// A system command ended with an error.
    #[error("`{command}` failed: {output}")]
    Command {
        /// The command line.
        command: String,
        /// What it said.
        output: String,
    },
    /// A namespace of this name has processes in it already.
    #[error("namespace {0} is in use")]
    NamespaceInUse(String),
    /// There is no host of this number.
    #[error("host {0} does not exist")]
    NoSuchHost(usize),
    /// The switch ended; the first request after that carries the reason.
    #[error("the switch has ended")]
    SwitchEnded(#[source] Option<io::Error>),
}

impl From<rustix::io::Errno> for Error {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}
