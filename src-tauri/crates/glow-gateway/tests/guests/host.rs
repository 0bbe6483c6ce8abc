//! Alice's device with an open door, and a guest who comes in by it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use glow_api::{Caller, GuestFinish, GuestOpen, GuestRights, GuestUpload, MomentView, TimelineQuery};
use glow_engine::{Engine, EngineConfig, GuestPen, GuestUploadFile, SignedPost};
use glow_gateway::{GuestDoors, GuestVisitor, UiFiles};
use tempfile::TempDir;

use crate::support::{Answer, PHOTO};

pub(crate) const SOON: Duration = Duration::from_secs(30);
pub(crate) const CHUNK: usize = 256 * 1024;
pub(crate) const ADD: GuestRights = GuestRights { contribute: true, review: false };

/// Alice's device with an open door.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) group: String,
    pub(crate) url: String,
    pub(crate) doors: GuestDoors,
    pub(crate) data_dir: TempDir,
}

impl Host {
    pub(crate) async fn opens(rights: GuestRights) -> Result<Self> {
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
    pub(crate) async fn open(&self, rights: GuestRights) -> Result<String> {
        self.open_as(GuestOpen { rights, ..self.wish() }).await
    }

    /// How the door is to be, for guests who may add.
    pub(crate) fn wish(&self) -> GuestOpen {
        GuestOpen { group: self.group.clone(), rights: ADD, expires_in_min: None, quota: None, port: None }
    }

    /// Opens the door, or changes it, as it is wished for.
    pub(crate) async fn open_as(&self, wish: GuestOpen) -> Result<String> {
        let page = self.engine.ask(Caller::Owner, wish).await?;
        let door = page.door.unwrap();
        assert!(door.trouble.is_none(), "{:?}", door.trouble);
        let loopback = door.urls.iter().find(|url| url.starts_with("http://127.0.0.1:"));
        Ok(loopback.unwrap_or_else(|| panic!("no loopback address in {:?}", door.urls)).clone())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        address(&self.url)
    }

    pub(crate) async fn timeline(&self) -> Vec<MomentView> {
        let query = TimelineQuery { group: self.group.clone(), limit: 50, ..TimelineQuery::default() };
        self.engine.ask(Caller::Owner, query).await.unwrap().moments
    }

    pub(crate) async fn raw(&self, host: &str, line: &str, head: &str, body: &[u8]) -> Result<Answer> {
        let length = body.len();
        let text =
            format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n");
        Answer::of(self.address(), &[text.as_bytes(), body].concat()).await
    }
}

pub(crate) fn config(data_dir: &TempDir) -> EngineConfig {
    EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(data_dir.path().join("alice")) }
}

pub(crate) fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().split_once('/').unwrap().0.parse().unwrap()
}

/// Another photo of the same kind: a comment holds the number.
pub(crate) fn photo(number: u8) -> Vec<u8> {
    let (head, rest) = PHOTO.split_at(20);
    [head, &[0xFF, 0xFE, 0, 3, number], rest].concat()
}

pub(crate) async fn zoe(url: &str) -> GuestVisitor {
    GuestVisitor::enter(url, GuestPen::fresh("Zoë Secret")).await.unwrap().0
}

pub(crate) fn signed(guest: &GuestVisitor, group: &str, bytes: &[u8]) -> SignedPost {
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

pub(crate) fn begins(group: &str, post: &SignedPost) -> GuestUpload {
    let SignedPost { id, said, signature } = post.clone();
    GuestUpload { group: group.into(), id, said, signature }
}

/// Sends a whole file and ends it.
pub(crate) async fn uploads(
    guest: &GuestVisitor,
    group: &str,
    bytes: &[u8],
) -> (SignedPost, glow_api::GuestUploadView) {
    let post = signed(guest, group, bytes);
    guest.ask(begins(group, &post)).await.unwrap();
    for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
        guest.put(&post.id, &number.to_string(), chunk).await.unwrap();
    }
    let finish = GuestFinish { group: group.into(), id: post.id.clone(), said: None, signature: None };
    let done = guest.ask(finish).await.unwrap();
    (post, done)
}
