//! A device with a data directory of its own, the command run on it, and one that goes on running.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

/// A small real photo: a JPEG of 64 by 48 pixels.
pub(crate) const PHOTO: &[u8] = include_bytes!("../photo.jpg");

pub(crate) struct Device {
    pub(crate) home: TempDir,
}

impl Device {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { home: tempfile::tempdir()? })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_afterglow"));
        command
            .args(["--no-mdns", "--loopback", "--data-dir"])
            .arg(self.path("data"))
            .args(args)
            .env_remove("RUST_LOG");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Result<Output> {
        Ok(self.command(args).output()?)
    }

    /// Runs a command that must succeed and reads the JSON it prints.
    pub(crate) fn json(&self, args: &[&str]) -> Result<Value> {
        let output = self.run(&[&["--json"], args].concat())?;
        ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// A command that goes on until it is told to end.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// What it says besides; it goes on speaking, and somebody has to hold the other end.
    pub(crate) lines: Option<BufReader<ChildStdout>>,
    pub(crate) ready: Value,
}

impl Running {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn of(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("its output is read")?);
        let mut first = String::new();
        lines.read_line(&mut first)?;
        let ready = serde_json::from_str(&first).with_context(|| format!("it did not start: {first:?}"))?;
        Ok(Self { child, lines: Some(lines), ready })
    }

    /// Tells it to end and waits until it has.
    pub(crate) fn end(mut self) -> Result<i32> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(told.success(), "it can be told to end");
        self.child.wait()?.code().context("it ended by itself")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
