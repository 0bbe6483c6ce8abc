//! The command line, as clap reads it and `--help` explains it.

mod clock;
mod guests;
mod storage;
mod value;
mod venue;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use clock::{Choice, ClockCommand, ClockSetting};
pub(crate) use guests::{GuestsCommand, GuestsOf, GuestsOpen, GuestsPost};
pub(crate) use storage::{KeepArg, StorageCommand, StorageOf, StorageWishes};
pub(crate) use value::duration;
pub(crate) use venue::{BoxCommand, BoxOf, Install, Rehearse, Uninstall};

use crate::exit;

/// Everybody's photos and clips in one timeline, nearby and offline.
#[derive(Debug, Parser)]
#[command(name = "afterglow", version, after_help = exit::HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where everything is kept [default: the system's place for application data].
    #[arg(long, global = true, env = "AFTERGLOW_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON on standard output, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log more; twice for everything. RUST_LOG has the last word.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Log errors only, and show no progress.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Neither look for members by mDNS nor be found by it.
    #[arg(long, global = true)]
    pub(crate) no_mdns: bool,
    /// Listen and look on loopback too: several devices on one machine.
    #[arg(long, global = true)]
    pub(crate) loopback: bool,
    /// Port to listen at for members, UDP and TCP alike [default: any free one].
    #[arg(long, global = true, value_name = "PORT")]
    pub(crate) listen_port: Option<u16>,
    /// Address of a member to connect to, beside those found; may be given several times.
    #[arg(long = "peer", global = true, value_name = "HOST:PORT")]
    pub(crate) peers: Vec<String>,
    /// Do not use QUIC.
    #[arg(long, global = true)]
    pub(crate) no_quic: bool,
    /// Do not use TCP.
    #[arg(long, global = true)]
    pub(crate) no_tcp: bool,
    /// Log to this file too; a new one each day, seven are kept.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start, list, leave groups, and invite into them.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Join a group by its link.
    Join(Join),
    /// Add photos and clips.
    Post(Post),
    /// Print the timeline, newest first.
    Timeline(Timeline),
    /// Add the photos and clips that appear in a folder from now on: until interrupted, or for good.
    Watch(Watch),
    /// Take the album home: into folders, a ZIP, a web album or an Immich server, with a manifest.
    Export(Export),
    /// Add the photos and clips in a folder and the folders in it, or an album that was exported.
    Import(Import),
    /// Print the live connections.
    Peers(Peers),
    /// Print the members.
    Members(InGroup),
    /// Let people in without the app: open a door for their browsers, close it, decide about what they add.
    #[command(subcommand)]
    Guests(GuestsCommand),
    /// Print what goes where and what is kept here, set it, or pause it.
    Storage(StorageOf),
    /// Show the group's clock to a camera, and correct the clocks of cameras.
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Print or set the name and colour that members see.
    Profile(Profile),
    /// Run a node until interrupted.
    Run,
    /// Run a node with the owner's web page until interrupted.
    Serve(Serve),
    /// Pack what others lack of a group into one file, for a USB stick, mail or a cloud. Only members can open it.
    Bundle(Bundle),
    /// Open a bundle; without one, print a fresh address of the running node's web page, which opens it once.
    Open {
        /// The bundle.
        file: Option<PathBuf>,
    },
    /// Run a venue box until interrupted: it holds the album, lets people in, and takes a photographer's camera.
    Box(Box<BoxOf>),
    /// Check or rebuild what is stored, while no node runs.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, or write one for each command into a folder.
    Man {
        /// The folder.
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Start a group.
    Create {
        /// The event's name.
        title: String,
        /// When it ends from now, such as 90m, 24h or 3d.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        ends_in: Option<Duration>,
    },
    /// Print all groups.
    List,
    /// Make an invite and print its link.
    Invite(Invite),
    /// Leave a group: its keys are destroyed and its album is removed from this device.
    Leave {
        /// The group: the beginning of its id, or its title.
        group: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// The group: the beginning of its id, or its title. May be left out when there is only one.
    pub(crate) group: Option<String>,
    /// How long it lets people in, such as 60m [default: until the group ends].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) expires: Option<Duration>,
    /// How many may use it [default: any number].
    #[arg(long, value_name = "N")]
    pub(crate) max_uses: Option<u32>,
    /// For a blind box (`afterglow box --blind`): it holds and passes on what is sealed, and can read none of it.
    #[arg(long, conflicts_with = "card")]
    pub(crate) carrier: bool,
    /// Show it as a QR code too.
    #[arg(long)]
    pub(crate) qr: bool,
    /// Write the QR code to a file as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a card for the table to a file as PDF: name, QR code, how to join.
    #[arg(long, value_name = "FILE.pdf")]
    pub(crate) card: Option<PathBuf>,
    /// What the card is printed on: one on A6, or four on A4 to cut apart.
    #[arg(long, value_enum, default_value = "a4", requires = "card")]
    pub(crate) paper: Paper,
    /// The card's language.
    #[arg(long, value_enum, default_value = "en", requires = "card")]
    pub(crate) language: Language,
    /// What stands on the card instead of the group's name.
    #[arg(long, value_name = "TEXT", requires = "card")]
    pub(crate) card_title: Option<String>,
    /// The Wi-Fi to be in: printed on the card with a code of its own, kept nowhere.
    #[arg(long, value_name = "NAME", requires = "card")]
    pub(crate) wifi: Option<String>,
    /// The Wi-Fi's password; without one it is an open network.
    #[arg(long, value_name = "PASSWORD", env = "AFTERGLOW_WIFI_PASSWORD", hide_env_values = true, requires = "wifi")]
    pub(crate) wifi_password: Option<String>,
}

/// What a card is printed on.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Paper {
    /// One card, 105 x 148 mm.
    A6,
    /// Four cards, 210 x 297 mm.
    A4,
}

/// What a card is written in.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// German.
    De,
}

#[derive(Debug, Args)]
pub(crate) struct InGroup {
    /// The group: the beginning of its id, or its title. May be left out when there is only one.
    #[arg(long, short, value_name = "GROUP")]
    pub(crate) group: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The whole link, afterglow://join/...
    pub(crate) link: String,
    /// Address of a member, tried beside those found.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) address: Option<String>,
    /// How long to stay for the timeline to arrive.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) wait: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Post {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The file is a recording under way, `-` standard input: it goes out while it is recorded.
    #[arg(long)]
    pub(crate) live: bool,
    /// What a recording from standard input is called.
    #[arg(long, value_name = "NAME", default_value = "recording")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) to: InGroup,
    /// How long to wait for a member to be near. While one is, it stays until everything is handed over.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    pub(crate) wait: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Timeline {
    #[command(flatten)]
    pub(crate) of: InGroup,
    /// How many moments at most.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The folder. Left out, what is watched for good is printed.
    pub(crate) dir: Option<PathBuf>,
    /// Watch it for good: whenever a node runs, until it is switched off or the group ends. The page shows it and can hold
    /// files back.
    #[arg(long, requires = "dir")]
    pub(crate) keep: bool,
    /// Switch off what is watched for good.
    #[arg(long, conflicts_with_all = ["dir", "keep"])]
    pub(crate) off: bool,
    /// Add the files, too, that were in the folder before it was watched for good.
    #[arg(long, conflicts_with_all = ["dir", "keep", "off"])]
    pub(crate) existing: bool,
    #[command(flatten)]
    pub(crate) to: InGroup,
    /// How long a file rests before it is added.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub(crate) delay: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The folder, made when it is not there; for a ZIP the file, which must not be there yet.
    #[arg(required_unless_present = "immich")]
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) of: InGroup,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = FormatArg::Tree)]
    pub(crate) format: FormatArg,
    /// Upload to this Immich server instead. Its API key is asked for, or read from AFTERGLOW_IMMICH_KEY.
    #[arg(long, value_name = "URL", conflicts_with_all = ["path", "format"])]
    pub(crate) immich: Option<String>,
    /// Write nothing: compare an album that was exported with its manifest.
    #[arg(long, conflicts_with_all = ["immich", "format"])]
    pub(crate) verify: bool,
}

/// How an album is written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum FormatArg {
    /// A folder a day, with a metadata file (XMP) beside each photo.
    Tree,
    /// The same as one ZIP.
    Zip,
    /// A web album that opens from the disk, without a server.
    Web,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The folder.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) to: InGroup,
    /// Add them without being asked.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// The file; it must not be there yet. What was interrupted beside it goes on.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) of: InGroup,
    /// Everything that is here, and not only what others lack.
    #[arg(long, conflicts_with = "lacked_by")]
    pub(crate) all: bool,
    /// Only what this member lacks: its name, or the beginning of its device id; may be given several times.
    #[arg(long = "for", value_name = "MEMBER")]
    pub(crate) lacked_by: Vec<String>,
    /// Previews without originals: small enough for mail.
    #[arg(long)]
    pub(crate) previews: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Peers {
    #[command(flatten)]
    pub(crate) of: InGroup,
    /// How long to wait for the first one.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    pub(crate) wait: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Profile {
    /// The name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The colour, one of twelve hues.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..12))]
    pub(crate) colour: Option<u8>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port of the page [default: any free one].
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Address of the page. Anything but loopback shows it to the network, unencrypted.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// Serve the page from this folder instead of the one built in.
    #[arg(long, value_name = "DIR")]
    pub(crate) ui: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Make the tables anew from the operations.
    Rebuild(Stored),
    /// Verify every operation and every file.
    Check(Stored),
}

#[derive(Debug, Args)]
pub(crate) struct Stored {
    /// Only this group, by its id or the beginning of it [default: all groups].
    #[arg(long, short, value_name = "ID")]
    pub(crate) group: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
