//! Live Photos: a still and a short movie that carry the same identifier.

use std::collections::BTreeMap;

use crate::probe::{Kind, Probe};

/// A still and its movie, by their places in the given list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LivePhotoPair {
    /// The still.
    pub still: usize,
    /// The movie.
    pub clip: usize,
}

/// Finds the pairs among files that were picked together, in the order of their stills. Where several files carry one
/// identifier, the first still goes with the first movie; the others stay alone.
pub fn pair_live_photos(probes: &[Probe]) -> Vec<LivePhotoPair> {
    let mut clips = BTreeMap::new();
    for (clip, probe) in probes.iter().enumerate().filter(|(_, probe)| probe.kind == Kind::Clip) {
        if let Some(identifier) = &probe.content_identifier {
            clips.entry(identifier).or_insert(clip);
        }
    }
    let stills = probes.iter().enumerate().filter(|(_, probe)| probe.kind != Kind::Clip);
    stills
        .filter_map(|(still, probe)| {
            let clip = clips.remove(probe.content_identifier.as_ref()?)?;
            Some(LivePhotoPair { still, clip })
        })
        .collect()
}
