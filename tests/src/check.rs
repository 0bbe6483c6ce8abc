//! The checker that runs when all is healed and quiet: the same album everywhere, and nothing broken behind it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use glow_api::{Held, MomentView};

use crate::compare;
use crate::media::Sample;
use crate::node::Node;

/// A node uses at most this much memory, in bytes, and this many descriptors.
const MEMORY_BYTES: u64 = 512 << 20;
const DESCRIPTORS: usize = 1_024;

/// The list that an export writes beside the originals; their metadata files end with `.xmp`.
const MANIFEST: &str = "afterglow-album.json";

/// What must be equal of a moment on every device: all but whose it is there, when it came, and what is held.
#[must_use]
pub fn common(moment: &MomentView) -> String {
    let mut moment = moment.clone();
    moment.mine = false;
    moment.received_at_ms = 0;
    moment.on_devices = 0;
    moment.needs_choice = false;
    moment.author_name.clear();
    moment.author_colour = 0;
    (moment.grid, moment.screen, moment.original, moment.motion) = (Held::None, Held::None, Held::None, Held::None);
    for reaction in &mut moment.reactions {
        reaction.mine = false;
        reaction.names.clear();
    }
    moment.reactions.sort_by(|a, b| a.emoji.cmp(&b.emoji));
    serde_json::to_string(&moment).unwrap_or_default()
}

/// Fails unless two timelines show the same moments in the same order, each once.
///
/// # Errors
/// What differs first.
pub fn same_timeline(names: (&str, &str), timelines: (&[MomentView], &[MomentView])) -> Result<()> {
    for (name, timeline) in [(names.0, timelines.0), (names.1, timelines.1)] {
        let ids = timeline.iter().map(|moment| &moment.id).collect::<BTreeSet<_>>();
        ensure!(ids.len() == timeline.len(), "{name} shows a moment twice");
        let is_ordered = timeline.is_sorted_by_key(|moment| std::cmp::Reverse(moment.captured_at_ms));
        ensure!(is_ordered, "{name} does not show the newest first");
    }
    let (left, right) = (timelines.0.len(), timelines.1.len());
    ensure!(left == right, "{} shows {left} moments, {} shows {right}", names.0, names.1);
    for (index, (left, right)) in timelines.0.iter().zip(timelines.1).enumerate() {
        let (left, right) = (common(left), common(right));
        ensure!(left == right, "at {index} {} shows {left}\nand {} shows {right}", names.0, names.1);
    }
    Ok(())
}

/// Whether all of a moment is on the device.
#[must_use]
pub fn is_complete(moment: &MomentView) -> bool {
    let parts = [&moment.grid, &moment.screen, &moment.original, &moment.motion];
    parts.into_iter().all(|part| !matches!(part, Held::Missing { .. }))
}

/// Fails unless the exported folder holds each sample once and nothing else; own files untouched, others' in shared form.
///
/// # Errors
/// What is missing, different or too much.
pub fn export_holds(folder: &Path, own: &[Sample], others: &[Sample]) -> Result<()> {
    let mut files = vec![];
    collect(folder, &mut files)?;
    for sample in own {
        let bytes = sample.bytes()?;
        let at = files.iter().position(|(_, found)| *found == bytes);
        let at = at.with_context(|| format!("no bit-identical {} in {}", sample.name(), folder.display()))?;
        files.remove(at);
    }
    for sample in others {
        let size = sample.bytes()?.len();
        let candidates = files.iter().enumerate().filter(|(_, (_, found))| found.len() == size).map(|(at, _)| at);
        let mut reason = Err(anyhow::anyhow!("no file of {size} bytes for {} in {}", sample.name(), folder.display()));
        let found = candidates.into_iter().find(|&at| {
            reason = compare::is_shared_form(sample, &files[at].1);
            reason.is_ok()
        });
        reason?;
        files.remove(found.context("a file was found")?);
    }
    let rest = files.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    ensure!(rest.is_empty(), "nobody posted {rest:?}");
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.file_name().is_none_or(|name| name != MANIFEST) && path.extension().is_none_or(|is| is != "xmp")
        {
            files.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}

/// Fails unless all nodes show one album, complete, within limits, without a panic, and agree on who has it.
///
/// # Errors
/// What is wrong first.
pub fn all_well(nodes: &[&Node]) -> Result<()> {
    let timelines = nodes.iter().map(|node| node.timeline()).collect::<Result<Vec<_>>>()?;
    for (node, timeline) in nodes.iter().zip(&timelines).skip(1) {
        same_timeline((&nodes[0].name, &node.name), (&timelines[0], timeline))?;
    }
    for (node, timeline) in nodes.iter().zip(&timelines) {
        if let Some(moment) = timeline.iter().find(|moment| !is_complete(moment)) {
            anyhow::bail!("{} misses a part of {}: {moment:?}", node.name, moment.file_name);
        }
        if let Some(moment) = timeline.iter().find(|moment| moment.on_devices as usize > nodes.len()) {
            anyhow::bail!(
                "{} says that {} is on {} of {} devices",
                node.name,
                moment.file_name,
                moment.on_devices,
                nodes.len()
            );
        }
        let (memory_bytes, descriptors) = node.usage()?;
        ensure!(memory_bytes <= MEMORY_BYTES, "{} uses {} MiB", node.name, memory_bytes >> 20);
        ensure!(descriptors <= DESCRIPTORS, "{} has {descriptors} descriptors open", node.name);
        no_panic(node)?;
    }
    Ok(())
}

/// Fails when a log tells of a panic.
///
/// # Errors
/// The line that does.
pub fn no_panic(node: &Node) -> Result<()> {
    let logs = node.logs();
    let line = logs.lines().find(|line| line.contains("panicked at"));
    ensure!(line.is_none(), "{}: {}", node.name, line.unwrap_or_default());
    Ok(())
}
