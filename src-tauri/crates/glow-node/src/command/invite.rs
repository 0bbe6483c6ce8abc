//! `group invite`.

use std::path::Path;

use anyhow::{Context, Result};
use data_encoding::BASE64;
use glow_api::{CardLanguage, CardPaper, CardWifi, InviteCard, InviteCreate, InviteView};

use super::group;
use crate::cli::{Invite, Language, Paper};
use crate::node::Node;
use crate::output::{Output, time};
use crate::qr;

pub(super) async fn invite(node: &mut Node, out: Output, args: Invite) -> Result<()> {
    let group = group(node, args.group.as_deref()).await?.id;
    let expires_in_min = args.expires.map(|time| u32::try_from(time.as_secs().div_ceil(60))).transpose()?;
    let view = node
        .ask(InviteCreate { group: group.clone(), expires_in_min, max_uses: args.max_uses, carrier: args.carrier })
        .await?;
    if let Some(path) = &args.svg {
        std::fs::write(path, &view.qr_svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.card {
        print(node, out, &args, card(&args, group, view.id.clone()), path).await?;
    }
    let code = if args.qr && !out.is_json() { qr::terminal(&view.link)? } else { String::new() };
    out.show(&view, |view| format!("{code}{}", view.link))?;
    out.hint(&about(&view));
    if matches!(node, Node::Here(_)) {
        out.hint("No node runs here: nobody can join by this device until `afterglow run` or the app does.");
    }
    Ok(())
}

async fn print(node: &mut Node, out: Output, args: &Invite, card: InviteCard, path: &Path) -> Result<()> {
    let printed = node.ask(card).await?;
    let pdf = BASE64.decode(printed.pdf.as_bytes()).context("the card is no base64")?;
    std::fs::write(path, pdf).with_context(|| format!("cannot write {}", path.display()))?;
    if !printed.unprintable.is_empty() {
        out.hint(&format!("The card shows boxes for {}: give it another --card-title.", printed.unprintable));
    }
    if let Some(name) = &args.wifi {
        out.hint(&format!("The card shows the Wi-Fi {name} to whoever sees it."));
    }
    Ok(())
}

fn card(args: &Invite, group: String, invite: String) -> InviteCard {
    InviteCard {
        group,
        invite,
        paper: match args.paper {
            Paper::A6 => CardPaper::A6,
            Paper::A4 => CardPaper::A4,
        },
        language: match args.language {
            Language::En => CardLanguage::En,
            Language::De => CardLanguage::De,
        },
        title: args.card_title.clone(),
        wifi: args.wifi.clone().map(|name| CardWifi { name, password: args.wifi_password.clone().unwrap_or_default() }),
    }
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
