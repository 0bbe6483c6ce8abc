//! States: the snapshot of what is signed, what arbitrary bytes do to the decoders, and that merging knows no order.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use glow_model::{
    BlobId, BlobKey, BlobRef, DeviceId, DeviceKeys, EpochId, EpochSecret, GroupId, GroupSecret, ModelError, Plane,
    State, VerifiedState, codec, limits,
    state::{
        DoorRights, DoorSecret, GuestDoor, Holdings, Keeps, Marks, Presence, SeenUpTo, Sheet, Slot, StateDraft,
        TakebackDone, Value, Wakefulness,
    },
};
use proptest::prelude::*;

fn keys() -> DeviceKeys {
    DeviceKeys::from_seeds([1; 32], [2; 32])
}

fn epoch() -> EpochSecret {
    EpochSecret::new(EpochId([3; 16]), 0, [4; 32])
}

fn marks(places: &[(u8, u64)]) -> Marks {
    let mut marks = Marks::default();
    places.iter().for_each(|(author, seq)| marks.insert(DeviceId([*author; 32]), *seq));
    marks
}

fn values() -> Vec<Value> {
    let holdings = Holdings { originals: marks(&[(1, 0), (1, 1), (1, 2), (1, 7), (2, 5)]), previews: marks(&[(1, 0)]) };
    let done = TakebackDone(marks(&[(9, 3)]));
    vec![
        Value::Presence(Presence {
            wakefulness: Wakefulness::Asleep,
            photos: Keeps::WhenPlugged,
            clips: Keeps::Previews,
        }),
        Value::SeenUpTo(SeenUpTo { at_ms: 1_700_000_005_000, sort_ms: 1_700_000_001_000 }),
        Value::TakebackDone(Sheet::Here(done.encode().into())),
        Value::Holdings(Sheet::Here(holdings.encode().into())),
        Value::Holdings(Sheet::Blob(BlobRef { id: BlobId([7; 32]), key: BlobKey([8; 32]), size: 9_000 })),
        Value::GuestDoor(GuestDoor::open(
            &["192.168.1.7:4780".parse().unwrap()],
            DoorSecret([6; 16]),
            DoorRights { contribute: true, review: false },
            Some(1_700_000_100_000),
        )),
        Value::Unknown(Slot::new(9).unwrap(), vec![0x82, 1, 2]),
    ]
}

fn say(value: &Value, counter: u64, nonce: u8) -> Result<VerifiedState, ModelError> {
    let draft = StateDraft { group: GroupId([6; 32]), counter, time_ms: 1_700_000_002_000, epoch: epoch().id };
    draft.author(value, &keys(), &epoch().payload_key(Plane::Content).unwrap(), [nonce; 24])
}

#[test]
fn states_keep_their_encoding() {
    let lines = values().iter().map(|value| HEXLOWER.encode(&say(value, 5, 7).unwrap().encode())).collect::<Vec<_>>();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn states_survive_the_wire() {
    for value in values() {
        let state = say(&value, 5, 7).unwrap();
        let received = State::decode(&state.encode()).unwrap().verify().unwrap();
        assert_eq!(received, state);
        assert_eq!(received.open(&epoch().payload_key(Plane::Content).unwrap()).unwrap(), value);
        let other = received.open(&epoch().payload_key(Plane::Control).unwrap()).unwrap_err();
        assert_eq!(other, ModelError::DoesNotOpen, "carriers of sealed data cannot read it");
    }
}

#[test]
fn what_was_changed_on_the_way_does_not_verify() {
    let bytes = say(&values()[0], 5, 7).unwrap().encode();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let verified = State::decode(&changed).and_then(State::verify);
        assert!(verified.is_err(), "byte {at} may not change");
    }
}

#[test]
fn a_state_is_small() {
    let of = |bytes: usize| Value::Holdings(Sheet::Here(vec![0; bytes].into()));
    let largest = say(&of(limits::STATE_INLINE_BYTES), 5, 7).unwrap();
    assert!(State::decode(&largest.encode()).is_ok());
    for bytes in [limits::STATE_BYTES, 100 * limits::STATE_BYTES] {
        assert_eq!(say(&of(bytes), 5, 7).unwrap_err(), ModelError::TooLarge { what: "state" });
        assert_eq!(State::decode(&vec![0; bytes + 1]).unwrap_err(), ModelError::TooLarge { what: "state" });
    }
    let sheet = Value::Holdings(Sheet::Blob(BlobRef {
        id: BlobId([7; 32]),
        key: BlobKey([8; 32]),
        size: limits::SHEET_BYTES as u64 + 1,
    }));
    let refused = say(&sheet, 5, 7).unwrap().open(&epoch().payload_key(Plane::Content).unwrap()).unwrap_err();
    assert_eq!(refused, ModelError::TooLarge { what: "sheet" });
    assert!(Holdings::decode(&vec![0; limits::SHEET_BYTES + 1]).is_err());
}

#[test]
fn a_hundred_thousand_moments_are_told_in_a_few_bytes() {
    let mut originals = Marks::default();
    for author in 0..20 {
        (0..5_000).for_each(|seq| originals.insert(DeviceId([author; 32]), seq));
    }
    assert!(codec::encode(&originals).len() < 1_000);
}

#[test]
fn marks_that_are_too_many_are_given_up() {
    let mut many = Marks::default();
    (0..5_000).for_each(|i| many.insert(DeviceId([1; 32]), 2 * i));
    many.insert(DeviceId([2; 32]), 0);
    let before = many.clone();
    many.shrink_to(2_000);
    assert!(codec::encode(&many).len() <= 2_000);
    assert!(many.contains(DeviceId([2; 32]), 0) && many.contains(DeviceId([1; 32]), 0));
    let invented =
        many.iter().any(|(author, set)| set.runs().iter().any(|(first, _)| !before.contains(author, *first)));
    assert!(!invented);
}

#[test]
fn ranks_belong_to_the_group() {
    let rank = |secret: u8, blob: u8| GroupSecret([secret; 32]).holder_rank(BlobId([blob; 32]), keys().id());
    assert_eq!(rank(1, 1), rank(1, 1));
    assert!(rank(1, 1) != rank(1, 2) && rank(1, 1) != rank(2, 1));
}

fn places() -> impl Strategy<Value = Vec<(u8, u64)>> {
    prop::collection::vec((0..4_u8, 0..60_u64), 0..120)
}

/// The states that stand after these were heard.
fn heard(states: &[VerifiedState]) -> Option<VerifiedState> {
    states.iter().cloned().reduce(|a, b| if b.rank() > a.rank() { b } else { a })
}

proptest! {
    #[test]
    fn marks_are_the_set_that_was_marked(places in places()) {
        let marks = marks(&places);
        let set: BTreeSet<_> = places.into_iter().collect();
        for author in 0..4 {
            for seq in 0..61 {
                prop_assert_eq!(marks.contains(DeviceId([author; 32]), seq), set.contains(&(author, seq)));
            }
        }
        let decoded: Marks = codec::decode_canonical(&codec::encode(&marks), "marks").unwrap();
        prop_assert_eq!(decoded, marks);
    }

    #[test]
    fn the_newest_stands_in_any_order(counters in prop::collection::vec((0..6_u64, any::<u8>()), 1..8), at in any::<prop::sample::Index>()) {
        let states: Vec<_> = counters.iter().map(|(counter, nonce)| say(&values()[0], *counter, *nonce).unwrap()).collect();
        let newest = heard(&states).unwrap();
        let turn = at.index(states.len());
        let turned = [&states[turn..], &states[..turn], &states[..]].concat();
        prop_assert_eq!(heard(&turned).unwrap(), newest.clone());
        prop_assert_eq!(newest.header().counter, counters.iter().map(|(counter, _)| *counter).max().unwrap());
    }

    #[test]
    fn arbitrary_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = State::decode(&bytes).and_then(State::verify);
        let _ = Holdings::decode(&bytes);
        let _ = TakebackDone::decode(&bytes);
    }
}
