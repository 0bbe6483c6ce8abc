//! Holding a moment back from big screens.

use minicbor::{Decode, Encode};

use crate::{ModelError, OperationId};

/// Holds a moment back from big screens, or lets it on again. Its author and the hosts each decide for themselves, in chains by
/// `replaces` of which the longest wins, ties by id; it stays off the screens as long as either says so.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hold {
    /// The moment.
    #[n(0)]
    pub moment: OperationId,
    /// The hold that its author saw and replaces; nothing for the first.
    #[n(1)]
    pub replaces: Option<OperationId>,
    /// True to hold it back, false to let it on.
    #[n(2)]
    pub on: bool,
}

impl Hold {
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "every body is checked alike")]
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}
