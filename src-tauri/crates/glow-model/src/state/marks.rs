//! A set of operations, told by their places in their authors' logs.
//!
//! ```text
//! marks = [ [author, [gap, length - 1, gap, length - 1, ...]], ... ]     authors ascending, gaps counted from the end of the
//!                                                                        run before, at least 1 but for the first
//! ```

use std::collections::BTreeMap;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::{DeviceId, limits};

/// A set of operations, by author and sequence number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<DeviceId, SeqSet>);

impl Marks {
    /// Adds a place in a log.
    pub fn insert(&mut self, author: DeviceId, seq: u64) {
        self.0.entry(author).or_default().insert(seq);
    }

    /// Whether a place in a log is marked.
    #[must_use]
    pub fn contains(&self, author: DeviceId, seq: u64) -> bool {
        self.0.get(&author).is_some_and(|set| set.contains(seq))
    }

    /// The marks of each author.
    pub fn iter(&self) -> impl Iterator<Item = (DeviceId, &SeqSet)> {
        self.0.iter().map(|(author, set)| (*author, set))
    }

    /// Whether nothing is marked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives up marks until the encoded form is at most so large: those of the author with the most runs first. Saying less
    /// than what is true is always allowed.
    pub fn shrink_to(&mut self, bytes: usize) {
        while crate::codec::encode(self).len() > bytes {
            let Some(widest) = self.0.iter().max_by_key(|(_, set)| set.0.len()).map(|(author, _)| *author) else {
                return;
            };
            let Some(set) = self.0.get_mut(&widest) else { return };
            let half = set.0.len() / 2;
            if half == 0 {
                self.0.remove(&widest);
            } else {
                set.0.truncate(half);
            }
        }
    }
}

/// Sequence numbers as runs `(first, last)`, ascending, with at least one number between two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeqSet(Vec<(u64, u64)>);

impl SeqSet {
    /// The runs.
    #[must_use]
    pub fn runs(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, seq: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= seq);
        after.checked_sub(1).is_some_and(|at| seq <= self.0[at].1)
    }

    /// Adds a number. Ascending numbers are cheapest.
    pub fn insert(&mut self, seq: u64) {
        let after = self.0.partition_point(|(first, _)| *first <= seq);
        if after > 0 && seq <= self.0[after - 1].1 {
            return;
        }
        let joins_before = after > 0 && self.0[after - 1].1 + 1 == seq;
        let joins_after = after < self.0.len() && seq + 1 == self.0[after].0;
        match (joins_before, joins_after) {
            (true, true) => {
                self.0[after - 1].1 = self.0[after].1;
                self.0.remove(after);
            }
            (true, false) => self.0[after - 1].1 = seq,
            (false, true) => self.0[after].0 = seq,
            (false, false) => self.0.insert(after, (seq, seq)),
        }
    }
}

impl<C> Encode<C> for Marks {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(self.0.len() as u64)?;
        for (author, set) in &self.0 {
            e.array(2)?;
            author.encode(e, ctx)?;
            e.array(2 * set.0.len() as u64)?;
            let mut end = 0;
            for (first, last) in &set.0 {
                e.u64(first - end)?.u64(last - first)?;
                end = last + 1;
            }
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Marks {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let wrong = |what| decode::Error::message(what);
        let authors = d.array()?.filter(|count| *count <= limits::MEMBERS as u64).ok_or_else(|| wrong("authors"))?;
        let mut marks = BTreeMap::new();
        for _ in 0..authors {
            if d.array()? != Some(2) {
                return Err(wrong("marks of an author"));
            }
            let author = DeviceId::decode(d, ctx)?;
            let set = SeqSet(decode_runs(d)?);
            if marks.last_key_value().is_some_and(|(before, _)| *before >= author) {
                return Err(wrong("order of authors"));
            }
            marks.insert(author, set);
        }
        Ok(Self(marks))
    }
}

fn decode_runs(d: &mut Decoder<'_>) -> Result<Vec<(u64, u64)>, decode::Error> {
    let wrong = || decode::Error::message("runs");
    let numbers = d.array()?.filter(|count| *count > 0 && count % 2 == 0 && *count <= limits::SEQUENCE);
    let mut runs = Vec::new();
    let mut end = 0;
    for i in 0..numbers.ok_or_else(wrong)? / 2 {
        let (gap, more) = (d.u64()?, d.u64()?);
        if gap >= limits::SEQUENCE || more >= limits::SEQUENCE || (i > 0 && gap == 0) {
            return Err(wrong());
        }
        let first = end + gap;
        let last = first + more;
        if last >= limits::SEQUENCE {
            return Err(wrong());
        }
        runs.push((first, last));
        end = last + 1;
    }
    Ok(runs)
}
