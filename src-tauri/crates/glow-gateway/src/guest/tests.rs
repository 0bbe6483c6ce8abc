//! Frames as one would send them who holds a session's paths, and one who has recorded it.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use futures::{SinkExt, StreamExt};
use glow_api::{Caller, GroupCreate, GuestOpen, GuestRights};
use glow_engine::{Engine, EngineConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use x25519_dalek::{PublicKey, StaticSecret};

use super::GuestDoors;
use super::channel::Stream;
use super::keys::{BothKeys, DoorKeys, SessionKeys};
use crate::page::UiFiles;

/// A page that came in and has not begun to listen.
struct Page {
    address: SocketAddr,
    keys: SessionKeys,
    to_door: Stream,
    _doors: GuestDoors,
    _engine: Engine,
    _data_dir: TempDir,
}

impl Page {
    async fn enters() -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let quiet = EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(data_dir.path().join("alice")) };
        let engine = Engine::start(quiet).await.unwrap();
        let doors = GuestDoors::start(engine.clone(), UiFiles::Embedded);
        let title = "Anna & Ben".to_owned();
        let group = engine.ask(Caller::Owner, GroupCreate { title, ends_at_ms: None }).await.unwrap().id;
        let rights = GuestRights { contribute: true, review: false };
        let wish = GuestOpen { group, rights, expires_in_min: None, quota: None, port: None };
        let door = engine.ask(Caller::Owner, wish).await.unwrap().door.unwrap();
        let url = door.urls.iter().find(|url| url.starts_with("http://127.0.0.1:")).unwrap();
        let (address, secret) = url.strip_prefix("http://").unwrap().split_once("/g#").unwrap();
        let (address, secret) = (address.parse().unwrap(), HEXLOWER.decode(secret.as_bytes()).unwrap());
        let keys = Self::keys(address, &secret.try_into().unwrap()).await;
        let to_door = Stream::new(&keys.to_door, keys.id);
        Self { address, keys, to_door, _doors: doors, _engine: engine, _data_dir: data_dir }
    }

    async fn keys(address: SocketAddr, secret: &[u8; 16]) -> SessionKeys {
        let (door, own) = (DoorKeys::new(secret), StaticSecret::from([9; 32]));
        let page = PublicKey::from(&own).to_bytes();
        let knock = json!({ "door": HEXLOWER.encode(&door.id), "key": HEXLOWER.encode(&page) });
        let (_, answer) = post(address, "/g/knock", knock.to_string().as_bytes()).await;
        let theirs = HEXLOWER.decode(answer["key"].as_str().unwrap().as_bytes()).unwrap();
        let both = BothKeys { page, door: theirs.try_into().unwrap() };
        let mut wrong = door.ask(&both);
        wrong[31] ^= 1;
        let enter =
            |proof: [u8; 32]| json!({ "key": HEXLOWER.encode(&page), "proof": HEXLOWER.encode(&proof) }).to_string();
        assert_eq!(post(address, "/g/enter", enter(wrong).as_bytes()).await.0, 403, "a wrong proof");
        let late = post(address, "/g/enter", enter(door.ask(&both)).as_bytes()).await;
        assert_eq!(late.0, 403, "a knock is good once, whatever came of it");
        let (_, answer) = post(address, "/g/knock", knock.to_string().as_bytes()).await;
        let theirs = HEXLOWER.decode(answer["key"].as_str().unwrap().as_bytes()).unwrap();
        let both = BothKeys { page, door: theirs.try_into().unwrap() };
        let (status, answer) = post(address, "/g/enter", enter(door.ask(&both)).as_bytes()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["proof"], HEXLOWER.encode(&door.answer(&both)), "the door proves itself, too");
        let keys = SessionKeys::new(&door, &own, &both).unwrap();
        assert_eq!(answer["session"], HEXLOWER.encode(&keys.id));
        keys
    }

    fn path(&self, rest: &str) -> String {
        format!("/g/{}/{rest}", HEXLOWER.encode(&self.keys.id))
    }

    async fn sends(&self, frame: &[u8]) -> (u16, Value) {
        post(self.address, &self.path("send"), frame).await
    }
}

async fn post(address: SocketAddr, path: &str, body: &[u8]) -> (u16, Value) {
    request(address, "POST", path, body).await
}

async fn request(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

const QUESTION: &[u8] = br#"{"id":1,"call":"timeline.page","args":{"group":"x","limit":1}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_replayed_reordered_or_altered_changes_nothing() {
    let mut page = Page::enters().await;
    let frames = [page.to_door.seal(QUESTION), page.to_door.seal(QUESTION), page.to_door.seal(QUESTION)];
    let (status, error) = page.sends(&frames[1]).await;
    assert_eq!(
        (status, &error["code"], &error["args"]["next"]),
        (409, &json!("out_of_order"), &json!("0")),
        "too early"
    );
    assert_eq!(page.sends(&frames[0]).await.0, 204);
    let (status, error) = page.sends(&frames[0]).await;
    assert_eq!((status, &error["args"]["next"]), (409, &json!("1")), "replayed: and the page learns that it had come");
    let mut altered = frames[1].clone();
    altered[20] ^= 1;
    assert_eq!(page.sends(&altered).await.0, 403);
    assert_eq!(page.sends(b"plain text").await.0, 403);
    let mut others = Stream::new(&[5; 32], page.keys.id);
    others.seal(b"");
    assert_eq!(page.sends(&others.seal(QUESTION)).await.0, 403, "sealed by somebody else");
    assert_eq!(page.sends(&frames[1]).await.0, 204, "the session goes on all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_is_taken_in_its_own_place_only() {
    let page = Page::enters().await;
    let post = "44".repeat(16);
    let body = super::channel::seal_bytes(&page.keys.bytes, &format!("{post}/0"), [7; 24], b"bytes");
    let put = async |part: &str, body: &[u8]| {
        request(page.address, "PUT", &page.path(&format!("bytes/{post}/{part}")), body).await.0
    };
    assert_eq!(put("1", &body).await, 403, "recorded, and sent to another place");
    assert_eq!(put("0", b"not sealed at all, but long enough to be so").await, 403);
    assert_eq!(put("0", &body).await, 403, "it opens, but nobody has said who it is from");
    let large = vec![0; 256 * 1024 + 41];
    assert_eq!(put("0", &large).await, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_socket_answers_in_sealed_frames_and_hangs_up_on_others() {
    let mut page = Page::enters().await;
    let url = format!("ws://{}{}", page.address, page.path("socket"));
    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    assert_eq!(request(page.address, "GET", &page.path("events"), b"").await.0, 409, "one listens to a session");
    socket.send(Message::Binary(page.to_door.seal(QUESTION).into())).await.unwrap();
    let mut to_page = Stream::new(&page.keys.to_page, page.keys.id);
    let answer = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Binary(frame) => break to_page.open(&frame).unwrap(),
            _ => continue,
        }
    };
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&json!(1), &json!("not_allowed")),
        "it has not said who it is"
    );
    let replayed = Stream::new(&page.keys.to_door, page.keys.id).seal(QUESTION);
    socket.send(Message::Binary(replayed.into())).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        assert!(!matches!(message, Message::Binary(_)), "a replayed frame is answered by nothing");
    }
    let left = request(page.address, "GET", &page.path("events"), b"").await.0;
    assert_eq!(left, 401, "the session has ended with its socket");
}
