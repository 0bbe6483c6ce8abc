//! The command line, as clap reads it and `--help` explains it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;

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
    /// Write every original that is here into a folder, with a manifest.
    Export(Export),
    /// Print the live connections.
    Peers(Peers),
    /// Print the members.
    Members(InGroup),
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
    /// Print a fresh address of the running node's web page. It opens the page once.
    Open,
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
    /// The folder; made when it is not there.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) of: InGroup,
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
fn duration(text: &str) -> Result<Duration, String> {
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
