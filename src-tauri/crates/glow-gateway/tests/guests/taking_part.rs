//! What a guest does: sees, posts, reacts, takes back, and goes on after a gap.

use anyhow::Result;
use glow_api::{
    Caller, ErrorCode, Event, GuestAbort, GuestFinish, GuestList, GuestMedia, GuestSay, GuestShow, GuestUploadState,
    MediaPart, TimelineQuery,
};
use glow_engine::{Engine, GuestPen, SignedPost};
use glow_gateway::{GuestDoors, GuestVisitor, UiFiles};
use tokio::time::timeout;

use crate::host::{ADD, CHUNK, Host, SOON, begins, config, signed, uploads, zoe};
use crate::support::{PHOTO, large_photo};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_posts_reacts_and_takes_back() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let group = alice.group.clone();
    let (guest, welcome) = GuestVisitor::enter(&alice.url, GuestPen::fresh("<b>Zoë</b>")).await?;
    assert_eq!((welcome.title.as_str(), welcome.group.as_str()), ("Anna & Ben marry", group.as_str()));
    assert_eq!((welcome.host_name.as_str(), welcome.rights), ("Alice Secret", ADD));
    let mut events = guest.events();

    let photo = large_photo(12);
    let (post, done) = uploads(&guest, &group, &photo).await;
    assert_eq!((done.state, done.waits_for_review), (GuestUploadState::Done, false));
    let [moment] = alice.timeline().await.try_into().unwrap();
    assert_eq!(Some(moment.id.clone()), done.moment);
    assert!(moment.author_is_guest && !moment.mine);
    assert_eq!((moment.author_name.as_str(), moment.author), ("<b>Zoë</b>", guest.pen().key()), "a name is a text");
    assert_eq!(moment.caption, "A secret caption");

    let told = timeout(SOON, async {
        loop {
            if let Event::TimelineChanged { added, .. } = events.recv().await.unwrap()
                && added.contains(&moment.id)
            {
                return;
            }
        }
    });
    told.await.expect("its page is told");
    let query = TimelineQuery { group: group.clone(), limit: 500, ..TimelineQuery::default() };
    let [seen] = guest.ask(query).await?.moments.try_into().unwrap();
    assert!(seen.mine, "it is the guest's own");

    let media = |part| GuestMedia { group: group.clone(), moments: vec![moment.id.clone()], part, from: 0 };
    let [original] = guest.ask(media(MediaPart::Original)).await?.parts.try_into().unwrap();
    let mut bytes = Vec::new();
    for blob in &original.blobs {
        bytes.extend(guest.blob(blob).await?);
    }
    assert_eq!((bytes.len(), original.media_type.as_str()), (photo.len(), "image/jpeg"));
    let [grid] = guest.ask(media(MediaPart::Grid)).await?.parts.try_into().unwrap();
    assert!(guest.blob(&grid.blobs[0]).await?.starts_with(&[0xFF, 0xD8]), "the page opens the preview itself");

    let SignedPost { id, said, signature } = guest.pen().reaction(&group, &moment.id, "🎉", true)?;
    let say = GuestSay { group: group.clone(), id, said, signature };
    let cheered = guest.ask(say.clone()).await?.moment.unwrap();
    assert!(cheered.reactions[0].mine && cheered.reactions[0].names == ["<b>Zoë</b>"]);
    guest.ask(say).await?;
    assert_eq!(alice.timeline().await[0].reactions[0].count, 1, "said twice, it counts once");

    let SignedPost { id, said, signature } = guest.pen().retraction(&group, &post.id)?;
    guest.ask(GuestSay { group, id, said, signature }).await?;
    assert!(alice.timeline().await.is_empty(), "its own post is its own to take back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_after_a_gap_a_reload_and_a_restart_of_the_host() -> Result<()> {
    let mut alice = Host::opens(ADD).await?;
    let (group, photo) = (alice.group.clone(), large_photo(20));
    let pen = GuestPen::fresh("Zoë");
    let (guest, _) = GuestVisitor::enter(&alice.url, pen.clone()).await?;
    let post = signed(&guest, &group, &photo);
    let chunks: Vec<&[u8]> = photo.chunks(CHUNK).collect();
    guest.ask(begins(&group, &post)).await?;
    guest.put(&post.id, "screen", PHOTO).await?;
    let show = GuestShow { group: group.clone(), id: post.id.clone() };
    let early = guest.ask(show.clone()).await?.moment.unwrap();
    assert_eq!(alice.timeline().await[0].id, early, "others see it before the original has come");
    assert_eq!(guest.ask(show).await?.moment, Some(early.clone()), "shown twice is shown once");
    for number in [3, 0] {
        guest.put(&post.id, &number.to_string(), chunks[number]).await?;
    }
    drop(guest);

    let Host { engine, data_dir, doors, url, .. } = alice;
    doors.shutdown().await;
    engine.shutdown().await;
    let engine = Engine::start(config(&data_dir)).await?;
    let doors = GuestDoors::start(engine.clone(), UiFiles::Embedded);
    let open = async {
        loop {
            let page = engine.ask(Caller::Owner, GuestList { group: group.clone() }).await.unwrap();
            match page.door.filter(|door| !door.url.is_empty()) {
                Some(door) => return door,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let door = timeout(SOON, open).await.expect("the door opens with the node");
    assert!(door.urls.contains(&url), "at the same address, with the same secret: {:?} {url}", door.urls);
    alice = Host { engine, data_dir, doors, url, group: group.clone() };

    let (guest, _) = GuestVisitor::enter(&alice.url, pen).await?;
    let view = guest.ask(begins(&group, &post)).await?;
    let missing: Vec<u32> = view.missing.iter().flat_map(|run| run.from..run.from + run.count).collect();
    let wanted: Vec<u32> = (0..chunks.len() as u32).filter(|number| ![0, 3].contains(number)).collect();
    assert_eq!((missing, view.has_preview), (wanted.clone(), true), "what came is there");
    for number in wanted {
        guest.put(&post.id, &number.to_string(), chunks[number as usize]).await?;
    }
    let finish = GuestFinish { group: group.clone(), id: post.id.clone(), said: None, signature: None };
    let done = guest.ask(finish.clone()).await?;
    assert_eq!(done.state, GuestUploadState::Done);
    let [moment] = alice.timeline().await.try_into().unwrap();
    assert_eq!(Some(&moment.id), done.moment.as_ref(), "once, with its original");
    assert_eq!(moment.size_bytes, photo.len() as u64);
    assert_eq!(guest.ask(finish).await?.state, GuestUploadState::Done, "ended twice is ended once");
    assert_eq!(guest.ask(begins(&group, &post)).await?.state, GuestUploadState::Done);
    assert_eq!(alice.timeline().await.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_file_that_was_signed_is_refused() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let guest = zoe(&alice.url).await;
    let group = alice.group.clone();
    let post = signed(&guest, &group, PHOTO);
    guest.ask(begins(&group, &post)).await?;
    let mut other = PHOTO.to_vec();
    *other.last_mut().unwrap() ^= 1;
    guest.put(&post.id, "0", &other).await?;
    let finish = GuestFinish { group: group.clone(), id: post.id.clone(), said: None, signature: None };
    assert_eq!(guest.ask(finish).await.unwrap_err().code, ErrorCode::DamagedFile);
    assert_eq!(guest.put(&post.id, "0", b"short").await.unwrap_err().code, ErrorCode::BadRequest);
    assert_eq!(
        guest.put("00000000000000000000000000000000", "0", b"x").await.unwrap_err().code,
        ErrorCode::UnknownUpload
    );
    let stranger = zoe(&alice.url).await;
    let stolen = stranger.ask(begins(&group, &post)).await.unwrap_err();
    assert_eq!(stolen.code, ErrorCode::NotAllowed, "another guest's signature");
    guest.ask(GuestAbort { group, id: post.id.clone() }).await?;
    assert_eq!(guest.put(&post.id, "0", PHOTO).await.unwrap_err().code, ErrorCode::UnknownUpload);
    Ok(())
}
