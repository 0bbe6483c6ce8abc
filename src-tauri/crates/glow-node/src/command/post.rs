//! `post`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use glow_api::{ApiError, ErrorCode, PostReceipt};
use serde::Serialize;

use super::{clock, group, live};
use crate::cli::Post;
use crate::handover;
use crate::node::{Node, absolute};
use crate::output::{Output, count};

/// What `post` came to.
#[derive(Debug, Serialize)]
pub(super) struct Posted {
    #[serde(flatten)]
    pub(super) receipt: PostReceipt,
    /// Moments that another device holds too; absent when a running node sends them by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handed_over: Option<usize>,
}

pub(super) async fn post(node: &mut Node, out: Output, args: Post) -> Result<()> {
    if args.live {
        return live::post(node, out, args).await;
    }
    let files = args.files.iter().map(|path| file(path)).collect::<Result<Vec<_>>>()?;
    let group = group(node, args.to.group.as_deref()).await?.id;
    let bar = Arc::new(out.bar());
    let receipt = node.post(&group, files, bar.steps()).await?;
    bar.waiting("Handing over");
    let handed_over = match node {
        Node::Here(engine) => {
            let left =
                handover::until_handed_over(engine, &group, &receipt.moments, Duration::from_secs(args.wait)).await?;
            Some(receipt.moments.len() - left)
        }
        Node::There(_) => None,
    };
    drop(bar);
    let posted = Posted { receipt, handed_over };
    out.show(&posted, text)?;
    for clock in &posted.receipt.clocks {
        out.hint(&format!("{}: {}", clock.name, clock::found(clock)));
    }
    for failure in &posted.receipt.failures {
        out.hint(&format!("{}: {}", failure.name, failure.error.message));
    }
    match posted.receipt.failures.first() {
        Some(failure) if posted.receipt.moments.is_empty() => Err(failure.error.clone().into()),
        Some(_) => Err(anyhow::anyhow!("{} could not be added.", count(posted.receipt.failures.len(), "file"))),
        None => Ok(()),
    }
}

/// A file that can be named to another process.
fn file(path: &Path) -> Result<PathBuf> {
    if path == Path::new("-") {
        return Err(ApiError::new(
            ErrorCode::BadRequest,
            "Photos and clips are files: standard input is posted with --live, as a recording.",
        )
        .into());
    }
    let shown = path.display();
    if path.is_dir() {
        let message =
            format!("{shown} is a folder. Post the files in it, or let it be watched: `afterglow watch {shown}`.");
        return Err(ApiError::new(ErrorCode::BadRequest, message).into());
    }
    if let Err(error) = std::fs::metadata(path) {
        return Err(ApiError::new(
            ErrorCode::Unreadable,
            format!("{shown} cannot be read: {error}. Nothing was posted."),
        )
        .into());
    }
    absolute(path)
}

pub(super) fn text(posted: &Posted) -> String {
    let receipt = &posted.receipt;
    let total = receipt.moments.len();
    if total == 0 {
        return String::new();
    }
    let mut text = format!("{} on the timeline", count(total, "moment"));
    if receipt.already_there > 0 {
        text += &format!(", {} already there", receipt.already_there);
    }
    text + &match posted.handed_over {
        None => ". The running node hands them over.".to_owned(),
        Some(over) if over == total => ", and on another device.".to_owned(),
        Some(0) => ". Nobody is near: they go out when `afterglow run` or the app runs and somebody is.".to_owned(),
        Some(over) => format!(", {over} on another device. The rest goes out when `afterglow run` or the app runs."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(moments: usize, handed_over: Option<usize>) -> String {
        let receipt = PostReceipt { moments: vec!["a".to_owned(); moments], ..PostReceipt::default() };
        text(&Posted { receipt, handed_over })
    }

    #[test]
    fn it_says_who_has_it() {
        assert_eq!(posted(1, Some(1)), "1 moment on the timeline, and on another device.");
        assert!(posted(2, Some(0)).contains("Nobody is near"), "nothing is promised");
        assert!(posted(3, Some(1)).contains("1 on another device"));
        assert!(posted(3, None).contains("running node"));
    }

    #[test]
    fn a_folder_is_refused_with_a_hint() {
        let error = file(Path::new("/")).expect_err("a folder is no photo");
        assert!(error.to_string().contains("afterglow watch /"), "{error}");
        assert!(file(Path::new("-")).is_err(), "standard input is no photo");
    }
}
