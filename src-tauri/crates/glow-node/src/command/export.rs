//! `export`.

use std::sync::Arc;

use anyhow::Result;

use super::group;
use crate::cli::Export;
use crate::control::Step;
use crate::node::{Node, absolute};
use crate::output::{Output, count};

pub(super) async fn export(node: &mut Node, out: Output, args: Export) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let dir = absolute(&args.dir)?;
    let bar = Arc::new(out.bar());
    let drawn = bar.clone();
    let exported = node
        .export(&group, dir.clone(), move |step| {
            if let Step::Progress(progress) = step {
                drawn.at(&progress);
            }
        })
        .await?;
    drop(bar);
    out.show(&exported, |exported| {
        let mut text = format!("{} written to {}", count(exported.written as usize, "file"), dir.display());
        if exported.skipped > 0 {
            text += &format!(", {} there already", exported.skipped);
        }
        if exported.missing > 0 {
            text += &format!(", {} not on this device yet", exported.missing);
        }
        format!("{text}.\nAlbum fingerprint {}", exported.fingerprint)
    })?;
    Ok(())
}
