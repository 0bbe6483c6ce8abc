//! `post --live`: a recording that goes out while it is made.
//!
//! The node that records reads a file by its path, and standard input through a named pipe that this command fills.

use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use glow_api::{ApiError, ErrorCode, PostReceipt};

use super::{group, post};
use crate::cli::Post;
use crate::control::Step;
use crate::handover;
use crate::node::{Node, absolute};
use crate::output::Output;

/// A file that did not grow for this long has ended.
const REST: Duration = Duration::from_secs(5);

pub(super) async fn post(node: &mut Node, out: Output, args: Post) -> Result<()> {
    let [path] = args.files.as_slice() else {
        let message = "One recording at a time goes out live: name one file, or `-` for standard input.";
        return Err(ApiError::new(ErrorCode::BadRequest, message).into());
    };
    let group = group(node, args.to.group.as_deref()).await?.id;
    let is_said = Arc::new(AtomicBool::new(false));
    let say = move |step| {
        if let Step::Recorded(recorded) = step
            && recorded.moment.is_some()
            && !is_said.swap(true, Ordering::Relaxed)
        {
            out.hint("On the timeline, and going out while it is recorded.");
        }
    };
    let receipt = if path == Path::new("-") {
        from_standard_input(node, &group, &args.name, say).await?
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        node.record(&group, absolute(path)?, &name, Some(REST), say).await?
    };
    let handed_over = match node {
        Node::Here(engine) => {
            let wait = Duration::from_secs(args.wait);
            let left = handover::until_handed_over(engine, &group, &receipt.moments, wait).await?;
            Some(receipt.moments.len() - left)
        }
        Node::There(_) => None,
    };
    let failure = receipt.failures.first().map(|failure| failure.error.clone());
    out.show(&post::Posted { receipt, handed_over }, post::text)?;
    failure.map_or(Ok(()), |error| Err(error.into()))
}

#[cfg(target_os = "linux")]
async fn from_standard_input(
    node: &mut Node,
    group: &str,
    name: &str,
    say: impl Fn(Step) + Send + Sync + 'static,
) -> Result<PostReceipt> {
    let pipe = Pipe::new()?;
    // Opened for both, so that nobody waits for the other; the reader sees the end when this one closes.
    let mut filled = std::fs::OpenOptions::new().read(true).write(true).open(&pipe.0)?;
    let (ended, end) = tokio::sync::oneshot::channel();
    // A thread of its own: reading cannot be interrupted, and must not hold up the end of the program. By its descriptor,
    // since what was given as standard input may be a socket, which no path opens.
    std::thread::spawn(move || {
        let copied = std::io::copy(&mut std::io::stdin().lock(), &mut filled);
        drop(filled);
        let _ = ended.send(copied);
    });
    let record = node.record(group, pipe.0.clone(), name, None, say);
    let mut record = std::pin::pin!(record);
    tokio::select! {
        receipt = record.as_mut() => return Ok(receipt?),
        copied = end => drop(copied?.context("standard input cannot be read")?),
    }
    Ok(record.await?)
}

#[cfg(not(target_os = "linux"))]
async fn from_standard_input(
    _: &mut Node,
    _: &str,
    _: &str,
    _: impl Fn(Step) + Send + Sync + 'static,
) -> Result<PostReceipt> {
    let message = "Standard input goes out live on Linux. Record into a file and name it here.";
    Err(ApiError::new(ErrorCode::BadRequest, message).into())
}

/// A named pipe that only its owner can open, gone with this.
#[cfg(target_os = "linux")]
struct Pipe(PathBuf);

#[cfg(target_os = "linux")]
impl Pipe {
    fn new() -> Result<Self> {
        use rustix::fs::{CWD, Mode, mkfifoat};
        let path = std::env::temp_dir().join(format!(
            "afterglow-{}-{}.pipe",
            std::process::id(),
            jiff::Timestamp::now().as_nanosecond()
        ));
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).context("a pipe to the running node cannot be made")?;
        Ok(Self(path))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
