//! Clips while they are recorded, and what is left of them.

use super::{
    Scratch,
    cast::{self, ALICE, BOB, CAROL, Cast},
};
use crate::{MomentRow, Part, PartRow};

/// A clip that Bob records, here on Alice's device.
fn recorded() -> (Scratch, Cast, glow_model::OperationId) {
    let (scratch, mut cast) = (Scratch::new(), Cast::new());
    let open = cast.opens_clip(BOB, 6);
    let clip = open.operation.id();
    scratch.accept(vec![open], Some(cast.members(&[ALICE]))).unwrap();
    (scratch, cast, clip)
}

fn row(scratch: &Scratch, clip: glow_model::OperationId) -> MomentRow {
    scratch.moment(clip).unwrap().unwrap()
}

#[test]
fn a_clip_grows_with_its_fragments() {
    let (scratch, cast, clip) = recorded();
    assert!(row(&scratch, clip).unclosed);
    assert_eq!(row(&scratch, clip).original, None, "nothing of it yet");
    let records = cast.records(BOB, clip, &[150, 151, 152]);
    for record in &records {
        assert_eq!(scratch.add_fragments(std::slice::from_ref(record)).unwrap(), [true]);
    }
    assert_eq!(scratch.add_fragments(&records).unwrap(), [false; 3], "once is enough");
    let row = row(&scratch, clip);
    assert_eq!(row.original, Some(PartRow { size_bytes: 3_000_000, held_bytes: 0 }));
    assert_eq!(row.duration_ms, Some(2_000));
    assert_eq!(scratch.segments(clip, Part::Original).unwrap().len(), 3);
    assert_eq!(scratch.fragments(clip, 1, 10).unwrap().len(), 2, "from a place on");
}

#[test]
fn the_fragments_without_a_gap_are_the_clip() {
    let (scratch, cast, clip) = recorded();
    let records = cast.records(BOB, clip, &[150, 151, 152, 153]);
    for at in [3, 1, 0] {
        scratch.add_fragments(&records[at..=at]).unwrap();
    }
    assert_eq!(scratch.segments(clip, Part::Original).unwrap().len(), 2);
    scratch.add_fragments(&records[2..3]).unwrap();
    assert_eq!(scratch.segments(clip, Part::Original).unwrap().len(), 4, "the gap is closed");
}

#[test]
fn only_the_author_records_and_closes_a_clip() {
    let (scratch, mut cast, clip) = recorded();
    assert_eq!(scratch.add_fragments(&cast.records(CAROL, clip, &[150])).unwrap(), [false]);
    let close = cast.closes_clip(CAROL, clip, cast::inline("video/webm", &[150]));
    scratch.accept(vec![close], None).unwrap();
    assert!(row(&scratch, clip).unclosed);
}

#[test]
fn a_closed_clip_keeps_its_segments_and_forgets_the_records() {
    let (scratch, mut cast, clip) = recorded();
    let records = cast.records(BOB, clip, &[150, 151]);
    scratch.add_fragments(&records).unwrap();
    let before = scratch.segments(clip, Part::Original).unwrap();
    let close = cast.closes_clip(BOB, clip, cast::inline("video/webm", &[150, 151]));
    let changes = scratch.accept(vec![close], None).unwrap();
    assert_eq!(changes.changed, [clip]);
    let row = row(&scratch, clip);
    assert!(!row.unclosed);
    assert_eq!((row.duration_ms, row.grid.is_some()), (Some(5_000), true));
    assert_eq!(scratch.segments(clip, Part::Original).unwrap(), before, "nothing is sent again");
    assert!(scratch.fragments(clip, 0, 10).unwrap().is_empty());
    assert_eq!(scratch.add_fragments(&records).unwrap(), [false; 2], "a late record is of no use");
    assert_eq!(scratch.moment_by_media(glow_model::MediaId([77; 32])).unwrap(), Some(clip), "its file added again");
}

#[test]
fn a_long_clip_plays_from_its_records_until_its_manifest_is_read() {
    let (scratch, mut cast, clip) = recorded();
    scratch.add_fragments(&cast.records(BOB, clip, &[150, 151])).unwrap();
    let before = scratch.segments(clip, Part::Original).unwrap();
    let close = cast.closes_clip(BOB, clip, cast::long("video/webm", 104));
    scratch.accept(vec![close], None).unwrap();
    assert_eq!(scratch.segments(clip, Part::Original).unwrap(), before);
    assert!(!scratch.fragments(clip, 0, 10).unwrap().is_empty());
    scratch.manifest_read(clip, Part::Original, &before).unwrap();
    assert_eq!(scratch.segments(clip, Part::Original).unwrap(), before);
    assert!(scratch.fragments(clip, 0, 10).unwrap().is_empty(), "they said what the manifest says");
}

#[test]
fn a_clip_that_is_taken_back_leaves_nothing() {
    let (scratch, mut cast, clip) = recorded();
    let records = cast.records(BOB, clip, &[150, 151]);
    scratch.add_fragments(&records).unwrap();
    let retract = cast.retracts(BOB, clip);
    scratch.accept(vec![retract], None).unwrap();
    assert!(scratch.moment(clip).unwrap().is_none());
    assert!(scratch.fragments(clip, 0, 10).unwrap().is_empty());
    assert_eq!(scratch.add_fragments(&records).unwrap(), [false; 2], "nor does it come back");
}
