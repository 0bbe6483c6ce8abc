//! The gateway as a browser and as an attacker meet it: real sockets, a real engine.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::time::Duration;

use anyhow::Result;
use futures::StreamExt;
use support::{Answer, PHOTO, WINDOW, World, large_photo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_token_opens_a_session_once() -> Result<()> {
    let alice = World::new().await?;
    let url = alice.gateway.page_url();
    let (base, token) = url.split_once("#token=").unwrap();
    assert_eq!(base, format!("http://{}/", alice.address()));
    let trade = format!(r#"{{"token":"{token}"}}"#);
    let json = "Content-Type: application/json\r\n";

    let first = alice.send("POST /session", json, trade.as_bytes()).await?;
    assert_eq!(first.status, 200, "{}", first.text());
    let session = serde_json::from_slice::<serde_json::Value>(&first.body)?["session"].as_str().unwrap().to_owned();
    let list = alice.send(&format!("POST /{session}/call"), json, br#"{"call":"group.list","args":{}}"#).await?;
    assert_eq!(list.status, 200, "the session is good");
    assert!(list.text().contains("Anna & Ben"));
    assert_eq!(list.header("cache-control"), Some("no-store"), "no cache keeps an answer");

    assert_eq!(alice.send("POST /session", json, trade.as_bytes()).await?.status, 401, "a token is good once");
    Ok(())
}

#[tokio::test]
async fn without_a_session_every_route_is_shut() -> Result<()> {
    let alice = World::new().await?;
    let guess = "00112233445566778899aabbccddeeff";
    for line in [
        "POST /X/call",
        "GET /X/events",
        "GET /X/media/a/b/grid",
        "PUT /X/upload?group=a&name=b",
        "GET /X/album/a/zip",
        "PUT /X/bundle",
        "PUT /X/clip?group=a&key=k&name=b&offset=0",
    ] {
        let answer = alice.send(&line.replace('X', guess), "", b"").await?;
        assert_eq!((answer.status, answer.code().as_str()), (401, "not_allowed"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn another_name_is_refused() -> Result<()> {
    let alice = World::new().await?;
    let port = alice.address().port();
    for own in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        assert_ne!(alice.send_as(&own, "GET /", "", b"").await?.status, 421, "{own} is its own");
    }
    for other in [format!("evil.example:{port}"), "127.0.0.1".to_owned(), "127.0.0.1:1".to_owned(), String::new()] {
        let answer = alice.send_as(&other, &format!("POST {}/call", alice.inside), "", b"{}").await?;
        assert_eq!(answer.status, 421, "{other:?} is another's");
    }
    let two = format!("Host: localhost:{port}\r\n");
    assert_eq!(alice.send("GET /", &two, b"").await?.status, 421, "two names are none");
    Ok(())
}

#[tokio::test]
async fn another_page_is_refused_and_the_window_is_not() -> Result<()> {
    let alice = World::new().await?;
    let line = format!("POST {}/call", alice.inside);
    let ask = async |origin: &str| {
        let head = format!("Content-Type: application/json\r\nOrigin: {origin}\r\n");
        alice.send(&line, &head, br#"{"call":"group.list","args":{}}"#).await
    };
    for other in ["http://evil.example", "null", "http://127.0.0.1:1", "https://tauri.localhost"] {
        let answer = ask(other).await?;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{other}");
    }
    let own = ask(&format!("http://{}", alice.address())).await?;
    assert_eq!(
        (own.status, own.header("access-control-allow-origin")),
        (200, None),
        "its own page needs no permission"
    );
    let window = ask(WINDOW).await?;
    assert_eq!((window.status, window.header("access-control-allow-origin")), (200, Some(WINDOW)));

    let preflight = format!(
        "Origin: {WINDOW}\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type\r\n"
    );
    let answer = alice.send(&format!("OPTIONS {}/upload", alice.inside), &preflight, b"").await?;
    assert_eq!(answer.status, 200);
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PUT"));
    Ok(())
}

#[tokio::test]
async fn every_answer_is_strict() -> Result<()> {
    let alice = World::new().await?;
    for line in ["GET /", "GET /nothing.js", "POST /session", "GET /00112233445566778899aabbccddeeff/events"] {
        let answer = alice.send(line, "", b"").await?;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'; "), "{line}: {policy}");
        assert!(policy.contains(&format!("connect-src 'self' ws://{};", alice.address())), "{line}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-eval"), "{line}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{line}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{line}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() -> Result<()> {
    let alice = World::new().await?;
    let outside = [
        "/../Cargo.toml",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/assets/../../Cargo.toml",
        "/etc/passwd%00.js",
        "/..\\..\\x",
    ];
    for path in outside {
        let answer = alice.send(&format!("GET {path}"), "", b"").await?;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:") && !answer.text().contains("[package]"), "{path}");
    }
    for path in ["media/../../x/grid", "media/..%2f..%2fetc/passwd/original", "media/a/b/..", "media/a/b/raw"] {
        let answer = alice.send(&format!("GET {}/{path}", alice.inside), "", b"").await?;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_unread() -> Result<()> {
    let alice = World::new().await?;
    let title = "x".repeat(64 * 1024);
    let answer = alice.call(&format!(r#"{{"call":"group.create","args":{{"title":"{title}"}}}}"#)).await?;
    assert_eq!((answer.status, answer.code().as_str()), (413, "bad_request"));

    let head = format!("POST {}/call HTTP/1.1\r\nHost: {}\r\n", alice.inside, alice.address());
    let huge = format!("{head}Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{{");
    let answer = timeout(SOON, Answer::of(alice.address(), huge.as_bytes())).await??;
    assert_eq!(answer.status, 413, "a body is refused by what it says of itself");
    Ok(())
}

#[tokio::test]
async fn what_is_not_understood_gets_a_clear_answer() -> Result<()> {
    let alice = World::new().await?;
    for odd in ["", "{", "[]", r#"{"call":"group.explode","args":{}}"#, r#"{"call":"group.create","args":{"title":7}}"#]
    {
        let answer = alice.call(odd).await?;
        assert!((400..500).contains(&answer.status), "{odd}: {}", answer.status);
        assert_eq!(answer.code(), "bad_request", "{odd}");
    }
    let form = alice
        .send(
            &format!("POST {}/call", alice.inside),
            "Content-Type: text/plain\r\n",
            br#"{"call":"group.list","args":{}}"#,
        )
        .await?;
    assert_eq!(form.status, 415, "a form of another page cannot call");
    let unknown = alice.call(&format!(r#"{{"call":"group.get","args":{{"group":"{}"}}}}"#, "0".repeat(64))).await?;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "unknown_group"));
    Ok(())
}

#[tokio::test]
async fn an_event_follows_a_call() -> Result<()> {
    let alice = World::new().await?;
    let url = format!("ws://{}{}/events", alice.address(), alice.inside);
    let (mut events, _) = tokio_tungstenite::connect_async(&url).await?;
    alice.call(r#"{"call":"group.create","args":{"title":"Harbour"}}"#).await?;
    let changed = async {
        while let Some(Ok(message)) = events.next().await {
            if let Message::Text(text) = message
                && text.as_str() == r#"{"event":"groups_changed"}"#
            {
                return true;
            }
        }
        false
    };
    assert!(timeout(SOON, changed).await?, "the page hears that the groups changed");
    Ok(())
}

#[tokio::test]
async fn another_page_cannot_listen() -> Result<()> {
    let alice = World::new().await?;
    let mut request = format!("ws://{}{}/events", alice.address(), alice.inside).into_client_request()?;
    request.headers_mut().insert("origin", "http://evil.example".parse()?);
    let error = tokio_tungstenite::connect_async(request).await.unwrap_err();
    assert!(error.to_string().contains("403"), "{error}");
    Ok(())
}

#[tokio::test]
async fn an_upload_becomes_media_with_ranges() -> Result<()> {
    let alice = World::new().await?;
    let photo = large_photo(24);
    let path = alice.add(&photo).await?;

    let whole = alice.send(&format!("GET {path}"), "", b"").await?;
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("image/jpeg")));
    assert!(whole.body == photo, "the original is the file that was added");
    assert_eq!(whole.header("cache-control"), Some("private, max-age=31536000, immutable"));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));

    let across = alice.send(&format!("GET {path}"), "Range: bytes=262000-263000\r\n", b"").await?;
    assert_eq!((across.status, across.body.as_slice()), (206, &photo[262_000..=263_000]));
    assert_eq!(across.header("content-range").unwrap(), format!("bytes 262000-263000/{}", photo.len()));
    let end = alice.send(&format!("GET {path}"), "Range: bytes=-100\r\n", b"").await?;
    assert_eq!((end.status, end.body.as_slice()), (206, &photo[photo.len() - 100..]));
    let beyond = alice.send(&format!("GET {path}"), "Range: bytes=99999999-\r\n", b"").await?;
    assert_eq!(
        (beyond.status, beyond.header("content-range").unwrap()),
        (416, format!("bytes */{}", photo.len()).as_str())
    );

    let head = alice.send(&format!("HEAD {path}"), "", b"").await?;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length").unwrap(), photo.len().to_string());
    Ok(())
}

#[tokio::test]
async fn a_copy_is_checked_by_its_content() -> Result<()> {
    let alice = World::new().await?;
    let path = alice.add(PHOTO).await?;
    let etag = alice.send(&format!("HEAD {path}"), "", b"").await?.header("etag").unwrap().to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "{etag}");

    let same = alice.send(&format!("GET {path}"), &format!("If-None-Match: {etag}\r\n"), b"").await?;
    assert_eq!((same.status, same.body.len()), (304, 0));
    let resumed = alice.send(&format!("GET {path}"), &format!("Range: bytes=10-\r\nIf-Range: {etag}\r\n"), b"").await?;
    assert_eq!((resumed.status, resumed.body.as_slice()), (206, &PHOTO[10..]));
    let stale = alice.send(&format!("GET {path}"), "Range: bytes=10-\r\nIf-Range: \"other\"\r\n", b"").await?;
    assert_eq!((stale.status, stale.body.as_slice()), (200, PHOTO));
    Ok(())
}

#[tokio::test]
async fn a_download_carries_a_safe_name_and_runs_nothing() -> Result<()> {
    let alice = World::new().await?;
    let path = alice.add(PHOTO).await?;
    let kept = alice.send(&format!("GET {path}?download"), "", b"").await?;
    let disposition = kept.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    assert!(kept.header("content-security-policy").unwrap().ends_with("sandbox"), "media is inert");
    assert!(
        alice.send(&format!("GET {path}"), "", b"").await?.header("content-disposition").unwrap().starts_with("inline")
    );
    Ok(())
}

#[tokio::test]
async fn what_is_not_here_is_said_so() -> Result<()> {
    let alice = World::new().await?;
    let path = format!("{}/media/{}/{}/grid", alice.inside, alice.group, "0".repeat(64));
    let answer = alice.send(&format!("GET {path}"), "", b"").await?;
    assert_eq!(answer.status, 404);
    assert!(["not_here", "unknown_moment"].contains(&answer.code().as_str()), "{}", answer.text());
    Ok(())
}

#[tokio::test]
async fn an_upload_without_a_group_is_refused() -> Result<()> {
    let alice = World::new().await?;
    let answer = alice.send(&format!("PUT {}/upload?name=a.jpg", alice.inside), "", PHOTO).await?;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    Ok(())
}

#[tokio::test]
async fn a_cut_upload_adds_nothing() -> Result<()> {
    let alice = World::new().await?;
    let mut stream = TcpStream::connect(alice.address()).await?;
    let head = format!(
        "PUT {}/upload?group={}&name=a.jpg HTTP/1.1\r\nHost: {}\r\nContent-Length: 5000\r\n\r\n",
        alice.inside,
        alice.group,
        alice.address()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&PHOTO[..200]).await?;
    stream.shutdown().await?;
    let mut rest = Vec::new();
    timeout(SOON, stream.read_to_end(&mut rest)).await??;
    let page =
        alice.call(&format!(r#"{{"call":"timeline.page","args":{{"group":"{}","limit":10}}}}"#, alice.group)).await?;
    assert!(page.text().contains(r#""total":0"#), "{}", page.text());
    Ok(())
}

#[tokio::test]
async fn a_recording_comes_in_pieces_and_each_byte_counts_once() -> Result<()> {
    let alice = World::new().await?;
    let put = async |offset: usize, bytes: &[u8]| {
        let line = format!("PUT {}/clip?group={}&key=k&name=a.jpg&offset={offset}", alice.inside, alice.group);
        alice.send(&line, "", bytes).await
    };
    let said = format!(r#"{{"group":"{}","key":"k"}}"#, alice.group);
    let taken = put(0, &PHOTO[..100]).await?;
    assert!(taken.text().contains(r#""offset":100"#), "{}", taken.text());
    assert!(put(50, &PHOTO[50..200]).await?.text().contains(r#""offset":200"#), "the overlap is skipped");
    let gap = put(300, &PHOTO[300..]).await?;
    assert_eq!((gap.status, gap.text().contains(r#""offset":"200""#)), (400, true), "{}", gap.text());
    let far = alice.call(&format!(r#"{{"call":"clip.get","args":{said}}}"#)).await?;
    assert!(far.text().contains(r#""offset":200"#), "{}", far.text());
    put(200, &PHOTO[200..]).await?;
    let closed = alice.call(&format!(r#"{{"call":"clip.close","args":{said}}}"#)).await?;
    assert!(closed.text().contains(r#""failures":[]"#), "what does not stream is added whole: {}", closed.text());
    let again = alice.call(&format!(r#"{{"call":"clip.close","args":{said}}}"#)).await?;
    assert_eq!((again.status, again.code().as_str()), (404, "unknown_moment"));
    Ok(())
}

#[tokio::test]
async fn shutting_down_closes_pages_and_the_port() -> Result<()> {
    let alice = World::new().await?;
    let address = alice.address();
    let (mut events, _) = tokio_tungstenite::connect_async(format!("ws://{address}{}/events", alice.inside)).await?;
    timeout(SOON, alice.gateway.shutdown()).await?;
    let closed = async {
        while let Some(Ok(message)) = events.next().await {
            if message.is_close() {
                return;
            }
        }
    };
    timeout(SOON, closed).await?;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    Ok(())
}

#[tokio::test]
async fn an_album_is_downloaded_as_it_is_made_and_a_bundle_is_opened() -> Result<()> {
    let alice = World::new().await?;
    alice.add(PHOTO).await?;
    let album = format!("{}/album/{}", alice.inside, alice.group);
    let zip = alice.send(&format!("GET {album}/zip"), "", b"").await?;
    assert_eq!((zip.status, zip.header("content-type")), (200, Some("application/zip")));
    let name = zip.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment") && name.contains("Anna"), "{name}");
    assert!(dechunked(&zip).windows(PHOTO.len()).any(|bytes| bytes == PHOTO), "the photo stands in it as it is");
    let web = alice.send(&format!("GET {album}/web"), "", b"").await?;
    assert!(web.text().contains("index.html"));

    let bundle = alice.send(&format!("GET {album}/bundle?whole=true"), "", b"").await?;
    assert_eq!(bundle.status, 200, "{}", bundle.text());
    let name = bundle.header("content-disposition").unwrap();
    assert!(!name.contains("Anna"), "its name tells nothing: {name}");
    let opened = alice.send(&format!("PUT {}/bundle", alice.inside), "", &dechunked(&bundle)).await?;
    let receipt: glow_api::BundleReceipt = serde_json::from_slice(&opened.body)?;
    assert!(receipt.complete && receipt.damaged == 0, "{receipt:?}");
    assert_eq!((receipt.operations_new, receipt.blobs_new), (0, 0), "all of it was here");
    let refused = alice.send(&format!("PUT {}/bundle", alice.inside), "", PHOTO).await?;
    assert_eq!((refused.status, refused.code().as_str()), (422, "not_a_bundle"));
    assert_eq!(alice.send(&format!("GET {album}/tarball"), "", b"").await?.status, 404);
    Ok(())
}

/// The body of an answer that came in chunks (RFC 9112, 7.1).
fn dechunked(answer: &Answer) -> Vec<u8> {
    if answer.header("transfer-encoding") != Some("chunked") {
        return answer.body.clone();
    }
    let (mut body, mut rest) = (vec![], answer.body.as_slice());
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        body.extend(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}
