//! `peers`.

use std::time::Duration;

use anyhow::Result;
use glow_api::{PeerList, PeerPage, PeerView};
use tokio::time::Instant;

use super::group;
use crate::cli::Peers;
use crate::handover::heard;
use crate::node::Node;
use crate::output::{Output, short, table};

/// How often is asked again although nothing was heard.
const ASK_AGAIN: Duration = Duration::from_millis(250);

pub(super) async fn peers(node: &mut Node, out: Output, args: Peers) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let end = Instant::now() + Duration::from_secs(args.wait);
    let mut page = node.ask(PeerList { group: group.clone() }).await?;
    // A node that runs has looked for members all the time; one that was started for this command begins to.
    while let Node::Here(engine) = node
        && page.peers.is_empty()
        && Instant::now() < end
    {
        heard(&mut engine.events(), end.min(Instant::now() + ASK_AGAIN)).await;
        page = node.ask(PeerList { group: group.clone() }).await?;
    }
    out.show(&page, text)?;
    Ok(())
}

fn text(page: &PeerPage) -> String {
    let rows: Vec<_> = page.peers.iter().map(row).collect();
    let titles = ["member", "name", "over", "address", "found by", "round trip", "goodput", "where"];
    let peers = table(titles, &rows, "Nobody is connected.\n");
    let hotspot = if page.is_hotspot { "This device is the hotspot.\n" } else { "" };
    let listening = if page.listening.is_empty() { "nowhere".to_owned() } else { page.listening.join(", ") };
    format!("{peers}{hotspot}Listening: {listening}")
}

fn row(peer: &PeerView) -> [String; 8] {
    let rtt = peer.rtt_ms.map_or_else(String::new, |ms| format!("{ms} ms"));
    [
        short(&peer.device).to_owned(),
        peer.name.clone(),
        peer.transport.clone(),
        peer.address.clone(),
        peer.found_by.clone(),
        rtt,
        goodput(peer),
        place(peer).to_owned(),
    ]
}

/// Of this connection, and of the other transport when both were measured.
fn goodput(peer: &PeerView) -> String {
    let mbit = |bps: u64| format!("{:.1} Mbit/s", bps as f64 / 1e6);
    let own = peer.goodput_bps.map(mbit);
    let other = if peer.transport == "tcp" { ("QUIC", peer.quic_bps) } else { ("TCP", peer.tcp_bps) };
    let other = other.1.map(|bps| format!("({} {})", other.0, mbit(bps)));
    own.into_iter().chain(other).collect::<Vec<_>>().join(" ")
}

fn place(peer: &PeerView) -> &'static str {
    match (peer.is_hotspot, peer.shares_access_point) {
        (true, _) => "hotspot",
        (false, true) => "same access point",
        (false, false) => "",
    }
}
