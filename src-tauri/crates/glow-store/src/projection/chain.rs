//! Chains of edits: each names the one that its author saw and replaces.

use std::collections::BTreeMap;

use glow_model::OperationId;

/// The end of the longest chain, of equally long ones the highest id. An edit counts when it replaces nothing, or one that
/// counts; chains end after `limit` edits.
pub(crate) fn winner(replaces: &BTreeMap<OperationId, Option<OperationId>>, limit: usize) -> Option<OperationId> {
    let mut edits: BTreeMap<OperationId, Vec<OperationId>> = BTreeMap::new();
    let mut ends = Vec::new();
    for (id, replaced) in replaces {
        match replaced {
            Some(replaced) => edits.entry(*replaced).or_default().push(*id),
            None => ends.push(*id),
        }
    }
    let mut winner = ends.iter().max().copied();
    for _ in 0..limit {
        let longer = ends.iter().filter_map(|id| edits.get(id)).flatten();
        ends = longer.copied().collect();
        winner = ends.iter().max().copied().or(winner);
    }
    winner
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 10;

    fn id(number: u8) -> OperationId {
        OperationId([number; 32])
    }

    #[test]
    fn the_longest_chain_wins_and_an_edit_of_nothing_known_waits() {
        let captions = [(1, None), (9, None), (2, Some(1)), (8, Some(7))];
        let map = captions.map(|(caption, replaced)| (id(caption), replaced.map(id)));
        assert_eq!(winner(&map.into(), LIMIT), Some(id(2)), "1 <- 2 is longer than 9");
        let ties = [(1, None), (3, Some(1)), (2, Some(1))];
        let map = ties.map(|(caption, replaced)| (id(caption), replaced.map(id)));
        assert_eq!(winner(&map.into(), LIMIT), Some(id(3)), "the higher id of two");
        assert_eq!(winner(&BTreeMap::from([(id(8), Some(id(7)))]), LIMIT), None);
    }

    #[test]
    fn chains_end_at_the_limit() {
        let number = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
            OperationId(bytes)
        };
        let chain = (0..LIMIT + 5).map(|n| (number(n), n.checked_sub(1).map(number))).collect();
        assert_eq!(winner(&chain, LIMIT), Some(number(LIMIT)));
    }
}
