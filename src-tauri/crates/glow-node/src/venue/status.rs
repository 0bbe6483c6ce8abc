//! What stands in the terminal of a box, and what `box status` says of one that runs.

use anyhow::{Result, bail};
use glow_api::{
    ApiError, BoxGet, BoxView, Caller, ErrorCode, GroupGet, GroupView, GuestList, InviteList, InviteView, StorageGet,
    StorageView,
};
use glow_engine::Engine;
use serde::Serialize;

use super::doors::screen_url;
use crate::cli::Global;
use crate::control::Remote;
use crate::node::{Node, data_dir};
use crate::output::{Output, count, size, time};
use crate::qr;

/// Where the data of an installed box is.
pub(super) const INSTALLED: &str = "/var/lib/afterglow";
/// Of a blind box.
const UNCOUNTED: &str = "the others do not count this box: without the keys it cannot say for certain what it holds";

/// Everything that is said of a box.
#[derive(Debug, Serialize)]
struct Status {
    ready: bool,
    group: GroupView,
    #[serde(rename = "box")]
    state: BoxView,
    storage: StorageView,
    /// The link that lets people in, if this box may invite.
    link: Option<String>,
    /// The link that lets guests in without the app, when the box has its door open.
    guests: Option<String>,
    /// Address of the owner's page: fresh and good once when the box starts, without a token afterwards.
    url: String,
    /// Address of the big screen: for anybody on the network when the door for guests is open, otherwise as `url`.
    screen: Option<String>,
}

/// Says that the box is ready, and how to use it.
pub(super) async fn show(
    out: Output,
    engine: &Engine,
    group: &GroupView,
    invite: Option<&InviteView>,
    page_url: impl Fn() -> String,
) -> Result<()> {
    let group = engine.ask(Caller::Owner, GroupGet { group: group.id.clone() }).await?;
    let storage = engine.ask(Caller::Owner, StorageGet { group: group.id.clone() }).await?;
    let state = engine.ask(Caller::Owner, BoxGet {}).await?;
    let link = invite.map(|invite| invite.link.clone());
    let code = match &link {
        Some(link) if !out.is_json() => format!("{}\nScan it in Afterglow to join.\n\n", qr::terminal(link)?),
        _ => String::new(),
    };
    let guests = super::group::guests_door(engine, &group).await?;
    let screen = guests.as_deref().and_then(wall_url);
    let screen = match group.carries {
        Some(_) => None,
        None => Some(screen.unwrap_or_else(|| screen_url(&page_url(), &group.id))),
    };
    let status = Status { ready: true, group, state, storage, link, guests, url: page_url(), screen };
    out.show(&status, |status| format!("{code}{}\nCtrl-C ends the box.", text(status)))?;
    Ok(())
}

/// Asks the box that runs here.
pub(super) async fn ask(global: &Global, out: Output) -> Result<()> {
    let mut remote = Remote::connect(&data_dir(global)?).await;
    if remote.is_none() && global.data_dir.is_none() {
        remote = Remote::connect(INSTALLED.as_ref()).await;
    }
    let Some(remote) = remote else {
        bail!(ApiError::new(
            ErrorCode::NotHere,
            "No box runs here. Start one with `afterglow box`; of an installed one, `systemctl status afterglow-box` \
             tells more, and only root and its own user may ask it."
        ));
    };
    let mut node = Node::There(remote);
    let state = node.ask(BoxGet {}).await?;
    let id = state.group.clone();
    let group = node.ask(GroupGet { group: id.clone() }).await?;
    let storage = node.ask(StorageGet { group: id.clone() }).await?;
    let invites = node.ask(InviteList { group: id.clone() }).await?.invites;
    let link = invites.into_iter().find(|invite| invite.open && !invite.carrier).map(|invite| invite.link);
    let guests = node.ask(GuestList { group: id }).await?.door.map(|door| door.url).filter(|url| !url.is_empty());
    let screen = guests.as_deref().and_then(wall_url);
    // A token opens a page once, and few wait at a time: whoever only looks must not use up what somebody is about to open.
    let url = state.page.clone();
    out.show(&Status { ready: true, group, state, storage, link, guests, url, screen }, |status| {
        format!("{}\n`afterglow open` prints an address that opens the page.", text(status))
    })?;
    Ok(())
}

/// The address of the big screen at a door for guests.
pub(super) fn wall_url(door: &str) -> Option<String> {
    door.split_once("/g#").map(|(address, secret)| format!("{address}/screen#{secret}"))
}

/// One line of figures, for a terminal that somebody glances at.
pub(super) async fn figures(engine: &Engine, group: &str, state: &BoxView) -> Result<String, ApiError> {
    let view = engine.ask(Caller::Owner, GroupGet { group: group.to_owned() }).await?;
    let storage = engine.ask(Caller::Owner, StorageGet { group: group.to_owned() }).await?;
    Ok(figures_of(&view, &storage, state))
}

fn figures_of(group: &GroupView, storage: &StorageView, state: &BoxView) -> String {
    let mut parts = vec![
        format!("{} ({} here)", count(group.member_count as usize, "member"), group.here_count),
        count(group.moment_count as usize, "moment"),
        format!("{} of media", size(storage.used_bytes)),
    ];
    if let Some(cargo) = &group.carries {
        parts[1] = format!("{}, sealed: this box cannot read them", count(cargo.blobs as usize, "piece"));
        if cargo.missing > 0 {
            parts.push(format!("{} still coming", cargo.missing));
        }
    }
    if group.missing_count > 0 {
        parts.push(format!("{} still coming", group.missing_count));
    }
    parts.extend(storage.free_disk_bytes.map(|free| format!("{} free", size(free))));
    if state.camera.posted > 0 || state.camera.waiting > 0 {
        parts.push(format!("{} from the camera, {} on their way", state.camera.posted, state.camera.waiting));
    }
    if let Some(failure) = state.camera.failures.first() {
        parts.push(format!("{}: {}", failure.name, failure.error.message));
    }
    parts.join(" · ")
}

fn text(status: &Status) -> String {
    let Status { group, state, storage, link, guests, url, screen, .. } = status;
    let mut lines = vec![format!("{}, until {}", group.title, time(group.ends_at_ms, None)), String::new()];
    match link {
        Some(link) => lines.push(format!("Join        {link}")),
        None => lines.push("Join        hosts invite into this group, this box does not".to_owned()),
    }
    lines.extend(guests.as_ref().map(|guests| format!("Guests      {guests}")));
    lines.push(format!("Page        {url}"));
    lines.extend(screen.as_ref().map(|screen| format!("Big screen  {screen}")));
    if group.carries.is_some() {
        lines.push(format!("Copies      {UNCOUNTED}"));
    }
    let camera = &state.camera;
    lines.extend(camera.ftp.as_ref().map(|at| format!("Camera      {at} (FTP, passive)")));
    lines.extend(camera.webdav.as_ref().map(|at| format!("Camera      {at} (WebDAV)")));
    if !camera.password.is_empty() {
        lines.push(format!("            user {}, password {}", camera.user, camera.password));
        if camera.paused {
            lines.push("            uploads are paused".to_owned());
        }
    }
    lines.extend(camera.folder.as_ref().map(|dir| format!("Folder      {dir}")));
    if let Some(printing) = &state.printing {
        let printer = if printing.printer.is_empty() { "the default printer" } else { &printing.printer };
        lines.push(format!("Printer     {printer}, {} of {} pages today", printing.pages, printing.pages_a_day));
    }
    lines.push(String::new());
    lines.push(figures_of(group, storage, state));
    for failure in &camera.failures {
        lines.push(format!("{}  {}: {}", time(failure.at_ms, None), failure.name, failure.error.message));
    }
    lines.join("\n")
}
