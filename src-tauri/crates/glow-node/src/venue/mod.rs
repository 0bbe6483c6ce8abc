//! The venue box: one command that makes an old laptop or a Raspberry Pi hold the album of an event, let people in, and take
//! a photographer's camera.
//!
//! Owns what of a box is a host's business: its settings (one list, as flags and as a TOML file), opening the doors in order,
//! what stands in the terminal, and the systemd unit. Never decides what becomes of a group, a file or a moment: the engine does.

mod doors;
mod group;
mod rehearsal;
mod settings;
mod status;
mod unit;

pub(crate) use settings::Wishes;

use anyhow::{Context, Result};

use crate::cli::{BoxCommand, BoxOf, Global};
use crate::output::Output;

/// Runs a box, or installs it, or asks it.
pub(crate) async fn run(global: &Global, out: Output, args: BoxOf) -> Result<()> {
    match args.command {
        None => doors::open(global, out, settings::read(global, args.config.as_deref(), args.wishes)?).await,
        Some(BoxCommand::Rehearse(rehearse)) => rehearsal::rehearse(global, out, &rehearse).await,
        Some(BoxCommand::Status) => status::ask(global, out).await,
        Some(BoxCommand::Install(install)) => unit::install(out, &install).context("the box cannot be installed"),
        Some(BoxCommand::Uninstall(uninstall)) => unit::uninstall(out, &uninstall),
    }
}
