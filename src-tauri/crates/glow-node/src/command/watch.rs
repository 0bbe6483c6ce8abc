//! `watch`.

use anyhow::Result;

use super::{clock, group};
use crate::cli::Watch;
use crate::control::{Step, Watched};
use crate::node::{Node, absolute};
use crate::output::Output;

pub(super) async fn watch(node: &mut Node, out: Output, args: Watch) -> Result<()> {
    let group = group(node, args.to.group.as_deref()).await?;
    let dir = absolute(&args.dir)?;
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

fn text(event: &Watched) -> String {
    match event {
        Watched::Seen { name, delay_ms } => {
            format!("{name}: goes out in {} s", delay_ms.div_ceil(1_000))
        }
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
