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
    /// An invite to open, afterglow://join/..., or photos and clips to add to a group.
    #[arg(value_name = "LINK|FILE", value_parser = link_or_file)]
    pub(crate) given: Vec<String>,
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

    /// The invite to open, if one is given.
    pub(crate) fn link(&self) -> Option<&String> {
        self.given.iter().find(|text| link::is_link(text))
    }

    pub(crate) fn engine_config(&self) -> Result<EngineConfig> {
        let mut config = EngineConfig::new(self.data_dir()?);
        config.loopback = self.loopback;
        config.mdns = !self.no_mdns;
        config.addresses.clone_from(&self.peers);
        Ok(config)
    }
}

fn link_or_file(text: &str) -> Result<String, String> {
    let is_file = text.starts_with("file:") || !text.contains("://");
    if link::is_link(text) || is_file { Ok(text.to_owned()) } else { Err("it is no Afterglow link".to_owned()) }
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
    fn it_takes_a_link_or_files_and_nothing_like_a_link() {
        let read = |argument| Settings::try_parse_from(["afterglow-app", argument]);
        let link = read("afterglow://join/x").unwrap();
        assert_eq!(link.link().map(String::as_str), Some("afterglow://join/x"));
        assert_eq!(read("photo.jpg").unwrap().link(), None, "a file is none");
        assert!(read("https://example.org/afterglow://join/x").is_err(), "another scheme");
    }
}
