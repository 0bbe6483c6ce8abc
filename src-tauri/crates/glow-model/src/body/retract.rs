//! Taking something back.

use minicbor::{Decode, Encode};

use crate::{ModelError, OperationId};

/// Takes an operation back: its payload goes everywhere, its header stays. Only the author of the target and hosts can;
/// control operations cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Retract {
    /// What is taken back.
    #[n(0)]
    pub target: OperationId,
}

impl Retract {
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}
