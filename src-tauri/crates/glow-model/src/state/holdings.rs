//! What a device holds for good: the only thing copies are counted by.

use minicbor::{Decode, Encode};

use super::Marks;
use crate::{ModelError, codec, limits};

/// The operations of which a device knows what they say and holds every byte they name. Operations that name no bytes are
/// in it too: so the marks are few long runs, and a hundred thousand moments are told in some hundred bytes.
///
/// A device takes an operation out of its holdings, and tells that, before it deletes anything of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Holdings {
    /// Those whose original and moving part it holds.
    #[n(0)]
    pub originals: Marks,
    /// Those whose previews it holds.
    #[n(1)]
    pub previews: Marks,
}

impl Holdings {
    /// The encoded value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads an encoded value.
    ///
    /// # Errors
    /// [`ModelError`] when too large or malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::SHEET_BYTES {
            return Err(ModelError::TooLarge { what: "sheet" });
        }
        codec::decode(bytes, "holdings")
    }
}
