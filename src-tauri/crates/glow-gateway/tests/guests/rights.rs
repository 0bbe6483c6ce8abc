//! What a guest may, and who decides about it.

use anyhow::Result;
use glow_api::{
    Caller, ErrorCode, GuestClose, GuestFinish, GuestJudge, GuestList, GuestOpen, GuestQuota, GuestRights, GuestSay,
    GuestUploadState, GuestVerdict, MediaPart, TimelineQuery,
};
use glow_engine::{GuestPen, SignedPost, limits};
use glow_gateway::GuestVisitor;
use tokio::time::timeout;

use crate::host::{ADD, Host, SOON, address, begins, photo, signed, uploads, zoe};
use crate::support::PHOTO;

const REVIEW: GuestRights = GuestRights { contribute: true, review: true };
const LOOK: GuestRights = GuestRights { contribute: false, review: false };

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_may_only_what_the_door_allows() -> Result<()> {
    let alice = Host::opens(LOOK).await?;
    let guest = zoe(&alice.url).await;
    let group = alice.group.clone();
    let post = signed(&guest, &group, PHOTO);
    assert_eq!(guest.ask(begins(&group, &post)).await.unwrap_err().code, ErrorCode::NotAllowed);
    let denied = [
        guest.ask(glow_api::GroupList {}).await.map(drop),
        guest.ask(glow_api::InviteList { group: group.clone() }).await.map(drop),
        guest.ask(glow_api::StorageGet { group: group.clone() }).await.map(drop),
        guest.ask(GuestList { group: group.clone() }).await.map(drop),
        guest.ask(GuestClose { group: group.clone() }).await.map(drop),
        guest.ask(glow_api::GroupLeave { group: group.clone() }).await.map(drop),
        guest.ask(TimelineQuery { group: "ab".repeat(32), limit: 1, ..TimelineQuery::default() }).await.map(drop),
    ];
    for answer in denied {
        assert_eq!(answer.unwrap_err().code, ErrorCode::NotAllowed);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_review_is_seen_by_its_host_alone() -> Result<()> {
    let alice = Host::opens(REVIEW).await?;
    let guest = zoe(&alice.url).await;
    let group = alice.group.clone();
    let (post, done) = uploads(&guest, &group, PHOTO).await;
    assert!(done.waits_for_review);
    assert!(alice.timeline().await.is_empty());
    let query = || TimelineQuery { group: group.clone(), limit: 9, ..TimelineQuery::default() };
    assert!(guest.ask(query()).await?.moments.is_empty());
    let page = alice.engine.ask(Caller::Owner, GuestList { group: group.clone() }).await?;
    let [waiting] = page.waiting.try_into().unwrap();
    assert_eq!((waiting.post.as_str(), waiting.may_judge), (post.id.as_str(), true));
    let grid = alice.engine.media(Caller::Owner, &group, &waiting.moment.id, MediaPart::Grid).await?;
    assert!(grid.size_bytes > 0, "the host looks at it before others do");
    let judge = |verdict, post| GuestJudge { group: group.clone(), guest: waiting.guest.clone(), post, verdict };
    alice.engine.ask(Caller::Owner, judge(GuestVerdict::Approve, Some(post.id.clone()))).await?;
    assert_eq!(guest.ask(query()).await?.moments.len(), 1);
    alice.engine.ask(Caller::Owner, judge(GuestVerdict::HoldBack, Some(post.id.clone()))).await?;
    assert!(guest.ask(query()).await?.moments.is_empty());
    alice.engine.ask(Caller::Owner, judge(GuestVerdict::Block, None)).await?;
    assert!(guest.ask(query()).await.is_err(), "the session has ended");
    let again = GuestVisitor::enter(&alice.url, guest.pen().clone()).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::Blocked);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_door_ends_its_sessions_and_its_address() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let guest = zoe(&alice.url).await;
    alice.engine.ask(Caller::Owner, GuestClose { group: alice.group.clone() }).await?;
    assert!(guest.introduce().await.is_err());
    let again = alice.open(ADD).await?;
    assert_ne!(again, alice.url, "another secret");
    let old = format!("http://{}/g{}", address(&again), &alice.url[alice.url.find('#').unwrap()..]);
    let refused = GuestVisitor::enter(&old, GuestPen::fresh("Zoë")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnknownDoor, "the old QR code is good no more");
    assert!(GuestVisitor::enter(&again, GuestPen::fresh("Zoë")).await.is_ok());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guests_may_add_has_an_end() -> Result<()> {
    const MUCH: u64 = 1 << 30;
    let alice = Host::opens(ADD).await?;
    let (guest, other) = (zoe(&alice.url).await, zoe(&alice.url).await);
    let group = alice.group.clone();
    let may = async |files: u32, bytes: u64, door_bytes: u64| {
        let quota = Some(GuestQuota { files, bytes, door_bytes });
        alice.open_as(GuestOpen { quota, ..alice.wish() }).await.unwrap();
    };
    let begin = async |guest: &GuestVisitor, bytes: &[u8]| {
        let post = signed(guest, &group, bytes);
        guest.ask(begins(&group, &post)).await.map_err(|error| error.code)
    };
    let used_up = Some(ErrorCode::QuotaUsedUp);
    let [first, second, third] = [photo(1), photo(2), photo(3)];
    let size = first.len() as u64;

    may(1, MUCH, MUCH).await;
    let (post, _) = uploads(&guest, &group, &first).await;
    assert_eq!(begin(&guest, &second).await.err(), used_up, "a file more than it may");
    let again = guest.ask(begins(&group, &post)).await?;
    assert_eq!(again.state, GuestUploadState::Done, "what is there is not asked for twice");
    may(9, 2 * size - 1, MUCH).await;
    assert_eq!(begin(&guest, &second).await.err(), used_up, "a byte more than it may");
    may(9, 2 * size, MUCH).await;
    assert_eq!(begin(&guest, &second).await.unwrap().state, GuestUploadState::Open, "as much as it may");
    may(9, MUCH, 3 * size - 1).await;
    assert_eq!(begin(&other, &third).await.err(), used_up, "a byte more than all may, with what is on its way");
    may(9, MUCH, 3 * size).await;
    assert_eq!(begin(&other, &third).await.unwrap().state, GuestUploadState::Open);
    assert_eq!(begin(&other, &photo(4)).await.err(), used_up);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_says_much_at_once_and_then_waits() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let (guest, other) = (zoe(&alice.url).await, zoe(&alice.url).await);
    let group = alice.group.clone();
    let (_, done) = uploads(&guest, &group, PHOTO).await;
    let moment = done.moment.unwrap();
    let say = async |guest: &GuestVisitor, on: bool| {
        let SignedPost { id, said, signature } = guest.pen().reaction(&group, &moment, "🎉", on).unwrap();
        guest.ask(GuestSay { group: group.clone(), id, said, signature }).await.map(drop).map_err(|error| error.code)
    };
    let mut said = 0;
    // A new one may be said every three seconds, and a busy machine may take some.
    while say(&guest, said % 2 == 0).await.is_ok() {
        said += 1;
        assert!(said < 4 * limits::GUEST_SAID_AT_ONCE, "it has no end");
    }
    assert!(said >= limits::GUEST_SAID_AT_ONCE, "{said}");
    assert_eq!(say(&guest, true).await, Err(ErrorCode::TryLater));
    assert_eq!(say(&other, true).await, Ok(()), "another one may");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_claims_to_be_huge_is_none() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let guest = zoe(&alice.url).await;
    let group = alice.group.clone();
    let frame = PHOTO.windows(2).position(|two| two == [0xFF, 0xC0] || two == [0xFF, 0xC2]).unwrap();
    let mut bomb = PHOTO.to_vec();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x4E, 0x20]);
    let post = signed(&guest, &group, &bomb);
    guest.ask(begins(&group, &post)).await?;
    guest.put(&post.id, "0", &bomb).await?;
    let finish = GuestFinish { group: group.clone(), id: post.id.clone(), said: None, signature: None };
    let refused = guest.ask(finish).await.unwrap_err();
    assert!(matches!(refused.code, ErrorCode::DamagedFile | ErrorCode::FileTooLarge), "{refused:?}");
    assert!(alice.timeline().await.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_whose_time_is_over_ends_its_sessions_and_says_why() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    alice.open_as(GuestOpen { expires_in_min: Some(1), ..alice.wish() }).await?;
    let guest = zoe(&alice.url).await;
    assert!(guest.introduce().await?.expires_at_ms.is_some());
    assert_eq!(timeout(4 * SOON, guest.end()).await?.as_deref(), Some("expired"));
    assert!(guest.introduce().await.is_err(), "it is out");
    let again = GuestVisitor::enter(&alice.url, guest.pen().clone()).await.unwrap_err();
    assert!(matches!(again.code, ErrorCode::NobodyNear | ErrorCode::UnknownDoor), "{again:?}");
    let page = alice.engine.ask(Caller::Owner, GuestList { group: alice.group.clone() }).await?;
    assert!(page.door.is_none(), "and its host sees that it is shut");
    Ok(())
}
