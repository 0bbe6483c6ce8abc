//! `box`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::venue::Wishes;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BoxOf {
    /// Read the settings from this file [default: box.toml in the data directory, if it is there]. Flags have the last word.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) wishes: Wishes,
    #[command(subcommand)]
    pub(crate) command: Option<BoxCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BoxCommand {
    /// Print what the running box does: members, disk, cameras, failures, and how to join.
    Status,
    /// Let simulated members post through a box of their own, in a group that is gone afterwards, and print how it went.
    Rehearse(Rehearse),
    /// Let the system start the box at boot, with these settings. Needs root.
    Install(Box<Install>),
    /// End the installed box and remove it from the system; its album stays. Needs root.
    Uninstall(Uninstall),
}

#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// How many members with the app.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=50))]
    pub(crate) members: u32,
    /// How many guests without it, who come in through the door for browsers.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=200))]
    pub(crate) guests: u32,
    /// Let the guests come in by the link of a door that is open already, such as `guests open` prints it: what they post stays
    /// in its group.
    #[arg(long, value_name = "LINK")]
    pub(crate) door: Option<String>,
    /// How many pictures each of them posts.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) photos: u32,
    /// Go on showing the big screen afterwards, until interrupted.
    #[arg(long)]
    pub(crate) stay: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// User that the box runs as [default: one that systemd makes for it].
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Write everything, start nothing.
    #[arg(long)]
    pub(crate) no_start: bool,
    /// Write below this folder instead of into the system, for an image; nothing is started.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) wishes: Wishes,
}

#[derive(Debug, Args)]
pub(crate) struct Uninstall {
    /// Remove it below this folder instead of from the system.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
}
