//! A private place for a command: own networks, own process ids, own `/run/netns`. Names made inside
//! never collide with those outside, and when the command ends, or is killed, nothing remains.
//!
//! `lanbox run -- CMD` starts `unshare`, and that starts `lanbox bubble -- CMD` as the first process
//! inside, which lays out the place, waits for the command and takes its exit code. Each of the three
//! is killed when the one before it ends, however that ends.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::mount::{MountFlags, mount};
use rustix::process::{Pid, WaitOptions, wait};
use signal_hook::consts::SIGINT;

use crate::Error;
use crate::netns::run_ip;

const NETNS: &str = "/run/netns";
const TCP: &str = "/proc/sys/net/ipv4";

/// Runs `program bubble -- COMMAND...` as the first process of a new bubble and returns its exit
/// code. SIGINT is left to the command, which gets it from the terminal too; whatever ends this
/// process ends the bubble.
///
/// # Errors
/// `setpriv` and `unshare` of util-linux cannot be run.
pub fn enter(program: &OsStr, command: &[OsString]) -> io::Result<u8> {
    allow_cubic();
    fs::create_dir_all(NETNS)?;
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    let mut unshare = Command::new("setpriv");
    unshare.args(["--pdeathsig", "KILL", "--", "unshare", "--net", "--mount", "--pid", "--fork"]);
    unshare.args(["--kill-child", "--mount-proc", "--propagation", "private", "--"]);
    let status = unshare.arg(program).args(["bubble", "--"]).args(command).status()?;
    Ok(exit_code(status.code(), status.signal()))
}

/// Lays out the bubble around this first process, runs the command and returns its exit code, 128
/// and the signal's number if it was killed.
///
/// # Errors
/// This is not the first process of a bubble, or the command cannot be started.
pub fn serve(command: &[OsString]) -> Result<u8, Error> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
    };
    if !rustix::process::getpid().is_init() {
        return Err(io::Error::other("`lanbox bubble` is started by `lanbox run`").into());
    }
    mount("tmpfs", NETNS, "tmpfs", MountFlags::empty(), None)?;
    run_ip(&["link", "set", "lo", "up"])?;
    let child = Command::new(program).args(arguments).spawn()?;
    let child = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    loop {
        // As the first process it also inherits orphans, and frees them here.
        let Some((pid, status)) = wait(WaitOptions::empty())? else {
            continue;
        };
        if Some(pid) == child {
            return Ok(exit_code(status.exit_status(), status.terminating_signal()));
        }
    }
}

/// Lets namespaces choose cubic, where the kernel has it and reserves it for privileged users.
/// Best effort: only the outermost network may say so.
pub(crate) fn allow_cubic() {
    let read = |name: &str| fs::read_to_string(Path::new(TCP).join(name)).unwrap_or_default();
    let allowed = read("tcp_allowed_congestion_control");
    let has_cubic = |list: &str| list.split_whitespace().any(|name| name == "cubic");
    if has_cubic(&read("tcp_available_congestion_control")) && !has_cubic(&allowed) {
        let list = format!("{} cubic", allowed.trim());
        let _ = fs::write(Path::new(TCP).join("tcp_allowed_congestion_control"), list);
    }
}

fn exit_code(code: Option<i32>, signal: Option<i32>) -> u8 {
    let code = code.or_else(|| signal.map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
