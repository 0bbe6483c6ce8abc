//! A device with a data directory of its own, and the command run on it.

use std::path::PathBuf;
use std::process::{Command, Output};

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
