//! Which operations two members must exchange, by range-based set reconciliation (negentropy, protocol version 1).
//!
//! The control set is keyed by time; the content set by (2^63 − time, id), so that the newest differences are found first.
//! One side starts and learns both what it needs and what it has alone; the other only answers and keeps no state. What is
//! needed is told in the order of the keys: of a set of any size the newest operations are known after one round trip, and
//! each further message carries the next ones, as many as fit. Equal sets are known to be equal after one round trip of a
//! few hundred bytes.

use std::{collections::BTreeMap, sync::Arc};

use glow_model::{OperationId, Plane};
use negentropy::{Bound, Error, Id, Item, Negentropy, NegentropyStorageBase, NegentropyStorageVector};

/// A message fits a control frame with room for its envelope.
pub const MESSAGE_BYTES: u64 = 60 * 1024;

/// Why a reconciliation ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The other side sent something that is not a message of the protocol.
    #[error("the other side sent no reconciliation message")]
    Negentropy(#[from] Error),
}

/// A set of operations, frozen. Clones share it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    plane: Plane,
    sealed: Sealed,
}

impl Snapshot {
    /// Freezes the operations of a plane, given as (time in ms, id). What is given twice counts once.
    ///
    /// # Errors
    /// Never for operations: their times have a limit.
    pub fn new(plane: Plane, items: impl IntoIterator<Item = (u64, OperationId)>) -> Result<Self, ReconcileError> {
        Self::seal(plane, NegentropyStorageVector::new(), items)
    }

    /// The same set with further operations.
    ///
    /// # Errors
    /// As [`Snapshot::new`].
    pub fn with(&self, items: impl IntoIterator<Item = (u64, OperationId)>) -> Result<Self, ReconcileError> {
        let mut storage = NegentropyStorageVector::clone(&self.sealed.0);
        storage.unseal()?;
        Self::seal(self.plane, storage, items)
    }

    fn seal(
        plane: Plane,
        mut storage: NegentropyStorageVector,
        items: impl IntoIterator<Item = (u64, OperationId)>,
    ) -> Result<Self, ReconcileError> {
        for (time_ms, id) in items {
            let key = match plane {
                Plane::Control => time_ms,
                Plane::Content => (1 << 63) - time_ms,
            };
            storage.insert(key, Id::from_byte_array(id.0))?;
        }
        storage.seal()?;
        Ok(Self { plane, sealed: Sealed(Arc::new(storage)) })
    }

    /// Answers one message.
    ///
    /// # Errors
    /// When it is not one.
    pub fn respond(&self, message: &[u8]) -> Result<Vec<u8>, ReconcileError> {
        Ok(Negentropy::borrowed(&self.sealed, MESSAGE_BYTES)?.reconcile(message)?)
    }
}

/// The side that starts.
pub struct Reconciler {
    negentropy: Negentropy<'static, Sealed>,
}

/// What one round brought, in the order of the keys.
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
        let mut negentropy = Negentropy::owned(snapshot.sealed, MESSAGE_BYTES)?;
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
        let places = places(answer);
        need.sort_by_cached_key(|id| places.get(id.as_bytes()).copied());
        let ids = |ids: Vec<Id>| ids.into_iter().map(|id| OperationId(*id)).collect();
        Ok(Round { next, have: ids(have), need: ids(need) })
    }
}

/// A sealed set that several reconciliations read.
#[derive(Debug, Clone)]
struct Sealed(Arc<NegentropyStorageVector>);

impl NegentropyStorageBase for Sealed {
    fn size(&self) -> Result<usize, Error> {
        self.0.size()
    }

    fn get_item(&self, i: usize) -> Result<Option<Item>, Error> {
        self.0.get_item(i)
    }

    fn iterate(
        &self,
        begin: usize,
        end: usize,
        cb: &mut dyn FnMut(Item, usize) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        self.0.iterate(begin, end, cb)
    }

    fn find_lower_bound(&self, first: usize, last: usize, value: &Bound) -> usize {
        self.0.find_lower_bound(first, last, value)
    }
}

/// Where the ids stand in a message: the library gives them in no order. Empty from where the bytes are no message on.
fn places(mut message: &[u8]) -> BTreeMap<[u8; 32], usize> {
    const SKIP: u64 = 0;
    const FINGERPRINT: u64 = 1;
    const ID_LIST: u64 = 2;
    const FINGERPRINT_BYTES: u64 = 16;
    let mut places = BTreeMap::new();
    let mut read = || {
        take(&mut message, 1)?;
        while !message.is_empty() {
            take_number(&mut message)?;
            let prefix_bytes = take_number(&mut message)?;
            take(&mut message, prefix_bytes)?;
            match take_number(&mut message)? {
                SKIP => {}
                FINGERPRINT => drop(take(&mut message, FINGERPRINT_BYTES)?),
                ID_LIST => {
                    for _ in 0..take_number(&mut message)? {
                        let id = take(&mut message, 32)?.try_into().ok()?;
                        let place = places.len();
                        places.entry(id).or_insert(place);
                    }
                }
                _ => return None,
            }
        }
        Some(())
    };
    // What cannot be read was not accepted before.
    let _ = read();
    places
}

fn take<'a>(message: &mut &'a [u8], count: u64) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(usize::try_from(count).ok()?)?;
    *message = rest;
    Some(taken)
}

/// Base 128, the highest digits first, the top bit set on all but the last.
fn take_number(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    loop {
        let [byte] = take(message, 1)? else { return None };
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
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
        assert_eq!(need, (0..20_000).rev().map(id).collect::<Vec<_>>(), "exactly from the newest to the oldest");
    }

    #[test]
    fn whoever_comes_back_hears_of_the_newest_first_too() {
        let ours = (0..100_000).step_by(3).collect();
        let theirs = (0..100_000).collect();
        let (_, need) = reconcile(Plane::Content, &ours, &theirs);
        let lacking: Vec<_> = (0..100_000).rev().filter(|n| n % 3 != 0).map(id).collect();
        assert_eq!(need.len(), lacking.len());
        let newest: BTreeSet<_> = lacking[..2_000].iter().collect();
        assert!(need[..500].iter().all(|id| newest.contains(id)), "a page of the newest comes before all else");
    }

    #[test]
    fn a_hundred_thousand_operations_take_few_rounds_and_little_more_than_their_ids() {
        let all: BTreeSet<u32> = (0..100_000).collect();
        let other = Snapshot::new(Plane::Content, items(&all)).unwrap();
        let cost = |ours: Snapshot| {
            let (mut reconciler, mut message) = Reconciler::start(ours).unwrap();
            let (mut rounds, mut bytes, mut found) = (0, 0, 0);
            loop {
                let answer = other.respond(&message).unwrap();
                (rounds, bytes) = (rounds + 1, bytes + message.len() + answer.len());
                let round = reconciler.step(&answer).unwrap();
                found += round.need.len() + round.have.len();
                let Some(next) = round.next else { return (rounds, bytes, found) };
                message = next;
            }
        };
        let (rounds, bytes, found) = cost(Snapshot::new(Plane::Content, []).unwrap());
        assert_eq!(found, 100_000);
        assert!(rounds <= 60 && bytes <= 100_000 * 33, "a joiner: {rounds} rounds, {bytes} bytes");
        let (rounds, bytes, found) = cost(other.clone());
        assert_eq!((rounds, found), (1, 0), "equal sets are known to be equal at once");
        assert!(bytes <= 1_000, "{bytes} bytes");
        let without_ten = all.iter().copied().filter(|n| n % 10_000 != 7).collect();
        let (rounds, bytes, found) = cost(Snapshot::new(Plane::Content, items(&without_ten)).unwrap());
        assert_eq!(found, 10);
        assert!(rounds <= 4 && bytes <= 32 * 1024, "ten are missing: {rounds} rounds, {bytes} bytes");
    }

    #[test]
    fn a_set_grows_without_being_read_anew() {
        let grown = Snapshot::new(Plane::Content, items(&(0..500).collect())).unwrap();
        let grown = grown.with(items(&(400..1_000).collect())).unwrap();
        let at_once = Snapshot::new(Plane::Content, items(&(0..1_000).collect())).unwrap();
        let (mut reconciler, message) = Reconciler::start(grown).unwrap();
        let round = reconciler.step(&at_once.respond(&message).unwrap()).unwrap();
        assert_eq!(round, Round::default(), "the same set");
    }
}
