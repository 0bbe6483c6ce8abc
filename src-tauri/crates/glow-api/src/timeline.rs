//! The timeline: pages of moments, and buckets that tell its whole layout.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{MomentKind, MomentView, Place};

/// Asks for a page of moments, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineQuery {
    /// The group's id.
    pub group: String,
    /// Where the last page ended; the start when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
    /// At most this many, 1 to 500.
    pub limit: u32,
    /// Which moments.
    #[serde(default)]
    pub filter: TimelineFilter,
}

/// Which moments to list. Conditions add up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineFilter {
    /// Only those of one device or guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub author: Option<String>,
    /// Only those captured at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub from_ms: Option<i64>,
    /// Only those captured before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub until_ms: Option<i64>,
    /// Only clips, or only photos, Live Photos among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub kind: Option<MomentKind>,
    /// Only this device's favourites.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub favourites: bool,
    /// Only those of others that came to this device after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub received_after_ms: Option<i64>,
    /// Only those whose caption and author's name hold words that begin so, whatever their case and accents; of many matches
    /// the newest 2,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub text: Option<String>,
    /// Of a stack (a burst, or photos that look alike) only its first.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub stacked: bool,
    /// Only those that nobody holds back from big screens.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub screens: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
pub(crate) fn is_false(value: &bool) -> bool {
    !value
}

/// One page of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelinePage {
    /// Newest first.
    pub moments: Vec<MomentView>,
    /// Where the next page starts; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub next: Option<String>,
    /// Moments that match, over all pages.
    pub total: u32,
}

/// Asks for the layout of the timeline: stretches of time with their counts and shapes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineBuckets {
    /// The group's id.
    pub group: String,
    /// Which moments.
    #[serde(default)]
    pub filter: TimelineFilter,
    /// How far the zone whose hours and days count is ahead of UTC, in minutes.
    #[serde(default)]
    pub offset_min: i16,
}

/// Buckets, newest first: hours, or when these are more than 500, longer parts of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BucketPage {
    /// The stretches that hold moments.
    pub buckets: Vec<Bucket>,
}

/// One stretch of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Bucket {
    /// Its start.
    #[ts(type = "number")]
    pub start_ms: i64,
    /// Its end.
    #[ts(type = "number")]
    pub until_ms: i64,
    /// Moments in it, those behind others in stacks as well.
    pub count: u32,
    /// The shape of each moment listed, newest first, base64: a byte each, the width over the height in even steps of its
    /// logarithm from 1/2 (0) to 3 (255).
    pub shapes: String,
}

/// Asks for the moments of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineStack {
    /// The group's id.
    pub group: String,
    /// Any moment of it.
    pub moment: String,
}

/// The moments of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StackPage {
    /// Newest first, at most 500.
    pub moments: Vec<MomentView>,
}

/// Asks where moments were captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelinePlaces {
    /// The group's id.
    pub group: String,
    /// Which moments.
    #[serde(default)]
    pub filter: TimelineFilter,
}

/// Where moments were captured, as far as their owners shared it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlacePage {
    /// Newest first, at most 5,000.
    pub places: Vec<PlacedMoment>,
}

/// A moment on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PlacedMoment {
    /// The moment's id.
    pub moment: String,
    /// Where it was captured.
    pub place: Place,
}

/// Asks since when moments are new to the owner of this device, and moves that time on when it says one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineSeen {
    /// The group's id.
    pub group: String,
    /// Everything that came until then was seen; earlier times than before change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub until_ms: Option<i64>,
}

/// What the owner of this device has seen of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SeenView {
    /// Everything that came until then; 0 at first.
    #[ts(type = "number")]
    pub until_ms: i64,
    /// Moments of others that came later.
    pub unseen: u32,
}
