//! `storage`.

use clap::{Args, Subcommand};

use super::InGroup;
use super::value::bytes;

#[derive(Debug, Args)]
pub(crate) struct StorageOf {
    #[command(flatten)]
    pub(crate) of: InGroup,
    #[command(subcommand)]
    pub(crate) command: Option<StorageCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StorageCommand {
    /// Fetch nothing for now.
    Pause,
    /// Go on fetching.
    Resume,
    /// Choose what this device keeps of a group. Own captures always stay.
    Set(StorageWishes),
}

#[derive(Debug, Args)]
pub(crate) struct StorageWishes {
    /// What to keep of others' photos.
    #[arg(long, value_enum)]
    pub(crate) photos: Option<KeepArg>,
    /// What to keep of others' clips.
    #[arg(long, value_enum)]
    pub(crate) clips: Option<KeepArg>,
    /// The most that media may take, such as 800MB or 2GB; 0 for no limit.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) quota: Option<u64>,
    /// How much of what is not kept may be brought along for others.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) carry: Option<u64>,
}

/// What is fetched of others' moments.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum KeepArg {
    /// Previews only.
    Previews,
    /// Originals while plugged in.
    Plugged,
    /// Everything.
    All,
}
