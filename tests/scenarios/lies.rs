//! A member that lies about pieces, among whole engines that are honest.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use glow_api::{MemberList, StorageGet, StoragePolicy};
use glow_model::BlobId;
use tests::media::Sample;

use crate::cast::{Person, Play, all_well, eventually};
use crate::mallory::{Lie, Mallory, Told};

/// Within so long nobody asks for a blob any more where somebody lied about it.
const DROPPED: Duration = Duration::from_secs(10);
/// So many photos at a time, and so many times at most, until somebody asks who lies.
const PHOTOS: usize = 6;
const ROUNDS: usize = 5;
/// What a lie may cost: one group of a piece, which is proved at once.
const GROUP_BYTES: u64 = 16 * 1024;
/// What proves bytes beside them: two hashes for each group, and where only the rest of a piece is asked for, the way down to
/// it once more.
const PROOF_PER_GROUP: u64 = 64;
const PROOF_OF_A_PIECE: u64 = 20 * 64;

#[tokio::test(flavor = "multi_thread")]
async fn who_passes_on_wrong_bytes_is_found_out_at_the_first_wrong_group() {
    among_a_liar(Lie::WrongBytes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_passes_on_other_bytes_of_the_right_length_is_found_out() {
    among_a_liar(Lie::WrongHash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_passes_on_a_proof_that_is_cut_is_found_out() {
    among_a_liar(Lie::CutProof).await;
}

/// Alice has photos. Bob is connected to her and to somebody who says that she has them, too, and begins to fetch.
async fn among_a_liar(lie: Lie) {
    let play = Play::new();
    let (mut alice, mut bob) = (play.person("alice").await, play.person("bob").await);
    alice.start_group("Anna & Ben").await;
    bob.join(&alice.invite().await.link).await.unwrap();
    eventually("they know each other", || async { members(&bob).await.contains_key("alice").then_some(()) }).await;
    let source = members(&bob).await["alice"].parse().unwrap();
    let addresses = vec![alice.address().await.parse().unwrap(), bob.address().await.parse().unwrap()];
    let mallory = Mallory::join(&alice.invite().await.link, lie, source, addresses).await;
    eventually("who lies is with both", || async { (mallory.links().await == 2).then_some(()) }).await;
    let mut posted = 0;
    let start = Instant::now();
    // Whoever seems to be far is not asked, and how near one is takes a few round trips to tell.
    while posted == 0 || posted < ROUNDS * PHOTOS && !mallory.told().iter().any(|told| told.lied) {
        bob.wish(|policy| StoragePolicy { paused: true, ..policy }).await;
        let photos = photos(&play, posted..posted + PHOTOS);
        alice.post(&photos.iter().collect::<Vec<_>>()).await;
        posted += PHOTOS;
        eventually("Bob knows of the photos", || async { (bob.timeline().await.len() == posted).then_some(()) }).await;
        bob.wish(|policy| StoragePolicy { paused: false, ..policy }).await;
        all_well(&[&alice, &bob]).await;
    }
    let took = start.elapsed();
    let told = mallory.told();
    let lies = told.iter().filter(|told| told.lied).count() as u64;
    assert!(lies > 0, "nothing was asked of who lies: {told:?}");
    asked_no_more(&told);

    // What came is what the photos are, but for a group of each lie and what proves it all.
    let came = came(&bob).await;
    let needed = bob.storage().await.used_bytes;
    let proofs = needed.div_ceil(GROUP_BYTES) * PROOF_PER_GROUP + (lies + 1) * PROOF_OF_A_PIECE + pieces(needed);
    let wasted = came.values().sum::<u64>().saturating_sub(needed + proofs);
    assert!(wasted <= lies * GROUP_BYTES, "{lies} lies cost {wasted} bytes: {came:?} for {needed}");

    // Who lied twice is asked for nothing any more.
    assert_eq!(mallory.links().await, 2, "who lies is still connected");
    let (before, start) = (mallory.told().len(), Instant::now());
    alice.post(&photos(&play, posted..posted + 2).iter().collect::<Vec<_>>()).await;
    all_well(&[&alice, &bob]).await;
    let told = mallory.told();
    if lies > 1 {
        assert_eq!(told.len(), before, "asked again: {:?}", &told[before..]);
    }
    asked_no_more(&told);
    eprintln!(
        "{lie:?}: {lies} lies, {wasted} bytes wasted; {posted} photos in {took:?}, two later in {:?}",
        start.elapsed()
    );
    mallory.leave().await;
}

fn photos(play: &Play, numbers: Range<usize>) -> Vec<Sample> {
    numbers.map(|number| play.studio.photo_sized(300 + number as u32, 8).unwrap()).collect()
}

/// After a lie about a blob has been out for a while, that blob is not asked for there again.
fn asked_no_more(told: &[Told]) {
    let mut lied: BTreeMap<BlobId, Instant> = BTreeMap::new();
    for told in told.iter().filter(|told| told.lied) {
        lied.entry(told.blob).and_modify(|first| *first = told.at.min(*first)).or_insert(told.at);
    }
    for told in told {
        let since = lied.get(&told.blob).map(|first| told.at.saturating_duration_since(*first));
        assert!(since.is_none_or(|since| since <= DROPPED), "asked again {since:?} after the lie: {told:?}");
    }
}

/// Room for the way down to each piece that is asked for by itself.
fn pieces(bytes: u64) -> u64 {
    bytes.div_ceil(256 * 1024) * PROOF_OF_A_PIECE
}

async fn members(person: &Person) -> BTreeMap<String, String> {
    let members = person.must(MemberList { group: person.group.clone() }).await.members;
    members.into_iter().map(|member| (member.name, member.device)).collect()
}

/// The bytes that proved themselves, by the member they came from.
async fn came(person: &Person) -> BTreeMap<String, u64> {
    let transfers = person.must(StorageGet { group: person.group.clone() }).await.transfers;
    transfers.into_iter().map(|one| (one.name, one.down_bytes)).collect()
}
