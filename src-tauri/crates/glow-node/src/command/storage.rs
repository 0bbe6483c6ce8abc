//! `storage`.

use anyhow::Result;
use glow_api::{Blocked, Keep, StorageGet, StoragePolicy, StorageSet, StorageView};

use super::group;
use crate::cli::{KeepArg, StorageCommand, StorageOf, StorageWishes};
use crate::node::Node;
use crate::output::{Output, size, table, time};

pub(super) async fn storage(node: &mut Node, out: Output, of: StorageOf) -> Result<()> {
    let group = group(node, of.of.group.as_deref()).await?.id;
    let view = node.ask(StorageGet { group: group.clone() }).await?;
    let policy = match of.command {
        None => {
            out.show(&view, text)?;
            return Ok(());
        }
        Some(StorageCommand::Pause) => StoragePolicy { paused: true, ..view.policy },
        Some(StorageCommand::Resume) => StoragePolicy { paused: false, ..view.policy },
        Some(StorageCommand::Set(wishes)) => wished(view.policy, &wishes),
    };
    let view = node.ask(StorageSet { group, policy }).await?;
    out.show(&view, text)?;
    Ok(())
}

fn wished(policy: StoragePolicy, wishes: &StorageWishes) -> StoragePolicy {
    StoragePolicy {
        photos: wishes.photos.map_or(policy.photos, keep),
        clips: wishes.clips.map_or(policy.clips, keep),
        paused: policy.paused,
        quota_bytes: match wishes.quota {
            None => policy.quota_bytes,
            Some(0) => None,
            Some(bytes) => Some(bytes),
        },
        carry_bytes: wishes.carry.unwrap_or(policy.carry_bytes),
    }
}

fn keep(keep: KeepArg) -> Keep {
    match keep {
        KeepArg::Previews => Keep::Previews,
        KeepArg::Plugged => Keep::WhenPlugged,
        KeepArg::All => Keep::All,
    }
}

fn text(view: &StorageView) -> String {
    let mut lines = vec![copies(view)];
    if let Some(blocked) = view.blocked {
        lines.push(reason(blocked).to_owned());
    }
    let quota =
        view.policy.quota_bytes.map_or_else(|| "no limit".to_owned(), |quota| format!("at most {}", size(quota)));
    let free = view.free_disk_bytes.map_or_else(String::new, |free| format!(", {} free on the disk", size(free)));
    lines.push(format!("Here: {} ({quota}){free}.", size(view.used_bytes)));
    lines.push(format!("Kept of others: photos {}, clips {}.", kept(view.policy.photos), kept(view.policy.clips)));
    if view.carried_bytes > 0 {
        lines.push(format!(
            "Brought along for others: {} of {}.",
            size(view.carried_bytes),
            size(view.policy.carry_bytes)
        ));
    }
    lines.push(format!(
        "To come: {} previews ({}), {} originals ({}).",
        view.previews.count,
        size(view.previews.bytes),
        view.originals.count,
        size(view.originals.bytes)
    ));
    for takeback in &view.takebacks {
        lines.push(format!(
            "Taken back {}: gone from {} of {} devices.",
            time(takeback.at_ms, None),
            takeback.gone,
            takeback.of
        ));
    }
    let rows: Vec<_> = view
        .transfers
        .iter()
        .map(|one| [one.name.clone(), rate(one.down_bps), rate(one.up_bps), size(one.down_bytes), size(one.up_bytes)])
        .collect();
    lines.push(table(["member", "from", "to", "came", "went"], &rows, "Nothing was transferred yet."));
    lines.join("\n")
}

fn copies(view: &StorageView) -> String {
    let copies = view.copies;
    let heard =
        copies.heard_at_ms.map_or_else(String::new, |at| format!(" Last heard of everyone: {}.", time(at, None)));
    let first = match (copies.moments, copies.at_least) {
        (0, _) => "There are no moments yet.".to_owned(),
        (_, 0 | 1) => format!("{} of {} moments are on fewer than 3 devices.", copies.below_three, copies.moments),
        (_, least) => format!("Every moment is on at least {least} devices."),
    };
    match copies.own_only_here {
        0 => format!("{first}{heard}"),
        only => format!("{first} {only} of yours only here.{heard}"),
    }
}

fn reason(blocked: Blocked) -> &'static str {
    match blocked {
        Blocked::Paused => "Fetching is paused: `afterglow storage resume` goes on.",
        Blocked::Quota => "The quota is used up: originals wait.",
        Blocked::DiskLow => "The disk is nearly full: originals wait.",
        Blocked::OnBattery => "Originals wait until the device is plugged in.",
    }
}

fn kept(keep: Keep) -> &'static str {
    match keep {
        Keep::Previews => "previews only",
        Keep::WhenPlugged => "originals when plugged in",
        Keep::All => "everything",
    }
}

fn rate(bps: u64) -> String {
    if bps == 0 { "-".to_owned() } else { format!("{}/s", size(bps / 8)) }
}
