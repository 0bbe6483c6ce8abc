//! Settings that replace each other: captions of a moment, clocks of a camera.

use std::collections::BTreeMap;

use glow_model::OperationId;

/// The end of the longest chain, of equally long ones the highest id. A setting counts when it replaces nothing, or one that
/// counts; chains end after so many edits.
pub(crate) fn winner(replaces: &BTreeMap<OperationId, Option<OperationId>>, edits_max: usize) -> Option<OperationId> {
    let mut edits: BTreeMap<OperationId, Vec<OperationId>> = BTreeMap::new();
    let mut ends = Vec::new();
    for (id, replaced) in replaces {
        match replaced {
            Some(replaced) => edits.entry(*replaced).or_default().push(*id),
            None => ends.push(*id),
        }
    }
    let mut winner = ends.iter().max().copied();
    for _ in 0..edits_max {
        let longer = ends.iter().filter_map(|id| edits.get(id)).flatten();
        ends = longer.copied().collect();
        winner = ends.iter().max().copied().or(winner);
    }
    winner
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDITS: usize = 200;

    fn id(number: u8) -> OperationId {
        OperationId([number; 32])
    }

    #[test]
    fn the_longest_chain_wins_and_an_edit_of_nothing_known_waits() {
        let settings = [(1, None), (9, None), (2, Some(1)), (8, Some(7))];
        let map = settings.map(|(setting, replaced)| (id(setting), replaced.map(id)));
        assert_eq!(winner(&map.into(), EDITS), Some(id(2)), "1 <- 2 is longer than 9");
        let ties = [(1, None), (3, Some(1)), (2, Some(1))];
        let map = ties.map(|(setting, replaced)| (id(setting), replaced.map(id)));
        assert_eq!(winner(&map.into(), EDITS), Some(id(3)), "the higher id of two");
        assert_eq!(winner(&BTreeMap::from([(id(8), Some(id(7)))]), EDITS), None);
    }

    #[test]
    fn chains_end_at_the_limit() {
        let number = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
            OperationId(bytes)
        };
        let chain = (0..EDITS + 5).map(|n| (number(n), n.checked_sub(1).map(number))).collect();
        assert_eq!(winner(&chain, EDITS), Some(number(EDITS)));
    }
}
