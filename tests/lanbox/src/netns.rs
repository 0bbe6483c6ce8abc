//! Named network namespaces, as `ip netns` keeps them: made, entered, emptied of processes, removed.

use std::fs::File;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::Error;

/// Where `ip netns` keeps its names.
const NAMES: &str = "/run/netns";

/// How long a killed process may take to end before it is given up.
const KILL_WAIT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// Rounds of killing: a process may have started another one meanwhile.
const KILL_ROUNDS: usize = 10;

/// A network namespace that this process made. Dropping it kills what runs inside and removes it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    file: File,
}

impl Namespace {
    /// Makes a namespace; an empty one of the same name, left over from a killed run, is replaced.
    ///
    /// # Errors
    /// Processes run in a namespace of this name, or the operating system refuses.
    pub fn create(name: &str) -> Result<Self, Error> {
        if let Some(leftover) = open(name)? {
            if !pids_in(&leftover)?.is_empty() {
                return Err(Error::NamespaceInUse(name.to_owned()));
            }
            run_ip(&["netns", "del", name])?;
        }
        run_ip(&["netns", "add", name])?;
        let file = open(name)?.ok_or(io::ErrorKind::NotFound).map_err(io::Error::from)?;
        Ok(Self { name: name.to_owned(), file })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command that runs `program` inside.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Runs `action` on a thread of its own that lives inside.
    ///
    /// # Errors
    /// The namespace cannot be entered, or the error of the action.
    pub fn within<T: Send>(&self, action: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))?;
                action()
            });
            inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Gives the interface its hardware and IP address, and brings it and loopback up.
    ///
    /// # Errors
    /// `ip` refuses.
    pub fn configure(&self, interface: &str, host: u8, address: Ipv4Addr) -> Result<(), Error> {
        let lines = format!(
            "link set lo up\n\
             link set {interface} address {}\n\
             addr add {address}/24 brd + dev {interface}\n\
             link set {interface} up\n",
            hardware_address(host)
        );
        self.ip_batch(&lines)
    }

    /// Tells it the hardware addresses of others, so that it asks nobody for them.
    ///
    /// # Errors
    /// `ip` refuses.
    pub fn know(&self, interface: &str, others: impl Iterator<Item = (u8, Ipv4Addr)>) -> Result<(), Error> {
        let line = |(host, address)| {
            format!("neigh replace {address} lladdr {} dev {interface} nud permanent\n", hardware_address(host))
        };
        self.ip_batch(&others.map(line).collect::<String>())
    }

    fn ip_batch(&self, lines: &str) -> Result<(), Error> {
        run_ip_with(&["-n", &self.name, "-batch", "-"], lines)
    }

    /// Runs `ip` inside.
    ///
    /// # Errors
    /// It cannot be run or refuses.
    pub fn ip(&self, arguments: &[&str]) -> Result<(), Error> {
        run_ip(&[&["-n", &self.name], arguments].concat())
    }

    /// Sets a kernel parameter, `net/ipv4/...`, inside.
    ///
    /// # Errors
    /// There is no such parameter, or the kernel refuses the value.
    pub fn set_parameter(&self, parameter: &str, value: &str) -> io::Result<()> {
        self.within(|| std::fs::write(Path::new("/proc/sys").join(parameter), value))
    }

    /// Reads a kernel parameter inside.
    ///
    /// # Errors
    /// There is no such parameter.
    pub fn parameter(&self, parameter: &str) -> io::Result<String> {
        let text = self.within(|| std::fs::read_to_string(Path::new("/proc/sys").join(parameter)))?;
        Ok(text.trim().to_owned())
    }

    /// The processes inside, this one never among them.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn pids(&self) -> io::Result<Vec<Pid>> {
        pids_in(&self.file)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.name, &self.file) {
            eprintln!("lanbox: namespace {} is left behind: {error}", self.name);
        }
    }
}

/// Removes the namespaces named `PREFIX-PID-...` of processes that no longer live, and what still
/// runs inside.
///
/// # Errors
/// The names cannot be listed.
pub fn remove_leftovers(prefix: &str) -> io::Result<()> {
    let entries = match std::fs::read_dir(NAMES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| is_orphan(name, prefix)) else {
            continue;
        };
        let Some(file) = open(name)? else { continue };
        if let Err(error) = remove(name, &file) {
            eprintln!("lanbox: leftover namespace {name}: {error}");
        }
    }
    Ok(())
}

fn hardware_address(host: u8) -> String {
    format!("02:6c:62:00:00:{host:02x}")
}

/// Whether `PREFIX-PID-...` names a process that does not exist.
fn is_orphan(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    let Some((pid, _)) = rest.and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    pid.parse::<u32>().is_ok_and(|pid| !Path::new("/proc").join(pid.to_string()).exists())
}

fn open(name: &str) -> io::Result<Option<File>> {
    match File::open(Path::new(NAMES).join(name)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Kills what runs inside, then takes the name away; the kernel frees the rest.
fn remove(name: &str, namespace: &File) -> Result<(), Error> {
    kill_all_in(namespace)?;
    run_ip(&["netns", "del", name])
}

fn pids_in(namespace: &File) -> io::Result<Vec<Pid>> {
    let own = namespace.metadata()?;
    let is_inside = |pid: &Pid| {
        let link = format!("/proc/{}/ns/net", pid.as_raw_nonzero());
        std::fs::metadata(link).is_ok_and(|at| (at.dev(), at.ino()) == (own.dev(), own.ino()))
    };
    let mut pids = vec![];
    for entry in std::fs::read_dir("/proc")? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        pids.extend(number.and_then(Pid::from_raw).filter(is_inside));
    }
    pids.retain(|&pid| pid != rustix::process::getpid());
    Ok(pids)
}

/// Kills every process inside and waits until it is gone.
fn kill_all_in(namespace: &File) -> io::Result<()> {
    for _ in 0..KILL_ROUNDS {
        let pids = pids_in(namespace)?;
        if pids.is_empty() {
            return Ok(());
        }
        pids.into_iter().try_for_each(kill)?;
    }
    Err(io::ErrorKind::TimedOut.into())
}

fn kill(pid: Pid) -> io::Result<()> {
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Err(Errno::SRCH) => return Ok(()),
        process => process?,
    };
    match pidfd_send_signal(&process, Signal::KILL) {
        Err(Errno::SRCH) => return Ok(()),
        sent => sent?,
    }
    match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&KILL_WAIT))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}

/// Runs the `ip` command.
pub(crate) fn run_ip(arguments: &[&str]) -> Result<(), Error> {
    run_ip_with(arguments, "")
}

fn run_ip_with(arguments: &[&str], input: &str) -> Result<(), Error> {
    let mut command = Command::new("ip");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // If it ended early, its status and message say why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Command { command: format!("ip {}", arguments.join(" ")), output: said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orphans_are_told_from_the_living_and_from_strangers() {
        let living = format!("lanbox-{}-0-h0", std::process::id());
        assert!(!is_orphan(&living, "lanbox"));
        assert!(is_orphan("lanbox-4194999-0-h0", "lanbox"), "above the kernel's largest pid");
        assert!(!is_orphan("lanboxes-4194999-0-h0", "lanbox"));
        assert!(!is_orphan("lanbox-demo-h0", "lanbox"));
    }
}
