//! Members, and the connections to them.

use glow_api::{MemberList, MemberPage, MemberView, PeerList, PeerPage, PeerView, Presence};
use glow_model::state::Wakefulness;
use glow_net::{FoundBy, Transport};

use crate::{
    clock::now_ms,
    engine::Engine,
    error::{ApiResult, blocking},
    view,
};

/// How long after its last connection a member counts as asleep, not gone.
const ASLEEP_MS: u64 = 10 * 60 * 1000;

pub(super) async fn list(engine: &Engine, list: MemberList) -> ApiResult<MemberPage> {
    let group = engine.group(&list.group)?;
    let around = group.around();
    let this = group.clone();
    let (rows, said) =
        blocking(move || Ok::<_, glow_store::StoreError>((this.store.members()?, this.store.presences()?))).await?;
    let left = |device| said.iter().any(|row| row.device == device && row.presence.wakefulness == Wakefulness::Leaving);
    let mut members: Vec<MemberView> = rows
        .into_iter()
        .map(|row| {
            let me = row.device == group.me;
            let presence = match row.last_seen_ms {
                _ if me || around.contains(&row.device) => Presence::Here,
                Some(_) if left(row.device) => Presence::Gone,
                Some(seen_ms) if now_ms().saturating_sub(seen_ms) < ASLEEP_MS => Presence::Asleep,
                Some(_) => Presence::Gone,
                None => Presence::Unmet,
            };
            MemberView {
                device: row.device.to_string(),
                name: row.name.clone(),
                colour: row.colour,
                role: view::role(row.role),
                me,
                presence,
                last_seen_at_ms: row.last_seen_ms.map(view::time),
                moment_count: view::count64(row.moment_count),
            }
        })
        .collect();
    members.sort_by_key(|member| {
        (!member.me, member.presence != Presence::Here, member.name.to_lowercase(), member.device.clone())
    });
    Ok(MemberPage { members })
}

pub(super) async fn peers(engine: &Engine, list: PeerList) -> ApiResult<PeerPage> {
    let group = engine.group(&list.group)?;
    let Some(net) = group.net() else {
        return Ok(PeerPage { peers: Vec::new(), listening: Vec::new(), is_hotspot: false });
    };
    let status = net.status().await;
    let membership = group.membership();
    let name = |device| {
        let member = membership.members().get(&device);
        member.and_then(|member| member.profile.as_ref()).map(|profile| profile.name.clone()).unwrap_or_default()
    };
    let peers = status.peers.into_iter().map(|peer| PeerView {
        device: peer.device.to_string(),
        name: name(peer.device),
        transport: transport(peer.transport).to_owned(),
        address: peer.address.to_string(),
        found_by: found_by(peer.found_by).to_owned(),
        rtt_ms: peer.rtt_ms,
        goodput_bps: peer.goodput_bps,
        tcp_bps: peer.tcp_bps,
        quic_bps: peer.quic_bps,
        shares_access_point: peer.place.shares_access_point,
        is_hotspot: peer.place.is_hotspot,
    });
    let listening = status.listening.iter().map(|(by, address)| format!("{} {address}", transport(*by))).collect();
    Ok(PeerPage { peers: peers.collect(), listening, is_hotspot: status.is_hotspot })
}

fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Quic => "quic",
        Transport::Tcp => "tcp",
    }
}

fn found_by(found_by: FoundBy) -> &'static str {
    match found_by {
        FoundBy::Inbound => "inbound",
        FoundBy::Mdns => "mdns",
        FoundBy::Invite => "invite",
        FoundBy::Exchange => "exchange",
        FoundBy::Remembered => "remembered",
        FoundBy::Manual => "manual",
    }
}
