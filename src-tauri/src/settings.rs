//! What the app is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use directories::ProjectDirs;
use glow_engine::EngineConfig;

use crate::link;

/// Everybody's photos and clips in one timeline, nearby and offline.
#[derive(Debug, Clone, Default, Parser)]
#[command(name = "afterglow-app", version)]
pub struct Settings {
    /// Where everything is kept [default: the system's place for application data].
    #[arg(long, env = "AFTERGLOW_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Listen and look on loopback too: several devices on one machine.
    #[arg(long)]
    pub(crate) loopback: bool,
    /// Neither look for members by mDNS nor be found by it.
    #[arg(long)]
    pub(crate) no_mdns: bool,
    /// Address of a member to connect to, beside those found; may be given several times.
    #[arg(long = "peer", value_name = "ADDRESS:PORT")]
    pub(crate) peers: Vec<SocketAddr>,
    /// An invite to open, afterglow://join/...
    #[arg(value_parser = link)]
    pub(crate) link: Option<String>,
}

impl Settings {
    /// Reads the process's arguments and environment; ends the process where they are not understood.
    #[must_use]
    pub fn from_command_line() -> Self {
        Self::parse()
    }

    /// Where everything is kept: the same place that the `afterglow` command uses.
    pub(crate) fn data_dir(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.data_dir {
            return Ok(std::path::absolute(dir)?);
        }
        let system = ProjectDirs::from("app", "afterglow", "Afterglow").context("this system has no place for data")?;
        Ok(system.data_local_dir().to_path_buf())
    }

    pub(crate) fn engine_config(&self) -> Result<EngineConfig> {
        let mut config = EngineConfig::new(self.data_dir()?);
        config.loopback = self.loopback;
        config.mdns = !self.no_mdns;
        config.addresses.clone_from(&self.peers);
        Ok(config)
    }
}

fn link(text: &str) -> Result<String, String> {
    if link::is_link(text) { Ok(text.to_owned()) } else { Err("it is not an Afterglow link".to_owned()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Settings::command().debug_assert();
    }

    #[test]
    fn it_takes_a_link_and_nothing_like_it() {
        let read = |argument| Settings::try_parse_from(["afterglow-app", argument]);
        assert_eq!(read("afterglow://join/x").unwrap().link.as_deref(), Some("afterglow://join/x"));
        assert!(read("https://example.org/afterglow://join/x").is_err(), "another scheme");
    }
}
