//! The blind box: it holds and passes on what is sealed, and can read none of it.

use std::fs;
use std::path::Path;

use glow_api::{
    ErrorCode, GroupGet, Held, InviteCreate, InviteView, MemberList, MomentCaption, MomentReact, MomentRetract,
    ProfileSet, Role,
};

use crate::cast::{Person, Play, eventually};

const CAPTION: &str = "a caption that nobody but members may read";
const EMOJI: &str = "\u{1f995}\u{200d}\u{1f525}";

/// Alice's group with Bob in it, and a box that both know the way to.
async fn wedding(play: &Play) -> (Person, Person, Person) {
    let mut alice = play.settled_person("alice").await;
    let mut bob = play.settled_person("bob").await;
    let mut vault = play.settled_person("vault").await;
    alice.start_group("Anna & Ben").await;
    bob.join(&alice.invite().await.link).await.unwrap();
    vault.join(&for_box(&alice).await.link).await.unwrap();
    for person in [&alice, &bob, &vault] {
        let what = format!("{} is connected to the others", person.name);
        eventually(&what, || async { (group(person).await.here_count == 2).then_some(()) }).await;
    }
    (alice, bob, vault)
}

async fn for_box(person: &Person) -> InviteView {
    let group = person.group.clone();
    person.must(InviteCreate { group, expires_in_min: None, max_uses: Some(1), carrier: true }).await
}

async fn group(person: &Person) -> glow_api::GroupView {
    person.must(GroupGet { group: person.group.clone() }).await
}

/// Waits until a box holds every piece of what a person's timeline shows, and nothing else.
async fn carries_all_of(vault: &Person, person: &Person) {
    // Photos of these plays have one segment, so a part is a piece.
    let parts = person.timeline().await;
    let parts = parts.iter().flat_map(|moment| [moment.grid, moment.screen, moment.original, moment.motion]);
    let pieces = u32::try_from(parts.filter(|part| *part == Held::Complete).count()).unwrap();
    eventually(&format!("the box holds {pieces} pieces"), || async {
        let cargo = group(vault).await.carries.expect("a box that cannot read says what it carries");
        (cargo.blobs == pieces && cargo.missing == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_never_meet_have_everything_through_a_box_that_reads_nothing() {
    let play = Play::new();
    let (mut alice, mut bob, mut vault) = wedding(&play).await;
    bob.turn_off().await;

    let hers = [0, 3].map(|number| play.studio.photo(number).unwrap());
    alice.post(&[&hers[0], &hers[1]]).await;
    let first = alice.moment(&hers[0].name()).await.unwrap().id;
    alice.must(MomentCaption { group: alice.group.clone(), moment: first.clone(), text: CAPTION.into() }).await;
    carries_all_of(&vault, &alice).await;
    alice.turn_off().await;

    bob.turn_on().await;
    let whole = |moment: &glow_api::MomentView| tests::check::is_complete(moment);
    let seen = bob.sees(&hers[0].name(), |moment| whole(moment) && moment.caption == CAPTION).await;
    bob.sees(&hers[1].name(), whole).await;
    let same = tests::compare::is_shared_form(&hers[0], &bob.bytes(&seen.id, glow_api::MediaPart::Original).await);
    same.unwrap();
    let his = play.studio.photo(5).unwrap();
    bob.post(&[&his]).await;
    bob.must(MomentReact { group: bob.group.clone(), moment: first.clone(), emoji: EMOJI.into(), on: true }).await;
    carries_all_of(&vault, &bob).await;
    bob.turn_off().await;

    alice.turn_on().await;
    alice.sees(&his.name(), whole).await;
    alice.sees(&hers[0].name(), |moment| moment.reactions.iter().any(|reaction| reaction.emoji == EMOJI)).await;

    let members = alice.must(MemberList { group: alice.group.clone() }).await.members;
    let roles: Vec<Role> = members.iter().filter(|member| member.name == "vault").map(|member| member.role).collect();
    assert_eq!(roles, [Role::Carrier], "everybody sees what the box is");
    assert!(vault.timeline().await.is_empty(), "nothing of it can be shown there");

    // What is taken back, it lets go of.
    alice.must(MomentRetract { group: alice.group.clone(), moment: first }).await;
    carries_all_of(&vault, &alice).await;
    let folder = vault.data_dir().to_owned();
    vault.turn_off().await;
    let pictures = [&hers[0], &hers[1], &his].map(|sample| fs::read(&sample.path).unwrap());
    let planted = pictures.iter().map(|bytes| bytes[bytes.len() / 2..bytes.len() / 2 + 32].to_vec());
    let names = [&hers[0], &hers[1], &his].map(|sample| sample.name().into_bytes());
    for marker in planted.chain(names).chain([CAPTION.as_bytes().to_vec(), EMOJI.as_bytes().to_vec()]) {
        assert_unreadable(&folder, &marker);
    }
    // The search itself finds what a carrier may know.
    assert!(finds(&folder, b"vault"), "names of members are no secret to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_reads_nothing_adds_nothing_and_lets_nobody_in() {
    let play = Play::new();
    let (alice, _bob, vault) = wedding(&play).await;
    let photo = play.studio.photo(1).unwrap();
    let group = vault.group.clone();
    let file = glow_engine::CaptureFile { path: photo.path.clone(), name: photo.name(), modified_at_ms: None };
    let posted = vault.engine().post(glow_api::Caller::Owner, &group, vec![file], |_| {}).await;
    assert_eq!(posted.unwrap_err().code, ErrorCode::NotAllowed);
    let invite = InviteCreate { group: group.clone(), expires_in_min: None, max_uses: None, carrier: false };
    assert_eq!(vault.ask(invite).await.unwrap_err().code, ErrorCode::NotAllowed);
    let rights = glow_api::GuestRights { contribute: true, review: false };
    let door = glow_api::GuestOpen { group, rights, expires_in_min: None, quota: None, port: None };
    assert_eq!(vault.ask(door).await.unwrap_err().code, ErrorCode::NotAllowed);
    // Its name is its own to say.
    vault.must(ProfileSet { name: "Strongbox".into(), colour: 5 }).await;
    let named = || async {
        let members = alice.must(MemberList { group: alice.group.clone() }).await.members;
        members.iter().any(|member| member.name == "Strongbox").then_some(())
    };
    eventually("alice sees the new name", named).await;
}

fn assert_unreadable(folder: &Path, marker: &[u8]) {
    assert!(!finds(folder, marker), "{:?} is readable on the disk of the box", String::from_utf8_lossy(marker));
}

fn finds(folder: &Path, marker: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return finds(&path, marker);
        }
        // A socket is no file.
        fs::read(path).is_ok_and(|bytes| bytes.windows(marker.len()).any(|window| window == marker))
    })
}
