//! The door as one who listens, guesses or attacks meets it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use glow_api::{ErrorCode, GuestMedia, MediaPart, TimelineQuery};
use glow_engine::GuestPen;
use glow_gateway::GuestVisitor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::host::{ADD, Host, SOON, uploads};
use crate::support::{Answer, large_photo};

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

#[tokio::test(flavor = "multi_thread")]
async fn one_who_asks_and_does_not_read_is_hung_up_on() -> Result<()> {
    let alice = Host::opens(ADD).await?;
    let mut deaf = TcpStream::connect(alice.address()).await?;
    let ask = format!("GET /g HTTP/1.1\r\nHost: {}\r\n\r\n", alice.address()).repeat(100);
    // The answers fill what the two systems hold between them; then nobody can write any more.
    let asking = async { while deaf.write_all(ask.as_bytes()).await.is_ok() {} };
    timeout(3 * SOON, asking).await?;
    Ok(())
}
