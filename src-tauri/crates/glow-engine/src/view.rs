//! Rows become views: the only place where the two meet.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use glow_api::{
    ApiError, ErrorCode, Held, HeldBack, LiveClip, MediaPart, MomentKind, MomentView, Place, ReactionView, Role,
    StackView,
};
use glow_model::{DeviceId, GroupId, ModelError, OperationId};
use glow_store::{MomentRow, PartRow, ReactionRow};
use glow_sync::Membership;

use crate::{group::Group, pipeline::clip};

/// Names shown with a reaction.
const REACTION_NAMES: usize = 10;

/// Views of moments, in the order of the rows.
pub(crate) fn moments(group: &Group, rows: Vec<MomentRow>, reactions: &[ReactionRow]) -> Vec<MomentView> {
    let membership = group.membership();
    let mut given: BTreeMap<OperationId, Vec<&ReactionRow>> = BTreeMap::new();
    for reaction in reactions {
        given.entry(reaction.moment).or_default().push(reaction);
    }
    rows.into_iter().map(|row| moment(group, &membership, given.get(&row.id).map_or(&[], Vec::as_slice), row)).collect()
}

fn moment(group: &Group, membership: &Membership, reactions: &[&ReactionRow], row: MomentRow) -> MomentView {
    let (author_name, author_colour) = profile(membership, row.author);
    let sizes = [row.original, row.motion].into_iter().flatten().map(|part| part.size_bytes);
    let holds_original = row.original.is_some_and(|part| part.is_complete()) || (row.original.is_none() && row.own);
    let live = live(&row);
    MomentView {
        id: row.id.to_string(),
        group: group.id.to_string(),
        kind: match row.kind {
            glow_model::MomentKind::Photo => MomentKind::Photo,
            glow_model::MomentKind::Clip => MomentKind::Clip,
            glow_model::MomentKind::Live => MomentKind::Live,
        },
        author: row.author.to_string(),
        author_name,
        author_colour,
        mine: row.author == group.me,
        captured_at_ms: time(row.captured_ms),
        captured_offset_min: row.offset_min,
        received_at_ms: time(row.received_ms),
        width: row.width,
        height: row.height,
        duration_ms: row.duration_ms,
        placeholder: BASE64.encode(&row.placeholder),
        caption: row.caption,
        reactions: reaction_views(group.me, membership, reactions),
        size_bytes: sizes.sum(),
        file_name: row.file_name,
        grid: held(row.grid),
        screen: held(row.screen),
        original: held(row.original),
        motion: held(row.motion),
        needs_choice: row.needs_choice,
        live,
        retracted: false,
        held_back: match (row.hold.by_author, row.hold.by_hosts) {
            (_, true) => Some(HeldBack::Host),
            (true, false) => Some(HeldBack::Author),
            (false, false) => None,
        },
        on_devices: row.copies + u32::from(holds_original),
        favourite: row.favourite,
        stack: row.stack.map(|head| StackView { head: head.to_string(), count: row.stack_count }),
        place: row.place.map(place),
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

fn reaction_views(me: DeviceId, membership: &Membership, reactions: &[&ReactionRow]) -> Vec<ReactionView> {
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
            names: authors.iter().take(REACTION_NAMES).map(|author| profile(membership, *author).0).collect(),
        })
        .collect();
    views.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.emoji.cmp(&b.emoji)));
    views
}

fn profile(membership: &Membership, device: DeviceId) -> (String, u8) {
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

/// A role as hosts see it.
pub(crate) fn role(role: glow_model::Role) -> Role {
    match role {
        glow_model::Role::Host => Role::Host,
        glow_model::Role::Member => Role::Member,
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
