//! What a guest may, and who decides about it.

use anyhow::Result;
use glow_api::{
    Caller, ErrorCode, GuestClose, GuestJudge, GuestList, GuestRights, GuestVerdict, MediaPart, TimelineQuery,
};
use glow_engine::GuestPen;
use glow_gateway::GuestVisitor;

use crate::host::{ADD, Host, address, begins, signed, uploads, zoe};
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
