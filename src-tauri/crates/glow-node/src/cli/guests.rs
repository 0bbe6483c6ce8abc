//! `guests`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::InGroup;
use super::value::{bytes, duration};

#[derive(Debug, Subcommand)]
pub(crate) enum GuestsCommand {
    /// Open this device's door, or change what guests may while it is open.
    Open(GuestsOpen),
    /// Close it: everybody who came in by it is out at once, and its address is good no more.
    Close(InGroup),
    /// Print the open doors, the guests, and what waits to be looked at.
    List(InGroup),
    /// Show a post that waits or was held back.
    Approve(GuestsPost),
    /// Take a post from everybody's view.
    HoldBack(GuestsPost),
    /// Show nothing of a guest, and let it in no more.
    Block(GuestsOf),
    /// Treat a guest like any other again.
    Unblock(GuestsOf),
}

#[derive(Debug, Args)]
pub(crate) struct GuestsOpen {
    #[command(flatten)]
    pub(crate) of: InGroup,
    /// Guests may look, and add nothing.
    #[arg(long)]
    pub(crate) look_only: bool,
    /// What guests add waits until somebody has looked at it.
    #[arg(long, conflicts_with = "look_only")]
    pub(crate) review: bool,
    /// How long it stays open, such as 6h [default: until the group ends].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) expires: Option<Duration>,
    /// The port to listen at [default: the one it had before, or any free one].
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// How much each guest may add, such as 2GB.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) each: Option<u64>,
    /// Write the QR code to a file as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GuestsPost {
    /// The post's id, or its beginning, as `guests list` prints it.
    pub(crate) post: String,
    #[command(flatten)]
    pub(crate) of: InGroup,
}

#[derive(Debug, Args)]
pub(crate) struct GuestsOf {
    /// The guest's key, or its beginning, as `guests list` prints it.
    pub(crate) guest: String,
    #[command(flatten)]
    pub(crate) of: InGroup,
}
