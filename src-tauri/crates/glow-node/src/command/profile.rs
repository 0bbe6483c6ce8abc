//! `profile`.

use anyhow::Result;
use glow_api::{ProfileSet, StatusGet};

use crate::cli::Profile;
use crate::node::Node;
use crate::output::Output;

pub(super) async fn profile(node: &mut Node, out: Output, args: Profile) -> Result<()> {
    let known = node.ask(StatusGet {}).await?.profile;
    if args.name.is_none() && args.colour.is_none() {
        out.show(&known, |known| match known {
            Some(profile) => format!("{} (colour {})", profile.name, profile.colour),
            None => "No name is set. Set one with `afterglow profile --name NAME`.".to_owned(),
        })?;
        return Ok(());
    }
    let name = args.name.or_else(|| known.as_ref().map(|known| known.name.clone())).unwrap_or_default();
    let colour = args.colour.or(known.map(|known| known.colour)).unwrap_or_default();
    let set = node.ask(ProfileSet { name, colour }).await?;
    out.show(&set, |set| format!("Members see {} (colour {}).", set.name, set.colour))?;
    Ok(())
}
