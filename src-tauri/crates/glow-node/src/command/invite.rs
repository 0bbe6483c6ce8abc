//! `group invite`.

use anyhow::{Context, Result};
use glow_api::{InviteCreate, InviteView};

use super::group;
use crate::cli::Invite;
use crate::node::Node;
use crate::output::{Output, time};
use crate::qr;

pub(super) async fn invite(node: &mut Node, out: Output, args: Invite) -> Result<()> {
    let group = group(node, args.group.as_deref()).await?.id;
    let expires_in_min = args.expires.map(|time| u32::try_from(time.as_secs().div_ceil(60))).transpose()?;
    let view = node.ask(InviteCreate { group, expires_in_min, max_uses: args.max_uses }).await?;
    if let Some(path) = &args.svg {
        std::fs::write(path, &view.qr_svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let code = if args.qr && !out.is_json() { qr::terminal(&view.link)? } else { String::new() };
    out.show(&view, |view| format!("{code}{}", view.link))?;
    out.hint(&about(&view));
    if matches!(node, Node::Here(_)) {
        out.hint("No node runs here: nobody can join by this device until `afterglow run` or the app does.");
    }
    Ok(())
}

fn about(view: &InviteView) -> String {
    let until =
        view.expires_at_ms.map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", time(at, None)));
    let uses = match view.max_uses {
        Some(1) => ", once",
        Some(_) => ", for as many as you said",
        None => "",
    };
    format!("It lets in whoever has it, {until}{uses}.")
}
