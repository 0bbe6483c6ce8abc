//! The command line, as clap reads it and `--help` explains it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::exit;
use crate::venue::Wishes;

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

#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Show the group's clock as a QR code, until interrupted. Photograph it with a camera and post the photo: all photos of
    /// that camera are put at the right time.
    Show {
        #[command(flatten)]
        of: InGroup,
        /// Show it once, as it is now.
        #[arg(long)]
        once: bool,
    },
    /// Print the cameras and by how much their times are corrected.
    List(InGroup),
    /// Correct the times of a camera.
    Set(ClockSetting),
    /// Put back what a camera's clock was set to before.
    Undo {
        /// The camera: its number in `clock list`, or a part of its name.
        camera: String,
        #[command(flatten)]
        of: InGroup,
    },
    /// Choose whether photos of the group's clock are posted, too.
    Photos {
        /// Whether they are.
        post: Choice,
        #[command(flatten)]
        of: InGroup,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ClockSetting {
    /// The camera: its number in `clock list`, or a part of its name.
    pub(crate) camera: String,
    /// What is added to its times, such as 1h3m, -10d or 0.
    #[arg(value_name = "SHIFT", value_parser = shift, allow_hyphen_values = true)]
    pub(crate) shift_ms: i64,
    /// Only for captures from then on, by the camera's clock, such as 2026-11-27T14:00.
    #[arg(long, value_name = "TIME", value_parser = wall_clock)]
    pub(crate) from: Option<i64>,
    /// Only for captures before then, by the camera's clock.
    #[arg(long, value_name = "TIME", value_parser = wall_clock)]
    pub(crate) until: Option<i64>,
    #[command(flatten)]
    pub(crate) of: InGroup,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// Yes.
    On,
    /// No.
    Off,
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
    /// How many members.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) guests: u32,
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

/// Reads a size such as `500MB`, `2GB` or a number of bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let unknown = || format!("`{text}` is not a size: use a number and kB, MB or GB, such as 2GB");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err(unknown()),
    };
    let number: u64 = digits.parse().map_err(|_| unknown())?;
    number.checked_mul(unit).filter(|bytes| *bytes < 1 << 53).ok_or_else(unknown)
}

/// Reads a shift such as `1h3m`, `-10d` or `+1h 30m 5s`, in milliseconds.
fn shift(text: &str) -> Result<i64, String> {
    let unknown = || format!("`{text}` is not a shift: use numbers and d, h, m or s, such as 1h3m or -10d");
    let (sign, rest) = match text.trim().split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => (1, text.trim()),
    };
    let mut total: i64 = 0;
    let mut number = String::new();
    for letter in rest.chars().filter(|letter| !letter.is_whitespace()) {
        let unit = match letter {
            'd' => 86_400_000,
            'h' => 3_600_000,
            'm' => 60_000,
            's' => 1_000,
            digit => {
                number.push(digit);
                continue;
            }
        };
        let count: u32 = std::mem::take(&mut number).parse().map_err(|_| unknown())?;
        total = total.checked_add(i64::from(count) * unit).ok_or_else(unknown)?;
    }
    if number == "0" && total == 0 || number.is_empty() && !rest.is_empty() { Ok(sign * total) } else { Err(unknown()) }
}

/// Reads a date and time as this system's zone shows it, in milliseconds since the Unix epoch.
fn wall_clock(text: &str) -> Result<i64, String> {
    let unknown = |error: jiff::Error| format!("`{text}` is not a time such as 2026-11-27T14:00: {error}");
    let wall: jiff::civil::DateTime = text.parse().map_err(unknown)?;
    let zoned = wall.to_zoned(jiff::tz::TimeZone::system()).map_err(unknown)?;
    Ok(zoned.timestamp().as_millisecond())
}

/// Reads a time such as `90s`, `60m`, `24h` or `3d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unknown = || format!("`{text}` is not a time: use a number and s, m, h or d, such as 90m");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(unknown)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(unknown()),
    };
    let number: u64 = number.parse().map_err(|_| unknown())?;
    number.checked_mul(seconds).filter(|seconds| *seconds < 1 << 32).map(Duration::from_secs).ok_or_else(unknown)
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

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        assert_eq!(bytes("2GB").unwrap(), 2_000_000_000);
        assert_eq!(bytes("800mb").unwrap(), 800_000_000);
        assert_eq!(bytes("0").unwrap(), 0);
        for odd in ["", "GB", "-1MB", "1.5GB", "1TBB", "99999999999999999999GB", "1ü"] {
            assert!(bytes(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_shift_goes_both_ways() {
        assert_eq!(shift("1h3m").unwrap(), 3_780_000);
        assert_eq!(shift("-10d").unwrap(), -864_000_000);
        assert_eq!(shift("+1h 30m 5s").unwrap(), 5_405_000);
        assert_eq!(shift("0").unwrap(), 0);
        for odd in ["", "-", "5", "1h5", "h", "1x", "--1h", "99999999999999999999d", "1ü"] {
            assert!(shift(odd).is_err(), "{odd}");
        }
        assert!(wall_clock("2026-11-27T14:00").is_ok());
        assert!(wall_clock("27.11.2026").is_err());
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(duration("90m").unwrap(), Duration::from_secs(5_400));
        assert_eq!(duration("3d").unwrap(), Duration::from_secs(259_200));
        for odd in ["", "m", "90", "-1h", "1.5h", "9h9", "99999999999999999999d", "1ü"] {
            assert!(duration(odd).is_err(), "{odd}");
        }
    }
}
