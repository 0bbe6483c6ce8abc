//! `join`.

use std::time::Duration;

use anyhow::Result;
use glow_api::{GroupGet, GroupJoin};

use crate::cli::Join;
use crate::handover;
use crate::node::Node;
use crate::output::{Output, count, short};

pub(super) async fn join(node: &mut Node, out: Output, args: Join) -> Result<()> {
    let bar = out.bar();
    bar.waiting("Looking for a member");
    let joined = node.ask(GroupJoin { link: args.link, address: args.address }).await?;
    bar.waiting("Receiving the timeline");
    let received = match node {
        Node::Here(engine) => Some(handover::until_received(engine, &joined.id, Duration::from_secs(args.wait)).await?),
        // It goes on by itself.
        Node::There(_) => None,
    };
    drop(bar);
    let view = node.ask(GroupGet { group: joined.id }).await?;
    out.show(&view, |view| {
        format!("Joined {} ({}): {}.", view.title, short(&view.id), count(view.moment_count as usize, "moment"))
    })?;
    match received {
        Some(true) => {}
        Some(false) => out.hint("Some of the timeline is still missing. `afterglow run` stays and receives it."),
        None => out.hint("The running node goes on receiving the timeline."),
    }
    Ok(())
}
