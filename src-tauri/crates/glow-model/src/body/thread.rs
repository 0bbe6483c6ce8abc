//! What is said about a moment: its caption and reactions.

use minicbor::{Decode, Encode};

use crate::{ModelError, OperationId, limits, text::clean_text};

/// Sets the caption of a moment. Captions of one moment form chains by `replaces`; the longest chain wins, ties by id. Only
/// the moment's author and hosts can.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Caption {
    /// The moment.
    #[n(0)]
    pub moment: OperationId,
    /// The caption that its author saw and replaces; nothing for the first.
    #[n(1)]
    pub replaces: Option<OperationId>,
    /// The text; empty removes the caption.
    #[n(2)]
    pub text: String,
}

impl Caption {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let is_clean = clean_text(&self.text, limits::CAPTION_CHARS).is_some_and(|clean| clean == self.text);
        if is_clean { Ok(()) } else { Err(ModelError::Invalid { what: "caption" }) }
    }
}

/// Adds or removes a reaction of its author. Of one author's entries for one emoji on one moment the last in its log counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reaction {
    /// The moment.
    #[n(0)]
    pub moment: OperationId,
    /// One emoji.
    #[n(1)]
    pub emoji: String,
    /// True to add, false to remove.
    #[n(2)]
    pub on: bool,
}

impl Reaction {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let fits = !self.emoji.is_empty()
            && self.emoji.len() <= limits::EMOJI_BYTES
            && clean_text(&self.emoji, limits::EMOJI_BYTES).is_some_and(|clean| clean == self.emoji)
            && !self.emoji.contains(|c: char| c.is_alphanumeric() && !c.is_ascii_digit());
        if fits { Ok(()) } else { Err(ModelError::Invalid { what: "emoji" }) }
    }
}
