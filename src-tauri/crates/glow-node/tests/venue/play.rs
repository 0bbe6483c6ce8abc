//! A box that runs, its owner, and what tests ask of both.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::support::{Device, PHOTO, Running};

/// How long anything may take on a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

pub(crate) trait Play {
    fn photo(&self, name: &str, number: u32) -> Result<PathBuf>;
    fn start(&self, args: &[&str]) -> Result<Running>;
    fn start_with(&self, args: &[&str], path: &str) -> Result<Running>;
    fn moments(&self) -> Result<u64>;
    fn until_moments(&self, count: u64) -> Result<()>;
    fn camera(&self) -> Result<Value>;
}

impl Play for Device {
    /// A photo like no other: a comment behind its first segment holds the number, in letters.
    fn photo(&self, name: &str, number: u32) -> Result<PathBuf> {
        let path = self.path(name);
        let (head, rest) = PHOTO.split_at(20);
        let letters: Vec<u8> = format!("{number:08}").bytes().map(|digit| digit - b'0' + b'a').collect();
        std::fs::write(&path, [head, &[0xFF, 0xFE, 0, 10], &letters, rest].concat())?;
        Ok(path)
    }

    fn start(&self, args: &[&str]) -> Result<Running> {
        self.start_with(args, &std::env::var("PATH")?)
    }

    fn start_with(&self, args: &[&str], path: &str) -> Result<Running> {
        let base = ["--json", "box", "--page-port", "0", "--ftp", "0", "--webdav", "0", "--camera-bind", "127.0.0.1"];
        Running::of(self.command(&[&base, args].concat()).env("PATH", path))
    }

    fn moments(&self) -> Result<u64> {
        Ok(self.json(&["timeline"])?["total"].as_u64().unwrap())
    }

    fn until_moments(&self, count: u64) -> Result<()> {
        until(&format!("{count} moments"), || Ok(self.moments()? == count))
    }

    fn camera(&self) -> Result<Value> {
        Ok(self.json(&["box", "status"])?["box"]["camera"].clone())
    }
}

impl Running {
    pub(crate) fn camera(&self, what: &str) -> &str {
        self.ready["box"]["camera"][what].as_str().unwrap()
    }

    /// Where one of the doors for cameras listens.
    pub(crate) fn address(&self, door: &str) -> &str {
        self.camera(door).split_once("://").unwrap().1.trim_end_matches('/')
    }

    /// The most memory that it ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("Linux tells the peak")?;
        Ok(peak.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    pub(crate) fn login(&self) -> String {
        format!("{}:{}", self.camera("user"), self.camera("password"))
    }

    /// Uploads as a camera does.
    pub(crate) fn upload(&self, door: &str, file: &Path, more: &[&str]) -> Result<Output> {
        Ok(self.begin_upload(door, file, more)?.wait_with_output()?)
    }

    /// A camera that uploads meanwhile.
    pub(crate) fn begin_upload(&self, door: &str, file: &Path, more: &[&str]) -> Result<Child> {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "50", "--user", &self.login(), "-T"]).arg(file).args(more);
        Ok(curl.arg(self.camera(door)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
    }
}

/// The owner's page, as curl asks it.
pub(crate) struct Owner {
    calls: String,
}

impl Owner {
    pub(crate) fn sign_in(node: &Running) -> Result<Self> {
        let (base, token) = node.ready["url"].as_str().unwrap().split_once("#token=").unwrap();
        let session = post(&format!("{base}session"), &serde_json::json!({ "token": token }))?;
        Ok(Self { calls: format!("{base}{}/call", session["session"].as_str().unwrap()) })
    }

    pub(crate) fn call(&self, name: &str, args: &Value) -> Result<Value> {
        post(&self.calls, &serde_json::json!({ "call": name, "args": args }))
    }
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        ensure!(start.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
    Ok(())
}

pub(crate) fn said(output: &Output) -> String {
    format!("{:?} {}", output.status.code(), String::from_utf8_lossy(&output.stderr))
}

fn post(url: &str, body: &Value) -> Result<Value> {
    let output = Command::new("curl")
        .args(["-sS", "-H", "content-type: application/json", "-d", &body.to_string(), url])
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}
