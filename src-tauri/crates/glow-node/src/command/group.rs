//! `group create`, `list` and `leave`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use glow_api::{GroupCreate, GroupLeave, GroupList, GroupPage, GroupPhase, GroupView};

use super::group;
use crate::exit::Interrupted;
use crate::node::Node;
use crate::output::{Output, count, short, table, time};

pub(super) async fn create(node: &mut Node, out: Output, title: String, ends_in: Option<Duration>) -> Result<()> {
    let ends_at_ms = match ends_in {
        Some(time) => {
            Some(i64::try_from((SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH)?.as_millis())?)
        }
        None => None,
    };
    let view = node.ask(GroupCreate { title, ends_at_ms }).await?;
    out.show(&view, |view| {
        format!("Started {} ({}), until {}.", view.title, short(&view.id), time(view.ends_at_ms, None))
    })?;
    out.hint(&format!("Let others in with `afterglow group invite {}`.", short(&view.id)));
    Ok(())
}

pub(super) async fn list(node: &mut Node, out: Output) -> Result<()> {
    let page = node.ask(GroupList {}).await?;
    out.show(&page, page_text)?;
    Ok(())
}

pub(super) async fn leave(node: &mut Node, out: Output, wanted: &str) -> Result<()> {
    let view = group(node, Some(wanted)).await?;
    if !out.is_json() && io::stdin().is_terminal() && !agreed(&view)? {
        return Err(Interrupted.into());
    }
    let page = node.ask(GroupLeave { group: view.id }).await?;
    out.show(&page, |_| format!("Left {}. Its keys and its album are gone from this device.", view.title))?;
    Ok(())
}

fn agreed(view: &GroupView) -> io::Result<bool> {
    let only_here = match view.only_here_count {
        0 => String::new(),
        number => format!(" {} of yours nobody else has.", count(number as usize, "moment")),
    };
    eprint!("Leave {}? Its album is removed from this device.{only_here} [y/N] ", view.title);
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn page_text(page: &GroupPage) -> String {
    let rows: Vec<_> = page.groups.iter().map(row).collect();
    let heads = ["id", "title", "", "members", "here", "moments", "missing", "only here"];
    table(heads, &rows, "There is no group on this device yet.")
}

fn row(view: &GroupView) -> [String; 8] {
    let phase = match view.phase {
        GroupPhase::Active => "active",
        GroupPhase::Ended => "ended",
        GroupPhase::Removed => "removed",
        GroupPhase::UpdateNeeded => "update needed",
    };
    let numbers = [view.member_count, view.here_count, view.moment_count, view.missing_count, view.only_here_count];
    let [members, here, moments, missing, only_here] = numbers.map(|number| number.to_string());
    [short(&view.id).to_owned(), view.title.clone(), phase.to_owned(), members, here, moments, missing, only_here]
}
