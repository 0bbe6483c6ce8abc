//! Stacks: bursts, and photos that look alike. They are found from what this device knows and shared with nobody.

use std::collections::BTreeMap;

use glow_model::{DeviceId, OperationId};
use rusqlite::params;

use crate::{
    Changes, GroupStore, MomentRow, StoreError,
    connection::Durability,
    projection::{bucket, moment},
    sql,
};

/// Two photos of one person closer than this are a burst, if they look similar.
const BURST_MS: u64 = 5_000;
const SIMILAR_BITS: u32 = 14;
/// Two photos that look the same are one subject, even some minutes apart.
const SAME_MS: u64 = 5 * 60 * 1000;
const SAME_BITS: u32 = 4;
/// The largest answer.
const PAGE: i64 = 500;

impl GroupStore {
    /// The moments of the stack that a moment is part of, newest first; only itself when it stands alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stack(&self, id: OperationId) -> Result<Vec<MomentRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT {} FROM moment WHERE shown = 1 AND (id = ?1
                   OR (stack IS NOT NULL AND stack = (SELECT stack FROM moment WHERE id = ?1)))
                 ORDER BY sort_ms DESC, id DESC LIMIT ?2",
                moment::COLUMNS
            ))?;
            let rows = statement.query_map(params![id.0, PAGE], moment::read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Moments whose grid preview is here and was not looked at, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unlooked(&self, limit: usize) -> Result<Vec<OperationId>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT id FROM moment INDEXED BY moment_unlooked
                 WHERE shown = 1 AND looked = 0 AND grid_size IS NOT NULL AND grid_held = grid_size
                 ORDER BY sort_ms DESC LIMIT ?1",
            )?;
            let ids = statement.query_map([sql::int(limit as u64)], sql::operation_id)?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Stores how grid previews look; nothing for one that says nothing. Answers the moments whose stack became another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_looks(&self, looks: &[(OperationId, Option<u64>)]) -> Result<Changes, StoreError> {
        self.database.write(Durability::Normal, |db| {
            let mut quarters = std::collections::BTreeSet::new();
            for (id, look) in looks {
                let known = db.prepare_cached("UPDATE moment SET looked = 1 WHERE id = ?1")?.execute([id.0])?;
                if known == 0 {
                    continue;
                }
                db.prepare_cached("INSERT OR REPLACE INTO look (moment, hash) VALUES (?1, ?2)")?
                    .execute(params![id.0, look.map(u64::cast_signed)])?;
                quarters.extend(bucket::of(db, *id)?.filter(|_| look.is_some()));
            }
            let mut changes = Changes::default();
            for start_ms in quarters {
                changes.changed.extend(bucket::derive(db, start_ms)?);
            }
            changes.changed.sort_unstable();
            Ok(changes)
        })
    }
}

/// What decides whether moments are one stack.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) author: DeviceId,
    pub(crate) at_ms: u64,
    pub(crate) is_still: bool,
    pub(crate) look: Option<u64>,
}

/// For each frame, newest first, the place of the first of its stack and how many it holds; nothing for one that stands alone.
pub(crate) fn find(frames: &[Frame]) -> Vec<Option<(usize, u32)>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut last_run: BTreeMap<DeviceId, usize> = BTreeMap::new();
    for (at, frame) in frames.iter().enumerate().rev() {
        let run = last_run.get(&frame.author).copied();
        match run.filter(|run| runs[*run].last().is_some_and(|before| is_next(&frames[*before], frame))) {
            Some(run) => runs[run].push(at),
            None => {
                last_run.insert(frame.author, runs.len());
                runs.push(vec![at]);
            }
        }
    }
    let mut places = vec![None; frames.len()];
    for run in runs.iter().filter(|run| run.len() > 1) {
        for at in run {
            places[*at] = Some((run[0], u32::try_from(run.len()).unwrap_or(u32::MAX)));
        }
    }
    places
}

fn is_next(before: &Frame, after: &Frame) -> bool {
    let (Some(one), Some(other)) = (before.look, after.look) else { return false };
    let (apart_ms, bits) = (after.at_ms.saturating_sub(before.at_ms), (one ^ other).count_ones());
    let alike = (apart_ms <= BURST_MS && bits <= SIMILAR_BITS) || (apart_ms <= SAME_MS && bits <= SAME_BITS);
    before.is_still && after.is_still && alike
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(author: u8, at_ms: u64, look: u64) -> Frame {
        Frame { author: DeviceId([author; 32]), at_ms, is_still: true, look: Some(look) }
    }

    #[test]
    fn a_burst_is_one_stack_whoever_captures_in_between() {
        let newest_first = [frame(1, 9_000, 0xF7), frame(2, 8_500, 0xF0), frame(1, 8_000, 0xF3), frame(1, 7_000, 0xF1)];
        assert_eq!(find(&newest_first), [Some((3, 3)), None, Some((3, 3)), Some((3, 3))]);
    }

    #[test]
    fn what_looks_different_or_is_long_ago_is_none() {
        let others = [frame(1, 9_000, u64::MAX), frame(1, 8_000, 0)];
        assert_eq!(find(&others), [None, None]);
        let later = [frame(1, 20_000, 0xFFF), frame(1, 8_000, 0)];
        assert_eq!(find(&later), [None, None], "12 bits are a burst's, not minutes'");
        let same = [frame(1, 200_000, 7), frame(1, 8_000, 0)];
        assert_eq!(find(&same), [Some((1, 2)), Some((1, 2))]);
        let clip = [Frame { is_still: false, ..frame(1, 9_000, 0) }, frame(1, 8_000, 0)];
        assert_eq!(find(&clip), [None, None]);
    }
}
