//! `guests`: the door for browsers.

use anyhow::{Context, Result};
use glow_api::{
    ApiError, DoorView, ErrorCode, GuestClose, GuestJudge, GuestList, GuestOpen, GuestPage, GuestQuota, GuestRights,
    GuestVerdict, GuestView, WaitingPost,
};
use glow_engine::limits;

use super::group;
use crate::cli::{GuestsCommand, GuestsOf, GuestsOpen, GuestsPost};
use crate::node::Node;
use crate::output::{Output, short, table, time};
use crate::qr;

/// Said before a door opens: what plain HTTP cannot do.
pub(crate) const HONEST: &str = "Guests trust this network: one who listens on it reads nothing, but one who can alter the page on its way (whoever runs \
     the Wi-Fi, for one) could see everything that guests see, and post in their names.";

pub(super) async fn guests(node: &mut Node, out: Output, command: GuestsCommand) -> Result<()> {
    match command {
        GuestsCommand::Open(args) => open(node, out, args).await,
        GuestsCommand::Close(of) => {
            let group = group(node, of.group.as_deref()).await?.id;
            let page = node.ask(GuestClose { group }).await?;
            out.show(&page, |_| "The door is closed.".to_owned())?;
            Ok(())
        }
        GuestsCommand::List(of) => {
            let group = group(node, of.group.as_deref()).await?.id;
            let page = node.ask(GuestList { group }).await?;
            out.show(&page, text)?;
            Ok(())
        }
        GuestsCommand::Approve(args) => judge_post(node, out, args, GuestVerdict::Approve).await,
        GuestsCommand::HoldBack(args) => judge_post(node, out, args, GuestVerdict::HoldBack).await,
        GuestsCommand::Block(args) => judge_guest(node, out, args, GuestVerdict::Block).await,
        GuestsCommand::Unblock(args) => judge_guest(node, out, args, GuestVerdict::Unblock).await,
    }
}

async fn open(node: &mut Node, out: Output, args: GuestsOpen) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    out.hint(HONEST);
    let expires_in_min = args.expires.map(|time| u32::try_from(time.as_secs().div_ceil(60))).transpose()?;
    let rights = GuestRights { contribute: !args.look_only, review: args.review };
    let quota =
        args.each.map(|bytes| GuestQuota { files: limits::GUEST_FILES, bytes, door_bytes: limits::GUEST_DOOR_BYTES });
    let page = node.ask(GuestOpen { group, rights, expires_in_min, quota, port: args.port }).await?;
    let Some(door) = &page.door else {
        anyhow::bail!(ApiError::new(ErrorCode::UnknownDoor, "the door was closed at once"));
    };
    if let Some(path) = &args.svg {
        std::fs::write(path, &door.qr_svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let code = if door.url.is_empty() || out.is_json() { String::new() } else { qr::terminal(&door.url)? };
    out.show(&page, |_| format!("{code}{}", door_text(door)))?;
    if matches!(node, Node::Here(_)) {
        out.hint("No node runs here: the door opens when `afterglow run` or `serve` does.");
    }
    Ok(())
}

fn door_text(door: &DoorView) -> String {
    let until = door.expires_at_ms.map_or_else(String::new, |at| format!(", until {}", time(at, None)));
    let may = match (door.rights.contribute, door.rights.review) {
        (false, _) => "Guests may look",
        (true, true) => "Guests may look and add; what they add waits for `afterglow guests approve`",
        (true, false) => "Guests may look and add",
    };
    match &door.trouble {
        Some(trouble) => format!("The door is open, but cannot be reached: {trouble}"),
        None => format!("{}\n{may}{until}.", door.urls.join("\n")),
    }
}

async fn judge_post(node: &mut Node, out: Output, args: GuestsPost, verdict: GuestVerdict) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let page = node.ask(GuestList { group: group.clone() }).await?;
    let waiting = page.waiting.iter().find(|waiting| waiting.post.starts_with(&args.post));
    let waiting = waiting.ok_or_else(|| nothing("post", &args.post))?;
    let (guest, post) = (waiting.guest.clone(), Some(waiting.post.clone()));
    let page = node.ask(GuestJudge { group, guest, post, verdict }).await?;
    out.show(&page, text)?;
    Ok(())
}

async fn judge_guest(node: &mut Node, out: Output, args: GuestsOf, verdict: GuestVerdict) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let page = node.ask(GuestList { group: group.clone() }).await?;
    let guest = page.guests.iter().find(|guest| guest.guest.starts_with(&args.guest));
    let guest = guest.ok_or_else(|| nothing("guest", &args.guest))?.guest.clone();
    let page = node.ask(GuestJudge { group, guest, post: None, verdict }).await?;
    out.show(&page, text)?;
    Ok(())
}

fn nothing(what: &str, wanted: &str) -> ApiError {
    let message = format!("There is no {what} `{wanted}`. `afterglow guests list` shows them.");
    ApiError::new(ErrorCode::UnknownMember, message)
}

fn text(page: &GuestPage) -> String {
    let own = page.door.as_ref().map_or_else(|| "The door of this device is closed.".to_owned(), door_text);
    let others = page.others.iter().map(|door| format!("{} lets guests in: {}\n", door.name, door.url));
    let guests: Vec<_> = page.guests.iter().map(guest_row).collect();
    let waiting: Vec<_> = page.waiting.iter().map(waiting_row).collect();
    let waiting = match waiting.is_empty() {
        true => String::new(),
        false => format!("\n\n{}", table(["waits", "guest", "file", ""], &waiting, "")),
    };
    let guests = table(["guest", "name", "", "moments", "waiting"], &guests, "There were no guests yet.");
    format!("{own}\n{}\n{guests}{waiting}", others.collect::<String>())
}

fn guest_row(guest: &GuestView) -> [String; 5] {
    let state = match (guest.blocked, guest.here) {
        (true, _) => "blocked",
        (false, true) => "here",
        (false, false) => "",
    };
    [
        short(&guest.guest).to_owned(),
        guest.name.clone(),
        state.to_owned(),
        guest.moment_count.to_string(),
        guest.waiting_count.to_string(),
    ]
}

fn waiting_row(waiting: &WaitingPost) -> [String; 4] {
    let state = if waiting.held_back { "held back" } else { "not looked at" };
    let moment = &waiting.moment;
    [short(&waiting.post).to_owned(), moment.author_name.clone(), moment.file_name.clone(), state.to_owned()]
}
