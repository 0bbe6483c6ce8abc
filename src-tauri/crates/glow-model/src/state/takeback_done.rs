//! What was taken back and is gone from a device.

use super::Marks;
use crate::{ModelError, codec, limits};

/// The operations that a device knows and, where they take something back, has carried out: payload and bytes are erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakebackDone(pub Marks);

impl TakebackDone {
    /// The encoded value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&self.0)
    }

    /// Reads an encoded value.
    ///
    /// # Errors
    /// [`ModelError`] when too large or malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::SHEET_BYTES {
            return Err(ModelError::TooLarge { what: "sheet" });
        }
        codec::decode(bytes, "takeback done").map(Self)
    }
}
