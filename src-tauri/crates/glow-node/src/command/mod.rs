//! One file a command, and which of them runs.

mod bundle;
mod clock;
mod export;
mod group;
mod guests;
mod import;
mod invite;
mod join;
mod live;
mod members;
mod peers;
mod post;
mod profile;
mod run;
mod storage;
mod store;
mod timeline;
mod watch;

pub(crate) use run::{control, told_to_end};

use std::path::Path;

use anyhow::Result;
use clap::CommandFactory;
use glow_api::{ApiError, ErrorCode, GroupList, GroupView};

use crate::cli::{Cli, Command, Global, GroupCommand};
use crate::exit::Interrupted;
use crate::node::{Network, Node};
use crate::output::{Output, short};
pub(crate) use guests::HONEST;

/// Runs one command until it is done or the process is told to end.
pub(crate) async fn run(cli: Cli) -> Result<()> {
    let Cli { global, command } = cli;
    let out = Output::new(&global);
    let ends_in_order = matches!(command, Command::Run | Command::Serve(_) | Command::Box(_));
    let work = Box::pin(one(&global, out, command));
    if ends_in_order {
        return work.await;
    }
    tokio::select! {
        done = work => done,
        () = run::told_to_end() => Err(Interrupted.into()),
    }
}

async fn one(global: &Global, out: Output, command: Command) -> Result<()> {
    use Network::{Spared, Wanted};
    match command {
        Command::Group(GroupCommand::Create { title, ends_in }) => {
            with(global, Spared, async |node| group::create(node, out, title, ends_in).await).await
        }
        Command::Group(GroupCommand::List) => with(global, Spared, async |node| group::list(node, out).await).await,
        Command::Group(GroupCommand::Invite(invite)) => {
            with(global, Spared, async |node| invite::invite(node, out, invite).await).await
        }
        Command::Group(GroupCommand::Leave { group }) => {
            with(global, Wanted, async |node| group::leave(node, out, &group).await).await
        }
        Command::Join(join) => with(global, Wanted, async |node| join::join(node, out, join).await).await,
        Command::Post(post) => with(global, Wanted, async |node| post::post(node, out, post).await).await,
        Command::Timeline(timeline) => {
            with(global, Spared, async |node| timeline::timeline(node, out, timeline).await).await
        }
        Command::Watch(watch) => with(global, Wanted, async |node| watch::watch(node, out, watch).await).await,
        Command::Export(export) => match export.verify {
            true => export::verify(out, export.path.as_deref().unwrap_or(Path::new("."))).await,
            false => with(global, Spared, async |node| export::export(node, out, export).await).await,
        },
        Command::Import(import) => with(global, Spared, async |node| import::import(node, out, import).await).await,
        Command::Peers(peers) => with(global, Wanted, async |node| peers::peers(node, out, peers).await).await,
        Command::Members(of) => with(global, Spared, async |node| members::members(node, out, of.group).await).await,
        Command::Guests(guests) => with(global, Spared, async |node| guests::guests(node, out, guests).await).await,
        Command::Storage(of) => with(global, Spared, async |node| storage::storage(node, out, of).await).await,
        Command::Clock(command) => with(global, Spared, async |node| clock::clock(node, out, command).await).await,
        Command::Profile(profile) => {
            with(global, Spared, async |node| profile::profile(node, out, profile).await).await
        }
        Command::Bundle(args) => with(global, Spared, async |node| bundle::bundle(node, out, args).await).await,
        Command::Open { file: Some(file) } => {
            with(global, Spared, async |node| bundle::open(node, out, &file).await).await
        }
        Command::Open { file: None } => run::open(global, out).await,
        Command::Box(args) => crate::venue::run(global, out, *args).await,
        Command::Store(command) => store::store(global, out, command).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "afterglow", &mut std::io::stdout());
            Ok(())
        }
        Command::Man { folder } => man(folder.as_deref()),
        Command::Run => run::run(global, out).await,
        Command::Serve(serve) => run::serve(global, out, serve).await,
    }
}

/// The manual is the help of the commands, in the form that `man` reads.
fn man(folder: Option<&Path>) -> Result<()> {
    let command = Cli::command();
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            clap_mangen::generate_to(command, folder)?;
        }
        None => clap_mangen::Man::new(command).render(&mut std::io::stdout())?,
    }
    Ok(())
}

/// Reaches a node, works with it, and ends what was started for that.
async fn with<F>(global: &Global, network: Network, work: F) -> Result<()>
where
    F: AsyncFnOnce(&mut Node) -> Result<()>,
{
    let mut node = Node::reach(global, network).await?;
    let done = work(&mut node).await;
    node.close().await;
    done
}

/// The group that a person means: by id or its beginning, by title, or the only one there is.
async fn group(node: &mut Node, wanted: Option<&str>) -> Result<GroupView, ApiError> {
    let groups = node.ask(GroupList {}).await?.groups;
    let Some(wanted) = wanted else {
        return only(groups);
    };
    let same = |group: &GroupView| group.id == wanted || group.title == wanted;
    if groups.iter().filter(|group| same(group)).count() != 1 {
        let lower = wanted.to_lowercase();
        let near = |group: &GroupView| {
            !lower.is_empty() && (group.id.starts_with(&lower) || group.title.to_lowercase() == lower)
        };
        let near: Vec<_> = groups.into_iter().filter(near).collect();
        return if near.is_empty() { Err(unknown(wanted)) } else { only(near) };
    }
    groups.into_iter().find(same).ok_or_else(|| unknown(wanted))
}

fn only(mut groups: Vec<GroupView>) -> Result<GroupView, ApiError> {
    match (groups.pop(), groups.is_empty()) {
        (Some(group), true) => Ok(group),
        (None, _) => Err(ApiError::new(
            ErrorCode::UnknownGroup,
            "There is no group on this device. Start one with `afterglow group create TITLE`, or join one with `afterglow join LINK`.",
        )),
        (Some(last), false) => {
            let names = groups.iter().chain([&last]).map(|group| format!("{} ({})", short(&group.id), group.title));
            let names = names.collect::<Vec<_>>().join(", ");
            Err(ApiError::new(ErrorCode::BadRequest, format!("Which group? Say one of: {names}.")))
        }
    }
}

fn unknown(wanted: &str) -> ApiError {
    let message = format!("There is no group `{wanted}` on this device. `afterglow group list` shows them.");
    ApiError::new(ErrorCode::UnknownGroup, message).with("group", wanted)
}
