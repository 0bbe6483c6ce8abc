//! Rows become views: the only place where the two meet.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use data_encoding::BASE64;
use glow_api::{
    ApiError, ErrorCode, Held, HeldBack, LiveClip, MediaPart, MomentKind, MomentView, Place, ReactionView, Role,
    StackView,
};
use glow_model::{DeviceId, GroupId, GuestKey, ModelError, OperationId, limits};
use glow_store::{GroupStore, MomentRow, PartRow, ReactionRow, StoreError};
use glow_sync::Membership;

use crate::{group::Group, pipeline::clip};

/// Names shown with a reaction.
const REACTION_NAMES: usize = 10;

/// For whom a view is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// The owner of this device.
    Owner,
    /// A guest at its door: sees what everyone may see, and nothing that only the owner of this device knows.
    Guest(GuestKey),
}

impl Viewer {
    fn person(self, group: &Group) -> DeviceId {
        match self {
            Viewer::Owner => group.me,
            Viewer::Guest(key) => key.person(),
        }
    }
}

/// What views of moments need beside their rows.
#[derive(Default)]
pub(crate) struct Beside {
    reactions: Vec<ReactionRow>,
    guests: BTreeMap<DeviceId, String>,
}

impl Beside {
    /// Reads it for these moments.
    pub(crate) fn read(store: &GroupStore, ids: &[OperationId]) -> Result<Self, StoreError> {
        Ok(Self { reactions: store.reactions(ids)?, guests: store.guest_names()? })
    }
}

/// Knows who everybody is.
struct People<'a> {
    membership: &'a Membership,
    guests: &'a BTreeMap<DeviceId, String>,
}

impl People<'_> {
    fn profile(&self, person: DeviceId) -> (String, u8) {
        match self.guests.get(&person) {
            Some(name) => (name.clone(), GuestKey(person.0).colour()),
            None => profile(self.membership, person),
        }
    }
}

/// Views of moments, in the order of the rows.
pub(crate) fn moments(group: &Group, viewer: Viewer, rows: Vec<MomentRow>, beside: &Beside) -> Vec<MomentView> {
    let membership = group.membership();
    let people = People { membership: &membership, guests: &beside.guests };
    let reactions = &beside.reactions;
    let mut given: BTreeMap<OperationId, Vec<&ReactionRow>> = BTreeMap::new();
    for reaction in reactions {
        given.entry(reaction.moment).or_default().push(reaction);
    }
    let view = |row: MomentRow| moment(group, viewer, &people, given.get(&row.id).map_or(&[], Vec::as_slice), row);
    rows.into_iter().map(view).collect()
}

fn moment(
    group: &Group,
    viewer: Viewer,
    people: &People<'_>,
    reactions: &[&ReactionRow],
    row: MomentRow,
) -> MomentView {
    let (author_name, author_colour) = people.profile(row.person);
    let is_owner = viewer == Viewer::Owner;
    let sizes = [row.original, row.motion].into_iter().flatten().map(|part| part.size_bytes);
    let holds_original = row.original.is_some_and(|part| part.is_complete()) || (row.original.is_none() && row.own);
    let live = live(&row);
    let captured_at_ms = time(row.corrected_ms());
    MomentView {
        id: row.id.to_string(),
        group: group.id.to_string(),
        kind: match row.kind {
            glow_model::MomentKind::Photo => MomentKind::Photo,
            glow_model::MomentKind::Clip => MomentKind::Clip,
            glow_model::MomentKind::Live => MomentKind::Live,
        },
        author: row.person.to_string(),
        author_name,
        author_colour,
        author_is_guest: row.person != row.author,
        mine: row.person == viewer.person(group),
        captured_at_ms,
        shift_ms: Some(row.shift_ms).filter(|shift_ms| *shift_ms != 0),
        camera: row.camera,
        captured_offset_min: row.offset_min,
        received_at_ms: time(row.received_ms),
        width: row.width,
        height: row.height,
        duration_ms: row.duration_ms,
        placeholder: BASE64.encode(&row.placeholder),
        caption: row.caption,
        reactions: reaction_views(viewer.person(group), people, reactions),
        size_bytes: sizes.sum(),
        file_name: row.file_name,
        grid: held(row.grid),
        screen: held(row.screen),
        original: held(row.original),
        motion: held(row.motion),
        needs_choice: row.needs_choice && is_owner,
        live,
        retracted: false,
        held_back: match (row.hold.by_author, row.hold.by_hosts) {
            (_, true) => Some(HeldBack::Host),
            (true, false) => Some(HeldBack::Author),
            (false, false) => None,
        },
        on_devices: row.copies + u32::from(holds_original),
        favourite: row.favourite && is_owner,
        stack: row.stack.filter(|_| is_owner).map(|head| StackView { head: head.to_string(), count: row.stack_count }),
        place: row.place.filter(|_| is_owner).map(place),
        media_type: row.media_type,
    }
}

fn live(row: &MomentRow) -> Option<LiveClip> {
    let heard_ms = row.heard_ms.unwrap_or(row.received_ms);
    row.unclosed.then(|| if clip::is_recording(heard_ms) { LiveClip::Recording } else { LiveClip::Silent })
}

/// A place in degrees.
pub(crate) fn place(place: glow_model::Place) -> Place {
    Place { latitude: f64::from(place.latitude_e6) / 1e6, longitude: f64::from(place.longitude_e6) / 1e6 }
}

fn held(part: Option<PartRow>) -> Held {
    match part {
        None => Held::None,
        Some(part) if part.is_complete() => Held::Complete,
        #[allow(clippy::cast_precision_loss, reason = "a fraction for a progress bar")]
        Some(part) => Held::Missing { progress: part.held_bytes as f32 / part.size_bytes.max(1) as f32 },
    }
}

fn reaction_views(me: DeviceId, people: &People<'_>, reactions: &[&ReactionRow]) -> Vec<ReactionView> {
    let mut by_emoji: BTreeMap<&str, Vec<DeviceId>> = BTreeMap::new();
    for reaction in reactions {
        by_emoji.entry(&reaction.emoji).or_default().push(reaction.author);
    }
    let mut views: Vec<ReactionView> = by_emoji
        .into_iter()
        .map(|(emoji, authors)| ReactionView {
            emoji: emoji.to_owned(),
            count: count(authors.len()),
            mine: authors.contains(&me),
            names: authors.iter().take(REACTION_NAMES).map(|author| people.profile(*author).0).collect(),
        })
        .collect();
    views.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.emoji.cmp(&b.emoji)));
    views
}

/// A member's name and colour, empty when it said none.
pub(crate) fn profile(membership: &Membership, device: DeviceId) -> (String, u8) {
    let profile = membership.members().get(&device).and_then(|member| member.profile.as_ref());
    profile.map(|profile| (profile.name.clone(), profile.colour)).unwrap_or_default()
}

/// The path of a moment's part, below a host's base.
pub(crate) fn media_path(group: GroupId, moment: OperationId, part: MediaPart) -> String {
    let part = match part {
        MediaPart::Grid => "grid",
        MediaPart::Screen => "screen",
        MediaPart::Original => "original",
        MediaPart::Motion => "motion",
    };
    format!("media/{group}/{moment}/{part}")
}

/// The addresses worth a place in a QR code: IPv4 on a LAN first, loopback last.
pub(crate) fn likely_addresses(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let rank = |address: &SocketAddr| match address.ip() {
        ip if ip.is_loopback() => 3,
        IpAddr::V4(v4) if v4.is_link_local() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(_) => 1,
    };
    addresses.sort_by_key(|address| (rank(address), *address));
    addresses.dedup();
    addresses.truncate(limits::INVITE_ADDRESSES);
    addresses
}

/// The name that a member has said; empty when it has not.
pub(crate) fn member_name(group: &Group, device: DeviceId) -> String {
    profile(&group.membership(), device).0
}

/// A role as hosts see it.
pub(crate) fn role(role: glow_model::Role) -> Role {
    match role {
        glow_model::Role::Host => Role::Host,
        glow_model::Role::Member => Role::Member,
        glow_model::Role::Carrier => Role::Carrier,
    }
}

/// A time inside the model's limit always fits.
pub(crate) fn time(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

pub(crate) fn count64(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What is wrong with a pasted link.
pub(crate) fn bad_link(error: &ModelError) -> ApiError {
    match error {
        ModelError::UnknownVersion { .. } => {
            ApiError::new(ErrorCode::InviteTooNew, "the invite was made by a newer version: update Afterglow")
        }
        _ => ApiError::new(
            ErrorCode::InviteMalformed,
            "this is not a whole Afterglow invite: copy the link again, from its beginning to its end",
        ),
    }
}
