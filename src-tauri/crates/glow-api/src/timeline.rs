//! The timeline: pages of moments, and counts by day for the layout.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::MomentView;

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
    /// Only those of one device.
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

/// Asks for counts by UTC hour, for headers and the scrubber.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineBuckets {
    /// The group's id.
    pub group: String,
}

/// Counts by hour, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BucketPage {
    /// The hours that hold moments.
    pub buckets: Vec<Bucket>,
}

/// One hour of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Bucket {
    /// Start of the hour, UTC.
    #[ts(type = "number")]
    pub start_ms: i64,
    /// Moments in it.
    pub count: u32,
}
