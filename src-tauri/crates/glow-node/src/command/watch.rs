//! `watch`.

use anyhow::Result;
use glow_api::{WatchExisting, WatchGet, WatchOff, WatchState, WatchView};

use super::{clock, group};
use crate::cli::Watch;
use crate::control::{Step, Watched};
use crate::node::{Node, absolute};
use crate::output::{Output, count};

pub(super) async fn watch(node: &mut Node, out: Output, args: Watch) -> Result<()> {
    let group = group(node, args.to.group.as_deref()).await?;
    let Some(dir) = args.dir else {
        let view = match (args.off, args.existing) {
            (true, _) => node.ask(WatchOff { group: group.id }).await?,
            (false, true) => node.ask(WatchExisting { group: group.id }).await?,
            (false, false) => node.ask(WatchGet { group: group.id }).await?,
        };
        return Ok(out.show(&view, kept)?);
    };
    let dir = absolute(&dir)?;
    if args.keep {
        let view = node.keep_watching(&group.id, dir).await?;
        out.show(&view, kept)?;
        if matches!(node, Node::Here(_)) {
            out.hint("No node runs here: it is watched when `afterglow run`, `afterglow serve` or the app does.");
        }
        return Ok(());
    }
    out.hint(&format!("Photos and clips that appear in {} go into {}. Ctrl-C ends it.", dir.display(), group.title));
    let shown = move |step| {
        if let Step::Watched(event) = step
            && let Err(error) = out.show(&event, text)
        {
            tracing::debug!(%error, "nobody reads what is printed");
        }
    };
    node.watch(&group.id, dir, args.delay, shown).await?;
    Ok(())
}

/// What is watched for good.
fn kept(view: &WatchView) -> String {
    let Some(folder) = &view.folder else { return "No folder is watched for this group.".to_owned() };
    let state = match view.state {
        WatchState::Off | WatchState::On => "new files go out after 10 s",
        WatchState::Away => "this device is elsewhere: what appears is held back",
        WatchState::Missing => "it is not there at the moment",
    };
    let mut lines = vec![format!("{folder}: {state}.")];
    if view.existing > 0 {
        lines.push(format!(
            "{} from before: `afterglow watch --existing` adds them, too.",
            count(view.existing as usize, "file")
        ));
    }
    lines.push(format!("{} added, {} waiting, {} held back.", view.posted, view.waiting_count, view.held_count));
    lines.join("\n")
}

fn text(event: &Watched) -> String {
    match event {
        Watched::Seen { name, delay_ms } => {
            format!("{name}: goes out in {} s", delay_ms.div_ceil(1_000))
        }
        Watched::Held { name } => format!("{name}: held back"),
        Watched::Missing { is_missing: true } => "The folder is not there.".to_owned(),
        Watched::Missing { is_missing: false } => "The folder is back.".to_owned(),
        Watched::Posted { name, receipt } if receipt.waiting > 0 => {
            format!("{name}: waits for the rest of it")
        }
        Watched::Posted { name, receipt } if receipt.already_there > 0 => {
            format!("{name}: was there already")
        }
        Watched::Posted { name, receipt } if !receipt.clocks.is_empty() => {
            format!("{name}: {}", clock::found(&receipt.clocks[0]))
        }
        Watched::Posted { name, .. } => format!("{name}: on the timeline"),
        Watched::Failed { name, error } => format!("{name}: {}", error.message),
    }
}
