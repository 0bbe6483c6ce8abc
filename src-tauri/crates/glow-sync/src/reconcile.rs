//! Which operations two members must exchange, by range-based set reconciliation (negentropy, protocol version 1).
//!
//! The control set is keyed by time; the content set by (2^63 − time, id), so that the newest differences are found first.
//! One side starts and learns both what it needs and what it has alone; the other only answers and keeps no state.

use glow_model::{OperationId, Plane};
use negentropy::{Id, Negentropy, NegentropyStorageVector};

/// A message fits a control frame with room for its envelope.
const MESSAGE_BYTES: u64 = 60 * 1024;

/// Why a reconciliation ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The other side sent something that is not a message of the protocol.
    #[error("the other side sent no reconciliation message")]
    Negentropy(#[from] negentropy::Error),
}

/// A set of operations, frozen for one reconciliation.
pub struct Snapshot {
    storage: NegentropyStorageVector,
}

impl Snapshot {
    /// Freezes the operations of a plane, given as (time in ms, id).
    ///
    /// # Errors
    /// When the same operation is given twice.
    pub fn new(plane: Plane, items: impl IntoIterator<Item = (u64, OperationId)>) -> Result<Self, ReconcileError> {
        let mut storage = NegentropyStorageVector::new();
        for (time_ms, id) in items {
            let key = match plane {
                Plane::Control => time_ms,
                Plane::Content => (1 << 63) - time_ms,
            };
            storage.insert(key, Id::from_byte_array(id.0))?;
        }
        storage.seal()?;
        Ok(Self { storage })
    }

    /// Answers one message.
    ///
    /// # Errors
    /// When it is not one.
    pub fn respond(&self, message: &[u8]) -> Result<Vec<u8>, ReconcileError> {
        Ok(Negentropy::borrowed(&self.storage, MESSAGE_BYTES)?.reconcile(message)?)
    }
}

/// The side that starts.
pub struct Reconciler {
    negentropy: Negentropy<'static, NegentropyStorageVector>,
}

/// What one round brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The next message; nothing when the sets are known to the end.
    pub next: Option<Vec<u8>>,
    /// Operations only this side has.
    pub have: Vec<OperationId>,
    /// Operations only the other side has.
    pub need: Vec<OperationId>,
}

impl Reconciler {
    /// Starts, with the first message to send.
    ///
    /// # Errors
    /// Never for a sealed snapshot.
    pub fn start(snapshot: Snapshot) -> Result<(Self, Vec<u8>), ReconcileError> {
        let mut negentropy = Negentropy::owned(snapshot.storage, MESSAGE_BYTES)?;
        let message = negentropy.initiate()?;
        Ok((Self { negentropy }, message))
    }

    /// Takes the other side's answer.
    ///
    /// # Errors
    /// When it is not a message.
    pub fn step(&mut self, answer: &[u8]) -> Result<Round, ReconcileError> {
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let next = self.negentropy.reconcile_with_ids(answer, &mut have, &mut need)?;
        let ids = |ids: Vec<Id>| ids.into_iter().map(|id| OperationId(*id)).collect();
        Ok(Round { next, have: ids(have), need: ids(need) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn id(n: u32) -> OperationId {
        OperationId(*blake3::hash(&n.to_be_bytes()).as_bytes())
    }

    fn items(set: &BTreeSet<u32>) -> impl Iterator<Item = (u64, OperationId)> + '_ {
        set.iter().map(|n| (u64::from(*n) * 1_000, id(*n)))
    }

    fn reconcile(plane: Plane, ours: &BTreeSet<u32>, theirs: &BTreeSet<u32>) -> (Vec<OperationId>, Vec<OperationId>) {
        let other = Snapshot::new(plane, items(theirs)).unwrap();
        let (mut reconciler, mut message) = Reconciler::start(Snapshot::new(plane, items(ours)).unwrap()).unwrap();
        let (mut have, mut need) = (Vec::new(), Vec::new());
        loop {
            let round = reconciler.step(&other.respond(&message).unwrap()).unwrap();
            have.extend(round.have);
            need.extend(round.need);
            let Some(next) = round.next else {
                return (have, need);
            };
            assert!(next.len() as u64 <= MESSAGE_BYTES, "a message fits its frame");
            message = next;
        }
    }

    proptest! {
        #[test]
        fn finds_exactly_the_differences(ours in prop::collection::btree_set(0u32..3_000, 0..800), theirs in prop::collection::btree_set(0u32..3_000, 0..800)) {
            for plane in [Plane::Control, Plane::Content] {
                let (have, need) = reconcile(plane, &ours, &theirs);
                prop_assert_eq!(have.into_iter().collect::<BTreeSet<_>>(), ours.difference(&theirs).map(|n| id(*n)).collect());
                prop_assert_eq!(need.into_iter().collect::<BTreeSet<_>>(), theirs.difference(&ours).map(|n| id(*n)).collect());
            }
        }

        #[test]
        fn survives_arbitrary_messages(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let snapshot = Snapshot::new(Plane::Content, items(&(0..100).collect())).unwrap();
            let _ = snapshot.respond(&bytes);
            let (mut reconciler, _) = Reconciler::start(snapshot).unwrap();
            let _ = reconciler.step(&bytes);
        }
    }

    #[test]
    fn the_newest_content_is_found_first() {
        let ours = BTreeSet::new();
        let theirs = (0..20_000).collect();
        let (_, need) = reconcile(Plane::Content, &ours, &theirs);
        assert_eq!(need.len(), 20_000);
        let newest: BTreeSet<_> = (16_000..20_000).map(id).collect();
        assert!(
            need[..1_000].iter().all(|id| newest.contains(id)),
            "the first thousand ids are among the newest fifth"
        );
    }
}
