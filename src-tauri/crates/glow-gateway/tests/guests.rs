//! The guest door as a phone and as an attacker meet it: real sockets, a real engine.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "the tests of the page and those of the door share it, and use different parts")]
mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use glow_api::{
    Caller, ErrorCode, Event, GuestAbort, GuestClose, GuestFinish, GuestJudge, GuestList, GuestMedia, GuestOpen,
    GuestRights, GuestSay, GuestShow, GuestUpload, GuestUploadState, GuestVerdict, MediaPart, MomentView,
    TimelineQuery,
};
use glow_engine::{Engine, EngineConfig, GuestPen, GuestUploadFile, SignedPost};
use glow_gateway::{GuestDoors, GuestVisitor, UiFiles};
use support::{Answer, PHOTO, large_photo};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(30);
const CHUNK: usize = 256 * 1024;
const ADD: GuestRights = GuestRights { contribute: true, review: false };
const REVIEW: GuestRights = GuestRights { contribute: true, review: true };
const LOOK: GuestRights = GuestRights { contribute: false, review: false };

/// Alice's device with an open door.
struct Host {
    engine: Engine,
    group: String,
    url: String,
    doors: GuestDoors,
    data_dir: TempDir,
}

impl Host {
    async fn opens(rights: GuestRights) -> Result<Self> {
        let data_dir = tempfile::tempdir()?;
        let engine = Engine::start(config(&data_dir)).await?;
        let doors = GuestDoors::start(engine.clone(), UiFiles::Embedded);
        engine.ask(Caller::Owner, glow_api::ProfileSet { name: "Alice Secret".into(), colour: 1 }).await?;
        let title = "Anna & Ben marry".to_owned();
        let group = engine.ask(Caller::Owner, glow_api::GroupCreate { title, ends_at_ms: None }).await?.id;
        let mut host = Self { engine, group, url: String::new(), doors, data_dir };
        host.url = host.open(rights).await?;
        Ok(host)
    }

    /// Opens the door and answers its address on loopback.
    async fn open(&self, rights: GuestRights) -> Result<String> {
        let wish = GuestOpen { group: self.group.clone(), rights, expires_in_min: None, quota: None, port: None };
        let page = self.engine.ask(Caller::Owner, wish).await?;
        let door = page.door.unwrap();
        assert!(door.trouble.is_none(), "{:?}", door.trouble);
        let loopback = door.urls.iter().find(|url| url.starts_with("http://127.0.0.1:"));
        Ok(loopback.unwrap_or_else(|| panic!("no loopback address in {:?}", door.urls)).clone())
    }

    fn address(&self) -> SocketAddr {
        address(&self.url)
    }

    async fn timeline(&self) -> Vec<MomentView> {
        let query = TimelineQuery { group: self.group.clone(), limit: 50, ..TimelineQuery::default() };
        self.engine.ask(Caller::Owner, query).await.unwrap().moments
    }

    async fn raw(&self, host: &str, line: &str, head: &str, body: &[u8]) -> Result<Answer> {
        let length = body.len();
        let text =
            format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n");
        Answer::of(self.address(), &[text.as_bytes(), body].concat()).await
    }
}

fn config(data_dir: &TempDir) -> EngineConfig {
    EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(data_dir.path().join("alice")) }
}

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().split_once('/').unwrap().0.parse().unwrap()
}

async fn zoe(url: &str) -> GuestVisitor {
    GuestVisitor::enter(url, GuestPen::fresh("Zoë Secret")).await.unwrap().0
}

fn signed(guest: &GuestVisitor, group: &str, bytes: &[u8]) -> SignedPost {
    let file = GuestUploadFile {
        bytes,
        name: "IMG_7.jpg",
        media_type: "image/jpeg",
        captured_ms: 1_700_000_000_000,
        caption: "A secret caption",
        as_it_is: false,
    };
    guest.pen().file(group, None, file).unwrap()
}

fn begins(group: &str, post: &SignedPost) -> GuestUpload {
    let SignedPost { id, said, signature } = post.clone();
    GuestUpload { group: group.into(), id, said, signature }
}

/// Sends a whole file and ends it.
async fn uploads(guest: &GuestVisitor, group: &str, bytes: &[u8]) -> (SignedPost, glow_api::GuestUploadView) {
    let post = signed(guest, group, bytes);
    guest.ask(begins(group, &post)).await.unwrap();
    for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
        guest.put(&post.id, &number.to_string(), chunk).await.unwrap();
    }
    let finish = GuestFinish { group: group.into(), id: post.id.clone(), said: None, signature: None };
    let done = guest.ask(finish).await.unwrap();
    (post, done)
}

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
async fn one_who_listens_reads_nothing() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let (proxy, heard) = record(alice.address()).await?;
    let (guest, _) = GuestVisitor::enter_through(&alice.url, proxy, GuestPen::fresh("Zoë Secret")).await?;
    let photo = large_photo(6);
    let (_, done) = uploads(&guest, &alice.group, &photo).await;
    let query = TimelineQuery { group: alice.group.clone(), limit: 9, ..TimelineQuery::default() };
    assert_eq!(guest.ask(query).await?.moments[0].caption, "A secret caption");
    let media = GuestMedia {
        group: alice.group.clone(),
        moments: done.moment.into_iter().collect(),
        part: MediaPart::Original,
        from: 0,
    };
    let [original] = guest.ask(media).await?.parts.try_into().unwrap();
    let mut opened = Vec::new();
    for blob in &original.blobs {
        opened.extend(guest.blob(blob).await?);
    }
    drop(guest);
    let heard = heard.lock().unwrap().clone();
    assert!(heard.len() > 2 * photo.len(), "the photo went up and down: {}", heard.len());
    let secret = alice.url.split_once('#').unwrap().1;
    let planted: [&[u8]; 7] = [
        b"Secret",
        b"secret caption",
        "Anna & Ben".as_bytes(),
        alice.group.as_bytes(),
        secret.as_bytes(),
        &opened[opened.len() - 64..],
        &photo[1_000..1_064],
    ];
    for planted in planted {
        let is_there = heard.windows(planted.len()).any(|window| window == planted);
        assert!(!is_there, "on the wire: {}", String::from_utf8_lossy(planted));
    }
    let base64 = data_encoding::BASE64.encode(b"A secret caption");
    assert!(!heard.windows(16).any(|window| window == &base64.as_bytes()[..16]));
    Ok(())
}

/// A proxy before a door that keeps every byte that passes.
async fn record(door: SocketAddr) -> Result<(SocketAddr, Arc<Mutex<Vec<u8>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (address, heard) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
    let kept = heard.clone();
    tokio::spawn(async move {
        while let Ok((phone, _)) = listener.accept().await {
            let Ok(there) = TcpStream::connect(door).await else { return };
            let ((phone_in, phone_out), (there_in, there_out)) = (phone.into_split(), there.into_split());
            tokio::spawn(pass(phone_in, there_out, kept.clone()));
            tokio::spawn(pass(there_in, phone_out, kept.clone()));
        }
    });
    Ok((address, heard))
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    kept: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        kept.lock().unwrap().extend(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_and_other_pages_are_refused() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let port = alice.address().port();
    let own = alice.address().to_string();
    for name in ["localhost", "evil.example", "192.168.1.1", "127.0.0.2", "[::1]", "0.0.0.0"] {
        let answer = alice.raw(&format!("{name}:{port}"), "GET /g", "", b"").await?;
        assert_eq!(answer.status, 421, "{name} is not where the connection came to");
    }
    assert_eq!(alice.raw(&format!("127.0.0.1:{}", port ^ 1), "GET /g", "", b"").await?.status, 421);
    for origin in ["null", "http://evil.example", "http://127.0.0.1:1", "tauri://localhost", "https://127.0.0.1"] {
        let head = format!("Origin: {origin}\r\nContent-Type: application/json\r\n");
        let answer = alice.raw(&own, "POST /g/knock", &head, b"{}").await?;
        assert_eq!(answer.status, 403, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let answer = alice.raw(&own, "GET /g", "", b"").await?;
    let policy = answer.header("content-security-policy").unwrap();
    for rule in ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("script-src"), "scripts are the door's own, by default-src");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_page_is_not_behind_the_door() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let own = alice.address().to_string();
    for line in ["GET /", "GET /index.html", "POST /session", "POST /g/0123/call", "GET /media/a/b/grid"] {
        assert_eq!(alice.raw(&own, line, "", b"").await?.status, 404, "{line}");
    }
    for path in [
        "/g/assets/../../../etc/passwd",
        "/g/assets/..%2f..%2findex.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%5c..%5cindex.html",
        "/g/assets//etc/passwd",
        "/assets/.hidden",
        "/g/assets/",
    ] {
        assert_eq!(alice.raw(&own, &format!("GET {path}"), "", b"").await?.status, 404, "{path}");
    }
    let session = "00112233445566778899aabbccddeeff";
    for line in [
        format!("GET /g/{session}/events"),
        format!("POST /g/{session}/send"),
        format!("PUT /g/{session}/bytes/a/0"),
        format!("GET /g/{session}/blob/a"),
    ] {
        assert_eq!(alice.raw(&own, &line, "", b"").await?.status, 401, "{line}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_answered_by_silence() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let (front, _) = alice.url.split_once('#').unwrap();
    for guess in 0..10_u8 {
        let url = format!("{front}#{}", data_encoding::HEXLOWER.encode(&[guess; 16]));
        let refused = GuestVisitor::enter(&url, GuestPen::fresh("Mallory")).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::UnknownDoor);
    }
    let refused = GuestVisitor::enter(&alice.url, GuestPen::fresh("Mallory")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TryLater, "even the right one, for a minute");
    let own = alice.address().to_string();
    let json = "Content-Type: application/json\r\n";
    let answer = alice.raw(&own, "POST /g/knock", json, b"{\"door\":\"\",\"key\":\"\"}").await?;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_refused_before_it_is_read() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let own = alice.address().to_string();
    // A head that promises much and a body that never comes: the answer does not wait for it.
    for length in ["1025", "99999999999"] {
        let head = format!(
            "POST /g/knock HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let answer = timeout(SOON, Answer::of(alice.address(), head.as_bytes())).await??;
        assert_eq!(answer.status, 413);
    }
    let endless = format!(
        "POST /g/enter HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n1000\r\n{}\r\n",
        "x".repeat(4_096)
    );
    let answer = timeout(SOON, Answer::of(alice.address(), endless.as_bytes())).await??;
    assert_eq!(answer.status, 413, "what says no length is cut off at the limit");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_hung_up_on() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let mut slow = TcpStream::connect(alice.address()).await?;
    slow.write_all(b"GET /g HTTP/1.1\r\nHost: ").await?;
    let mut rest = Vec::new();
    let ended = timeout(SOON, slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "slowloris is not waited for");
    Ok(())
}
