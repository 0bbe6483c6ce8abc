use super::*;

fn peer(n: u8) -> DeviceId {
    DeviceId([n; 32])
}

fn want(n: u8, tier: Tier, sort_ms: u64, pieces: u32) -> Want {
    Want {
        blob: BlobId([n; 32]),
        size: u64::from(pieces) * crate::wire::PIECE_BYTES,
        tier,
        sort_ms,
        missing: (0..pieces).collect(),
    }
}

/// Answers every request until nothing is asked any more; `holds` says who has what, `now` only moves when all wait.
fn run(picker: &mut Picker, holds: impl Fn(DeviceId, BlobId) -> bool) -> Vec<BlobId> {
    let (mut now_ms, mut completed) = (0, Vec::new());
    let mut left: BTreeMap<BlobId, usize> = picker.wants.values().map(|want| (want.blob, want.missing.len())).collect();
    for _ in 0..10_000 {
        let assignments = picker.assign(now_ms);
        if assignments.is_empty() {
            match picker.next_retry_ms() {
                Some(retry_ms) if !picker.is_empty() => now_ms = retry_ms + 1,
                _ => return completed,
            }
        }
        for assignment in assignments {
            if !holds(assignment.peer, assignment.blob) {
                picker.ended(assignment.ticket, Ended::NotHere, now_ms);
                continue;
            }
            for piece in &assignment.pieces {
                picker.arrived(assignment.blob, *piece);
                if let Some(left) = left.get_mut(&assignment.blob) {
                    *left -= 1;
                }
            }
            picker.ended(assignment.ticket, Ended::Complete, now_ms);
            if left.get(&assignment.blob) == Some(&0) {
                picker.drop_want(assignment.blob);
                completed.push(assignment.blob);
            }
        }
    }
    completed
}

#[test]
fn previews_come_before_originals_and_newer_before_older() {
    let mut picker = Picker::default();
    picker.joined(peer(1));
    picker.want(want(1, Tier::Original, 9, 3));
    picker.want(want(2, Tier::Grid, 1, 1));
    picker.want(want(3, Tier::Grid, 5, 1));
    picker.want(want(4, Tier::Screen, 5, 1));
    let first = picker.assign(0);
    assert_eq!(
        first.iter().map(|assignment| assignment.blob.0[0]).collect::<Vec<_>>(),
        [3, 2, 4],
        "the original yields"
    );
    for assignment in first {
        picker.ended(assignment.ticket, Ended::Complete, 0);
        picker.drop_want(assignment.blob);
    }
    assert_eq!(picker.assign(0)[0].blob.0[0], 1);
}

#[test]
fn everything_arrives_when_each_blob_has_one_holder() {
    let mut picker = Picker::default();
    (1..=4).for_each(|n| picker.joined(peer(n)));
    (1..=40).for_each(|n| {
        picker.want(want(n, if n % 3 == 0 { Tier::Original } else { Tier::Grid }, u64::from(n), 1 + u32::from(n)))
    });
    let completed = run(&mut picker, |peer, blob| peer.0[0] == 1 + blob.0[0] % 4);
    assert_eq!(completed.len(), 40);
    assert!(picker.is_empty() && picker.flights.is_empty());
}

#[test]
fn nobody_is_asked_for_more_than_the_window() {
    let mut picker = Picker::default();
    picker.joined(peer(1));
    (1..=100).for_each(|n| picker.want(want(n, Tier::Original, 1, 30)));
    assert_eq!(picker.assign(0).len(), BULK_IN_FLIGHT);
    (101..=200).for_each(|n| picker.want(want(n, Tier::Grid, 1, 1)));
    assert_eq!(picker.assign(0).len(), IN_FLIGHT - BULK_IN_FLIGHT, "previews still find room");
    assert!(picker.assign(0).is_empty());
}

#[test]
fn what_a_member_was_asked_for_is_free_when_it_leaves() {
    let mut picker = Picker::default();
    picker.joined(peer(1));
    picker.want(want(1, Tier::Grid, 1, 2));
    assert_eq!(picker.assign(0).len(), 1);
    picker.left(peer(1));
    picker.joined(peer(2));
    assert_eq!(picker.assign(0).iter().map(|assignment| assignment.peer).collect::<Vec<_>>(), [peer(2)]);
}

#[test]
fn a_liar_is_not_asked_for_that_blob_again() {
    let mut picker = Picker::default();
    picker.joined(peer(1));
    picker.want(want(1, Tier::Grid, 1, 1));
    let ticket = picker.assign(0)[0].ticket;
    picker.ended(ticket, Ended::Lied, 0);
    assert!(picker.assign(u64::MAX - 1).is_empty());
    picker.joined(peer(2));
    assert_eq!(picker.assign(0)[0].peer, peer(2));
}

#[test]
fn a_holder_is_asked_first_and_a_late_holder_at_once() {
    let mut picker = Picker::default();
    (1..=3).for_each(|n| picker.joined(peer(n)));
    picker.want(want(1, Tier::Grid, 1, 1));
    picker.holds(peer(3), BlobId([1; 32]));
    let first = picker.assign(0);
    assert_eq!(first[0].peer, peer(3));
    picker.ended(first[0].ticket, Ended::NotHere, 0);
    for _ in 0..2 {
        let ticket = picker.assign(0)[0].ticket;
        picker.ended(ticket, Ended::NotHere, 0);
    }
    assert!(picker.assign(0).is_empty(), "all three lack it for now");
    picker.holds(peer(2), BlobId([1; 32]));
    assert_eq!(picker.assign(0)[0].peer, peer(2));
}
