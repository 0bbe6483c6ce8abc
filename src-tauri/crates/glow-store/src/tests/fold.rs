//! The fold is a function of the set: order, duplicates and batches leave no trace.

use glow_model::{Body, CameraClock, CameraIdentity, ClockShift, Moment, OperationId, body::shifts_by_hand};
use proptest::{collection::vec, prelude::*};

use super::{
    Scratch,
    cast::{self, ALICE, BOB, Cast},
};
use crate::{Incoming, IncomingFragment, MemberTable};

/// What somebody does next; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Post { media: u8, whole: bool, named: bool },
    Caption { of: usize, replaces: Option<usize> },
    React { of: usize, emoji: bool, on: bool },
    Retract { of: usize },
    AddOriginal { of: usize, seed: u8 },
    OpenClip { media: u8 },
    CloseClip { of: usize, seed: u8, is_long: bool },
    SetClock { owner: usize, named: bool, days: i8, from: Option<u8>, replaces: Option<usize> },
    Hold { of: usize, replaces: Option<usize>, on: bool },
    GuestFile { guest: u8, post: u8, media: u8, whole: bool, review: bool },
    GuestReacts { guest: u8, post: u8, of: usize, on: bool, time_ms: u64 },
    GuestRetracts { guest: u8, post: u8, target: u8 },
    Judge { guest: u8, post: Option<u8>, positive: bool, turn: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..5_u8, any::<bool>(), any::<bool>()).prop_map(|(media, whole, named)| Act::Post { media, whole, named }),
        3 => (any::<usize>(), proptest::option::of(any::<usize>())).prop_map(|(of, replaces)| Act::Caption { of, replaces }),
        3 => (any::<usize>(), any::<bool>(), any::<bool>()).prop_map(|(of, emoji, on)| Act::React { of, emoji, on }),
        2 => any::<usize>().prop_map(|of| Act::Retract { of }),
        1 => (any::<usize>(), 100..104_u8).prop_map(|(of, seed)| Act::AddOriginal { of, seed }),
        1 => (5..8_u8).prop_map(|media| Act::OpenClip { media }),
        1 => (any::<usize>(), 104..108_u8, any::<bool>())
            .prop_map(|(of, seed, is_long)| Act::CloseClip { of, seed, is_long }),
        3 => (0..4_usize, any::<bool>(), -3..4_i8, proptest::option::of(0..5_u8), proptest::option::of(any::<usize>()))
            .prop_map(|(owner, named, days, from, replaces)| Act::SetClock { owner, named, days, from, replaces }),
        2 => (any::<usize>(), proptest::option::of(any::<usize>()), any::<bool>())
            .prop_map(|(of, replaces, on)| Act::Hold { of, replaces, on }),
        4 => (0..2_u8, 0..3_u8, 0..5_u8, any::<bool>(), proptest::bool::weighted(0.3))
            .prop_map(|(guest, post, media, whole, review)| Act::GuestFile { guest, post, media, whole, review }),
        2 => (0..2_u8, 3..6_u8, any::<usize>(), any::<bool>(), 0..4_u64)
            .prop_map(|(guest, post, of, on, time_ms)| Act::GuestReacts { guest, post, of, on, time_ms }),
        1 => (0..2_u8, 6..8_u8, 0..6_u8).prop_map(|(guest, post, target)| Act::GuestRetracts { guest, post, target }),
        2 => (0..2_u8, proptest::option::of(0..6_u8), any::<bool>(), 0..3_u64)
            .prop_map(|(guest, post, positive, turn)| Act::Judge { guest, post, positive, turn }),
    ]
}

/// A history by four authors; some of it forks.
fn history(acts: &[(usize, bool, Act)]) -> (Cast, Vec<Incoming>) {
    let mut cast = Cast::new();
    let mut said: Vec<Incoming> = Vec::new();
    for (number, (who, forks, act)) in acts.iter().enumerate() {
        let body = body(&cast, act, number, &said);
        said.push(match forks {
            true => cast.forks(*who, body),
            false => cast.says(*who, body),
        });
    }
    (cast, said)
}

fn body(cast: &Cast, act: &Act, number: usize, said: &[Incoming]) -> Body {
    let any_of = |place: usize| match said.len() {
        0 => OperationId([0; 32]),
        count => said[place % count].operation.id(),
    };
    // Captions of a chain are found more often than by chance.
    let caption_of = |place: usize| {
        let captions: Vec<_> = said.iter().filter(|s| matches!(s.body, Some(Body::Caption(_)))).collect();
        captions.get(place % captions.len().max(1)).map(|caption| caption.operation.id())
    };
    let hold_of = |place: usize| {
        let holds: Vec<_> = said.iter().filter(|s| matches!(s.body, Some(Body::Hold(_)))).collect();
        holds.get(place % holds.len().max(1)).map(|hold| hold.operation.id())
    };
    let moment_of = |place: usize| {
        let is_moment = |s: &&Incoming| match &s.body {
            Some(Body::GuestPost(post)) => post.moment.is_some(),
            body => matches!(body, Some(Body::Moment(_) | Body::ClipOpen(_))),
        };
        let moments: Vec<_> = said.iter().filter(is_moment).collect();
        moments.get(place % moments.len().max(1)).map_or(any_of(place), |moment| moment.operation.id())
    };
    match act {
        Act::Post { media, whole, named } => {
            let moment = if *whole { cast::moment(*media) } else { cast::previews_only(*media) };
            Body::Moment(Moment { camera: named.then(|| "Nikon D750".into()), ..moment })
        }
        Act::SetClock { owner, named, days, from, replaces } => {
            let camera =
                CameraIdentity { author: cast.id(*owner), name: named.then(|| "Nikon D750".into()), body: None };
            // Settings of the same camera are found more often than by chance.
            let settings: Vec<_> = said
                .iter()
                .filter_map(|said| match &said.body {
                    Some(Body::CameraClock(clock)) if clock.camera == camera => Some((said.operation.id(), clock)),
                    _ => None,
                })
                .collect();
            let replaced = replaces.and_then(|place| settings.get(place % settings.len().max(1)));
            let before: &[ClockShift] = replaced.map_or(&[], |(_, clock)| &clock.shifts);
            let from_ms = from.map(|media| cast::moment(media).captured_ms);
            let shifts = shifts_by_hand(before, i64::from(*days) * 86_400_000, from_ms, None).unwrap_or_default();
            Body::CameraClock(CameraClock { camera, shifts, replaces: replaced.map(|(id, _)| *id) })
        }
        Act::Caption { of, replaces } => Body::Caption(glow_model::Caption {
            moment: moment_of(*of),
            replaces: replaces.and_then(caption_of),
            text: format!("caption {number}"),
        }),
        Act::React { of, emoji, on } => Body::Reaction(glow_model::Reaction {
            moment: moment_of(*of),
            emoji: if *emoji { "🎉" } else { "❤️" }.into(),
            on: *on,
        }),
        Act::Retract { of } => Body::Retract(glow_model::Retract { target: any_of(*of) }),
        Act::AddOriginal { of, seed } => Body::OriginalAdded(glow_model::OriginalAdded {
            moment: moment_of(*of),
            original: cast::inline("image/heic", &[*seed, seed + 1]),
            motion: None,
        }),
        Act::Hold { of, replaces, on } => {
            Body::Hold(glow_model::Hold { moment: moment_of(*of), replaces: replaces.and_then(hold_of), on: *on })
        }
        Act::OpenClip { media } => Body::ClipOpen(glow_model::ClipOpen { moment: cast::opened(*media) }),
        Act::CloseClip { of, seed, is_long } => {
            let clips: Vec<_> = said.iter().filter(|s| matches!(s.body, Some(Body::ClipOpen(_)))).collect();
            let clip = clips.get(of % clips.len().max(1)).map_or(any_of(*of), |clip| clip.operation.id());
            let original =
                if *is_long { cast::long("video/webm", *seed) } else { cast::inline("video/webm", &[*seed]) };
            Body::ClipClose(cast::closing(clip, original))
        }
        Act::GuestFile { guest, post, media, whole, review } => {
            Body::GuestPost(cast::guest_file(*guest, *post, *media, (*whole, *review)))
        }
        Act::GuestReacts { guest, post, of, on, time_ms } => {
            let reaction = glow_model::Reaction { moment: moment_of(*of), emoji: "🎉".into(), on: *on };
            Body::GuestPost(cast::guest_says(*guest, *post, *time_ms, glow_model::What::Reaction(reaction)))
        }
        Act::GuestRetracts { guest, post, target } => {
            let gone = glow_model::What::Retraction(glow_model::GuestPostId([*target; 16]));
            Body::GuestPost(cast::guest_says(*guest, *post, 1, gone))
        }
        Act::Judge { guest, post, positive, turn } => Body::GuestVerdict(cast::judged(*guest, *post, *positive, *turn)),
    }
}

/// Records of every clip that its author opened, with a second history of the last one.
fn records(cast: &Cast, said: &[Incoming]) -> Vec<IncomingFragment> {
    let mut records = Vec::new();
    for clip in said.iter().filter(|said| matches!(said.body, Some(Body::ClipOpen(_)))) {
        let (id, author) = (clip.operation.id(), clip.operation.header().author);
        for who in 0..4 {
            if cast.id(who) == author {
                records.extend(cast.records(who, id, &[150, 151, 152, 153]));
                records.extend(cast.records(who, id, &[150, 151, 162]));
            } else {
                records.extend(cast.records(who, id, &[199]));
            }
        }
    }
    records
}

/// One way for a history to arrive: what in which order, how whole, and where batches end.
#[derive(Debug, Clone)]
struct Arrival {
    order: Vec<(usize, Wholeness)>,
    batches: Vec<usize>,
    hosts_known_at: usize,
}

#[derive(Debug, Clone, Copy)]
enum Wholeness {
    Whole,
    Unopened,
    Stripped,
}

fn arrival(count: usize) -> impl Strategy<Value = Arrival> {
    let wholeness = prop_oneof![Just(Wholeness::Whole), Just(Wholeness::Unopened), Just(Wholeness::Stripped)];
    let early = vec((0..count, wholeness), 0..count);
    let all = Just((0..count).map(|at| (at, Wholeness::Whole)).collect::<Vec<_>>()).prop_shuffle();
    (early, all, vec(1..6_usize, 1..20), 0..8_usize).prop_flat_map(|(early, all, batches, hosts_known_at)| {
        // Duplicates and parts of operations come before, between and after the whole ones.
        let order = Just([early, all].concat()).prop_shuffle();
        order.prop_map(move |order| Arrival { order, batches: batches.clone(), hosts_known_at })
    })
}

fn deliver(scratch: &Scratch, said: &[Incoming], arrival: &Arrival, tables: [MemberTable; 2]) {
    let [few_hosts, all_hosts] = tables;
    let mut rest = arrival.order.as_slice();
    for round in 0.. {
        let size = arrival.batches[round % arrival.batches.len()].min(rest.len());
        let (batch, later) = rest.split_at(size);
        rest = later;
        let batch = batch.iter().map(|(at, wholeness)| part_of(&said[*at], *wholeness)).collect();
        let table = match round {
            0 => Some(few_hosts.clone()),
            round if round == arrival.hosts_known_at => Some(all_hosts.clone()),
            _ => None,
        };
        scratch.accept(batch, table).unwrap();
        if rest.is_empty() {
            break;
        }
    }
    scratch.accept(Vec::new(), Some(all_hosts)).unwrap();
}

fn part_of(whole: &Incoming, wholeness: Wholeness) -> Incoming {
    match wholeness {
        Wholeness::Whole => whole.clone(),
        Wholeness::Unopened => Incoming { body: None, ..whole.clone() },
        Wholeness::Stripped => {
            Incoming { operation: whole.operation.clone().without_payload(), body: None, ..whole.clone() }
        }
    }
}

fn acts() -> impl Strategy<Value = Vec<(usize, bool, Act)>> {
    vec((0..4_usize, proptest::bool::weighted(0.1), act()), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_order_duplicates_and_batches_give_the_same_tables(
        (acts, arrival) in acts().prop_flat_map(|acts| {
            let count = acts.len();
            (Just(acts), arrival(count))
        }),
    ) {
        let (cast, said) = history(&acts);
        let tables = [cast.members(&[ALICE]), cast.members(&[ALICE, BOB])];
        let reference = Scratch::new();
        reference.accept(said.clone(), Some(tables[1].clone())).unwrap();
        let other = Scratch::new();
        deliver(&other, &said, &arrival, tables);
        prop_assert_eq!(reference.dump(), other.dump());
        let records = records(&cast, &said);
        for record in &records {
            reference.add_fragments(std::slice::from_ref(record)).unwrap();
        }
        let mut order: Vec<_> = (0..records.len()).chain(0..records.len()).collect();
        order.sort_by_key(|at| (at.wrapping_mul(7 + arrival.hosts_known_at) + arrival.batches.len()) % 11);
        let shuffled: Vec<_> = order.into_iter().map(|at| records[at].clone()).collect();
        for batch in shuffled.chunks(arrival.batches[0]) {
            other.add_fragments(batch).unwrap();
        }
        prop_assert_eq!(reference.dump(), other.dump(), "records in any order");
        let members = cast.members(&[ALICE, BOB]);
        let report = other.check(|operation| cast.open(operation), members).unwrap();
        prop_assert!(report.is_sound(), "{report:?}");
        prop_assert_eq!(reference.fingerprint().unwrap().album, other.fingerprint().unwrap().album);
    }

    #[test]
    fn a_rebuild_gives_the_same_content(acts in acts()) {
        let (cast, said) = history(&acts);
        let scratch = Scratch::new();
        let members = cast.members(&[ALICE, BOB]);
        scratch.accept(said, Some(members.clone())).unwrap();
        let before = scratch.dump();
        let report = scratch.check(|operation| cast.open(operation), members.clone()).unwrap();
        prop_assert!(report.is_sound(), "{report:?}");
        prop_assert_eq!(&before, &scratch.dump(), "a check changes nothing");
        scratch.rebuild(members, |operation| cast.open(operation)).unwrap();
        prop_assert_eq!(before, scratch.dump());
    }

    #[test]
    fn changes_name_everything_that_is_different(acts in acts(), size in 1..6_usize) {
        let (cast, said) = history(&acts);
        let scratch = Scratch::new();
        scratch.accept(Vec::new(), Some(cast.members(&[ALICE]))).unwrap();
        let mut before = view(&scratch);
        for batch in said.chunks(size) {
            let changes = scratch.accept(batch.to_vec(), None).unwrap();
            let after = view(&scratch);
            let ids = |pick: &dyn Fn(&OperationId) -> bool| -> Vec<OperationId> {
                let all: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
                all.into_iter().filter(|id| pick(id)).collect()
            };
            prop_assert_eq!(&changes.added, &ids(&|id| !before.contains_key(id)));
            prop_assert_eq!(&changes.removed, &ids(&|id| !after.contains_key(id)));
            let stays = |id: &OperationId| before.contains_key(id) && after.contains_key(id);
            prop_assert!(changes.changed.iter().chain(&changes.moved).all(stays));
            for different in ids(&|id| stays(id) && before[id] != after[id]) {
                let is_named = changes.changed.contains(&different) || changes.moved.contains(&different);
                prop_assert!(is_named, "{:?} became {:?} unnamed", before[&different], after[&different]);
            }
            before = after;
            prop_assert!(scratch.accept(batch.to_vec(), None).unwrap().is_empty(), "once is enough");
        }
    }
}

/// What a person sees of each moment.
fn view(scratch: &Scratch) -> std::collections::BTreeMap<OperationId, (crate::MomentRow, Vec<crate::ReactionRow>)> {
    let query = crate::TimelineQuery { limit: 500, ..Default::default() };
    let page = scratch.timeline(&query).unwrap();
    page.into_iter().map(|moment| (moment.id, (moment.clone(), scratch.reactions(&[moment.id]).unwrap()))).collect()
}
