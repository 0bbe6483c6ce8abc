//! `bundle`, and `open` with a file.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use glow_api::{ApiError, BundleReceipt, BundleWish, ErrorCode, MemberList};

use super::group;
use crate::cli::Bundle;
use crate::node::{Node, absolute};
use crate::output::{Output, count, size};

pub(super) async fn bundle(node: &mut Node, out: Output, args: Bundle) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let lacked_by = devices(node, &group, &args.lacked_by).await?;
    let wish = BundleWish { whole: args.all, lacked_by, previews_only: args.previews };
    let path = absolute(&args.file)?;
    let bar = Arc::new(out.bar());
    let report = node.bundle(&group, wish, path.clone(), bar.steps()).await?;
    drop(bar);
    out.show(&report, |report| {
        let mut text = format!(
            "{} and {} ({}) in {}",
            count(report.operations as usize, "operation"),
            count(report.blobs as usize, "file"),
            size(report.bytes),
            path.display()
        );
        if report.missing > 0 {
            text += &format!(", {} could not be read", report.missing);
        }
        text + ".\nOnly members of the group can open it: `afterglow open FILE`, or drop it on the app."
    })?;
    Ok(())
}

pub(super) async fn open(node: &mut Node, out: Output, file: &Path) -> Result<()> {
    let path = absolute(file)?;
    let bar = Arc::new(out.bar());
    let receipt = node.open_bundle(path, bar.steps()).await?;
    drop(bar);
    out.show(&receipt, opened)?;
    if !receipt.complete {
        out.hint("The bundle was cut short. What was whole in it is here; open the whole one for the rest.");
    }
    if receipt.damaged > 0 {
        out.hint("Parts of the bundle are damaged. What was whole in it is here; make or copy it again for the rest.");
    }
    Ok(())
}

fn opened(receipt: &BundleReceipt) -> String {
    let news = receipt.operations_new as usize + receipt.blobs_new as usize;
    if news == 0 {
        return format!("{}: everything in it was here already.", receipt.title);
    }
    format!(
        "{}: {} and {} are new.",
        receipt.title,
        count(receipt.operations_new as usize, "operation"),
        count(receipt.blobs_new as usize, "file")
    )
}

/// The devices that a person means: by id or its beginning, or by name.
async fn devices(node: &mut Node, group: &str, wanted: &[String]) -> Result<Vec<String>, ApiError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let members = node.ask(MemberList { group: group.to_owned() }).await?.members;
    let mut devices = Vec::new();
    for wanted in wanted {
        let lower = wanted.to_lowercase();
        let of = |member: &&glow_api::MemberView| {
            !lower.is_empty() && (member.device.starts_with(&lower) || member.name.to_lowercase() == lower)
        };
        let before = devices.len();
        devices.extend(members.iter().filter(of).map(|member| member.device.clone()));
        if devices.len() == before {
            let message = format!("There is no member `{wanted}`. `afterglow members` shows them.");
            return Err(ApiError::new(ErrorCode::UnknownMember, message).with("member", wanted));
        }
    }
    Ok(devices)
}
