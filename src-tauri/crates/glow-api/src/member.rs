//! Members and the connections to them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for the members of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MemberList {
    /// The group's id.
    pub group: String,
}

/// The members of a group: this device first, then who is here, then by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MemberPage {
    /// The members.
    pub members: Vec<MemberView>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MemberView {
    /// The device's id in this group.
    pub device: String,
    /// Its name; empty when it has not said one.
    pub name: String,
    /// One of twelve hues, 0 to 11.
    pub colour: u8,
    /// What it may do.
    pub role: Role,
    /// Whether it is this device.
    pub me: bool,
    /// Whether it is around.
    pub presence: Presence,
    /// When it was last connected to this device; absent when never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub last_seen_at_ms: Option<i64>,
    /// Moments it has posted.
    pub moment_count: u32,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May admit, remove and announce.
    Host,
    /// May capture, react and, by default, invite.
    Member,
    /// Holds and passes on what is sealed, and can read none of it.
    Carrier,
}

/// Whether a member is around, as this device sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Connected now, or heard through others to be awake.
    Here,
    /// Connected within the last ten minutes.
    Asleep,
    /// Not seen for longer.
    Gone,
    /// Never connected to this device.
    Unmet,
}

/// Asks for the live connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PeerList {
    /// The group's id.
    pub group: String,
}

/// The live connections of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PeerPage {
    /// One entry a connected member.
    pub peers: Vec<PeerView>,
    /// This device's own addresses, `transport host:port`.
    pub listening: Vec<String>,
    /// Whether this device has opened the hotspot that others use.
    pub is_hotspot: bool,
}

/// One live connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PeerView {
    /// The member's device id.
    pub device: String,
    /// Its name.
    pub name: String,
    /// `quic` or `tcp`.
    pub transport: String,
    /// Its address, `host:port`.
    pub address: String,
    /// How it was found: `mdns`, `invite`, `exchange`, `remembered`, `manual` or `inbound`.
    pub found_by: String,
    /// Round trip in milliseconds; absent until measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rtt_ms: Option<u32>,
    /// What comes over this connection in bits a second while it is busy; absent until enough has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub goodput_bps: Option<u64>,
    /// The same of the last connection to this member by TCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub tcp_bps: Option<u64>,
    /// The same by QUIC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub quic_bps: Option<u64>,
    /// Whether it is probably at the same access point, as far as addresses and round trips tell.
    pub shares_access_point: bool,
    /// Whether it is the hotspot, through which pass all that others send to each other.
    pub is_hotspot: bool,
}
