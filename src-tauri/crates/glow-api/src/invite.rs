//! Invites: what lets one in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Makes an invite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InviteCreate {
    /// The group's id.
    pub group: String,
    /// How long it lets people in, in minutes; until the group's end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_in_min: Option<u32>,
    /// How many may use it; unlimited when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_uses: Option<u32>,
    /// Whether it is for a blind box: whoever comes by it holds and passes on what is sealed, and can read none of it.
    #[serde(default, skip_serializing_if = "crate::timeline::is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub carrier: bool,
}

/// Asks for the invites this device can still show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InviteList {
    /// The group's id.
    pub group: String,
}

/// Closes an invite: nobody is admitted with it from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InviteRevoke {
    /// The group's id.
    pub group: String,
    /// The invite's id.
    pub invite: String,
}

/// Reads a link without joining.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InviteInspect {
    /// The whole link.
    pub link: String,
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InvitePreview {
    /// The group's id.
    pub group: String,
    /// The event's name.
    pub title: String,
    /// Whether this device is in that group already.
    pub already_member: bool,
    /// Whether this device would hold what is sealed, and read none of it.
    pub carrier: bool,
}

/// The invites of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InvitePage {
    /// Newest first.
    pub invites: Vec<InviteView>,
}

/// One invite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InviteView {
    /// The invite's id.
    pub id: String,
    /// The link, with fresh addresses of this device as hints.
    pub link: String,
    /// The link as a QR code: an SVG document of black modules on a transparent ground, without scripts or references.
    pub qr_svg: String,
    /// The addresses that the link carries, `host:port`.
    pub addresses: Vec<String>,
    /// When it stops letting people in; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub expires_at_ms: Option<i64>,
    /// How many may use it; absent when unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_uses: Option<u32>,
    /// How many were admitted with it, as far as this device knows.
    pub uses: u32,
    /// Whether it is for a blind box.
    pub carrier: bool,
    /// Whether it lets people in now.
    pub open: bool,
}

/// Makes a card for the table out of an invite, as PDF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct InviteCard {
    /// The group's id.
    pub group: String,
    /// The invite's id.
    pub invite: String,
    /// What comes out of the printer.
    pub paper: CardPaper,
    /// The language of its lines.
    pub language: CardLanguage,
    /// What stands on it instead of the group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    /// The Wi-Fi to be in. It is printed, and neither kept nor told to anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub wifi: Option<CardWifi>,
}

/// What comes out of the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CardPaper {
    /// One card on A6.
    A6,
    /// Four cards on A4, with lines to cut along.
    A4,
}

/// The language of a card's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CardLanguage {
    /// English.
    En,
    /// German.
    De,
}

/// A Wi-Fi that stands on a card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CardWifi {
    /// Its name, at most 32 bytes.
    pub name: String,
    /// Its password, at most 63 bytes; empty when it is open.
    pub password: String,
}

impl std::fmt::Debug for CardWifi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardWifi").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A card for the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CardView {
    /// The PDF, base64.
    pub pdf: String,
    /// A name for its file.
    pub file_name: String,
    /// Characters of its texts that cannot be printed; they are boxes on it.
    pub unprintable: String,
}
