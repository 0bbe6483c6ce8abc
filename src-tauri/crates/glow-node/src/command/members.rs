//! `members`.

use anyhow::Result;
use glow_api::{MemberList, MemberPage, MemberView, Presence, Role};

use super::group;
use crate::node::Node;
use crate::output::{Output, short, table, time};

pub(super) async fn members(node: &mut Node, out: Output, wanted: Option<String>) -> Result<()> {
    let group = group(node, wanted.as_deref()).await?.id;
    let page = node.ask(MemberList { group }).await?;
    out.show(&page, text)?;
    Ok(())
}

fn text(page: &MemberPage) -> String {
    let rows: Vec<_> = page.members.iter().map(row).collect();
    table(["member", "name", "role", "", "last seen", "moments"], &rows, "There are no members.")
}

fn row(member: &MemberView) -> [String; 6] {
    let role = match member.role {
        Role::Host => "host",
        Role::Member => "member",
        Role::Carrier => "blind box",
    };
    let presence = match member.presence {
        _ if member.me => "this device",
        Presence::Here => "here",
        Presence::Asleep => "asleep",
        Presence::Gone => "gone",
        Presence::Unmet => "never met",
    };
    let seen = member.last_seen_at_ms.filter(|_| !member.me).map_or_else(String::new, |at| time(at, None));
    [
        short(&member.device).to_owned(),
        member.name.clone(),
        role.to_owned(),
        presence.to_owned(),
        seen,
        member.moment_count.to_string(),
    ]
}
