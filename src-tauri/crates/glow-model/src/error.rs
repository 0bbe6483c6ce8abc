//! What can be wrong with bytes that claim to be ours.

/// Why a value of the model was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The bytes do not decode.
    #[error("{what} does not decode")]
    Malformed {
        /// What it should have been.
        what: &'static str,
    },
    /// The bytes decode, but another encoding of the same value exists.
    #[error("{what} is not in its canonical encoding")]
    NotCanonical {
        /// What it is.
        what: &'static str,
    },
    /// A size or count is above its limit.
    #[error("{what} is larger than its limit")]
    TooLarge {
        /// What it is.
        what: &'static str,
    },
    /// A text or number is outside what is allowed.
    #[error("{what} is not valid")]
    Invalid {
        /// What it is.
        what: &'static str,
    },
    /// It was written by a version this one does not know.
    #[error("version {version} of {what} is not known: an update is needed")]
    UnknownVersion {
        /// What it is.
        what: &'static str,
        /// The version it says.
        version: u8,
    },
    /// A signature does not verify.
    #[error("the signature of {what} does not verify")]
    BadSignature {
        /// What it is.
        what: &'static str,
    },
    /// A payload does not open with this key.
    #[error("the payload does not open with this key")]
    DoesNotOpen,
    /// The payload was taken back: only its header is left.
    #[error("the payload was taken back")]
    Retracted,
}
