//! A program of others that is run beside ours; it ends with its value.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A running program. Its input is a pipe that is never written, and nobody reads its messages.
#[derive(Debug)]
pub struct Tool {
    child: Child,
    name: &'static str,
}

impl Tool {
    /// Starts it.
    ///
    /// # Errors
    /// It is not installed.
    pub fn start(command: &mut Command, name: &'static str) -> Result<Self> {
        Self::spawn(command.stdout(Stdio::null()), name)
    }

    /// Starts one that prints `done` when it is, and goes on: see [`Self::done`].
    ///
    /// # Errors
    /// It is not installed.
    pub fn start_telling(command: &mut Command, name: &'static str) -> Result<Self> {
        Self::spawn(command.stdout(Stdio::piped()), name)
    }

    fn spawn(command: &mut Command, name: &'static str) -> Result<Self> {
        let child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
        Ok(Self { child: child.with_context(|| format!("{name} does not start"))?, name })
    }

    /// Waits until it has ended well.
    ///
    /// # Errors
    /// It ended otherwise.
    pub fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }

    /// Waits until it has told that it is done, and leaves it running.
    ///
    /// # Errors
    /// It told something else, or nothing.
    pub fn done(mut self) -> Result<Self> {
        let stdout = self.child.stdout.take().context("it was started to tell")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(line.trim() == "done", "{} did not get everything", self.name);
        Ok(self)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
