//! The checker that runs when all is healed and quiet: the same album everywhere, and nothing broken behind it.
//!
//! [`all_well`] asks the nodes that run: (1) everything acknowledged is everywhere, (2) the same set in the same order,
//! (3) nothing twice, (6) memory and descriptors within limits, (7) no panic in any log, (8) what is said of copies is true,
//! of each moment and of the album.
//! [`sound_at_rest`] looks at what they leave behind: (4) bytes match ids, (6) the disk. [`export_holds`] compares bytes with
//! the files that were posted. What an expelled member left (5) is asked where there is an expulsion.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use glow_api::{Held, MomentView, StorageView};

use crate::compare;
use crate::media::Sample;
use crate::node::Node;

/// A node uses at most this much memory, in bytes, and this many descriptors.
const MEMORY_BYTES: u64 = 512 << 20;
const DESCRIPTORS: usize = 1_024;
/// What a device keeps beside originals and their previews: the databases with their journals, logs, keys.
const DISK_BESIDE_BYTES: u64 = 64 << 20;

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

/// Fails unless all nodes show one album, complete, with all that was acknowledged, within limits, without a panic, and what
/// they say of copies is true. `absent`: devices of the group that are not asked, and may hold copies.
///
/// # Errors
/// What is wrong first.
pub fn all_well(nodes: &[&Node], acknowledged: &BTreeSet<String>, absent: usize) -> Result<()> {
    let timelines = nodes.iter().map(|node| node.timeline()).collect::<Result<Vec<_>>>()?;
    for (node, timeline) in nodes.iter().zip(&timelines) {
        let shown = timeline.iter().map(|moment| moment.id.as_str()).collect::<BTreeSet<_>>();
        let lost = acknowledged.iter().find(|moment| !shown.contains(moment.as_str()));
        ensure!(lost.is_none(), "{} does not show {lost:?}, which was acknowledged", node.name);
    }
    for (node, timeline) in nodes.iter().zip(&timelines).skip(1) {
        same_timeline((&nodes[0].name, &node.name), (&timelines[0], timeline))?;
    }
    for (node, timeline) in nodes.iter().zip(&timelines) {
        if let Some(moment) = timeline.iter().find(|moment| !is_complete(moment)) {
            anyhow::bail!("{} misses a part of {}: {moment:?}", node.name, moment.file_name);
        }
        true_of_copies(node, timeline, &timelines, absent)?;
        true_of_the_album(node, timeline, &timelines, absent)?;
        within_limits(node)?;
        no_panic(node)?;
    }
    Ok(())
}

/// Fails when a device says that more devices hold an original than do: that is the dangerous direction.
fn true_of_copies(node: &Node, said: &[MomentView], timelines: &[Vec<MomentView>], absent: usize) -> Result<()> {
    for moment in said {
        let holders = holders(moment, timelines) + absent;
        ensure!(
            moment.on_devices as usize <= holders,
            "{} says that {} is on {} devices, but {holders} hold it",
            node.name,
            moment.file_name,
            moment.on_devices
        );
    }
    Ok(())
}

/// The same of what is said of the whole album: the fewest copies, how many moments have fewer than three, and whose are only here.
fn true_of_the_album(node: &Node, shown: &[MomentView], timelines: &[Vec<MomentView>], absent: usize) -> Result<()> {
    let said: StorageView = serde_json::from_value(node.call(&["storage"])?)?;
    let said = said.copies;
    let holders = shown.iter().map(|moment| holders(moment, timelines) + absent).collect::<Vec<_>>();
    let fewest = holders.iter().copied().min();
    let below_three = holders.iter().filter(|holders| **holders < 3).count();
    let own_only_here = shown.iter().zip(&holders).filter(|(moment, holders)| moment.mine && **holders == 1).count();
    ensure!(
        fewest.is_none_or(|fewest| said.at_least as usize <= fewest)
            && said.below_three as usize >= below_three
            && said.own_only_here as usize >= own_only_here,
        "{} says {said:?}, but the fewest are {fewest:?}, {below_three} are on fewer than 3, {own_only_here} own only here",
        node.name
    );
    Ok(())
}

/// How many of these devices hold the original.
fn holders(moment: &MomentView, timelines: &[Vec<MomentView>]) -> usize {
    let holds = |timeline: &&Vec<MomentView>| {
        timeline.iter().any(|other| other.id == moment.id && matches!(other.original, Held::Complete))
    };
    timelines.iter().filter(holds).count()
}

fn within_limits(node: &Node) -> Result<()> {
    let (memory_bytes, descriptors) = node.usage()?;
    ensure!(memory_bytes <= MEMORY_BYTES, "{} uses {} MiB", node.name, memory_bytes >> 20);
    ensure!(descriptors <= DESCRIPTORS, "{} has {descriptors} descriptors open", node.name);
    Ok(())
}

/// Fails unless a node that has ended left a store whose tables agree with the operations and whose bytes match their ids,
/// and no more on disk than what it holds takes.
///
/// # Errors
/// What is wrong first.
pub fn sound_at_rest(node: &Node, originals_bytes: u64) -> Result<()> {
    let checked = node.attempt(&["store", "check"])?;
    ensure!(checked.code == 0, "{}: {checked:?}", node.name);
    let used = disk_bytes(&node.data_dir())?;
    let allowed = originals_bytes + originals_bytes / 2 + DISK_BESIDE_BYTES;
    ensure!(used <= allowed, "{} takes {} MiB on disk for {} MiB", node.name, used >> 20, originals_bytes >> 20);
    no_panic(node)
}

fn disk_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { disk_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
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
