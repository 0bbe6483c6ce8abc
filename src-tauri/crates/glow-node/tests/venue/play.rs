//! A box that runs, its owner, and what tests ask of both.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::support::{Device, PHOTO};

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

    pub(crate) fn camera(&self, what: &str) -> &str {
        self.ready["box"]["camera"][what].as_str().unwrap()
    }

    pub(crate) fn login(&self) -> String {
        format!("{}:{}", self.camera("user"), self.camera("password"))
    }

    /// Uploads as a camera does.
    pub(crate) fn upload(&self, door: &str, file: &Path, more: &[&str]) -> Result<Output> {
        let url = self.camera(door);
        Ok(Command::new("curl")
            .args(["-sS", "--max-time", "50", "--user", &self.login(), "-T"])
            .arg(file)
            .args(more)
            .arg(url)
            .output()?)
    }

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
