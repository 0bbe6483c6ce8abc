//! What the owner of a box wishes. One list: each wish is a flag, and a line of the configuration file with the same name.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use glow_api::{ApiError, ErrorCode, GuestRights};
use glow_engine::PrintRules;
use serde::{Deserialize, Serialize};

use crate::cli::{Global, duration};
use crate::node::data_dir;

/// Name of the configuration file in the data directory.
pub(super) const FILE: &str = "box.toml";
/// Fewer characters are guessed.
const LEAST_PASSWORD_CHARS: usize = 8;

/// What can be wished for; what is absent has a default.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Wishes {
    /// Title of the group to go on with, or to start when there is none of it.
    #[arg(long, value_name = "TITLE", conflicts_with = "join")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// Link of the group to join. It is tried until a member is near.
    #[arg(long, value_name = "LINK")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) join: Option<String>,
    /// Hold and pass on what is sealed, without being able to read any of it. Needs `--join` with an invite of
    /// `afterglow group invite --carrier`. The others do not count it among the copies of a moment.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blind: Option<bool>,
    /// Let people in without the app, by a QR code in their browsers [default: nobody]. Their page comes unencrypted over your
    /// network: whoever can alter it on its way could read along.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "contribute", value_name = "RIGHTS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guests: Option<GuestsMay>,
    /// Port at which guests come in [default: 4811].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guests_port: Option<u16>,
    /// When a group that is started ends, such as 24h or 3d.
    #[arg(long, value_name = "TIME", value_parser = time)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ends_in: Option<String>,
    /// Name of the box as members see it [default: Venue box].
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Port of the owner's page [default: 4810].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page_port: Option<u16>,
    /// Address of the owner's page [default: 127.0.0.1]. Anything but loopback shows it to the network, unencrypted.
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page_bind: Option<IpAddr>,
    /// Take uploads of cameras by FTP at this port, such as 2121 [default: off].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ftp: Option<u16>,
    /// Take uploads of cameras by WebDAV at this port, such as 8021 [default: off].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webdav: Option<u16>,
    /// Ports on which FTP takes the files themselves [default: 50000-50099].
    #[arg(long, value_name = "FIRST-LAST")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ftp_passive_ports: Option<String>,
    /// Address at which cameras are awaited [default: every one of this machine].
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) camera_bind: Option<IpAddr>,
    /// Name that a camera gives [default: camera].
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) camera_user: Option<String>,
    /// Password that a camera gives [default: one is made, kept and shown].
    #[arg(long, value_name = "PASSWORD")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) camera_password: Option<String>,
    /// Print moments on request on this printer of CUPS, `default` for its default one [default: nothing is printed].
    #[arg(long, value_name = "PRINTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) print: Option<String>,
    /// Copies that may be asked for at once, 1 to 10 [default: 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) print_copies: Option<u32>,
    /// Pages that may be printed in a day, 1 to 1000 [default: 50].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) print_pages: Option<u32>,
    /// Add the photos and clips that appear in this folder.
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) watch: Option<PathBuf>,
    /// How long a file in the watched folder rests before it is added [default: 10s].
    #[arg(long, value_name = "TIME", value_parser = time)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) watch_delay: Option<String>,
}

/// What guests may at a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GuestsMay {
    /// Look, and add nothing.
    Look,
    /// Add photos and clips.
    Contribute,
    /// Add what is shown once somebody has looked at it.
    Review,
}

impl GuestsMay {
    fn rights(self) -> GuestRights {
        GuestRights { contribute: self != Self::Look, review: self == Self::Review }
    }
}

/// A time as it was written; that it is one was checked.
fn time(text: &str) -> Result<String, String> {
    duration(text).map(|_| text.to_owned())
}

/// Which group a box serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Serves {
    /// The one of this link.
    Joined(String),
    /// The one of this title, started when there is none.
    Titled(String),
    /// The only one there is; one is started when there is none.
    Only,
}

/// The settings of a box: every wish or its default, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) serves: Serves,
    /// Whether it can read nothing of what it holds.
    pub(super) blind: bool,
    pub(super) guests: Option<GuestRights>,
    pub(super) guests_port: u16,
    pub(super) ends_in: Option<Duration>,
    pub(super) name: Option<String>,
    pub(super) page: (IpAddr, u16),
    pub(super) ftp: Option<u16>,
    pub(super) webdav: Option<u16>,
    pub(super) passive_ports: RangeInclusive<u16>,
    pub(super) camera_bind: IpAddr,
    pub(super) camera_user: String,
    pub(super) camera_password: Option<String>,
    pub(super) printing: Option<PrintRules>,
    pub(super) watch: Option<PathBuf>,
    pub(super) watch_delay: Duration,
}

/// Reads the configuration file, if there is one, and lets the flags have the last word.
pub(super) fn read(global: &Global, file: Option<&Path>, flags: Wishes) -> Result<Settings> {
    let wishes = match file {
        Some(path) => Some(from_file(path)?),
        None => {
            let path = data_dir(global)?.join(FILE);
            path.exists().then(|| from_file(&path)).transpose()?
        }
    };
    Ok(flags.over(wishes.unwrap_or_default()).settings()?)
}

/// The wishes of a configuration file.
pub(super) fn from_file(path: &Path) -> Result<Wishes> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ApiError::new(ErrorCode::Unreadable, format!("{} cannot be read: {error}.", path.display()))
    })?;
    toml::from_str(&text)
        .map_err(|error| bad(format!("{} is not understood: {}", path.display(), error.to_string().trim())))
        .context("the settings of the box")
}

impl Wishes {
    /// These wishes, and where they say nothing, those.
    pub(super) fn over(self, other: Self) -> Self {
        // Whoever names one group does not mean the other one any more.
        let (group, join) = if self.group.is_some() || self.join.is_some() {
            (self.group, self.join)
        } else {
            (other.group, other.join)
        };
        Self {
            group,
            join,
            blind: self.blind.or(other.blind),
            guests: self.guests.or(other.guests),
            guests_port: self.guests_port.or(other.guests_port),
            ends_in: self.ends_in.or(other.ends_in),
            name: self.name.or(other.name),
            page_port: self.page_port.or(other.page_port),
            page_bind: self.page_bind.or(other.page_bind),
            ftp: self.ftp.or(other.ftp),
            webdav: self.webdav.or(other.webdav),
            ftp_passive_ports: self.ftp_passive_ports.or(other.ftp_passive_ports),
            camera_bind: self.camera_bind.or(other.camera_bind),
            camera_user: self.camera_user.or(other.camera_user),
            camera_password: self.camera_password.or(other.camera_password),
            print: self.print.or(other.print),
            print_copies: self.print_copies.or(other.print_copies),
            print_pages: self.print_pages.or(other.print_pages),
            watch: self.watch.or(other.watch),
            watch_delay: self.watch_delay.or(other.watch_delay),
        }
    }

    /// The wishes with their defaults.
    pub(super) fn settings(self) -> Result<Settings, ApiError> {
        let serves = match (self.join, self.group) {
            (Some(_), Some(_)) => return Err(bad("say `group` or `join`, not both")),
            (Some(link), None) => Serves::Joined(link),
            (None, Some(title)) => Serves::Titled(title),
            (None, None) => Serves::Only,
        };
        let blind = self.blind.unwrap_or(false);
        let takes = [
            self.ftp.is_some(),
            self.webdav.is_some(),
            self.watch.is_some(),
            self.print.is_some(),
            self.guests.is_some(),
            matches!(serves, Serves::Titled(_)),
        ];
        if blind && takes.contains(&true) {
            let nothing = "no `group`, `guests`, `ftp`, `webdav`, `watch` or `print`";
            return Err(bad(format!("a box that is `blind` reads and adds nothing: {nothing}")));
        }
        let camera_user = self.camera_user.unwrap_or_else(|| "camera".to_owned());
        if camera_user.is_empty() || camera_user.contains([':', ' ']) {
            return Err(bad("`camera-user` is a name without colons and spaces"));
        }
        if self.camera_password.as_ref().is_some_and(|password| password.chars().count() < LEAST_PASSWORD_CHARS) {
            return Err(bad(format!("`camera-password` has {LEAST_PASSWORD_CHARS} characters at least")));
        }
        if self.ftp.is_some() && self.ftp == self.webdav && self.ftp != Some(0) {
            return Err(bad("`ftp` and `webdav` need a port each"));
        }
        Ok(Settings {
            serves,
            blind,
            guests: self.guests.map(GuestsMay::rights),
            guests_port: self.guests_port.unwrap_or(4811),
            ends_in: self.ends_in.as_deref().map(|text| of("ends-in", text)).transpose()?,
            name: self.name,
            page: (self.page_bind.unwrap_or(Ipv4Addr::LOCALHOST.into()), self.page_port.unwrap_or(4810)),
            ftp: self.ftp,
            webdav: self.webdav,
            passive_ports: passive_ports(self.ftp_passive_ports.as_deref().unwrap_or("50000-50099"))?,
            camera_bind: self.camera_bind.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
            camera_user,
            camera_password: self.camera_password,
            printing: printing(self.print, self.print_copies, self.print_pages)?,
            watch: self.watch.map(|dir| std::path::absolute(&dir).unwrap_or(dir)),
            watch_delay: of("watch-delay", self.watch_delay.as_deref().unwrap_or("10s"))?,
        })
    }
}

fn printing(printer: Option<String>, copies: Option<u32>, pages: Option<u32>) -> Result<Option<PrintRules>, ApiError> {
    let Some(printer) = printer else { return Ok(None) };
    // A name that begins so would be an option of the program that prints.
    if printer.is_empty() || printer.starts_with('-') {
        return Err(bad("`print` is the name of a printer, or `default`"));
    }
    let rules = PrintRules {
        printer: Some(printer).filter(|printer| printer != "default"),
        copies: copies.unwrap_or(2),
        pages_a_day: pages.unwrap_or(50),
    };
    if !(1..=10).contains(&rules.copies) {
        return Err(bad("`print-copies` is a number from 1 to 10"));
    }
    if !(1..=1_000).contains(&rules.pages_a_day) {
        return Err(bad("`print-pages` is a number from 1 to 1000"));
    }
    Ok(Some(rules))
}

fn of(what: &str, text: &str) -> Result<Duration, ApiError> {
    duration(text).map_err(|error| bad(format!("`{what}`: {error}")))
}

fn passive_ports(text: &str) -> Result<RangeInclusive<u16>, ApiError> {
    let ends =
        text.split_once('-').and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)));
    match ends {
        Some((first, last)) if first <= last && first >= 1_024 => Ok(first..=last),
        _ => Err(bad(format!("`ftp-passive-ports` is two ports from 1024 on, such as 50000-50099, not `{text}`"))),
    }
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parsed(text: &str) -> Result<Settings, String> {
        let wishes: Wishes = toml::from_str(text).map_err(|error| error.to_string())?;
        wishes.settings().map_err(|error| error.message)
    }

    #[test]
    fn an_empty_file_has_sane_defaults() {
        let settings = parsed("").unwrap();
        assert_eq!(settings.serves, Serves::Only);
        assert_eq!((settings.ftp, settings.webdav, settings.watch), (None, None, None), "every camera door is shut");
        assert_eq!(settings.page, (Ipv4Addr::LOCALHOST.into(), 4810));
        assert_eq!(settings.passive_ports, 50_000..=50_099);
    }

    #[test]
    fn a_bad_value_is_named() {
        for (text, word) in [
            ("ftp = \"21x\"", "ftp"),
            ("ftp = 70000", "ftp"),
            ("fpt = 2121", "fpt"),
            ("ends-in = \"soon\"", "ends-in"),
            ("ftp-passive-ports = \"9-1\"", "ftp-passive-ports"),
            ("camera-password = \"short\"", "camera-password"),
            ("camera-user = \"a:b\"", "camera-user"),
            ("ftp = 2121\nwebdav = 2121", "webdav"),
            ("group = \"a\"\njoin = \"b\"", "join"),
            ("page-bind = \"here\"", "page-bind"),
            ("blind = true\nftp = 2121", "blind"),
            ("blind = true\ngroup = \"a\"", "blind"),
            ("print = \"-o\"", "print"),
            ("print = \"default\"\nprint-copies = 11", "print-copies"),
            ("print = \"default\"\nprint-pages = 0", "print-pages"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_flag_has_the_last_word_and_the_file_the_one_before() {
        let file: Wishes = toml::from_str("group = \"Harbour\"\nftp = 2121\nname = \"Box\"").unwrap();
        let flags = Wishes { join: Some("afterglow://join/x".into()), ftp: Some(21), ..Wishes::default() };
        let both = flags.over(file);
        assert_eq!((both.group.as_deref(), both.join.as_deref()), (None, Some("afterglow://join/x")));
        assert_eq!((both.ftp, both.name.as_deref()), (Some(21), Some("Box")));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let wishes = Wishes { group: Some("Anna & Ben".into()), watch: Some("/srv/a b".into()), ..Wishes::default() };
        let text = toml::to_string(&wishes).unwrap();
        assert_eq!(toml::from_str::<Wishes>(&text).unwrap(), wishes, "{text}");
        assert!(!text.contains("ftp"), "what was not wished is not written: {text}");
    }
}
