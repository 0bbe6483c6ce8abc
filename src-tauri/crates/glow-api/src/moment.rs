//! Moments: one captured thing each.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentGet {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
}

/// Sets the caption; an empty text removes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentCaption {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
    /// At most 2,000 characters.
    pub text: String,
}

/// Adds or removes a reaction of this device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentReact {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
    /// One emoji, at most 32 bytes of UTF-8.
    pub emoji: String,
    /// True to add, false to remove.
    pub on: bool,
}

/// Marks moments as favourites of the owner of this device, or not. Nobody else learns of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentFavourite {
    /// The group's id.
    pub group: String,
    /// The moments, at most 1,000.
    pub moments: Vec<String>,
    /// True to mark, false to unmark.
    pub on: bool,
}

/// What marking favourites changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FavouriteView {
    /// Moments that are different now.
    pub changed: u32,
}

/// Holds a moment back from big screens, or lets it on again: for hosts, and for who posted it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentHold {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
    /// True to hold it back.
    pub on: bool,
}

/// Who holds a moment back from big screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HeldBack {
    /// Who posted it, and nobody else.
    Author,
    /// A host.
    Host,
}

/// Takes a moment back everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentRetract {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
}

/// Answers the question of a moment whose original was held back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentShare {
    /// The group's id.
    pub group: String,
    /// The moment's id.
    pub moment: String,
    /// What to do with its original.
    pub choice: ShareChoice,
}

/// What to do with an original whose format cannot be proved free of locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ShareChoice {
    /// Share it as it is.
    Original,
    /// Share previews only.
    PreviewsOnly,
}

/// What kind of thing was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MomentKind {
    /// A still picture.
    Photo,
    /// A clip with or without sound.
    Clip,
    /// A still with its moving part (Live Photo pair).
    Live,
}

/// The media parts of a moment; each has the path `media/<group>/<moment>/<part>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MediaPart {
    /// About 320 px, JPEG.
    Grid,
    /// About 1,600 px, JPEG.
    Screen,
    /// The shared bytes of the photo or clip.
    Original,
    /// The moving part of a Live Photo.
    Motion,
}

/// How much of something is on this device.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Held {
    /// The moment has no such part.
    None,
    /// Not here; on its way when somebody who has it is connected.
    Missing {
        /// Verified part, 0 to 1.
        progress: f32,
    },
    /// All of it is here.
    Complete,
}

/// One moment on the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MomentView {
    /// The moment's id: the id of its operation.
    pub id: String,
    /// The group's id.
    pub group: String,
    /// What it is.
    pub kind: MomentKind,
    /// Media type of the original, e.g. `image/jpeg`.
    pub media_type: String,
    /// Device that posted it, or the key of the guest who did.
    pub author: String,
    /// The author's name; empty when unknown.
    pub author_name: String,
    /// The author's colour, 0 to 11.
    pub author_colour: u8,
    /// Whether a guest posted it.
    pub author_is_guest: bool,
    /// Whether it is of whoever asks: this device, or this guest.
    pub mine: bool,
    /// When it was captured, by the corrected clock of its camera.
    #[ts(type = "number")]
    pub captured_at_ms: i64,
    /// By how much that is corrected: the camera said `captured_at_ms - shift_ms`; absent when its clock is taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub shift_ms: Option<i64>,
    /// The camera's make and model; absent when the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub camera: Option<String>,
    /// The camera's offset from UTC in minutes; absent when the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub captured_offset_min: Option<i16>,
    /// When this device learned of it.
    #[ts(type = "number")]
    pub received_at_ms: i64,
    /// Pixels, orientation applied.
    pub width: u32,
    /// Pixels, orientation applied.
    pub height: u32,
    /// Length of a clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub duration_ms: Option<u32>,
    /// Thumbhash, base64; empty when there is none.
    pub placeholder: String,
    /// The caption; empty when there is none.
    pub caption: String,
    /// Reactions, most used first.
    pub reactions: Vec<ReactionView>,
    /// Size of the original (and the moving part) in bytes.
    #[ts(type = "number")]
    pub size_bytes: u64,
    /// Name of the file it came from, made safe; empty when unknown.
    pub file_name: String,
    /// The grid preview.
    pub grid: Held,
    /// The screen preview.
    pub screen: Held,
    /// The original.
    pub original: Held,
    /// The moving part of a Live Photo.
    pub motion: Held,
    /// Whether the original was held back and its owner is asked (own moments only).
    pub needs_choice: bool,
    /// What a clip is that was opened and not closed; absent for every other moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub live: Option<crate::LiveClip>,
    /// Whether it was taken back: nothing of it is left but this fact.
    pub retracted: bool,
    /// Who holds it back from big screens; absent when nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub held_back: Option<HeldBack>,
    /// Devices known to hold the original, this one included.
    pub on_devices: u32,
    /// Whether the owner of this device marked it as a favourite.
    pub favourite: bool,
    /// The stack that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub stack: Option<StackView>,
    /// Where it was captured, if its owner shared that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<Place>,
}

/// Photos that stand for one another: a burst, or what looks alike. Found by this device, shared with nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StackView {
    /// Its first moment, which stands for it.
    pub head: String,
    /// Moments in it, at least two.
    pub count: u32,
}

/// A place on Earth (WGS 84), in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct Place {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// One reaction with who gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ReactionView {
    /// The emoji.
    pub emoji: String,
    /// How many gave it.
    pub count: u32,
    /// Whether whoever asks did.
    pub mine: bool,
    /// Names of those who gave it, at most ten.
    pub names: Vec<String>,
}
