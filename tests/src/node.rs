//! A real node: the `afterglow` command on this machine or on a host of an emulated LAN.
//!
//! A node that [`start`](Node::start)ed holds its data directory; further commands reach it through its control socket.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use glow_api::{MomentView, TimelinePage};
use lanbox::Lan;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{poll, target};

/// How long a node may take until it answers, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(20);
/// More moments than any test has.
const ALL: &str = "1000000";
/// Lines of a log that a failed test shows.
const TAIL_LINES: usize = 60;

/// Where a node runs.
#[derive(Debug, Clone)]
pub enum Place {
    /// On this machine, with loopback only.
    Here,
    /// On a host of a LAN.
    Host(Arc<Lan>, usize),
}

/// One device of a test.
#[derive(Debug)]
pub struct Node {
    /// What the test calls it.
    pub name: String,
    program: PathBuf,
    place: Place,
    folder: PathBuf,
    options: Vec<String>,
    /// What runs it.
    verb: &'static [&'static str],
    running: Option<Running>,
    /// How often it was started: each start has a log of its own.
    starts: usize,
}

#[derive(Debug)]
struct Running {
    child: Child,
    events: Arc<Mutex<Vec<Seen>>>,
}

/// A line of JSON that a running node printed, and when it was read.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// The line.
    pub line: Value,
}

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit code; that of the signal plus 128 when it was killed.
    pub code: i32,
    /// The JSON it printed last.
    pub json: Option<Value>,
    /// What it said on stderr.
    pub stderr: String,
}

impl Node {
    /// A node with a data directory of its own below `folder`; nothing runs yet.
    ///
    /// # Errors
    /// The program has not been built, or the folder cannot be made.
    pub fn new(name: &str, place: Place, folder: &Path) -> Result<Self> {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        let options = match place {
            Place::Here => vec!["--loopback".into(), "--no-mdns".into()],
            Place::Host(..) => vec![],
        };
        let program = target::program("afterglow")?;
        let verb = &["run"];
        Ok(Self { name: name.into(), program, place, folder, options, verb, running: None, starts: 0 })
    }

    /// The same node with further options before each command.
    #[must_use]
    pub fn with_options(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(|option| (*option).to_owned()));
        self
    }

    /// The same node with the owner's page: what it prints first is its address.
    #[must_use]
    pub fn with_page(mut self) -> Self {
        self.verb = &["serve", "--port", "0"];
        self
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A folder beside it, for exports and the like.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of it, not yet started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.place {
            Place::Here => Command::new(&self.program),
            Place::Host(lan, host) => lan.command(*host, &self.program),
        };
        command.arg("--data-dir").arg(self.data_dir()).arg("--json").args(&self.options).args(arguments);
        command.env("RUST_BACKTRACE", "1").env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// It does not start.
    pub fn attempt(&self, arguments: &[&str]) -> Result<Ended> {
        let output = self.command(arguments).output().context("afterglow does not start")?;
        Ok(Ended::of(&output))
    }

    /// Runs a command that must succeed, and returns what it printed.
    ///
    /// # Errors
    /// It fails, or it printed no JSON.
    pub fn call(&self, arguments: &[&str]) -> Result<Value> {
        let ended = self.attempt(arguments)?;
        ensure!(
            ended.code == 0,
            "{}: afterglow {arguments:?} ended with {}: {} {:?}",
            self.name,
            ended.code,
            ended.stderr,
            ended.json
        );
        ended.json.with_context(|| format!("{}: afterglow {arguments:?} printed no JSON", self.name))
    }

    /// Starts the node (`afterglow run`) and waits until it answers.
    ///
    /// # Errors
    /// It ends at once, or does not answer in time.
    pub fn start(&mut self) -> Result<()> {
        ensure!(self.running.is_none(), "{} runs already", self.name);
        self.starts += 1;
        let log = File::create(self.log_path(self.starts))?;
        let mut child =
            self.command(self.verb).stdout(Stdio::piped()).stderr(log).spawn().context("afterglow does not start")?;
        let stdout = child.stdout.take().context("its output is a pipe")?;
        let events = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&events);
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str(&line) {
                    // Nobody listens any more after the first line.
                    let _ = ready.send(());
                    lock(&seen).push(Seen { at: Instant::now(), line });
                }
            }
        });
        self.running = Some(Running { child, events });
        // The sender goes when the node's output ends, so a node that fails at once is not waited for.
        is_ready.recv_timeout(PATIENCE).with_context(|| format!("{} does not answer\n{}", self.name, self.log_tail()))
    }

    /// The process of the running node.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// Everything the running node has printed.
    #[must_use]
    pub fn events(&self) -> Vec<Seen> {
        self.running.as_ref().map(|running| lock(&running.events).clone()).unwrap_or_default()
    }

    /// Takes what the running node has printed since the last time.
    #[must_use]
    pub fn take_events(&self) -> Vec<Seen> {
        self.running.as_ref().map(|running| std::mem::take(&mut *lock(&running.events))).unwrap_or_default()
    }

    /// Ends it without warning, as a crash does.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self) -> Result<()> {
        let mut running = self.running.take().with_context(|| format!("{} does not run", self.name))?;
        running.child.kill()?;
        running.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not run, does not end in time, or ends with an error.
    pub fn stop(&mut self) -> Result<()> {
        let mut running = self.running.take().with_context(|| format!("{} does not run", self.name))?;
        kill_process(Pid::from_child(&running.child), Signal::TERM)?;
        let ended = poll::until(&format!("{} has ended", self.name), PATIENCE, || Ok(running.child.try_wait()?));
        if ended.is_err() {
            running.child.kill()?;
            running.child.wait()?;
        }
        let status = ended?;
        ensure!(
            status.success() || status.signal() == Some(Signal::TERM.as_raw()),
            "{} ended with {status}",
            self.name
        );
        Ok(())
    }

    /// Its whole timeline, newest first.
    ///
    /// # Errors
    /// The command fails.
    pub fn timeline(&self) -> Result<Vec<MomentView>> {
        let page: TimelinePage = serde_json::from_value(self.call(&["timeline", "--limit", ALL])?)?;
        ensure!(page.next.is_none(), "{} shows {} of {} moments", self.name, page.moments.len(), page.total);
        Ok(page.moments)
    }

    /// The node's resident memory in bytes and its open descriptors.
    ///
    /// # Errors
    /// It does not run.
    pub fn usage(&self) -> Result<(u64, usize)> {
        let running = self.running.as_ref().with_context(|| format!("{} does not run", self.name))?;
        let process = PathBuf::from(format!("/proc/{}", running.child.id()));
        let status = fs::read_to_string(process.join("status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells VmRSS")?;
        let kib: u64 = resident.trim().trim_end_matches(" kB").parse()?;
        Ok((kib * 1024, fs::read_dir(process.join("fd"))?.count()))
    }

    /// All logs, of every start, and the log files that the node keeps itself.
    #[must_use]
    pub fn logs(&self) -> String {
        let mut paths = (1..=self.starts).map(|start| self.log_path(start)).collect::<Vec<_>>();
        let own = fs::read_dir(self.data_dir().join("logs")).into_iter().flatten().flatten();
        paths.extend(own.map(|entry| entry.path()));
        paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()).collect()
    }

    /// The last lines of its logs.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let logs = self.logs();
        let lines = logs.lines().collect::<Vec<_>>();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        format!("--- {} ---\n{}", self.name, tail.join("\n"))
    }

    fn log_path(&self, start: usize) -> PathBuf {
        self.folder.join(format!("log-{start}"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.running.is_some() {
            let _ = self.kill();
        }
        if std::thread::panicking() {
            eprintln!("{}", self.log_tail());
        }
    }
}

impl Ended {
    fn of(output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout);
        Self {
            code: output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal)).unwrap_or(-1),
            json: stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok()),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The error code of the contract that it printed.
    #[must_use]
    pub fn error_code(&self) -> Option<String> {
        let printed = self.json.as_ref()?;
        let error = printed.get("error").unwrap_or(printed);
        Some(error.get("code")?.as_str()?.to_owned())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
